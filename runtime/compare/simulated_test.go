package compare

import (
	"math"
	"math/rand/v2"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/results"
)

// world is a simulated target whose truth is known.
type world struct {
	seconds int
	rate    float64 // requests a second, of each of three requests
	noise   float64 // standard deviation of the level, from second to second
	repeats float64 // of the level, from run to run
	load    func(at float64) float64
	slower  [3]float64 // factor on each request's times; 0 is 1
	tail    float64    // factor on what is slower than 90 % of the first request; 0 is 1
	errors  float64
}

// every is how many seconds are known together, to make the simulation fast.
const every = 5

var labels = []string{"GET /a", "GET /b", "POST /c"}

// run draws one run of the world.
func (w world) run(seed uint64) *results.Run {
	r := rand.New(rand.NewPCG(seed, 11))
	rec := record.New(record.Config{Series: len(labels), Thresholds: make([][]int64, len(labels)), Shards: 1})
	writer := rec.Writer(0)
	run := &results.Run{Dir: "run", Report: &report.Report{}, Rows: make([]results.Row, len(labels))}
	level := make([]float64, len(labels))
	common := w.repeats * r.NormFloat64()
	var seconds []*results.Second
	for t := range w.seconds {
		at := (float64(t) + 0.5) / float64(w.seconds)
		for k := range labels {
			const resembles = 0.8 // to the second before
			level[k] = resembles*level[k] + math.Sqrt(1-resembles*resembles)*w.noise*r.NormFloat64()
			factor, rate := math.Exp(level[k]+common), w.rate
			if w.load != nil {
				rate *= w.load(at)
				factor *= math.Sqrt(w.load(at))
			}
			if w.slower[k] != 0 {
				factor *= w.slower[k]
			}
			for range poisson(r, rate) {
				z := r.NormFloat64()
				ns := 50e6 * float64(k+1) * factor * math.Exp(0.5*z)
				if k == 0 && w.tail != 0 && z > 1.2816 {
					ns *= w.tail
				}
				s := record.Sample{Series: int32(k), End: int64(ns), Sent: 1, First: 2}
				if r.Float64() < w.errors {
					s.Class = plan.FailStatus
				}
				writer.Add(s)
			}
		}
		if (t+1)%every != 0 {
			continue
		}
		snap := rec.Snapshot(time.Duration(t+1)*time.Second, false)
		seconds = append(seconds, &results.Second{At: time.Duration(t+1-every) * time.Second, Length: every * time.Second, Users: 10, Rows: snap.Recent})
	}
	total := rec.Snapshot(time.Duration(w.seconds)*time.Second, true).Total
	for k, label := range labels {
		run.Rows[k] = results.Row{Kind: plan.RequestSeries, Method: label[:3], Label: label, Name: label[4:], Total: total[k]}
	}
	run.Each = func(visit func(*results.Second) error) error {
		for _, s := range seconds {
			if err := visit(s); err != nil {
				return err
			}
		}
		return nil
	}
	return run
}

func poisson(r *rand.Rand, mean float64) int {
	n, sum := -1, 0.0
	for sum < mean {
		sum += r.ExpFloat64()
		n++
	}
	return max(n, 0)
}
