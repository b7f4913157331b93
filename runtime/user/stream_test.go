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
)

// An airing is one answer of a broadcaster: what it sends, and when.
type airing struct {
	status  int // 200 unless said
	header  string
	pieces  []piece
	end     time.Duration // after the last piece
	class   plan.ErrorClass
	problem string
}

type piece struct {
	after time.Duration
	text  string
}

// broadcaster is a client that answers with streams, in virtual time. It ends
// one when it is cut.
type broadcaster struct {
	clock      *transport.Clock
	airings    []airing
	asked      []string // headers
	heard      []int    // pieces of each airing that the sink wanted
	n          int
	cut        chan struct{}
	handshakes time.Duration
	took       time.Duration // the request
}

func (b *broadcaster) Client() transport.Client { return b }
func (b *broadcaster) Cut()                     { close(b.cut) }
func (b *broadcaster) Close()                   {}
func (b *broadcaster) Do(m *transport.Message, r *transport.Result) {
	*r = transport.Result{Start: b.clock.Now(), Proto: "HTTP/1.1"}
	r.Sent = r.Start
	b.asked = append(b.asked, string(m.Header))
	a := b.airings[min(b.n, len(b.airings)-1)]
	b.n++
	heard := 0
	fail := func(class plan.ErrorClass, problem string) {
		r.Class, r.Err, r.End = class, errors.New(problem), b.clock.Now()
		b.heard = append(b.heard, heard)
	}
	deadline := r.Start + int64(m.Timeout)
	wait := func(d time.Duration) bool {
		isIdle := m.Idle > 0 && d > m.Idle
		if isIdle {
			d = m.Idle
		}
		if left := time.Duration(deadline - b.clock.Now()); m.Timeout > 0 && d > left {
			isIdle, d = true, left
		}
		select {
		case <-time.After(d):
		case <-b.cut:
			fail(plan.FailInternal, "cut")
			return false
		}
		if isIdle {
			fail(plan.FailTimeout, "too long")
		}
		return !isIdle
	}
	if !wait(b.handshakes) {
		return
	}
	if a.class != plan.OK && len(a.pieces) == 0 && a.status == 0 {
		fail(a.class, a.problem)
		return
	}
	r.Status, r.Header, r.FirstByte = max(a.status, 200*btoi(a.status == 0)), []byte(a.header), b.clock.Now()
	for _, p := range a.pieces {
		if !wait(p.after) {
			return
		}
		r.Body = append(r.Body, p.text...)
		if m.Sink == nil || r.Status > 299 {
			continue
		}
		heard++
		buf := []byte(p.text)
		if !m.Sink.Chunk(buf, b.clock.Now()) {
			r.End = b.clock.Now()
			b.heard = append(b.heard, heard)
			return
		}
		for i := range buf {
			buf[i] = 'X'
		}
	}
	if !wait(a.end) {
		return
	}
	if a.class != plan.OK {
		fail(a.class, a.problem)
		return
	}
	r.End = b.clock.Now()
	b.heard = append(b.heard, heard)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

const sseHeader = "Content-Type: text/event-stream; charset=utf-8\r\n"

// event is a server-sent event.
func event(data string) string { return "data: " + data + "\n\n" }

// lastWord holds once an event's data is a text.
func lastWord(word string) plan.Expr {
	return plan.Func(func(f *plan.Frame) (plan.Value, error) { return plan.BoolValue(string(f.Event.Data) == word), nil })
}

// listened makes one request with a stream. more may do something beside it.
func listened(t *testing.T, r *plan.Request, b *broadcaster, more func(*User, *Env)) (u *User, f flow, s *record.Snapshot) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r.Method, r.Path = "GET", plan.Literal("/x")
		b.clock, b.cut = transport.NewClock(), make(chan struct{})
		p := testPlan(r)
		env := NewEnv(Config{Plan: p, Clock: b.clock, Factory: b})
		rec := record.New(record.Config{Series: 1, Rows: []int{0}, Shards: 1})
		u = New(env, ID{}, rec.Writer(0))
		if more != nil {
			go more(u, env)
		}
		time.Sleep(time.Second) // so that no time is 0
		began := time.Now()
		f = u.request(r)
		b.took = time.Since(began)
		s = rec.Snapshot(time.Second, true)
	})
	return u, f, s
}

func failures(s *record.Snapshot) (list []string) {
	for _, e := range s.Errors {
		list = append(list, e.Class.String()+": "+e.Detail)
	}
	return list
}

