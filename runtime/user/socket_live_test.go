package user

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
	"throng/runtime/user/sockettest"
)

func reconnect(backoff time.Duration, attempts int64) func(*plan.Socket) {
	return func(s *plan.Socket) {
		s.Reconnect = &plan.Reconnect{Attempts: attempts}
		if backoff > 0 {
			s.Reconnect.Backoff = value(plan.FloatValue(backoff.Seconds()))
		}
	}
}

func onMessage(name string, when plan.Expr, steps ...plan.Step) func(*plan.Socket) {
	return func(s *plan.Socket) {
		s.Handlers = append(s.Handlers, plan.Handler{Name: name, When: when, Steps: steps})
	}
}

func every(d time.Duration, steps ...plan.Step) func(*plan.Socket) {
	return func(s *plan.Socket) {
		s.Beats = append(s.Beats, plan.Beat{Interval: value(plan.FloatValue(d.Seconds())), Steps: steps})
	}
}

// What numbers tell is what a whole record of them would.
func TestNumbering(t *testing.T) {
	type sums struct{ lost, late, again int64 }
	count := func(list []int64) (s sums) {
		var n numbering
		for _, x := range list {
			switch lost, was := n.see(x, 0); was {
			case numberInOrder:
				s.lost += lost
			case numberLate:
				s.late++
				s.lost -= lost
			case numberAgain:
				s.again++
			}
		}
		return s
	}
	for _, c := range []struct {
		list []int64
		want sums
	}{
		{nil, sums{}},
		{[]int64{5, 6, 7}, sums{}},
		{[]int64{1, 2, 5, 3, 5}, sums{1, 1, 1}},
		{[]int64{1, 10, 5, 5, 4, 6}, sums{5, 3, 1}},
		{[]int64{5, 3, 6}, sums{0, 1, 0}},
		{[]int64{-2, 2, 0, -1, 1}, sums{0, 3, 0}},
	} {
		if got := count(c.list); got != c.want {
			t.Errorf("%v: %+v, want %+v", c.list, got, c.want)
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		var list []int64
		for x := int64(0); x < 60; x++ {
			for n := r.IntN(4) - 1; n > 0; n-- { // lost, once, twice
				list = append(list, x)
			}
		}
		if len(list) == 0 {
			continue
		}
		first := list[0]
		rest := list[1:]
		for i := range rest {
			if j := min(len(rest)-1, i+r.IntN(6)); r.IntN(3) == 0 {
				rest[i], rest[j] = rest[j], rest[i]
			}
		}
		seen, top, want := map[int64]bool{}, first, sums{}
		for _, x := range list {
			switch {
			case seen[x]:
				want.again++
			case x < top:
				want.late++
			}
			seen[x], top = true, max(top, x)
		}
		for x := first; x < top; x++ {
			if !seen[x] {
				want.lost++
			}
		}
		if got := count(list); got != want {
			t.Fatalf("%v: %+v, want %+v", list, got, want)
		}
	}
	var many []int64
	for x := range int64(3 * maxGaps) {
		many = append(many, 2*x)
	}
	if got := count(many); got.lost != 3*maxGaps-1 {
		t.Errorf("of many gaps %+v", got)
	}
}

// A number that comes late after all is not lost.
func TestNumbersAreCounted(t *testing.T) {
	s := &sockettest.Server{Opened: func(p *sockettest.Peer) {
		for i, m := range []string{"#1", "#2", "none", "#5", "#3", "#5"} {
			p.PushIn(time.Duration(i)*ms, m)
		}
	}}
	live(t, s, task(socket(func(s *plan.Socket) { s.Sequence = numberOf }), pause(sec)), func(k *talk, snap *record.Snapshot) {
		if got, want := tallied(snap), "received=6 bytes_received=14 out_of_order=1 duplicated=1 lost=1"; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	})
}

// What a handler or a beat fails at is none of the steps' that are under way.
func TestHandlersFailNoGroup(t *testing.T) {
	s := &sockettest.Server{Opened: func(p *sockettest.Peer) { p.PushIn(100*ms, "x") },
		Write: func(*sockettest.Peer) (time.Duration, error) { return 0, errors.New("broken pipe") }}
	inner := &plan.Group{Series: groupSeries, Steps: []plan.Step{pause(sec), fetch()}}
	live(t, s, task(socket(onMessage("x", nil, say("ack"))), &plan.Retry{Attempts: 3, Steps: []plan.Step{inner}}), func(k *talk, snap *record.Snapshot) {
		if g := snap.Total[groupSeries]; g.OK != 1 || g.Failed != 0 || snap.Total[sendSeries].Failed != 1 || snap.Total[httpSeries].OK != 1 {
			t.Errorf("group %+v, send %+v", g.ByClass, snap.Total[sendSeries].ByClass)
		}
	})
}

// A message is wanted by what waits for it before anybody else, and by nobody
// twice.
func TestOrderOfClaims(t *testing.T) {
	s := &sockettest.Server{Heard: func(p *sockettest.Peer, text string) {
		if text == "go" {
			for _, m := range []string{"x reply-1", "x mine", "x 3", "y 4", "y 5"} {
				p.Push(m)
			}
		}
	}}
	heard := func(m string) plan.Step { return say("handler " + m) }
	live(t, s, task(socket(onMessage("x", has("x"), heard("x")), onMessage("any x", has("x"), heard("never"))),
		ask("ask-1", sec, detached), say("go"), receive(has("mine"), sec), receive(has("5"), sec), receive(has("y"), sec), receive(has("x"), sec)),
		func(k *talk, snap *record.Snapshot) {
			want := []string{"ask-1", "go", "handler x"}
			if diff := cmp.Diff(want, s.Peers()[0].Heard()); diff != "" {
				t.Error(diff)
			}
			// The last receive has nothing left: handlers' messages are not kept.
			if got := snap.Total[receiveSeries]; got.OK != 3 || got.ByClass[plan.FailTimeout] != 1 || k.end != sec {
				t.Errorf("%+v at %v", got.ByClass, k.end)
			}
			if snap.Total[sendSeries].OK != 3 {
				t.Errorf("%+v", snap.Total[sendSeries].ByClass)
			}
		})
}

// A receive's time is what the user has waited, 0 for what was there before.
func TestReceive(t *testing.T) {
	s := &sockettest.Server{Opened: func(p *sockettest.Peer) {
		p.PushIn(100*ms, "one")
		p.PushIn(700*ms, "two")
	}}
	first := receive(has("one"), sec)
	first.Captures = []plan.Capture{{Slot: 1, Name: "b", Value: messageText}}
	live(t, s, task(socket(), pause(500*ms), first, receive(has("two"), sec), receive(nil, sec)), func(k *talk, snap *record.Snapshot) {
		got := snap.Total[receiveSeries]
		if got.OK != 2 || got.Min() != 0 || got.Max() != int64(200*ms) || got.ByClass[plan.FailTimeout] != 1 {
			t.Errorf("%+v, from %v to %v", got.ByClass, time.Duration(got.Min()), time.Duration(got.Max()))
		}
		if k.end != 1700*ms || k.user.frame.Slots[1].Str() != "one" {
			t.Errorf("at %v: %q", k.end, k.user.frame.Slots[1].Str())
		}
		if snap.Errors[0].Detail != "no message within 1s for which it is mine" {
			t.Error(snap.Errors[0].Detail)
		}
	})
}

// What came after a receive's time was over is not its message, though the
// user was busy with a handler when it was.
func TestReceiveTooLate(t *testing.T) {
	s := &sockettest.Server{Opened: func(p *sockettest.Peer) {
		p.PushIn(900*ms, "push")
		p.PushIn(1100*ms, "mine")
	}, Write: func(*sockettest.Peer) (time.Duration, error) { return 300 * ms, nil }}
	live(t, s, task(socket(onMessage("push", has("push"), say("ack"))), receive(has("mine"), sec), receive(has("mine"), sec)), func(k *talk, snap *record.Snapshot) {
		got := snap.Total[receiveSeries]
		if got.ByClass[plan.FailTimeout] != 1 || got.OK != 1 || snap.Errors[0].At != int64(sec) {
			t.Errorf("%+v %+v", got.ByClass, snap.Errors)
		}
	})
}

func TestBacklogIsBounded(t *testing.T) {
	s := &sockettest.Server{Heard: func(p *sockettest.Peer, text string) {
		for i := range 3 * maxBacklog {
			p.Push(fmt.Sprint(i))
		}
		p.Push(strings.Repeat("x", maxBacklogBytes))
	}}
	live(t, s, task(socket(), say("go"), pause(sec), receive(has("x"), sec), receive(nil, sec)), func(k *talk, snap *record.Snapshot) {
		got := snap.Total[receiveSeries]
		if got.OK != 1 || !strings.HasSuffix(snap.Errors[0].Detail, "some were too many to be kept") {
			t.Errorf("%+v %+v", got.ByClass, snap.Errors)
		}
	})
}

// Handlers and beats have their time in every wait and none in an exchange;
// beats that were missed are left out, and keep their schedule.
func TestBeats(t *testing.T) {
	var at []time.Duration
	s := &sockettest.Server{}
	s.Heard = func(p *sockettest.Peer, text string) {
		if text == "beat" {
			at = append(at, s.Now())
		}
	}
	c := task(socket(every(sec, say("beat"))), pause(2500*ms), fetch(), pause(2*sec), receive(has("never"), sec))
	synctest.Test(t, func(t *testing.T) {
		k := newTalk(t, s, c)
		k.target.takes = 3200 * ms // to 5.7 s
		k.once()
		want := []time.Duration{sec, 2 * sec, 5700 * ms, 6 * sec, 7 * sec, 8 * sec}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Error(diff)
		}
	})
}

