package user

import (
	"fmt"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// wait is a receive under way.
type wait struct {
	errand
	of       *plan.Receive
	deadline int64
}

// receive waits for a message. One that came before, and that nobody has
// taken, will do: then there was nothing to wait for. A stop ends the wait,
// since who would have caused the message may have been stopped too.
func (u *User) receive(p *plan.Receive) flow {
	w := &wait{of: p}
	w.step, w.name, w.site, w.onFailure, w.records = p, p.Name, p.Site, p.OnFailure, p.Records
	u.beginErrand(&w.errand, p.Series, u.env.Clock.Now())
	w.awaited = true
	w.deadline = w.sample.Start + int64(p.Timeout)
	w.sample.Sent = w.sample.Start
	l := u.link(p.Socket)
	switch {
	case l == nil:
		w.fail(verdict{plan.FailReset, "the socket is not open", 0}, w.sample.Start)
	case u.fromBacklog(l, w):
	case l.conn == nil && l.again == nil:
		w.fail(l.gone, w.sample.Start)
	case u.sockets.busy:
		w.fail(verdict{plan.FailInternal, "a handler cannot wait for a message", 0}, w.sample.Start)
	}
	if w.done {
		u.met(w.verdict.class == plan.OK)
		return u.bookErrand(&w.errand)
	}
	l.waiting = w
	until := waiting{done: func() bool { return w.done }}
	if !u.leaving {
		until.stop = u.stop
	}
	u.await(&until)
	l.waiting = nil
	if w.done {
		u.met(w.sample.First != 0)
		return max(until.end, u.bookErrand(&w.errand))
	}
	u.cutErrand()
	return until.end
}

// late is the verdict on a receive whose message did not come in time.
func (w *wait) late(l *link) verdict {
	text := fmt.Sprintf("no message within %v%s", w.of.Timeout, forWhich(w.of.Text))
	switch {
	case l.conn == nil:
		text += "; " + l.gone.detail
	case l.backlog.dropped:
		text += "; of those that came before, some were too many to be kept"
	}
	return verdict{plan.FailTimeout, text, w.site}
}

// endReceive fails a receive under way.
func (u *User) endReceive(l *link, at int64, v verdict) {
	l.waiting.fail(v, at)
	l.waiting = nil
}

// endWaiting fails the receive of a socket that is closed.
func (u *User) endWaiting(l *link) {
	if l.waiting != nil && !u.env.isCut.Load() {
		u.endReceive(l, u.env.Clock.Now(), l.gone)
	}
}

// received gives the message at hand to the receive under way, if it wants it.
func (u *User) received(l *link, e *transport.SocketEvent) bool {
	w := l.waiting
	if w == nil || !u.matches(w.of.When, w.of.Site) {
		return false
	}
	u.got(w, e.At, e.Wire)
	l.waiting = nil
	return true
}

// got ends a receive with the message at hand.
func (u *User) got(w *wait, at int64, wire int) {
	w.sample.End = max(w.sample.Start, at)
	w.sample.First, w.sample.BytesIn = w.sample.End, int64(wire)
	u.taken(&w.errand, w.of.Captures, nil)
	w.done = true
}

// fromBacklog gives a receive the oldest message that it wants of those that
// came before.
func (u *User) fromBacklog(l *link, w *wait) bool {
	for i := range l.backlog.list {
		k := &l.backlog.list[i]
		u.frame.Message = &k.message
		wanted := u.matches(w.of.When, w.of.Site)
		if wanted {
			u.got(w, k.at, k.wire)
			l.backlog.remove(i)
		}
		u.frame.Message = nil
		if wanted {
			return true
		}
	}
	return false
}
