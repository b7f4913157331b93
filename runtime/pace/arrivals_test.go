package pace

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"throng/dsl/plan"
)

func TestArrivalsCount(t *testing.T) {
	for _, c := range []struct {
		name   string
		stages []plan.Stage
		until  time.Duration
		want   int64
	}{
		{"2000/s x 10 s", []plan.Stage{{Level: 2000, Hold: 10 * sec}}, 0, 20_000},
		{"156/m x 10 min: 2.6 is no binary fraction, 1560 all the same", []plan.Stage{{Level: 156.0 / 60, Hold: 600 * sec}}, 0, 1560},
		{"1/3 a second x 30 s", []plan.Stage{{Level: 1.0 / 3, Hold: 30 * sec}}, 0, 10},
		{"0.1/s a hundred times 0.1 s: 1 in all", repeat(plan.Stage{Level: 0.1, Hold: 100 * ms}, 100), 0, 1},
		{"ramp 0 to 10 over 10 s: a triangle of 50", []plan.Stage{{Level: 10, Over: 10 * sec}}, 0, 50},
		{"up, 10 s at 10, down: 50 + 100 + 50", []plan.Stage{{Level: 10, Over: 10 * sec, Hold: 10 * sec}, {Level: 0, Over: 10 * sec}}, 0, 200},
		{"2.5 arrivals are two", []plan.Stage{{Level: 2.5, Hold: sec}}, 0, 2},
		{"cut in the middle of the ramp: a triangle of 5 x 5 / 2 = 12.5", []plan.Stage{{Level: 10, Over: 10 * sec}}, 5 * sec, 12},
		{"the last rate stays until the end: 50 + 10 x 10", []plan.Stage{{Level: 10, Over: 10 * sec}}, 20 * sec, 150},
		{"nothing", nil, sec, 0},
	} {
		a := NewArrivals(c.stages, c.until)
		if a.Count() != c.want {
			t.Errorf("%s: %d arrivals, want %d", c.name, a.Count(), c.want)
		}
		if _, ok := a.Due(c.want); ok {
			t.Errorf("%s: arrival %d is due", c.name, c.want)
		}
	}
}

func repeat(s plan.Stage, n int) []plan.Stage {
	stages := make([]plan.Stage, n)
	for i := range stages {
		stages[i] = s
	}
	return stages
}

func TestArrivalsDue(t *testing.T) {
	ramp := []plan.Stage{{Level: 10, Over: 10 * sec}}
	gap := []plan.Stage{{Level: 10, Hold: sec}, {Level: 0, Hold: 10 * sec}, {Level: 10, Hold: sec}}
	for _, c := range []struct {
		name   string
		stages []plan.Stage
		n      int64
		want   time.Duration
	}{
		{"the first at 0", []plan.Stage{{Level: 2000, Hold: 10 * sec}}, 0, 0},
		{"2000/s: every 500 µs", []plan.Stage{{Level: 2000, Hold: 10 * sec}}, 7, 3500 * time.Microsecond},
		{"the last of them", []plan.Stage{{Level: 2000, Hold: 10 * sec}}, 19_999, 10*sec - 500*time.Microsecond},
		{"t²/2 = 8", ramp, 8, 4 * sec},
		{"t²/2 = 32", ramp, 32, 8 * sec},
		{"10t - t²/2 = 32 on the way down from 10: t = 4", []plan.Stage{{Level: 10}, {Level: 0, Over: 10 * sec}}, 32, 4 * sec},
		{"the tenth before the gap", gap, 9, 900 * ms},
		{"the eleventh when there is a rate again", gap, 10, 11 * sec},
		{"no rate, no first arrival", []plan.Stage{{Level: 0, Hold: 5 * sec}, {Level: 1, Hold: 2 * sec}}, 0, 5 * sec},
	} {
		got, ok := NewArrivals(c.stages, 0).Due(c.n)
		if !ok || got != c.want {
			t.Errorf("%s: Due(%d) = %v, %v; want %v", c.name, c.n, got, ok, c.want)
		}
	}
}