// streamCounts are a series' counters that are not 0.
func streamCounts(s *record.Snapshot) string {
	var list []string
	for c := range plan.NumCounters {
		if n := s.Total[0].Counter(c); n != 0 {
			list = append(list, fmt.Sprintf("%s %d", c, n))
		}
	}
	return strings.Join(list, ", ")
}

// What came of a stream, whatever way it ends.
func TestStreamEnds(t *testing.T) {
	second := time.Second
	talk := func(words ...string) (p []piece) {
		for _, w := range words {
			p = append(p, piece{second, event(w)})
		}
		return p
	}
	sse := airing{header: sseHeader, pieces: talk("a", "b", "stop", "c")}
	lost := sse
	lost.class, lost.problem = plan.FailReset, "the connection broke"
	lines := airing{header: "Content-Type: text/plain\r\n", pieces: []piece{{second, "{\"a\":1}\n{\"b\""}, {second, ":2}\n3"}}}
	bad := plan.Func(func(*plan.Frame) (plan.Value, error) { return plan.Value{}, errors.New("bad") })
	for _, c := range []struct {
		name   string
		stream plan.Stream
		airing airing
		want   string // failure, "" for none
		counts string
		ended  time.Duration
	}{
		{"by itself", plan.Stream{}, sse, "", "received 4, bytes_received 7", 4 * second},
		{"until", plan.Stream{Until: lastWord("stop")}, sse, "", "received 3, bytes_received 6", 3 * second},
		{"so many events", plan.Stream{MaxEvents: 2}, sse, "", "received 2, bytes_received 2", 2 * second},
		{"more events than there are", plan.Stream{MaxEvents: 9}, sse,
			"truncated: the stream ended after 4 of 9 events", "received 4, bytes_received 7, disconnects 1", 4 * second},
		{"too early", plan.Stream{Until: lastWord("end"), Text: `event.data == "end"`}, sse,
			`truncated: the stream ended before event.data == "end" held`, "received 4, bytes_received 7, disconnects 1", 4 * second},
		{"broken", plan.Stream{}, lost, "reset: the connection broke", "received 4, bytes_received 7, disconnects 1", 4 * second},
		{"broken, after its end", plan.Stream{Until: lastWord("stop")}, lost, "", "received 3, bytes_received 6", 3 * second},
		{"silence", plan.Stream{Idle: second / 2}, sse, "timeout: too long", "", second / 2},
		{"a wrong condition", plan.Stream{Until: bad}, sse, "expression: bad", "received 1, bytes_received 1", second},
		{"another type", plan.Stream{}, airing{header: "Content-Type: application/json; charset=utf-8\r\n", pieces: talk("a")},
			"expect: the answer is application/json, not text/event-stream", "", second},
		{"no type", plan.Stream{}, airing{pieces: talk("a")},
			"expect: the answer has no Content-Type, and should be text/event-stream", "", second},
		{"another type, and nothing else", plan.Stream{}, airing{header: "content-type: text/html\r\n", end: second},
			"expect: the answer is text/html, not text/event-stream", "", second},
		{"packed", plan.Stream{}, airing{header: sseHeader + "Content-Encoding: gzip\r\n", pieces: talk("a")},
			"expect: the stream is gzip-encoded, and cannot be read as it comes: ask for it without Accept-Encoding", "", second},
		{"too large", plan.Stream{}, airing{header: sseHeader, pieces: []piece{{second, event("a") + ":" + strings.Repeat("x", 1<<20)}, {second, event("b")}}},
			"too_large: an event of the stream has more than 1048576 bytes", "received 1, bytes_received 1", second},
		{"lines", plan.Stream{Format: plan.StreamNDJSON}, lines, "", "received 3, bytes_received 15", 2 * second},
		{"until, in a last line that nothing ends", plan.Stream{Format: plan.StreamNDJSON, Until: lastWord("3")}, lines, "", "received 3, bytes_received 15", 2 * second},
		{"all of them, the last in a line that nothing ends", plan.Stream{Format: plan.StreamNDJSON, MaxEvents: 3}, lines, "", "received 3, bytes_received 15", 2 * second},
		{"pieces", plan.Stream{Format: plan.StreamChunks}, lines, "", "received 2, bytes_received 17", 2 * second},
		{"nothing", plan.Stream{}, airing{status: 204, end: second}, "", "", second},
		{"nothing, where something was to come", plan.Stream{Until: lastWord("a")}, airing{status: 204, end: second},
			"truncated: the stream ended before until held", "", second},
		{"an error", plan.Stream{Until: lastWord("a")}, airing{status: 503, header: sseHeader, pieces: talk("a")}, "status: status 503", "", second},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &broadcaster{airings: []airing{c.airing}}
			u, f, s := listened(t, &plan.Request{Stream: &c.stream, Timeout: time.Minute}, b, nil)
			want := []string{c.want}
			if c.want == "" {
				want = nil
			}
			if got := failures(s); !slices.Equal(got, want) || f != goOn {
				t.Errorf("failures %q, flow %d; want %q", got, f, want)
			}
			if got := streamCounts(s); got != c.counts {
				t.Errorf("counted %q, want %q", got, c.counts)
			}
			if got := time.Duration(u.sample.End - u.sample.Start); got != c.ended {
				t.Errorf("ended after %v, want %v", got, c.ended)
			}
			if u.Counts.InFlight() != 0 || s.Total[0].Count() != 1 {
				t.Errorf("%d samples, %d in flight", s.Total[0].Count(), u.Counts.InFlight())
			}
		})
	}
}

