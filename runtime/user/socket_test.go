package user

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
	"throng/runtime/user/sockettest"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// Series of the plans below.
const (
	wsSeries = iota
	sendSeries
	receiveSeries
	httpSeries
	groupSeries
	metricSeries
	numSeries
)

// sluggish is an HTTP target that takes a while, and keeps what it was sent.
type sluggish struct {
	clock *transport.Clock
	takes time.Duration
	sent  []string
	cut   chan struct{}
}

func (s *sluggish) Client() transport.Client { return s }
func (s *sluggish) Cut()                     { close(s.cut) }
func (s *sluggish) Close()                   {}
func (s *sluggish) Do(m *transport.Message, r *transport.Result) {
	s.sent = append(s.sent, fmt.Sprintf("%s\n%s", m.URI, m.Header))
	*r = transport.Result{Status: 200, Proto: "HTTP/1.1", Start: s.clock.Now()}
	t := time.NewTimer(s.takes)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.cut:
		r.Class, r.Err = plan.FailReset, transport.ErrCut
	}
	r.Sent, r.FirstByte, r.End = r.Start, s.clock.Now(), s.clock.Now()
}

// talk is one user with sockets, everything around it, and what it left.
type talk struct {
	t      *testing.T
	server *sockettest.Server
	target *sluggish
	env    *Env
	user   *User
	rec    *record.Recorder
	clock  *transport.Clock
	end    time.Duration
}

func newTalk(t *testing.T, s *sockettest.Server, c plan.Class) *talk {
	t.Helper()
	c.Name, c.Slots, c.Sockets = "u", []string{"a", "b"}, 2
	for i := range c.Tasks {
		c.Tasks[i].Weight = 1
	}
	p := &plan.Plan{
		Seed: 1, Sites: make([]plan.Site, 50), Classes: []plan.Class{c},
		Targets: []plan.Target{{Name: "api", Scheme: "http", Host: "api.test", Port: 80}},
		Rows: []plan.Row{{Method: "WS", Name: "push"}, {Method: "SEND", Name: "ask"}, {Method: "RECEIVE", Name: "delivery"},
			{Method: "GET", Name: "/x"}, {Kind: plan.GroupSeries, Name: "g"}, {Kind: plan.MetricSeries, Name: "m", Unit: plan.UnitNumber}},
		Series: []plan.Series{{Row: 0}, {Row: 1}, {Row: 2}, {Row: 3}, {Row: 4, Kind: plan.GroupSeries}, {Row: 5, Kind: plan.MetricSeries}},
	}
	k := &talk{t: t, server: s, clock: transport.NewClock()}
	k.target = &sluggish{clock: k.clock, cut: make(chan struct{})}
	k.env = NewEnv(Config{Plan: p, Clock: k.clock, Factory: k.target, Sockets: s.On(k.clock)})
	k.rec = record.New(record.Config{Series: numSeries, Rows: []int{0, 1, 2, 3, 4, 5}, Shards: 1})
	k.user = New(k.env, ID{}, k.rec.Writer(0))
	return k
}

// once lives a user for one iteration of a closed load and checks what must
// hold of every life.
func (k *talk) once() *record.Snapshot {
	k.t.Helper()
	k.user.Bind(Bounds{Each: 1})
	k.user.RunClosed()
	return k.done()
}

func (k *talk) done() *record.Snapshot {
	k.t.Helper()
	k.end = time.Duration(k.clock.Now())
	snap := k.rec.Snapshot(k.end, true)
	c := &k.user.Counts
	ok, failed := int64(0), int64(0)
	for i, s := range snap.Total {
		if s != nil && i < groupSeries {
			ok, failed = ok+s.OK, failed+s.Failed
			if s.Backward > 0 {
				k.t.Errorf("%d samples of series %d ended before they began", s.Backward, i)
			}
		}
	}
	if c.InFlight() != 0 || c.OK.Load() != ok || c.Failed.Load() != failed {
		k.t.Errorf("the books differ: begun %d, ok %d, failed %d, cut %d; recorded %d ok, %d failed",
			c.Begun.Load(), c.OK.Load(), c.Failed.Load(), c.Cut.Load(), ok, failed)
	}
	if n := k.server.Standing(); n != 0 {
		k.t.Errorf("%d sockets were left open", n)
	}
	return snap
}

// live lives a user in virtual time.
func live(t *testing.T, s *sockettest.Server, c plan.Class, then func(k *talk, snap *record.Snapshot)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		k := newTalk(t, s, c)
		snap := k.once()
		then(k, snap)
		synctest.Wait()
	})
}

