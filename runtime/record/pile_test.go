package record

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// Values come out in the same steps however many there were since the last
// snapshot, and however many there were before that.
func TestFewAndManyValuesAlike(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 5))
	r := New(Config{Series: 1, Open: true, Shards: 1})
	w := r.Writer(0)
	for at, n := range []int{1, mostFew, mostFew + 1, 2 * mostFew, 3, 0, mostFew - 1, 5000, 5000, mostFew, 1} {
		want := newPacked()
		for range n {
			v := rng.Int64N(1 << rng.IntN(35))
			w.Add(ok(0, v))
			if err := want.RecordValue(v); err != nil {
				t.Fatal(err)
			}
		}
		s := r.Snapshot(1, false).Recent[0]
		if n == 0 {
			if s != nil {
				t.Errorf("snapshot %d: %d samples of none", at, s.Count())
			}
			continue
		}
		for k := response; k <= service; k++ {
			if s.dists[k].n != int64(n) || s.dists[k].beyond != 0 {
				t.Errorf("snapshot %d: %d values, %d of them lost, want %d and 0", at, s.dists[k].n, s.dists[k].beyond, n)
			}
			if got := stepsOf(s.dists[k]); !slices.Equal(got, stepsOf(dist{packed: want})) {
				t.Errorf("snapshot %d of %d values: %v", at, n, got)
			}
		}
	}
	if cell := r.shards[0].cells[measured][0]; cell.piles[response].dense != nil {
		t.Error("a series with one value since the last snapshot has a histogram")
	}
}

func stepsOf(d dist) (steps [][2]int64) {
	d.packed.ForEachBucket(func(lowest, count int64) bool {
		steps = append(steps, [2]int64{lowest, count})
		return true
	})
	return steps
}

// Many statistics are merged by way of dense histograms; the sum is that of
// merging them one by one.
func TestMergeOfManyIsThatOfEach(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for _, n := range []int{2, many - 1, many, 3 * many} {
		r := New(Config{Series: n, Open: true, Thresholds: thresholdsFor(n), Shards: 1})
		for i := range 500 * n {
			r.Writer(0).Add(anySample(rng, n))
			if i%3 == 0 {
				r.Writer(0).Add(ok(int32(i%n), rng.Int64N(2*highest)))
			}
		}
		list := r.Snapshot(1, false).Total
		var one *Stats
		for _, s := range list {
			one = Merge(one, s)
		}
		all := Merge(append(list, nil)...)
		for k := range one.dists {
			if a, b := stepsOf(all.dists[k]), stepsOf(one.dists[k]); !slices.Equal(a, b) {
				t.Errorf("%d statistics: kind %d differs: %v and %v", n, k, a, b)
			}
		}
		if a, b := viewOf(all), viewOf(one); !reflect.DeepEqual(a, b) {
			t.Errorf("%d statistics: %v and %v", n, a, b)
		}
	}
}

// A thousand series, each with few samples a second: recording into them and
// taking a snapshot, by sample. It is to cost about what one series costs.
func BenchmarkManySeries(b *testing.B) {
	for _, series := range []int{1, 1000} {
		b.Run(fmt.Sprint(series), func(b *testing.B) {
			r := New(Config{Series: series, Thresholds: thresholdsFor(series), Shards: 1})
			w := r.Writer(0)
			i := 0
			for b.Loop() {
				i++
				w.Add(ok(int32(i%series), int64(1e6+(i*7919)%1_000_000)))
				if i%100_000 == 0 { // a second at full speed
					r.Snapshot(1, false)
				}
			}
		})
	}
}

// One figure of a thousand series' totals, as an SLA over all of them asks
// for it each second.
func BenchmarkMergeMany(b *testing.B) {
	r := New(Config{Series: 1000, Shards: 1})
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 1_000_000 {
		r.Writer(0).Add(ok(int32(i%1000), int64(distributions["lognormal"](rng))))
	}
	s := r.Snapshot(1, false)
	b.ReportAllocs()
	for b.Loop() {
		Merge(s.Total...).Quantile(0.95)
	}
}