// A stream's times are those at which its events arrived.
func TestStreamTimes(t *testing.T) {
	ms := time.Millisecond
	a := airing{header: sseHeader, end: 500 * ms, pieces: []piece{
		{100 * ms, ": hello\n\n"}, {200 * ms, "id: 7\nda"}, {50 * ms, "ta: {\"n\":1}\n\n"},
		{40 * ms, event("x") + event("y")}, {400 * ms, "event: tok\ndata: {\"n\":9}\n\nid: 8\n"},
	}}
	var info plan.StreamInfo
	look := plan.Func(func(f *plan.Frame) (plan.Value, error) {
		info = *f.Response.Stream
		return plan.StringValue(string(f.Response.Body)), nil
	})
	r := &plan.Request{Stream: &plan.Stream{}, Timeout: time.Minute, ReadsBody: true, Captures: []plan.Capture{{Slot: 0, Name: "a", Value: look}}}
	u, _, s := listened(t, r, &broadcaster{airings: []airing{a}}, nil)
	want := plan.StreamInfo{First: 350 * ms, Total: 1290 * ms, Gap: 400 * ms, Events: 4,
		Last: plan.Event{Name: "tok", ID: "7", Data: []byte(`{"n":9}`)}}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Error(diff)
	}
	if body := u.frame.Slots[0].Str(); !strings.HasPrefix(body, ": hello\n\nid: 7\ndata: ") {
		t.Errorf("the body is %q", body)
	}
	first, gaps := s.Total[0].Of(plan.MeasureFirstEvent), s.Total[0].Of(plan.MeasureGap)
	if first.Count() != 1 || first.Max() != int64(350*ms) {
		t.Errorf("first event: %d, %v", first.Count(), time.Duration(first.Max()))
	}
	if gaps.Count() != 3 || gaps.Sum() != int64(440*ms) || gaps.Min() != 0 || gaps.Max() != int64(400*ms) {
		t.Errorf("%d gaps, %v in all, %v to %v", gaps.Count(), time.Duration(gaps.Sum()), time.Duration(gaps.Min()), time.Duration(gaps.Max()))
	}
}

// What never came is in no figure but beyond every limit.
func TestStreamUnmet(t *testing.T) {
	ask := func(a airing) *record.Stats {
		_, _, s := listened(t, &plan.Request{Stream: &plan.Stream{Idle: time.Second}, Timeout: time.Minute}, &broadcaster{airings: []airing{a}}, nil)
		return s.Total[0]
	}
	silent := ask(airing{header: sseHeader, end: time.Hour})
	if q := silent.Of(plan.MeasureFirstEvent).Quantile(0.5); !q.Censored || q.Ns != int64(time.Second) {
		t.Errorf("a first event that never came: %+v", q)
	}
	stuck := ask(airing{header: sseHeader, pieces: []piece{{0, event("a")}}, end: time.Hour})
	if q := stuck.Of(plan.MeasureGap).Quantile(0.5); !q.Censored || q.Ns != int64(time.Second) {
		t.Errorf("a second event that never came: %+v", q)
	}
}