// A handler's message keeps the time of its arrival in what it records, and
// runs when the user has time.
func TestHandlerWhileBusy(t *testing.T) {
	var at []time.Duration
	s := &sockettest.Server{Opened: func(p *sockettest.Peer) {
		p.PushIn(sec, "first")
		p.PushIn(2*sec, "second")
	}}
	s.Heard = func(p *sockettest.Peer, text string) { at = append(at, s.Now()) }
	c := task(socket(onMessage("all", nil, say("ack"))), fetch(), pause(sec))
	synctest.Test(t, func(t *testing.T) {
		k := newTalk(t, s, c)
		k.target.takes = 3 * sec
		snap := k.once()
		if diff := cmp.Diff([]time.Duration{3 * sec, 3 * sec}, at); diff != "" {
			t.Error(diff)
		}
		if got := snap.Total[httpSeries]; got.Max() != int64(3*sec) {
			t.Errorf("the request took %v", time.Duration(got.Max()))
		}
	})
}

// What a handler ends, ends the wait that it came in.
func TestHandlerEnds(t *testing.T) {
	push := func(p *sockettest.Peer) { p.PushIn(sec, "now") }
	reach := func(r plan.Failure) func(*plan.Socket) { return onMessage("end", nil, &plan.Leave{Reach: r}) }
	hour := plan.Wait{Kind: plan.WaitFor, For: value(plan.IntValue(3600))}
	for name, c := range map[string]struct {
		class plan.Class
		ends  time.Duration
	}{
		"a pause":             {task(socket(reach(plan.FailureTask)), pause(time.Hour)), sec},
		"a receive":           {task(socket(reach(plan.FailureTask)), receive(has("never"), time.Hour)), sec},
		"a reply":             {task(socket(reach(plan.FailureTask)), ask("ask-1", 2*sec), pause(time.Hour)), 2 * sec}, // the reply is waited for at the scope's end
		"no wait after tasks": {plan.Class{Start: []plan.Step{socket(reach(plan.FailureTask))}, Tasks: []plan.Task{{Wait: hour, Steps: []plan.Step{fetch()}}}}, time.Hour},
		"the user":            {plan.Class{Start: []plan.Step{socket(reach(plan.FailureUser))}, Tasks: []plan.Task{{Wait: hour, Steps: []plan.Step{fetch()}}}}, sec},
		"who only listens":    {plan.Class{Start: []plan.Step{socket(reach(plan.FailureUser))}}, sec},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &sockettest.Server{Opened: push}
			k := newTalk(t, s, c.class)
			k.user.Bind(Bounds{Each: 2})
			if name == "a reply" || name == "a pause" || name == "a receive" {
				k.user.Bind(Bounds{Each: 1})
			}
			k.user.RunClosed()
			k.done()
			if k.end != c.ends {
				t.Errorf("%s: ended at %v, want %v", name, k.end, c.ends)
			}
		})
	}
}

