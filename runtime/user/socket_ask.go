package user

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// send writes a message and, where a reply is wanted, waits for it. A stop
// does not end the wait, as it ends no request: the reply's own timeout does.
func (u *User) send(p *plan.Send) flow {
	u.settle()
	begun := u.env.Clock.Now()
	l := u.link(p.Socket)
	v, f := u.standing(l, later(begun, p.Timeout.Seconds()))
	switch {
	case f == endCut:
		return f
	case f != goOn && v.class != plan.OK:
		return f // broken off before anything was sent
	}
	var text []byte
	if v.class == plan.OK {
		var err error
		if text, err = u.messageText(p); err != nil {
			if u.out != nil || isMissing(err) {
				return max(f, u.broken(p.Site, err))
			}
			v = u.wrong(p.Site, err)
		}
	}
	q := &question{of: p}
	q.step, q.name, q.site, q.onFailure = p, p.Name, p.Site, p.OnFailure
	u.beginErrand(&q.errand, p.Series, begun)
	if v.class != plan.OK {
		u.met(false)
		q.fail(v, u.env.Clock.Now())
		return max(f, u.bookErrand(&q.errand))
	}
	return max(f, u.ask(l, q, text))
}

// ask writes the message of a question, and sees to its reply.
func (u *User) ask(l *link, q *question, text []byte) flow {
	p := q.of
	u.tellSend(l, q, text)
	at, wire, err := l.conn.Send(p.Binary, text, p.Timeout)
	now := u.env.Clock.Now()
	q.sample.Sent, q.sample.BytesOut = at, int64(wire)
	u.met(err == nil)
	if err != nil {
		if u.env.isCut.Load() {
			u.cutErrand()
			return endCut
		}
		q.sent = u.sendText(p, text)
		q.fail(verdict{sendClass(err), err.Error(), p.Site}, now)
		return u.bookErrand(&q.errand)
	}
	series := int32(l.of.Series)
	u.writer.Count(series, plan.CountOut, 1, at)
	u.writer.Count(series, plan.CountBytesOut, int64(len(text)), at)
	if p.Reply == nil {
		q.sample.End, q.done = now, true
		return u.bookErrand(&q.errand)
	}
	u.writer.Count(series, plan.CountAsked, 1, at)
	q.sent = u.sendText(p, text)
	q.records = p.Reply.Records
	q.deadline = at + int64(p.Reply.Timeout)
	q.message = plan.Message{Data: text, Binary: p.Binary}
	if p.Text != nil {
		q.message.Data = bytes.Clone(text)
	}
	l.asked.add(q)
	if p.Reply.Detached || u.sockets.busy {
		return goOn
	}
	return u.awaitReply(l, q)
}

// awaitReply waits until the outcome of a question is known. When a handler
// ends the wait, the question stays, as one that nobody waits for.
func (u *User) awaitReply(l *link, q *question) flow {
	q.awaited = true
	w := waiting{done: func() bool { return q.done }}
	u.await(&w)
	q.awaited = false
	switch {
	case q.done:
		return max(w.end, u.bookErrand(&q.errand))
	case w.end == endCut:
		l.asked.remove(q)
		u.cutErrand()
	}
	return w.end
}

// messageText is a message as it is sent. Bytes that all users share are not
// copied.
func (u *User) messageText(p *plan.Send) (text []byte, err error) {
	if p.Text == nil {
		return p.Bytes, nil
	}
	u.body, err = p.Text.Append(&u.frame, u.body[:0])
	return u.body, err
}

// sendClass is the class of a message that could not be written.
func sendClass(err error) plan.ErrorClass {
	var known transport.Classed
	if errors.As(err, &known) && known.ErrorClass() != plan.OK {
		return known.ErrorClass()
	}
	return plan.FailReset
}

func isMissing(err error) bool {
	var missing *plan.MissingSlot
	return errors.As(err, &missing)
}