// tallied is what is counted of the socket, as name=n.
func tallied(snap *record.Snapshot) string {
	var all []string
	for c := range plan.NumCounters {
		if n := snap.Total[wsSeries].Counter(c); n != 0 {
			all = append(all, fmt.Sprintf("%s=%d", c, n))
		}
	}
	return strings.Join(all, " ")
}

// has reports whether the message at hand has a text in it.
func has(text string) plan.Expr {
	return plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.BoolValue(f.Message != nil && strings.Contains(string(f.Message.Data), text)), nil
	})
}

// pairs holds for "reply-x" to "ask-x".
var pairs = plan.Func(func(f *plan.Frame) (plan.Value, error) {
	_, asked, ok := strings.Cut(string(f.Sent.Data), "ask-")
	_, got, found := strings.Cut(string(f.Message.Data), "reply-")
	return plan.BoolValue(ok && found && asked == got), nil
})

// numberOf is what follows "#" in a message; null without one.
var numberOf = plan.Func(func(f *plan.Frame) (plan.Value, error) {
	_, text, ok := strings.Cut(string(f.Message.Data), "#")
	if !ok {
		return plan.NullValue(), nil
	}
	v, _ := plan.ParseNumber(text)
	return v, nil
})

var messageText = plan.Func(func(f *plan.Frame) (plan.Value, error) { return plan.StringValue(string(f.Message.Data)), nil })

func socket(change ...func(*plan.Socket)) *plan.Socket {
	s := &plan.Socket{Name: "push", Path: plan.Literal("/push"), Timeout: 10 * sec}
	for _, c := range change {
		c(s)
	}
	return s
}

func say(text string) *plan.Send {
	return &plan.Send{Series: sendSeries, Name: "ask", Text: plan.Literal(text), Timeout: sec}
}

func ask(text string, timeout time.Duration, change ...func(*plan.Reply)) *plan.Send {
	s := say(text)
	s.Reply = &plan.Reply{When: pairs, Text: "the ids are equal", Timeout: timeout}
	for _, c := range change {
		c(s.Reply)
	}
	return s
}

func detached(r *plan.Reply) { r.Detached = true }

func receive(when plan.Expr, timeout time.Duration) *plan.Receive {
	return &plan.Receive{Series: receiveSeries, Name: "delivery", When: when, Text: "it is mine", Timeout: timeout}
}

func pause(d time.Duration) *plan.Pause { return &plan.Pause{For: value(plan.FloatValue(d.Seconds()))} }

func fetch() *plan.Request {
	return &plan.Request{Series: httpSeries, Method: "GET", Path: plan.Literal("/x")}
}

func task(steps ...plan.Step) plan.Class {
	return plan.Class{Tasks: []plan.Task{{Name: "t", Steps: steps}}}
}

// replies answers "ask-x" with "reply-x" after a while.
func replies(after time.Duration) func(*sockettest.Peer, string) {
	return func(p *sockettest.Peer, text string) {
		if _, x, ok := strings.Cut(text, "ask-"); ok {
			p.PushIn(after, "reply-"+x)
		}
	}
}

// A reply's time is from the message to its arrival, and the socket ends with
// its list of steps.
func TestSocketRoundTrip(t *testing.T) {
	s := &sockettest.Server{Heard: replies(30 * ms), Answer: func(int) (time.Duration, transport.Result) {
		return 20 * ms, transport.Result{Header: []byte("Set-Cookie: sid=1; Path=/\r\n")}
	}}
	one := ask("ask-1", sec, func(r *plan.Reply) {
		r.Captures = []plan.Capture{{Slot: 0, Name: "a", Value: messageText}}
		r.Records = []plan.Record{{Series: metricSeries, Value: value(plan.IntValue(7))}}
	})
	live(t, s, task(socket(), one, say("bye"), fetch()), func(k *talk, snap *record.Snapshot) {
		if got := snap.Total[wsSeries]; got.OK != 1 || got.Max() != int64(20*ms) || got.Status[0].Status != 101 {
			t.Errorf("the handshake: %+v", got)
		}
		if got := snap.Total[sendSeries]; got.OK != 2 || got.Max() != int64(30*ms) || got.Min() != 0 {
			t.Errorf("the sends: %d, from %v to %v", got.OK, time.Duration(got.Min()), time.Duration(got.Max()))
		}
		if got, want := tallied(snap), "received=1 sent=2 bytes_received=7 bytes_sent=8 asked=1"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
		if got := k.user.frame.Slots[0].Str(); got != "reply-1" {
			t.Errorf("captured %q", got)
		}
		if m := snap.Metrics[metricSeries]; m == nil || m.Count() != 1 {
			t.Errorf("recorded %+v", m)
		}
		p := s.Peers()[0]
		if p.Code != 1000 || p.EndedAt != k.end {
			t.Errorf("closed with %d at %v, the user ended at %v", p.Code, p.EndedAt, k.end)
		}
		if diff := cmp.Diff([]string{"/x\nCookie: sid=1\r\n"}, k.target.sent); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]string{"api.test /push\n"}, s.Opens()); diff != "" {
			t.Error(diff)
		}
	})
}