// losses are why connections ended, as "1 × 1001: going away".
func losses(snap *record.Snapshot) (list []string) {
	for _, g := range snap.Losses {
		list = append(list, fmt.Sprintf("%d × %d: %s", g.Count, g.Status, g.Detail))
	}
	return list
}

// Why a socket was lost is told though no step needs it any more.
func TestLossIsNamed(t *testing.T) {
	s := &sockettest.Server{Opened: func(p *sockettest.Peer) { time.AfterFunc(sec, func() { p.Bye(1001) }) }}
	live(t, s, task(socket(), pause(2*sec)), func(k *talk, snap *record.Snapshot) {
		if diff := cmp.Diff([]string{"1 × 1001: closed by the server (going away)"}, losses(snap)); diff != "" {
			t.Error(diff)
		}
		if len(snap.Errors) != 0 {
			t.Errorf("a loss counts as a failure: %+v", snap.Errors)
		}
	})
	s = &sockettest.Server{Opened: func(p *sockettest.Peer) {}}
	live(t, s, task(socket(), pause(2*sec)), func(k *talk, snap *record.Snapshot) {
		if len(snap.Losses) != 0 {
			t.Errorf("the user's own end counts as a loss: %+v", snap.Losses)
		}
	})
}

// A socket that is lost comes back, and the books agree with the server's log:
// when it was lost, when it stood again, and what was sent meanwhile.
func TestReconnect(t *testing.T) {
	s := &sockettest.Server{}
	number := 0
	var mu sync.Mutex
	var current *sockettest.Peer
	var missed int
	publish := func() {
		mu.Lock()
		defer mu.Unlock()
		number++
		if !current.Push(fmt.Sprintf("news #%d", number)) {
			missed++
		}
	}
	s.Answer = func(n int) (time.Duration, transport.Result) {
		switch n {
		case 0:
			return 10 * ms, transport.Result{}
		case 1, 2:
			return 20 * ms, transport.Result{Class: plan.FailRefused}
		}
		return 30 * ms, transport.Result{}
	}
	s.Opened = func(p *sockettest.Peer) {
		mu.Lock()
		defer mu.Unlock()
		current = p
		if p.Number > 0 {
			return
		}
		for i := range 100 { // every 100 ms, for 10 s
			time.AfterFunc(time.Duration(i)*100*ms, publish)
		}
		time.AfterFunc(2*sec+50*ms, func() { p.Bye(1006) })
	}
	c := task(socket(reconnect(sec, 0), func(s *plan.Socket) { s.Sequence = numberOf }),
		pause(2*sec), ask("ask-1", sec, detached), pause(10*sec))
	live(t, s, c, func(k *talk, snap *record.Snapshot) {
		mu.Lock()
		defer mu.Unlock()
		ws := snap.Total[wsSeries]
		back := s.Peers()[1].OpenedAt
		lost := s.Peers()[0].EndedAt
		// 2.06 s, then attempts after 1 s, 2 s and 4 s.
		if want := lost + 7*sec + 2*20*ms + 30*ms; back != want {
			t.Errorf("back at %v, want %v", back, want)
		}
		if got := ws.Of(plan.MeasureRecovery); got == nil || got.OK != 1 || got.Max() != int64(back-lost) {
			t.Errorf("recovery %+v, want %v", got, back-lost)
		}
		if ws.OK != 2 || ws.ByClass[plan.FailRefused] != 2 {
			t.Errorf("handshakes: %+v", ws.ByClass)
		}
		heard := int64(100 - missed)
		got := []int64{ws.Counter(plan.CountIn), ws.Counter(plan.CountLost), ws.Counter(plan.CountDisconnects), ws.Counter(plan.CountReconnects)}
		// One more is lost: the question that died with its connection.
		if want := []int64{heard, int64(missed) + 1, 1, 1}; !slices.Equal(got, want) {
			t.Errorf("in, lost, disconnects, reconnects: %v, want %v", got, want)
		}
		if missed < 60 {
			t.Errorf("only %d were missed", missed)
		}
		if diff := cmp.Diff([]record.StatusCount{{Status: 1006, Count: 1}}, ws.Closes()); diff != "" {
			t.Error(diff)
		}
		// A loss is named, and fails nothing.
		if diff := cmp.Diff([]string{"1 × 1006: reset by the server"}, losses(snap)); diff != "" {
			t.Error(diff)
		}
		if e := snap.Total[sendSeries]; e.ByClass[plan.FailReset] != 1 || ws.Counter(plan.CountUnanswered) != 0 {
			t.Errorf("%+v, %s", e.ByClass, tallied(snap))
		}
	})
}

