// Package engine owns one run: it brings users and arrivals when the plan
// says so, takes a snapshot every tick, ends the run in order (no new work,
// grace, cut), and fills in the outcome. Every goroutine of a run is started
// here or in what is started here, and joined here.
//
//	Starting ──▶ Running ──▶ Stopping ──▶ Done
//	               │            │ grace over, or the context is done
//	               │            ▼
//	               └────────▶  cut
//
// One goroutine, the dispatcher, looks at all schedules and one timer. Users
// are goroutines of their own; a slow observer, sink or target never holds
// the dispatcher up.
//
// The package must not know protocols, expressions or the words of a report.
package engine