// A socket lives as long as the list it stands in.
func TestSocketScope(t *testing.T) {
	for name, c := range map[string]struct {
		class plan.Class
		ends  time.Duration
	}{
		"start":         {plan.Class{Start: []plan.Step{socket(), pause(sec)}, Tasks: []plan.Task{{Steps: []plan.Step{pause(sec)}}}, Stop: []plan.Step{say("bye")}}, 2 * sec},
		"a fresh user":  {plan.Class{Lifetime: plan.LifetimeIteration, Start: []plan.Step{socket()}, Tasks: []plan.Task{{Steps: []plan.Step{pause(sec)}, Wait: plan.Wait{Kind: plan.WaitFor, For: value(plan.IntValue(9))}}}}, sec},
		"task":          {task(socket(), pause(sec)), sec},
		"group":         {task(&plan.Group{Series: groupSeries, Steps: []plan.Step{socket(), pause(sec)}}, pause(sec)), sec},
		"when":          {task(&plan.When{Condition: value(plan.BoolValue(true)), Then: []plan.Step{socket(), pause(sec)}}, pause(sec)), sec},
		"left early":    {task(&plan.Group{Series: groupSeries, Steps: []plan.Step{socket(), &plan.Leave{Reach: plan.FailureTask}}}, pause(sec)), 0},
		"a panic":       {task(&plan.Group{Series: groupSeries, Steps: []plan.Step{socket(), &plan.Set{Values: []plan.SlotInit{{Value: plan.Func(func(*plan.Frame) (plan.Value, error) { panic("no") })}}}}}), 0},
		"closed before": {task(socket(), pause(sec), &plan.CloseSocket{Code: 4000}, pause(sec)), sec},
		"opened anew":   {task(&plan.Group{Series: groupSeries, Steps: []plan.Step{socket()}}, pause(sec), socket(), pause(sec)), 0},
	} {
		s := &sockettest.Server{}
		live(t, s, c.class, func(k *talk, snap *record.Snapshot) {
			p := s.Peers()[0]
			if p.EndedAt != c.ends {
				t.Errorf("%s: ended at %v, want %v", name, p.EndedAt, c.ends)
			}
			code := 1000
			if name == "closed before" {
				code = 4000
			}
			if p.Code != code || snap.Total[wsSeries].Counter(plan.CountDisconnects) != 0 {
				t.Errorf("%s: closed with %d; %s", name, p.Code, tallied(snap))
			}
		})
	}
}

// What comes while the user is busy has its own time, not when it was looked at.
func TestReplyKeepsItsTime(t *testing.T) {
	s := &sockettest.Server{Heard: replies(30 * ms)}
	c := task(socket(), ask("ask-1", sec, detached), fetch(), pause(sec))
	synctest.Test(t, func(t *testing.T) {
		k := newTalk(t, s, c)
		k.target.takes = 5 * sec // beyond the reply's timeout
		snap := k.once()
		if got := snap.Total[sendSeries]; got.OK != 1 || got.Max() != int64(30*ms) {
			t.Errorf("%+v, %v", got.ByClass, time.Duration(got.Max()))
		}
		if got := snap.Total[httpSeries]; got.Max() != int64(5*sec) {
			t.Errorf("the request took %v", time.Duration(got.Max()))
		}
	})
}

// Nor is what came too late in time because nobody looked.
func TestLateReplyWhileBusy(t *testing.T) {
	s := &sockettest.Server{Heard: replies(1500 * ms)}
	synctest.Test(t, func(t *testing.T) {
		k := newTalk(t, s, task(socket(), ask("ask-1", sec, detached), fetch(), pause(sec)))
		k.target.takes = 5 * sec
		snap := k.once()
		if got := snap.Total[sendSeries]; got.ByClass[plan.FailTimeout] != 1 || snap.Errors[0].At != int64(sec) {
			t.Errorf("%+v, %+v", got.ByClass, snap.Errors)
		}
		if got := tallied(snap); !strings.Contains(got, "late=1") || strings.Contains(got, "unanswered") {
			t.Error(got)
		}
	})
}

