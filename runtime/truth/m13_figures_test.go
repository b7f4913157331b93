package truth

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/sla"
)

// The experiments of docs/measurement.md that need samples and no run: how
// figures are merged and judged.

func success(series int32, d int64) record.Sample {
	return record.Sample{Series: series, Status: 200, Sent: 1, First: d / 2, End: d}
}

// shapes are laws that latencies follow, in ns.
var shapes = []func(r *rand.Rand) int64{
	func(r *rand.Rand) int64 { return int64(r.ExpFloat64() * 2e7) },
	func(r *rand.Rand) int64 { return int64(math.Exp(r.NormFloat64()) * 1e7) },
	func(r *rand.Rand) int64 { return int64(min(1e6*math.Pow(1-r.Float64(), -1/1.1), 6e10)) },
	func(r *rand.Rand) int64 { return []int64{5e6, 5e7, 5e8}[r.IntN(3)] },
}

// TestM13_MergedIsPooled (M13): 10⁵ samples (10⁷ with -full) over 64 shards, in any order and
// in many snapshots, give bucket for bucket what one shard gives, and the
// sorted list's percentiles: exact count, sum, least and longest, and never
// below, nor more than 0.1 % (or 64 ns) above it.
func TestM13_MergedIsPooled(t *testing.T) {
	n := 100_000
	switch {
	case *full:
		n = 10_000_000
	case raced:
		n = 20_000
	}
	r := rand.New(rand.NewPCG(13, 1))
	one := record.New(record.Config{Series: 1, Shards: 1})
	many := record.New(record.Config{Series: 1, Shards: 64})
	values := make([]int64, n)
	var sum int64
	for i := range values {
		values[i] = shapes[r.IntN(len(shapes))](r)
		sum += values[i]
		one.Writer(0).Add(success(0, values[i]))
	}
	r.Shuffle(n, func(i, j int) { values[i], values[j] = values[j], values[i] })
	var parts []*record.Stats
	for i, v := range values {
		many.Writer(r.IntN(64)).Add(success(0, v))
		if i%(n/20) == n/20-1 {
			parts = append(parts, many.Snapshot(0, false).Recent[0])
		}
	}
	whole, split := one.Snapshot(sec, true).Total[0], many.Snapshot(sec, true).Total[0]
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	for name, s := range map[string]*record.Stats{"64 shards": split, "snapshots in another order": record.Merge(parts...)} {
		if d := cmp.Diff(whole.Buckets(), s.Buckets()); d != "" {
			t.Errorf("%s: other buckets:\n%.2000s", name, d)
		}
		if s.OK != int64(n) || s.Sum() != sum || s.Min() != slices.Min(values) || s.Max() != slices.Max(values) {
			t.Errorf("%s: %d samples, sum %d, from %d to %d", name, s.OK, s.Sum(), s.Min(), s.Max())
		}
	}
	slices.Sort(values)
	for _, p := range []float64{0, 0.001, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 1} {
		k := max(1, int(math.Ceil(p*float64(n)-1e-6)))
		want, got := values[k-1], split.Quantile(p).Ns
		if got < want || got > want+max(want/1000, 64) {
			t.Errorf("p%v is %d, of the sorted list %d", p*100, got, want)
		}
	}
}

// TestM28_PercentilesAreNotAveraged (M28): one generator saw 10 ms 10⁵ times,
// another 1 s 10³ times. Together p99 is 10 ms and p99.9 1 s, as of the pooled
// list; the mean of their p99s, 505 ms, is nobody's.
func TestM28_PercentilesAreNotAveraged(t *testing.T) {
	stats := func(n int, d time.Duration) *record.Stats {
		r := record.New(record.Config{Series: 1})
		for i := range n {
			r.Writer(i).Add(success(0, int64(d)))
		}
		return r.Snapshot(0, true).Total[0]
	}
	s := record.Merge(stats(100_000, 10*ms), stats(1000, sec))
	for p, want := range map[float64]time.Duration{0.5: 10 * ms, 0.99: 10 * ms, 0.999: sec} {
		if got := time.Duration(s.Quantile(p).Ns); got < want || got > want+want/1000 {
			t.Errorf("p%v is %v, want %v", p*100, got, want)
		}
	}
}

// edge is one random verdict case: values that lie on, just below and just
// above each other, timeouts, failures, over several series and shards.
type edge struct {
	values           []int64 // of successes, ascending
	timeouts, errors int64
	snapshot         *record.Snapshot
}

// edges are 1 ns apart around a second, so that a rounded figure decides
// wrongly as often as not.
var edges = []int64{1, 999_999_999, 1_000_000_000, 1_000_000_001, 1_001_000_000}

