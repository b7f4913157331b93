package record

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// shapes are what metrics hold: fractions, whole numbers, huge and negative
// ones, and much of the same.
var shapes = map[string]func(*rand.Rand) float64{
	"fractions": func(r *rand.Rand) float64 { return r.Float64() },
	"counts":    func(r *rand.Rand) float64 { return float64(r.IntN(40)) },
	"huge":      func(r *rand.Rand) float64 { return min(math.Exp(r.NormFloat64()*9)*1e9, 1e18) },
	"tiny":      func(r *rand.Rand) float64 { return r.ExpFloat64() * 1e-6 },
	"signed":    func(r *rand.Rand) float64 { return r.NormFloat64() * 1e3 },
	"constant":  func(*rand.Rand) float64 { return 0.1 },
	"mostly 0":  func(r *rand.Rand) float64 { return max(0, r.NormFloat64()) },
}

// exactMean is the mean of values, rounded once.
func exactMean(values []float64) float64 {
	sum := new(big.Rat)
	for _, v := range values {
		sum.Add(sum, new(big.Rat).SetFloat64(v))
	}
	mean, _ := sum.Quo(sum, big.NewRat(int64(len(values)), 1)).Float64()
	return mean
}

func TestValuesAgreeWithTheSortedList(t *testing.T) {
	const n = 20_000
	for name, draw := range shapes {
		rng := rand.New(rand.NewPCG(11, 12))
		values := make([]float64, n)
		for i := range values {
			values[i] = draw(rng)
		}
		limits := []float64{values[1], values[2], values[3], 0, math.Nextafter(values[1], math.Inf(1))}
		slices.Sort(limits)
		limits = slices.Compact(limits)
		r := New(Config{Series: 2, Limits: [][]float64{nil, limits}, Shards: 3})
		for i, v := range values {
			r.Writer(i).Record(1, v, 0)
			if i%3000 == 0 {
				r.Snapshot(time.Duration(i), false)
			}
		}
		got := r.Snapshot(time.Minute, true).Metrics[1]
		slices.Sort(values)
		if got.Count() != n || got.Min() != values[0] || got.Max() != values[n-1] {
			t.Errorf("%s: %d values in %v..%v, want %v..%v", name, got.Count(), got.Min(), got.Max(), values[0], values[n-1])
		}
		if want := exactMean(values); math.Abs(got.Mean()-want) > 4e-16*math.Abs(want) {
			t.Errorf("%s: mean %v, want %v", name, got.Mean(), want)
		}
		for _, p := range quantiles {
			want := values[Rank(p, n)-1]
			v, ok := got.Quantile(p)
			if !ok || v < want || v > want+0.001*math.Abs(want)+1e-9 || !slices.Contains(values, v) {
				t.Errorf("%s: quantile %v is %v, want %v", name, p, v, want)
			}
		}
		for _, limit := range limits {
			want := int64(0)
			for _, v := range values {
				if v > limit {
					want++
				}
			}
			if over, ok := got.OverAt(limit); !ok || over != want {
				t.Errorf("%s: %d are over %v (%v), want %d", name, over, limit, ok, want)
			}
		}
	}
}

func TestWholeNumbersHaveExactQuantiles(t *testing.T) {
	r := New(Config{Series: 1, Shards: 1})
	for i := range 1000 {
		r.Writer(0).Record(0, float64(i), 0)
	}
	v := r.Snapshot(1, true).Metrics[0]
	for _, p := range quantiles {
		want := float64(Rank(p, 1000) - 1)
		if got, _ := v.Quantile(p); got != want {
			t.Errorf("quantile %v is %v, want %v", p, got, want)
		}
	}
}

func TestValuesAtTheEdges(t *testing.T) {
	r := New(Config{Series: 1, Shards: 1})
	w := r.Writer(0)
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		w.Record(0, v, 0)
	}
	if s := r.Snapshot(1, false); s.Metrics[0].Count() != 0 || r.shards[0].values != nil && r.shards[0].values[0] != nil {
		t.Fatalf("what is not finite was counted: %d", s.Metrics[0].Count())
	}
	edges := []float64{-math.MaxFloat64, -1, -1e-300, 0, 5e-324, 1e-9, 1, 1e18, math.MaxFloat64}
	for _, v := range edges {
		w.Record(0, v, 0)
	}
	v := r.Snapshot(2, true).Metrics[0]
	if v.Count() != 9 || v.Min() != -math.MaxFloat64 || v.Max() != math.MaxFloat64 || math.IsNaN(v.Mean()) {
		t.Errorf("%d values in %v..%v, mean %v", v.Count(), v.Min(), v.Max(), v.Mean())
	}
	last := math.Inf(-1)
	for i := range edges {
		got, ok := v.Quantile(float64(i+1) / 9)
		if !ok || got < last {
			t.Errorf("rank %d is %v after %v", i+1, got, last)
		}
		last = got
	}
	var none *Values
	if q, ok := none.Quantile(0.5); none.Count() != 0 || none.Min() != 0 || none.Max() != 0 || none.Mean() != 0 || q != 0 || ok {
		t.Error("nothing has figures")
	}
	if _, ok := none.OverAt(1); ok || MergeValues(nil, none) != nil {
		t.Error("nothing is over a limit")
	}
}

