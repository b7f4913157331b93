package http1

import (
	"time"

	"throng/runtime/transport/dial"
)

// bind puts the exchange under a bound of a phase that begins now, or under
// its own deadline where that is nearer or the phase has none. A bound that
// has fired already stays.
func (e *exchange) bind(of dial.Limit, span time.Duration) {
	b := e.own.Within(e.c.f.clock.Now(), of, span)
	if b.At == e.bound.At || e.c.watch.move(e.bound.At, b.At) {
		e.bound = b
	}
}

// free takes the bound of a phase off again, if there is one.
func (e *exchange) free() {
	if e.bound.Of != dial.Whole {
		e.bind(dial.Whole, 0)
	}
}

// met is dial.ErrOverdue if what came at a time came too late for the bound, by
// the clock, whatever the sweeper did; else the exchange is free of it.
func (e *exchange) met(at int64) error {
	if e.bound.Of == dial.Whole {
		return nil
	}
	if at >= e.bound.At {
		return dial.ErrOverdue
	}
	e.free()
	return nil
}
