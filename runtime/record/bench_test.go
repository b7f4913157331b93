package record

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"throng/dsl/plan"
)

func BenchmarkAdd(b *testing.B) {
	for _, open := range []bool{false, true} {
		b.Run(fmt.Sprintf("open=%v", open), func(b *testing.B) {
			r := New(Config{Series: 40, Open: open, Thresholds: thresholdsFor(40)})
			w := r.Writer(0)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				w.Add(ok(int32(i%40), int64(1e6+(i*7919)%100_000_000)))
			}
		})
	}
}

// What it costs to keep first byte and body of every sample beside its
// response time: the reason that they are kept only where they are asked for.
func BenchmarkAddMeasures(b *testing.B) {
	asked := make([][]Beyond, 40)
	for i := range asked {
		asked[i] = []Beyond{{plan.MeasureFirstByte, []int64{5e7}}, {plan.MeasureBody, []int64{5e7}}}
	}
	for name, beyond := range map[string][][]Beyond{"none": nil, "first_byte,body": asked} {
		b.Run(name, func(b *testing.B) {
			r := New(Config{Series: 40, Thresholds: thresholdsFor(40), Beyond: beyond})
			w := r.Writer(0)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				i++
				took := int64(1e6 + (i*7919)%100_000_000)
				w.Add(Sample{Series: int32(i % 40), Status: 200, Sent: 1, First: 1 + took/2, End: took})
			}
		})
	}
}

func thresholdsFor(n int) [][]int64 {
	list := make([][]int64, n)
	for i := range list {
		list[i] = []int64{5e7, 2e8}
	}
	return list
}

func BenchmarkAddParallel(b *testing.B) {
	r := New(Config{Series: 40, Open: true, Thresholds: thresholdsFor(40)})
	var mu sync.Mutex
	user := 0
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		mu.Lock()
		w := r.Writer(user)
		user++
		mu.Unlock()
		for i := 0; pb.Next(); i++ {
			w.Add(ok(int32(i%40), int64(1e6+(i*7919)%100_000_000)))
		}
	})
}

// One tick of a run with 40 series that all saw 1000 spread-out samples.
func BenchmarkSnapshot(b *testing.B) {
	r := New(Config{Series: 40, Open: true, Thresholds: thresholdsFor(40)})
	rng := rand.New(rand.NewPCG(1, 1))
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for i := range 40_000 {
			r.Writer(i / 40).Add(ok(int32(i%40), int64(distributions["lognormal"](rng))))
		}
		b.StartTimer()
		r.Snapshot(1, false)
	}
}

// What judging one SLA over all of 40 series costs a tick.
func BenchmarkMerge(b *testing.B) {
	r := New(Config{Series: 40, Open: true, Thresholds: thresholdsFor(40)})
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range 400_000 {
		r.Writer(i / 40).Add(ok(int32(i%40), int64(distributions["lognormal"](rng))))
	}
	s := r.Snapshot(1, false)
	b.ReportAllocs()
	for b.Loop() {
		Merge(s.Total...).Quantile(0.95)
	}
}
