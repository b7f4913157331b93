package engine

import (
	"context"
	"fmt"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
	"throng/runtime/transport"
	"throng/runtime/user"
)

// teardownDeadline is how long a teardown may take. Then it is cut.
const teardownDeadline = time.Minute

// phase is a setup or a teardown under way. It has a clock, a transport and
// books of its own: nothing of it is in the run's figures, and a cut of the
// run does not keep the teardown from its work.
type phase struct {
	plan     *plan.Plan
	clock    *transport.Clock
	net      network
	env      *user.Env
	recorder *record.Recorder

	mu     sync.Mutex
	halted string // the first reason to end it
}

func (e *Engine) phase(p *plan.Plan) *phase {
	h := &phase{plan: p, clock: transport.NewClock()}
	h.net = e.network(p, h.clock)
	h.env = user.NewEnv(user.Config{Plan: p, RunID: e.o.RunID, Clock: h.clock, Factory: h.net.factory, Sockets: h.net.sockets, Halt: h.halt})
	rows := make([]int, len(p.Series))
	for i := range p.Series {
		rows[i] = p.Series[i].Row
	}
	h.recorder = record.New(record.Config{Series: len(p.Series), Rows: rows, Shards: 1})
	return h
}

func (h *phase) halt(reason string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.halted == "" {
		h.halted = reason
	}
}

// ended is how a part of a phase's user came to its end.
type ended struct {
	ok   bool
	late bool // the deadline cut it
	cut  bool // the context did
	hung bool // it did not end although it was cut
}

// await does part of a user's life. stop is followed by the grace, and this
// by the cut; the deadline and the context cut at once. A deadline of 0 is
// none. tick is called now and then.
func (h *phase) await(ctx context.Context, stop <-chan struct{}, stopping func(), grace, deadline time.Duration, every time.Duration, tick func(), life func() bool) (e ended) {
	done := make(chan bool, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				h.halt(fmt.Sprintf("a defect of the engine: %v", p))
				done <- false
			}
		}()
		done <- life()
	}()
	timer := time.NewTimer(forever)
	if deadline > 0 {
		timer.Reset(deadline)
	}
	defer timer.Stop()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	over := ctx.Done()
	cut := func() {
		h.env.Cut()
		h.net.cut()
		stop, over = nil, nil
		timer.Reset(cutDeadline)
	}
	for {
		select {
		case e.ok = <-done:
			return e
		case <-ticker.C:
			tick()
		case <-stop:
			stop = nil
			stopping()
			timer.Reset(grace)
		case <-over:
			e.cut = true
			cut()
		case <-timer.C:
			if e.cut || e.late {
				e.hung = true
				return e
			}
			e.late = true
			cut()
		}
	}
}

// close ends the phase and says how it went. A failed request that the plan
// says to go on after is no problem by itself.
func (h *phase) close(e ended) *outcome.Once {
	took := time.Duration(h.clock.Now())
	o := &outcome.Once{Plan: h.plan, Elapsed: took, Final: h.recorder.Snapshot(took, true)}
	if !e.hung {
		h.net.close()
	}
	if !e.ok {
		o.Problem = h.problem(o.Final, e)
	}
	return o
}

// problem is why a phase did not go through.
func (h *phase) problem(s *record.Snapshot, e ended) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	faults := h.env.Faults()
	switch {
	case e.hung:
		return fmt.Sprintf("it did not end within %v after it was cut", cutDeadline)
	case e.cut:
		return "it was cut"
	case h.halted != "":
		return h.halted
	case e.late:
		return "it took too long and was cut"
	case len(s.Errors) > 0:
		first := &s.Errors[0]
		return h.plan.Rows[h.plan.Series[first.Series].Row].Label() + " failed (" + first.Class.String() + ")"
	case len(faults) > 0:
		return faults[0].Message
	case len(s.Abandoned) > 0:
		return "session." + s.Abandoned[0].Name + " held no value where it was needed"
	}
	return "it was stopped"
}

// once is what the run keeps of its setup for the teardown.
type once struct {
	user *user.User
	done *outcome.Once // nil for a teardown alone
	left []plan.Value
}

func (o *once) setup() *outcome.Once {
	if o == nil {
		return nil
	}
	return o.done
}

