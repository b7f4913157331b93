package user

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// sockets is what a user has of its WebSockets; nil in a user that has not
// opened one. What they bring is handled on the user's own goroutine: while
// it waits, and between steps.
type sockets struct {
	notify  chan struct{} // hears of every socket of the user
	links   []*link       // by the plan's numbers; nil where never opened
	open    []*link       // in scope, in the order of their opening
	opening transport.Opening
	arrived plan.Message // the message under evaluation
	busy    bool         // what came is being handled: a handler or beat may run
	end     flow         // the farthest end that handlers and beats have reached, not applied yet
}

// link is one WebSocket of a user, over all connections it was made again on.
type link struct {
	of      *plan.Socket
	conn    transport.Socket // nil while it does not stand
	gone    verdict          // why it does not
	again   *comeback        // nil unless it is lost and will be made again
	beats   []int64          // when each is due, on the clock
	asked   questions
	waiting *wait // the receive under way; nil without one
	ping    time.Duration
	// handshake is the request under way, or the last one, that opens it.
	handshake *plan.Request
	closing   bool // what still comes begins no handler
	backlog   backlog
	numbered  numbering
}

// mark is how many sockets are in scope.
func (s *sockets) mark() int {
	if s == nil {
		return 0
	}
	return len(s.open)
}

// isBusy reports whether a handler or beat is under way.
func (s *sockets) isBusy() bool { return s != nil && s.busy }

// inScope does a list of steps and closes the sockets that it opened.
func (u *User) inScope(list []plan.Step) (f flow) {
	mark := u.sockets.mark()
	whole := false
	defer func() {
		if !whole { // by a panic: nobody waits for anything
			u.dropSockets(mark)
		}
	}()
	f = u.walk(list)
	f = max(f, u.leaveScope(mark))
	whole = true
	return f
}

// leaveScope closes the sockets beyond a mark. Replies that are still in time
// are waited for, as a request under way is: that the scope ends is no fault
// of the target's.
func (u *User) leaveScope(mark int) flow {
	if u.sockets.mark() <= mark {
		return goOn
	}
	f := goOn
	if !u.sockets.busy {
		f = u.settleReplies(mark)
	}
	return max(f, u.dropSockets(mark))
}

// settleReplies waits for the replies that are still to come in time over the
// sockets beyond a mark; not for those that are asked for meanwhile.
func (u *User) settleReplies(mark int) flow {
	last := int64(0)
	for _, l := range u.sockets.open[mark:] {
		last = max(last, l.asked.latest())
	}
	came := func() bool {
		for _, l := range u.sockets.open[min(mark, u.sockets.mark()):] {
			if l.asked.soonest() <= last {
				return false
			}
		}
		return true
	}
	for worst := goOn; ; {
		w := waiting{until: last + 1, done: came}
		u.await(&w)
		if worst = max(worst, w.end); w.end == goOn || w.end == endCut {
			return worst
		}
	}
}

// dropSockets closes the sockets beyond a mark at once.
func (u *User) dropSockets(mark int) flow {
	if u.sockets.mark() <= mark {
		return goOn
	}
	s := u.sockets
	f := u.aside(u.class.Site, func() flow {
		for len(s.open) > mark {
			last := len(s.open) - 1
			l := s.open[last]
			s.open = s.open[:last]
			u.closeLink(l, 1000, "", fmt.Sprintf("the scope of the socket %q ended before the reply came", l.of.Name))
		}
		f := s.end
		s.end = goOn
		return f
	})
	return f
}

// endSockets closes all sockets at the user's end.
func (u *User) endSockets() {
	if u.sockets != nil {
		u.leaveScope(0)
		u.sockets = nil
	}
}

// aside does what is no step of the user's list: what it does is due at no
// time of its own, fails no group and is not retried.
func (u *User) aside(site plan.SiteID, part func() flow) flow {
	due, group, retry := u.due, u.group, u.retry
	u.due, u.group, u.retry = -1, nil, nil
	f := u.guard(site, part)
	u.due, u.group, u.retry = due, group, retry
	return f
}

