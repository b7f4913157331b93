package sla

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

func tallyRule(c plan.Counter, s plan.Scale, limit float64) plan.Rule {
	return plan.Rule{Name: c.String(), Metric: plan.Tally, Counter: c, Scale: s, Limit: limit}
}

// socketOf is a plan of one socket's row, judged by one SLA with these rules.
func socketOf(rules ...plan.Rule) *plan.Plan {
	p := planOf(rules...)
	p.Rows[0] = plan.Row{Method: socketMethod, Name: "/push"}
	return p
}

// counting makes a snapshot of a socket's series with what is booked into it.
func counting(p *plan.Plan, book func(w *record.Writer)) *record.Snapshot {
	r := record.New(record.Config{Series: len(p.Series), Thresholds: Thresholds(p), Beyond: Beyond(p), WarmupEnd: 100, Shards: 1})
	book(r.Writer(0))
	return r.Snapshot(time.Second, true)
}

// opened books a handshake, and counts.
func opened(counts map[plan.Counter]int64) func(*record.Writer) {
	return func(w *record.Writer) {
		w.Add(record.Sample{Status: 101, Intended: 200, Start: 200, End: 300})
		for c, n := range counts {
			w.Count(0, c, n, 200)
		}
	}
}

func TestTallies(t *testing.T) {
	floor := tallyRule(plan.CountIn, plan.PerSecond, 100)
	floor.AtLeast = true
	type counts = map[plan.Counter]int64
	for name, c := range map[string]struct {
		rule plan.Rule
		book func(*record.Writer)
		want State
		says string
	}{
		"no socket, no disconnects": {tallyRule(plan.CountDisconnects, plan.Absolute, 0), func(*record.Writer) {}, Inconclusive, "no connection stood"},
		"a handshake that failed": {tallyRule(plan.CountDisconnects, plan.Absolute, 0), func(w *record.Writer) {
			w.Add(record.Sample{Class: plan.FailStatus, Intended: 200, Start: 200, End: 300})
		}, Inconclusive, "no connection stood"},
		"a handshake in the warm-up":       {tallyRule(plan.CountDisconnects, plan.Absolute, 0), func(w *record.Writer) { w.Add(record.Sample{Status: 101, End: 50}) }, Pass, ""},
		"no disconnects":                   {tallyRule(plan.CountDisconnects, plan.Absolute, 0), opened(nil), Pass, ""},
		"too many disconnects":             {tallyRule(plan.CountDisconnects, plan.Absolute, 2), opened(counts{plan.CountDisconnects: 3}), Fail, "3 disconnects, at most 2 may be"},
		"as many as may be":                {tallyRule(plan.CountDisconnects, plan.Absolute, 3), opened(counts{plan.CountDisconnects: 3}), Pass, ""},
		"nobody asked":                     {tallyRule(plan.CountUnanswered, plan.Share, 0.01), opened(counts{plan.CountIn: 5}), Inconclusive, "no message that wants a reply was sent"},
		"nobody asked, and none may be":    {tallyRule(plan.CountUnanswered, plan.Absolute, 0), opened(counts{plan.CountIn: 5}), Inconclusive, "no message that wants a reply was sent"},
		"a share met exactly":              {tallyRule(plan.CountUnanswered, plan.Share, 0.07), opened(counts{plan.CountAsked: 100, plan.CountUnanswered: 7}), Pass, ""},
		"a share broken by one":            {tallyRule(plan.CountLate, plan.Share, 0.07), opened(counts{plan.CountAsked: 1000, plan.CountLate: 71}), Fail, "71 of 1,000 late (7.1 %), limit 7 %"},
		"lost ones count as wanted":        {tallyRule(plan.CountLost, plan.Share, 0.1), opened(counts{plan.CountIn: 9, plan.CountLost: 1}), Pass, ""},
		"all is lost":                      {tallyRule(plan.CountLost, plan.Share, 0.1), opened(counts{plan.CountLost: 1}), Fail, "1 of 1 lost (100 %)"},
		"nothing came, nothing duplicated": {tallyRule(plan.CountDuplicated, plan.Absolute, 0), opened(nil), Inconclusive, "no message came"},
		"out of order":                     {tallyRule(plan.CountOutOfOrder, plan.Absolute, 0), opened(counts{plan.CountIn: 9, plan.CountOutOfOrder: 1}), Fail, "1 out of order, at most 0 may be"},
		"enough a second":                  {floor, opened(counts{plan.CountIn: 1000}), Pass, ""},
		"too little a second":              {floor, opened(counts{plan.CountIn: 999}), Fail, "999 received in 10 s are 99.9/s, at least 100/s is wanted"},
		"nothing a second":                 {floor, opened(nil), Fail, "at least 100/s"},
		"no socket, no floor":              {floor, func(*record.Writer) {}, Inconclusive, "no connection stood"},
		"no socket, no ceiling":            {tallyRule(plan.CountOut, plan.PerSecond, 1), func(*record.Writer) {}, Inconclusive, "no connection stood"},
		"a ceiling a second":               {tallyRule(plan.CountOut, plan.PerSecond, 1), opened(counts{plan.CountOut: 11}), Fail, "at most 1/s"},
	} {
		p := socketOf(c.rule)
		j := Judge(p, counting(p, c.book), 10*time.Second)[0]
		if j.State != c.want || !strings.Contains(j.Reason, c.says) {
			t.Errorf("%s: %v, %q", name, j.State, j.Reason)
		}
	}
}

