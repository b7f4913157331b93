// Package analyze reads a finished run as an experienced tester does: which
// promises it broke and by how far, and what its course shows that no total
// does. Every finding comes with the figure that it rests on, the limit the
// figure was held against, the part of the run it is about, what it usually
// means and what to look at next. What was looked for and not found is said
// too, and so is what the data could not show.
//
// It judges an Input, which is made of a run (FromRun) or of the CSV files
// that Locust writes (FromLocust). It draws no random numbers and is pure.
package analyze
