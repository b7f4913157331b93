package engine

import (
	"math"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// The experiments M1 to M32 of docs/measurement.md that need a whole engine
// and no real clock: here load and queues, in m08_mix_test.go choices, in
// m11_tail_test.go what verdicts rest on. Time is virtual, so figures are
// compared with their formulas exactly, but for the width of a histogram's
// bucket: 0.1 %, upwards.

// single is a server of one request at a time, in the order they come.
type single struct {
	service func(n int) time.Duration

	mu    sync.Mutex
	n     int
	free  time.Duration
	stays []time.Duration // Lindley's recursion, beside what throng measures
	busy  time.Duration
}

func (q *single) answer(c call) reply {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.service(q.n)
	q.n++
	q.free = max(q.free, c.At) + s
	q.busy += s
	q.stays = append(q.stays, q.free-c.At)
	return reply{after: q.free - c.At}
}

func constantly(d time.Duration) func(int) time.Duration {
	return func(int) time.Duration { return d }
}

// limit adds an SLA of one rule about all series.
func (b builder) limit(r plan.Rule) builder {
	all := plan.Judged{Row: -1}
	for i := range b.Series {
		all.Series = append(all.Series, i)
	}
	b.SLAs = append(b.SLAs, plan.SLA{Name: r.Name, Groups: []plan.Judged{all}, Rules: []plan.Rule{r}})
	return b
}

func percentileBelow(name string, p float64, limit time.Duration) plan.Rule {
	return plan.Rule{Name: name, Metric: plan.Quantile, Quantile: p, Limit: float64(limit)}
}

// about checks a quantile against what it should be: from slack below to
// slack and a bucket above.
func about(t *testing.T, s *record.Stats, p float64, want, slack time.Duration) {
	t.Helper()
	got := time.Duration(s.Quantile(p).Ns)
	if got < want-slack || got > want+slack+want/1000+64 {
		t.Errorf("p%v is %v, want %v", p*100, got, want)
	}
}

// TestM01_GateDecidesTheVerdict (M1): coordinated omission, to the verdict.
// 500/s for T = 60 s, and for S = 1.5 s nothing is answered. Of arrivals that
// do not wait for answers a share of S/T = 2.5 % meets the stall, and waits
// L(p) = S − T(1−p) for p above 97.5 % (an even rate meets a stall evenly): p99
// is 900 ms, and a limit of 800 ms is broken. One closed user meets the same
// stall once and sees p99 of 5 ms: what a generator that waits would report.
func TestM01_GateDecidesTheVerdict(t *testing.T) {
	const shut, stall = 20 * sec, 1500 * ms
	gate := func(c call) reply {
		if c.At >= shut && c.At < shut+stall {
			return reply{after: shut + stall - c.At}
		}
		return reply{after: 5 * ms}
	}
	synctest.Test(t, func(t *testing.T) {
		b := arrivals(500, 60*sec, 2000).limit(percentileBelow("p99", 0.99, 800*ms)).limit(percentileBelow("p99", 0.99, 905*ms))
		out := do(t, b, newFake(gate))
		checkGate(t, out)
		if j := out.Judged; j[0].State != sla.Fail || j[1].State != sla.Pass || out.Verdict.State != sla.Fail {
			t.Errorf("p99 of 900 ms against 800 and 905 ms: %v, %v, %v", j[0].State, j[1].State, out.Verdict.State)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0), b.get("/", 0)))
		out := do(t, b.closed(60*sec, plan.Stage{Level: 1}), newFake(gate))
		about(t, out.Final.Total[0], 0.99, 5*ms, 0)
		if out.Final.Total[0].Max() != int64(stall) {
			t.Errorf("the one request in the stall took %v", time.Duration(out.Final.Total[0].Max()))
		}
	})
}

// TestM01_Stalls (M1): 1 s every 5 s, at 200/s for 60 s. A share of 20 % meets
// a stall: L(p) = 1 s − 5 s·(1−p) for p above 80 %.
func TestM01_Stalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		out := do(t, arrivals(200, 60*sec, 1000), newFake(func(c call) reply {
			if in := c.At % (5 * sec); in < sec {
				return reply{after: sec - in}
			}
			return reply{after: 5 * ms}
		}))
		s := out.Final.Total[0]
		about(t, s, 0.5, 5*ms, 0)
		for p, want := range map[float64]time.Duration{0.9: 500 * ms, 0.95: 750 * ms, 0.99: 950 * ms, 0.999: 995 * ms, 1: sec} {
			about(t, s, p, want, 5*ms) // arrivals are 5 ms apart
		}
	})
}

