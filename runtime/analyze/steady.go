package analyze

import (
	"math"

	"throng/runtime/estimate"
)

// steady is a part of the run in which the load stays: stretches first up to,
// but not with, end.
type steady struct {
	first, end int
	load       float64
}

func (s steady) len() int { return s.end - s.first }

// plateaus cuts the run where its load leaves 5 % of what it was, or one user
// where that is more.
func (in *Input) plateaus() []steady {
	var list []steady
	for i := range in.Stretches {
		load := in.Stretches[i].Load
		if n := len(list); n > 0 && math.Abs(load-list[n-1].load) <= math.Max(0.05*list[n-1].load, 1) && sameUnit(load, list[n-1].load) {
			list[n-1].end = i + 1
			continue
		}
		list = append(list, steady{i, i + 1, load})
	}
	return list
}

// sameUnit keeps a load of a few users apart from none at all.
func sameUnit(a, b float64) bool { return (a == 0) == (b == 0) }

// longest is the longest plateau with a load.
func (in *Input) longest() (steady, bool) {
	var best steady
	for _, s := range in.plateaus() {
		if s.load > 0 && s.len() > best.len() {
			best = s
		}
	}
	return best, best.len() > 0
}

// series are a request's times in some stretches, those without enough
// samples left out: middles in seconds, and times in ns.
func (in *Input) series(cells []Figures, s steady, least int64, of func(*Figures) float64) (xs, ys []float64) {
	for i := s.first; i < s.end && i < len(cells); i++ {
		c := &cells[i]
		if v := of(c); c.Count-c.Failed+c.TimedOut >= least && v > 0 && !math.IsNaN(v) {
			xs, ys = append(xs, in.Stretches[i].middle()), append(ys, v)
		}
	}
	return xs, ys
}

// usual is the time of a request that stands for it: its median, or its mean
// where only that is known.
func usual(f *Figures) float64 {
	if math.IsNaN(f.P50) || f.P50 <= 0 {
		return f.Mean
	}
	return f.P50
}

func logs(values []float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = math.Log(v)
	}
	return out
}

func median(values []float64) float64 { return estimate.Median(values) }
