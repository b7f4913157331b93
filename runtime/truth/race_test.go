//go:build race

package truth

// raced says that the race detector is on, which makes figures of one goroutine
// ten times as slow, and finds nothing in them: fewer are drawn.
const raced = true
