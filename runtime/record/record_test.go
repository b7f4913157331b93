package record

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"throng/dsl/plan"
)

// ok is a success of a series that took d, on time.
func ok(series int32, d int64) Sample {
	return Sample{Series: series, Status: 200, Sent: 1, First: d / 2, End: d}
}

// timeout is a sample its user gave up after d.
func timeout(series int32, d int64) Sample {
	return Sample{Series: series, Class: plan.FailTimeout, End: d}
}

// statsOf records samples of series 0 in one go.
func statsOf(t testing.TB, c Config, samples ...Sample) *Stats {
	t.Helper()
	c.Series = max(c.Series, 1)
	r := New(c)
	for i, s := range samples {
		r.Writer(i).Add(s)
	}
	return r.Snapshot(time.Second, true).Total[0]
}

func durations(t testing.TB, values []int64) *Stats {
	t.Helper()
	r := New(Config{Series: 1})
	for i, v := range values {
		r.Writer(i).Add(ok(0, v))
	}
	return r.Snapshot(time.Second, true).Total[0]
}

// distributions are the shapes latencies come in, in ns.
var distributions = map[string]func(*rand.Rand) float64{
	"constant":    func(*rand.Rand) float64 { return 123_456_789 },
	"uniform":     func(r *rand.Rand) float64 { return r.Float64() * 5e8 },
	"exponential": func(r *rand.Rand) float64 { return r.ExpFloat64() * 2e7 },
	"lognormal":   func(r *rand.Rand) float64 { return math.Exp(r.NormFloat64()) * 1e7 },
	"pareto":      func(r *rand.Rand) float64 { return min(1e6/math.Pow(1-r.Float64(), 1/1.2), highest) },
	"bimodal": func(r *rand.Rand) float64 {
		if r.Float64() < 0.9 {
			return 2e6 + r.Float64()*1e6
		}
		return 3e9 + r.Float64()*1e9
	},
	"loopback": func(r *rand.Rand) float64 { return 64_000 + r.ExpFloat64()*1e5 },
}

var quantiles = []float64{0, 0.01, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1}

// nearestRank is the definition, by integers: p is k/10000.
func nearestRank(p float64, sorted []int64) int64 {
	k := int(math.Round(p * 10000))
	rank := (k*len(sorted) + 9999) / 10000
	return sorted[max(rank, 1)-1]
}

func TestQuantilesAgainstSortedReference(t *testing.T) {
	for name, draw := range distributions {
		for _, n := range []int{1, 2, 3, 7, 20, 59, 100, 999, 10_000, 100_000} {
			rng := rand.New(rand.NewPCG(7, uint64(n)))
			values := make([]int64, n)
			var sum int64
			for i := range values {
				values[i] = int64(draw(rng))
				sum += values[i]
			}
			s := durations(t, values)
			slices.Sort(values)
			if s.Min() != values[0] || s.Max() != values[n-1] || s.Count() != int64(n) || s.Sum() != sum {
				t.Fatalf("%s n=%d: min %d max %d count %d sum %d, want %d %d %d %d",
					name, n, s.Min(), s.Max(), s.Count(), s.Sum(), values[0], values[n-1], n, sum)
			}
			if d := s.Mean()*int64(n) - sum; d > int64(n)/2 || d < -int64(n)/2 {
				t.Fatalf("%s n=%d: mean %d is not the nearest of %d/%d", name, n, s.Mean(), sum, n)
			}
			for _, p := range quantiles {
				got, want := s.Quantile(p), nearestRank(p, values)
				slack := max(float64(want)*0.001, 64)
				if !got.Valid || got.Censored || got.Ns < want || float64(got.Ns-want) > slack {
					t.Errorf("%s n=%d p=%v: got %+v, want %d", name, n, p, got, want)
				}
			}
		}
	}
}

// The set of Gatling #4715, where p95 is reported as 1072 ms.
func TestQuantileInGapIsAMeasuredValue(t *testing.T) {
	var values []int64
	for i := range 96 {
		values = append(values, int64(i%8)*1e6)
	}
	for range 6 {
		values = append(values, 1502e6)
	}
	s := durations(t, values)
	if got := s.Quantile(0.95); got != (Latency{Ns: 1502e6, Valid: true}) {
		t.Errorf("p95 = %+v, want 1502 ms", got)
	}
	if got := s.Quantile(0.94); got.Ns < 7e6 || got.Ns > 7.007e6 {
		t.Errorf("p94 = %+v, want 7 ms", got)
	}
}

func TestRankTakesTheDecimalAsWritten(t *testing.T) {
	for _, c := range []struct {
		p    float64
		n    int64
		want int64
	}{
		{0.95, 20, 19}, {0.95, 100, 95}, {0.95, 21, 20}, {0.07, 100, 7}, {0.29, 100, 29}, {0.57, 100, 57},
		{0.999, 1000, 999}, {0.999, 1001, 1000}, {0.5, 1, 1}, {0.5, 2, 1}, {0, 10, 1}, {1, 10, 10},
		{0.95, 1_000_000_000, 950_000_000}, {0.999, 4_000_000_000_000, 3_996_000_000_000},
		{0.95, 0, 0}, {-1, 5, 1}, {2, 5, 5}, {math.NaN(), 5, 1}, {1e-300, 5, 1},
	} {
		if got := Rank(c.p, c.n); got != c.want {
			t.Errorf("Rank(%v, %d) = %d, want %d", c.p, c.n, got, c.want)
		}
	}
}

