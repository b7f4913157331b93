package dial

import (
	"errors"
	"time"

	"throng/dsl/plan"
)

const (
	defaultTimeout = time.Minute // for what gives none: every wait ends
	maxTimeout     = 365 * 24 * time.Hour
)

// Timeout is how long something may take that asks for a time: at most a
// year, and a minute where it asks for none.
func Timeout(asked time.Duration) time.Duration {
	if asked <= 0 {
		return defaultTimeout
	}
	return min(asked, maxTimeout)
}

// Bound is the deadline that an exchange is under at a moment: its own, or a
// nearer one of the phase it is in.
type Bound struct {
	At   int64 // on the clock
	Of   Limit
	Span time.Duration // what it grants, for the text
}

// Limit is what a bound is of.
type Limit uint8

const (
	Whole      Limit = iota // the exchange
	Connection              // DNS, connect and TLS together
	FirstByte               // from the request written to the first byte
	Silence                 // between two reads of a streamed body
)

// BoundOf is an exchange's own bound.
func BoundOf(start int64, timeout time.Duration) Bound {
	return Bound{At: start + int64(timeout), Span: timeout}
}

// Within is the bound of a phase that begins at now and may take span, or b
// where that is nearer or the phase has no limit.
func (b Bound) Within(now int64, of Limit, span time.Duration) Bound {
	if span > 0 {
		span = min(span, maxTimeout)
		if at := now + int64(span); at < b.At {
			return Bound{At: at, Of: of, Span: span}
		}
	}
	return b
}

// ErrOverdue ends an exchange whose bound had passed when something came.
var ErrOverdue = errors.New("what was waited for came too late")

// Late is the fault of an exchange that the bound ended.
func (b Bound) Late(stage Stage, cause error) *Fault {
	switch b.Of {
	case FirstByte:
		return NewFault(plan.FailTimeout, cause, "timeout: the first byte took longer than %v", b.Span)
	case Silence:
		return NewFault(plan.FailTimeout, cause, "timeout: no byte for %v (%v)", b.Span, stage)
	default:
		return Late(stage, b.Span, cause)
	}
}
