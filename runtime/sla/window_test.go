package sla

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// feed makes snapshots of what is said to have ended in each tick, with one
// recorder for all of them.
type feed struct {
	recorder *record.Recorder
	at       time.Duration
}

// event is one finished request, or one value of a metric.
type event struct {
	class plan.ErrorClass
	took  int64
	value float64 // of a metric; took is not used then
	of    int     // 0 for a request, 1 for the metric
}

func (f *feed) snapshot(at time.Duration, events []event) *record.Snapshot {
	for _, e := range events {
		if e.of == 1 {
			f.recorder.Writer(0).Record(1, e.value, 0)
			continue
		}
		s := sample(e.took)
		s.Class = e.class
		f.recorder.Writer(0).Add(s)
	}
	f.at += time.Second
	s := f.recorder.Snapshot(f.at, false)
	return &record.Snapshot{At: at, Total: s.Recent, Recent: s.Recent, Metrics: s.RecentMetrics, RecentMetrics: s.RecentMetrics}
}

// happening is what ended in a tick, as events and as snapshots hold it.
type happening struct {
	requests, values []event
	snapshot         *record.Snapshot
}

// pool are ticks to choose from, in groups that are about as busy and as bad.
func (f *feed) pool(r *rand.Rand) (groups [][]happening) {
	for busy := range 8 {
		for range 6 {
			bad := r.Float64()
			var group []happening
			for range 25 {
				var h happening
				for range r.IntN(busy + 1) {
					h.requests = append(h.requests, randomRequest(r, bad))
					h.values = append(h.values, randomValue(r, bad))
				}
				h.snapshot = f.snapshot(0, slices.Concat(h.requests, h.values))
				group = append(group, h)
			}
			groups = append(groups, group)
		}
	}
	return groups
}

func randomRequest(r *rand.Rand, bad float64) event {
	e := event{took: edges[r.IntN(2)]}
	if r.Float64() < bad/2 {
		e.took = edges[1] + r.Int64N(2)*5*ms
	}
	switch r.IntN(12) {
	case 0:
		e.class = plan.FailTimeout
	case 1:
		e.class = plan.FailStatus
	case 2:
		if r.IntN(8) == 0 {
			e.class = plan.FailInternal
		}
	}
	return e
}

func randomValue(r *rand.Rand, bad float64) event {
	e := event{of: 1, value: []float64{0.1, 0.1, 0.1, 0.1, 0.3}[r.IntN(5)]}
	if r.Float64() < bad/4 {
		e.value = 0.4
	}
	return e
}

// together is the snapshot of two ticks of which the first was not taken.
func together(a, b *record.Snapshot) *record.Snapshot {
	if a == nil {
		return b
	}
	both := &record.Snapshot{Recent: make([]*record.Stats, 2), RecentMetrics: make([]*record.Values, 2)}
	for i := range 2 {
		both.Recent[i] = record.Merge(a.Recent[i], b.Recent[i])
		both.RecentMetrics[i] = record.MergeValues(a.RecentMetrics[i], b.RecentMetrics[i])
	}
	return both
}

// windowCase is a random run, with one rule.
type windowCase struct {
	rule    plan.Rule
	window  plan.Window
	warmup  time.Duration
	stages  []plan.StageTime
	until   time.Duration
	ticks   []happening // what ended up to each tick
	late    []bool      // ticks that came too late to be an edge
	missing []bool      // ticks that were not taken at all
	missed  []int64
	cut     int64
}

func (c *windowCase) plan() *plan.Plan {
	group := plan.Judged{Row: -1, Series: []int{0}}
	if c.rule.Unit != plan.UnitNone {
		group.Series = []int{1}
	}
	return &plan.Plan{
		Series:  []plan.Series{{}, {Kind: plan.MetricSeries}},
		Profile: plan.Profile{Warmup: c.warmup},
		SLAs:    []plan.SLA{{Name: "w", Window: &c.window, Stages: c.stages, Groups: []plan.Judged{group}, Rules: []plan.Rule{c.rule}}},
	}
}

var edges = []int64{ms, 5 * ms, 10 * ms}