// TestM02_ClientQueue (M2): a server of 100/s is offered 150/s for 20 s. Request
// n waits n/100 − n/150 s, so p50 is 5 s and p99 9.9 s, from the intended start.
// A generator with one user misses a third of the arrivals instead: each is
// counted, and the verdict cannot be PASS.
func TestM02_ClientQueue(t *testing.T) {
	const work = 10 * ms
	synctest.Test(t, func(t *testing.T) {
		q := &single{service: constantly(work)}
		out := do(t, arrivals(150, 20*sec, 2000), newFake(q.answer))
		s := out.Final.Total[0]
		if s.OK != 3000 {
			t.Fatalf("%d of 3000 requests", s.OK)
		}
		for _, p := range []float64{0.5, 0.95, 0.99, 0.999, 1} {
			n := math.Ceil(p*3000) - 1
			about(t, s, p, work+time.Duration(n*1e9*(1.0/100-1.0/150)), 10)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		q := &single{service: constantly(work)}
		b := arrivals(150, 20*sec, 1).limit(percentileBelow("p99", 0.99, sec))
		out := do(t, b, newFake(q.answer))
		if k := out.Conditions.Books; k.Intended != 3000 || k.Missed < 1000 || k.Succeeded+k.Missed != 3000 || out.Verdict.State == sla.Pass {
			t.Errorf("one user: %+v, %v", k, out.Verdict.State)
		}
	})
}

// TestM02_WaitingInTheClient (M2): an arrival that waits inside the generator
// has waited. Every new user signs in for 2 s before it can make the request
// it was made for; 150/s for 20 s, 10 ms of service. Until the first user is
// free, at 2.01 s, each arrival makes a new one: 302 arrivals, due at n/150 s,
// take 2.01 s from their intended start, and the other 2,698 take 10 ms. A clock
// that starts when the request is sent shows 10 ms for all: that is the
// service time, beside it.
func TestM02_WaitingInTheClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := arrivals(150, 20*sec, 2000)
		b.Classes[0].Start = []plan.Step{b.get("/login", 0)}
		out := do(t, b, newFake(func(c call) reply {
			if contains(c.Text, "/login") {
				return reply{after: 2 * sec}
			}
			return reply{after: 10 * ms}
		}))
		s := out.Final.Total[0]
		if s.OK != 3000 || s.Sum() != int64(302*2010*ms+2698*10*ms) {
			t.Errorf("%d requests, %v in sum", s.OK, time.Duration(s.Sum()))
		}
		about(t, s, 2698.0/3000, 10*ms, 0)
		about(t, s, 2699.0/3000, 2010*ms, 0)
		if got := time.Duration(s.ServiceQuantile(1).Ns); got > 10*ms+10*time.Microsecond {
			t.Errorf("the longest service took %v", got)
		}
	})
}

// TestM03_MM1 (M3): Poisson arrivals at 70/s to one server of 100/s. What
// throng measures is Lindley's recursion on the same arrivals and draws, to
// the nanosecond in sum, least and longest. Theory (M/M/1: the stay is
// exponential with mean 1/(µ−λ)): 33.3 ms and p99 153.5 ms, within 5 and 8 %
// on this seed; neighbours are correlated.
func TestM03_MM1(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := source(3)
		q := &single{service: func(int) time.Duration { return time.Duration(r.ExpFloat64() * 1e7) }}
		b := arrivals(70, 600*sec, 2000)
		b.Profile.Loads[0].Spacing = plan.Poisson
		s := do(t, b, newFake(q.answer), rarely).Final.Total[0]
		var sum time.Duration
		for _, d := range q.stays {
			sum += d
		}
		if s.Sum() != int64(sum) || s.Min() != int64(slices.Min(q.stays)) || s.Max() != int64(slices.Max(q.stays)) {
			t.Errorf("sum %v, min %v, max %v; by the recursion %v, %v, %v", time.Duration(s.Sum()), time.Duration(s.Min()),
				time.Duration(s.Max()), sum, slices.Min(q.stays), slices.Max(q.stays))
		}
		slices.Sort(q.stays)
		for _, p := range []float64{0.5, 0.95, 0.99, 0.999} {
			about(t, s, p, q.stays[int(math.Ceil(p*float64(len(q.stays))))-1], 0)
		}
		near(t, "the mean stay in ms", float64(s.Mean())/1e6, 1e3/30, 0.05)
		near(t, "p99 in ms", float64(s.Quantile(0.99).Ns)/1e6, 1e3*math.Log(100)/30, 0.08)
	})
}

