// Package trying does a scenario once, as one user or several in turn, and
// shows each step: what was sent, what came back, what was checked and
// captured. It is what an author looks at while writing. It measures nothing
// and judges no SLA.
package trying

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
	"throng/runtime/user"
)

// Options say what of a plan is tried.
type Options struct {
	Turns   []Turn // the users, one after the other
	RunID   string // what run.id is in expressions; "": a random one
	Factory func(clock *transport.Clock) transport.Factory
	Sockets func(clock *transport.Clock) transport.SocketFactory // nil: sockets fail
	Show    Show
}

// Turn is one user's part.
type Turn struct {
	Class int          // an index of the plan's classes
	Tasks []*plan.Task // in order
}

// Show is told what happens, in order.
type Show interface {
	// Event tells of a step. The plan is the one that the event's sites,
	// steps and series belong to: setup and teardown have one of their own.
	Event(p *plan.Plan, e user.Event)
}

// Result is what a trial came to.
type Result struct {
	Requests  int // begun, attempts that were tried again left out
	Failed    int // of these
	Abandoned int // tasks that ended for want of a session value
	Faults    int // expressions outside of requests that failed
	Cut       bool
}

// OK reports that every step succeeded.
func (r *Result) OK() bool { return r.Failed+r.Abandoned+r.Faults == 0 && !r.Cut }

// Run tries a plan: its setup; of each user the start steps, the tasks and the
// stop steps; the teardown. When ctx is done everything is cut. The error says why
// it could not go on although no step failed.
func Run(ctx context.Context, p *plan.Plan, o Options) (*Result, error) {
	t := &trial{ctx: ctx, o: o, id: o.RunID, result: &Result{}}
	if t.id == "" {
		var id [8]byte
		rand.Read(id[:]) // never fails
		t.id = hex.EncodeToString(id[:])
	}
	err := t.run(p)
	t.result.Cut = ctx.Err() != nil
	return t.result, err
}

type trial struct {
	ctx    context.Context
	o      Options
	id     string
	result *Result
}

func (t *trial) run(p *plan.Plan) error {
	if p.Once == nil {
		t.users(p)
		return nil
	}
	once := *p.Once.Plan
	var u *user.User
	var left []plan.Value
	ok := true
	t.stage(&once, "setup", func(env *user.Env, w *record.Writer) {
		u = user.New(env, user.ID{}, w)
		left, ok = u.SetUp()
	})
	defer func() {
		if len(once.Classes[0].Stop) == 0 || t.ctx.Err() != nil {
			return
		}
		once.Setup = left
		t.stage(&once, "teardown", func(env *user.Env, w *record.Writer) { u.TearDown(env, w) })
	}()
	if !ok {
		return nil
	}
	known, err := p.AfterSetup(left)
	if err != nil {
		return fmt.Errorf("what setup left cannot be used: %w", err)
	}
	t.users(known)
	return nil
}

// users does the part of the trial that a run's users do.
func (t *trial) users(p *plan.Plan) {
	t.stage(p, "", func(env *user.Env, w *record.Writer) {
		for i, turn := range t.o.Turns {
			if t.ctx.Err() != nil {
				return
			}
			user.New(env, user.ID{Class: turn.Class, Index: int64(i)}, w).Try(turn.Tasks)
		}
	})
}

// stage does a part of the trial in an environment of its own. as is what its
// start or stop is called, if not so.
func (t *trial) stage(p *plan.Plan, as string, part func(*user.Env, *record.Writer)) {
	clock := transport.NewClock()
	factory := t.o.Factory(clock)
	defer factory.Close()
	var sockets transport.SocketFactory
	if t.o.Sockets != nil && p.OpensSockets() {
		sockets = t.o.Sockets(clock)
		defer sockets.Close()
	}
	env := user.NewEnv(user.Config{Plan: p, RunID: t.id, Clock: clock, Factory: factory, Sockets: sockets, Trace: &ear{t, p, as}})
	stop := context.AfterFunc(t.ctx, func() {
		env.Cut()
		factory.Cut()
		if sockets != nil {
			sockets.Cut()
		}
	})
	defer stop()
	part(env, record.New(record.Config{Series: len(p.Series), Shards: 1}).Writer(0))
}

// ear counts what is heard, and hands it on.
type ear struct {
	t  *trial
	p  *plan.Plan
	as string
}

func (h *ear) Trace(e user.Event) {
	r := h.t.result
	switch e.Kind {
	case user.EventPart:
		if h.as != "" {
			e.Name = h.as
		}
	case user.EventDone:
		if !e.Retried {
			r.Requests++
			if !e.OK {
				r.Failed++
			}
		}
	case user.EventAbandoned:
		r.Abandoned++
	case user.EventFault:
		r.Faults++
	}
	h.t.o.Show.Event(h.p, e)
}
