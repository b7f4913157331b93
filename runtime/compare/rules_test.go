package compare

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// push is a run of a stream: what an answer takes, in which seconds it takes
// longer, what its pings take, and how many of its messages come too late.
type push struct {
	slower, pings, disordered float64
}

const (
	pushSeconds = 120
	pushName    = "WS /push"
)

// run has a rule of each kind for the stream.
func (p push) run(seed uint64) *results.Run {
	r := rand.New(rand.NewPCG(seed, 3))
	rec := record.New(record.Config{Series: 1, Shards: 1, Beyond: [][]record.Beyond{{{Measure: plan.MeasurePing}}}})
	w := rec.Writer(0)
	time100 := func(factor float64) int64 { return int64(1e8 * factor * math.Exp(0.3*r.NormFloat64())) }
	var seconds []*results.Second
	for t := range pushSeconds {
		factor := 1.0
		if t >= pushSeconds/2 {
			factor = p.slower
		}
		for range 40 {
			w.Add(record.Sample{End: time100(factor), Sent: 1, First: 2})
			w.Measure(0, plan.MeasurePing, time100(p.pings), 0)
			w.Count(0, plan.CountIn, 1, 0)
			if r.Float64() < p.disordered {
				w.Count(0, plan.CountOutOfOrder, 1, 0)
			}
		}
		snap := rec.Snapshot(time.Duration(t+1)*time.Second, false)
		seconds = append(seconds, &results.Second{At: time.Duration(t) * time.Second, Length: time.Second, Users: 4, Rows: snap.Recent})
	}
	total := rec.Snapshot(pushSeconds*time.Second, true).Total[0]
	rule := func(name, rule, metric string, change func(*report.SLA)) report.SLA {
		one := report.Num(1)
		s := report.SLA{Name: name, Rule: rule, Metric: metric, Measure: "response", Unit: "ms", All: []report.Judged{{Request: pushName, State: text.Pass, Measured: &one}}}
		change(&s)
		return s
	}
	p95 := func(s *report.SLA) { q := report.Num(0.95); s.Quantile = &q }
	half := report.Ms(pushSeconds / 2 * time.Second)
	run := &results.Run{Dir: "run", Report: &report.Report{SLAs: []report.SLA{
		rule("first half", "p95", "percentile", func(s *report.SLA) { p95(s); s.Stages = []report.StageTime{{Name: "one", End: half}} }),
		rule("second half", "p95", "percentile", func(s *report.SLA) {
			p95(s)
			s.Stages = []report.StageTime{{Name: "two", Begin: half, End: 2 * half}}
		}),
		rule("pings", "p95", "percentile", func(s *report.SLA) { p95(s); s.Measure = "ping" }),
		rule("order", "out_of_order", "counter", func(s *report.SLA) { s.Unit = "number" }),
		rule("messages", "received_per_second", "counter", func(s *report.SLA) { s.Unit, s.Floor = "per_s", true }),
		rule("worst", "max", "max", func(*report.SLA) {}),
	}}}
	run.Rows = []results.Row{{Kind: plan.RequestSeries, Method: "WS", Name: "/push", Label: pushName, Total: total}}
	run.Each = func(visit func(*results.Second) error) error {
		for _, s := range seconds {
			if err := visit(s); err != nil {
				return err
			}
		}
		return nil
	}
	return run
}

// Rules on stages, on other times than the response time and on counters are
// compared as whole requests are; what one answer decides is not.
func TestRulesOfAllKindsAreCompared(t *testing.T) {
	steady := push{slower: 1, pings: 1, disordered: 0.05}
	base := one(steady.run(1))
	for _, c := range []struct {
		name string
		now  push
		want map[string]Word // all others: no difference
	}{
		{"a repeat", steady, nil},
		{"slower in the second half", push{1.3, 1, 0.05}, map[string]Word{"second half": Worse}},
		{"quicker pings", push{1, 0.7, 0.05}, map[string]Word{"pings": Better}},
		{"out of order", push{1, 1, 0.15}, map[string]Word{"order": Worse}},
	} {
		got := compared(t, base, one(c.now.run(2)))
		for _, s := range got.SLAs {
			want := Same
			switch w, named := c.want[s.SLA]; {
			case s.SLA == "worst":
				want = Not
			case named:
				want = w
			}
			if s.Change.Word != want {
				t.Errorf("%s: %s %s is %q (%s), want %q", c.name, s.SLA, s.Rule, s.Change.Word, s.Change.Reason, want)
			}
			if want == Not && s.Change.Reason == "" {
				t.Errorf("%s: nobody says why %s is not compared", c.name, s.SLA)
			}
		}
	}
}

// What was made on neither side is named once, and is no request that could
// not be compared.
func TestUnmadeRequests(t *testing.T) {
	run := func(seed uint64) []*results.Run {
		r := (push{slower: 1, pings: 1}).run(seed)
		r.Rows = append(r.Rows, results.Row{Kind: plan.RequestSeries, Method: "GET", Name: "/never", Label: "GET /never"})
		return one(r)
	}
	c := compared(t, run(1), run(2))
	if len(c.Requests) != 1 || len(c.Unmade) != 1 || c.Unmade[0] != "GET /never" {
		t.Errorf("%d requests, not made %q", len(c.Requests), c.Unmade)
	}
}
