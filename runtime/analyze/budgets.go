package analyze

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"throng/runtime/report/text"
)

// severe is how many times over its limit a figure is critical and no longer
// only high: the bands of the guides' analysers.
const severe = 1.5

// slaPrefix stands before the name of a scenario's SLA.
const slaPrefix = "sla "

// limitName is the name of a limit among a finding's figures.
const limitName = "limit"

// measured is the figure as the report writes it: never rounded to the other
// side of its limit. What timeouts reach may be beyond it without showing it.
func (l *Limit) measured() string {
	v, u := l.Unit.whole(l.Measured)
	limit, _ := l.Unit.whole(l.Limit)
	if l.Bounded {
		return "at least " + text.Figure(v, u)
	}
	return text.Beside(v, limit, u)
}

// limit is the limit as it was declared.
func (l *Limit) limit() string {
	v, u := l.Unit.whole(l.Limit)
	if l.Floor {
		return "at least " + text.Limit(v, u)
	}
	return text.Limit(v, u)
}

// over is how many times beyond its limit a figure is; 1 is the limit.
func (l *Limit) over() float64 {
	a, b := l.Measured, l.Limit
	if l.Floor {
		a, b = b, a
	}
	switch {
	case b == 0 && a == 0:
		return 1
	case b == 0:
		return math.Inf(1)
	}
	return a / b
}

// budgets ranks the broken limits by how far they are broken.
func budgets(in *Input) (found []Finding, reason string) {
	if len(in.Limits) == 0 {
		return nil, "there is no limit to hold the figures against"
	}
	unproven := 0
	for i := range in.Limits {
		l := &in.Limits[i]
		if l.Unproven {
			unproven++
		}
		if !l.Broken {
			continue
		}
		f := Finding{Request: l.Request, Rule: l.Rule, Severity: High, rank: l.over()}
		f.SLA, _ = strings.CutPrefix(l.SLA, slaPrefix)
		if !in.Promised {
			f.SLA = ""
		}
		f.From, f.To = in.when(l)
		switch threshold := cmp.Or(l.Severe, severe); {
		case l.Warns:
			f.Severity = Medium
		case f.rank > threshold:
			f.Severity = Critical
		}
		subject := l.Request
		if subject == "" {
			subject = l.SLA
		}
		f.Says = fmt.Sprintf("%s: %s is %s, and the limit is %s%s.", subject, cmp.Or(l.Title, l.Rule), l.measured(), l.limit(), howFar(l))
		f.about = l.about()
		f.Evidence = []Figure{{l.Rule, Num(l.Measured), l.Unit}, {limitName, Num(l.Limit), l.Unit}, number("samples", float64(l.Samples))}
		in.blame(l, &f)
		f.Test = Test{"measured per limit", Num(f.rank), 1, fmt.Sprintf("of %s; beyond %s it is critical", l.SLA, times(cmp.Or(l.Severe, severe)))}
		if l.Floor {
			f.Test.Name = "limit per measured"
		}
		found = append(found, f)
	}
	if unproven > 0 {
		reason = plural(unproven, "limit", "limits") + " of " + fmt.Sprint(len(in.Limits)) + " could not be judged: too few samples, or the data do not tell"
	}
	return found, reason
}

// about is what a limit limits.
func (l *Limit) about() string {
	switch {
	case l.Latency:
		return ""
	case l.Floor:
		return "rate"
	case l.Counts:
		return "count"
	case l.Rule == "error_rate":
		return "errors"
	}
	return "value"
}

// blame names the request that a limit of several is broken by.
func (in *Input) blame(l *Limit, f *Finding) {
	if l.Request != "" {
		return
	}
	r, faults, all := in.worst(l)
	if r == nil {
		return
	}
	f.Worst = r.Label
	what, one, word := "beyond the limit", "answer beyond it", "answers beyond it"
	if l.Unit == Ratio && !l.Latency {
		what, one, word = "failed", "failure", "failures"
	}
	if faults == all {
		f.Says += fmt.Sprintf(" All %s of %s.", plural(int(all), one+" is", word+" are"), r.Label)
	} else {
		f.Says += fmt.Sprintf(" %s of the %s %s of %s.", text.Count(faults), plural(int(all), one, word), isAre(faults), r.Label)
	}
	f.Evidence = append(f.Evidence, number(what, float64(all)), number("of these "+r.Label, float64(faults)))
}

func howFar(l *Limit) string {
	if o := l.over(); !math.IsInf(o, 0) && o >= 1.05 {
		return ": " + times(o)
	}
	return ""
}

// spread tells a system that is slow throughout from one slow request.
func spread(in *Input) ([]Finding, string) {
	const least, most, few = 3, 2.0 / 3, 1.0 / 3
	var judged, slow []string
	for i := range in.Limits {
		l := &in.Limits[i]
		if !l.Latency || l.Request == "" || l.Unproven && !l.Broken {
			continue
		}
		if !slices.Contains(judged, l.Request) {
			judged = append(judged, l.Request)
		}
		if l.Broken && !l.Warns && !slices.Contains(slow, l.Request) {
			slow = append(slow, l.Request)
		}
	}
	if len(judged) < least {
		return nil, fmt.Sprintf("latency is limited, and has enough samples, for %s; %d are needed to tell one from all", plural(len(judged), "request", "requests"), least)
	}
	if len(slow) == 0 {
		return nil, ""
	}
	part := float64(len(slow)) / float64(len(judged))
	f := Finding{Severity: High, Evidence: []Figure{number("requests over their limit", float64(len(slow))), number("requests judged", float64(len(judged)))}}
	f.From, f.To = in.whole()
	switch {
	case part >= most:
		f.Says = fmt.Sprintf("Nearly everything is slow: %d of %d requests are over their latency limit.", len(slow), len(judged))
		f.Test = Test{"share of requests over their limit", Num(part), Num(most), "at least that share"}
		f.rank = 1
	case part <= few:
		f.Request = ""
		if len(slow) == 1 {
			f.Request = slow[0]
		}
		f.Says = fmt.Sprintf("Only %d of %d requests %s over the latency limit: %s.", len(slow), len(judged), isAre(int64(len(slow))), names(slow))
		f.Test = Test{"share of requests over their limit", Num(part), Num(few), "at most that share"}
		f.Severity = Medium
	default:
		return nil, ""
	}
	return []Finding{f}, ""
}

func isAre(n int64) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