// Who sends while the socket is lost waits for it, within the send's timeout;
// what is asked of it after the last attempt fails at once.
func TestSendWaitsForReconnect(t *testing.T) {
	lose := func(p *sockettest.Peer) {
		if p.Number == 0 {
			time.AfterFunc(sec, func() { p.Bye(1001) })
		}
	}
	patient := say("hello")
	patient.Timeout = 5 * sec
	s := &sockettest.Server{Opened: lose}
	live(t, s, task(socket(reconnect(2*sec, 0)), fetch(), pause(1500*ms), patient), func(k *talk, snap *record.Snapshot) {
		if got := snap.Total[sendSeries]; got.OK != 1 || got.Max() != int64(1500*ms) {
			t.Errorf("%+v %v", got.ByClass, time.Duration(got.Max()))
		}
		if diff := cmp.Diff([]string{"hello"}, s.Peers()[1].Heard()); diff != "" {
			t.Error(diff)
		}
	})
	live(t, &sockettest.Server{Opened: lose}, task(socket(reconnect(20*sec, 0)), pause(1500*ms), patient), func(k *talk, snap *record.Snapshot) {
		if snap.Total[sendSeries].ByClass[plan.FailTimeout] != 1 || snap.Errors[0].Detail != `the socket "push" is closed (1001), and was not back in time` || k.end != 6500*ms {
			t.Errorf("%+v at %v", snap.Errors, k.end)
		}
		if got := snap.Total[wsSeries].Of(plan.MeasureRecovery); got == nil || got.Failed != 1 {
			t.Errorf("a recovery that never came: %+v", got)
		}
	})
	refuse := func(n int) (time.Duration, transport.Result) {
		if n > 0 {
			return 0, transport.Result{Class: plan.FailRefused}
		}
		return 0, transport.Result{}
	}
	bounded := &sockettest.Server{Opened: lose, Answer: refuse}
	live(t, bounded, task(socket(reconnect(0, 3)), pause(5*sec), patient, receive(nil, sec)), func(k *talk, snap *record.Snapshot) {
		if n := len(bounded.Opens()); n != 4 || k.end != 5*sec {
			t.Errorf("%d handshakes, ended at %v", n, k.end)
		}
		if snap.Total[sendSeries].ByClass[plan.FailReset] != 1 || snap.Total[receiveSeries].ByClass[plan.FailReset] != 1 {
			t.Errorf("%+v", snap.Errors)
		}
	})
}

