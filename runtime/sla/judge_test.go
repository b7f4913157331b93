package sla

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
)

const ms = 1_000_000

// planOf is a plan of one row and series, judged by one SLA with these rules.
func planOf(rules ...plan.Rule) *plan.Plan {
	return &plan.Plan{
		Series: []plan.Series{{}},
		Rows:   []plan.Row{{Method: "GET", Name: "/items"}},
		SLAs:   []plan.SLA{{Name: "read", Groups: []plan.Judged{{Row: 0, Series: []int{0}}}, Rules: rules}},
	}
}

func quantileRule(p, limit float64) plan.Rule {
	return plan.Rule{Name: fmt.Sprintf("p%.6g", p*100), Metric: plan.Quantile, Quantile: p, Limit: limit}
}

func sample(d int64) record.Sample { return record.Sample{Status: 200, End: d} }

func failure(class plan.ErrorClass, d int64) record.Sample {
	return record.Sample{Class: class, End: d}
}

func repeat(n int, s record.Sample) []record.Sample { return slices.Repeat([]record.Sample{s}, n) }

func snapshotOf(p *plan.Plan, samples ...record.Sample) *record.Snapshot {
	r := record.New(record.Config{Series: len(p.Series), Thresholds: Thresholds(p), Shards: 1})
	w := r.Writer(0)
	for _, s := range samples {
		w.Add(s)
	}
	return r.Snapshot(time.Second, true)
}

func TestNeeded(t *testing.T) {
	for p, want := range map[float64]int64{0.5: 5, 0.75: 11, 0.9: 29, 0.95: 59, 0.99: 299, 0.999: 2995, 0: 1, 1: 1, 0.01: 1} {
		if got := Needed(quantileRule(p, 1)); got != want {
			t.Errorf("Needed(p=%v) = %d, want %d", p, got, want)
		}
	}
	for _, m := range []plan.Metric{plan.Mean, plan.Max, plan.ErrorRate, plan.Throughput} {
		if got := Needed(plan.Rule{Metric: m}); got != 1 {
			t.Errorf("Needed(%v) = %d", m, got)
		}
	}
}

func TestThresholds(t *testing.T) {
	p := planOf(quantileRule(0.95, 500*ms), quantileRule(0.5, 500*ms), plan.Rule{Metric: plan.Max, Limit: 20.5},
		plan.Rule{Metric: plan.Quantile, Limit: 100, AtLeast: true}, plan.Rule{Metric: plan.Mean, Limit: 7},
		quantileRule(0.9, 1.1*1e9+0.0001))
	p.Series = append(p.Series, plan.Series{})
	want := [][]int64{{20, 99, 500 * ms, 1100 * ms}, nil}
	if got := Thresholds(p); !cmp.Equal(got, want) {
		t.Errorf("thresholds = %v, want %v", got, want)
	}
}

// A case is decided here by sorting all values and by rational arithmetic,
// from numbers that never were floats.
type reference struct {
	ok       []int64 // sorted
	censored int
	count    int
	failed   int
	elapsed  time.Duration
}

// exactRule is a rule beside its numbers as fractions.
type exactRule struct {
	plan.Rule
	limit, p *big.Rat
}

func (f reference) state(r exactRule) State {
	n := len(f.ok) + f.censored
	if f.count == 0 || r.Metric <= plan.Max && n == 0 {
		return Inconclusive
	}
	met, needed := false, 1
	switch r.Metric {
	case plan.Quantile:
		rank, rest := new(big.Int).QuoRem(new(big.Int).Mul(r.p.Num(), big.NewInt(int64(n))), r.p.Denom(), new(big.Int))
		if rest.Sign() > 0 {
			rank.Add(rank, big.NewInt(1))
		}
		k := int(rank.Int64())
		met = k <= len(f.ok) && rat(f.ok[k-1]).Cmp(r.limit) <= 0
		needed = wanted[r.p.RatString()]
	case plan.Max:
		met = f.censored == 0 && rat(f.ok[n-1]).Cmp(r.limit) <= 0
	case plan.Mean:
		var sum int64
		for _, v := range f.ok {
			sum += v
		}
		met = big.NewRat(sum, int64(n)).Cmp(r.limit) <= 0
	case plan.ErrorRate:
		met = big.NewRat(int64(f.failed), int64(f.count)).Cmp(r.limit) <= 0
	case plan.Throughput:
		met = big.NewRat(int64(f.count)*1e9, int64(f.elapsed)).Cmp(r.limit) >= 0
	}
	switch {
	case !met:
		return Fail
	case n < needed:
		return Inconclusive
	}
	return Pass
}

