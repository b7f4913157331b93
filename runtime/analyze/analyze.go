package analyze

import (
	"cmp"
	"slices"
	"time"
)

// FormatVersion is the version of the JSON form. The first number changes
// when a reader of the old form would misread the new one.
const FormatVersion = "1.0"

// doubt is the chance of a false alarm that a check's test may take on a run
// without anything to find, over all its requests. The variances the tests
// rest on are estimates themselves, so that the true chance is about twice it.
const doubt = 0.005

// check is one thing that is looked for. It returns its findings, or why it
// could not look; both where it could look at a part only.
type check struct {
	kind, looked string
	look         func(*Input) ([]Finding, string)
}

var checks = []check{
	{"budget", "limits that are broken, by how far", budgets},
	{"spread", "slow requests: all of them, or single ones", spread},
	{"errors_with_load", "errors that rise with load", errorsWithLoad},
	{"outliers", "single requests far slower than usual", outliers},
	{"stall", "moments at which nothing was answered", stalls},
	{"slowdown", "response times that rise though the load does not", slowdown},
	{"recovery", "a spike of load that was not recovered from", recovery},
	{"plateau", "throughput that stays while the load grows", plateau},
	{"modes", "two kinds of answers, fast and slow", modes},
	{"timeouts", "timeouts that hide how slow the slowest are", timeouts},
	{"bottleneck", "whether the generator or the target was the limit", bottleneck},
}

// Analyze looks for everything it knows.
func Analyze(in *Input) *Result {
	r := &Result{
		FormatVersion: FormatVersion, Source: in.Name, Kind: in.Kind, Ended: in.Ended,
		Findings: []Finding{}, Checks: []Check{}, Notes: append([]string{}, in.Notes...),
	}
	for _, c := range checks {
		found, reason := c.look(in)
		state := Clear
		switch {
		case len(found) > 0:
			state = Found
		case reason != "":
			state = Unknown
		}
		for i := range found {
			found[i].Kind = c.kind
			found[i].advise()
		}
		r.Findings = append(r.Findings, found...)
		r.Checks = append(r.Checks, Check{Kind: c.kind, Looked: c.looked, State: state, Reason: reason})
	}
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity)), cmp.Compare(b.rank, a.rank))
	})
	return r
}

// Worst reports whether a finding is at least as severe as s.
func (r *Result) Worst(s Severity) bool {
	return slices.ContainsFunc(r.Findings, func(f Finding) bool {
		return slices.Index(severities, f.Severity) <= slices.Index(severities, s)
	})
}

// whole is the run's time, warm-up left out.
func (in *Input) whole() (from, to Ms) { return in.span(0, len(in.Stretches)) }

// span is the time of stretches first up to, but not with, end.
func (in *Input) span(first, end int) (from, to Ms) {
	if first >= end {
		return 0, 0
	}
	last := in.Stretches[end-1]
	return Ms(in.Stretches[first].At), Ms(last.At + last.Length)
}

// middle is the middle of a stretch, in seconds.
func (s *Stretch) middle() float64 { return (s.At + s.Length/2).Seconds() }

// request is the one with a label; nil where there is none.
func (in *Input) request(label string) *Request {
	for i := range in.Requests {
		if in.Requests[i].Label == label {
			return &in.Requests[i]
		}
	}
	return nil
}

// total adds up all requests of a stretch.
func (in *Input) total(stretch int) (count, failed int64) {
	for i := range in.Requests {
		if c := in.Requests[i].Cells; stretch < len(c) {
			count, failed = count+c[stretch].Count, failed+c[stretch].Failed
		}
	}
	return count, failed
}

// noCourse says why nothing about the course of the run can be said.
func (in *Input) noCourse(least int) string {
	if len(in.Stretches) < least {
		return "the run is known in " + plural(len(in.Stretches), "stretch", "stretches") + " of time, and " + plural(least, "is", "are") + " needed"
	}
	return ""
}

func clockSpan(from, to Ms) string {
	return clock(time.Duration(from)) + "–" + clock(time.Duration(to))
}

// Doubtful reports whether nothing severe can be ruled out: the limits could
// not be judged for want of samples, or the generator was at its own.
func (in *Input) Doubtful() bool {
	judged := false
	for i := range in.Limits {
		judged = judged || !in.Limits[i].Unproven
	}
	return !judged || len(in.Generator.Saturated) > 0
}