// Each question has one end: a reply in time, a late one, or none.
func TestQuestionsEndOnce(t *testing.T) {
	s := &sockettest.Server{Heard: func(p *sockettest.Peer, text string) {
		switch text {
		case "ask-in-time":
			p.PushIn(100*ms, "reply-in-time")
		case "ask-just":
			p.PushIn(999*ms, "reply-just")
		case "ask-late":
			p.PushIn(1500*ms, "reply-late")
		}
	}}
	live(t, s, task(socket(), ask("ask-in-time", sec), ask("ask-just", sec), ask("ask-late", sec), ask("ask-never", sec, detached), pause(3*sec)),
		func(k *talk, snap *record.Snapshot) {
			got := snap.Total[sendSeries]
			if got.OK != 2 || got.ByClass[plan.FailTimeout] != 2 || got.Censored != 2 {
				t.Errorf("%+v", got.ByClass)
			}
			if got, want := tallied(snap), "received=3 sent=4 bytes_received=33 bytes_sent=36 asked=4 unanswered=1 late=1"; got != want {
				t.Errorf("%s, want %s", got, want)
			}
			if e := snap.Errors[0]; e.Detail != "no reply within 1s for which the ids are equal" || e.Sent != "SEND ask\n\nask-late" || e.Count != 2 {
				t.Errorf("%+v", e)
			}
			if k.end != 100*ms+999*ms+sec+3*sec {
				t.Errorf("it took %v", k.end)
			}
		})
}

// Without a condition replies come in the order of the questions, so one that
// is late is the first question's and not the second's.
func TestLateReplyIsNotTheNext(t *testing.T) {
	n := 0
	s := &sockettest.Server{Heard: func(p *sockettest.Peer, text string) {
		n++
		p.PushIn(1500*ms, fmt.Sprint("answer ", n))
	}}
	next := func(r *plan.Reply) { r.When, r.Text = nil, "" }
	live(t, s, task(socket(), ask("a", sec, next), ask("b", 2*sec, next)), func(k *talk, snap *record.Snapshot) {
		if got := snap.Total[sendSeries]; got.OK != 1 || got.ByClass[plan.FailTimeout] != 1 || got.Max() != int64(1500*ms) {
			t.Errorf("%+v, %v", got.ByClass, time.Duration(got.Max()))
		}
		if got := tallied(snap); !strings.Contains(got, "late=1") || strings.Contains(got, "unanswered") {
			t.Error(got)
		}
	})
}