func TestArrivalsEquallySpaced(t *testing.T) {
	a := NewArrivals([]plan.Stage{{Level: 2000, Hold: 10 * sec}}, 0)
	for n := int64(0); n < a.Count(); n++ {
		if got, _ := a.Due(n); got != time.Duration(n)*500*time.Microsecond {
			t.Fatalf("arrival %d is due at %v", n, got)
		}
	}
}

func TestArrivalsDoNotDrift(t *testing.T) {
	// 10^7 arrivals at 3000/s: each within half a nanosecond of n/3000 s (every 7th is looked at).
	const total = 10_000_000
	a := NewArrivals([]plan.Stage{{Level: 3000, Hold: 3334 * sec}}, 0)
	for n := int64(0); n < total; n += 7 {
		got, _ := a.Due(n)
		if diff := 3*int64(got) - n*1_000_000; diff < -1 || diff > 1 {
			t.Fatalf("arrival %d is due at %v, off by %d/3 ns", n, got, diff)
		}
	}
}

// checkArrivals holds Due against the integral: monotonic, the exact inverse,
// and at every edge of a second as many as the integral says.
func checkArrivals(t *testing.T, stages []plan.Stage, until time.Duration) {
	t.Helper()
	a := NewArrivals(stages, until)
	total := a.Integral(a.Duration())
	if want := int64(math.Floor(total)); a.Count() != want {
		t.Fatalf("%v: %d arrivals, integral %v", stages, a.Count(), total)
	}
	last, edge := time.Duration(0), sec
	for n := range min(a.Count(), 50_000) {
		due, ok := a.Due(n)
		if !ok || due < last || due > a.Duration() {
			t.Fatalf("%v: arrival %d is due at %v (%v) after %v", stages, n, due, ok, last)
		}
		slack := 1e-6 + a.Rate(due)*2e-9 // a nanosecond's rounding of Due
		if back := a.Integral(due); math.Abs(back-float64(n)) > slack && a.Rate(due) > 1e-3 {
			t.Fatalf("%v: arrival %d is due at %v where the integral is %v", stages, n, due, back)
		}
		for ; edge <= due; edge += sec {
			// Arrivals 0..n-1 came before this edge: n is the integral there,
			// rounded up since arrival 0 comes at 0; exact when it is whole.
			if want := math.Ceil(a.Integral(edge)); math.Abs(float64(n)-want) > 0 && edge != due {
				t.Fatalf("%v: %d arrivals before %v, integral %v", stages, n, edge, a.Integral(edge))
			}
		}
		last = due
	}
}

func TestArrivalsProperties(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		until := time.Duration(0)
		if r.IntN(3) == 0 {
			until = time.Duration(1 + r.Int64N(int64(100*sec)))
		}
		checkArrivals(t, stagesFrom(r, 300), until)
	}
}

func FuzzArrivals(f *testing.F) {
	f.Add(int64(6e9), int64(4e9), 30.0, int64(0), int64(1e9), 3.5, int64(0))
	f.Add(int64(1e9), int64(0), 100.0, int64(1e9), int64(0), 0.0, int64(15e8))
	f.Fuzz(func(t *testing.T, over1, hold1 int64, l1 float64, over2, hold2 int64, l2 float64, until int64) {
		const limit = int64(1e12)
		for _, d := range []int64{over1, hold1, over2, hold2, until} {
			if d > limit || d < 0 {
				t.Skip()
			}
		}
		a := NewArrivals([]plan.Stage{
			{Level: l1, Over: time.Duration(over1), Hold: time.Duration(hold1)},
			{Level: l2, Over: time.Duration(over2), Hold: time.Duration(hold2)},
		}, time.Duration(until))
		if a.Count() < 0 {
			t.Fatalf("%d arrivals", a.Count())
		}
		last := time.Duration(0)
		for n := range min(a.Count(), 2000) {
			due, ok := a.Due(n)
			if !ok || due < last || due > a.Duration() {
				t.Fatalf("arrival %d of %d is due at %v (%v) after %v", n, a.Count(), due, ok, last)
			}
			last = due
		}
	})
}

func BenchmarkDue(b *testing.B) {
	a := NewArrivals([]plan.Stage{{Level: 2000, Over: 10 * sec, Hold: time.Hour}}, 0)
	for n := int64(0); b.Loop(); n++ {
		a.Due(n % a.Count())
	}
}
