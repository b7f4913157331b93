package http2

import (
	"sync"
	"time"

	"throng/runtime/transport/dial"
)

// forceAfter is how long a stream that was ended may take to end, before its
// connection is broken off.
const forceAfter = 20 * time.Millisecond

// longAgo is a deadline that ends reads and writes at once.
var longAgo = time.Unix(1, 0)

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
		w.timer = time.AfterFunc(e.bound.Span, w.expire)
	} else {
		w.timer.Reset(e.bound.Span)
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
	switch left := e.bound.At - e.c.f.clock.Now(); {
	case e.fired:
		e.force()
	case left > 0: // moved meanwhile
		w.timer.Reset(time.Duration(left))
	default:
		e.fire()
	}
}

// mark has whatever ends from now on count as cut.
func (w *watch) mark() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.isCut = true
}

// cut ends the exchange under way, for good.
func (w *watch) cut() {
	w.mark()
	w.mu.Lock()
	defer w.mu.Unlock()
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
func (e *exchange) bind(of dial.Limit, span time.Duration) {
	e.c.watch.mu.Lock()
	defer e.c.watch.mu.Unlock()
	e.bindLocked(of, span)
}

func (e *exchange) bindLocked(of dial.Limit, span time.Duration) {
	w := &e.c.watch
	if e.fired || w.e != e || of == dial.Whole && e.bound.Of == dial.Whole {
		return
	}
	now := e.c.f.clock.Now()
	b := e.own.Within(now, of, span)
	if e.bound = b; b.Of != dial.Whole {
		w.timer.Reset(time.Duration(b.At - now))
	} // else the timer finds out that it has moved
}

// met is dial.ErrOverdue if what came at a time came too late for the bound of its
// phase; else the exchange is free of that.
func (e *exchange) met(at int64) error {
	w := &e.c.watch
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.bound.Of == dial.Whole {
		return nil
	}
	if e.fired || at >= e.bound.At {
		return dial.ErrOverdue
	}
	e.bindLocked(dial.Whole, 0)
	return nil
}

// state is how the exchange ended as the watch sees it.
func (e *exchange) state() (stage dial.Stage, b dial.Bound, fired, cut bool) {
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
