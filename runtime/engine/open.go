package engine

import (
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/pace"
	"throng/runtime/user"
)

// openLoad brings arrivals when they are due, however slow the answers. An
// arrival goes to the user of its class that became idle last; without one a
// user is made for it, up to the load's bound; without that it is missed and
// counted. A late arrival keeps the time it was due.
type openLoad struct {
	r        *run
	arrivals *pace.Arrivals
	classes  []int
	split    *pace.Split
	n        int64 // the next arrival
	due      time.Duration
	more     bool
	max      int

	mu   sync.Mutex
	idle [][]*user.User // by place in classes; the last one first
	made int            // users that hold a place: alive, or failed to start
	lost int            // of these, the ones that failed to start
	done bool           // draining: whoever becomes idle is stopped
}

func newOpenLoad(r *run, l *plan.Load, classes []int, split *pace.Split) *openLoad {
	until := r.plan.Profile.Duration
	if until <= 0 {
		until = forever
	}
	o := &openLoad{r: r, arrivals: pace.NewArrivals(l.Stages, until), classes: classes, split: split,
		max: l.MaxUsers, idle: make([][]*user.User, len(classes))}
	o.due, o.more = o.arrivals.Due(0)
	return o
}

func (o *openLoad) next() time.Duration {
	if o.more {
		return o.due
	}
	return forever
}

// act brings all arrivals that are due, in one batch.
func (o *openLoad) act(now time.Duration) {
	for o.more && o.due <= now {
		if !o.arrive(o.split.Next(), user.Arrival{Due: o.r.zero + int64(o.due)}) {
			o.more = false
			return
		}
		o.n++
		o.due, o.more = o.arrivals.Due(o.n)
	}
}

// arrive gives an arrival to somebody. It reports false when the run's
// iterations are used up.
func (o *openLoad) arrive(class int, a user.Arrival) bool {
	u, room := o.take(class)
	if u == nil && !room {
		o.r.crew.miss(1)
		return true
	}
	if !o.r.env.Ticket() {
		if u != nil {
			o.release(class, u)
		}
		return false
	}
	if u != nil {
		u.Offer(a)
		return true
	}
	u = o.r.newUser(o.classes[class])
	o.mu.Lock()
	o.made++
	o.mu.Unlock()
	o.r.crew.launch(u,
		func() { u.RunOpen(a, func() { o.release(class, u) }) },
		func() { o.ended(u) })
	return true
}

// take is an idle user of a class, or whether one may be made.
func (o *openLoad) take(class int) (u *user.User, room bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := len(o.idle[class]); n > 0 {
		u = o.idle[class][n-1]
		o.idle[class] = o.idle[class][:n-1]
		return u, true
	}
	return nil, o.made < o.max
}

func (o *openLoad) release(class int, u *user.User) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		u.Stop()
		return
	}
	o.idle[class] = append(o.idle[class], u)
}

// drain brings no more arrivals and lets idle users go.
func (o *openLoad) drain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.more, o.done = false, true
	for class := range o.idle {
		for _, u := range o.idle[class] {
			u.Stop()
		}
		o.idle[class] = nil
	}
}

// ended frees a user's place. One that failed to start keeps it: it is not
// replaced.
func (o *openLoad) ended(u *user.User) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if u.Failed {
		o.lost++
	} else {
		o.made--
	}
}

func (o *openLoad) wanted(t time.Duration) float64 { return o.arrivals.Rate(t) }

func (o *openLoad) stage(t time.Duration) int { return o.arrivals.Stage(t) }

func (o *openLoad) over() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.more || o.lost >= o.max
}