// expire fails the questions and the receive whose time was over at a time.
// Replies may still come.
func (u *User) expire(l *link, at int64) {
	if w := l.waiting; w != nil && w.deadline <= at {
		u.endReceive(l, w.deadline, w.late(l))
	}
	for i := 0; i < len(l.asked.list); i++ {
		q := l.asked.list[i]
		if q.overdue || q.deadline > at {
			continue
		}
		q.overdue = true
		l.asked.overdue++
		q.fail(verdict{plan.FailTimeout, fmt.Sprintf("no reply within %v%s", q.of.Reply.Timeout, forWhich(q.of.Reply.Text)), q.of.Reply.Site}, q.deadline)
		u.finishQuestion(q)
	}
	for l.asked.overdue > maxOverdue {
		i := slices.IndexFunc(l.asked.list, func(q *question) bool { return q.overdue })
		u.writer.Count(int32(l.of.Series), plan.CountUnanswered, 1, l.asked.list[i].deadline)
		l.asked.remove(l.asked.list[i])
	}
}

// finishQuestion books a question whose outcome is known, unless its step
// waits to.
func (u *User) finishQuestion(q *question) { u.conclude(&q.errand) }

func forWhich(condition string) string {
	if condition == "" {
		return ""
	}
	return " for which " + condition
}

// claimReply gives the message at hand to the oldest question that it is a reply
// to, one that is overdue included: a reply that comes late must not answer a
// later question. What was asked after the message came it does not answer.
func (u *User) claimReply(l *link, e *transport.SocketEvent) bool {
	for _, q := range l.asked.list {
		if e.At < q.sample.Sent || !u.repliesTo(q.of.Reply, &q.message) {
			continue
		}
		l.asked.remove(q)
		l.asked.remember(q)
		series := int32(l.of.Series)
		if a := l.asked.asked[q.of]; a.answered > q.number {
			u.writer.Count(series, plan.CountOutOfOrder, 1, e.At)
		} else {
			a.answered = q.number
		}
		if q.overdue {
			u.writer.Count(series, plan.CountLate, 1, e.At)
			return true
		}
		q.sample.First, q.sample.End, q.sample.BytesIn = e.At, e.At, int64(e.Wire)
		u.taken(&q.errand, q.of.Reply.Captures, &q.message)
		u.finishQuestion(q)
		return true
	}
	return false
}

func (u *User) repliesTo(r *plan.Reply, sent *plan.Message) bool {
	u.frame.Sent = sent
	ok := u.matches(r.When, r.Site)
	u.frame.Sent = nil
	return ok
}

// stranger is a message that was never sent.
var stranger = []byte(`{"\u0000":"a message that was never sent"}`)

// duplicates reports whether the message at hand is a reply to a question that
// has had one. Only a condition that tells questions apart can say so: one
// that would also hold for what was never sent may mean any message.
func (u *User) duplicates(l *link, at int64) bool {
	for i := range l.asked.answered {
		a := &l.asked.answered[i]
		if a.of.When == nil || !u.repliesTo(a.of, &a.message) {
			continue
		}
		if u.repliesTo(a.of, &plan.Message{Data: stranger, JSON: plan.JSONValid}) {
			continue
		}
		u.writer.Count(int32(l.of.Series), plan.CountDuplicated, 1, at)
		return true
	}
	return false
}

// endQuestions gives up all questions of a socket: those that are still in
// time fail with a verdict at a time, and are counted as what became of them;
// of the others it is known now that no reply comes. What a cut breaks off
// counts as neither.
func (u *User) endQuestions(l *link, v verdict, at int64, counter plan.Counter) {
	list := l.asked.list
	l.asked.list, l.asked.overdue = nil, 0
	series := int32(l.of.Series)
	for _, q := range list {
		switch {
		case q.overdue:
			u.writer.Count(series, plan.CountUnanswered, 1, at)
		case u.env.isCut.Load():
			if !q.awaited {
				u.cutErrand()
			}
		default:
			u.writer.Count(series, counter, 1, at)
			q.fail(v, at)
			u.finishQuestion(q)
		}
	}
}

// sendText is a message as people are shown it.
func (u *User) sendText(p *plan.Send, text []byte) string {
	if u.env.trace == nil && u.env.series[p.Series].examples.Load() >= maxExamples {
		return ""
	}
	body := bytesOf(len(text), "")
	switch {
	case p.Text != nil && p.Text.Secret:
		body = hidden
	case p.Text != nil:
		body = u.whole(text, maxSentBody)
	}
	return "SEND " + p.Name + "\n\n" + body
}
