package sla

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// metricPlan is a request's series and two of a metric, the latter judged
// together.
func metricPlan(unit plan.Unit, rules ...plan.Rule) *plan.Plan {
	for i := range rules {
		rules[i].Unit = unit
	}
	return &plan.Plan{
		Series: []plan.Series{{}, {Kind: plan.MetricSeries, Row: 1}, {Kind: plan.MetricSeries, Row: 1}},
		Rows:   []plan.Row{{Method: "GET", Name: "/items"}, {Kind: plan.MetricSeries, Name: "queued", Unit: unit}},
		SLAs:   []plan.SLA{{Name: "queue", Groups: []plan.Judged{{Row: 1, Series: []int{1, 2}}}, Rules: rules}},
	}
}

func judgedValues(p *plan.Plan, values ...float64) Judgement {
	return Judge(p, valuesSnapshot(p, values...), time.Second)[0]
}

func valuesSnapshot(p *plan.Plan, values ...float64) *record.Snapshot {
	r := record.New(record.Config{Series: len(p.Series), Thresholds: Thresholds(p), Limits: Limits(p), Shards: 2})
	for i, v := range values {
		r.Writer(i).Add(sample(9 * ms)) // latencies are no business of it
		r.Writer(i).Record(int32(1+i%2), v, 0)
	}
	return r.Snapshot(time.Second, true)
}

func maxRule(limit float64) plan.Rule { return plan.Rule{Name: "max", Metric: plan.Max, Limit: limit} }

func meanRule(limit float64) plan.Rule {
	return plan.Rule{Name: "mean", Metric: plan.Mean, Limit: limit}
}

func TestMetricsAreJudgedByTheirValues(t *testing.T) {
	for _, c := range []struct {
		name   string
		unit   plan.Unit
		rule   plan.Rule
		values []float64
		want   State
		reason string
	}{
		{"none", plan.UnitNumber, maxRule(5), nil, Inconclusive, "nothing was recorded"},
		{"at the limit", plan.UnitNumber, maxRule(5), []float64{5, 4}, Pass, ""},
		{"just above", plan.UnitNumber, maxRule(5), []float64{5, math.Nextafter(5, 6)}, Fail, "1 of 2 values were above 5"},
		{"only one", plan.UnitNumber, maxRule(0), []float64{0.25}, Fail, "1 of 1 value was above 0"},
		{"none is allowed, none is there", plan.UnitNumber, maxRule(0), []float64{0, 0}, Pass, ""},
		{"a median of too few", plan.UnitSeconds, quantileRule(0.5, 100*ms), []float64{1, 2, 3, 4}, Inconclusive, "needs 5 samples, has 4"},
		{"a median", plan.UnitSeconds, quantileRule(0.5, 100*ms), []float64{1, 2, 100 * ms, 1e12, 1e12}, Pass, ""},
		{"a median above", plan.UnitSeconds, quantileRule(0.5, 100*ms), []float64{1, 2, 100*ms + 1, 1e12, 1e12}, Fail, "3 of 5 values were above 100 ms"},
		{"few, but broken", plan.UnitSeconds, quantileRule(0.5, 100*ms), []float64{1e12}, Fail, "1 of 1 value was above 100 ms"},
		{"a mean of tenths", plan.UnitRatio, meanRule(0.1), slices.Repeat([]float64{0.1}, 10), Pass, ""},
		{"a mean above", plan.UnitRatio, meanRule(0.1), []float64{0.1, 0.2}, Fail, "mean of 15.0 % over 2 values, limit 10 %"},
		{"bytes", plan.UnitBytes, maxRule(65536), []float64{65536.5, 1}, Fail, "1 of 2 values were above 64 KiB"},
	} {
		j := judgedValues(metricPlan(c.unit, c.rule), c.values...)
		if j.State != c.want || j.Reason != c.reason || j.Samples != int64(len(c.values)) || j.Valid != (len(c.values) > 0) {
			t.Errorf("%s: %v %q with %d samples, want %v %q", c.name, j.State, j.Reason, j.Samples, c.want, c.reason)
		}
	}
}

func TestMetricsAreJudgedAsTheSortedList(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	seen := map[State]int{}
	for range 3000 {
		values := make([]float64, 1+rng.IntN(120))
		for i := range values {
			values[i] = float64(rng.IntN(12)) / 4
		}
		limit := float64(rng.IntN(12)) / 4
		p := []float64{0.5, 0.9, 0.95, 0.99}[rng.IntN(4)]
		j := judgedValues(metricPlan(plan.UnitNumber, quantileRule(p, limit)), values...)
		slices.Sort(values)
		n := int64(len(values))
		want := Fail
		if values[record.Rank(p, n)-1] <= limit {
			want = Pass
			if n < Needed(quantileRule(p, 0)) {
				want = Inconclusive
			}
		}
		if j.State != want {
			t.Fatalf("p%v ≤ %v of %v is %v, want %v", 100*p, limit, values, j.State, want)
		}
		seen[j.State]++
	}
	if len(seen) != 3 {
		t.Errorf("not every state came: %v", seen)
	}
}

func TestLimitsAndThresholdsAreApart(t *testing.T) {
	p := metricPlan(plan.UnitNumber, quantileRule(0.95, 7), maxRule(2.5), maxRule(7), meanRule(1))
	p.SLAs = append(p.SLAs, plan.SLA{Groups: []plan.Judged{{Series: []int{0}}}, Rules: []plan.Rule{maxRule(20)}})
	if got := Limits(p); !cmp.Equal(got, [][]float64{nil, {2.5, 7}, {2.5, 7}}) {
		t.Errorf("limits = %v", got)
	}
	if got := Thresholds(p); !cmp.Equal(got, [][]int64{{20}, nil, nil}) {
		t.Errorf("thresholds = %v", got)
	}
}

func TestDecideWithMetrics(t *testing.T) {
	rules := []plan.Rule{quantileRule(0.95, 500*ms), maxRule(900 * ms)}
	p := metricPlan(plan.UnitSeconds, rules...)
	js := []Judgement{
		{State: Pass, Valid: true, Samples: 100, Over: 5, Needed: 59},
		{Rule: 1, State: Pass, Valid: true, Samples: 100, Needed: 1},
	}
	c := Conditions{Books: Books{Intended: 200, Succeeded: 200}, Recorded: 200, UsersStarted: 1}
	if v := Decide(p, js, c); v.State != Pass {
		t.Errorf("%+v", v)
	}
	c.Books = Books{Intended: 201, Succeeded: 200, InFlight: 1}
	v := Decide(p, js, c)
	for _, want := range []string{
		`sla "queue", queued, p95 ≤ 500 ms is met by 100 samples, but not if the 1 cut off or missed were above it`,
		"max ≤ 900 ms is met by 100 samples, but what the 1 cut off would have recorded is unknown",
	} {
		if v.State != Inconclusive || !strings.Contains(strings.Join(v.Reasons, "\n"), want) {
			t.Errorf("%q is not said: %+v", want, v)
		}
	}
}
