// Package results is a run as everything sees it that comes after it: the
// reports, the exports, the analysis and the comparison. A run comes from a
// directory that the engine's journal was written into, or from memory.
//
// It must not know how any of those show it.
package results

import (
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/record"
	"throng/runtime/report"
)

// Run is one run. It is immutable.
type Run struct {
	Dir    string         // where it was read from; "" for one in memory
	Report *report.Report // its figures and its verdict
	Plan   *plan.Plan     // what was run, in outline: secrets masked, without steps and rows of data; nil where that is not known
	Hash   string         // of what was run, seed and place left out: equal for processes of one plan; "" where not known
	Broken string         // why its end is not known, in one clause; "" for a whole one. A broken run never passes
	Rows   []Row          // what its tables have lines for, in plan order: requests, then groups
	Marks  []Mark         // what happened when, in order

	// Each visits the run's time from its start on, second by second; older
	// parts of a very long run are known by longer stretches only. It may be
	// called again and again, and stops at visit's first error.
	Each func(visit func(*Second) error) error

	spans func(visit func(Span)) error // as Each, without what was in them; nil where that is no cheaper
}

// Span is where a stretch of a run lies.
type Span struct {
	At     time.Duration // its begin, from the run's start
	Length time.Duration
	Warmup bool // it lies in the warm-up
}

// Spans visits the stretches that Each does, at a small part of the cost.
func (r *Run) Spans(visit func(Span)) error {
	switch {
	case r.spans != nil:
		return r.spans(visit)
	case r.Each != nil:
		return r.Each(func(s *Second) error {
			visit(Span{s.At, s.Length, s.Warmup})
			return nil
		})
	}
	return nil
}

// Row is a request or a group over the whole run, its warm-up left out.
type Row struct {
	Kind   plan.SeriesKind
	Method string // "" for a group
	Name   string
	Label  string // method and name
	Tags   []string
	Users  []string // classes it occurs in
	Tasks  []string
	Total  *record.Stats // nil where nothing was recorded
}

// Second is a stretch of the run's time: what ended in it.
type Second struct {
	At       time.Duration // its begin, from the run's start
	Length   time.Duration
	Users    int             // at its end
	Wanted   float64         // users (closed) or arrivals a second (open) the profile asked for
	InFlight int64           // at its end
	Missed   int64           // arrivals nobody was free to make, in it
	Warmup   bool            // it lies in the warm-up: in no figure of the report
	Rows     []*record.Stats // by Run.Rows; nil where nothing ended
	Health   health.Report   // of the generator, from the start to its end
}

// Total is what all requests did in the stretch; groups are in no total.
func (s *Second) Total(rows []Row) *record.Stats {
	var list []*record.Stats
	for i, r := range rows {
		if r.Kind == plan.RequestSeries {
			list = append(list, s.Rows[i])
		}
	}
	return record.Merge(list...)
}

// MarkKind is a kind of thing that happens to a run.
type MarkKind string

// Kinds of marks.
const (
	MarkStage    MarkKind = "stage"    // a stage of a load begins
	MarkWarmup   MarkKind = "warmup"   // the warm-up ends
	MarkAbort    MarkKind = "abort"    // an SLA ended the run
	MarkStop     MarkKind = "stop"     // no new work from here on
	MarkAlarm    MarkKind = "alarm"    // the generator warned of itself
	MarkEnd      MarkKind = "end"      // the last user ended
	MarkBreach   MarkKind = "breach"   // an SLA was broken for the first time
	MarkRecovery MarkKind = "recovery" // and kept again
)

// Mark is a moment with a name.
type Mark struct {
	At   time.Duration // from the run's start
	Kind MarkKind
	Name string // the stage's, the SLA's, the reason
}
