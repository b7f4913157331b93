package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
	"throng/runtime/transport"
	"throng/runtime/user"
)

// Options is what a run needs beside its plan. Only Factory is required.
type Options struct {
	// Factory makes the run's transport on the run's clock. The engine cuts
	// and closes it.
	Factory func(clock *transport.Clock) transport.Factory
	// Sockets makes what the run's WebSockets are opened with. It is asked only
	// where the plan opens some, and cut and closed as Factory's is; nil: such
	// a plan's sockets all fail.
	Sockets func(clock *transport.Clock) transport.SocketFactory
	// Tick is the time between snapshots; 0: one second.
	Tick time.Duration
	// OnProgress hears of ticks, one at a time, on a goroutine of its own. If
	// it is slow it misses ticks; the run does not wait for it.
	OnProgress func(*outcome.Progress)
	// Keep hears of every tick, the last one with what the run came to in the
	// end, in time's order and on the tick's own goroutine: it must not wait for
	// anything. Each Progress has its SoFar.
	Keep func(*outcome.Progress)
	// Requests makes what hears of every sample, when the first user is about to
	// begin: zero is the clock at that moment. nil: nobody hears.
	Requests func(zero int64) record.Tap
	// RunID is what `run.id` is in expressions; "": a random one.
	RunID string
	// Health watches the generator; nil: this process, by package health.
	Health Monitor
}

// Deadlines of the run's end, beyond the plan's grace.
const (
	cutDeadline      = 5 * time.Second // for users to end once everything is cut
	observerDeadline = 2 * time.Second // for OnProgress to return
)

// Engine is one run. It is used once.
type Engine struct {
	plan    *plan.Plan
	o       Options
	used    atomic.Bool
	stop    chan struct{}
	stopped sync.Once
	halt    chan string
	spent   chan struct{}
	abort   chan int

	processors int
}

// New prepares a run of p.
func New(p *plan.Plan, o Options) *Engine {
	if o.Tick <= 0 {
		o.Tick = time.Second
	}
	if o.RunID == "" {
		o.RunID = NewRunID()
	}
	return &Engine{plan: p, o: o, stop: make(chan struct{}), halt: make(chan string, 1),
		spent: make(chan struct{}, 1), abort: make(chan int, 1), processors: runtime.GOMAXPROCS(0)}
}

// NewRunID is a name for a run, unlike any other's.
func NewRunID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Stop ends the run early and in order: no new work, then the grace. It
// returns at once and may be called at any time, also before Run.
func (e *Engine) Stop() { e.stopped.Do(func() { close(e.stop) }) }

// Run does the run and returns what it came to. When ctx is done everything
// is cut at once. The outcome is there whenever a user could have run, also
// beside an error; the error says that the run could not be done or ended.
func (e *Engine) Run(ctx context.Context) (*outcome.Outcome, error) {
	if e.used.Swap(true) {
		return nil, errors.New("this engine has run already; make a new one for another run")
	}
	if e.o.Factory == nil {
		return nil, errors.New("the engine has no transport: Options.Factory is nil")
	}
	once, failed := e.setUp(ctx)
	if failed != nil {
		return failed, nil
	}
	r := newRun(e)
	defer r.net.close()
	stopWatch := r.watch()
	end := r.offer(ctx)
	r.finish(ctx, &end)
	stopWatch()
	r.bell.close()
	if once != nil && e.o.Keep != nil {
		r.tick() // the teardown may take long, and nothing of the run must be lost meanwhile
	}
	teardown := r.tearDown(ctx, once)
	o := r.outcome(end)
	o.Setup, o.Teardown = once.setup(), teardown
	last := r.progress(o.Final, o.Judged, o.Health)
	if e.o.Keep != nil {
		last.SoFar = o
		e.o.Keep(last)
	}
	r.observer.close(last, observerDeadline)
	if end.hung > 0 {
		return o, fmt.Errorf("%d users did not end within %v after everything was cut", end.hung, cutDeadline)
	}
	return o, nil
}

