package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// knee is where throughput leaves its line: below Load each user adds Slope
// answers a second, above it After.
type knee struct{ load, slope, after, errors float64 }

// plateau looks for the load from which on more load brings no more answers.
func plateau(in *Input) ([]Finding, string) {
	const (
		least  = 12
		range_ = 2.0  // highest load per lowest
		flat   = 0.35 // slope after the knee per slope before it, at most
		room   = 1.3  // highest load per knee
		after  = 4    // points after it
		better = 0.25 // squared errors per those of one line, at most
	)
	if why := in.noCourse(least); why != "" {
		return nil, why
	}
	loads, answers, index := in.rising()
	if len(loads) < least || loads[len(loads)-1] < range_*loads[0] {
		return nil, "the load does not grow to twice what it was in enough steps"
	}
	k, ok := fitKnee(loads, answers)
	straight := lineErrors(loads, answers)
	highest := loads[len(loads)-1]
	beyond := 0
	for _, l := range loads {
		if l > k.load {
			beyond++
		}
	}
	if !ok || k.slope <= 0 || straight == 0 {
		return nil, ""
	}
	ratio, fit := k.upper(loads, answers)/k.slope, k.errors/straight
	if ratio > flat || highest < room*k.load || beyond < after || fit > better {
		return nil, ""
	}
	first := slices.IndexFunc(index, func(i int) bool { return in.Stretches[i].Load > k.load })
	f := Finding{Severity: High, rank: highest / k.load}
	f.From, f.To = in.span(index[max(first, 0)], index[len(index)-1]+1)
	f.Says = fmt.Sprintf("Throughput stays at about %s from %s on, while the load grows to %s.", show(k.slope*k.load, PerSecond), in.load(k.load), in.load(highest))
	f.Evidence = []Figure{in.loadFigure("knee", k.load), in.loadFigure("highest load", highest), perSecond("answers at the knee", k.slope*k.load), perSecond("answers at the highest load", k.slope*k.load+k.after*(highest-k.load))}
	if was, is := in.p50At(k.load, false), in.p50At(k.load, true); was > 0 && is > 0 {
		f.Evidence = append(f.Evidence, ms("p50 below the knee", was), ms("p50 above it", is))
	}
	f.Test = Test{"slope after the knee per slope before it, at most (95 %)", Num(ratio), flat, fmt.Sprintf("at most; the load goes to %s the knee, and the bend leaves at most %s of a line's squared errors", times(room), percent(better))}
	return []Finding{f}, ""
}

// rising are load and answers a second of the stretches up to the highest
// load, by load.
func (in *Input) rising() (loads, answers []float64, index []int) {
	_, high := in.loads()
	last := -1
	for i := range in.Stretches {
		if in.Stretches[i].Load >= 0.99*high {
			last = i
		}
	}
	for i := 0; i <= last; i++ {
		s := &in.Stretches[i]
		// Right after a step up, or while it ramps, answers lag behind.
		if n, failed := in.total(i); s.Load > 0 && s.Length > 0 {
			index = append(index, i)
			loads, answers = append(loads, s.Load), append(answers, float64(n-failed)/s.Length.Seconds())
		}
	}
	order := make([]int, len(loads))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(loads[a], loads[b]) })
	x, y := make([]float64, len(order)), make([]float64, len(order))
	for k, i := range order {
		x[k], y[k] = loads[i], answers[i]
	}
	return x, y, index
}

// fitKnee fits two lines, the first through the origin, that meet at a load:
// least squares over the loads it could be (V. Muggeo, Estimating regression
// models with unknown break-points, 2003, searched instead of iterated).
func fitKnee(loads, answers []float64) (best knee, ok bool) {
	low, high := loads[0], loads[len(loads)-1]
	best.errors = math.Inf(1)
	const steps = 60
	for s := 1; s < steps; s++ {
		at := low + (high-low)*float64(s)/steps
		var aa, ab, bb, ya, yb float64
		for i, x := range loads {
			a, b := min(x, at), max(0, x-at)
			aa, ab, bb, ya, yb = aa+a*a, ab+a*b, bb+b*b, ya+a*answers[i], yb+b*answers[i]
		}
		d := aa*bb - ab*ab
		if d <= 1e-12*aa*bb {
			continue
		}
		k := knee{load: at, slope: (ya*bb - yb*ab) / d, after: (yb*aa - ya*ab) / d}
		for i, x := range loads {
			e := answers[i] - k.slope*min(x, at) - k.after*max(0, x-at)
			k.errors += e * e
		}
		if k.errors < best.errors {
			best, ok = k, true
		}
	}
	return best, ok
}

// upper is the slope after the knee and two standard errors more.
func (k knee) upper(loads, answers []float64) float64 {
	bb, n := 0.0, 0.0
	errors := 0.0
	for i, x := range loads {
		if x > k.load {
			e := answers[i] - k.slope*k.load - k.after*(x-k.load)
			bb, n, errors = bb+(x-k.load)*(x-k.load), n+1, errors+e*e
		}
	}
	if n < 3 {
		return math.Inf(1)
	}
	return k.after + 2*math.Sqrt(errors/(n-1)/bb)
}

// lineErrors are the squared errors of a line through the origin.
func lineErrors(loads, answers []float64) (sum float64) {
	var xx, xy float64
	for i, x := range loads {
		xx, xy = xx+x*x, xy+x*answers[i]
	}
	for i, x := range loads {
		e := answers[i] - xy/xx*x
		sum += e * e
	}
	return sum
}

// p50At is the median over requests and stretches below or above a load, of
// the busiest request.
func (in *Input) p50At(load float64, above bool) float64 {
	busiest := in.busiest()
	if busiest == nil {
		return 0
	}
	var list []float64
	for i := range busiest.Cells {
		if v := usual(&busiest.Cells[i]); v > 0 && (in.Stretches[i].Load > load) == above {
			list = append(list, v)
		}
	}
	if len(list) == 0 {
		return 0
	}
	return median(list)
}

func (in *Input) busiest() (best *Request) {
	for i := range in.Requests {
		if r := &in.Requests[i]; best == nil || r.Total.Count > best.Total.Count {
			best = r
		}
	}
	return best
}

// bottleneck says who set the limit: the generator where it was saturated, the
// target where throughput stayed although the generator kept up.
func bottleneck(in *Input) (found []Finding, reason string) {
	if !in.Generator.Known {
		return nil, "these files do not tell how the generator did"
	}
	from, to := in.whole()
	if n := len(in.Generator.Saturated); n > 0 {
		f := Finding{Severity: Critical, From: from, To: to, rank: math.Inf(1)}
		f.Says = "The generator was the limit, so times and rates are its own as well: " + in.Generator.Saturated[0]
		f.Evidence = []Figure{share("highest CPU", in.Generator.CPU), number("signs of saturation", float64(n))}
		f.Test = Test{"signs of saturation", Num(n), 1, "at least one of late starts, CPU, late ticks, waits for a processor, garbage collection"}
		return []Finding{f}, ""
	}
	flat, why := plateau(in)
	if why != "" {
		return nil, "the generator kept up; whether the target reached its limit is not known: " + why
	}
	for _, p := range flat {
		f := Finding{Severity: Medium, From: p.From, To: p.To}
		f.Says = "The target was the limit: throughput stayed while the load grew, and the generator kept up."
		f.Evidence = append([]Figure{share("highest CPU of the generator", in.Generator.CPU)}, p.Evidence...)
		f.Test = p.Test
		found = append(found, f)
	}
	return found, ""
}
