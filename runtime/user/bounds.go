package user

import (
	"sync"
	"sync/atomic"
)

// Bounds end a user's life by itself, beside what the whole run is bounded
// by. The zero value sets none.
type Bounds struct {
	Until  int64   // no task begins from then on, in nanoseconds on the clock
	Each   int64   // iterations the user makes
	Budget *Budget // iterations it shares with others
}

// Bind sets a user's bounds. It is called before the user runs.
func (u *User) Bind(b Bounds) { u.bounds = b }

// Sated reports whether the user has made all the iterations it was to make;
// read after its end.
func (u *User) Sated() bool { return u.bounds.Each > 0 && u.frame.User.Iteration >= u.bounds.Each }

// mayBegin asks for the user's next iteration.
func (u *User) mayBegin() bool {
	b := &u.bounds
	switch {
	case u.stopped() || u.env.over() || b.Until > 0 && u.env.Clock.Now() >= b.Until || u.Sated():
		return false
	}
	return b.Budget.Take() && u.env.Ticket()
}

// spent is closed when there is no iteration to wait for any more; nil where
// iterations are not bounded.
func (u *User) spent() <-chan struct{} {
	if b := u.bounds.Budget; b != nil {
		return b.spent
	}
	return u.env.spent
}

// Budget bounds the iterations of several users. A nil one does not.
type Budget struct {
	limit int64
	taken atomic.Int64
	once  sync.Once
	spent chan struct{}
	heard func()
}

// NewBudget is a budget of so many iterations. heard is called once, when the
// last of them has been given out; it must not block.
func NewBudget(limit int64, heard func()) *Budget {
	return &Budget{limit: limit, spent: make(chan struct{}), heard: heard}
}

// Take asks for an iteration; false when they are used up.
func (b *Budget) Take() bool {
	if b == nil {
		return true
	}
	n := b.taken.Add(1)
	if n >= b.limit {
		b.Exhaust()
	}
	return n <= b.limit
}

// Spent reports that they are used up.
func (b *Budget) Spent() bool {
	if b == nil {
		return false
	}
	select {
	case <-b.spent:
		return true
	default:
		return false
	}
}

// Exhaust gives the rest up: who waits for its next iteration waits no more.
func (b *Budget) Exhaust() {
	if b == nil {
		return
	}
	b.once.Do(func() {
		b.taken.Add(b.limit)
		close(b.spent)
		b.heard()
	})
}

// RunOnce lives a user that is an arrival itself: start steps, one task, stop
// steps. Its first request was due when it arrived.
func (u *User) RunOnce(a Arrival) {
	defer u.close()
	u.served = true
	now := u.env.Clock.Now()
	u.env.Lag(a.Due, now)
	if u.env.isCut.Load() {
		u.Missed++
		return
	}
	u.due, u.base = a.Due, now
	begun := u.Counts.Begun.Load()
	if f := u.begin(); u.Started {
		if f < leaveUser {
			u.base = u.env.Clock.Now()
			u.iterate()
		}
		u.end()
		return
	}
	if !u.Failed && u.Counts.Begun.Load() == begun {
		u.Missed++ // it was stopped before it did anything
	}
}
