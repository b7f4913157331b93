package stream

import (
	"bytes"
	"fmt"
	"time"
)

// MaxEvent is the most bytes that one event may have, in its lines or put
// together.
const MaxEvent = 1 << 20

// keptBuffer is the capacity of buffers that survive a Reset.
const keptBuffer = 64 << 10

// ErrTooLarge says that an event, or a line of one, is larger than MaxEvent.
var ErrTooLarge = fmt.Errorf("an event of the stream has more than %d bytes", MaxEvent)

// Format is how events are told apart.
type Format uint8

// Formats.
const (
	SSE    Format = iota // text/event-stream
	Lines                // a line each; lines of nothing but white space are none
	Chunks               // each piece that is fed
)

// Event is one event. Its slices are valid until the parser's next method.
type Event struct {
	Name []byte // "message" unless the stream says otherwise
	ID   []byte // the id it has, or the latest one before it
	Data []byte // raw: bytes that are no UTF-8 are left as they are
}

var message = []byte("message")

// Parser cuts one stream after another into events. The zero value parses
// server-sent events.
type Parser struct {
	format Format
	rest   []byte // fed, and not consumed
	carry  []byte // the beginning of a line whose end has not come
	used   bool   // the carry was given out and is void
	afterCR,
	begun, // the first line is through, and with it a byte order mark
	ended bool
	err error

	// Of server-sent events.
	name, data []byte
	given      bool // these were given out and are void
	pending    []byte
	id         []byte // the pending one as of the last empty line
	retry      time.Duration
	hasRetry   bool
}

// Reset begins anew, with another format.
func (p *Parser) Reset(f Format) {
	kept := Parser{format: f}
	for _, b := range []struct{ to, from *[]byte }{
		{&kept.carry, &p.carry}, {&kept.name, &p.name}, {&kept.data, &p.data}, {&kept.pending, &p.pending}, {&kept.id, &p.id},
	} {
		if cap(*b.from) <= keptBuffer {
			*b.to = (*b.from)[:0]
		}
	}
	*p = kept
}

// Resume drops what is unfinished: the stream goes on over another
// connection. The last id and the retry time stay.
func (p *Parser) Resume() {
	p.rest, p.carry, p.used = nil, p.carry[:0], false
	p.afterCR, p.begun, p.ended = false, false, false
	p.name, p.data, p.given = p.name[:0], p.data[:0], false
	p.pending = append(p.pending[:0], p.id...)
}

// Feed gives what has come. It may be called when Next has nothing more; the
// piece must not change until it has nothing again.
func (p *Parser) Feed(piece []byte) { p.rest = piece }

// End says that the stream came to its proper end. A line that lacks only its
// line break is whole then; an event that lacks its empty line is none, as
// the standard wants it.
func (p *Parser) End() { p.ended = true }

// Next gives the next event that is complete; false when none is. An error,
// ErrTooLarge, is the last word.
func (p *Parser) Next() (e Event, ok bool, err error) {
	if p.err != nil {
		return e, false, p.err
	}
	switch p.format {
	case Lines:
		e, ok = p.line()
	case Chunks:
		e, ok = Event{Name: message, Data: p.rest}, len(p.rest) > 0
		p.rest = nil
	default:
		e, ok = p.sse()
	}
	if p.err != nil {
		return Event{}, false, p.err
	}
	return e, ok, nil
}

// LastID is the id to resume after, "" for none: that of the last event whose
// end has come.
func (p *Parser) LastID() string { return string(p.id) }

// Retry is how long the server asks its clients to wait before they connect
// again; false where it has not said so.
func (p *Parser) Retry() (time.Duration, bool) { return p.retry, p.hasRetry }

func (p *Parser) line() (Event, bool) {
	for {
		l, ok := p.cut()
		if !ok {
			return Event{}, false
		}
		if l = bytes.TrimSuffix(l, []byte("\r")); len(bytes.TrimSpace(l)) > 0 {
			return Event{Name: message, Data: l}, true
		}
	}
}

// cut takes the next whole line, without its end. It is valid until the next
// cut.
func (p *Parser) cut() ([]byte, bool) {
	if p.used {
		p.carry, p.used = p.carry[:0], false
	}
	if p.afterCR && len(p.rest) > 0 {
		p.afterCR = false
		p.rest = bytes.TrimPrefix(p.rest, []byte("\n"))
	}
	i := p.lineEnd()
	if i < 0 {
		if !p.hold(p.rest) {
			return nil, false
		}
		p.rest = nil
		if p.ended && p.format == Lines && len(p.carry) > 0 {
			p.used = true
			return p.unmarked(p.carry), true
		}
		return nil, false
	}
	l := p.rest[:i]
	p.afterCR = p.rest[i] == '\r'
	p.rest = p.rest[i+1:]
	if len(p.carry) > 0 {
		if !p.hold(l) {
			return nil, false
		}
		l, p.used = p.carry, true
	}
	if len(l) > MaxEvent {
		p.err = ErrTooLarge
		return nil, false
	}
	return p.unmarked(l), true
}

// lineEnd finds the end of the first line; -1 where it has not come.
func (p *Parser) lineEnd() int {
	if p.format == Lines {
		return bytes.IndexByte(p.rest, '\n')
	}
	return bytes.IndexAny(p.rest, "\r\n")
}

// hold keeps a part of a line until the rest of it comes.
func (p *Parser) hold(part []byte) bool {
	if len(p.carry)+len(part) > MaxEvent {
		p.err = ErrTooLarge
		return false
	}
	p.carry = append(p.carry, part...)
	return true
}

// unmarked takes a byte order mark off the first line.
func (p *Parser) unmarked(l []byte) []byte {
	if !p.begun {
		p.begun = true
		return bytes.TrimPrefix(l, []byte("\xEF\xBB\xBF"))
	}
	return l
}
