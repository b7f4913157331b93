package analyze

import (
	"slices"
	"time"

	"throng/dsl/plan"
)

// fault counts, of a request's figures, what breaks a limit: answers beyond
// it, failures, nothing where no single answer breaks it.
func (l *Limit) fault(f *Figures) int64 {
	switch {
	case l.Floor || l.Part:
		return 0
	case l.Unit == Ratio && !l.Latency:
		return f.Failed
	case l.Latency && f.Steps != nil:
		return beyond(f.Steps, l.Limit*1e6) + f.TimedOut
	}
	return 0
}

// judged are the requests a limit is about.
func (in *Input) judged(l *Limit) (list []*Request) {
	for i := range in.Requests {
		r := &in.Requests[i]
		if l.Request == r.Label || l.Request == "" && (l.Judged == nil || slices.Contains(l.Judged, r.Label)) {
			list = append(list, r)
		}
	}
	return list
}

// worst is the request that most of what breaks a limit of several comes from,
// with its part of that; nil where none does.
func (in *Input) worst(l *Limit) (r *Request, faults, all int64) {
	for _, one := range in.judged(l) {
		n := l.fault(&one.Total)
		if all += n; n > faults {
			r, faults = one, n
		}
	}
	return r, faults, all
}

// Where a limit was broken: the shortest time that most of what breaks it lies
// in, if that is not about all of the run.
const (
	mostFaults = 0.95
	aPart      = 0.5 // of the run, at most
)

// when is the time in which a limit was broken.
func (in *Input) when(l *Limit) (from, to Ms) {
	faults := make([]int64, len(in.Stretches))
	var all int64
	for _, r := range in.judged(l) {
		for i := range r.Cells {
			n := l.fault(&r.Cells[i])
			faults[i], all = faults[i]+n, all+n
		}
	}
	first, end := shortest(faults, int64(mostFaults*float64(all)+0.5))
	from, to = in.whole()
	if all == 0 || first == end {
		return from, to
	}
	if a, b := in.span(first, end); time.Duration(b-a).Seconds() <= aPart*time.Duration(to-from).Seconds() {
		return a, b
	}
	return from, to
}

// shortest are the bounds of the fewest neighbours that add up to at least so
// much; the first of several such.
func shortest(list []int64, least int64) (first, end int) {
	var sum int64
	from := 0
	for to, v := range list {
		for sum += v; sum >= least && from <= to; from++ {
			if end == 0 || to+1-from < end-first {
				first, end = from, to+1
			}
			sum -= list[from]
		}
	}
	return first, end
}

// togetherIn are the requests that an SLA of a plan judges together; nil where
// that is not known.
func togetherIn(p *plan.Plan, name string) []string {
	if p == nil {
		return nil
	}
	i := slices.IndexFunc(p.SLAs, func(s plan.SLA) bool { return s.Name == name })
	if i < 0 || len(p.SLAs[i].Groups) != 1 {
		return nil
	}
	return rowsOf(p, p.SLAs[i].Groups[0])
}
