package estimate

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// The values are those of printed tables of Student's distribution.
func TestStudent(t *testing.T) {
	for _, c := range []struct{ confidence, degrees, want float64 }{
		{0.95, 1, 12.7062}, {0.95, 2, 4.3027}, {0.95, 10, 2.2281}, {0.99, 5, 4.0321}, {0.99, 30, 2.7500}, {0.999, 20, 3.8495}, {0.95, 1e6, 1.9600},
	} {
		near(t, "t", Student(c.confidence, c.degrees), c.want, 1e-3)
		near(t, "p", TwoSided(c.want, c.degrees), 1-c.confidence, 1e-4)
	}
	if TwoSided(3, 0) != 1 || TwoSided(math.NaN(), 5) != 1 || TwoSided(math.Inf(1), 5) != 0 {
		t.Error("the ends are wrong")
	}
	near(t, "Φ(1.96)", 1-TwoSided(1.96, 1e9)/2, 0.9750, 1e-4) // with many degrees it is the normal distribution
}

// The example of Holm's paper's kind: the least is multiplied by all, the next
// by one fewer, and none is less than one before it.
func TestHolm(t *testing.T) {
	got := Holm([]float64{0.01, 0.04, math.NaN(), 0.03, 0.005})
	for i, want := range []float64{0.03, 0.06, math.NaN(), 0.06, 0.02} {
		if math.IsNaN(want) != math.IsNaN(got[i]) || !math.IsNaN(want) && math.Abs(got[i]-want) > 1e-12 {
			t.Errorf("%d: %v, want %v", i, got[i], want)
		}
	}
}

// A tenth of wild values moves the slope little.
func TestSlopeIsRobust(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var xs, ys []float64
	for i := range 50 {
		xs, ys = append(xs, float64(i)), append(ys, 3*float64(i)+r.NormFloat64())
		if i%10 == 9 {
			ys[i] += 1000
		}
	}
	s := Trend(xs, ys, 0.95)
	near(t, "slope", s.PerUnit, 3, 0.2)
	if s.Low > 3 || s.High < 3 || s.P > 1e-6 {
		t.Errorf("%+v", s)
	}
	if s := Trend(xs[:5], ys[:5], 0.95); s.P != 1 {
		t.Errorf("five values say something: %+v", s)
	}
	if s := Trend(xs, make([]float64, 50), 0.95); s.P != 1 {
		t.Errorf("a flat line says something: %+v", s)
	}
}

// series draws values that resemble the one before.
func series(r *rand.Rand, n int, resembles float64) []float64 {
	list, v := make([]float64, n), r.NormFloat64()
	for i := range list {
		v = resembles*v + math.Sqrt(1-resembles*resembles)*r.NormFloat64()
		list[i] = v
	}
	return list
}

// The tests keep near their level where values resemble their neighbours: the
// correction is estimated from the same few values, so that at ρ = 0.6 it is
// three to five per cent instead of one. Without it, it would be a fifth.
func TestLevels(t *testing.T) {
	const runs = 2000
	xs := make([]float64, 60)
	for i := range xs {
		xs[i] = float64(i)
	}
	for _, resembles := range []float64{0, 0.3, 0.6} {
		r := rand.New(rand.NewPCG(3, 4))
		trends, shifts := 0, 0
		for range runs {
			if Trend(xs, series(r, 60, resembles), 0.95).P < 0.01 {
				trends++
			}
			if Between(series(r, 40, resembles), series(r, 40, resembles)).P < 0.01 {
				shifts++
			}
		}
		t.Logf("ρ %.1f: trend %.1f %%, shift %.1f %% at a level of 1 %%", resembles, 100*float64(trends)/runs, 100*float64(shifts)/runs)
		if trends*100 > 5*runs || shifts*100 > 5*runs {
			t.Errorf("ρ %.1f: %d trends and %d shifts in %d series without any", resembles, trends, shifts, runs)
		}
	}
}

func TestCorrelated(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	near(t, "of independent values", Correlated(series(r, 4000, 0)), 1, 0.3)
	near(t, "of ρ 0.8, where it is 9", Correlated(series(r, 20000, 0.8)), 9, 2)
	if got := ranks([]float64{3, 1, 3, 2}); !slices.Equal(got, []float64{2.5, 0, 2.5, 1}) {
		t.Errorf("ranks are %v", got)
	}
}
