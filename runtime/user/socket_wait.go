package user

import (
	"math"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// waiting is what a user with sockets waits for, and what became of it. The
// run's cut always ends it.
type waiting struct {
	until int64           // on the clock; 0: for ever
	done  func() bool     // nil: nothing but the rest
	stop  <-chan struct{} // nil: a stop does not end it
	over  <-chan struct{}
	work  <-chan Arrival

	end     flow // of a handler or beat, endStopped or endCut; goOn where what it waited for came
	closed  bool // over was closed
	came    bool // over work: arrival
	arrival Arrival
	since   int64 // since when the user had been waiting at the end: it was busy before
	woke    int64 // when it began to be busy again
}

const never = math.MaxInt64

// await waits, and meanwhile does what the sockets bring, in order, one thing
// after another.
func (u *User) await(w *waiting) {
	s := u.sockets
	for {
		f, more := u.heed()
		now := u.env.Clock.Now()
		switch {
		case w.done != nil && w.done():
			w.end = f
			return
		case f != goOn:
			w.end = f
			return
		case u.env.isCut.Load():
			w.end = endCut
			return
		case w.stop != nil && u.stopped():
			w.end = endStopped
			return
		case w.until > 0 && now >= w.until:
			return
		case more:
			continue
		}
		w.since = now
		next := s.next()
		if w.until > 0 {
			next = min(next, w.until)
		}
		if u.rouse(w, next) {
			return
		}
	}
}

// rouse sleeps until a time, or until something comes. It reports true where
// that ends the wait.
func (u *User) rouse(w *waiting, next int64) bool {
	d := time.Duration(next - w.since)
	if d >= longRest {
		u.unload()
	}
	var fire <-chan time.Time
	if next != never {
		if u.timer == nil {
			u.timer = time.NewTimer(d)
		} else {
			u.timer.Reset(d)
		}
		defer u.timer.Stop()
		fire = u.timer.C
	}
	u.yield()
	defer u.regain()
	defer func() { w.woke = u.env.Clock.Now() }()
	select {
	case <-u.sockets.notify:
	case <-fire:
	case <-w.stop:
		w.end = u.slept(false)
		return true
	case <-w.over:
		w.closed = true
		return true
	case w.arrival = <-w.work:
		w.came = true
		return true
	case <-u.env.cut:
		w.end = endCut
		return true
	}
	return false
}

// next is when something of the sockets is due.
func (s *sockets) next() int64 {
	next := int64(never)
	for _, l := range s.open {
		next = min(next, l.asked.soonest())
		if l.waiting != nil {
			next = min(next, l.waiting.deadline)
		}
		if l.again != nil {
			next = min(next, l.again.at)
		}
		if l.conn != nil {
			for _, at := range l.beats {
				next = min(next, at)
			}
		}
	}
	return next
}

// heedBefore does between two steps what the sockets have brought by now, as
// far as that ends: what comes without end must not keep a user from its
// steps. A receive looks itself, so that what came before it is offered to it
// before it is to handlers.
func (u *User) heedBefore(s plan.Step) flow {
	if _, ok := s.(*plan.Receive); ok {
		return goOn
	}
	f, _ := u.heed()
	return f
}

// atOnce is how many events of a socket are handled before anything else is
// looked at.
const atOnce = 256

// heed does what the sockets have brought and what is due, up to a bound, and
// reports whether there may be more. What handlers and beats have ended is
// returned. Within itself it does nothing: handlers and beats never interrupt
// one another.
func (u *User) heed() (f flow, more bool) {
	s := u.sockets
	if s.busy {
		return goOn, false
	}
	s.busy = true
	for i := 0; i < len(s.open) && s.end < endCut; i++ {
		l := s.open[i]
		f := u.aside(l.of.Site, func() flow {
			more = u.serveLink(l) || more
			return goOn
		})
		s.end = max(s.end, f)
	}
	s.busy = false
	f, s.end = s.end, goOn
	return f, more
}

// serveLink does what one socket has brought, and what is due on it. Nothing is
// given up for want of what may be there already.
func (u *User) serveLink(l *link) (more bool) {
	more = u.drain(l, atOnce)
	now := u.env.Clock.Now()
	if !more {
		u.expire(l, now)
		if l.again != nil && l.again.at <= now {
			u.comeBack(l)
		}
	}
	for i := range l.beats {
		if l.conn != nil && l.beats[i] <= now && u.sockets.end == goOn {
			u.beat(l, i, now)
		}
	}
	return more
}

// drain handles up to so many events of a socket, in the order in which they
// came. It reports whether there may be more.
func (u *User) drain(l *link, most int) (more bool) {
	for range most {
		if l.conn == nil || u.env.isCut.Load() {
			return false
		}
		e, ok := l.conn.Next()
		if !ok {
			return false
		}
		u.happened(l, &e)
		if u.sockets.end != goOn && !l.closing {
			return true // at once, and not after what came next
		}
	}
	return true
}

// drainLast takes what came before we close: it is counted, and answers what
// was asked, but no handler begins any more.
func (u *User) drainLast(l *link) {
	l.closing = true
	u.drain(l, 16*atOnce)
	l.closing = false
}

func (u *User) happened(l *link, e *transport.SocketEvent) {
	switch e.Kind {
	case transport.SocketMessage:
		u.expire(l, e.At-1)
		u.incoming(l, e)
	case transport.SocketPong:
		u.writer.Measure(int32(l.of.Series), plan.MeasurePing, e.RTT, e.At)
	case transport.SocketNoPong:
		u.writer.Unmet(int32(l.of.Series), plan.MeasurePing, e.RTT, e.At)
	case transport.SocketClosed:
		u.expire(l, e.At-1)
		u.lose(l, e)
	}
}

// leastBeat is the shortest time between two beats.
const leastBeat = time.Millisecond

// firstBeat is when a beat is due for the first time: after one interval. One
// whose interval cannot be told never is.
func (u *User) firstBeat(b *plan.Beat) int64 {
	if every := u.interval(b); every != never {
		return u.env.Clock.Now() + every
	}
	return never
}

func (u *User) interval(b *plan.Beat) int64 {
	s, err := u.number(b.Interval, "an interval")
	if err != nil {
		u.reaches(u.broken(b.Site, err))
		return never
	}
	return max(later(0, s), int64(leastBeat))
}

// beat does what is due again and again. Those that were missed are left out,
// not made up for, and the schedule stays the first one's.
func (u *User) beat(l *link, i int, now int64) {
	b := &l.of.Beats[i]
	due := l.beats[i]
	l.beats[i] = never
	if every := u.interval(b); every != never {
		l.beats[i] = due + every*(1+(now-due)/every)
	}
	u.reaches(u.guard(b.Site, func() flow { return u.steps(b.Steps) }))
}

// reaches keeps the farthest end of what was done beside the user's steps.
func (u *User) reaches(f flow) { u.sockets.end = max(u.sockets.end, f) }
