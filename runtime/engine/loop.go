package engine

import (
	"context"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/pace"
)

// forever stands for no time at all: 146 years.
const forever = time.Duration(1) << 62

// load is a schedule at work. It belongs to the dispatcher.
type load interface {
	// next is when there is something to do; forever when never again.
	next() time.Duration
	// act does all that is due by now.
	act(now time.Duration)
	// wanted is the users or arrivals a second the plan asks for at t.
	wanted(t time.Duration) float64
	stage(t time.Duration) int
	// over reports that the load will make no user any more.
	over() bool
	// drain ends the load: whoever is at a task finishes it and goes.
	drain()
}

// makeLoads are the plan's loads, and one more for each class with a fixed
// number of users, which live from the start to the end.
func (r *run) makeLoads() []load {
	p := r.plan
	var loads []load
	for i := range p.Profile.Loads {
		l := &p.Profile.Loads[i]
		var classes []int
		var weights []float64
		for _, c := range l.Classes {
			if p.Classes[c].FixedCount == 0 {
				classes = append(classes, c)
				weights = append(weights, p.Classes[c].Weight)
			}
		}
		switch {
		case len(classes) == 0:
		case l.Model == plan.Open:
			loads = append(loads, newOpenLoad(r, l, classes, pace.NewSplit(weights)))
		default:
			loads = append(loads, newClosedLoad(r, pace.NewUsers(l.Stages), classes, pace.NewSplit(weights)))
		}
	}
	for c := range p.Classes {
		if n := p.Classes[c].FixedCount; n > 0 {
			users := pace.NewUsers([]plan.Stage{{Level: float64(n)}})
			loads = append(loads, newClosedLoad(r, users, []int{c}, pace.NewSplit([]float64{1})))
		}
	}
	return loads
}

// offer is the dispatcher: it offers the planned load until the planned end,
// or until something ends it earlier.
func (r *run) offer(ctx context.Context) (end ending) {
	r.enter(outcome.Running)
	planned := r.plan.Profile.Duration
	if planned <= 0 {
		planned = forever
	}
	select {
	case <-ctx.Done():
		return ending{at: r.now(), interrupted: true, cut: true}
	case <-r.stop: // before anything was begun
		return ending{at: r.now(), interrupted: true}
	default:
	}
	draining := false
	timer := time.NewTimer(forever)
	defer timer.Stop()
	arrivals := newBell(isOpen(r.plan), r.clock)
	defer arrivals.close()
	for due := time.Duration(-1); ; {
		now := r.now()
		next := planned
		for _, l := range r.loads {
			l.act(min(now, planned))
			next = min(next, l.next())
		}
		if now >= planned || draining && r.crew.count() == 0 {
			end.at = now
			return end
		}
		timer.Reset(next - r.now())
		if next != due {
			due = next
			arrivals.expect(r.zero + int64(due))
		}
		select {
		case <-timer.C:
			continue
		case <-ctx.Done():
			end.interrupted, end.cut = true, true
		case <-r.stop:
			end.interrupted = true
		case <-r.spent:
			// The last iteration has begun. It may take what is left of the
			// duration, or without one the grace, before it is stopped.
			draining = true
			if planned == forever {
				planned = r.now() + r.plan.Profile.Grace
			}
			for _, l := range r.loads {
				l.drain()
			}
			continue
		case i := <-r.abort:
			end.aborted = r.plan.SLAs[i].Name
		case end.incomplete = <-r.halt:
		case <-r.crew.left:
			if draining {
				continue
			}
			over, why := r.deserted()
			if !over {
				continue
			}
			end.incomplete = why
		}
		end.at = r.now()
		return end
	}
}

// deserted reports that nobody is left to do the planned load, and nobody
// will come, and in a clause why the run is the less for it.
func (r *run) deserted() (over bool, why string) {
	if d := r.plan.Profile.Duration; r.crew.count() > 0 || d > 0 && r.now() >= d {
		return false, "" // at the planned end the timer has the word
	}
	wanted := 0.0
	for _, l := range r.loads {
		if !l.over() {
			return false, ""
		}
		wanted += l.wanted(r.now())
	}
	if wanted == 0 {
		return r.plan.Profile.Duration <= 0, ""
	}
	var users, ran int64
	for c := range r.plan.Classes {
		users += r.env.Tally(c).Users.Load()
		ran += r.env.Tally(c).OutOfRows.Load()
	}
	if ran >= users {
		return true, "" // each had its rows, and the plan says to stop after them
	}
	return true, "every user had ended before the planned end"
}

// finish ends all users: stop, grace, cut.
func (r *run) finish(ctx context.Context, end *ending) {
	r.enter(outcome.Stopping)
	r.crew.stopAll()
	grace := r.plan.Profile.Grace
	if end.cut {
		grace = 0
	}
	if !r.crew.join(grace, ctx.Done()) {
		if ctx.Err() != nil {
			end.cut, end.interrupted = true, true
		}
		r.env.Cut()
		r.factory.Cut()
		r.crew.join(cutDeadline, nil)
	}
	end.hung = r.crew.count()
	end.done = r.now()
	if end.hung == 0 {
		r.crew.wait()
	} else if end.incomplete == "" {
		end.incomplete = "some users did not end, although everything was cut"
	}
}
