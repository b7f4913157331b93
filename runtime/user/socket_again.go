package user

import (
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// comeback is how far a lost socket is on its way back.
type comeback struct {
	lost    int64 // when that was noticed, on the clock
	at      int64 // when the next attempt is due
	tried   int64
	backoff time.Duration // before that attempt
}

// lose books that a connection ended that was not ours to end, and fails what
// was asked over it.
func (u *User) lose(l *link, e *transport.SocketEvent) {
	l.conn.Close(1000, "") // what is left of it
	l.conn = nil
	class := e.Class
	if class == plan.OK {
		class = plan.FailReset
	}
	l.gone = verdict{class, closedText(l.of.Name, e), 0}
	if u.env.isCut.Load() {
		u.endQuestions(l, l.gone, e.At, plan.CountLost)
		return
	}
	series := int32(l.of.Series)
	u.writer.Closed(series, e.Code, e.At)
	u.writer.Count(series, plan.CountDisconnects, 1, e.At)
	u.describeLoss(record.Failure{Series: series, Class: class, Status: e.Code, At: e.At, Detail: lossText(e), Site: l.of.Site})
	u.tellLost(l)
	u.endQuestions(l, l.gone, e.At, plan.CountLost)
	if l.of.Reconnect != nil && !l.closing {
		l.again = &comeback{lost: e.At}
		u.scheduleReturn(l, e.At)
	}
	if l.again == nil && l.waiting != nil {
		u.endReceive(l, e.At, l.gone)
	}
}

// scheduleReturn sets when a lost socket is tried next: after the backoff,
// which doubles up to a minute. Attempts that follow another are never made
// in a tight loop.
func (u *User) scheduleReturn(l *link, from int64) {
	a, re := l.again, l.of.Reconnect
	switch {
	case a.tried == 0 && re.Backoff != nil:
		s, err := u.number(re.Backoff, "a backoff")
		if err != nil {
			u.reaches(u.broken(l.of.Site, err))
			u.giveUpReturn(l)
			return
		}
		a.backoff = min(time.Duration(later(0, s)), longestBackoff)
	case a.tried > 0:
		a.backoff = min(max(2*a.backoff, leastBackoff), longestBackoff)
	}
	a.at = from + int64(a.backoff)
}

// comeBack makes one attempt to get a lost socket back.
func (u *User) comeBack(l *link) {
	a := l.again
	a.tried++
	f := u.handshake(l, u.env.sockets[l.of].again)
	series := int32(l.of.Series)
	switch {
	case l.conn != nil:
		l.again = nil
		at := u.result.End
		u.writer.Count(series, plan.CountReconnects, 1, at)
		u.writer.Measure(series, plan.MeasureRecovery, max(0, at-a.lost), a.lost)
	case f == endCut:
	case f != goOn || l.of.Reconnect.Attempts > 0 && a.tried >= l.of.Reconnect.Attempts:
		u.giveUpReturn(l)
		if l.waiting != nil {
			u.endReceive(l, u.env.Clock.Now(), l.gone)
		}
	default:
		u.scheduleReturn(l, u.env.Clock.Now())
	}
	u.reaches(f)
}

// giveUpReturn books that a lost socket does not come back.
func (u *User) giveUpReturn(l *link) {
	if l.again == nil {
		return
	}
	u.writer.Unmet(int32(l.of.Series), plan.MeasureRecovery, u.env.Clock.Now()-l.again.lost, l.again.lost)
	l.again = nil
}
