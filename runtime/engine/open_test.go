package engine

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/transport"
)

func contains(s, sub string) bool { return strings.Contains(s, sub) }

// arrivals is an open plan of one class with one request.
func arrivals(rate float64, d time.Duration, maxUsers int) builder {
	b := newPlan()
	b.class("u", 1, task("t", 1, waitFor(5), b.get("/", 0))) // the wait is not used
	return b.openLoad(d, maxUsers, plan.Stage{Level: rate, Hold: d})
}

func TestArrivalsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(steady(10 * ms))
		out := do(t, arrivals(2000, 10*sec, 100), f)
		if got := out.Conditions.Books; got.Intended != 20_000 || got.Succeeded != 20_000 {
			t.Fatalf("books: %+v", got)
		}
		for n, c := range f.calls {
			if want := time.Duration(n) * 500 * time.Microsecond; c.At != want {
				t.Fatalf("arrival %d began at %v, want %v", n, c.At, want)
			}
		}
		// 2000/s x 10 ms: Little's law wants 20 users, and a 21st where one
		// ends as the next arrival comes.
		if out.PeakUsers < 20 || out.PeakUsers > 21 {
			t.Errorf("%d users were made", out.PeakUsers)
		}
	})
}

// stalling is a factory with which making the first client takes long, so that
// the dispatcher falls behind.
type stalling struct {
	transport.Factory
	long time.Duration
}

func (s *stalling) Client() transport.Client {
	time.Sleep(s.long)
	s.long = 0
	return s.Factory.Client()
}

// A dispatcher that fell behind brings every arrival, with few more users than
// their answers need; where answers take longer, it makes as many as arrivals.
func TestLateArrivalsMakeNoCrowd(t *testing.T) {
	for _, c := range []struct {
		answer      time.Duration
		least, most int
	}{
		{10 * time.Microsecond, firstRush, 12 * firstRush},
		{5 * sec, 2000, 2000},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(steady(c.answer))
			out := do(t, arrivals(2000, sec, 3000), f, func(e *Engine, o *Options) {
				if e != nil {
					e.processors = 1
				}
				o.Factory = func(clock *transport.Clock) transport.Factory { return &stalling{f.factory(clock), 500 * ms} }
			})
			if b := out.Conditions.Books; b.Intended != 2000 || b.Missed != 0 {
				t.Errorf("answers of %v: %+v", c.answer, b)
			}
			if out.PeakUsers < c.least || out.PeakUsers > c.most {
				t.Errorf("answers of %v: %d users were made, want %d to %d", c.answer, out.PeakUsers, c.least, c.most)
			}
			caughtUp := 0
			for _, call := range f.calls {
				if call.At < 510*ms {
					caughtUp++
				}
			}
			if caughtUp < 1010 {
				t.Errorf("answers of %v: %d arrivals had begun 10 ms after the stall, of 1020 due", c.answer, caughtUp)
			}
		})
	}
}

func TestCoordinatedOmissionGate(t *testing.T) {
	// 500/s for 60 s. For 1.5 s the target answers nothing, then everything
	// at once. The share of 2.5 % that met the stall waited evenly up to
	// 1.5 s: for p above 97.5 %, L(p) = 1.5 s - 60 s (1-p).
	const rate, stall = 500, 1500 * ms
	gate := func(c call) reply {
		if shut := 20 * sec; c.At >= shut && c.At < shut+stall {
			return reply{after: shut + stall - c.At}
		}
		return reply{after: 5 * ms}
	}
	synctest.Test(t, func(t *testing.T) {
		out := do(t, arrivals(rate, 60*sec, 2000), newFake(gate))
		checkGate(t, out)
		if svc := out.Final.Total[0].ServiceQuantile(0.99); abs(svc.Ns-int64(900*ms)) > int64(4*ms) {
			t.Errorf("with users enough the service time is the response time, p99 %v", time.Duration(svc.Ns))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		// One user at a time: arrivals that come during the stall are missed.
		out := do(t, arrivals(rate, 60*sec, 3), newFake(gate))
		if got := out.Conditions.Books; got.Intended != 30_000 || got.Missed < 700 {
			t.Errorf("books: %+v", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		// The control: one closed user sees the stall once, and no more.
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0), b.get("/", 0)))
		out := do(t, b.closed(60*sec, plan.Stage{Level: 1}), newFake(gate))
		if p99 := out.Final.Total[0].Quantile(0.99).Ns; p99 > int64(5*ms)*1001/1000 {
			t.Errorf("closed: p99 %v", time.Duration(p99))
		}
	})
}