func rat(v int64) *big.Rat { return new(big.Rat).SetInt64(v) }

// fraction is digits/10^decimals, exactly and as the compiler would read it.
func fraction(digits, decimals int64) (*big.Rat, float64) {
	text := fmt.Sprintf("%de-%d", digits, decimals)
	r, _ := new(big.Rat).SetString(text)
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err)
	}
	return r, f
}

// limits are all near each other, so that samples fall on both sides of and
// onto every limit.
var limits = []int64{1, 499 * ms, 500*ms - 1, 500 * ms, 500*ms + 1, 501 * ms, 30_000 * ms}

// wanted are the sample sizes, from the tables of one-sided 95 % statements.
var wanted = map[string]int{
	"1/100": 1, "1/2": 5, "3/4": 11, "9/10": 29, "19/20": 59, "99/100": 299, "199/200": 598, "999/1000": 2995,
}

var permille = []int64{10, 500, 750, 900, 950, 990, 995, 999}

func randomRule(rng *rand.Rand, f reference) exactRule {
	var r exactRule
	r.Metric = plan.Metric(rng.IntN(5))
	limit := limits[rng.IntN(len(limits))]
	r.limit, r.Limit = rat(limit), float64(limit)
	switch r.Metric {
	case plan.Quantile:
		r.p, r.Quantile = fraction(permille[rng.IntN(len(permille))], 3)
	case plan.Mean:
		var sum int64
		for _, v := range f.ok {
			sum += v
		}
		near := sum/int64(max(1, len(f.ok))) + rng.Int64N(3) - 1
		r.limit, r.Limit = rat(near), float64(near)
	case plan.ErrorRate:
		near := int64(f.failed)*1000/int64(max(1, f.count)) + rng.Int64N(3) - 1
		r.limit, r.Limit = fraction(max(near, 0), 3)
	case plan.Throughput:
		r.AtLeast = true
		near := int64(f.count)*100*1e9/int64(f.elapsed) + rng.Int64N(3) - 1
		r.limit, r.Limit = fraction(max(near, 0), 2)
	}
	return r
}

var sizes = []int{1, 2, 4, 5, 20, 58, 59, 60, 100, 200, 298, 299, 300}

func TestJudgeAgainstSortedReferenceAtTheEdge(t *testing.T) {
	const sets, each = 1000, 100
	rng := rand.New(rand.NewPCG(11, 12))
	recorder := record.New(record.Config{Series: 1, Thresholds: [][]int64{limits}, Shards: 1})
	w := recorder.Writer(0)
	seen := map[State]int{}
	for range sets {
		n := sizes[rng.IntN(len(sizes))]
		f := reference{count: n, elapsed: time.Duration(1+rng.IntN(400)) * 25 * time.Millisecond}
		slow, bad := rng.IntN(1+n/4), rng.IntN(1+n/4)
		for i := range n {
			switch {
			case i < bad && rng.IntN(2) == 0:
				w.Add(failure(plan.FailStatus, limits[rng.IntN(len(limits))]))
				f.failed++
			case i < bad && rng.IntN(4) == 0:
				// Shorter than every limit: still "not in time".
				w.Add(failure(plan.FailTimeout, 0))
				f.failed++
				f.censored++
			default:
				v := limits[rng.IntN(4)]
				if i >= n-slow {
					v = limits[4+rng.IntN(3)]
				}
				w.Add(sample(v))
				f.ok = append(f.ok, v)
			}
		}
		slices.Sort(f.ok)
		snap := recorder.Snapshot(0, false)
		snap.Total = snap.Recent
		rules := make([]exactRule, each)
		p := planOf(make([]plan.Rule, each)...)
		for i := range rules {
			rules[i] = randomRule(rng, f)
			p.SLAs[0].Rules[i] = rules[i].Rule
		}
		for i, j := range Judge(p, snap, f.elapsed) {
			want := f.state(rules[i])
			if rules[i].Metric == plan.Mean && f.censored > 0 && want == Pass {
				want = Inconclusive // a mean with timeouts in it is a lower bound
			}
			if j.State != want {
				t.Fatalf("%+v on %d ok, %d failed, %d censored in %v: %v (%s), want %v",
					rules[i].Rule, len(f.ok), f.failed, f.censored, f.elapsed, j.State, j.Reason, want)
			}
			if (j.State == Pass) != (j.Reason == "") {
				t.Fatalf("%+v: %v with reason %q", rules[i].Rule, j.State, j.Reason)
			}
			seen[j.State]++
		}
	}
	for _, s := range []State{Fail, Inconclusive, Pass} {
		if seen[s] < sets {
			t.Errorf("only %d of the cases are %v: %v", seen[s], s, seen)
		}
	}
}

