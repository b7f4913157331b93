package analyze

import (
	"fmt"
	"math"

	"throng/runtime/record"
)

// Geometry of the distributions in which modes are looked for: steps of 5 %.
const (
	modeStart = 1e4 // ns
	modeStep  = 0.05
	modeBins  = 330 // up to 60 s and more
)

// modes looks for distributions with two humps at the same time, as a cache
// makes them: fast where it hits, slow where it does not.
func modes(in *Input) ([]Finding, string) {
	const least = 300
	var found []Finding
	looked := 0
	for i := range in.Requests {
		r := &in.Requests[i]
		if r.Total.Steps == nil || r.Total.Count-r.Total.Failed < least {
			continue
		}
		looked++
		h := humpsOf(r.Total.Steps)
		if !h.two() {
			continue
		}
		mixed, known := together(r.Cells, h.valley)
		if known < 3 || 2*mixed < known {
			continue // one after the other: a change, not a mixture
		}
		f := Finding{Request: r.Label, Severity: Low, rank: h.slow / h.fast}
		f.From, f.To = in.whole()
		f.Says = fmt.Sprintf("%s: answers are of two kinds, %s at about %s and %s at about %s, side by side.", r.Label, percent(h.share), duration(h.fast), percent(1-h.share), duration(h.slow))
		f.Evidence = []Figure{ms("fast kind", h.fast), ms("slow kind", h.slow), share("of the fast kind", h.share), ms("border between them", h.valley), number("samples", h.n)}
		f.Test = Test{"depth of the valley, in standard errors", Num(h.depth), minDepth, fmt.Sprintf("and at most half as deep as the lower hump, the humps %s apart, each with %s of the answers, both in most of the run", times(minApart), percent(minHump))}
		found = append(found, f)
	}
	if looked == 0 {
		return nil, fmt.Sprintf("no request has a distribution with %d successes or more", least)
	}
	return found, ""
}

const (
	minDepth = 6.0
	minApart = 2.0
	minHump  = 0.05
)

// humps are the two highest places of a distribution and the valley between
// them.
type humps struct {
	n, fast, slow, valley float64
	share                 float64 // of what is below the valley
	low, high             float64 // density in the valley, and of the lower hump
	depth                 float64
}

func (h *humps) two() bool {
	return h.fast > 0 && h.slow >= minApart*h.fast && h.low <= 0.5*h.high && h.depth >= minDepth && min(h.share, 1-h.share) >= minHump
}

// humpsOf finds, of all pairs of humps, the one with the deepest valley. The
// distribution is smoothed on the logarithmic scale with Silverman's bandwidth
// (Density Estimation, 1986, section 3.4), of its narrower half.
func humpsOf(steps []record.Bucket) humps {
	var bins [modeBins]float64
	h := humps{}
	for _, b := range steps {
		h.n += float64(b.Count)
		bins[modeBin(math.Sqrt(float64(max(b.From, 1))*float64(max(b.To, 1))))] += float64(b.Count)
	}
	width := bandwidth(&bins, h.n)
	smooth := smoothed(&bins, width)
	// A count in the kernel's window varies as its own root does.
	window := width * 2 * math.Sqrt(math.Pi)
	for left := 1; left < modeBins-1; left++ {
		if !peak(&smooth, left) {
			continue
		}
		valley := left
		for right := left + 1; right < modeBins-1; right++ {
			if smooth[right] < smooth[valley] {
				valley = right
			}
			if !peak(&smooth, right) || right-valley < 1 {
				continue
			}
			lower := min(smooth[left], smooth[right])
			depth := (lower - smooth[valley]) * math.Sqrt(window/max(lower+smooth[valley], 1e-9))
			if depth <= h.depth {
				continue
			}
			below := 0.0
			for i := 0; i <= valley; i++ {
				below += bins[i]
			}
			part := below / h.n
			if min(part, 1-part) < minHump {
				continue
			}
			h.fast, h.slow, h.valley = modeTime(left), modeTime(right), modeTime(valley)
			h.share, h.low, h.high, h.depth = part, smooth[valley], lower, depth
		}
	}
	return h
}

