package user

import (
	"time"

	"throng/dsl/plan"
)

// tellSend tells of a message that goes out.
func (u *User) tellSend(l *link, q *question, text []byte) {
	if u.env.trace == nil {
		return
	}
	e := Event{Kind: EventSent, Site: q.of.Site, Step: q.of, Sent: &Sent{Method: "SEND", URL: l.of.Name, Size: int64(len(text))}}
	switch {
	case q.of.Text != nil && q.of.Text.Secret:
		e.Sent.Body = hidden
	case q.of.Text == nil:
		e.Sent.Body = bytesOf(len(text), "")
	default:
		e.Sent.Body = u.mask().text(u.whole(text, maxTraced), true)
	}
	u.tell(e)
}

// tellMessage tells of a message that came.
func (u *User) tellMessage(l *link, m *plan.Message) {
	if u.env.trace == nil {
		return
	}
	a := &Answer{Size: int64(len(m.Data))}
	if !m.Binary && isText(m.Data, a.Size) {
		a.Body = u.mask().text(u.whole(m.Data, maxTraced), true)
	}
	u.tell(Event{Kind: EventMessage, Site: l.of.Site, Name: l.of.Name, OK: true, Answer: a})
}

func (u *User) tellClosing(c *plan.CloseSocket, l *link) {
	if u.env.trace != nil {
		u.remark(c.Site, "closes the socket %q (%d)", l.of.Name, c.Code)
	}
}

func (u *User) tellLost(l *link) {
	if u.env.trace != nil {
		u.remark(l.of.Site, "%s", l.gone.detail)
	}
}

// tellOutcome tells how an errand ended, and after how long.
func (u *User) tellOutcome(e *errand, retried bool) {
	if u.env.trace == nil {
		return
	}
	site := e.verdict.site
	if site == 0 {
		site = e.site
	}
	if e.verdict.class == plan.OK && e.sample.First != 0 {
		u.remark(site, "after %s", secondsText(time.Duration(e.sample.End-e.sample.Start).Seconds()))
	}
	u.tell(Event{Kind: EventDone, Site: site, Step: e.step, OK: e.verdict.class == plan.OK, Class: e.verdict.class,
		Text: u.mask().text(e.verdict.detail, false), Retried: retried})
}