// Requests that succeeded say nothing of a socket judged beside them.
func TestOtherRequestsDoNotOpenASocket(t *testing.T) {
	p := socketOf(tallyRule(plan.CountDisconnects, plan.Absolute, 0))
	p.Series = append(p.Series, plan.Series{Row: 1})
	p.Rows = append(p.Rows, plan.Row{Method: "GET", Name: "/items"})
	p.SLAs[0].Groups = []plan.Judged{{Row: -1, Series: []int{0, 1}}}
	s := counting(p, func(w *record.Writer) {
		w.Add(record.Sample{Series: 1, Status: 200, Intended: 200, Start: 200, Sent: 210, First: 220, End: 300, Connect: 10})
	})
	if j := Judge(p, s, time.Second)[0]; j.State != Inconclusive {
		t.Errorf("%v: %s", j.State, j.Reason)
	}
}

// What a measure's times are judged by is what a response time's would be.
func TestMeasuresAreJudgedAsResponseTimes(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 9))
	rules := []plan.Rule{quantileRule(0.5, 10*ms), quantileRule(0.9, 12*ms), {Name: "max", Metric: plan.Max, Limit: 15 * ms}, {Name: "mean", Metric: plan.Mean, Limit: 10 * ms}}
	for range 300 {
		p, q := planOf(rules...), planOf(rules...)
		q.SLAs[0].Measure = plan.MeasurePing
		top := 8 + rng.Int64N(12)
		samples, timeouts := make([]int64, rng.IntN(80)), rng.IntN(3)
		for i := range samples {
			samples[i] = rng.Int64N(top) * ms
		}
		want := Judge(p, counting(p, func(w *record.Writer) {
			for _, v := range samples {
				w.Add(record.Sample{Status: 200, Intended: 200, Start: 200, End: 200 + v})
			}
			for range timeouts {
				w.Add(record.Sample{Class: plan.FailTimeout, Intended: 200, Start: 200, End: 200 + 9*ms})
			}
		}), time.Second)
		got := Judge(q, counting(q, func(w *record.Writer) {
			for _, v := range samples {
				w.Measure(0, plan.MeasurePing, v, 200)
			}
			for range timeouts {
				w.Unmet(0, plan.MeasurePing, 9*ms, 200)
			}
		}), time.Second)
		for i := range want {
			if len(samples)+timeouts == 0 {
				want[i].Reason = "no sample of ping"
			}
			if want[i] != got[i] {
				t.Fatalf("%d and %d timeouts:\n%+v\n%+v", len(samples), timeouts, want[i], got[i])
			}
		}
	}
}

// Connections are no good news where nothing succeeds over them.
func TestPhasesNeedASuccess(t *testing.T) {
	p := socketOf(quantileRule(0.5, 1e9))
	p.SLAs[0].Measure = plan.MeasureConnect
	for ok, want := range []State{Inconclusive, Pass} {
		j := Judge(p, counting(p, func(w *record.Writer) {
			for i := range 10 {
				s := record.Sample{Status: 101, Intended: 200, Start: 200, End: 300}
				if i >= ok {
					s.Class, s.Status = plan.FailStatus, 403
				}
				w.Add(s)
				w.Measure(0, plan.MeasureConnect, ms, 200)
			}
		}), time.Second)[0]
		if j.State != want {
			t.Errorf("%d of 10 succeeded: %v %s", ok, j.State, j.Reason)
		}
	}
}

func TestRecoveryNeedsEveryLossRecovered(t *testing.T) {
	p := socketOf(quantileRule(0.5, 1e9))
	p.SLAs[0].Measure = plan.MeasureRecovery
	for losses, want := range map[int64]State{10: Pass, 11: Inconclusive} {
		j := Judge(p, counting(p, func(w *record.Writer) {
			w.Count(0, plan.CountDisconnects, losses, 200)
			for range 10 {
				w.Measure(0, plan.MeasureRecovery, ms, 200)
			}
		}), time.Second)[0]
		if j.State != want {
			t.Errorf("%d losses: %v %s", losses, j.State, j.Reason)
		}
	}
}

