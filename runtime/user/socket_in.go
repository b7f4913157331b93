package user

import (
	"bytes"
	"fmt"

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

// countNumber counts what the sequence of a socket's messages tells of them.
func (u *User) countNumber(l *link, at int64) {
	if l.of.Sequence == nil {
		return
	}
	v, err := l.of.Sequence.Eval(&u.frame)
	if err == nil && v.Kind() == plan.String {
		if n, ok := plan.ParseNumber(v.Str()); ok {
			v = n
		}
	}
	switch {
	case err != nil:
	case v.IsNull():
		return
	case v.Kind() != plan.Int:
		err = fmt.Errorf("the number of a message must be a whole number, this one is %s", v.TypeName())
	}
	if err != nil {
		u.reaches(u.broken(l.of.Site, err))
		return
	}
	s := int32(l.of.Series)
	switch lost, was := l.numbered.see(v.Int64(), at); was {
	case numberInOrder:
		if lost > 0 {
			u.writer.Count(s, plan.CountLost, lost, at)
		}
	case numberLate:
		u.writer.Count(s, plan.CountOutOfOrder, 1, at)
		if lost > 0 { // it had been counted so, in the part of the run that its gap was seen in
			u.writer.Count(s, plan.CountLost, -1, l.numbered.seen)
		}
	case numberAgain:
		u.writer.Count(s, plan.CountDuplicated, 1, at)
	}
}

// order is what a number says of its message.
type order uint8

const (
	numberInOrder order = iota // above all before it
	numberLate                 // behind later ones
	numberAgain                // it had come before
)

// numbering remembers which numbers of a sequence have come. It begins with
// the first one that does.
type numbering struct {
	begun bool
	low   int64 // of the numbers known of
	high  int64 // the highest that came
	gaps  []gap // between, ascending: those that did not come
	seen  int64 // when the gap of the late number at hand was noticed
}

// gap is a range of numbers that have not come, both ends included.
type gap struct{ from, to, at int64 }

// maxGaps bounds what is remembered; of numbers below the gaps that are
// forgotten it is not known any more whether they came.
const maxGaps = 1024

// see takes a number. lost is how many before it are missing now, or 1 where
// it was missing itself until now.
func (n *numbering) see(x, at int64) (lost int64, was order) {
	switch {
	case !n.begun:
		*n = numbering{begun: true, low: x, high: x}
		return 0, numberInOrder
	case x > n.high:
		lost = x - n.high - 1
		if lost > 0 {
			n.gaps = append(n.gaps, gap{n.high + 1, x - 1, at})
			if len(n.gaps) > maxGaps {
				n.low = n.gaps[0].to + 1
				n.gaps = append(n.gaps[:0], n.gaps[1:]...)
			}
		}
		n.high = x
		return lost, numberInOrder
	case x < n.low:
		return 0, numberLate
	}
	for i := range n.gaps {
		g := n.gaps[i]
		if x < g.from || x > g.to {
			continue
		}
		n.fill(i, x)
		n.seen = g.at
		return 1, numberLate
	}
	return 0, numberAgain
}

// fill takes a number out of a gap.
func (n *numbering) fill(i int, x int64) {
	g := n.gaps[i]
	var rest []gap
	if g.from < x {
		rest = append(rest, gap{g.from, x - 1, g.at})
	}
	if x < g.to {
		rest = append(rest, gap{x + 1, g.to, g.at})
	}
	n.gaps = append(n.gaps[:i:i], append(rest, n.gaps[i+1:]...)...)
}