// run is the state of a run under way. What has no lock belongs to the
// dispatcher.
type run struct {
	*Engine
	env      *user.Env
	clock    *transport.Clock
	net      network
	recorder *record.Recorder
	health   Monitor
	bell     *bell
	tightest time.Duration // latency limit of the plan
	crew     crew
	loads    []*shift
	wake     chan struct{} // hears that a load's iterations are used up, or somebody is back whom late arrivals wait for
	zero     int64         // the clock at the first user
	index    int64         // users made
	ordinals []int64
	state    atomic.Int32
	watcher  watcher
	windows  *sla.Windows
	aborts   *sla.Aborts
	ended    atomic.Int64 // when no new work was begun; 0 while it is
	observer observer
}

// ending is how a run came to its end.
type ending struct {
	at          time.Duration // when no new work was begun
	done        time.Duration // when the last user had ended
	interrupted bool
	cut         bool // by the context
	aborted     string
	incomplete  string
	hung        int // users that did not end
}

func newRun(e *Engine) *run {
	p := e.plan
	r := &run{Engine: e, clock: transport.NewClock(), tightest: tightest(p), wake: make(chan struct{}, 1), ordinals: make([]int64, len(p.Classes))}
	r.net = e.network(p, r.clock)
	r.health = e.o.Health
	if r.health == nil {
		r.health = health.Start()
	}
	r.zero = r.clock.Now()
	planned := int64(0)
	if p.Profile.Duration > 0 && !p.Profile.Floats {
		planned = r.zero + int64(p.Profile.Duration)
	}
	r.bell = newBell(hasWaits(p), r.clock)
	r.env = user.NewEnv(user.Config{
		Plan: p, RunID: e.o.RunID, Clock: r.clock, Factory: r.net.factory, Sockets: r.net.sockets, End: planned,
		Due: r.bell.expect,
		Lag: func(due, began int64) {
			r.health.StartLag(due, began)
			r.bell.rang()
		},
		Halt: func(reason string) { offer(e.halt, reason) },
		Spent: func() {
			for _, s := range r.loads {
				s.budget.Exhaust()
			}
			offer(e.spent, struct{}{})
		},
	})
	r.crew.init(len(p.Classes), p.Profile.Warmup, r.now)
	r.observer.start(e.o.OnProgress)
	open := false
	for i := range p.Profile.Loads {
		open = open || p.Profile.Loads[i].Model == plan.Open
	}
	rows := make([]int, len(p.Series))
	for i := range p.Series {
		rows[i] = p.Series[i].Row
	}
	config := record.Config{Series: len(p.Series), Rows: rows, Thresholds: sla.Thresholds(p), Beyond: sla.Beyond(p), Limits: sla.Limits(p), Open: open, Phases: sla.Phases(p, r.zero)}
	if p.Profile.Warmup > 0 {
		config.WarmupEnd = r.zero + int64(p.Profile.Warmup)
	}
	if e.o.Requests != nil {
		config.Tap = e.o.Requests(r.zero)
	}
	r.recorder = record.New(config)
	r.windows, r.aborts = sla.NewWindows(p, e.o.Tick), sla.NewAborts(p)
	r.loads = r.makeShifts()
	return r
}

// offer sends a value nobody may be waiting for; one is kept.
func offer[T any](c chan T, v T) {
	select {
	case c <- v:
	default:
	}
}

// now is the time since the first user.
func (r *run) now() time.Duration { return time.Duration(r.clock.Now() - r.zero) }

func (r *run) enter(s outcome.State) { r.state.Store(int32(s)) }

// newUser makes the next user, of a class.
func (r *run) newUser(class int) *user.User {
	id := user.ID{Class: class, Index: r.index, Ordinal: r.ordinals[class]}
	r.index++
	r.ordinals[class]++
	return user.New(r.env, id, r.recorder.Writer(int(id.Index)))
}
