package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/transport"
	"throng/runtime/user/sockettest"
)

// chat is a plan of users with sockets: one of each user's own, which asks,
// listens and beats, and one of each task's. Series 0 to 4: the two sockets,
// asking, telling, receiving; 5: a request.
func chat(stop bool) builder {
	b := newPlan()
	row := func(method, name string) int {
		b.Rows = append(b.Rows, plan.Row{Method: method, Name: name})
		b.Series = append(b.Series, plan.Series{Row: len(b.Rows) - 1})
		return len(b.Series) - 1
	}
	text := func(f *plan.Frame) string { return string(f.Message.Data) }
	is := func(what string) plan.Expr {
		return plan.Func(func(f *plan.Frame) (plan.Value, error) { return plan.BoolValue(strings.HasPrefix(text(f), what)), nil })
	}
	number := plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.IntValue(f.User.Index<<32 + int64(f.Rand.Uint32())), nil
	})
	mine := plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.BoolValue(strings.TrimPrefix(string(f.Sent.Data), "ask ") == strings.TrimPrefix(text(f), "reply ")), nil
	})
	own := &plan.Socket{Series: row("WS", "own"), Name: "own", Path: plan.Literal("/own"), Timeout: 10 * sec,
		Reconnect: &plan.Reconnect{Backoff: seconds(0.2)}}
	short := &plan.Socket{Series: row("WS", "short"), Number: 1, Name: "short", Path: plan.Literal("/short"), Timeout: 10 * sec}
	asked, told, got := row("SEND", "ask"), row("SEND", "tell"), row("RECEIVE", "news")
	ask := func(detached bool) *plan.Send {
		return &plan.Send{Series: asked, Name: "ask", Timeout: sec, Text: &plan.Template{Parts: []plan.Part{{Lit: "ask "}, {Expr: number}}},
			Reply: &plan.Reply{When: mine, Timeout: 500 * ms, Detached: detached}}
	}
	tell := func(what string, socket int) *plan.Send {
		return &plan.Send{Series: told, Name: "tell", Socket: socket, Timeout: sec, Text: plan.Literal(what)}
	}
	own.Handlers = []plan.Handler{{Name: "push", When: is("push"), Steps: []plan.Step{tell("ack", 0)}}}
	own.Beats = []plan.Beat{{Name: "alive", Interval: seconds(0.7), Steps: []plan.Step{tell("alive", 0)}}}
	receive := &plan.Receive{Series: got, Name: "news", Socket: 1, When: is("news"), Timeout: 300 * ms}
	get := b.get("/x", 0)
	b.class("u", 1, task("t", 1, uniform(0, 0.3), short, ask(true), get, ask(false), tell("news", 1), receive, ask(true)))
	c := &b.Classes[0]
	c.Sockets, c.Start = 2, []plan.Step{own}
	if stop {
		c.Stop = []plan.Step{ask(false)}
	}
	return b
}

// crowd is the server of such users, and its log: it drops some sockets, and
// answers late, twice or not at all.
type crowd struct {
	sockettest.Server
	asked, told, drops atomic.Int64
}

func newCrowd(seed uint64) *crowd {
	c := &crowd{}
	draw := func(n int64) *rand.Rand { return rand.New(rand.NewPCG(seed, uint64(n))) }
	c.Answer = func(n int) (time.Duration, transport.Result) {
		if r := draw(int64(n) << 20); r.IntN(10) == 0 {
			return time.Duration(r.IntN(50)) * ms, transport.Result{Class: plan.FailRefused, Err: errors.New("refused")}
		}
		return time.Duration(n%40) * ms, transport.Result{}
	}
	c.Opened = func(p *sockettest.Peer) {
		r := draw(int64(p.Number)<<20 + 1)
		if r.IntN(3) > 0 {
			return
		}
		time.AfterFunc(time.Duration(r.IntN(3000))*ms, func() {
			if p.Push("push") {
				c.drops.Add(1)
				p.Bye(1006 - r.IntN(2)*5)
			}
		})
	}
	c.Heard = func(p *sockettest.Peer, text string) {
		kind, id, _ := strings.Cut(text, " ")
		if kind != "ask" {
			c.told.Add(1)
			if kind == "news" {
				p.PushIn(20*ms, "news")
			}
			return
		}
		r := draw(c.asked.Add(1))
		after := time.Duration(r.IntN(100)) * ms
		switch r.IntN(10) {
		case 0:
			return
		case 1:
			after += 500 * ms
		case 2:
			p.PushIn(after+10*ms, "reply "+id)
		}
		p.PushIn(after, "reply "+id)
	}
	return c
}

