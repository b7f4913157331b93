package forecast

import (
	"fmt"
	"math"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// between is how often each series happens between two moments of the run.
func (b *builder) between(from, to time.Duration) [][numAnswers]float64 {
	before, after := b.by(from), b.by(to)
	list := make([][numAnswers]float64, len(after))
	for s := range after {
		for a := range answers {
			if d := after[s][a] - before[s][a]; d > 0 { // not where both are without bound
				list[s][a] = d
			}
		}
	}
	return list
}

// by is how often each series has happened by a moment.
func (b *builder) by(t time.Duration) [][numAnswers]float64 {
	t = min(t, b.end)
	if known, ok := b.moments[t]; ok {
		return known
	}
	if b.moments == nil {
		b.moments = map[time.Duration][][numAnswers]float64{}
	}
	b.moments[t] = b.counts(b.outlook(t))
	return b.moments[t]
}

// stretches are the parts of the run that an SLA judges.
func (b *builder) stretches(s *plan.SLA) []plan.Span {
	if s.Stages != nil {
		return plan.Stretches(s.Stages)
	}
	return []plan.Span{{Begin: min(b.plan.Profile.Warmup, b.end), End: b.end}}
}

// seconds is how long they are together.
func (b *builder) seconds(s *plan.SLA) (sum float64) {
	for _, x := range b.stretches(s) {
		sum += max(0, min(x.End, b.end)-x.Begin).Seconds()
	}
	return sum
}

// judgedBy is how often each series happens in what an SLA judges.
func (b *builder) judgedBy(s *plan.SLA) [][numAnswers]float64 {
	if s.Stages == nil {
		return b.judged
	}
	if known, ok := b.staged[s]; ok {
		return known
	}
	if b.staged == nil {
		b.staged = map[*plan.SLA][][numAnswers]float64{}
	}
	sum := make([][numAnswers]float64, len(b.plan.Series))
	for _, x := range b.stretches(s) {
		for id, n := range b.between(x.Begin, x.End) {
			for a := range answers {
				sum[id][a] += n[a]
			}
		}
	}
	b.staged[s] = sum
	return sum
}

// step is between the begins of windows.
const step = time.Second

// lookedAt is how many windows are reckoned, of all there are.
const lookedAt = 24

// begins are where some of an SLA's windows begin, spread over all of them.
func (b *builder) begins(s *plan.SLA) (list []time.Duration) {
	all := b.windowCount(s)
	every := max(1, (all+lookedAt-1)/lookedAt)
	n := int64(0)
	for _, x := range b.stretches(s) {
		for t := (x.Begin + step - 1) / step * step; t+s.Window.Length <= min(x.End, b.end); t += step {
			if n++; (n-1)%every == 0 {
				list = append(list, t)
			}
		}
	}
	return list
}

// windowCount is how many windows an SLA is expected to have.
func (b *builder) windowCount(s *plan.SLA) int64 {
	var list []plan.Span
	for _, x := range b.stretches(s) {
		list = append(list, plan.Span{Begin: x.Begin, End: min(x.End, b.end)})
	}
	return s.Window.Count(list, step)
}

// windowed completes a rule of an SLA with windows: what they will rest on.
func (b *builder) windowed(s *plan.SLA, r *plan.Rule, out *Rule) {
	if s.Window == nil || r.Metric == plan.Throughput {
		return
	}
	fewest, worst := math.Inf(1), 0.0
	begins := b.begins(s)
	for g := range s.Groups {
		few := 0
		for _, t := range begins {
			n := b.sum(&s.Groups[g], b.between(t, t+s.Window.Length), assumed)
			fewest = math.Min(fewest, n)
			if short(n, out.Needed) {
				few++
			}
		}
		if len(begins) > 0 {
			worst = math.Max(worst, float64(few)/float64(len(begins)))
		}
	}
	if !math.IsInf(fewest, 0) {
		out.WindowFewest = num(fewest)
	}
	out.WindowShort = report.Num(worst)
}

// fewInWindows warns of rules that most windows cannot prove.
func (b *builder) fewInWindows(f *Forecast) {
	for i := range b.plan.SLAs {
		s := &b.plan.SLAs[i]
		if s.Window == nil {
			continue
		}
		length := span(s.Window.Length)
		if f.SLAs[i].Windows == 0 {
			b.warn("windows_none", f.SLAs[i].Site, nil, "%s will have no whole window of %s: it would end as inconclusive", s.Name, length)
			continue
		}
		for r := range f.SLAs[i].Rules {
			rule := &f.SLAs[i].Rules[r]
			if float64(rule.WindowShort) <= 1-sla.DecidedShare+1e-9 {
				continue
			}
			say, end := b.warn, "it would end as inconclusive"
			if rule.Warning {
				say, end = b.note, "nobody would be warned"
			}
			say("windows_short", rule.Site, nil, "%s, %s: about %s %% of the windows of %s will rest on fewer samples than the %s that decide one (%s in the poorest): %s; take longer windows, or more load",
				s.Name, rule.Name, text.Percent(float64(rule.WindowShort)), length, text.Count(rule.Needed), about(float64(*rule.WindowFewest)), end)
		}
	}
}

// scopes says in lines what of the run SLAs judge, and how often.
func (t *textWriter) scopes() {
	for i := range t.f.SLAs {
		s := &t.f.SLAs[i]
		for _, st := range s.Stages {
			t.prose(2, text.Dim, fmt.Sprintf("%s judges what begins in %s, %s", text.Clean(s.Name), text.Clean(st.Name),
				text.Range(text.Clock(time.Duration(st.Begin)), text.Clock(time.Duration(st.End)))))
		}
		if s.Window != nil {
			t.prose(2, text.Dim, text.Clean(s.Name)+" "+t.windowWords(s))
		}
	}
}

func (t *textWriter) windowWords(s *SLA) string {
	w := s.Window
	all := fmt.Sprintf("in each of %s", plural(s.Windows, "window"))
	if w.AllBut > 0 {
		all = fmt.Sprintf("in all but %d of %s", w.AllBut, plural(s.Windows, "window"))
	}
	words := fmt.Sprintf("must hold %s of %s", all, span(time.Duration(w.Length)))
	if w.For > 0 {
		words += fmt.Sprintf(", broken ones counting only where they last %s", span(time.Duration(w.For)))
	}
	for i := range s.Rules {
		if r := &s.Rules[i]; r.Needed > 1 && r.WindowFewest != nil {
			words += fmt.Sprintf("; %s: at least about %s samples in each, %s needed", r.Name, about(float64(*r.WindowFewest)), text.Count(r.Needed))
		}
	}
	return words
}

// patience is how long an SLA must be broken to end the run.
func (s *SLA) patience() string {
	if s.AbortGrace == nil || *s.AbortGrace == 0 {
		return "when it is broken"
	}
	return "when it has been broken for " + span(time.Duration(*s.AbortGrace)) + ","
}
