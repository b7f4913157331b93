package analyze

import (
	"fmt"
	"math"
	"time"

	"throng/runtime/record"
)

// outliers looks for single answers that the rest of the distribution does
// not lead one to expect: beyond six of its upper half's standard deviations
// on a logarithmic scale, and three times the median.
func outliers(in *Input) ([]Finding, string) {
	const (
		sigmas  = 6
		factor  = 3
		least   = 200  // samples
		several = 5    // outliers, in as many parts of the run as three
		most    = 0.02 // share; more than that is no exception
	)
	var found []Finding
	looked := 0
	for i := range in.Requests {
		r := &in.Requests[i]
		n := r.Total.Count - r.Total.Failed
		if r.Total.Steps == nil || n < least {
			continue
		}
		looked++
		p50, p90 := quantileOf(r.Total.Steps, 0.5), quantileOf(r.Total.Steps, 0.9)
		spread := math.Log(p90/p50) / 1.2816 // of the normal distribution's 90th percentile
		border := p50 * math.Exp(math.Max(sigmas*spread, math.Log(factor)))
		count := beyond(r.Total.Steps, border)
		parts, first, last := in.where(r, border)
		if count < several || float64(count) > most*float64(n) || parts < 3 {
			continue
		}
		f := Finding{Request: r.Label, Severity: Medium, rank: r.Total.Max / p50}
		f.From, _ = in.span(first, first+1)
		_, f.To = in.span(last, last+1)
		f.Says = fmt.Sprintf("%s: %d of %d answers took more than %s, up to %s, while half took at most %s; they lie in %d parts of the run.",
			r.Label, count, n, duration(border), duration(r.Total.Max), duration(p50), parts)
		f.Evidence = []Figure{number("outliers", float64(count)), number("samples", float64(n)), ms("p50", p50), ms("p90", p90), ms("max", r.Total.Max)}
		f.Test = Test{"answers beyond the border", Num(count), several, fmt.Sprintf("border %s: the median and %d deviations of the upper half, at least %d × the median; at most %s of all, in at least 3 parts", duration(border), sigmas, factor, percent(most))}
		found = append(found, f)
	}
	if looked == 0 {
		return nil, fmt.Sprintf("no request has a distribution with %d successes or more", least)
	}
	return found, ""
}

// where tells in how many stretches there are answers beyond a border, and
// the first and last of them.
func (in *Input) where(r *Request, border float64) (parts, first, last int) {
	first = -1
	for i := range r.Cells {
		if beyond(r.Cells[i].Steps, border) == 0 {
			continue
		}
		if parts++; first < 0 {
			first = i
		}
		last = i
	}
	return parts, max(first, 0), last
}

// beyond counts what took longer than a time.
func beyond(steps []record.Bucket, border float64) (n int64) {
	for _, b := range steps {
		if float64(b.From) > border {
			n += b.Count
		}
	}
	return n
}

// quantileOf is a quantile of a distribution, to its steps' width.
func quantileOf(steps []record.Bucket, q float64) float64 {
	var n int64
	for _, b := range steps {
		n += b.Count
	}
	rank := record.Rank(q, n)
	for _, b := range steps {
		if rank -= b.Count; rank <= 0 {
			return float64(b.To)
		}
	}
	return 0
}

// stalls looks for seconds in which nothing ended although requests were under
// way, where so many usually end that it is no chance.
func stalls(in *Input) ([]Finding, string) {
	const least, chance = 2 * time.Second, 1e-6
	if in.Kind != "run" {
		return nil, "these files do not tell what was under way"
	}
	if why := in.noCourse(3); why != "" {
		return nil, why
	}
	var found []Finding
	for _, s := range joined(in) {
		length := s.To - s.From
		rate := in.usualRate()
		expected := rate * length.Seconds()
		if length < least || expected < -math.Log(chance) {
			continue
		}
		f := Finding{Severity: High, From: Ms(s.From), To: Ms(s.To), rank: length.Seconds()}
		f.Says = fmt.Sprintf("Nothing was answered for %s at %s, while requests were under way.", duration(float64(length)), clockSpan(f.From, f.To))
		f.Evidence = []Figure{ms("without an answer", float64(length)), perSecond("usual rate", rate)}
		f.Test = Test{"answers expected in that time", Num(expected), Num(-math.Log(chance)), "and at least " + duration(float64(least))}
		found = append(found, f)
	}
	return found, ""
}

// joined are the silent spans, those that touch made one.
func joined(in *Input) []Span {
	var list []Span
	for i := range in.Stretches {
		for _, s := range in.Stretches[i].Silent {
			if n := len(list); n > 0 && list[n-1].To == s.From {
				list[n-1].To = s.To
				continue
			}
			list = append(list, s)
		}
	}
	return list
}

// usualRate is the median rate of answers.
func (in *Input) usualRate() float64 {
	var rates []float64
	for i := range in.Stretches {
		n, _ := in.total(i)
		if l := in.Stretches[i].Length.Seconds(); l > 0 {
			rates = append(rates, float64(n)/l)
		}
	}
	return median(rates)
}