func near(t *testing.T, what string, got, want, share float64) {
	t.Helper()
	if math.Abs(got/want-1) > share {
		t.Errorf("%s: %.4g, want %.4g to %g %%", what, got, want, share*100)
	}
}

// TestM04_LittlesLaw (M4): N = 50 users, Z = 100 ms, S = 20 ms: throughput is
// N/(Z+S), and the mean number in flight, here summed from the target's side,
// is throughput times response time (J. D. C. Little, 1961): exactly, as
// nothing is cut.
func TestM04_LittlesLaw(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := struct {
			sync.Mutex
			inFlight time.Duration
		}{}
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0.1), b.get("/", 0)))
		out := do(t, b.closed(60*sec, plan.Stage{Level: 50, Hold: 60 * sec}), newFake(func(call) reply {
			q.Lock()
			defer q.Unlock()
			q.inFlight += 20 * ms
			return reply{after: 20 * ms}
		}))
		s := out.Final.Total[0]
		rate := float64(s.OK) / 60
		near(t, "throughput", rate, 50/0.12, 1e-9)
		near(t, "mean in flight", q.inFlight.Seconds()/60, rate*float64(s.Mean())/1e9, 1e-9)
	})
}

// TestM05_OpenIsNotClosed (M5): one server, utilisation 0.9, service times of
// C² = 16. Open, by Pollaczek and Khinchine, the mean stay is S + S·ρ/(1−ρ)·
// (1+C²)/2 = 775 ms; ten closed users can never have more than ten in the
// queue, and see a fraction of it (Schroeder, Wierman and Harchol-Balter,
// NSDI 2006). The open mean is at least five times the closed one.
func TestM05_OpenIsNotClosed(t *testing.T) {
	// Two phases of balanced means: share p at rate 2pµ, the rest at 2(1−p)µ.
	draws := func(seed uint64) func(int) time.Duration {
		r := source(seed)
		p := (1 + math.Sqrt((16.0-1)/(16+1))) / 2
		return func(int) time.Duration {
			mean := 0.01 / (2 * p)
			if r.Float64() >= p {
				mean = 0.01 / (2 * (1 - p))
			}
			return time.Duration(r.ExpFloat64() * mean * 1e9)
		}
	}
	var open, closed float64
	synctest.Test(t, func(t *testing.T) {
		q := &single{service: draws(5)}
		b := arrivals(90, 300*sec, 20_000)
		b.Profile.Loads[0].Spacing = plan.Poisson
		b.Profile.Grace = 60 * sec
		out := do(t, b, newFake(q.answer), rarely)
		open = float64(out.Final.Total[0].Mean()) / 1e6
	})
	synctest.Test(t, func(t *testing.T) {
		q := &single{service: draws(5)}
		b := newPlan()
		think := plan.Wait{Kind: plan.WaitFor, For: plan.Func(func(f *plan.Frame) (plan.Value, error) {
			return plan.FloatValue(f.Rand.ExpFloat64() * 0.05), nil
		})}
		b.class("u", 1, task("t", 1, think, b.get("/", 0)))
		out := do(t, b.closed(300*sec, plan.Stage{Level: 10}), newFake(q.answer), rarely)
		closed = float64(out.Final.Total[0].Mean()) / 1e6
		if u := q.busy.Seconds() / 300; u < 0.75 || u > 0.99 {
			t.Errorf("the closed run used %.2f of the server", u)
		}
	})
	if open < 5*closed {
		t.Errorf("mean stay open %.0f ms, closed %.0f ms", open, closed)
	}
}

// TestM06_ConstantRate (M6): 1,000/s for 60 s are 60,000 arrivals a millisecond
// apart; every second has its 1,000.
func TestM06_ConstantRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(steady(ms / 2))
		out := do(t, arrivals(1000, 60*sec, 100), f)
		if k := out.Conditions.Books; k.Intended != 60_000 || k.Succeeded != 60_000 {
			t.Fatalf("books %+v", k)
		}
		for n, c := range f.calls {
			if c.At != time.Duration(n)*ms {
				t.Fatalf("arrival %d at %v", n, c.At)
			}
		}
	})
}

