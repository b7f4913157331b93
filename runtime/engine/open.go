package engine

import (
	"slices"
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
//
// Where each arrival is a new user, there are no idle ones: a user is made
// for it, does its one task, and frees its place.
type openLoad struct {
	shift    *shift
	arrivals *pace.Arrivals
	classes  []int
	split    *pace.Split
	n        int64 // the next arrival
	due      time.Duration
	more     bool
	alone    bool // each arrival is a new user
	room     *room
	rush     rush

	mu   sync.Mutex
	idle [][]*user.User // by place in classes; the last one first
	done bool           // draining: whoever becomes idle is stopped
}

// room is how many users one or several loads of arrivals may have.
type room struct {
	max  int
	mu   sync.Mutex
	made int // users that hold a place: alive, or failed to start
	lost int // of these, the ones that failed to start
}

// take takes a place; false when there is none.
func (r *room) take() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.made >= r.max {
		return false
	}
	r.made++
	return true
}

// free gives a place back; one whose user is lost stays taken.
func (r *room) free(lost bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if lost {
		r.lost++
	} else {
		r.made--
	}
}

func (r *room) full() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost >= r.max
}

func newOpenLoad(s *shift, arrivals *pace.Arrivals, room *room, classes []int, split *pace.Split) *openLoad {
	o := &openLoad{shift: s, arrivals: arrivals, classes: classes, split: split, room: room,
		alone: s.plan.Arrival == plan.ArriveUser, idle: make([][]*user.User, len(classes))}
	o.due, o.more = o.arrivals.Due(0)
	o.rush.lone, o.rush.size, o.rush.spare = s.r.processors == 1 && !o.alone, firstRush, firstRush
	return o
}

func (o *openLoad) next() time.Duration {
	if o.more {
		return o.rush.due(o.due)
	}
	return forever
}

// act brings the arrivals that are due, in one batch: all of them the last
// time, else as many as make no crowd.
func (o *openLoad) act(now time.Duration, last bool) {
	zero := o.shift.r.zero + o.shift.begin.Load()
	o.rush.look(now, o.anyIdle)
	for o.more && o.due <= now {
		if !last && o.rush.pause(now, o.due, o.anyIdle) {
			return
		}
		if !o.arrive(o.split.Next(), user.Arrival{Due: zero + int64(o.due)}) {
			o.more = false
			return
		}
		o.shift.arrivals.Add(1)
		o.n++
		o.due, o.more = o.arrivals.Due(o.n)
	}
}

// arrive gives an arrival to somebody. It reports false when the iterations
// are used up.
func (o *openLoad) arrive(class int, a user.Arrival) bool {
	u := o.take(class)
	if u == nil && !o.room.take() {
		o.shift.miss()
		return true
	}
	if !o.shift.ticket() {
		if u != nil {
			o.release(class, u)
		} else {
			o.room.free(false)
		}
		return false
	}
	if u != nil {
		o.rush.reused()
		u.Offer(a)
		return true
	}
	o.rush.made()
	u = o.shift.newUser(o.classes[class])
	u.Withdraw = func() bool { return o.withdraw(class, u) }
	life := func() {
		o.rush.began(o.shift.r.now() - time.Duration(o.shift.begin.Load()))
		if o.alone {
			u.RunOnce(a)
			return
		}
		u.RunOpen(a, func() { o.release(class, u) })
	}
	// A user that failed to start is not replaced, but where each arrival is
	// a new one anyway.
	o.shift.launch(u, life, func() { o.room.free(u.Failed && !o.alone) })
	return true
}

func (o *openLoad) anyIdle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.ContainsFunc(o.idle, func(list []*user.User) bool { return len(list) > 0 })
}

// take is an idle user of a class, nil when there is none.
func (o *openLoad) take(class int) (u *user.User) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := len(o.idle[class]); n > 0 {
		u = o.idle[class][n-1]
		o.idle[class] = o.idle[class][:n-1]
	}
	return u
}

func (o *openLoad) release(class int, u *user.User) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done {
		u.Stop()
		return
	}
	o.idle[class] = append(o.idle[class], u)
	if o.rush.pausing.Load() {
		offer(o.shift.r.wake, struct{}{})
	}
}

// withdraw takes an idle user back that ends by itself. It reports false when
// the user is not idle any more: it has an arrival, or is stopped.
func (o *openLoad) withdraw(class int, u *user.User) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.Index(o.idle[class], u)
	if i < 0 {
		return false
	}
	o.idle[class] = slices.Delete(o.idle[class], i, i+1)
	return true
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

func (o *openLoad) wanted(t time.Duration) float64 { return o.arrivals.Rate(t) }

func (o *openLoad) stage(t time.Duration) int { return o.arrivals.Stage(t) }

func (o *openLoad) over() bool { return !o.more || o.room.full() && !o.alone }