// A stream that is lost is asked for again, after what has come, within the
// one request.
func TestStreamReconnects(t *testing.T) {
	second := time.Second
	part := func(class plan.ErrorClass, text string) airing {
		return airing{header: sseHeader, pieces: []piece{{second, text}}, class: class, problem: "lost"}
	}
	refused := airing{class: plan.FailRefused, problem: "refused"}
	first := part(plan.FailReset, "retry: 3000\nid: 1\ndata: a\n\nid: 2\ndata: half")
	r := &plan.Request{Timeout: time.Minute, Headers: []plan.Pair{{Name: "last-event-id", Value: text("0")}},
		Stream: &plan.Stream{Until: lastWord("stop"), Reconnect: &plan.Reconnect{Backoff: value(plan.IntValue(1))}}}
	b := &broadcaster{handshakes: second / 4, airings: []airing{first, refused, {status: 503, header: sseHeader, pieces: []piece{{0, event("stop")}}}, refused,
		part(plan.OK, "id: 2\ndata: b\n\n"), part(plan.OK, "id: 3\ndata: stop\n\n")}}
	u, f, s := listened(t, r, b, nil)
	if len(s.Errors) != 0 || f != goOn || s.Total[0].Count() != 1 {
		t.Fatalf("failures %q, flow %d, %d samples", failures(s), f, s.Total[0].Count())
	}
	var ids []string
	for _, h := range b.asked {
		id, _ := line([]byte(h), "Last-Event-ID")
		ids = append(ids, id)
	}
	if want := []string{"0", "1", "1", "1", "1", "2"}; !slices.Equal(ids, want) || slices.ContainsFunc(b.asked, func(h string) bool { return strings.Count(strings.ToLower(h), "last-event-id") != 1 }) {
		t.Errorf("asked after %q, want %q", ids, want)
	}
	// Lost at 1.25 s. The pauses are 3, 3, 4 and 8 s, after each 0.25 s of connecting.
	if got, want := streamCounts(s), "received 3, bytes_received 6, disconnects 2, reconnects 2"; got != want {
		t.Errorf("counted %q, want %q", got, want)
	}
	if got, want := losses(s), []string{"1 × 0: lost", "1 × 0: the stream ended before until held"}; !slices.Equal(got, want) {
		t.Errorf("losses %q, want %q", got, want)
	}
	recovery := s.Total[0].Of(plan.MeasureRecovery)
	if got := recovery.Max(); recovery.Count() != 2 || got != int64(19*second) {
		t.Errorf("%d recoveries, the longest %v", recovery.Count(), time.Duration(got))
	}
	if recovery.Min() != int64(3*second+second/4) {
		t.Errorf("the shortest took %v", time.Duration(recovery.Min()))
	}
	if first := u.sample.First - u.sample.Start; first != int64(second/4) {
		t.Errorf("the first byte came after %v", time.Duration(first))
	}
	if total := time.Duration(u.sample.End - u.sample.Start); total != second/4+second+19*second+second+3*second+second/4+second {
		t.Errorf("it took %v", total)
	}
}

// A stream that is not to be had back fails, as the last attempt did.
func TestStreamGivesUp(t *testing.T) {
	second := time.Second
	lost := airing{header: sseHeader, pieces: []piece{{second, event("a")}}, class: plan.FailReset, problem: "lost"}
	refused := airing{class: plan.FailRefused, problem: "refused"}
	huge := lost
	huge.class, huge.problem = plan.FailTooLarge, "too much"
	until := lastWord("stop")
	for _, c := range []struct {
		name    string
		airings []airing
		re      plan.Reconnect
		timeout time.Duration
		want    string
		asked   int
		unmet   time.Duration // a recovery
	}{
		{"attempts", []airing{lost, refused}, plan.Reconnect{Attempts: 3}, time.Minute, "refused: refused", 4, 300 * time.Millisecond},
		{"busy", []airing{lost, {status: 503}}, plan.Reconnect{Attempts: 1}, time.Minute, "status: status 503", 2, 0},
		{"forbidden", []airing{lost, {status: 403}}, plan.Reconnect{}, time.Minute, "status: status 403", 2, 0},
		{"no more", []airing{lost, {status: 204}}, plan.Reconnect{}, time.Minute, "truncated: the stream ended before until held", 2, -1},
		{"time", []airing{lost, refused}, plan.Reconnect{Backoff: value(plan.IntValue(2))}, 10 * second,
			"timeout: the stream was lost, and not back within the request's timeout", 3, 9 * second},
		{"never there", []airing{refused}, plan.Reconnect{}, time.Minute, "refused: refused", 1, -1},
		{"an error from the start", []airing{{status: 500}}, plan.Reconnect{}, time.Minute, "status: status 500", 1, -1},
		{"not a loss", []airing{huge}, plan.Reconnect{}, time.Minute, "too_large: too much", 1, -1},
		{"a wrong backoff", []airing{lost}, plan.Reconnect{Backoff: text("x")}, time.Minute,
			"expression: a backoff must be a number of seconds, this one is a string", 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &broadcaster{airings: c.airings}
			_, f, s := listened(t, &plan.Request{Stream: &plan.Stream{Until: until, Reconnect: &c.re}, Timeout: c.timeout}, b, nil)
			if got := failures(s); f != goOn || !slices.Equal(got, []string{c.want}) {
				t.Errorf("failures %q, flow %d", got, f)
			}
			if len(b.asked) != c.asked {
				t.Errorf("asked %d times, want %d", len(b.asked), c.asked)
			}
			if q := s.Total[0].Of(plan.MeasureRecovery).Quantile(1); c.unmet > 0 && (!q.Censored || q.Ns != int64(c.unmet)) || c.unmet < 0 && q.Censored {
				t.Errorf("recovery %+v, want at least %v", q, c.unmet)
			}
		})
	}
}