func TestJudgeReasons(t *testing.T) {
	p95 := quantileRule(0.95, 500*ms)
	errors := plan.Rule{Name: "error_rate", Metric: plan.ErrorRate, Limit: 0.01}
	join := func(lists ...[]record.Sample) []record.Sample { return slices.Concat(lists...) }
	for _, c := range []struct {
		name    string
		rule    plan.Rule
		samples []record.Sample
		state   State
		reason  string
	}{
		{"nothing", p95, nil, Inconclusive, "no sample"},
		{"nothing for errors", errors, nil, Inconclusive, "no sample"},
		{"all failed", p95, repeat(12, failure(plan.FailRefused, 1)), Inconclusive, "no sample: all 12 requests failed"},
		{"slow", p95, join(repeat(193, sample(ms)), repeat(17, sample(501*ms))), Fail, "17 of 210 took longer than 500 ms"},
		{"timeouts", p95, join(repeat(193, sample(ms)), repeat(17, failure(plan.FailTimeout, 1000*ms))), Fail,
			"17 of 210 took longer than 500 ms, 17 of them timed out"},
		{"few", p95, repeat(42, sample(ms)), Inconclusive, "needs 59 samples, has 42"},
		{"few and slow", p95, repeat(2, sample(501*ms)), Fail, "2 of 2 took longer than 500 ms"},
		{"one at the limit", p95, repeat(59, sample(500*ms)), Pass, ""},
		{"exactly p95 over", p95, join(repeat(95, sample(ms)), repeat(5, sample(501*ms))), Pass, ""},
		{"one more over", p95, join(repeat(94, sample(ms)), repeat(6, sample(501*ms))), Fail, "6 of 100 took longer than 500 ms"},
		{"rate at the limit", errors, join(repeat(99, sample(ms)), repeat(1, failure(plan.FailStatus, 1))), Pass, ""},
		{"rate beyond", errors, join(repeat(98, sample(ms)), repeat(2, failure(plan.FailStatus, 1))), Fail,
			"2 of 100 failed (2.0 %), limit 1 %"},
		{"7 of 100 at 7 %", plan.Rule{Metric: plan.ErrorRate, Limit: 0.07},
			join(repeat(93, sample(ms)), repeat(7, failure(plan.FailStatus, 1))), Pass, ""},
		{"own failures", errors, join(repeat(98, sample(ms)), repeat(2, failure(plan.FailLocalPorts, 1))), Inconclusive,
			"2 of 2 failures are this machine's own"},
		{"own and others", errors, join(repeat(90, sample(ms)), repeat(2, failure(plan.FailLocalPorts, 1)), repeat(8, failure(plan.FailReset, 1))),
			Fail, "8 of 98 failed (8.2 %), limit 1 %"},
		{"rate floor at the limit", plan.Rule{Metric: plan.ErrorRate, Limit: 0.01, AtLeast: true},
			join(repeat(99, sample(ms)), repeat(1, failure(plan.FailStatus, 1))), Pass, ""},
		{"rate floor broken", plan.Rule{Metric: plan.ErrorRate, Limit: 0.02, AtLeast: true},
			join(repeat(99, sample(ms)), repeat(1, failure(plan.FailStatus, 1))), Fail, "1 of 100 failed (1.0 %), at least 2 % is wanted"},
		{"mean floor at the limit", plan.Rule{Metric: plan.Mean, Limit: ms, AtLeast: true}, repeat(3, sample(ms)), Pass, ""},
		{"zero limit", plan.Rule{Metric: plan.ErrorRate}, repeat(1, failure(plan.FailStatus, 1)), Fail, "1 of 1 failed (100 %), limit 0 %"},
		{"max", plan.Rule{Metric: plan.Max, Limit: 500 * ms}, join(repeat(3, sample(500*ms)), repeat(1, sample(500*ms+1))), Fail,
			"1 of 4 took longer than 500 ms"},
		{"max with a short timeout", plan.Rule{Metric: plan.Max, Limit: 500 * ms}, join(repeat(3, sample(ms)), repeat(1, failure(plan.FailConnectTimeout, ms))),
			Fail, "1 of 4 took longer than 500 ms, 1 of them timed out"},
		{"max floor", plan.Rule{Metric: plan.Max, Limit: 500 * ms, AtLeast: true}, repeat(3, sample(499*ms)), Fail, "499 ms, and at least 500 ms is wanted"},
		{"max floor met", plan.Rule{Metric: plan.Max, Limit: 500 * ms, AtLeast: true}, repeat(1, sample(500*ms)), Pass, ""},
		{"mean", plan.Rule{Metric: plan.Mean, Limit: 100}, join(repeat(1, sample(100)), repeat(2, sample(101))), Fail, "mean of 101 ns over 3 samples, limit 100 ns"},
		{"mean at the limit", plan.Rule{Metric: plan.Mean, Limit: 100}, join(repeat(1, sample(99)), repeat(1, sample(101))), Pass, ""},
		{"mean with timeouts", plan.Rule{Metric: plan.Mean, Limit: 500 * ms}, join(repeat(3, sample(ms)), repeat(1, failure(plan.FailTimeout, ms))), Inconclusive,
			"at least 1 ms; 1 of 4 timed out, so the mean is unknown"},
		{"mean floor", plan.Rule{Metric: plan.Mean, Limit: 5 * ms, AtLeast: true}, repeat(3, sample(ms)), Fail, "mean of 1 ms over 3 samples, and at least 5 ms is wanted"},
		{"floor", plan.Rule{Metric: plan.Quantile, Quantile: 0.5, Limit: 5 * ms, AtLeast: true}, repeat(9, sample(5*ms)), Pass, ""},
		{"floor broken", plan.Rule{Metric: plan.Quantile, Quantile: 0.5, Limit: 5 * ms, AtLeast: true}, repeat(9, sample(5*ms-1)), Fail, "4.999999 ms, and at least 5 ms is wanted"},
		{"floor unknown", plan.Rule{Metric: plan.Quantile, Quantile: 0.5, Limit: 5 * ms, AtLeast: true},
			join(repeat(4, sample(ms)), repeat(6, failure(plan.FailTimeout, ms))), Inconclusive, "5 ms is the limit, and 6 of 10 timed out: how long they took is unknown"},
		{"throughput", plan.Rule{Metric: plan.Throughput, Limit: 12.5, AtLeast: true}, repeat(124, sample(ms)), Fail, "124 in 10 s are 12.4/s, at least 12.5/s is wanted"},
		{"throughput at the limit", plan.Rule{Metric: plan.Throughput, Limit: 12.5, AtLeast: true}, repeat(125, sample(ms)), Pass, ""},
		{"throughput ceiling", plan.Rule{Metric: plan.Throughput, Limit: 12.5}, repeat(126, sample(ms)), Fail, "126 in 10 s are 12.6/s, at most 12.5/s is wanted"},
	} {
		p := planOf(c.rule)
		j := Judge(p, snapshotOf(p, c.samples...), 10*time.Second)[0]
		if j.State != c.state || j.Reason != c.reason {
			t.Errorf("%s: %v %q, want %v %q", c.name, j.State, j.Reason, c.state, c.reason)
		}
	}
}