func newEdge(r *rand.Rand) edge {
	const series = 3
	config := record.Config{Series: series, Shards: 1 + r.IntN(4)}
	for range series {
		config.Thresholds = append(config.Thresholds, thresholds())
	}
	rec := record.New(config)
	n := []int{0, 1, 19, 20, 21, 58, 59, 60, 99, 100, 101, 298, 299, 300, 500}[r.IntN(15)]
	var e edge
	slow := r.Float64() * 0.2
	for range n {
		w, s := rec.Writer(r.IntN(8)), int32(r.IntN(series))
		switch x := r.Float64(); {
		case x < 0.01:
			e.timeouts++
			w.Add(record.Sample{Series: s, Class: plan.FailTimeout, End: r.Int64N(2e9)})
		case x < 0.03:
			e.errors++
			w.Add(record.Sample{Series: s, Class: plan.FailStatus, Status: 500, End: 1})
		case x < 0.03+slow:
			e.values = append(e.values, edges[2+r.IntN(3)])
			w.Add(success(s, e.values[len(e.values)-1]))
		default:
			e.values = append(e.values, edges[r.IntN(3)])
			w.Add(success(s, e.values[len(e.values)-1]))
		}
	}
	slices.Sort(e.values)
	e.snapshot = rec.Snapshot(sec, true)
	return e
}

