package user

import (
	"bytes"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// incoming handles one message. A reply that is awaited claims it first, the
// oldest question before later ones; then a receive under way; then the first
// handler whose condition holds; what nobody wants is kept for later receives.
func (u *User) incoming(l *link, e *transport.SocketEvent) {
	series := int32(l.of.Series)
	u.writer.Count(series, plan.CountIn, 1, e.At)
	u.writer.Count(series, plan.CountBytesIn, int64(len(e.Data)), e.At)
	m := &u.sockets.arrived
	*m = plan.Message{Data: e.Data, Binary: e.Binary}
	u.frame.Message = m
	defer func() { u.frame.Message = nil }()
	u.tellMessage(l, m)
	u.countNumber(l, e.At)
	switch {
	case u.claimReply(l, e):
	case u.received(l, e):
	case !l.closing && u.handled(l, e):
	case u.duplicates(l, e.At):
	case l.backlog.wanted:
		l.backlog.keep(e, m.JSON)
	}
}

// matches evaluates a condition on the message at hand; nil always holds. A
// session value that is missing holds for nothing. What else cannot be
// evaluated holds for nothing either, and is a fault of the scenario.
func (u *User) matches(when plan.Expr, site plan.SiteID) bool {
	if when == nil {
		return true
	}
	ok, err := u.holds(when, site)
	if err == nil {
		return ok
	}
	if !isMissing(err) {
		u.reaches(u.broken(site, err))
	}
	return false
}

// handled does the first handler that wants the message at hand.
func (u *User) handled(l *link, e *transport.SocketEvent) bool {
	for i := range l.of.Handlers {
		h := &l.of.Handlers[i]
		if u.matches(h.When, h.Site) {
			u.remark(h.Site, "on_message %q takes it", h.Name)
			u.reaches(u.guard(h.Site, func() flow { return u.handle(h, e.At) }))
			return true
		}
	}
	return false
}

// handle does what a handler does with the message at hand.
func (u *User) handle(h *plan.Handler, at int64) flow {
	u.settle()
	v := u.take(h.Captures)
	if v.class == plan.OK && len(h.Records) > 0 {
		v = u.measureAll(h.Records)
	}
	if v.class != plan.OK {
		return u.broken(v.site, &plan.EvalError{Site: v.site, Class: v.class, Message: v.detail})
	}
	u.recordAll(h.Records, u.measured, at)
	return u.steps(h.Steps)
}

// Bounds of a backlog. Beyond them the oldest messages are dropped.
const (
	maxBacklog      = 256
	maxBacklogBytes = 1 << 20
)

// backlog keeps messages that nobody wanted yet, where a step of the class
// receives from the socket.
type backlog struct {
	wanted  bool
	list    []kept
	bytes   int
	dropped bool
}

// kept is a message's copy.
type kept struct {
	message plan.Message
	at      int64
	wire    int
}

func (b *backlog) keep(e *transport.SocketEvent, state plan.JSONState) {
	b.list = append(b.list, kept{plan.Message{Data: bytes.Clone(e.Data), Binary: e.Binary, JSON: state}, e.At, e.Wire})
	b.bytes += len(e.Data)
	for len(b.list) > maxBacklog || b.bytes > maxBacklogBytes && len(b.list) > 1 {
		b.remove(0)
		b.dropped = true
	}
}

func (b *backlog) remove(i int) {
	b.bytes -= len(b.list[i].message.Data)
	copy(b.list[i:], b.list[i+1:])
	b.list[len(b.list)-1] = kept{}
	b.list = b.list[:len(b.list)-1]
}

func (b *backlog) clear() { *b = backlog{wanted: b.wanted} }
