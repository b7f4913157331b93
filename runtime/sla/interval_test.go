package sla

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// The ranks by exact rational arithmetic, from the definition: the innermost
// ones that leave no more than 2.5 % outside on their side.
func exactRanks(p *big.Rat, n int64) (low, high int64) {
	q := new(big.Rat).Sub(big.NewRat(1, 1), p)
	power := func(x *big.Rat, k int64) *big.Rat {
		out := big.NewRat(1, 1)
		for range k {
			out.Mul(out, x)
		}
		return out
	}
	outside := big.NewRat(1, 40)
	below := new(big.Rat) // P(B ≤ k)
	low, high = -1, n+1
	for k := int64(0); k <= n; k++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(n, k))
		term.Mul(term, power(p, k)).Mul(term, power(q, n-k))
		below.Add(below, term)
		if low < 0 && below.Cmp(outside) > 0 {
			low = k // P(B < k) is the sum before
		}
		if above := new(big.Rat).Sub(big.NewRat(1, 1), below); high == n+1 && k < n && above.Cmp(outside) <= 0 {
			high = k + 1 // P(B ≥ k+1)
		}
	}
	return low, high
}

func TestRanksAreTheDefinition(t *testing.T) {
	for _, p := range []*big.Rat{big.NewRat(1, 2), big.NewRat(9, 10), big.NewRat(19, 20), big.NewRat(99, 100), big.NewRat(1, 10)} {
		for _, n := range []int64{1, 2, 5, 6, 20, 58, 59, 71, 72, 73, 100} {
			f, _ := p.Float64()
			low, high := Ranks(f, n)
			wantLow, wantHigh := exactRanks(p, n)
			if low != wantLow || high != wantHigh {
				t.Errorf("p %v of %d samples: ranks %d and %d, want %d and %d", f, n, low, high, wantLow, wantHigh)
			}
		}
	}
	// Tables of the median's interval give 40 and 61 for 100 samples.
	if low, high := Ranks(0.5, 100); low != 40 || high != 61 {
		t.Errorf("median of 100: %d, %d", low, high)
	}
	if low, high := Ranks(0.5, 0); low != 0 || high != 1 {
		t.Errorf("without a sample both ends are open: %d, %d", low, high)
	}
}

// Of many samples the normal approximation is good, which the exact ranks
// must come close to.
func TestRanksOfManySamples(t *testing.T) {
	for _, n := range []int64{1e5, 1e7, 1e9} {
		for _, p := range []float64{0.5, 0.95, 0.99, 0.999} {
			low, high := Ranks(p, n)
			half := 1.959964 * math.Sqrt(float64(n)*p*(1-p))
			mean := float64(n) * p
			if d := math.Abs(float64(low) - (mean - half)); d > 3+half/50 {
				t.Errorf("p %v of %d: low %d is %v off", p, n, low, d)
			}
			if d := math.Abs(float64(high) - (mean + half)); d > 3+half/50 {
				t.Errorf("p %v of %d: high %d is %v off", p, n, high, d)
			}
		}
	}
}

// The promise of the interval, by simulation: it holds the true percentile in
// 95 of 100 runs or more, whatever the distribution.
func TestIntervalsHoldTheTruth(t *testing.T) {
	const runs = 2000
	least := 0.95 - 3*math.Sqrt(0.95*0.05/runs) // three standard deviations of the count
	laws := []struct {
		name     string
		draw     func(*rand.Rand) float64 // ns
		quantile func(p float64) float64
	}{
		{"exponential, mean 20 ms", func(r *rand.Rand) float64 { return 20 * ms * r.ExpFloat64() },
			func(p float64) float64 { return -20 * ms * math.Log(1-p) }},
		{"uniform to 3 s", func(r *rand.Rand) float64 { return 3000 * ms * r.Float64() },
			func(p float64) float64 { return 3000 * ms * p }},
		{"Pareto 1.1 from 1 ms", func(r *rand.Rand) float64 { return ms * math.Pow(1-r.Float64(), -1/1.1) },
			func(p float64) float64 { return ms * math.Pow(1-p, -1/1.1) }},
		{"5, 50 and 500 ms", func(r *rand.Rand) float64 { return []float64{5, 50, 50, 50, 50, 50, 50, 50, 50, 500}[r.IntN(10)] * ms },
			func(p float64) float64 {
				if p <= 0.9 {
					return 50 * ms
				}
				return 500 * ms
			}},
	}
	rng := rand.New(rand.NewPCG(3, 14))
	for _, law := range laws {
		for _, c := range []struct {
			p float64
			n int
		}{{0.5, 20}, {0.95, 20}, {0.95, 100}, {0.99, 400}} {
			truth := law.quantile(c.p)
			low, high := Ranks(c.p, int64(c.n))
			held, values := 0, make([]float64, c.n)
			for range runs {
				for k := range values {
					values[k] = law.draw(rng)
				}
				slices.Sort(values)
				if (low < 1 || values[low-1] <= truth) && (high > int64(c.n) || truth <= values[high-1]) {
					held++
				}
			}
			if share := float64(held) / runs; share < least {
				t.Errorf("%s, p %v, %d samples: %.1f %% of the intervals hold the truth", law.name, c.p, c.n, share*100)
			}
		}
	}
}

