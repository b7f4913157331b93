package user

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// errand is a send or a receive as the books know it: one sample.
type errand struct {
	step      plan.Step
	name      string
	site      plan.SiteID
	onFailure plan.Failure
	sample    record.Sample
	verdict   verdict
	sent      string // the message as people are shown it
	records   []plan.Record
	measured  []float64 // what the message that came holds of them
	done      bool      // its outcome is known
	awaited   bool      // the step itself books it, and not whoever learns the outcome
}

// beginErrand makes the sample of an errand that began at a time. The first thing
// that an arrival does was due when it came.
func (u *User) beginErrand(e *errand, series int, at int64) {
	e.sample = record.Sample{Series: int32(series), Start: at, Intended: at}
	if u.due >= 0 {
		e.sample.Intended, u.due = u.due, -1
	}
	u.root.Counts.Begun.Add(1)
}

// fail sets why an errand failed, and when it is known to have.
func (e *errand) fail(v verdict, at int64) {
	if v.site == 0 {
		v.site = e.site
	}
	e.verdict, e.sample.End, e.done = v, max(at, e.sample.Start), true
}

// bookErrand records an errand's one sample, and what it ends.
func (u *User) bookErrand(e *errand) flow {
	class := e.verdict.class
	more := u.retries(class, 0)
	e.sample.Class, e.sample.Retried = class, more != nil
	u.tellOutcome(e, more != nil)
	u.writer.Add(e.sample)
	if class == plan.OK {
		u.recordAll(e.records, e.measured, e.sample.Intended)
		u.root.Counts.OK.Add(1)
		return goOn
	}
	u.root.Counts.Failed.Add(1)
	u.describeErrand(e)
	return u.failed(int(e.sample.Series), e.onFailure, class, more)
}

// met notes for the wait after the task whether the target was there: a user
// that meets nothing rests, so that it does not spin.
func (u *User) met(target bool) {
	if !u.sockets.isBusy() {
		u.quiet = u.quiet && !target
		u.refused = !target
	}
}

// cutErrand books an errand that was broken off: it is no sample.
func (u *User) cutErrand() { u.root.Counts.Cut.Add(1) }

// conclude books an errand whose outcome is known, unless its step waits to.
func (u *User) conclude(e *errand) {
	e.done = true
	if !e.awaited {
		u.reaches(u.bookErrand(e))
	}
}

func (u *User) describeErrand(e *errand) {
	f := record.Failure{
		Series: e.sample.Series, Class: e.verdict.class, At: e.sample.End,
		Detail: u.mask().text(e.verdict.detail, false), Site: e.verdict.site,
	}
	if state := &u.env.series[e.sample.Series]; e.sent != "" && state.examples.Load() < maxExamples && state.examples.Add(1) <= maxExamples {
		f.Sent = u.mask().text(e.sent, true)
	}
	u.writer.Fail(f)
}

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

// question is a message that wants a reply.
type question struct {
	errand
	of       *plan.Send
	number   int64        // among those of its step, over this socket
	message  plan.Message // what was sent
	deadline int64
	overdue  bool // its reply did not come in time, and is not known not to come
}

// Bounds of what is remembered of questions.
const (
	maxOverdue  = 1024    // beyond it the oldest counts as unanswered
	maxAnswered = 64      // to tell replies that come twice
	maxRemember = 4 << 10 // bytes of a message that is remembered after its reply
)

// questions are those of one socket that have no reply yet, the oldest first,
// and the last ones that had.
type questions struct {
	list     []*question
	overdue  int // of them
	asked    map[*plan.Send]*asking
	answered []answered // a ring
	next     int        // its oldest place, once it is full
}

// asking is what is known of the questions of one step.
type asking struct {
	number   int64 // of the last one asked
	answered int64 // of the last of those that have a reply
}

type answered struct {
	of      *plan.Reply
	message plan.Message
}

func (qs *questions) add(q *question) {
	if qs.asked == nil {
		qs.asked = map[*plan.Send]*asking{}
	}
	a := qs.asked[q.of]
	if a == nil {
		a = &asking{}
		qs.asked[q.of] = a
	}
	a.number++
	q.number = a.number
	qs.list = append(qs.list, q)
}

func (qs *questions) remove(q *question) {
	if i := slices.Index(qs.list, q); i >= 0 {
		qs.list = slices.Delete(qs.list, i, i+1)
		if q.overdue {
			qs.overdue--
		}
	}
}

// remember keeps a question whose reply has come.
func (qs *questions) remember(q *question) {
	if len(q.message.Data) > maxRemember && q.of.Text != nil {
		return
	}
	a := answered{q.of.Reply, q.message}
	if len(qs.answered) < maxAnswered {
		qs.answered = append(qs.answered, a)
		return
	}
	qs.answered[qs.next] = a
	qs.next = (qs.next + 1) % maxAnswered
}

// soonest is the deadline of the next question that is still in time, latest
// that of the last one.
func (qs *questions) soonest() int64 {
	at := int64(never)
	for _, q := range qs.list {
		if !q.overdue {
			at = min(at, q.deadline)
		}
	}
	return at
}

func (qs *questions) latest() (at int64) {
	for _, q := range qs.list {
		if !q.overdue {
			at = max(at, q.deadline)
		}
	}
	return at
}

// expire fails the questions whose time was over at a time. Their replies may
// still come.
func (u *User) expire(l *link, at int64) {
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

// taken captures from the message at hand what an errand wants of it, and
// measures.
func (u *User) taken(e *errand, captures []plan.Capture, sent *plan.Message) {
	defer func() {
		u.frame.Sent = nil
		if p := recover(); p != nil {
			e.verdict = verdict{plan.FailInternal, panicText(p), e.site}
		}
	}()
	u.frame.Sent = sent
	u.settle()
	e.verdict = u.takeAloud(captures)
	if e.verdict.class != plan.OK || len(e.records) == 0 {
		return
	}
	if e.verdict = u.measureAll(e.records); e.verdict.class == plan.OK {
		e.measured = slices.Clone(u.measured)
	}
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