// top must agree with the library about where a bucket ends.
func TestBucketEdges(t *testing.T) {
	h := newDense()
	rng := rand.New(rand.NewPCG(1, 2))
	check := func(v int64) {
		p := newPacked()
		if err := p.RecordValue(v); err != nil {
			t.Fatal(err)
		}
		p.ForEachBucket(func(lowest, _ int64) bool {
			end := top(lowest)
			if v < lowest || v > end || !h.ValuesAreEquivalent(lowest, end) || h.ValuesAreEquivalent(end, end+1) {
				t.Errorf("%d: bucket %d..%d", v, lowest, end)
			}
			if width := end - lowest; width > max(63, v/1000) {
				t.Errorf("%d: bucket is %d wide", v, width)
			}
			return true
		})
	}
	for shift := range 35 {
		for d := int64(-1); d <= 1; d++ {
			check(max(0, 1<<shift+d))
		}
	}
	check(highest)
	for range 20_000 {
		check(int64(math.Exp(rng.Float64() * math.Log(highest))))
	}
	if size := h.ByteSize(); size > 176<<10 {
		t.Errorf("a dense histogram takes %d bytes", size)
	}
}

func TestZeroAndSubMicrosecondAreExact(t *testing.T) {
	s := durations(t, []int64{0, 1, 999})
	if s.Min() != 0 || s.Max() != 999 || s.Sum() != 1000 || s.Mean() != 333 {
		t.Errorf("min %d max %d sum %d mean %d", s.Min(), s.Max(), s.Sum(), s.Mean())
	}
	if got := s.Quantile(0); got != (Latency{Valid: true}) {
		t.Errorf("p0 = %+v", got)
	}
}

func TestOutOfRangeIsClampedAndCounted(t *testing.T) {
	r := New(Config{Series: 1, Open: true, Thresholds: [][]int64{{70e9}}, Shards: 1})
	w := r.Writer(0)
	for range 8 {
		w.Add(ok(0, 1e6))
	}
	w.Add(ok(0, 90e9))
	w.Add(ok(0, 80e9))
	w.Add(Sample{Start: 10, Intended: 10, First: 1, End: 4}) // a clock that went back
	snap := r.Snapshot(1, true)
	s := snap.Total[0]
	if snap.Clamped != 3 || s.Count() != 11 || s.Min() != 0 || s.Max() != 90e9 || s.Sum() != 170e9+8e6 {
		t.Errorf("clamped %d count %d min %d max %d sum %d", snap.Clamped, s.Count(), s.Min(), s.Max(), s.Sum())
	}
	if got := s.Quantile(0.9); got != (Latency{Ns: 60e9, Censored: true, Valid: true}) {
		t.Errorf("p90 = %+v, want at least 60 s", got)
	}
	if got := s.Quantile(1); got != (Latency{Ns: 90e9, Valid: true}) {
		t.Errorf("p100 = %+v, want the exact maximum", got)
	}
	if n, _ := s.OverAt(70e9); n != 2 {
		t.Errorf("%d over 70 s, want 2", n)
	}
	var n int64
	for _, b := range s.Buckets() {
		n += b.Count
	}
	if n != s.OK {
		t.Errorf("buckets hold %d of %d", n, s.OK)
	}
}

func TestEmptyAndNil(t *testing.T) {
	var s *Stats
	if s.Count() != 0 || s.Judged() != 0 || s.Quantile(0.5).Valid || s.ServiceQuantile(0.5).Valid ||
		s.MaxLatency().Valid || s.MeanLatency().Valid || s.Sum() != 0 || s.Buckets() != nil || s.Phases() != (Phases{}) {
		t.Error("a nil Stats must read as one without samples")
	}
	if _, found := s.OverAt(1); found {
		t.Error("a nil Stats has no thresholds")
	}
	if Merge() != nil || Merge(nil, nil) != nil {
		t.Error("merging nothing gives nil")
	}
	if durations(t, []int64{5}).Quantile(math.NaN()).Valid {
		t.Error("there is no NaN quantile")
	}
	if s := statsOf(t, Config{}, Sample{Class: plan.FailRefused, End: 5}); s.Quantile(0.5).Valid || s.FailedQuantile(0.5).Ns != 5 {
		t.Error("failures must not be mixed with successes")
	}
}

// Attempts that another one follows are counted beside being failures, per
// series and over merges.
func TestRetried(t *testing.T) {
	failed := Sample{Status: 503, Class: plan.FailStatus, End: 5}
	again := failed
	again.Retried = true
	one := statsOf(t, Config{}, again, again, failed, ok(0, 7))
	if one.Failed != 3 || one.Retried != 2 {
		t.Errorf("%d failed, %d retried", one.Failed, one.Retried)
	}
	if both := Merge(one, statsOf(t, Config{}, again)); both.Failed != 4 || both.Retried != 3 {
		t.Errorf("merged: %d failed, %d retried", both.Failed, both.Retried)
	}
}