func TestMeasuresNameThemselves(t *testing.T) {
	p := socketOf(quantileRule(0.95, 500*ms), tallyRule(plan.CountLate, plan.Share, 0.01), tallyRule(plan.CountDisconnects, plan.Absolute, 3), tallyRule(plan.CountIn, plan.PerSecond, 7))
	p.SLAs[0].Measure = plan.MeasureConnect
	want := []string{"p95 of connect ≤ 500 ms", "late ≤ 1 %", "disconnects ≤ 3", "received ≤ 7/s"}
	for i, r := range p.SLAs[0].Rules {
		if got := describe(plan.MeasureConnect, r); got != want[i] {
			t.Errorf("%q, want %q", got, want[i])
		}
	}
	if got := Thresholds(p)[0]; len(got) != 0 {
		t.Errorf("response times beyond %v are counted for nobody", got)
	}
	if got := Beyond(p)[0]; len(got) != 1 || got[0].Measure != plan.MeasureConnect || got[0].Thresholds[0] != 500*ms {
		t.Errorf("asked for %+v", got)
	}
}

// Windows of counters are those of a brute force over the ticks they hold.
func TestWindowsOfTallies(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 2))
	const length, ticks = 3, 40
	rules := []plan.Rule{tallyRule(plan.CountUnanswered, plan.Share, 0.25), tallyRule(plan.CountDisconnects, plan.Absolute, 2), tallyRule(plan.CountIn, plan.PerSecond, 3)}
	rules[2].AtLeast = true
	for range 50 {
		p := socketOf(rules...)
		p.SLAs[0].Window = &plan.Window{Length: length * time.Second, AllBut: 1000}
		r := record.New(record.Config{Series: 1, Shards: 1})
		w := NewWindows(p, time.Second)
		var per [ticks][plan.NumCounters]int64
		first := rng.IntN(10)
		for tick := range ticks {
			for _, c := range []plan.Counter{plan.CountAsked, plan.CountUnanswered, plan.CountDisconnects, plan.CountIn} {
				if tick >= first && rng.IntN(2) == 0 {
					per[tick][c] = 1 + rng.Int64N(4)
				}
				r.Writer(0).Count(0, c, per[tick][c], 0)
			}
			w.Observe(r.Snapshot(time.Duration(tick+1)*time.Second, false), time.Hour, 0)
		}
		w.Finish(0)
		js := []Judgement{{Rule: 0}, {Rule: 1}, {Rule: 2}}
		w.Apply(js)
		for i, rule := range rules {
			var decided, broken int64
			for end := length; end <= ticks; end++ {
				var n, base int64
				seen := false
				for tick := range end {
					seen = seen || per[tick] != [plan.NumCounters]int64{}
					if tick >= end-length {
						n += per[tick][rule.Counter]
						base += per[tick][rule.Counter.Base()]
					}
				}
				bad := n > 2
				switch rule.Scale {
				case plan.Share:
					seen, bad = base > 0, 4*n > base
				case plan.PerSecond:
					bad = n < 3*length
				}
				if seen {
					decided++
					if bad {
						broken++
					}
				}
			}
			if f := js[i].Windows; f.Whole != ticks-length+1 || f.Decided != decided || f.Broken != broken {
				t.Fatalf("%s: %+v, want %d decided and %d broken", rule.Name, f, decided, broken)
			}
		}
	}
}

func TestRequestsCutOffCouldBeUnanswered(t *testing.T) {
	p := socketOf(tallyRule(plan.CountUnanswered, plan.Share, 0.02), tallyRule(plan.CountDisconnects, plan.Absolute, 0))
	js := Judge(p, counting(p, opened(map[plan.Counter]int64{plan.CountAsked: 100, plan.CountUnanswered: 2})), time.Second)
	c := Conditions{Books: Books{Intended: 101, Succeeded: 100, InFlight: 1}, Recorded: 100}
	v := Decide(p, js, c)
	if v.State != Inconclusive || !strings.Contains(strings.Join(v.Reasons, "\n"), "not if the 1 cut off were unanswered") {
		t.Errorf("%v %q", v.State, v.Reasons)
	}
	c.Books = Books{Intended: 100, Succeeded: 100}
	if v := Decide(p, js, c); v.State != Pass {
		t.Errorf("%v %q", v.State, v.Reasons)
	}
	bad := Judge(p, counting(p, opened(map[plan.Counter]int64{plan.CountAsked: 100, plan.CountUnanswered: 9})), time.Second)
	c.Saturated = []string{"short of CPU"}
	if v := Decide(p, bad, c); v.State != Inconclusive {
		t.Errorf("a starved generator accuses the target: %v %q", v.State, v.Reasons)
	}
}