func checkGate(t *testing.T, out *outcome.Outcome) {
	t.Helper()
	s := out.Final.Total[0]
	if s.OK != 30_000 {
		t.Fatalf("%d samples, want 30,000", s.OK)
	}
	for p, want := range map[float64]time.Duration{0.5: 5 * ms, 0.98: 300 * ms, 0.99: 900 * ms, 0.999: 1440 * ms} {
		got := s.Quantile(p).Ns
		// Arrivals are 2 ms apart, and a histogram of three digits is true to 0.1 %.
		if slack := int64(2*ms) + int64(want)/1000; abs(got-int64(want)) > slack {
			t.Errorf("p%v is %v, want %v", p*100, time.Duration(got), want)
		}
	}
	if got := s.MaxLatency().Ns; got != int64(1500*ms) {
		t.Errorf("the longest took %v", time.Duration(got))
	}
}

func abs(x int64) int64 { return max(x, -x) }

func TestArrivalWaitsForItsUsersStart(t *testing.T) {
	// A new user's start steps take 400 ms: its first arrival waits for
	// them, and that waiting is in the response time but not in the service.
	synctest.Test(t, func(t *testing.T) {
		b := arrivals(1, 3*sec, 10)
		b.Classes[0].Start = []plan.Step{b.get("/login", 0)}
		lags := &spread{}
		out := do(t, b, newFake(func(c call) reply {
			if contains(c.Text, "/login") {
				return reply{after: 400 * ms}
			}
			return reply{after: 10 * ms}
		}), func(_ *Engine, o *Options) { o.Health = lags })
		if got := lags.at(1); got != 0 {
			t.Errorf("the start steps count as %v µs of the generator's lag", got)
		}
		s := out.Final.Total[0]
		if got := s.MaxLatency().Ns; got != int64(410*ms) {
			t.Errorf("the longest response is %v, want 410ms", time.Duration(got))
		}
		if got := s.Min(); got != int64(10*ms) {
			t.Errorf("the shortest response is %v, want 10ms", time.Duration(got))
		}
		if got := s.ServiceQuantile(1).Ns; abs(got-int64(10*ms)) > int64(20*time.Microsecond) {
			t.Errorf("the longest service is %v, want 10ms", time.Duration(got))
		}
	})
}

func TestMissedArrivals(t *testing.T) {
	// Two users of 1 s each can do 2 of 10 arrivals a second: at 0 and 100 ms,
	// then at 1 s and 1.1 s, and so on.
	synctest.Test(t, func(t *testing.T) {
		f := newFake(steady(999 * ms))
		out := do(t, arrivals(10, 10*sec, 2), f)
		if got := out.Conditions.Books; got.Intended != 100 || got.Succeeded != 20 || got.Missed != 80 {
			t.Errorf("books: %+v", got)
		}
	})
}

func TestOpenMixAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("a", 3, task("t", 1, waitFor(60), b.get("/a", 0)))
		b.class("b", 1, task("t", 1, waitFor(60), b.get("/b", 1)))
		b.Classes = append(b.Classes, plan.Class{Name: "fixed", FixedCount: 1,
			Tasks: []plan.Task{task("t", 1, waitFor(1), b.get("/fixed", 2))}})
		b.openLoad(10*sec, 10, plan.Stage{Level: 40, Hold: 10 * sec})
		b.Profile.Loads[0].Classes = []int{0, 1}
		out := do(t, b, newFake(steady(ms)))
		got := [3]int64{out.Final.Total[0].OK, out.Final.Total[1].OK, out.Final.Total[2].OK}
		if got != [3]int64{300, 100, 10} {
			t.Errorf("requests by class: %v", got)
		}
	})
}

func TestRampOfArrivals(t *testing.T) {
	// 0 to 10 a second over 10 s: arrival n when t²/2 = n, 50 in all.
	synctest.Test(t, func(t *testing.T) {
		b := arrivals(0, 10*sec, 10)
		b.Profile.Loads[0].Stages = []plan.Stage{{Level: 10, Over: 10 * sec}}
		f := newFake(steady(ms))
		out := do(t, b, f)
		if out.Conditions.Books.Succeeded != 50 {
			t.Errorf("books: %+v", out.Conditions.Books)
		}
		if f.calls[8].At != 4*sec || f.calls[32].At != 8*sec {
			t.Errorf("arrivals 8 and 32 at %v and %v", f.calls[8].At, f.calls[32].At)
		}
	})
}

func TestOpenIterations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := arrivals(100, 0, 10)
		b.Profile.Loads[0].Stages = []plan.Stage{{Level: 100}}
		b.Profile.Iterations = 250
		out := do(t, b, newFake(steady(ms)))
		if got := out.Conditions.Books; got.Succeeded != 250 || got.Missed != 0 {
			t.Errorf("books: %+v", got)
		}
	})
}