// openSocket makes the handshake of a socket and books it. One that is open
// already is closed first.
func (u *User) openSocket(p *plan.Socket) flow {
	if u.sockets == nil {
		u.sockets = &sockets{notify: make(chan struct{}, 1), links: make([]*link, max(u.class.Sockets, p.Number+1))}
	}
	s := u.sockets
	if old := s.links[p.Number]; old != nil {
		if i := slices.Index(s.open, old); i >= 0 {
			s.open = slices.Delete(s.open, i, i+1)
		}
		u.aside(p.Site, func() flow {
			u.closeLink(old, 1000, "", fmt.Sprintf("the socket %q was opened anew before the reply came", p.Name))
			return goOn
		})
	}
	l := &link{of: p, gone: verdict{plan.FailReset, fmt.Sprintf("the socket %q is not open", p.Name), 0}}
	l.backlog.wanted = u.env.sockets[p].received
	s.links[p.Number] = l
	s.open = append(s.open, l)
	f := u.handshake(l, u.env.sockets[p].first)
	if l.conn == nil {
		l.gone = verdict{plan.FailReset, fmt.Sprintf("the socket %q could not be opened", p.Name), 0}
		if u.bench != nil && u.sample.Class != plan.OK {
			l.gone.class = u.sample.Class
		}
	}
	return f
}

// handshake opens a connection for a link, as a request of the user's, and
// reports what its failure ends.
func (u *User) handshake(l *link, r *plan.Request) flow {
	l.ping = 0
	if l.of.Ping != nil {
		s, err := u.number(l.of.Ping, "the time between pings")
		if err != nil {
			u.clear(r)
			return u.unsent(r, err)
		}
		l.ping = time.Duration(later(0, s))
	}
	l.handshake, u.opens = r, l
	f := u.request(r)
	u.opens = nil
	switch {
	case l.conn == nil:
	case u.sample.Class != plan.OK: // by a defect of ours
		l.conn.Close(1000, "")
		l.conn = nil
	default:
		u.stand(l)
	}
	return f
}

// open makes the exchange at hand, a handshake. An answer that does not accept
// it is an answer: its status is judged, as that of every other is.
func (u *User) open() {
	l, m := u.opens, &u.message
	if u.env.Sockets == nil {
		now := u.env.Clock.Now()
		u.result = transport.Result{Class: plan.FailInternal, Err: errNoSockets, Start: now, End: now}
		return
	}
	o := &u.sockets.opening
	*o = transport.Opening{
		Route: m.Route, Host: m.Host, URI: m.URI, Header: m.Header, Protocols: l.of.Protocols, Compress: l.of.Compress,
		Timeout: m.Timeout, MaxMessage: l.of.MaxMessage, Ping: l.ping, Notify: u.sockets.notify,
	}
	if r, ok := u.client.(transport.Resumer); ok {
		o.Sessions = r.Sessions()
	}
	l.conn = u.env.Sockets.Open(o, &u.result)
	if u.result.Class == plan.FailStatus {
		u.result.Class, u.result.Err = plan.OK, nil
	}
}

var errNoSockets = errors.New("this run has no transport for sockets")

// stand begins what goes over a connection that has just been made.
func (u *User) stand(l *link) {
	l.gone = verdict{}
	l.beats = l.beats[:0]
	for i := range l.of.Beats {
		l.beats = append(l.beats, u.firstBeat(&l.of.Beats[i]))
	}
}

// closeLink ends a socket on our side. What it has not told yet has come all
// the same; the questions it still has are failed with the reason why.
func (u *User) closeLink(l *link, code int, reason, why string) {
	if l.conn != nil {
		u.drainLast(l)
	}
	if l.conn != nil {
		l.conn.Close(code, reason)
		l.conn = nil
		l.gone = verdict{plan.FailReset, fmt.Sprintf("the socket %q is closed (%d)", l.of.Name, code), 0}
	}
	u.giveUpReturn(l)
	u.endQuestions(l, verdict{plan.FailReset, why, 0}, u.env.Clock.Now(), plan.CountUnanswered)
	u.endWaiting(l)
	l.backlog.clear()
}

