package pace

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"throng/dsl/plan"
)

// dues are all arrivals of a schedule.
func dues(a *Arrivals) []time.Duration {
	list := make([]time.Duration, a.Count())
	for n := range list {
		list[n], _ = a.Due(int64(n))
	}
	return list
}

func TestPoissonProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 300 {
		stages, until := stagesFrom(r, 300), time.Duration(0)
		if r.IntN(3) == 0 {
			until = time.Duration(1 + r.Int64N(int64(100*sec)))
		}
		seed := r.Uint64()
		a := NewPoisson(stages, until, seed)
		all := dues(a)
		if !slices.IsSorted(all) {
			t.Fatalf("%v, seed %d: not in order", stages, seed)
		}
		for _, at := range all {
			if at < 0 || at > a.Duration() {
				t.Fatalf("%v, seed %d: an arrival at %v of %v", stages, seed, at, a.Duration())
			}
		}
		if _, ok := a.Due(a.Count()); ok {
			t.Fatalf("%v: there is an arrival beyond the last", stages)
		}
		// The number of arrivals lies within six deviations of its mean.
		mean := NewArrivals(stages, until).Integral(a.Duration())
		if math.Abs(float64(len(all))-mean) > 6*math.Sqrt(mean)+6 {
			t.Fatalf("%v, seed %d: %d arrivals, %v expected", stages, seed, len(all), mean)
		}
	}
}

func TestPoissonIsReplayed(t *testing.T) {
	stages := []plan.Stage{{Level: 200, Over: 10 * sec, Hold: 20 * sec}}
	first := dues(NewPoisson(stages, 0, 7))
	if !slices.Equal(first, dues(NewPoisson(stages, 0, 7))) {
		t.Error("the same seed gave other arrivals")
	}
	if slices.Equal(first, dues(NewPoisson(stages, 0, 8))) {
		t.Error("another seed gave the same arrivals")
	}
	// Asked in any order, the answers are the same.
	a := NewPoisson(stages, 0, 7)
	r := rand.New(rand.NewPCG(1, 1))
	for range 2000 {
		n := r.Int64N(a.Count())
		if got, _ := a.Due(n); got != first[n] {
			t.Fatalf("asked out of order, arrival %d is due at %v, in order at %v", n, got, first[n])
		}
	}
}

// kolmogorov is the greatest distance between the law of some sorted values
// and a law, times the root of their number: above 1.95 once in a thousand.
func kolmogorov(sorted []float64, law func(float64) float64) (d float64) {
	n := float64(len(sorted))
	for i, x := range sorted {
		p := law(x)
		d = math.Max(d, math.Max(p-float64(i)/n, float64(i+1)/n-p))
	}
	return d * math.Sqrt(n)
}

// The distances of arrivals at a constant rate are exponential and not
// related to one another; over stages they are so on the integral.
func TestPoissonSpacing(t *testing.T) {
	for _, c := range []struct {
		name   string
		stages []plan.Stage
	}{
		{"constant", []plan.Stage{{Level: 500, Hold: 200 * sec}}},
		{"a ramp and a gap", []plan.Stage{{Level: 1000, Over: 100 * sec}, {Level: 0, Over: 50 * sec, Hold: 10 * sec}, {Level: 300, Hold: 50 * sec}}},
	} {
		a, even := NewPoisson(c.stages, 0, 42), NewArrivals(c.stages, 0)
		var gaps []float64
		before, product := 0.0, 0.0
		for _, at := range dues(a) {
			x := even.Integral(at)
			if n := len(gaps); n > 0 {
				product += (gaps[n-1] - 1) * (x - before - 1)
			}
			gaps = append(gaps, x-before)
			before = x
		}
		n := float64(len(gaps))
		if related := product / n * math.Sqrt(n); math.Abs(related) > 4 {
			t.Errorf("%s: neighbours are related by %.1f deviations", c.name, related)
		}
		slices.Sort(gaps)
		if d := kolmogorov(gaps, func(x float64) float64 { return 1 - math.Exp(-x) }); d > 1.95 {
			t.Errorf("%s: the distances are not exponential: Kolmogorov's distance is %.2f", c.name, d)
		}
	}
}

// The number of arrivals in a second has the variance of its mean.
func TestPoissonCounts(t *testing.T) {
	const rate, seconds = 40.0, 5000
	a := NewPoisson([]plan.Stage{{Level: rate, Hold: seconds * sec}}, 0, 3)
	counts := make([]float64, seconds)
	for _, at := range dues(a) {
		counts[min(int(at/sec), seconds-1)]++
	}
	chi := 0.0
	for _, n := range counts {
		chi += (n - rate) * (n - rate) / rate
	}
	// Chi-square with so many degrees of freedom is about normal.
	if z := (chi - seconds) / math.Sqrt(2*seconds); math.Abs(z) > 4 {
		t.Errorf("the counts of seconds spread %.1f deviations too much or too little", z)
	}
}

// The draws of counts have the mean and variance of their laws, small and
// great.
func TestPoissonDraws(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for _, mean := range []float64{0.5, 3, 9.9, 10, 40, 1e3, 1e6, 1e12} {
		moments(t, "poisson", mean, mean, func() float64 { return float64(poisson(mean, r)) })
	}
	for _, n := range []int64{1, 63, 64, 65, 1000, counted, counted + 1, 1e12} {
		moments(t, "coins", float64(n)/2, float64(n)/4, func() float64 { return float64(coins(n, r)) })
	}
	if got := poisson(0, r); got != 0 {
		t.Errorf("%d arrivals where none is expected", got)
	}
}

func moments(t *testing.T, name string, mean, variance float64, draw func() float64) {
	t.Helper()
	const n = 3000
	var sum, square float64
	for range n {
		x := (draw() - mean) / math.Sqrt(variance)
		sum, square = sum+x, square+x*x
	}
	if z := sum / math.Sqrt(n); math.Abs(z) > 4.5 {
		t.Errorf("%s of %v: the mean is %.1f deviations off", name, mean, z)
	}
	// The fourth moment of these laws about their mean is 3 + 1/variance at most.
	if z := (square/n - 1) * math.Sqrt(n/(2+1/variance)); math.Abs(z) > 4.5 {
		t.Errorf("%s of %v: the variance is %.1f deviations off", name, mean, z)
	}
}

// A year of a thousand million a second: no table, no waiting.
func TestPoissonHuge(t *testing.T) {
	a := NewPoisson([]plan.Stage{{Level: 1e9, Hold: 366 * 24 * time.Hour}}, 0, 1)
	if a.Count() < 3e16 {
		t.Fatalf("%d arrivals", a.Count())
	}
	before := time.Duration(0)
	for n := int64(0); n < a.Count(); n += a.Count() / 100 {
		due, ok := a.Due(n)
		if !ok || due < before {
			t.Fatalf("arrival %d is due at %v after %v", n, due, before)
		}
		before = due
	}
}

func BenchmarkPoissonDue(b *testing.B) {
	a := NewPoisson([]plan.Stage{{Level: 2000, Over: 10 * sec, Hold: time.Hour}}, 0, 1)
	for n := int64(0); b.Loop(); n++ {
		a.Due(n % a.Count())
	}
}
