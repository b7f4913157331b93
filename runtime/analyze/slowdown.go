package analyze

import (
	"cmp"
	"fmt"
	"math"

	"throng/runtime/estimate"
)

// slowdown looks for response times that rise while the load stays.
func slowdown(in *Input) ([]Finding, string) {
	const (
		least   = 12   // points in time
		samples = 5    // of a point
		rise    = 0.10 // over the plateau, of the level at its begin
		atLeast = 1e6  // ns
	)
	s, ok := in.longest()
	if !ok || s.len() < least {
		return nil, fmt.Sprintf("the load never stays the same for %d stretches of the run's %d", least, len(in.Stretches))
	}
	from, to := in.span(s.first, s.end)
	type trend struct {
		r     *Request
		slope estimate.Slope
		level float64
	}
	var list []trend
	var p []float64
	for i := range in.Requests {
		xs, ys := in.series(in.Requests[i].Cells, s, samples, usual)
		xs, ys = points(xs, ys)
		if len(xs) < least {
			continue
		}
		slope := estimate.Trend(xs, ys, 0.95)
		begin := median(ys) - slope.PerUnit*(median(xs)-xs[0])
		list, p = append(list, trend{&in.Requests[i], slope, begin}), append(p, slope.P)
	}
	if len(list) == 0 {
		return nil, fmt.Sprintf("no request has %d points in time with %d answers each at one load", least, samples)
	}
	var found []Finding
	length := float64(to-from) / 1e9
	for i, adjusted := range estimate.Holm(p) {
		t := &list[i]
		grown := t.slope.PerUnit * length
		if adjusted > doubt || t.slope.Low <= 0 || grown < rise*math.Max(t.level, 0) || grown < atLeast {
			continue
		}
		f := Finding{Request: t.r.Label, Severity: High, From: from, To: to, rank: grown / math.Max(t.level, 1)}
		f.Says = fmt.Sprintf("%s: the response time rises by %s each minute (%s to %s, 95 %%) while the load stays at %s: %s more over %s.",
			t.r.Label, duration(t.slope.PerUnit*60), duration(t.slope.Low*60), duration(t.slope.High*60), in.load(s.load), duration(grown), clockSpan(from, to))
		f.Evidence = []Figure{ms("at the begin", t.level), ms("rise a minute", t.slope.PerUnit*60), ms("rise a minute, at least", t.slope.Low*60), ms("rise a minute, at most", t.slope.High*60), number("Kendall's tau", t.slope.Tau)}
		f.Test = Test{"chance without a trend", Num(adjusted), doubt, fmt.Sprintf("at most; Mann–Kendall with the variance corrected for autocorrelation, Theil–Sen slope; and a rise of at least %s and %s", percent(rise), duration(atLeast))}
		found = append(found, f)
	}
	return found, ""
}

// points thins a long series to at most 60 by taking medians of neighbours,
// which resemble each other more than they tell.
func points(xs, ys []float64) (x, y []float64) {
	const most = 60
	if len(xs) <= most {
		return xs, ys
	}
	for k := range most {
		i, j := k*len(xs)/most, (k+1)*len(xs)/most
		x, y = append(x, median(xs[i:j])), append(y, median(ys[i:j]))
	}
	return x, y
}

