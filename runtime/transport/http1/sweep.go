package http1

import (
	"context"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"throng/runtime/transport"
)

const sweepEvery = 5 * time.Millisecond

// States of a watch beside a deadline, which is positive.
const (
	idle  = 0
	fired = -1 // the deadline passed and the connection was forced; until disarmed
	cut   = -2 // for ever
)

// longAgo is a deadline that ends reads and writes at once.
var longAgo = time.Unix(1, 0)

// watch guards the exchange under way of one client. The client arms and
// disarms it; the sweeper fires it. Both move the state by compare-and-swap
// from the very deadline they know, so a sweep that comes late cannot touch
// the next exchange: firing succeeds only while its deadline is armed, and an
// exchange whose disarming fails knows that its connection was forced.
type watch struct {
	state atomic.Int64
	index int // in sweeper.entries; guarded by sweeper.mu

	mu     sync.Mutex // held while forcing, and to change what is forced
	conn   net.Conn
	cancel context.CancelFunc
}

// arm begins an exchange that must end by deadline. It is false after a cut.
func (w *watch) arm(deadline int64) bool { return w.state.CompareAndSwap(idle, deadline) }

// disarm ends the exchange and returns idle, fired or cut. Unless it is idle,
// the connection has been forced and is of no more use.
func (w *watch) disarm(deadline int64) int64 {
	if w.state.CompareAndSwap(deadline, idle) {
		return idle
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state.Load()
	w.state.CompareAndSwap(fired, idle)
	return s
}

// move changes the deadline of the exchange under way. It is false when that
// has passed already or there was a cut.
func (w *watch) move(deadline, to int64) bool { return w.state.CompareAndSwap(deadline, to) }

// armed reports whether the exchange under way is still to end by deadline.
func (w *watch) armed(deadline int64) bool { return w.state.Load() == deadline }

// guard names what is to be forced from now on: a connection, or the context
// of one that is being made. It is forced at once when it is too late already.
func (w *watch) guard(conn net.Conn, cancel context.CancelFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conn, w.cancel = conn, cancel
	if s := w.state.Load(); s == fired || s == cut {
		w.force()
	}
}

func (w *watch) force() {
	if w.cancel != nil {
		w.cancel()
	}
	if w.conn != nil {
		// An error means that it is closed already, which serves as well.
		_ = w.conn.SetDeadline(longAgo)
	}
}

func (w *watch) fire(deadline int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state.CompareAndSwap(deadline, fired) {
		w.force()
	}
}

func (w *watch) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.state.Swap(cut) != cut {
		w.force()
	}
}

// sweeper fires the watches whose deadlines have passed, at most one tick
// late. No deadline is nearer than shortest when it is set, but for one that
// takes the place of a nearer one; so a watch seen at time t need not be looked
// at again before t+shortest or its deadline, whichever is first. A tick with
// nothing due costs a comparison.
type sweeper struct {
	clock    *transport.Clock
	shortest atomic.Int64 // least timeout of any exchange, or phase of one, so far, ns

	mu      sync.Mutex
	entries []entry
	soonest int64 // least entry.next
	seen    int64 // shortest, when entries' next were reckoned
	isCut   bool
	quit    chan struct{} // nil while the goroutine is not running
	done    chan struct{}
}

type entry struct {
	next int64 // when to look at it again, ns on the clock
	w    *watch
}

// note is called with the least timeout of an exchange before its watch is armed.
func (s *sweeper) note(timeout int64) {
	for {
		old := s.shortest.Load()
		if timeout >= old || s.shortest.CompareAndSwap(old, timeout) {
			return
		}
	}
}

func (s *sweeper) add(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isCut {
		w.index = -1
		w.cut()
		return
	}
	w.index = len(s.entries)
	s.entries = append(s.entries, entry{w: w})
	s.soonest = 0
	if s.quit == nil {
		s.quit, s.done = make(chan struct{}), make(chan struct{})
		go s.run(s.quit, s.done)
	}
}

func (s *sweeper) remove(w *watch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.index < 0 {
		return
	}
	last := len(s.entries) - 1
	s.entries[w.index] = s.entries[last]
	s.entries[w.index].w.index = w.index
	s.entries[last] = entry{}
	s.entries = s.entries[:last]
	w.index = -1
}

func (s *sweeper) run(quit, done chan struct{}) {
	defer close(done)
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.sweep(s.clock.Now())
		case <-quit:
			return
		}
	}
}

func (s *sweeper) sweep(now int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shortest := s.shortest.Load()
	if shortest == s.seen && now < s.soonest {
		return
	}
	all := shortest != s.seen
	s.seen = shortest
	s.soonest = math.MaxInt64
	for i := range s.entries {
		e := &s.entries[i]
		if all || now >= e.next {
			e.next = look(e.w, now, shortest)
		}
		s.soonest = min(s.soonest, e.next)
	}
}

// look fires w if it is due and returns when to look again.
func look(w *watch, now, shortest int64) int64 {
	again := int64(math.MaxInt64)
	if shortest < math.MaxInt64-now {
		again = now + shortest
	}
	d := w.state.Load()
	if d > 0 && d <= now {
		w.fire(d)
	} else if d > now {
		again = min(again, d)
	}
	return again
}

func (s *sweeper) cutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.isCut = true
	for _, e := range s.entries {
		e.w.cut()
	}
}

func (s *sweeper) stop() {
	s.mu.Lock()
	quit, done := s.quit, s.done
	s.quit = nil
	s.mu.Unlock()
	if quit != nil {
		close(quit)
		<-done
	}
}
