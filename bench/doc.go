// Package bench holds what throng says of its own cost to account. Its tests
// hold what a machine's mood cannot change: allocations, and that cost does
// not grow with what is declared but not used. What must be measured in a
// quiet hour is in the program bench/suite; README.md says how.
package bench
