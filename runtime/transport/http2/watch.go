package http2

import (
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport/dial"
)

// forceAfter is how long a stream that was ended may take to end, before its
// connection is broken off.
const forceAfter = 20 * time.Millisecond

// longAgo is a deadline that ends reads and writes at once.
var longAgo = time.Unix(1, 0)

// bound is the deadline that an exchange is under at the moment: its own, or
// a nearer one of the phase it is in.
type bound struct {
	at   int64 // on the clock
	of   limit
	span time.Duration // what it grants, for the text
}

// limit is what a bound is of.
type limit uint8

const (
	whole      limit = iota // the exchange
	connecting              // DNS, connect and TLS together
	firstByte               // from the request written to the first byte
	silence                 // between two reads of a streamed body
)

// watch ends the exchange under way of one client, at its bound or by a cut.
// Its mutex guards what goroutines of the library tell an exchange, too.
type watch struct {
	mu    sync.Mutex
	e     *exchange // under way, or nil
	timer *time.Timer
	isCut bool
}

// begin watches e. It is false after a cut.
func (w *watch) begin(e *exchange) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.isCut {
		return false
	}
	w.e = e
	if w.timer == nil {
		w.timer = time.AfterFunc(e.bound.span, w.expire)
	} else {
		w.timer.Reset(e.bound.span)
	}
	return true
}

func (w *watch) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.e = nil
	w.timer.Stop()
}

// expire is what the timer does: first it ends the stream, then it breaks off
// the connection.
func (w *watch) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.e
	if e == nil {
		return
	}
	switch left := e.bound.at - e.c.f.clock.Now(); {
	case e.fired:
		e.force()
	case left > 0: // moved meanwhile
		w.timer.Reset(time.Duration(left))
	default:
		e.fire()
	}
}

func (w *watch) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
	if w.e != nil {
		w.e.cancel()
		w.e.force()
	}
}

// fire ends the exchange's stream; the watch is locked, as for force.
func (e *exchange) fire() {
	e.fired = true
	e.cancel()
	e.c.watch.timer.Reset(forceAfter)
}

func (e *exchange) force() {
	if e.cn != nil {
		_ = e.cn.raw.SetDeadline(longAgo) // an error means that it is closed already
	}
}

// hold names the connection that is broken off where ending a stream is not
// enough.
func (e *exchange) hold(cn *conn) {
	w := &e.c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.cn = cn; w.isCut {
		e.force()
	}
}

// bind puts the exchange under a bound of a phase that begins now, or under
// its own deadline where that is nearer or the phase has none.
func (e *exchange) bind(of limit, span time.Duration) {
	e.c.watch.mu.Lock()
	defer e.c.watch.mu.Unlock()
	e.bindLocked(of, span)
}

func (e *exchange) bindLocked(of limit, span time.Duration) {
	w := &e.c.watch
	if e.fired || w.e != e || of == whole && e.bound.of == whole {
		return
	}
	now := e.c.f.clock.Now()
	b := e.own
	if span > 0 {
		span = min(span, maxTimeout)
		if at := now + int64(span); at < b.at {
			b = bound{at: at, of: of, span: span}
		}
	}
	if e.bound = b; b.of != whole {
		w.timer.Reset(time.Duration(b.at - now))
	} // else the timer finds out that it has moved
}

// met is errOverdue if what came at a time came too late for the bound of its
// phase; else the exchange is free of that.
func (e *exchange) met(at int64) error {
	w := &e.c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.bound.of == whole {
		return nil
	}
	if e.fired || at >= e.bound.at {
		return errOverdue
	}
	e.bindLocked(whole, 0)
	return nil
}

// state is how the exchange ended as the watch sees it.
func (e *exchange) state() (stage dial.Stage, b bound, fired, cut bool) {
	w := &e.c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	return e.stage, e.bound, e.fired, w.isCut
}

func (e *exchange) at(s dial.Stage) {
	e.c.watch.mu.Lock()
	e.stage = s
	e.c.watch.mu.Unlock()
}

// late is the fault of an exchange that the bound ended.
func (b bound) late(stage dial.Stage, cause error) *dial.Fault {
	switch b.of {
	case firstByte:
		return dial.NewFault(plan.FailTimeout, cause, "timeout: the first byte took longer than %v", b.span)
	case silence:
		return dial.NewFault(plan.FailTimeout, cause, "timeout: no byte for %v (%v)", b.span, stage)
	default:
		return dial.Late(stage, b.span, cause)
	}
}