func randomCase(r *rand.Rand, pool [][]happening) *windowCase {
	ceiling := func(m plan.Metric, limit float64) plan.Rule { return plan.Rule{Metric: m, Limit: limit} }
	rules := []plan.Rule{
		quantileRule(0.5, 5*ms), quantileRule(0.75, 5*ms), quantileRule(0.9, 5*ms),
		ceiling(plan.Max, 5*ms), ceiling(plan.Mean, 4*ms), ceiling(plan.Mean, 16e6/3),
		ceiling(plan.ErrorRate, 0.25), ceiling(plan.ErrorRate, 0.07),
		{Metric: plan.Throughput, Limit: 3, AtLeast: true}, {Metric: plan.Throughput, Limit: 4.5},
		{Metric: plan.Quantile, Quantile: 0.5, Unit: plan.UnitNumber, Limit: 0.1},
		{Metric: plan.Mean, Unit: plan.UnitNumber, Limit: 0.1},
		{Metric: plan.Max, Unit: plan.UnitNumber, Limit: 0.3},
	}
	c := &windowCase{rule: rules[r.IntN(len(rules))]}
	n := 1 + r.IntN(24)
	c.window = plan.Window{Length: time.Duration(1+r.IntN(8)) * time.Second}
	if r.IntN(2) == 0 {
		c.window.AllBut = r.Int64N(4)
		c.window.For = time.Duration(r.Int64N(9)) * 500 * time.Millisecond
	}
	c.until = time.Duration(n) * time.Second
	if r.IntN(3) == 0 {
		c.warmup = time.Duration(r.Int64N(4000)) * time.Millisecond
		c.until -= time.Duration(r.Int64N(2500)) * time.Millisecond
	}
	if r.IntN(4) == 0 {
		c.cut = r.Int64N(3)
	}
	group := pool[r.IntN(len(pool))]
	for range n {
		c.ticks = append(c.ticks, group[r.IntN(len(group))])
		c.late = append(c.late, r.IntN(20) == 0)
		c.missing = append(c.missing, r.IntN(25) == 0)
		c.missed = append(c.missed, max(0, r.Int64N(40)-37))
	}
	return c
}

// observed is what Windows makes of a case.
func (c *windowCase) observed() (State, Windowed) {
	p := c.plan()
	w := NewWindows(p, time.Second)
	var news *record.Snapshot
	missed := int64(0)
	for i, h := range c.ticks {
		news, missed = together(news, h.snapshot), missed+c.missed[i]
		if c.missing[i] {
			continue
		}
		s := *news
		s.At = time.Duration(i+1) * time.Second
		if c.late[i] {
			s.At += 300 * time.Millisecond
		}
		w.Observe(&s, c.until, missed)
		news, missed = nil, 0
	}
	if news != nil { // at the end somebody looks, though not at a tick
		s := *news
		s.At = time.Duration(len(c.ticks))*time.Second + 400*time.Millisecond
		w.Observe(&s, c.until, missed)
	}
	w.Finish(c.cut)
	js := []Judgement{{State: Pass}}
	w.Apply(js)
	return js[0].State, *js[0].Windows
}

// The rings say of every window what its samples say by themselves.
func TestWindowsEqualBruteForce(t *testing.T) {
	f := &feed{recorder: record.New(record.Config{Series: 2, Thresholds: [][]int64{edges, nil}, Limits: [][]float64{nil, {0.1, 0.3}}, Shards: 1})}
	pool := f.pool(rand.New(rand.NewPCG(1, 2)))
	seen := map[State]int{}
	saved := 0
	for seed := range uint64(10_000) {
		c := randomCase(rand.New(rand.NewPCG(seed, 5)), pool)
		state, got := c.observed()
		wantState, want := c.brute()
		if diff := gocmp.Diff(want, got, cmpopts.IgnoreFields(Windowed{}, "Worst", "Run", "Now")); diff != "" || state != wantState {
			t.Fatalf("seed %d, %v in windows of %v: %v, want %v\n%s", seed, c.rule, c.window, state, wantState, diff)
		}
		seen[state]++
		if state == Pass && got.Broken > 0 {
			saved++
		}
	}
	if seen[Pass] < 500 || seen[Fail] < 500 || seen[Inconclusive] < 500 || saved < 50 {
		t.Errorf("the cases are one-sided: %v, %d pass with broken windows", seen, saved)
	}
}

// series runs ticks of one request each, slow where a letter is x, and none
// where it is a dot.
func series(f *feed, ticks string, w plan.Window) Judgement {
	c := windowCase{window: w, rule: maxRule(5 * ms)}
	p := c.plan()
	windows := NewWindows(p, time.Second)
	for i, ch := range ticks {
		var events []event
		switch ch {
		case 'x':
			events = []event{{took: 10 * ms}}
		case '-':
			events = []event{{took: ms}}
		}
		windows.Observe(f.snapshot(time.Duration(i+1)*time.Second, events), time.Hour, 0)
	}
	js := []Judgement{{State: Pass}}
	windows.Apply(js)
	return js[0]
}