// Pipelined messages find their own replies, in whatever order these come.
func TestPipelinedReplies(t *testing.T) {
	s := &sockettest.Server{Heard: func(p *sockettest.Peer, text string) {
		switch text {
		case "ask-1":
			p.PushIn(300*ms, "reply-1")
		case "ask-2":
			p.PushIn(100*ms, "reply-2")
			p.PushIn(400*ms, "reply-2")
		case "ask-3":
			p.PushIn(200*ms, "reply-3")
			p.PushIn(500*ms, "unasked")
		}
	}}
	one := ask("", sec, detached)
	one.Text = &plan.Template{Parts: []plan.Part{{Lit: "ask-"}, {Expr: &plan.Local{Slot: 0}}}}
	list := value(plan.ListValue([]plan.Value{plan.IntValue(1), plan.IntValue(2), plan.IntValue(3)}))
	live(t, s, task(socket(), &plan.Loop{In: list, Value: 0, Index: -1, Key: -1, Steps: []plan.Step{one}}, pause(sec)), func(k *talk, snap *record.Snapshot) {
		got := snap.Total[sendSeries]
		if got.OK != 3 || got.Min() != int64(100*ms) || got.Max() != int64(300*ms) || got.Sum() != int64(600*ms) {
			t.Errorf("%d ok, from %v to %v", got.OK, time.Duration(got.Min()), time.Duration(got.Max()))
		}
		if got, want := tallied(snap), "received=5 sent=3 bytes_received=35 bytes_sent=15 asked=3 out_of_order=1 duplicated=1"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// Only a condition that tells questions apart can tell that a reply came twice.
func TestWhatIsNoDuplicate(t *testing.T) {
	s := &sockettest.Server{Heard: func(p *sockettest.Peer, text string) {
		p.PushIn(100*ms, "tick")
		p.PushIn(200*ms, "tick")
	}}
	first := ask("subscribe", sec, func(r *plan.Reply) { r.When = has("tick") })
	live(t, s, task(socket(), first, pause(sec), receive(has("tick"), sec)), func(k *talk, snap *record.Snapshot) {
		if got := tallied(snap); strings.Contains(got, "duplicated") || snap.Total[receiveSeries].OK != 1 {
			t.Errorf("%s; received %+v", got, snap.Total[receiveSeries])
		}
	})
}

// The end of a scope waits for replies that are still in time, and for no
// longer.
func TestScopeWaitsForReplies(t *testing.T) {
	s := &sockettest.Server{Heard: func(p *sockettest.Peer, text string) {
		if text == "ask-1" {
			p.PushIn(300*ms, "reply-1")
		}
	}}
	live(t, s, task(socket(), ask("ask-1", sec, detached), ask("ask-2", 2*sec, detached)), func(k *talk, snap *record.Snapshot) {
		if got := snap.Total[sendSeries]; got.OK != 1 || got.ByClass[plan.FailTimeout] != 1 || k.end != 2*sec {
			t.Errorf("%+v, ended at %v", got.ByClass, k.end)
		}
		if got := tallied(snap); !strings.Contains(got, "unanswered=1") {
			t.Error(got)
		}
	})
}

// A close of our own leaves no question open.
func TestCloseEndsQuestions(t *testing.T) {
	live(t, &sockettest.Server{}, task(socket(), ask("ask-1", sec, detached), &plan.CloseSocket{Code: 1001}, say("x"), receive(nil, sec)),
		func(k *talk, snap *record.Snapshot) {
			if got := snap.Total[sendSeries]; got.ByClass[plan.FailReset] != 2 || snap.Total[receiveSeries].ByClass[plan.FailReset] != 1 {
				t.Errorf("%+v", got.ByClass)
			}
			var details []string
			for _, e := range snap.Errors {
				details = append(details, e.Detail)
			}
			slices.Sort(details)
			want := []string{`the socket "push" is closed (1001)`, `the socket "push" is closed (1001)`, `the socket "push" was closed before the reply came`}
			if diff := cmp.Diff(want, details); diff != "" {
				t.Error(diff)
			}
			if got := tallied(snap); !strings.Contains(got, "unanswered=1") || strings.Contains(got, "lost") || k.end != 0 {
				t.Errorf("%s at %v", got, k.end)
			}
		})
}

// What came is counted, also where the socket is closed before it was looked
// at.
func TestAllThatCameIsCounted(t *testing.T) {
	const n = 3*atOnce + 7
	s := &sockettest.Server{Opened: func(p *sockettest.Peer) {
		time.AfterFunc(sec, func() {
			for range n {
				p.Push("x")
			}
		})
	}}
	synctest.Test(t, func(t *testing.T) {
		k := newTalk(t, s, task(socket(), fetch()))
		k.target.takes = 2 * sec
		if got, want := tallied(k.once()), fmt.Sprintf("received=%d bytes_received=%d", n, n); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// A handshake that fails is a failed sample, and what needs the socket fails.
func TestHandshakeFails(t *testing.T) {
	for _, c := range []struct {
		answer transport.Result
		class  plan.ErrorClass
		detail string
	}{
		{transport.Result{Status: 403}, plan.FailStatus, "status 403, expected 101"},
		{transport.Result{Class: plan.FailRefused, Err: errors.New("connection refused")}, plan.FailRefused, "connection refused"},
	} {
		s := &sockettest.Server{Answer: func(int) (time.Duration, transport.Result) { return ms, c.answer }}
		opened := socket(func(s *plan.Socket) { s.OnFailure = plan.FailureTask })
		live(t, s, task(opened, fetch()), func(k *talk, snap *record.Snapshot) {
			if snap.Total[wsSeries].ByClass[c.class] != 1 || snap.Errors[0].Detail != c.detail || snap.Total[httpSeries] != nil {
				t.Errorf("%+v", snap.Errors)
			}
		})
		live(t, s, task(socket(), say("x")), func(k *talk, snap *record.Snapshot) {
			if snap.Total[sendSeries].ByClass[c.class] != 1 || snap.Errors[1].Detail != `the socket "push" could not be opened` {
				t.Errorf("%+v", snap.Errors)
			}
		})
	}
}
