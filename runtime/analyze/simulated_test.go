package analyze

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"throng/runtime/record"
)

// world is a simulated target whose truth is known. Its zero functions do
// nothing.
type world struct {
	load    func(at float64) float64                   // users at a share 0..1 of the run
	slower  func(at float64, request int) float64      // factor on response times
	errors  func(at float64, request int) float64      // error rate
	answers func(at, users float64) float64            // requests a second of each request
	draw    func(r *rand.Rand, median float64) float64 // a response time, ns
	noise   float64                                    // standard deviation of the level, from stretch to stretch
	stalled func(at float64) bool
}

const (
	simStretches = 60
	simWidth     = 5 * time.Second
	simRequests  = 4
)

func constant(v float64) func(float64) float64 { return func(float64) float64 { return v } }

// run draws one run of the world.
func (w world) run(seed uint64) *Input {
	r := rand.New(rand.NewPCG(seed, 7))
	in := &Input{Name: fmt.Sprint("seed ", seed), Kind: "run", Generator: Generator{Known: true, CPU: 0.2}}
	if w.load == nil {
		w.load = constant(40)
	}
	if w.draw == nil {
		w.draw = func(r *rand.Rand, median float64) float64 { return median * math.Exp(0.45*r.NormFloat64()) }
	}
	if w.answers == nil {
		w.answers = func(_, users float64) float64 { return users / 8 }
	}
	if w.noise == 0 {
		w.noise = 0.06
	}
	for k := range simRequests {
		name := fmt.Sprintf("/r%d", k)
		in.Requests = append(in.Requests, Request{Label: "GET " + name, Method: "GET", Name: name})
	}
	level := make([]float64, simRequests) // its noise: each resembles the one before
	samples := make([][]float64, simRequests)
	var failed [simRequests]int64
	for i := range simStretches {
		at := (float64(i) + 0.5) / simStretches
		users := math.Round(w.load(at))
		s := Stretch{At: time.Duration(i) * simWidth, Length: simWidth, Load: users, InFlight: 3}
		stalled := w.stalled != nil && w.stalled(at)
		if stalled {
			s.Silent = []Span{{s.At, s.At + s.Length}}
		}
		in.Stretches = append(in.Stretches, s)
		for k := range simRequests {
			const resembles = 0.6
			level[k] = resembles*level[k] + math.Sqrt(1-resembles*resembles)*w.noise*r.NormFloat64()
			factor := math.Exp(level[k])
			if w.slower != nil {
				factor *= w.slower(at, k)
			}
			rate := 0.001
			if w.errors != nil {
				rate = w.errors(at, k)
			}
			n := poisson(r, w.answers(at, users)*simWidth.Seconds())
			if stalled {
				n = 0
			}
			var list []float64
			var bad int64
			for range n {
				if r.Float64() < rate {
					bad++
					continue
				}
				list = append(list, w.draw(r, 50e6*float64(k+1)*factor))
			}
			samples[k], failed[k] = append(samples[k], list...), failed[k]+bad
			in.Requests[k].Cells = append(in.Requests[k].Cells, figuresFrom(list, bad))
		}
	}
	for k := range simRequests {
		in.Requests[k].Total = figuresFrom(samples[k], failed[k])
	}
	return in
}

func poisson(r *rand.Rand, mean float64) int {
	n, sum := -1, 0.0
	for sum < mean {
		sum += r.ExpFloat64()
		n++
	}
	return max(n, 0)
}

func figuresFrom(list []float64, failed int64) Figures {
	nan := math.NaN()
	f := Figures{Count: int64(len(list)) + failed, Failed: failed, Mean: nan, P50: nan, P95: nan, P99: nan, Max: nan}
	if len(list) == 0 {
		return f
	}
	sorted := slices.Sorted(slices.Values(list))
	q := func(p float64) float64 { return sorted[record.Rank(p, int64(len(sorted)))-1] }
	sum := 0.0
	for _, v := range sorted {
		sum += v
		from := int64(math.Exp(math.Floor(math.Log(v)*500) / 500)) // steps of 0.2 %
		if n := len(f.Steps); n > 0 && f.Steps[n-1].From == from {
			f.Steps[n-1].Count++
			continue
		}
		f.Steps = append(f.Steps, record.Bucket{From: from, To: int64(float64(from) * 1.002), Count: 1})
	}
	f.Mean, f.P50, f.P95, f.P99, f.Max = sum/float64(len(sorted)), q(0.5), q(0.95), q(0.99), sorted[len(sorted)-1]
	return f
}