// TestM07_Poisson (M7): the gaps of Poisson arrivals are exponential, by
// Kolmogorov and Smirnov (D < 1.63/√n, one in a hundred, on a fixed seed), and
// neighbours are not related: lag-1 correlation within 4/√n.
func TestM07_Poisson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(steady(ms))
		b := arrivals(500, 40*sec, 500)
		b.Profile.Loads[0].Spacing = plan.Poisson
		do(t, b, f)
		var gaps []float64
		for i, c := range f.calls[1:] {
			gaps = append(gaps, (c.At-f.calls[i].At).Seconds()*500)
		}
		related := 0.0
		for i := range gaps[1:] {
			related += (gaps[i] - 1) * (gaps[i+1] - 1)
		}
		n := float64(len(gaps))
		if math.Abs(related/n) > 4/math.Sqrt(n) {
			t.Errorf("neighbours are related: %v", related/n)
		}
		follows(t, "gaps", gaps, func(x float64) float64 { return 1 - math.Exp(-x) })
	})
}

// follows is Kolmogorov and Smirnov's test, at one in a hundred. It sorts.
func follows(t *testing.T, what string, values []float64, law func(float64) float64) {
	t.Helper()
	slices.Sort(values)
	n, d := float64(len(values)), 0.0
	for i, x := range values {
		d = max(d, law(x)-float64(i)/n, float64(i+1)/n-law(x))
	}
	if d > 1.63/math.Sqrt(n) {
		t.Errorf("%s: Kolmogorov's distance of %d is %.4f, the limit %.4f", what, len(values), d, 1.63/math.Sqrt(n))
	}
}

// TestM10_Ramps (M10): before every second's edge there have been as many
// arrivals as the integral of the rate has begun to reach, ⌈∫⌉, in all the
// whole part of it, and the same in every run.
func TestM10_Ramps(t *testing.T) {
	for name, stages := range map[string][]plan.Stage{
		"up":       {{Level: 100, Over: 10 * sec}},
		"down":     {{Level: 60, Hold: 2 * sec}, {Level: 0, Over: 7 * sec}},
		"spike":    {{Level: 5, Hold: 3 * sec}, {Level: 400, Over: sec, Hold: sec}, {Level: 5, Over: sec, Hold: 4 * sec}},
		"steps":    {{Level: 10, Hold: 3 * sec}, {Level: 20, Hold: 3 * sec}, {Level: 33, Hold: 3 * sec}},
		"fraction": {{Level: 2.6, Hold: 9 * sec}},
	} {
		t.Run(name, func(t *testing.T) {
			var whole time.Duration
			for _, s := range stages {
				whole += s.Over + s.Hold
			}
			var before []call
			for range 2 {
				synctest.Test(t, func(t *testing.T) {
					f := newFake(steady(0))
					b := arrivals(0, whole, 100)
					b.Profile.Loads[0].Stages = stages
					do(t, b, f)
					checkRamp(t, stages, whole, f.calls)
					slices.SortFunc(f.calls, func(a, b call) int { return int(a.At - b.At) })
					if before != nil && !slices.EqualFunc(before, f.calls, func(a, b call) bool { return a.At == b.At }) {
						t.Error("another run had other arrivals")
					}
					before = f.calls
				})
			}
		})
	}
}

// checkRamp reckons the integral by the trapezium rule, in thousandths of an
// arrival and whole milliseconds, apart from the code it examines.
func checkRamp(t *testing.T, stages []plan.Stage, whole time.Duration, calls []call) {
	t.Helper()
	integral := func(until time.Duration) float64 {
		sum, level := 0.0, 0.0
		for _, s := range stages {
			x := min(s.Over, until)
			if s.Over > 0 {
				reached := level + (s.Level-level)*float64(x)/float64(s.Over)
				sum += (level + reached) / 2 * x.Seconds()
			}
			until -= x
			level = s.Level
			x = min(s.Hold, until)
			sum += level * x.Seconds()
			until -= x
		}
		return math.Round(sum*1e6) / 1e6
	}
	total := int(math.Floor(integral(whole)))
	if len(calls) != total {
		t.Errorf("%d arrivals, the integral is %v", len(calls), integral(whole))
	}
	for edge := sec; edge <= whole; edge += sec {
		got := 0
		for _, c := range calls {
			if c.At < edge {
				got++
			}
		}
		if want := min(total, int(math.Ceil(integral(edge)))); got != want {
			t.Errorf("before %v there were %d arrivals, want %d", edge, got, want)
		}
	}
}
