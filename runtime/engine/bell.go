package engine

import (
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// bell keeps one alarm set to the next time at which anybody is due: users
// that wait, or the dispatcher with its arrivals. Times of those who were
// woken before ring for nobody, which does no harm. A nil bell does nothing.
type bell struct {
	clock *transport.Clock

	mu    sync.Mutex
	alarm *alarm
	times []int64 // on the clock; a heap, the soonest first
	set   int64   // what the alarm was last set to
	last  int64   // when it last rang
}

// newBell is nil where alarms cannot be had, or are not wanted.
func newBell(wanted bool, clock *transport.Clock) *bell {
	if !wanted {
		return nil
	}
	a := newAlarm()
	if a == nil {
		return nil
	}
	return &bell{clock: clock, alarm: a}
}

// expect notes that a user is due at a time.
func (b *bell) expect(at int64) {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.times = append(b.times, at)
	for i := len(b.times) - 1; i > 0 && b.times[i] < b.times[(i-1)/2]; i = (i - 1) / 2 {
		b.times[i], b.times[(i-1)/2] = b.times[(i-1)/2], b.times[i]
	}
	b.next()
}

// rang is called by whoever was due.
func (b *bell) rang() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.next()
}

// grain is the least time between two alarms. To be woken costs some
// microseconds, on a virtual machine tens, more than a request: above 5,000
// wake-ups a second what is due is done in groups, late by at most this.
const grain = int64(200 * time.Microsecond)

// next sets the alarm to the soonest time that is still to come.
func (b *bell) next() {
	now := b.clock.Now()
	for len(b.times) > 0 && b.times[0] <= now {
		b.drop()
	}
	if b.set <= now {
		b.last = b.set
	}
	if len(b.times) == 0 {
		return
	}
	at := max(b.times[0], b.last+grain)
	if now < b.set && b.times[0] <= b.set && b.set <= at {
		return // it rings for whoever is the soonest
	}
	b.set = at
	b.alarm.set(time.Duration(at - now))
}

// drop removes the soonest time.
func (b *bell) drop() {
	last := len(b.times) - 1
	b.times[0] = b.times[last]
	b.times = b.times[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if b.times[child] < b.times[least] {
				least = child
			}
		}
		if least == i {
			return
		}
		b.times[i], b.times[least] = b.times[least], b.times[i]
		i = least
	}
}

func (b *bell) close() {
	if b == nil {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.alarm.close()
	b.alarm = nil // a user that did not end may still be due
}

// isOpen reports whether a plan has arrivals.
func isOpen(p *plan.Plan) bool {
	for i := range p.Profile.Loads {
		if p.Profile.Loads[i].Model == plan.Open {
			return true
		}
	}
	return false
}

// hasWaits reports whether users of a plan wait or pause. Those that go from
// answer to answer need no timer; arrivals do not wait for the next.
func hasWaits(p *plan.Plan) bool {
	open := isOpen(p)
	for i := range p.Classes {
		c := &p.Classes[i]
		closed := !open || c.FixedCount > 0 || len(p.Profile.Loads) > 1
		if tasksWait(c.Tasks, closed) || stepsPause(c.Start) || stepsPause(c.Stop) {
			return true
		}
	}
	return false
}

func tasksWait(tasks []plan.Task, between bool) bool {
	for i := range tasks {
		t := &tasks[i]
		if between && t.Wait.Kind != plan.WaitNone || stepsPause(t.Steps) || tasksWait(t.Children(), between) {
			return true
		}
	}
	return false
}

// stepsPause reports whether there is a time of its own in steps: a pause, the
// pace of rounds, a backoff.
func stepsPause(steps []plan.Step) (pause bool) {
	plan.Walk(steps, func(s plan.Step) {
		switch s := s.(type) {
		case *plan.Pause:
			pause = true
		case *plan.Repeat:
			pause = pause || s.Every != nil
		case *plan.Retry:
			pause = pause || s.Backoff != nil
		}
	})
	return pause
}
