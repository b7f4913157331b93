package record

import (
	"time"

	"throng/dsl/plan"
)

// Snapshot is the state of the books at one moment, immutable once made.
type Snapshot struct {
	At     time.Duration // on the run's clock
	Window time.Duration // time covered by the Window figures
	Final  bool

	// Total and Recent have one entry a plan series, nil where nothing was
	// recorded: since the start (or the end of the warm-up), and since the
	// snapshot before.
	Total  []*Stats
	Recent []*Stats
	// Warmup is what began before the warm-up's end; it is in no other figure.
	// RecentWarmup is what of it came since the snapshot before.
	Warmup       []*Stats
	RecentWarmup []*Stats

	// Phases has an entry for each of the config's.
	Phases []PhaseStats

	// Metrics has one entry a plan series too, with what was recorded into it
	// since the end of the warm-up: nil for all but those of metrics.
	// RecentMetrics is what came since the snapshot before.
	Metrics       []*Values
	RecentMetrics []*Values

	Errors    []ErrorGroup // most frequent first
	Losses    []ErrorGroup // connections that ended unasked, most frequent first
	Abandoned []Abandoned  // tasks ended because a session value was missing
	Clamped   int64        // samples outside the histograms' range, counted at its edge
}

// PhaseStats are Total and Recent of what began in a phase.
type PhaseStats struct{ Total, Recent []*Stats }

// ErrorGroup is one kind of failure, or of loss: same row of the report, class, status
// and detail.
type ErrorGroup struct {
	Failure // the first one seen
	Count   int64
	First   int64 // on the run's clock
	Last    int64
}

// Abandoned counts the tasks of a class that ended at a site because a
// session value was missing.
type Abandoned struct {
	Class int
	Site  plan.SiteID
	Name  string
	Count int64
}
