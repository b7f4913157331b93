//go:build race

package analyze

// raced says that the race detector is on, which makes simulations ten times as
// slow: fewer are made.
const raced = true