// closeSocket is the step.
func (u *User) closeSocket(c *plan.CloseSocket) flow {
	l := u.link(c.Socket)
	if l == nil {
		return goOn
	}
	u.tellClosing(c, l)
	return u.aside(c.Site, func() flow {
		before := u.sockets.end
		u.sockets.end = goOn
		u.closeLink(l, c.Code, c.Reason, fmt.Sprintf("the socket %q was closed before the reply came", l.of.Name))
		f := u.sockets.end
		u.sockets.end = before
		return f
	})
}

// link is the socket with a number; nil where it was never opened.
func (u *User) link(number int) *link {
	if u.sockets == nil || number >= len(u.sockets.links) {
		return nil
	}
	return u.sockets.links[number]
}

// standing waits until a socket stands again, if it is lost and will be made
// again, no longer than until a time. The verdict says why it does not stand.
func (u *User) standing(l *link, until int64) (v verdict, f flow) {
	switch {
	case l == nil:
		return verdict{plan.FailReset, "the socket is not open", 0}, goOn
	case l.conn != nil:
		return verdict{}, goOn
	case l.again == nil || u.sockets.isBusy():
		return l.gone, goOn
	}
	w := waiting{until: until, done: func() bool { return l.conn != nil || l.again == nil }}
	u.await(&w)
	switch {
	case l.conn != nil:
		return verdict{}, w.end
	case w.end != goOn:
		return l.gone, w.end
	case l.again == nil:
		return l.gone, goOn
	}
	return verdict{plan.FailTimeout, fmt.Sprintf("%s, and was not back in time", l.gone.detail), 0}, goOn
}

// socketRequests are a socket's handshake as requests that the user knows how
// to render and to book: the step's own, and that of a connection made again,
// which ends nothing if it fails.
type socketRequests struct {
	first, again *plan.Request
	received     bool // some step of its class receives from it
}

// handshakes works out once what the sockets of a plan need.
func handshakes(p *plan.Plan) map[*plan.Socket]*socketRequests {
	all := map[*plan.Socket]*socketRequests{}
	for c := range p.Classes {
		received := map[int]bool{}
		p.Classes[c].EachStep(func(s plan.Step) {
			if r, ok := s.(*plan.Receive); ok {
				received[r.Socket] = true
			}
		})
		p.Classes[c].EachStep(func(s plan.Step) {
			o, ok := s.(*plan.Socket)
			if !ok {
				return
			}
			r := plan.Request{
				Site: o.Site, Series: o.Series, Target: o.Target, Method: "GET", Path: o.Path, Query: o.Query,
				Headers: o.Headers, Host: o.Host, Auth: o.Auth, Timeout: o.Timeout, OnFailure: o.OnFailure,
				Expects: []plan.Expect{{Site: o.Site, Status: []plan.StatusRange{{Min: 101, Max: 101}}}},
			}
			again := r
			again.OnFailure = plan.FailureContinue
			all[o] = &socketRequests{&r, &again, received[o.Number]}
		})
	}
	return all
}

// closedText says of a socket that it is closed, and how: with what code and
// for what reason, or what made us give it up.
func closedText(name string, e *transport.SocketEvent) string {
	text := "the socket " + strconv.Quote(name) + " is closed (" + strconv.Itoa(e.Code)
	if e.Reason != "" {
		text += ", " + begin(e.Reason, 60)
	}
	text += ")"
	if e.Err != nil && e.Class != plan.FailReset {
		text += ": " + begin(e.Err.Error(), 120)
	}
	return text
}

// closeWords are what the codes of RFC 6455, section 7.4.1, and of IANA's
// registry beside it, mean.
var closeWords = map[int]string{
	1000: "normal closure", 1001: "going away", 1002: "protocol error", 1003: "unsupported data", 1005: "no code",
	1007: "invalid data", 1008: "policy violation", 1009: "message too big", 1010: "an extension is missing",
	1011: "internal error", 1012: "service restart", 1013: "try again later", 1014: "bad gateway",
}

// lossText says why a connection ended: what broke it, or with which words the
// server closed it.
func lossText(e *transport.SocketEvent) string {
	if e.Err != nil {
		return begin(e.Err.Error(), 120)
	}
	text := "closed by the server"
	if words := closeWords[e.Code]; words != "" {
		text += " (" + words + ")"
	}
	if e.Reason != "" && e.Reason != closeWords[e.Code] {
		text += ": " + begin(e.Reason, 60)
	}
	return text
}
