package user

import (
	"sync"
	"sync/atomic"

	"throng/dsl/plan"
	"throng/runtime/pace"
	"throng/runtime/transport"
)

// Config is what the users of a run are given. Plan, Clock and
// Factory are required.
type Config struct {
	Plan    *plan.Plan
	RunID   string
	Clock   *transport.Clock
	Factory transport.Factory
	Sockets transport.SocketFactory // nil: a plan that opens sockets has none
	// End is when no task may begin any more, in nanoseconds on the clock; 0
	// when the plan has no such time.
	End int64
	// Due hears of every time at which a user that waits wants to go on, in
	// nanoseconds on the clock. It must not block.
	Due func(at int64)
	// Lag hears of every step that was due at a time of its own, and when it
	// began, in nanoseconds on the clock.
	Lag func(due, began int64)
	// Halt is asked to end the run early, with the reason in one clause. It
	// must not block; it may be called many times.
	Halt func(reason string)
	// Trace hears of every step, where there is one user whom a person
	// watches; nil in runs.
	Trace Tracer
	// Part and Parts say which part of the run these users are, where it is
	// spread over several generators: Part of 0 to Parts-1. Parts is 0 for the
	// whole. Rows of data are handed out so that no two parts overlap.
	Part, Parts int
	// Spent hears, once, that the last of the plan's iterations was given
	// out. It must not block.
	Spent func()
}

// Env is what the users of one run share. It is safe for all of them.
type Env struct {
	Config
	classes []class
	routes  []transport.Route // by target
	series  []seriesState
	feed    *feed
	mask    *mask
	tallies []Tally
	benches sync.Pool // *bench
	budget  budget
	faults  faults
	leaves  leaves
	sets    map[*plan.TaskSet]*pace.Weights
	// boundaries are those of the requests that send parts.
	boundaries map[*plan.Request]string
	sockets    map[*plan.Socket]*socketRequests
	tokens     map[int]*tokens // that all users share, by their auth's number
	forgets    bool            // a target keeps connections for an iteration only
	cut        chan struct{}
	trace      *tracing // nil without a tracer
	cutOnce    sync.Once
	spent      chan struct{} // closed when the iterations are used up; nil when they are not bounded
	done       sync.Once
	isCut      atomic.Bool
}

// class is what is worked out once for all users of a class.
type class struct {
	weights *pace.Weights
	seed    uint64
	writes  string // prefix of the users' ids
	follows bool   // some of its requests go where an answer led
}

// seriesState is what users remember together of a series.
type seriesState struct {
	examples atomic.Int32 // failures described with their texts
	biggest  atomic.Int64 // largest body seen, in bytes
	header   atomic.Pointer[fixedHeader]
}

// fixedHeader is the header of a request in which nothing changes: rendered
// once, for all users.
type fixedHeader struct {
	of     *plan.Request // a series' first one, should it have several
	block  []byte
	cookie bool // has a Cookie line
}

// NewEnv prepares a plan's run.
func NewEnv(c Config) *Env {
	p := c.Plan
	e := &Env{
		Config:  c,
		classes: make([]class, len(p.Classes)),
		routes:  make([]transport.Route, len(p.Targets)),
		series:  make([]seriesState, len(p.Series)),
		feed:    newFeed(p, newWindow(c.Part, c.Parts)),
		mask:    &mask{p.MaskWith(hidden).Texts(secretsOf(p))},
		tallies: make([]Tally, len(p.Classes)),
		cut:     make(chan struct{}),

		boundaries: drawBoundaries(p),
		tokens:     sources(p),
		sockets:    handshakes(p),
	}
	e.benches.New = func() any { return new(bench) }
	if e.Trace != nil {
		e.trace = &tracing{to: e.Trace}
	}
	if e.Due == nil {
		e.Due = func(int64) {}
	}
	if e.Lag == nil {
		e.Lag = func(int64, int64) {}
	}
	if e.Halt == nil {
		e.Halt = func(string) {}
	}
	if e.Spent == nil {
		e.Spent = func() {}
	}
	if e.budget.limit = p.Profile.Iterations; e.budget.limit > 0 {
		e.spent = make(chan struct{})
	}
	for i := range p.Classes {
		k := &p.Classes[i]
		weights := make([]float64, len(k.Tasks))
		for t := range k.Tasks {
			weights[t] = k.Tasks[t].Weight
		}
		e.classes[i] = class{pace.NewWeights(weights), pace.Mix(p.Seed, uint64(i)), k.Name + "-", follows(k)}
		e.tallies[i].Tasks = make([]TaskTally, len(k.Tasks))
		e.weighSets(k.Tasks)
	}
	for i := range p.Targets {
		e.routes[i] = transport.RouteTo(&p.Targets[i])
		e.forgets = e.forgets || p.Targets[i].HTTP.KeepAlive == plan.KeepIteration
	}
	return e
}

// Cut tells all users to end at once, without their stop steps. The factory
// is cut after it, so that an exchange that fails for it is known to be cut
// off and not the target's failure.
func (e *Env) Cut() {
	e.cutOnce.Do(func() {
		e.isCut.Store(true)
		close(e.cut)
	})
}

// over reports that the planned end has come.
func (e *Env) over() bool { return e.End > 0 && e.Clock.Now() >= e.End }

// Ticket asks for an iteration of the run's bounded number of them; false
// when they are used up.
func (e *Env) Ticket() bool {
	ok, last := e.budget.take()
	if last {
		e.done.Do(func() { close(e.spent); e.Spent() })
	}
	return ok
}

// Tally is what the users of a class did. It may be read while they run.
func (e *Env) Tally(class int) *Tally { return &e.tallies[class] }

// Faults are the defects that belong to no request: an expression outside
// one that cannot be evaluated, a panic.
func (e *Env) Faults() []Fault { return e.faults.list() }

// Tally counts what the users of a class did.
type Tally struct {
	Users       atomic.Int64 // that ever ran
	Starts      atomic.Int64 // times the start steps were begun: one a user, or with a lifetime of an iteration one an iteration
	StartFailed atomic.Int64 // times they failed
	OutOfRows   atomic.Int64 // that ended because a data source had no row left
	Tasks       []TaskTally  // in plan order
}

// TaskTally counts how often a task was begun and how it ended. What is in
// none of the endings was broken off when its user was stopped.
type TaskTally struct {
	Begun, Completed, Abandoned, Failed atomic.Int64
}

// budget bounds the iterations of a run; a limit of 0 does not.
type budget struct {
	limit int64
	taken atomic.Int64
}

// take reports whether one was left, and whether none is now.
func (b *budget) take() (ok, last bool) {
	if b.limit <= 0 {
		return true, false
	}
	n := b.taken.Add(1)
	return n <= b.limit, n >= b.limit
}
