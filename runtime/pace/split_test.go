package pace

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSplitEveryPrefix(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	cases := [][]float64{{1}, {1, 1}, {40, 30, 20, 10}, {997, 2, 1}, {5, 0, 5}, {0.1, 0.2, 0.7}, {30, 1, 1, 1, 1, 1, 1, 1}}
	for range 200 {
		w := make([]float64, 1+r.IntN(12))
		for i := range w {
			w[i] = float64(r.IntN(100))
		}
		w[r.IntN(len(w))] = 1 + r.Float64()*100
		cases = append(cases, w)
	}
	for _, w := range cases {
		total := 0.0
		for _, x := range w {
			total += x
		}
		s := NewSplit(w)
		got := make([]float64, len(w))
		for n := 1.0; n <= 5000; n++ {
			got[s.Next()]++
			for i := range w {
				if ideal := n * w[i] / total; math.Abs(got[i]-ideal) > 1-1e-9+1e-6 {
					t.Fatalf("%v: after %v, %v of class %d, ideal %v", w, n, got[i], i, ideal)
				}
				if w[i] == 0 && got[i] > 0 {
					t.Fatalf("%v: class %d has no weight and was dealt to", w, i)
				}
			}
		}
	}
}

func TestSplitWithoutWeights(t *testing.T) {
	if got := NewSplit([]float64{0, 0}).Next(); got != 0 {
		t.Errorf("got class %d", got)
	}
}

func TestSequenceMix(t *testing.T) {
	weights := []float64{40, 30, 0, 20, 10}
	w := NewWeights(weights)
	for _, users := range []int{1, 2, 3, 5, 10, 30, 100, 300, 1000} {
		for _, picks := range []int{1, 2, 3, 5, 10, 30, 100} {
			got := make([]float64, len(weights))
			for u := range users {
				s := NewSequence(w, 42, int64(u))
				for range picks {
					got[s.Next()]++
				}
			}
			n := float64(users * picks)
			// One user's picks are within 2 of the ideal; many users' errors
			// do not add up, they cancel.
			bound := 1 + math.Log2(1+n)/2
			for i := range weights {
				if ideal := n * weights[i] / 100; math.Abs(got[i]-ideal) > bound {
					t.Errorf("%d users x %d picks: %v of %d, ideal %v", users, picks, got[i], i, ideal)
				}
			}
			if got[2] != 0 {
				t.Errorf("a task of weight 0 was picked")
			}
		}
	}
}

func TestSequenceOfEachUser(t *testing.T) {
	weights := []float64{40, 30, 20, 10}
	w := NewWeights(weights)
	for u := range int64(1000) {
		s := NewSequence(w, 7, u)
		got := make([]float64, len(weights))
		for n := 1.0; n <= 100; n++ {
			got[s.Next()]++
			for i := range weights {
				if math.Abs(got[i]-n*weights[i]/100) > 2.5 {
					t.Fatalf("user %d after %v picks: %v", u, n, got)
				}
			}
		}
	}
}

func TestSequenceIsReplayed(t *testing.T) {
	w := NewWeights([]float64{1, 2, 3})
	list := func(seed uint64, user int64) (got []int) {
		for s := NewSequence(w, seed, user); len(got) < 50; {
			got = append(got, s.Next())
		}
		return got
	}
	if !slices.Equal(list(1, 5), list(1, 5)) {
		t.Error("the same seed and user gave other picks")
	}
	if slices.Equal(list(1, 5), list(2, 5)) || slices.Equal(list(1, 5), list(1, 6)) {
		t.Error("another seed or user gave the same picks")
	}
}

func TestDrawChiSquare(t *testing.T) {
	weights := []float64{40, 30, 20, 10, 0}
	w := NewWeights(weights)
	r := rand.New(rand.NewPCG(9, 9))
	const n = 1_000_000
	got := make([]float64, len(weights))
	for range n {
		got[w.Draw(r)]++
	}
	chi := 0.0
	for i, x := range weights[:4] {
		e := n * x / 100
		chi += (got[i] - e) * (got[i] - e) / e
	}
	if chi > 16.27 { // 3 degrees of freedom, p = 0.001
		t.Errorf("chi-square %v: %v", chi, got)
	}
	if got[4] != 0 {
		t.Errorf("weight 0 was drawn %v times", got[4])
	}
}

func TestWeightsEdges(t *testing.T) {
	for _, c := range []struct {
		weights []float64
		x       uint64
		want    int
	}{
		{[]float64{0, 1, 0}, 0, 1},
		{[]float64{0, 1, 0}, math.MaxUint64, 1},
		{[]float64{1, 1}, 1<<63 - 1, 0},
		{[]float64{1, 1}, 1 << 63, 1},
		{[]float64{0.1, 0.2, 0.7}, math.MaxUint64, 2},
		{[]float64{0, 0}, 12, 0},
	} {
		if got := NewWeights(c.weights).At(c.x); got != c.want {
			t.Errorf("%v at %d: %d, want %d", c.weights, c.x, got, c.want)
		}
	}
}