// valuesView is everything Values says.
type valuesView struct {
	N              int64
	Min, Max, Mean float64
	Over           []int64
	Quantiles      []float64
}

func valuesViewOf(v *Values) valuesView {
	w := valuesView{N: v.Count(), Min: v.Min(), Max: v.Max(), Mean: v.Mean(), Over: slices.Clone(v.Over)}
	for _, p := range quantiles {
		q, _ := v.Quantile(p)
		w.Quantiles = append(w.Quantiles, q)
	}
	return w
}

func TestMergingValuesIsOrderFreeAndSnapshotsDoNotChange(t *testing.T) {
	rng := rand.New(rand.NewPCG(13, 14))
	limits := []float64{-2.5, 0, 7}
	r := New(Config{Series: 6, Limits: [][]float64{limits, limits, limits, limits, limits, limits}, Shards: 2})
	var old []*Values
	var views []valuesView
	for tick := range 8 {
		for i := range 400 {
			r.Writer(i).Record(int32(rng.IntN(6)), math.Round(rng.NormFloat64()*64)/16, 0)
		}
		for _, v := range r.Snapshot(time.Duration(tick), false).Metrics {
			old, views = append(old, v), append(views, valuesViewOf(v))
		}
	}
	parts := slices.Clone(old[len(old)-6:])
	want := valuesViewOf(MergeValues(parts...))
	for range 5 {
		rng.Shuffle(len(parts), func(a, b int) { parts[a], parts[b] = parts[b], parts[a] })
		got := MergeValues(MergeValues(parts[:2]...), nil, MergeValues(parts[2:]...))
		if diff := cmp.Diff(want, valuesViewOf(got)); diff != "" {
			t.Errorf("the order shows:\n%s", diff)
		}
	}
	for i, v := range old {
		if diff := cmp.Diff(views[i], valuesViewOf(v)); diff != "" {
			t.Fatalf("snapshot %d changed later:\n%s", i/6, diff)
		}
	}
}

func TestALimitOfOneSideIsNotExact(t *testing.T) {
	r := New(Config{Series: 2, Limits: [][]float64{{1, 2}, {2}}, Shards: 1})
	r.Writer(0).Record(0, 3, 0)
	r.Writer(0).Record(1, 3, 0)
	s := r.Snapshot(1, true)
	both := MergeValues(s.Metrics...)
	if n, ok := both.OverAt(2); n != 2 || !ok {
		t.Errorf("over 2: %d %v", n, ok)
	}
	if _, ok := both.OverAt(1); ok {
		t.Error("a limit only one side had cannot be exact")
	}
}

func TestValuesAreNoSamples(t *testing.T) {
	r := New(Config{Series: 2, WarmupEnd: 100, Shards: 1})
	w := r.Writer(0)
	w.Add(Sample{Intended: 150, End: 200})
	w.Record(1, 5, 150)
	w.Record(1, 900, 99) // of the warm-up
	s := r.Snapshot(300, true)
	if s.Total[1] != nil || s.Recent[1] != nil || s.Warmup[1] != nil || Merge(s.Total...).Count() != 1 || s.Metrics[0] != nil {
		t.Error("a value is among the samples")
	}
	if s.Metrics[1].Count() != 1 || s.Metrics[1].Max() != 5 {
		t.Errorf("%d values up to %v", s.Metrics[1].Count(), s.Metrics[1].Max())
	}
}

func TestConcurrentValuesAreExact(t *testing.T) {
	const users, each = 16, 3000
	r := New(Config{Series: 3, Limits: [][]float64{nil, {999}}, Shards: 4})
	var wg sync.WaitGroup
	for user := range users {
		w := r.Writer(user)
		wg.Go(func() {
			for i := range each {
				w.Record(1, float64(i), 0)
			}
		})
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	for open := true; open; {
		select {
		case <-done:
			open = false
		default:
			r.Snapshot(0, false)
		}
	}
	v := r.Snapshot(1, true).Metrics[1]
	over, _ := v.OverAt(999)
	if v.Count() != users*each || v.Mean() != (each-1)/2.0 || over != users*(each-1000) {
		t.Errorf("%d values, mean %v, %d over 999", v.Count(), v.Mean(), over)
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	r := New(Config{Series: 1, Limits: [][]float64{{50}}, Shards: 1})
	if r.shards[0].values != nil {
		t.Error("metrics cost memory before the first value")
	}
	w := r.Writer(0)
	add := func() {
		for i := range 100 {
			w.Record(0, float64(i), 0)
		}
	}
	add()
	if n := testing.AllocsPerRun(100, add); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