// setUp does the plan's setup, and gives the plan what it left. When it fails,
// or is interrupted, it is torn down again, and the outcome is of a run that
// did not take place.
func (e *Engine) setUp(ctx context.Context) (*once, *outcome.Outcome) {
	if e.plan.Once == nil {
		return nil, nil
	}
	select {
	case <-ctx.Done(): // before anything was begun: there is nothing to set up
		return nil, nil
	case <-e.stop:
		return nil, nil
	default:
	}
	started := time.Now()
	p := e.plan.Once.Plan
	h := e.phase(p)
	o := &once{user: user.New(h.env, user.ID{}, h.recorder.Writer(0))}
	progress := func() *outcome.Progress {
		return &outcome.Progress{State: outcome.SettingUp, Snapshot: &record.Snapshot{}}
	}
	var watch observer
	watch.start(e.o.OnProgress)
	watch.tell(progress)
	end := h.await(ctx, e.stop, o.user.Stop, e.plan.Profile.Grace, 0, e.o.Tick, func() { watch.tell(progress) },
		func() (ok bool) {
			o.left, ok = o.user.SetUp()
			return ok
		})
	watch.close(progress(), observerDeadline)
	result := h.close(end)
	if len(p.Classes[0].Start) > 0 || result.Problem != "" {
		o.done = result
	}
	if result.Problem == "" {
		known, err := e.plan.AfterSetup(o.left)
		if err == nil {
			e.plan = known
			return o, nil
		}
		result.Problem = err.Error()
		o.done = result
	}
	out := e.notRun(started, result, end)
	if !end.hung {
		out.Teardown = e.tearDown(ctx, o)
	}
	return nil, out
}

// notRun is the outcome of a run whose setup did not go through.
func (e *Engine) notRun(started time.Time, setup *outcome.Once, end ended) *outcome.Outcome {
	p := e.plan
	out := &outcome.Outcome{
		RunID: e.o.RunID, Started: started, Setup: setup, Cut: end.cut,
		Final:   record.New(record.Config{Series: len(p.Series), Shards: 1}).Snapshot(0, true),
		Classes: make([]outcome.ClassCount, len(p.Classes)),
	}
	for c := range out.Classes {
		out.Classes[c] = outcome.ClassCount{Class: c, Tasks: make([]outcome.TaskCount, len(p.Classes[c].Tasks))}
	}
	why := "the setup failed, so nothing was run: " + setup.Problem
	select {
	case <-e.stop:
		out.Interrupted = true
	default:
		out.Interrupted = end.cut
	}
	if out.Interrupted {
		why = "the run was interrupted in its setup, so nothing was run"
	}
	out.Conditions = sla.Conditions{Interrupted: out.Interrupted, Incomplete: why}
	out.Verdict = sla.Verdict{State: sla.Inconclusive, Reasons: []string{why}, Beside: []string{why}}
	return out
}

// tearDown does the plan's teardown, whatever has happened before, but for a
// run that was cut: who interrupts twice does not want to wait. How it goes
// changes no verdict; a failure is shown.
func (e *Engine) tearDown(ctx context.Context, o *once) *outcome.Once {
	if o == nil || len(e.plan.Once.Class().Stop) == 0 {
		return nil
	}
	p := *e.plan.Once.Plan
	p.Setup = o.left
	if ctx.Err() != nil {
		return &outcome.Once{Plan: &p, Problem: "it was skipped, since the run was cut", Final: &record.Snapshot{}}
	}
	h := e.phase(&p)
	end := h.await(ctx, nil, nil, 0, teardownDeadline, e.o.Tick, func() {},
		func() bool { return o.user.TearDown(h.env, h.recorder.Writer(0)) })
	result := h.close(end)
	if result.Problem == "" && unrepaired(result.Final) {
		result.Problem = h.problem(result.Final, end)
	}
	return result
}

// unrepaired reports whether a request failed and was not tried again.
func unrepaired(s *record.Snapshot) bool {
	for _, series := range s.Total {
		if series != nil && series.Failed > series.Retried {
			return true
		}
	}
	return false
}

// tearDown shows that the run is in its teardown, and does it.
func (r *run) tearDown(ctx context.Context, o *once) *outcome.Once {
	if o == nil {
		return nil
	}
	r.enter(outcome.TearingDown)
	if s := r.watcher.latest; s != nil {
		still := *s
		still.Window, still.Recent = 0, nil // it was shown before
		r.observer.tell(func() *outcome.Progress { return r.progress(&still, nil, r.health.Report(r.tightest)) })
	}
	return r.Engine.tearDown(ctx, o)
}

// leaves are the places at which users left early.
func leaves(env *user.Env) []outcome.Leave {
	var list []outcome.Leave
	for _, l := range env.Leaves() {
		list = append(list, outcome.Leave{Class: l.Class, Site: l.Site, Reach: l.Reach, Message: l.Message, Count: l.Count})
	}
	return list
}