// thresholds are the limits of ceilings and of floors ("at least T" is broken
// by what takes T − 1 or less).
func thresholds() (list []int64) {
	for _, v := range edges {
		list = append(list, v-1, v)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// TestM16_VerdictsAtTheEdge (M16): 10⁵ random verdicts, from samples to PASS,
// FAIL or INCONCLUSIVE, against a sorted list and rational arithmetic: values
// at T − 1 ns, T and T + 1 ns, ratios at k/n exactly, quantiles with as many
// samples as they need and with one less. No disagreement.
func TestM16_VerdictsAtTheEdge(t *testing.T) {
	const each = 500
	sets := 200
	if raced {
		sets = 40
	}
	r := rand.New(rand.NewPCG(16, 16))
	seen := map[sla.State]int{}
	for range sets {
		e := newEdge(r)
		rules, wanted := make([]plan.Rule, each), make([]sla.State, each)
		for i := range rules {
			rules[i], wanted[i] = e.rule(r)
		}
		judged := sla.Judge(edgePlan(rules), e.snapshot, sec)
		n, failed := int64(len(e.values)), e.timeouts+e.errors
		c := sla.Conditions{Books: sla.Books{Intended: n + failed, Succeeded: n, Failed: failed}, Recorded: n + failed}
		for i, j := range judged {
			j.Rule = 0
			v := sla.Decide(edgePlan(rules[i:i+1]), []sla.Judgement{j}, c)
			if v.State != wanted[i] {
				t.Fatalf("%+v on %d values, %d timeouts, %d errors: %v %q, want %v", rules[i], n, e.timeouts, e.errors, v.State, v.Reasons, wanted[i])
			}
			seen[v.State]++
		}
	}
	for _, s := range []sla.State{sla.Fail, sla.Inconclusive, sla.Pass} {
		if seen[s] < sets*each/20 {
			t.Errorf("the cases are one-sided: %v", seen)
		}
	}
	t.Logf("%v", seen)
}

// edgePlan is a plan whose one SLA has these rules, over all three series.
func edgePlan(rules []plan.Rule) *plan.Plan {
	return &plan.Plan{
		Rows: []plan.Row{{Name: "a"}}, Series: make([]plan.Series, 3),
		SLAs: []plan.SLA{{Name: "edge", Groups: []plan.Judged{{Row: -1, Series: []int{0, 1, 2}}}, Rules: rules}},
	}
}

// quantiles are the percentiles of the cases, in thousandths.
var quantiles = []int64{500, 900, 950, 990, 1000}

// rule draws a rule and decides it on the sorted list.
func (e edge) rule(r *rand.Rand) (plan.Rule, sla.State) {
	if r.IntN(3) == 0 {
		return e.ratio(r)
	}
	n := int64(len(e.values)) + e.timeouts
	digits := quantiles[r.IntN(len(quantiles))]
	limit := edges[r.IntN(len(edges))]
	rule := plan.Rule{Name: "p", Metric: plan.Quantile, Quantile: float64(digits) / 1000, Limit: float64(limit)}
	if n == 0 {
		return rule, sla.Inconclusive
	}
	rank := (digits*n + 999) / 1000 // ⌈p·n⌉ in whole numbers
	met := rank <= int64(len(e.values)) && e.values[rank-1] <= limit
	if !met {
		return rule, sla.Fail
	}
	if n < needed[digits] {
		return rule, sla.Inconclusive
	}
	return rule, sla.Pass
}

// needed are samplesNeeded by p in thousandths.
var needed = map[int64]int64{}

func init() {
	for _, digits := range quantiles {
		needed[digits] = samplesNeeded(digits)
	}
}

// samplesNeeded is the least n with pⁿ ≤ 5 %, by exact fractions.
func samplesNeeded(digits int64) int64 {
	if digits == 1000 {
		return 1
	}
	p, all, limit := big.NewRat(digits, 1000), big.NewRat(1, 1), big.NewRat(1, 20)
	for n := int64(0); ; n++ {
		if all.Cmp(limit) <= 0 {
			return n
		}
		all.Mul(all, p)
	}
}

// ratio is an error rate within one failure of its limit.
func (e edge) ratio(r *rand.Rand) (plan.Rule, sla.State) {
	failed := e.timeouts + e.errors
	n := int64(len(e.values)) + failed
	digits := max(0, failed*1000/max(n, 1)+r.Int64N(3)-1)
	limit, err := strconv.ParseFloat(fmt.Sprintf("%de-3", digits), 64)
	if err != nil {
		panic(err)
	}
	rule := plan.Rule{Name: "error_rate", Metric: plan.ErrorRate, Limit: limit}
	switch {
	case n == 0:
		return rule, sla.Inconclusive
	case big.NewRat(failed, n).Cmp(big.NewRat(digits, 1000)) <= 0:
		return rule, sla.Pass
	}
	return rule, sla.Fail
}

// TestM17_WhatAPassSays (M17): a PASS is a statement about the requests that
// were made. Where the true p99 of exponential answers is 2, 5 or 10 % above
// the limit, a run of n independent samples still passes as often as at most
// ⌊n/100⌋ of them are above it: a binomial chance, 35 % for 2 % and n = 3000.
// The verdict passes no more often than that, and less often the more samples
// there are. With a confidence of 95 % the limit passes in at most 2.5 % of
// the runs whose true p99 is not below it, however narrowly, and a run whose
// true p99 is not above it fails in no more.
func TestM17_WhatAPassSays(t *testing.T) {
	runs := 50
	switch {
	case *full:
		runs = 1000
	case raced:
		runs = 20
	}
	r := rand.New(rand.NewPCG(17, 17))
	for _, c := range []struct {
		n          int
		d          float64
		confidence float64
	}{
		{300, 0.02, 0}, {3000, 0.02, 0}, {3000, 0.05, 0}, {3000, 0.10, 0},
		{3000, 0, 0.95}, {3000, 0.02, 0.95}, {3000, 0.05, 0.95}, {3000, -0.02, 0.95}, {3000, -0.10, 0.95}, {3000, -0.20, 0.95}, {3000, 0.20, 0.95},
	} {
		rule := plan.Rule{Name: "p99", Metric: plan.Quantile, Quantile: 0.99, Limit: 1e8, Confidence: c.confidence}
		passed, failed := exponential(r, runs, c.n, rule, 1e8*(1+c.d))
		most := c.n / 100 // samples above the limit, of a run that passes
		if c.confidence > 0 {
			for most = 0; binomial(c.n, most, 0.01) <= (1-c.confidence)/2; most++ {
			}
			most--
		}
		chance := binomial(c.n, most, math.Pow(0.01, 1/(1+c.d)))
		t.Logf("n = %d, true p99 %+g %% of the limit, confidence %g: passed %.1f %%, by theory %.1f %%; failed %.1f %%", c.n, c.d*100, c.confidence, passed*100, chance*100, failed*100)
		if by := 4 * math.Sqrt(chance*(1-chance)/float64(runs)); math.Abs(passed-chance) > by+1e-9 {
			t.Errorf("n = %d, d = %v, confidence %v: passed in %.3f of the runs, by chance %.3f", c.n, c.d, c.confidence, passed, chance)
		}
		if c.confidence > 0 && c.d >= 0 && chance > 0.025 {
			t.Errorf("a true p99 %g %% above the limit passes with a chance of %v", c.d*100, chance)
		}
		if limit := 0.025 + 4*math.Sqrt(0.025/float64(runs)); c.confidence > 0 && c.d <= 0 && failed > limit {
			t.Errorf("a true p99 %g %% of the limit fails in %v of the runs", c.d*100, failed)
		}
	}
}

// exponential is how many of some runs of n independent answers pass a rule,
// and how many fail it; top is the answers' true p99.
func exponential(r *rand.Rand, runs, n int, rule plan.Rule, top float64) (passed, failed float64) {
	p := edgePlan([]plan.Rule{rule})
	rec := record.New(record.Config{Series: 3, Shards: 1, Thresholds: sla.Thresholds(p)})
	for range runs {
		for range n {
			rec.Writer(0).Add(success(0, int64(r.ExpFloat64()*top/math.Log(100))))
		}
		s := rec.Snapshot(0, false)
		s.Total = s.Recent
		switch sla.Judge(p, s, sec)[0].State {
		case sla.Pass:
			passed++
		case sla.Fail:
			failed++
		}
	}
	return passed / float64(runs), failed / float64(runs)
}

// binomial is the chance of at most k among n, each with chance p.
func binomial(n, k int, p float64) (sum float64) {
	logs := func(i int) float64 { x, _ := math.Lgamma(float64(i + 1)); return x }
	for i := range k + 1 {
		sum += math.Exp(logs(n) - logs(i) - logs(n-i) + float64(i)*math.Log(p) + float64(n-i)*math.Log(1-p))
	}
	return sum
}