// recovery looks for a spike of load after which times or errors do not come
// back to what they were before.
func recovery(in *Input) ([]Finding, string) {
	const (
		least   = 4    // points before and after
		slow    = 1.2  // times the level before
		errs    = 0.01 // more failures
		samples = 5
	)
	before, after, ok := in.spike(least)
	if !ok {
		return nil, "there is no spike: a load that rises by half or more and comes back, with enough time before and after"
	}
	// Right after a spike what had queued up is still answered.
	settled := steady{first: after.first + after.len()/2, end: after.end, load: after.load}
	from, to := in.span(after.first, after.end)
	var found []Finding
	tests := float64(2*len(in.Requests) + 1)
	failing := func(label string, cells []Figures) {
		a, b := rates(cells, before), rates(cells, settled)
		e := estimate.Between(a, b)
		if len(a) < least || len(b) < least-1 || e.P*tests > doubt || e.By < errs {
			return
		}
		f := Finding{Request: label, Severity: High, From: from, To: to, rank: e.By}
		f.Says = fmt.Sprintf("%s: after the spike errors do not go away: %s before, %s in the second half of the %s after it.", cmp.Or(label, "all requests"), percent(estimate.Mean(a)), percent(estimate.Mean(b)), show(float64(to-from)/1e6, Milliseconds))
		f.Evidence = []Figure{share("error rate before the spike", estimate.Mean(a)), share("error rate after it", estimate.Mean(b)), in.loadFigure("load before and after", before.load)}
		f.Test = Test{"difference in standard errors", Num(e.T), Num(estimate.Student(1-doubt/tests, float64(len(a)+len(b)-2))), fmt.Sprintf("Welch's test, corrected for autocorrelation; and at least %s more", percent(errs))}
		found = append(found, f)
	}
	for i := range in.Requests {
		r := &in.Requests[i]
		_, a := in.series(r.Cells, before, samples, usual)
		_, b := in.series(r.Cells, settled, samples, usual)
		s := estimate.Between(logs(a), logs(b))
		f := Finding{Request: r.Label, Severity: High, From: from, To: to}
		if len(a) >= least && len(b) >= least-1 && s.P*tests <= doubt && s.By >= math.Log(slow) {
			was, is := median(a), median(b)
			f.rank = is / was
			f.Says = fmt.Sprintf("%s: after the spike the response time does not come back: %s before, %s in the second half of the %s after it.", r.Label, duration(was), duration(is), show(float64(to-from)/1e6, Milliseconds))
			f.Evidence = []Figure{ms("before the spike", was), ms("after it", is), in.loadFigure("load before and after", before.load)}
			f.Test = Test{"difference in standard errors", Num(s.T), Num(math.Abs(estimate.Student(1-doubt/tests, float64(len(a)+len(b)-2)))), fmt.Sprintf("Welch's test of logarithms, corrected for autocorrelation; and at least %s as slow", times(slow))}
			found = append(found, f)
			continue
		}
		failing(r.Label, r.Cells)
	}
	if len(found) == 0 {
		failing("", in.sums())
	}
	return found, ""
}

// sums are the counts of all requests together.
func (in *Input) sums() []Figures {
	list := make([]Figures, len(in.Stretches))
	for i := range list {
		list[i].Count, list[i].Failed = in.total(i)
	}
	return list
}

// spike are the plateaus of like load before and after the highest load of the
// run, which is at least half as much again.
func (in *Input) spike(least int) (before, after steady, ok bool) {
	_, high := in.loads()
	peak := -1
	for i := range in.Stretches {
		if in.Stretches[i].Load >= 0.95*high {
			peak = i
			break
		}
	}
	if peak < 0 || high == 0 {
		return before, after, false
	}
	for _, s := range in.plateaus() {
		low := s.load > 0 && s.load*1.5 <= high
		switch {
		case low && s.end <= peak && s.len() >= least && s.len() >= before.len():
			before = s
		case low && s.first > peak && before.len() > 0 && s.len() >= 2*least && s.len() > after.len() &&
			s.load <= 1.1*before.load+1 && s.load >= 0.5*before.load:
			after = s
		}
	}
	return before, after, before.len() > 0 && after.len() > 0
}

// rates are a request's error rates in some stretches.
func rates(cells []Figures, s steady) (list []float64) {
	for i := s.first; i < s.end && i < len(cells); i++ {
		if cells[i].Count >= 5 {
			list = append(list, float64(cells[i].Failed)/float64(cells[i].Count))
		}
	}
	return list
}
