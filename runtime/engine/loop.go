package engine

import (
	"context"
	"time"

	"throng/runtime/outcome"
)

// forever stands for no time at all: 146 years.
const forever = time.Duration(1) << 62

// load is a schedule at work. It belongs to the dispatcher, and counts time
// from its own begin; wanted and stage may be asked by anybody.
type load interface {
	// next is when there is something to do; forever when never again.
	next() time.Duration
	// act does what is due by now: all of it the last time.
	act(now time.Duration, last bool)
	// wanted is the users or arrivals a second the plan asks for at t.
	wanted(t time.Duration) float64
	stage(t time.Duration) int
	// over reports that the load will make no user any more.
	over() bool
	// drain makes no more users and begins no more work: whoever is at a task
	// finishes it and goes.
	drain()
}

// act does what is due in all loads, and says when it is to be called again.
func (r *run) act(now time.Duration, last bool) (next time.Duration) {
	for news := true; news; {
		news, next = false, forever
		for _, s := range r.loads {
			news = s.act(now, last) || news
			next = min(next, s.next())
		}
	}
	return next
}

// finished reports that every load has ended; in a run without an end of its
// own, every load that has one.
func (r *run) finished() bool {
	some := false
	for _, s := range r.loads {
		counts := s.plan.Classes != nil // fixed numbers of users run beside
		if counts && r.plan.Profile.Floats {
			counts = s.plan.Ends()
		}
		if counts && !s.done.Load() {
			return false
		}
		some = some || counts
	}
	return some
}

// offer is the dispatcher: it offers the planned load until the planned end,
// or until something ends it earlier.
func (r *run) offer(ctx context.Context) (end ending) {
	r.enter(outcome.Running)
	planned := r.plan.Profile.Duration
	if planned <= 0 || r.plan.Profile.Floats {
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
		next := min(planned, r.act(min(now, planned), now >= planned))
		if now >= planned || draining && r.crew.count() == 0 || r.finished() {
			end.at, end.incomplete = now, r.unfinished()
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
			for _, s := range r.loads {
				s.drain()
			}
			continue
		case <-r.wake:
			continue
		case i := <-r.abort:
			end.aborted = r.plan.SLAs[i].Name
		case end.incomplete = <-r.halt:
		case <-r.crew.left:
			if draining || len(r.spent) > 0 { // they left for want of work
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
	d := r.plan.Profile.Duration
	if r.plan.Profile.Floats {
		d = 0
	}
	if r.crew.count() > 0 || d > 0 && r.now() >= d {
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
		return d <= 0, ""
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

// unfinished is why a run whose loads have ended is the less for it.
func (r *run) unfinished() string {
	for _, s := range r.loads {
		if why := s.unfinished(); why != "" {
			return why
		}
	}
	return ""
}

// finish ends all users: stop, grace, cut.
func (r *run) finish(ctx context.Context, end *ending) {
	r.ended.Store(int64(max(1, end.at)))
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
		r.net.cut()
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