// A loss ends a receive and a reply at once, where the socket stays lost.
func TestLossEndsWaits(t *testing.T) {
	lose := &sockettest.Server{Opened: func(p *sockettest.Peer) { time.AfterFunc(sec, func() { p.Bye(1006) }) }}
	live(t, lose, task(socket(), receive(nil, time.Hour), receive(nil, time.Hour)), func(k *talk, snap *record.Snapshot) {
		got := snap.Total[receiveSeries]
		if got.ByClass[plan.FailReset] != 2 || k.end != sec || snap.Errors[0].Detail != `the socket "push" is closed (1006)` {
			t.Errorf("%+v at %v", snap.Errors, k.end)
		}
	})
	lose = &sockettest.Server{Opened: lose.Opened}
	live(t, lose, task(socket(), ask("ask-1", time.Hour)), func(k *talk, snap *record.Snapshot) {
		if snap.Total[sendSeries].ByClass[plan.FailReset] != 1 || k.end != sec {
			t.Errorf("%+v at %v", snap.Errors, k.end)
		}
		if got := tallied(snap); !strings.Contains(got, "lost=1 disconnects=1") {
			t.Error(got)
		}
	})
}

// A stop ends a receive and a user that only listens, and lets a reply come.
func TestStopWithSockets(t *testing.T) {
	for name, c := range map[string]struct {
		class plan.Class
		ends  time.Duration
		cut   int64
	}{
		"receive": {task(socket(), receive(nil, time.Hour), fetch()), sec, 1},
		"reply":   {task(socket(), ask("ask-1", time.Minute), fetch()), 3 * sec, 0},
		"pause":   {task(socket(), pause(time.Hour), fetch()), sec, 0},
		"idle":    {plan.Class{Start: []plan.Step{socket()}}, sec, 0},
		"stop steps": {plan.Class{Start: []plan.Step{socket()}, Tasks: []plan.Task{{Steps: []plan.Step{pause(time.Hour)}}},
			Stop: []plan.Step{say("bye"), receive(nil, 2*sec)}}, 3 * sec, 0},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &sockettest.Server{Heard: replies(3 * sec)}
			k := newTalk(t, s, c.class)
			time.AfterFunc(sec, k.user.Stop)
			k.user.RunClosed()
			snap := k.done()
			if k.end != c.ends || k.user.Counts.Cut.Load() != c.cut {
				t.Errorf("%s: ended at %v with %d cut, want %v with %d", name, k.end, k.user.Counts.Cut.Load(), c.ends, c.cut)
			}
			_ = snap
		})
	}
}

