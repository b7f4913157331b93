package stream

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// sse interprets lines until one of them ends an event.
func (p *Parser) sse() (Event, bool) {
	if p.given {
		p.name, p.data, p.given = p.name[:0], p.data[:0], false
	}
	for {
		l, ok := p.cut()
		switch {
		case !ok:
			return Event{}, false
		case len(l) > 0:
			if !p.field(l) {
				return Event{}, false
			}
		case p.dispatch():
			return Event{Name: p.eventName(), ID: p.id, Data: p.data[:len(p.data)-1]}, true
		}
	}
}

// dispatch ends an event; it is none without data.
func (p *Parser) dispatch() bool {
	p.id = append(p.id[:0], p.pending...)
	if len(p.data) == 0 {
		p.name = p.name[:0]
		return false
	}
	p.given = true
	return true
}

func (p *Parser) eventName() []byte {
	if len(p.name) == 0 {
		return message
	}
	return p.name
}

// field interprets one line that is not empty. It reports false when the
// event has become too large.
func (p *Parser) field(l []byte) bool {
	name, value, _ := bytes.Cut(l, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "data":
		if len(p.data)+len(value) > MaxEvent {
			p.err = ErrTooLarge
			return false
		}
		p.data = append(append(p.data, value...), '\n')
	case "event":
		p.name = append(p.name[:0], value...)
	case "id":
		if bytes.IndexByte(value, 0) < 0 {
			p.pending = append(p.pending[:0], value...)
		}
	case "retry":
		p.setRetry(value)
	}
	return true
}

// setRetry takes a number of milliseconds; all else is ignored.
func (p *Parser) setRetry(value []byte) {
	for _, c := range value {
		if c < '0' || c > '9' {
			return
		}
	}
	if len(value) == 0 {
		return
	}
	ms, err := strconv.ParseInt(string(value), 10, 64)
	if most := int64(math.MaxInt64 / time.Millisecond); err != nil || ms > most {
		ms = most
	}
	p.retry, p.hasRetry = time.Duration(ms)*time.Millisecond, true
}
