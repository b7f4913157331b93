// Package outcome holds what a run has come to, as plain data: the engine
// fills it in, and whoever shows, stores or merges runs reads it.
package outcome

import (
	"time"

	"throng/runtime/health"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// State is where a run stands.
type State uint8

// States of a run, in order.
const (
	Starting State = iota
	Running
	Stopping // no new work; waiting for what is under way
	Done
)

func (s State) String() string { return [...]string{"STARTING", "RUNNING", "STOPPING", "DONE"}[s] }

// Progress is a run as it stands, handed out at every tick. It is immutable.
type Progress struct {
	State    State
	Elapsed  time.Duration
	Planned  time.Duration // the planned end; 0 when only iterations bound the run
	Stage    int           // index into the first load's stages
	Users    int           // users alive now
	Wanted   float64       // users (closed) or arrivals a second (open) the profile asks for now
	InFlight int64         // requests under way
	Missed   int64         // arrivals nobody was free to make, so far
	Snapshot *record.Snapshot
	Judged   []sla.Judgement // so far
	Health   health.Report
}

// Moment is one tick of a run's history.
type Moment struct {
	At        time.Duration
	Window    time.Duration
	Users     int
	OK        int64 // finished in the window
	Failed    int64
	Missed    int64
	P50, P95  record.Latency // of the window's successes
	P99, Max  record.Latency
	HasSample bool
}

// Outcome is a finished run.
type Outcome struct {
	RunID       string
	Started     time.Time     // wall clock
	Elapsed     time.Duration // from the first user to the last one's end
	Measured    time.Duration // the part rates are reckoned over: warm-up and grace left out
	Final       *record.Snapshot
	History     []Moment
	Judged      []sla.Judgement
	Conditions  sla.Conditions
	Verdict     sla.Verdict
	Health      health.Report
	PeakUsers   int
	Interrupted bool
	Cut         bool // the second interrupt: requests under way were dropped
	Classes     []ClassCount
	Notes       []string // what a reader should know: retried connections, clamped samples, …
}

// ClassCount is what the users of a class did.
type ClassCount struct {
	Class       int
	Users       int64 // users that ever ran
	StartFailed int64
	Tasks       []TaskCount // one for each task of the class, in plan order
}

// TaskCount is how often a task was begun and how it ended.
type TaskCount struct {
	Begun     int64
	Completed int64
	Abandoned int64 // ended because a session value was missing
	Failed    int64 // ended by on_failure
}