// A cut ends everything, and what it breaks off is nobody's failure.
func TestCutWithSockets(t *testing.T) {
	for name, steps := range map[string][]plan.Step{
		"receive":   {socket(), receive(nil, time.Hour)},
		"reply":     {socket(), ask("ask-1", time.Hour)},
		"detached":  {socket(), ask("ask-1", time.Hour, detached), ask("ask-2", time.Hour, detached), pause(time.Hour)},
		"handshake": {socket(), pause(time.Hour)},
		"reconnect": {socket(reconnect(time.Hour, 0)), say("lose"), pause(sec / 2), say("x"), pause(time.Hour)},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &sockettest.Server{Heard: func(p *sockettest.Peer, text string) {
				if text == "lose" {
					p.Bye(1006)
				}
			}}
			if name == "handshake" {
				s.Answer = func(int) (time.Duration, transport.Result) { return time.Hour, transport.Result{} }
			}
			k := newTalk(t, s, task(steps...))
			time.AfterFunc(sec, func() { k.env.Cut(); k.target.Cut(); s.Cut() })
			k.user.RunClosed()
			snap := k.done()
			failed := k.user.Counts.Failed.Load()
			if k.end != sec || failed != 0 {
				t.Errorf("%s: ended at %v, %d failed: %+v", name, k.end, failed, snap.Errors)
			}
			if ws := snap.Total[wsSeries]; name != "reconnect" && ws.Counter(plan.CountDisconnects)+ws.Counter(plan.CountLost)+ws.Counter(plan.CountUnanswered) != 0 {
				t.Errorf("%s: %s", name, tallied(snap))
			}
		})
	}
}