// The books of runs with sockets balance however they end, nothing is left
// open, and what is counted is what the server's log has.
func TestSocketsBooks(t *testing.T) {
	seeds := uint64(12)
	if testing.Short() {
		seeds = 8
	}
	for seed := range seeds {
		for _, open := range []bool{false, true} {
			for _, how := range []string{"planned", "stop", "cut"} {
				name := fmt.Sprintf("seed %d, open %v, %s", seed, open, how)
				synctest.Test(t, func(t *testing.T) {
					at := time.Duration(source(seed).Int64N(int64(4*sec))) + 1
					s := newCrowd(seed)
					b := chat(seed%2 == 0)
					if open {
						b.openLoad(4*sec, 20, plan.Stage{Level: 10})
					} else {
						b.closed(4*sec, plan.Stage{Level: 5})
					}
					ctx, cancel := context.WithCancel(context.Background())
					defer cancel()
					out := doCtx(t, ctx, b, newFake(steady(50*ms)), func(e *Engine, o *Options) {
						o.Sockets = s.On
						switch {
						case e == nil:
						case how == "stop":
							time.AfterFunc(at, e.Stop)
						case how == "cut":
							time.AfterFunc(at, cancel)
						}
					})
					checkSockets(t, name, out, s)
					synctest.Wait()
				})
			}
		}
	}
}

func checkSockets(t *testing.T, name string, out *outcome.Outcome, s *crowd) {
	t.Helper()
	if n := s.Standing(); n != 0 {
		t.Errorf("%s: %d sockets were left open", name, n)
	}
	if len(out.Notes) > 0 && strings.Contains(fmt.Sprint(out.Notes), "defect") {
		t.Errorf("%s: %v", name, out.Notes)
	}
	sum := func(c plan.Counter) int64 { return out.Final.Total[0].Counter(c) + out.Final.Total[1].Counter(c) }
	if got, want := sum(plan.CountOut), s.asked.Load()+s.told.Load(); got != want {
		t.Errorf("%s: %d sent, the server heard %d", name, got, want)
	}
	if got, want := sum(plan.CountAsked), s.asked.Load(); got != want {
		t.Errorf("%s: %d asked, the server heard %d", name, got, want)
	}
	if out.Cut {
		return
	}
	sent := int64(0)
	for _, p := range s.Peers() {
		list, _ := p.Sent()
		sent += int64(len(list))
	}
	if got := sum(plan.CountIn); got != sent {
		t.Errorf("%s: %d received, the server sent %d", name, got, sent)
	}
	if got, want := sum(plan.CountDisconnects), s.drops.Load(); got != want {
		t.Errorf("%s: %d disconnects, the server made %d", name, got, want)
	}
	answered := int64(0)
	if a := out.Final.Total[2]; a != nil {
		answered = a.OK
	}
	if got, want := answered+sum(plan.CountLate)+sum(plan.CountUnanswered)+sum(plan.CountLost), sum(plan.CountAsked); got != want {
		t.Errorf("%s: of %d asked %d are accounted for", name, want, got)
	}
}

// A plan without sockets makes no transport for them, and the setup's and the
// run's are closed.
func TestSocketsAreMadeForWhoNeedsThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(1), b.get("/", 0)))
		do(t, b.closed(2*sec, plan.Stage{Level: 1}), newFake(steady(ms)), func(_ *Engine, o *Options) {
			o.Sockets = func(*transport.Clock) transport.SocketFactory { t.Error("made"); return nil }
		})
		s := newCrowd(1)
		do(t, chat(false).closed(2*sec, plan.Stage{Level: 1}), newFake(steady(ms)), func(_ *Engine, o *Options) { o.Sockets = s.On })
		if !s.Closed() {
			t.Error("the factory was not closed")
		}
	})
}