func TestJudgeWithoutItsCountersDecidesNothing(t *testing.T) {
	p := planOf(quantileRule(0.5, 5*ms), plan.Rule{Metric: plan.Max, Limit: 5 * ms})
	s := snapshotOf(planOf(), repeat(100, sample(ms))...)
	for _, j := range Judge(p, s, time.Second) {
		if j.State != Inconclusive {
			t.Errorf("%+v", j)
		}
	}
	rate := planOf(plan.Rule{Metric: plan.Throughput, AtLeast: true})
	if j := Judge(rate, s, 0)[0]; j.State != Inconclusive {
		t.Errorf("no time has passed: %+v", j)
	}
}

func TestJudgeMergesAGroupsSeries(t *testing.T) {
	p := planOf(quantileRule(0.5, 5*ms))
	p.Series = make([]plan.Series, 3)
	p.SLAs[0].Groups = []plan.Judged{{Row: -1, Series: []int{0, 2}}, {Row: 0, Series: []int{1}}}
	fast, slow := sample(5*ms), sample(6*ms)
	slow.Series = 2
	s := snapshotOf(p, slices.Concat(repeat(5, fast), repeat(4, slow))...)
	js := Judge(p, s, time.Second)
	if len(js) != 2 || js[0].State != Pass || js[0].Samples != 9 || js[0].Over != 4 || js[1].Reason != "no sample" || js[1].Group != 1 {
		t.Errorf("%+v", js)
	}
	if js[0].Measured != 5*ms+js[0].Measured-5*ms || js[0].Measured > 5.005*ms {
		t.Errorf("measured %v", js[0].Measured)
	}
}