// For is the time from the end of the first window of a row of broken ones to
// the end of the last: two windows that follow on one another last a second.
func TestForCountsFromTheFirstBrokenWindow(t *testing.T) {
	f := &feed{recorder: record.New(record.Config{Series: 2, Thresholds: [][]int64{edges, nil}, Shards: 1})}
	for _, c := range []struct {
		ticks   string
		lasts   time.Duration
		allBut  int64
		broken  int64
		counted int64
		want    State
	}{
		{"----------", 0, 0, 0, 0, Pass},
		{"---x------", 0, 0, 2, 2, Fail},           // in windows of 2 s, one slow second breaks two
		{"---x------", time.Second, 0, 2, 2, Fail}, // from the first to the second is 1 s
		{"---x------", time.Second + 1, 0, 2, 0, Pass},
		{"---xx-----", 2 * time.Second, 0, 3, 3, Fail},
		{"---x-x----", 3 * time.Second, 0, 4, 4, Fail},         // they overlap
		{"---x--x---", 2 * time.Second, 0, 4, 0, Pass},         // one kept between ends the row
		{"---x..x---", 2 * time.Second, 0, 4, 0, Inconclusive}, // one undecided too; 8 of 9 are too few
		{"---xxx----", 2 * time.Second, 4, 4, 4, Pass},
		{"---xxx----", 2 * time.Second, 3, 4, 4, Fail},
		{"x-----xx--", 2 * time.Second, 0, 4, 3, Fail}, // the first is of one window: none is older
		{"---------x", 0, 0, 1, 1, Fail},
		{"---------x", time.Second, 0, 1, 0, Pass},
	} {
		j := series(f, c.ticks, plan.Window{Length: 2 * time.Second, For: c.lasts, AllBut: c.allBut})
		if j.State != c.want || j.Windows.Broken != c.broken || j.Windows.Counted != c.counted || j.Windows.Whole != 9 {
			t.Errorf("%s for %v, all but %d: %v, %+v", c.ticks, c.lasts, c.allBut, j.State, *j.Windows)
		}
	}
}

func TestWindowsInWords(t *testing.T) {
	f := &feed{recorder: record.New(record.Config{Series: 2, Thresholds: [][]int64{edges, nil}, Shards: 1})}
	for _, c := range []struct {
		ticks  string
		window plan.Window
		want   string
	}{
		{"-", plan.Window{Length: 2 * time.Second}, "no whole window of 2 s has passed"},
		{"--", plan.Window{Length: 2 * time.Second}, "kept in 1 window of 2 s; worst 0:00–0:02: 0 of 2 took longer than 5 ms (0 %)"},
		{"----..--", plan.Window{Length: 2 * time.Second}, "kept in 6 of 7 windows of 2 s, too few samples in 1; worst 0:00–0:02: 0 of 2 took longer than 5 ms (0 %)"},
		{"--xx..--", plan.Window{Length: 2 * time.Second, AllBut: 2, For: time.Second}, "broken in 3 of 7 windows of 2 s, 3 of them for 1 s or longer (2 may be), too few samples in 1; worst 0:02–0:04: 2 of 2 took longer than 5 ms (100 %)"},
	} {
		j := series(f, c.ticks, c.window)
		if got := j.Windows.Words(maxRule(5*ms), c.window); got != c.want {
			t.Errorf("%s: %q, want %q", c.ticks, got, c.want)
		}
	}
}

func TestWholeRunStandsBesideWindows(t *testing.T) {
	kept := []Judgement{{State: Fail, Reason: "1 of 9 took longer"}, {State: Inconclusive, Reason: "needs 5 samples, has 4"}, {State: Pass}}
	f := &feed{recorder: record.New(record.Config{Series: 2, Thresholds: [][]int64{edges, nil}, Shards: 1})}
	c := windowCase{window: plan.Window{Length: time.Second}, rule: maxRule(5 * ms)}
	for i, want := range []string{"over the whole run: 1 of 9 took longer", "over the whole run: needs 5 samples, has 4", ""} {
		w := NewWindows(c.plan(), time.Second)
		w.Observe(f.snapshot(time.Second, []event{{took: ms}}), time.Hour, 0)
		js := []Judgement{kept[i]}
		w.Apply(js)
		if js[0].State != kept[i].State || js[0].Reason != want || js[0].Windows.Run != kept[i].State {
			t.Errorf("%v %q, want %q", js[0].State, js[0].Reason, want)
		}
	}
}
