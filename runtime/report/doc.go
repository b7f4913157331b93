// Package report is what a run has come to, ready to be shown: one Report
// value computed from the plan and the outcome, and its forms. The value
// says everything once (every rule with its measured figure, every request,
// error, share of the mix, the books, the state of the generator), so that
// the terminal, the JSON file and whatever comes later can never disagree.
//
// It judges nothing: verdicts come from outside. It knows no terminal and no
// files; names and texts from outside are kept as they are, apart from the
// plan's secrets, and are made harmless by whatever form shows them.
package report