// Through the histogram an interval is never narrower than by the sorted
// samples, and at most 0.1 % wider.
func TestIntervalsOfAHistogram(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 71))
	for range 50 {
		n := 80 + rng.IntN(1000)
		rec := record.New(record.Config{Series: 1, Shards: 1})
		values := make([]float64, n)
		for k := range values {
			v := int64(20 * ms * rng.ExpFloat64())
			rec.Writer(0).Add(record.Sample{End: v})
			values[k] = float64(v)
		}
		slices.Sort(values)
		i := interval(quantileRule(0.95, 1), rec.Snapshot(0, true).Total[0])
		low, high := Ranks(0.95, int64(n))
		from, to := values[low-1], values[high-1]
		if i.OpenLow || i.OpenHigh || i.Low > from || i.Low < from*0.999-64 || i.High < to || i.High > to*1.001+64 {
			t.Errorf("%d samples: %+v, the sorted list has %v and %v", n, i, from, to)
		}
	}
}

func TestIntervalEnds(t *testing.T) {
	rule := quantileRule(0.95, 500*ms)
	judged := func(samples ...record.Sample) Interval {
		p := planOf(rule)
		return Judge(p, snapshotOf(p, samples...), 0)[0].Interval
	}
	if i := judged(repeat(1000, sample(10*ms))...); i.OpenLow || i.OpenHigh || i.Low != 10*ms || i.High != 10*ms {
		t.Errorf("equal samples leave no width: %+v", i)
	}
	if i := judged(repeat(71, sample(10*ms))...); !i.OpenHigh || i.OpenLow || i.Low != 10*ms {
		t.Errorf("of 71 samples the upper end of a p95 is open: %+v", i)
	}
	if i := judged(repeat(72, sample(10*ms))...); i.OpenHigh {
		t.Errorf("of 72 it is not: %+v", i)
	}
	timeouts := append(repeat(960, sample(10*ms)), repeat(40, failure(plan.FailTimeout, 1000*ms))...)
	if i := judged(timeouts...); !i.OpenHigh || i.High != 1000*ms || i.Low != 10*ms {
		t.Errorf("timeouts reach the upper end: %+v", i)
	}
	if i := judged(); i.Valid {
		t.Errorf("nothing measured: %+v", i)
	}
	if i := judged(repeat(9, failure(plan.FailStatus, ms))...); i.Valid {
		t.Errorf("only failures: %+v", i)
	}
	p := planOf(plan.Rule{Name: "max", Metric: plan.Max, Limit: 1})
	if i := Judge(p, snapshotOf(p, sample(1)), 0)[0].Interval; i.Valid {
		t.Errorf("a maximum is no percentile: %+v", i)
	}
}

func TestIntervalsOfMetrics(t *testing.T) {
	var values []float64
	for i := range 1000 {
		values = append(values, float64(i-500))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(values), func(i, j int) { values[i], values[j] = values[j], values[i] })
	p := metricPlan(plan.UnitNumber, quantileRule(0.9, 1000), quantileRule(0.1, 1000))
	js := Judge(p, valuesSnapshot(p, values...), 0)
	slices.Sort(values)
	for k, q := range []float64{0.9, 0.1} {
		low, high := Ranks(q, 1000)
		i, from, to := js[k].Interval, values[low-1], values[high-1]
		if i.Low > from || i.High < to || math.Abs(i.Low-from) > 0.001*math.Abs(from)+1e-9 || math.Abs(i.High-to) > 0.001*math.Abs(to)+1e-9 {
			t.Errorf("p %v: %v to %v, the sorted list has %v and %v", q, i.Low, i.High, from, to)
		}
	}
}

// A percentile that is met by a hair passes, and says how sure it is.
func TestANarrowPassSaysSo(t *testing.T) {
	p, js, c := good()
	js[0].Interval = Interval{Low: 480 * ms, High: 512 * ms, Valid: true}
	v := Decide(p, js, c)
	last := v.Reasons[len(v.Reasons)-1]
	if v.State != Pass || last != `sla "read", GET /items, p95 ≤ 500 ms is met, but its 95 % confidence interval is 480 ms to 512 ms: another run like this one may not meet it` {
		t.Errorf("%v: %q", v.State, last)
	}
	js[0].Interval.High = 499 * ms
	if v := Decide(p, js, c); len(v.Reasons) != 6 {
		t.Errorf("%q", v.Reasons)
	}
}