// In the open model a user serves its socket while it is idle, the first thing
// of an arrival was due when it came, and who leaves while idle gets no more.
func TestIdleWithSockets(t *testing.T) {
	for _, taken := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := &sockettest.Server{Heard: func(p *sockettest.Peer, text string) {
				if text == "ask-1" {
					p.PushIn(10*ms, "reply-1")
					p.PushIn(5*sec, "leave")
				}
			}}
			c := task(ask("ask-1", sec))
			c.Start = []plan.Step{socket(onMessage("leave", has("leave"), &plan.Leave{Reach: plan.FailureUser}))}
			k := newTalk(t, s, c)
			withdrawn := false
			k.user.Withdraw = func() bool {
				if taken { // an arrival is on its way
					time.AfterFunc(ms, func() { k.user.Offer(Arrival{Due: k.clock.Now()}) })
				}
				withdrawn = true
				return !taken
			}
			time.Sleep(sec)
			k.user.RunOpen(Arrival{Due: k.clock.Now() - int64(100*ms)}, func() {})
			snap := k.done()
			if got := snap.Total[sendSeries]; got.OK != 1 || got.Max() != int64(110*ms) {
				t.Errorf("%+v %v", got.ByClass, time.Duration(got.Max()))
			}
			missed := int64(0)
			if taken {
				missed = 1
			}
			if !withdrawn || k.end < 6*sec || k.user.Missed != missed {
				t.Errorf("withdrawn %v at %v, %d missed", withdrawn, k.end, k.user.Missed)
			}
		})
	}
}

// A message that cannot be written is a failed send; a slow one is timed.
func TestWriteFails(t *testing.T) {
	n := 0
	s := &sockettest.Server{Write: func(*sockettest.Peer) (time.Duration, error) {
		if n++; n == 1 {
			return 40 * ms, nil
		}
		return 10 * ms, errors.New("broken pipe")
	}}
	live(t, s, task(socket(), say("a"), say("b")), func(k *talk, snap *record.Snapshot) {
		got := snap.Total[sendSeries]
		if got.OK != 1 || got.Max() != int64(40*ms) || got.ByClass[plan.FailReset] != 1 || snap.Errors[0].Detail != "broken pipe" {
			t.Errorf("%+v %+v", got.ByClass, snap.Errors)
		}
		if got := tallied(snap); got != "sent=1 bytes_sent=1" {
			t.Error(got)
		}
	})
}

// What came before a message could be written is not its reply.
func TestReplyCannotComeBefore(t *testing.T) {
	s := &sockettest.Server{Write: func(p *sockettest.Peer) (time.Duration, error) {
		p.PushIn(10*ms, "early")
		p.PushIn(70*ms, "answer")
		return 40 * ms, nil
	}}
	next := func(r *plan.Reply) {
		r.When, r.Captures = nil, []plan.Capture{{Slot: 0, Name: "a", Value: messageText}}
	}
	live(t, s, task(socket(), ask("ask-1", sec, next)), func(k *talk, snap *record.Snapshot) {
		if got := snap.Total[sendSeries]; got.Max() != int64(70*ms) || k.user.frame.Slots[0].Str() != "answer" {
			t.Errorf("%v: %q", time.Duration(got.Max()), k.user.frame.Slots[0].Str())
		}
	})
}

// What a handler does while an arrival or the end of a pause comes is no
// lateness of the generator's.
func TestHandlersAreNoLag(t *testing.T) {
	s := &sockettest.Server{Opened: func(p *sockettest.Peer) { p.PushIn(900*ms, "x") },
		Write: func(*sockettest.Peer) (time.Duration, error) { return 300 * ms, nil }}
	synctest.Test(t, func(t *testing.T) {
		k := newTalk(t, s, task(socket(onMessage("all", nil, say("ack"))), pause(sec)))
		calls, worst := 0, int64(0)
		k.env.Lag = func(due, began int64) { calls++; worst = max(worst, began-due) }
		k.once()
		if calls != 1 || worst != 0 || k.end != 1200*ms {
			t.Errorf("told of %d, the worst %v late, ended at %v", calls, time.Duration(worst), k.end)
		}
	})
}

