package http1

import (
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport/dial"
)

// bound is the deadline that an exchange is under at the moment: its own, or
// a nearer one of the phase it is in. The watch is armed with it.
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

// bind puts the exchange under a bound of a phase that begins now, or under
// its own deadline where that is nearer or the phase has none. A bound that
// has fired already stays.
func (e *exchange) bind(of limit, span time.Duration) {
	b := e.own
	if span > 0 {
		span = min(span, maxTimeout)
		if at := e.c.f.clock.Now() + int64(span); at < b.at {
			b = bound{at: at, of: of, span: span}
		}
	}
	if b.at == e.bound.at || e.c.watch.move(e.bound.at, b.at) {
		e.bound = b
	}
}

// free takes the bound of a phase off again, if there is one.
func (e *exchange) free() {
	if e.bound.of != whole {
		e.bind(whole, 0)
	}
}

// met is errOverdue if what came at a time came too late for the bound, by
// the clock, whatever the sweeper did; else the exchange is free of it.
func (e *exchange) met(at int64) error {
	if e.bound.of == whole {
		return nil
	}
	if at >= e.bound.at {
		return errOverdue
	}
	e.free()
	return nil
}

// late is the fault of an exchange that its bound ended.
func (e *exchange) late(cause error) *dial.Fault {
	switch b := e.bound; b.of {
	case firstByte:
		return dial.NewFault(plan.FailTimeout, cause, "timeout: the first byte took longer than %v", b.span)
	case silence:
		return dial.NewFault(plan.FailTimeout, cause, "timeout: no byte for %v (%v)", b.span, e.stage)
	default:
		return dial.Late(e.stage, b.span, cause)
	}
}