// A stop ends a stream that would not end by itself, whether it is silent,
// speaking or lost; it is cut off then, and has not failed. One that has an
// end is let finish, and a cut ends all.
func TestStreamStops(t *testing.T) {
	second := time.Second
	talking := airing{header: sseHeader}
	for range 20 {
		talking.pieces = append(talking.pieces, piece{second, event("a")})
	}
	talking.pieces = append(talking.pieces, piece{second, event("stop")})
	lost := airing{header: sseHeader, pieces: talking.pieces[:2], class: plan.FailReset, problem: "lost"}
	again := &plan.Reconnect{Backoff: value(plan.IntValue(30))}
	for _, c := range []struct {
		name    string
		stream  plan.Stream
		airing  airing
		isCut   bool
		flow    flow
		ok, cut int64
		after   time.Duration
	}{
		{"without an end", plan.Stream{}, talking, false, endStopped, 0, 1, 5 * second},
		{"with one", plan.Stream{Until: lastWord("stop")}, talking, false, goOn, 1, 0, 21 * second},
		{"with a number", plan.Stream{MaxEvents: 10}, talking, false, goOn, 1, 0, 10 * second},
		{"lost", plan.Stream{Reconnect: again}, lost, false, endStopped, 0, 1, 4500 * time.Millisecond},
		{"cut", plan.Stream{Until: lastWord("stop")}, talking, true, endCut, 0, 1, 4500 * time.Millisecond},
		{"lost and cut", plan.Stream{Until: lastWord("stop"), Reconnect: again}, lost, true, endCut, 0, 1, 4500 * time.Millisecond},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &broadcaster{airings: []airing{c.airing}}
			u, f, s := listened(t, &plan.Request{Stream: &c.stream, Timeout: time.Minute}, b, func(u *User, env *Env) {
				time.Sleep(5500 * time.Millisecond)
				if c.isCut {
					env.Cut()
					b.Cut()
				} else {
					u.Stop()
				}
			})
			if f != c.flow || u.Counts.OK.Load() != c.ok || u.Counts.Cut.Load() != c.cut || u.Counts.Failed.Load() != 0 || len(s.Errors) != 0 {
				t.Errorf("flow %d, %d ok, %d cut, %d failed: %q", f, u.Counts.OK.Load(), u.Counts.Cut.Load(), u.Counts.Failed.Load(), failures(s))
			}
			if b.took != c.after {
				t.Errorf("ended after %v, want %v", b.took, c.after)
			}
		})
	}
}