func modeBin(ns float64) int {
	return min(max(int(math.Log(ns/modeStart)/math.Log1p(modeStep)), 0), modeBins-1)
}

func modeTime(bin int) float64 { return modeStart * math.Pow(1+modeStep, float64(bin)+0.5) }

func peak(smooth *[modeBins]float64, i int) bool {
	return smooth[i] > smooth[i-1] && smooth[i] >= smooth[i+1]
}

// bandwidth is Silverman's, in bins, from the distance between quartiles of
// the whole or, where that is wide because there are two humps, of a half.
func bandwidth(bins *[modeBins]float64, n float64) float64 {
	at := func(q float64) float64 {
		sum := 0.0
		for i, c := range bins {
			if sum += c; sum >= q*n {
				return float64(i)
			}
		}
		return modeBins
	}
	spread := min(at(0.75)-at(0.25), at(0.5)-at(0.1), at(0.9)-at(0.5)) / 1.34
	return math.Max(1.5, 0.9*spread*math.Pow(n, -0.2))
}

func smoothed(bins *[modeBins]float64, width float64) (out [modeBins]float64) {
	reach := int(4 * width)
	weights := make([]float64, reach+1)
	sum := 0.0
	for d := range weights {
		weights[d] = math.Exp(-float64(d*d) / (2 * width * width))
		if sum += weights[d]; d > 0 {
			sum += weights[d]
		}
	}
	for i, c := range bins {
		if c == 0 {
			continue
		}
		for d := -reach; d <= reach; d++ {
			if k := i + d; k >= 0 && k < modeBins {
				out[k] += c * weights[max(d, -d)] / sum
			}
		}
	}
	return out
}

// together counts the stretches with both kinds of answers among those with
// enough.
func together(cells []Figures, valley float64) (mixed, known int) {
	for i := range cells {
		var n, slow int64
		for _, b := range cells[i].Steps {
			n += b.Count
		}
		if n < 10 {
			continue
		}
		known++
		slow = beyond(cells[i].Steps, valley)
		if least := max(1, n/50); slow >= least && n-slow >= least {
			mixed++
		}
	}
	return mixed, known
}

// timeouts looks for percentiles that are known from below only.
func timeouts(in *Input) ([]Finding, string) {
	if in.Kind != "run" {
		return nil, "these files count timeouts among the failures"
	}
	var found []Finding
	for i := range in.Requests {
		r := &in.Requests[i]
		t := &r.Total
		if !t.Censored {
			continue
		}
		judged := t.Count - t.Failed + t.TimedOut
		part := float64(t.TimedOut) / float64(judged)
		f := Finding{Request: r.Label, Severity: High, rank: part}
		f.From, f.To = in.timedOut(r)
		which, limit := "p99 is", 0.01
		if t.CensoredP95 {
			f.Severity, which, limit = Critical, "p95 and p99 are", 0.05
		}
		f.Says = fmt.Sprintf("%s: %s of the answers timed out, so %s known from below only: at least %s.", r.Label, percent(part), which, duration(t.P99))
		f.Evidence = []Figure{number("timed out", float64(t.TimedOut)), number("samples", float64(judged)), ms("p99, at least", t.P99)}
		f.Test = Test{"share of timeouts", Num(part), Num(limit), "more of them than lie beyond the percentile"}
		found = append(found, f)
	}
	return found, ""
}

// timedOut is from the first to the last timeout of a request.
func (in *Input) timedOut(r *Request) (from, to Ms) {
	first, last := -1, -1
	for i := range r.Cells {
		if r.Cells[i].TimedOut > 0 {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return in.whole()
	}
	return in.span(first, last+1)
}