// A user that what comes keeps busy without end still hears a stop.
func TestFloodHearsStop(t *testing.T) {
	echo := func(p *sockettest.Peer, text string) { p.Push(text) }
	s := &sockettest.Server{Heard: echo, Opened: func(p *sockettest.Peer) { p.Push("x") },
		Write: func(*sockettest.Peer) (time.Duration, error) { return ms, nil }}
	synctest.Test(t, func(t *testing.T) {
		k := newTalk(t, s, task(socket(onMessage("all", nil, say("more"))), pause(time.Minute)))
		time.AfterFunc(sec, k.user.Stop)
		k.user.RunClosed()
		if k.done(); k.end > 2*sec {
			t.Errorf("it ended at %v", k.end)
		}
	})
}

// Pings are measured, and what an expression does wrong is a fault.
func TestPingsAndFaults(t *testing.T) {
	s := &sockettest.Server{Opened: func(p *sockettest.Peer) {
		time.AfterFunc(100*ms, func() { p.Pong(3 * ms) })
		time.AfterFunc(150*ms, func() { p.NoPong(90 * ms) })
		p.PushIn(200*ms, "x")
	}}
	bad := plan.Func(func(*plan.Frame) (plan.Value, error) { return plan.IntValue(1), nil })
	live(t, s, task(socket(onMessage("bad", bad)), pause(sec)), func(k *talk, snap *record.Snapshot) {
		if got := snap.Total[wsSeries].Of(plan.MeasurePing); got == nil || got.OK != 1 || got.Censored != 1 {
			t.Errorf("%+v", got)
		}
		if f := k.env.Faults(); len(f) != 1 || f[0].Own || k.end != 200*ms {
			t.Errorf("%+v at %v", f, k.end)
		}
	})
	boom := plan.Func(func(*plan.Frame) (plan.Value, error) { panic("boom") })
	live(t, &sockettest.Server{Opened: s.Opened}, task(socket(onMessage("boom", boom)), pause(sec)), func(k *talk, snap *record.Snapshot) {
		if f := k.env.Faults(); len(f) != 1 || !f[0].Own {
			t.Errorf("%+v", f)
		}
	})
}

// What overflows is the oldest: it counts as unanswered then.
func TestOverdueQuestionsAreBounded(t *testing.T) {
	one := ask("ask-1", ms, detached)
	n := int64(maxOverdue + 10)
	live(t, &sockettest.Server{}, task(socket(), &plan.Repeat{Count: value(plan.IntValue(n)), Steps: []plan.Step{one}}, pause(sec), fetch()),
		func(k *talk, snap *record.Snapshot) {
			if got := snap.Total[wsSeries].Counter(plan.CountUnanswered); got != n {
				t.Errorf("%d unanswered of %d", got, n)
			}
			if got := snap.Total[sendSeries].ByClass[plan.FailTimeout]; got != n {
				t.Errorf("%d timed out of %d", got, n)
			}
		})
}

// A tracer hears of the handshake, of what was sent, and of what came.
func TestTraceOfSockets(t *testing.T) {
	s := &sockettest.Server{Heard: replies(0)}
	synctest.Test(t, func(t *testing.T) {
		k := newTalk(t, s, task(socket(), ask("ask-1", sec), &plan.CloseSocket{Code: 1000}))
		time.Sleep(ms)
		var heard told
		k.env.Trace, k.env.trace = &heard, &tracing{to: &heard}
		k.user.Try([]*plan.Task{&k.user.class.Tasks[0]})
		k.done()
		want := []string{
			"part t",
			"step *plan.Socket",
			` sent 0 GET http://api.test/push "" ""`,
			` answer 101 "" ""`,
			" check status 101 true ",
			" done true ok  retried false",
			"step *plan.Send",
			` sent 0 SEND push "" "ask-1"`,
			` message push "reply-1"`,
			" note after 0 s",
			" done true ok  retried false",
			"step *plan.CloseSocket",
			` note closes the socket "push" (1000)`,
		}
		if diff := cmp.Diff(want, heard.lines); diff != "" {
			t.Error(diff)
		}
	})
}