// In a parallel step streams are heard at the same time, and their conditions
// asked one at a time.
func TestStreamsInLanes(t *testing.T) {
	asking, most := 0, 0
	until := plan.Func(func(f *plan.Frame) (plan.Value, error) {
		asking++ // the race detector holds that lanes are apart
		most = max(most, asking)
		defer func() { asking-- }()
		return plan.BoolValue(string(f.Event.Data) == "stop"), nil
	})
	b := &broadcasters{airing: airing{header: sseHeader, pieces: []piece{{time.Second, event("a")}, {time.Second, event("stop")}}}}
	p := testPlan(&plan.Request{})
	var list plan.Parallel
	for range 5 {
		list.Steps = append(list.Steps, &plan.Request{Method: "GET", Path: plan.Literal("/x"), Stream: &plan.Stream{Until: until}, Timeout: time.Minute})
	}
	synctest.Test(t, func(t *testing.T) {
		clock := transport.NewClock()
		b.clock = clock
		env := NewEnv(Config{Plan: p, Clock: clock, Factory: b})
		rec := record.New(record.Config{Series: 1, Rows: []int{0}, Shards: 1})
		u := New(env, ID{}, rec.Writer(0))
		began := clock.Now()
		f := u.parallel(&list)
		if d := time.Duration(clock.Now() - began); f != goOn || d != 2*time.Second || u.Counts.OK.Load() != 5 || most != 1 {
			t.Errorf("flow %d, %v, %d ok, %d at once", f, d, u.Counts.OK.Load(), most)
		}
		if got := streamCounts(rec.Snapshot(time.Second, true)); got != "received 10, bytes_received 25" {
			t.Errorf("counted %q", got)
		}
	})
}

type broadcasters struct {
	clock  *transport.Clock
	airing airing
}

func (b *broadcasters) Client() transport.Client {
	return &broadcaster{clock: b.clock, airings: []airing{b.airing}, cut: make(chan struct{})}
}
func (b *broadcasters) Cut()   {}
func (b *broadcasters) Close() {}

// After a stream a request without one is as ever.
func TestStreamLeavesNothing(t *testing.T) {
	b := &broadcaster{airings: []airing{{header: sseHeader, pieces: []piece{{0, event("a")}}}}}
	synctest.Test(t, func(t *testing.T) {
		b.clock, b.cut = transport.NewClock(), make(chan struct{})
		streamed := &plan.Request{Method: "GET", Path: plan.Literal("/x"), Stream: &plan.Stream{}, Timeout: time.Minute}
		none := plan.Func(func(f *plan.Frame) (plan.Value, error) {
			return plan.BoolValue(f.Response.Stream == nil && f.Event == nil), nil
		})
		plain := &plan.Request{Method: "GET", Path: plan.Literal("/y"), Timeout: time.Minute, Expects: []plan.Expect{{Condition: none}}}
		env := NewEnv(Config{Plan: testPlan(streamed), Clock: b.clock, Factory: b})
		rec := record.New(record.Config{Series: 1, Rows: []int{0}, Shards: 1})
		u := New(env, ID{}, rec.Writer(0))
		for _, r := range []*plan.Request{streamed, plain} {
			if f := u.request(r); f != goOn {
				t.Errorf("flow %d", f)
			}
		}
		if s := rec.Snapshot(time.Second, true); len(s.Errors) != 0 || !slices.Equal(b.heard, []int{1, 0}) {
			t.Errorf("failures %q, heard %v", failures(s), b.heard)
		}
	})
}

// Who tries a scenario is shown the first events, and what came of all.
func TestStreamTrace(t *testing.T) {
	a := airing{header: sseHeader}
	for i := range 8 {
		a.pieces = append(a.pieces, piece{time.Second, fmt.Sprintf("event: token\ndata: word %d hunter22\n\n", i)})
	}
	var heard told
	synctest.Test(t, func(t *testing.T) {
		b := &broadcaster{clock: transport.NewClock(), cut: make(chan struct{}), airings: []airing{a}}
		r := &plan.Request{Method: "GET", Path: plan.Literal("/x"), Stream: &plan.Stream{MaxEvents: 7}, Timeout: time.Minute}
		env := NewEnv(Config{Plan: testPlan(r), Clock: b.clock, Factory: b, Trace: &heard})
		rec := record.New(record.Config{Series: 1, Rows: []int{0}, Shards: 1})
		New(env, ID{}, rec.Writer(0)).request(r)
	})
	var notes []string
	for _, l := range heard.lines {
		if strings.HasPrefix(l, "note ") {
			notes = append(notes, l)
		}
	}
	want := []string{
		"note event 1 token, after 1 s: word 0 (secret)", "note event 2 token, after 2 s: word 1 (secret)", "note event 3 token, after 3 s: word 2 (secret)",
		"note event 4 token, after 4 s: word 3 (secret)", "note event 5 token, after 5 s: word 4 (secret)",
		"note 7 events in 7 s, the first after 1 s, the longest gap 1 s",
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Error(diff)
	}
}
