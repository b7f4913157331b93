package analyze

import (
	"fmt"
	"math"

	"throng/runtime/estimate"
)

// errorsWithLoad looks for error rates that grow as the load does: a score
// test of the slope of failures over the load, in which neighbouring
// stretches count as one block, so that one burst of errors proves nothing
// (Cochran 1954, Armitage 1955; blocks as clusters, Liang and Zeger 1986).
func errorsWithLoad(in *Input) ([]Finding, string) {
	const (
		least  = 12
		range_ = 1.5   // highest load per lowest
		rise   = 0.005 // of the error rate
		factor = 2
		blocks = 4 // that failures must lie in
	)
	if why := in.noCourse(least); why != "" {
		return nil, why
	}
	low, high := in.loads()
	if low <= 0 || high < range_*low {
		return nil, "the load hardly changed, so nothing can be said of what it does"
	}
	var found []Finding
	tests := float64(len(in.Requests))
	for i := range in.Requests {
		r := &in.Requests[i]
		if r.Total.Failed == 0 || r.Total.Failed == r.Total.Count {
			continue
		}
		z, with := in.score(r.Cells)
		bottom, top := in.rateAt(r.Cells, low, high)
		p := estimate.TwoSided(z, blocksOf(len(in.Stretches))-2) * tests
		if z <= 0 || with < blocks || p > doubt || top-bottom < rise || top < factor*bottom {
			continue
		}
		f := Finding{Request: r.Label, Severity: High, rank: top}
		if top > 0.05 {
			f.Severity = Critical
		}
		f.From, f.To = in.whole()
		f.Says = fmt.Sprintf("%s: errors rise with the load, from %s in the lowest third of it to %s in the highest.", r.Label, percent(bottom), percent(top))
		f.Evidence = []Figure{share("error rate, low load", bottom), share("error rate, high load", top), in.loadFigure("lowest load", low), in.loadFigure("highest load", high), number("failed", float64(r.Total.Failed))}
		f.Test = Test{"score of the slope, in standard errors", Num(z), Num(estimate.Student(1-doubt/tests, blocksOf(len(in.Stretches))-2)), fmt.Sprintf("and at least %s and %d × more at high load, in at least %d parts of the run", percent(rise), factor, blocks)}
		found = append(found, f)
	}
	return found, ""
}

// loads are the lowest and the highest load with traffic.
func (in *Input) loads() (low, high float64) {
	low = math.Inf(1)
	for i := range in.Stretches {
		if n, _ := in.total(i); n > 0 && in.Stretches[i].Load > 0 {
			low, high = min(low, in.Stretches[i].Load), max(high, in.Stretches[i].Load)
		}
	}
	if high == 0 {
		return 0, 0
	}
	return low, high
}

func (in *Input) loadFigure(name string, load float64) Figure {
	if in.Open {
		return perSecond(name, load)
	}
	return number(name, load)
}

// load writes a load: "40 users", "12/s".
func (in *Input) load(load float64) string {
	if in.Open {
		return show(load, PerSecond)
	}
	return show(math.Round(load), Plain) + " users"
}

// blocksOf is into how many blocks so many stretches are cut.
func blocksOf(n int) float64 { return float64(min(n, 24)) }

// score is the slope of failures over the load in standard errors, and how
// many blocks have failures.
func (in *Input) score(cells []Figures) (z float64, with int) {
	var n, failed, loads float64
	for i := range cells {
		n, failed = n+float64(cells[i].Count), failed+float64(cells[i].Failed)
		loads += float64(cells[i].Count) * in.Stretches[i].Load
	}
	rate, mean := failed/n, loads/n
	var along, across float64 // sums of the score, and of its slope's weight
	for i := range cells {
		x := in.Stretches[i].Load - mean
		along += x * (float64(cells[i].Failed) - rate*float64(cells[i].Count))
		across += x * x * float64(cells[i].Count)
	}
	if across == 0 {
		return 0, 0
	}
	slope := along / across
	blocks := int(blocksOf(len(cells)))
	squares := 0.0
	for b := range blocks {
		part, hit := 0.0, false
		for i := b * len(cells) / blocks; i < (b+1)*len(cells)/blocks; i++ {
			c, x := &cells[i], in.Stretches[i].Load-mean
			part += x * (float64(c.Failed) - (rate+slope*x)*float64(c.Count))
			hit = hit || c.Failed > 0
		}
		if hit {
			with++
		}
		squares += part * part
	}
	if squares == 0 {
		return 0, with
	}
	k := float64(blocks)
	return along / math.Sqrt(squares*k/(k-2)), with
}

// rateAt are the error rates in the lowest and the highest third of the load.
func (in *Input) rateAt(cells []Figures, low, high float64) (bottom, top float64) {
	var n, failed [2]float64
	for i := range cells {
		side := -1
		switch load := in.Stretches[i].Load; {
		case load <= low+(high-low)/3:
			side = 0
		case load >= high-(high-low)/3:
			side = 1
		}
		if side >= 0 {
			n[side], failed[side] = n[side]+float64(cells[i].Count), failed[side]+float64(cells[i].Failed)
		}
	}
	ratio := func(k int) float64 {
		if n[k] == 0 {
			return 0
		}
		return failed[k] / n[k]
	}
	return ratio(0), ratio(1)
}
