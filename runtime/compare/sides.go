package compare

import (
	"cmp"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/changes"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/results"
)

// plansOf says whether all runs were to do the same.
func plansOf(base, now Side) Plans {
	p := Plans{Known: true, Same: true}
	if len(base.Runs) == 0 || len(now.Runs) == 0 {
		return Plans{Reason: "there is nothing to compare"}
	}
	first := base.Runs[0]
	for _, r := range slices.Concat(base.Runs[1:], now.Runs) {
		switch {
		case first.Plan == nil || r.Plan == nil:
			p.Known, p.Same, p.Reason = false, false, cmp.Or(p.Reason, "the plan of a run is not known, so both may have done different things")
			continue
		case first.Hash != "" && first.Hash == r.Hash:
			continue
		}
		if c := changes.Between(first.Plan, r.Plan); !c.Empty() {
			p.Same, p.Changes, p.Reason = false, cmp.Or(p.Changes, c), "the plans differ, so a change of figures may come from what was asked and not from the target"
		} else if first.Hash != r.Hash {
			p.Same, p.Reason = false, cmp.Or(p.Reason, "the plans differ in what their outlines do not show, such as bodies, headers or rows of data")
		}
	}
	return p
}

// slas compares what the rules of both sides judge.
func (j *judging) slas(c *Comparison) {
	was := judgedBy(&j.base)
	is := judgedBy(&j.now)
	c.SLAs = make([]SLA, 0, len(is))
	for _, key := range keysOf(&j.now, &j.base) {
		a, b := was[key], is[key]
		from := b
		if from == nil {
			from = a
		}
		c.SLAs = append(c.SLAs, SLA{
			SLA: key.sla, Rule: key.rule, Request: key.request, Limit: Num(from.rule.Limit), Unit: from.rule.Unit,
			Was: a.stateOf(), Is: b.stateOf(), Change: Change{Figure: from.rule.Rule, Unit: from.rule.Unit, Word: Few},
		})
	}
	for i := range c.SLAs { // the slice grows no more: tests point into it
		s := &c.SLAs[i]
		k := key{s.SLA, s.Rule, s.Request}
		j.rule(k, was[k], is[k], &s.Change)
	}
}

type key struct{ sla, rule, request string }

// judged is what one side says of a rule.
type judged struct {
	rule   *report.SLA
	run    *results.Run
	states []text.State
	sum    float64
	n      int
}

// stateOf is the worst state of a side's runs.
func (j *judged) stateOf() string {
	if j == nil {
		return ""
	}
	return slices.Min(j.states).String()
}

func judgedBy(s *side) map[key]*judged {
	all := map[key]*judged{}
	for _, c := range s.courses {
		for i := range c.run.Report.SLAs {
			rule := &c.run.Report.SLAs[i]
			for _, one := range rule.All {
				k := key{rule.Name, rule.Rule, one.Request}
				if all[k] == nil {
					all[k] = &judged{rule: rule, run: c.run}
				}
				all[k].states = append(all[k].states, one.State)
				if one.Measured != nil {
					all[k].sum, all[k].n = all[k].sum+float64(*one.Measured), all[k].n+1
				}
			}
		}
	}
	return all
}

// keysOf are the rules of both sides, in the order of their reports.
func keysOf(sides ...*side) (list []key) {
	for _, s := range sides {
		for _, c := range s.courses {
			for _, rule := range c.run.Report.SLAs {
				for _, one := range rule.All {
					if k := (key{rule.Name, rule.Rule, one.Request}); !slices.Contains(list, k) {
						list = append(list, k)
					}
				}
			}
		}
	}
	return list
}

// rule compares what a rule judges, where that is a figure of whole requests.
func (j *judging) rule(k key, a, b *judged, to *Change) {
	switch {
	case a == nil || b == nil:
		to.Reason = "only one side has this rule"
		return
	case a.n > 0 && b.n > 0:
		to.Base, to.Now = num(a.sum/float64(a.n)), num(b.sum/float64(b.n))
	}
	f, ok := figureOf(b.rule)
	labels := labelsOf(k, b)
	if !ok || len(labels) == 0 {
		to.Reason = "not compared: it is about a part of the run, of a request, or another figure"
		return
	}
	from, now := j.base.of(labels), j.now.of(labels)
	name, unit := to.Figure, to.Unit
	j.compare(f, &from, &now, to)
	to.Figure, to.Unit = name, unit
}

// figureOf is what a rule limits, where that is compared.
func figureOf(rule *report.SLA) (figure, bool) {
	if rule.Metrics || len(rule.Stages) > 0 || rule.Measure != "" && rule.Measure != "response" {
		return figure{}, false
	}
	switch rule.Metric {
	case "percentile":
		if q := rule.Quantile; q != nil && *q > 0 && *q < 1 {
			return figure{rule.Rule, plan.Quantile, float64(*q)}, true
		}
	case "mean":
		return figure{"mean", plan.Mean, 0}, true
	case "error_rate":
		return figure{"error_rate", plan.ErrorRate, 0}, true
	case "throughput":
		return figure{"throughput", plan.Throughput, 0}, true
	}
	return figure{}, false
}

// labelsOf are the requests a rule judges; none where it judges a part of one.
func labelsOf(k key, j *judged) []string {
	if k.request != "" {
		return []string{k.request}
	}
	p := j.run.Plan
	if p == nil {
		return nil
	}
	i := slices.IndexFunc(p.SLAs, func(s plan.SLA) bool { return s.Name == k.sla })
	if i < 0 || len(p.SLAs[i].Groups) != 1 {
		return nil
	}
	series := p.SLAs[i].Groups[0].Series
	var labels []string
	for s := range p.Series {
		label := p.Rows[p.Series[s].Row].Label()
		if slices.Contains(series, s) && !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	for s := range p.Series { // the rest of a row is not judged by it
		if !slices.Contains(series, s) && slices.Contains(labels, p.Rows[p.Series[s].Row].Label()) {
			return nil
		}
	}
	return labels
}
