// Package outcome holds what a run has come to, as plain data: the engine
// fills it in, and whoever shows, stores or merges runs reads it.
package outcome

import (
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// State is where a run stands.
type State uint8

// States of a run, in order.
const (
	SettingUp State = iota // before the run's clock begins
	Starting
	Running
	Stopping // no new work; waiting for what is under way
	TearingDown
	Done
)

func (s State) String() string {
	return [...]string{"SETUP", "STARTING", "RUNNING", "STOPPING", "TEARDOWN", "DONE"}[s]
}

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
	Loads    []Load        // one for each load of the profile, in its order
	Snapshot *record.Snapshot
	Judged   []sla.Judgement // so far
	Health   health.Report
	SoFar    *Outcome // what the run would have come to had it ended here, without a verdict; nil where nobody keeps it
}

// LoadState is where a load stands.
type LoadState uint8

// States of a load, in order.
const (
	Waiting LoadState = iota // for its time, or for the load it follows
	Working
	Ended // its time is over, or its iterations are used up
)

func (s LoadState) String() string { return [...]string{"waiting", "working", "ended"}[s] }

// Load is what one load of the profile has come to.
type Load struct {
	State    LoadState
	Begin    time.Duration // of the run's time; plan.Unknown while it is not known
	Stage    int           // index into its stages
	Wanted   float64       // users (closed) or arrivals a second (open) it asks for now
	Users    int           // alive now
	Launched int64         // users that were made
	Arrivals int64         // open model: that were due
	Missed   int64         // of these, the ones nobody was free to make
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
	Loads       []Load   // one for each load of the profile, in its order
	Leaves      []Leave  // what users left early, as the plan says
	Setup       *Once    // nil without one
	Teardown    *Once    // nil without one
	Notes       []string // what a reader should know: retried connections, clamped samples, …
}

// NotRun reports that the setup failed, or was interrupted, so that nothing of
// the load was begun.
func (o *Outcome) NotRun() bool { return o.Setup != nil && o.Setup.Problem != "" }

// Once is how a setup or a teardown went. Its requests are in no figure of
// the run.
type Once struct {
	Plan    *plan.Plan // what its series mean
	Elapsed time.Duration
	Problem string // why it did not go through, in one clause; "" when it did
	Final   *record.Snapshot
}

// Leave is a place at which users left their task, themselves or the run, and
// how often.
type Leave struct {
	Class   int
	Site    plan.SiteID
	Reach   plan.Failure
	Message string // why, as the plan says; "" for no word
	Count   int64
}

// ClassCount is what the users of a class did.
type ClassCount struct {
	Class       int
	Users       int64         // users that ever ran
	Starts      int64         // times start steps were begun: one a user, or an iteration where each has a fresh user
	StartFailed int64         // times they failed
	Lived       time.Duration // how long its users were there, added up; warm-up left out
	Tasks       []TaskCount   // one for each task of the class, in plan order
}

// TaskCount is how often a task was begun and how it ended.
type TaskCount struct {
	Begun     int64
	Completed int64
	Abandoned int64 // ended because a session value was missing
	Failed    int64 // ended by on_failure
}
