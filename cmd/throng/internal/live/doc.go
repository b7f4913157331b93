// Package live shows a run while it runs: on a terminal as one block that is
// redrawn in place, elsewhere as a plain line every few seconds. It takes the
// engine's progress as it comes and never makes the engine wait.
//
// It judges nothing and keeps no figures but the last minutes' sparklines. It
// knows no keys: what a user types is not for it.
package live
