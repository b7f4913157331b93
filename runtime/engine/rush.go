package engine

import (
	"sync/atomic"
	"time"
)

// rush keeps late arrivals from making a crowd of users. Where there is one
// processor only, a user that is made waits for it, and answers are read when
// nobody else wants it. A new user with a connection of its own costs more
// time than there may be between two arrivals: then nobody comes back to take
// the next one, which needs a new user again, and so on up to the bound. So
// there, once users are late and nobody is idle, a few are made, and then
// arrivals wait for those at work to come back. Some users are made all the
// same, one for so many arrivals that idle ones took, and twice as many after a
// breath in which nobody came, so that the dispatcher catches up in any case.
//
// It belongs to the dispatcher, but for what is atomic. Times are the load's.
type rush struct {
	lone bool // there is one processor, and users take one arrival after the other

	size  float64       // how many users were made for the last crowd in which nobody came back
	spare float64       // how many may be made
	clear time.Duration // when there was last no user that had not begun

	pausing  atomic.Bool // arrivals wait
	since    time.Duration
	until    time.Duration
	starting atomic.Int64 // users that are made and wait for the processor
	begun    atomic.Int64 // when the last of them began
}

const (
	firstRush    = 8
	rushLate     = 200 * time.Microsecond
	breath       = time.Millisecond // from when all have begun
	longestPause = 20 * time.Millisecond
	reuses       = 16 // arrivals taken by idle users, for each user that is made beside
)

// look is called before arrivals are brought.
func (r *rush) look(now time.Duration, idle func() bool) {
	if r.pausing.Load() {
		switch {
		case idle():
		case r.breathing(now):
			return
		default:
			r.size *= 2
			r.spare = r.size
		}
		r.pausing.Store(false)
	} else if r.starting.Load() == 0 {
		r.size, r.spare, r.clear = firstRush, firstRush, now
	}
}

// breathing reports whether those at work still have time to come back. Users
// that have not begun, or only just now, cannot be back.
func (r *rush) breathing(now time.Duration) bool {
	last := time.Duration(r.begun.Load())
	if r.starting.Load() > 0 {
		last = now
	}
	r.until = min(max(r.until, last+breath), r.since+longestPause)
	return now < r.until
}

// pause reports whether the next arrival, due at a time, has to wait.
func (r *rush) pause(now, due time.Duration, idle func() bool) bool {
	if r.pausing.Load() {
		return true
	}
	if !r.lone || r.spare > 0 || now-min(due, r.clear) <= rushLate || idle() {
		return false
	}
	r.since, r.until = now, now+breath
	r.pausing.Store(true)
	return true
}

// due is when the next arrival is brought that is due at a time.
func (r *rush) due(at time.Duration) time.Duration {
	if r.pausing.Load() {
		return max(at, r.until)
	}
	return at
}

func (r *rush) reused() { r.spare += 1. / reuses }

func (r *rush) made() {
	r.spare--
	r.starting.Add(1)
}

func (r *rush) began(now time.Duration) {
	r.begun.Store(int64(now))
	r.starting.Add(-1)
}
