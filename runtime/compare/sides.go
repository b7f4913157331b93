package compare

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/changes"
	"throng/runtime/record"
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
func (j *judging) slas(c *Comparison) error {
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
		if err := j.rule(k, was[k], is[k], &s.Change); err != nil {
			return fmt.Errorf("reading the course of the runs: %w", err)
		}
	}
	return nil
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

// rule compares what a rule judges: whole requests, or what ended in some
// stages, or another time than the response time, or what was counted.
func (j *judging) rule(k key, a, b *judged, to *Change) error {
	switch {
	case a == nil || b == nil:
		to.Word, to.Reason = Not, "only one side has this rule"
		return nil
	case a.n > 0 && b.n > 0:
		to.Base, to.Now = num(a.sum/float64(a.n)), num(b.sum/float64(b.n))
	}
	f, why := figureOf(b.rule)
	labels := labelsOf(k, b)
	switch {
	case why != "":
		to.Word, to.Reason = Not, why
		return nil
	case len(labels) == 0:
		to.Word, to.Reason = Not, "it is about a part of what a request does"
		return nil
	}
	base, now, err := j.during(a, b)
	if err != nil {
		return err
	}
	from, is := base.of(labels), now.of(labels)
	if m, ok := measureOf(b.rule); ok && m != plan.MeasureResponse {
		of := func(s *record.Stats) *record.Stats { return s.Of(m) }
		from, is = from.view(of), is.view(of)
	}
	name, unit := to.Figure, to.Unit
	j.compare(f, &from, &is, to)
	if to.Figure = name; f.counter == nil {
		to.Unit = unit
	}
	return nil
}

// during are both sides as far as a rule judges them: in its stages, which
// may lie at different times on each.
func (j *judging) during(a, b *judged) (base, now *side, err error) {
	if len(a.rule.Stages) == 0 && len(b.rule.Stages) == 0 {
		return &j.base, &j.now, nil
	}
	was, is := stagesOf(a.rule), stagesOf(b.rule)
	n := blocksIn(min(long(was), long(is)))
	if base, err = j.base.in(was, n, slices.Equal(was, is)); err != nil {
		return nil, nil, err
	}
	now, err = j.now.in(is, n, base.paired)
	return base, now, err
}

func stagesOf(rule *report.SLA) (list []span) {
	for _, s := range rule.Stages {
		list = append(list, span{time.Duration(s.Begin), time.Duration(s.End)})
	}
	return list
}

// in is a side in some stages.
func (s *side) in(stages []span, n int, paired bool) (*side, error) {
	part := &side{name: s.name, paired: paired, blocks: n}
	for _, c := range s.courses {
		cut, err := cutStages(c.run, n, stages)
		if err != nil {
			return nil, err
		}
		part.courses = append(part.courses, cut)
	}
	return part, nil
}

// measureOf is which times a rule is about; not ok for one that throng does
// not know.
func measureOf(rule *report.SLA) (plan.Measure, bool) {
	return plan.MeasureNamed(cmp.Or(rule.Measure, plan.MeasureResponse.String()))
}

// figureOf is what a rule limits, or why that is not compared.
func figureOf(rule *report.SLA) (f figure, why string) {
	if _, ok := measureOf(rule); rule.Metrics || !ok {
		return f, "the course of what requests record themselves is not kept"
	}
	switch rule.Metric {
	case "percentile":
		if q := rule.Quantile; q != nil && *q > 0 && *q < 1 {
			return figure{name: rule.Rule, metric: plan.Quantile, quantile: float64(*q)}, ""
		}
	case "mean":
		return figure{name: "mean", metric: plan.Mean}, ""
	case "error_rate":
		return figure{name: "error_rate", metric: plan.ErrorRate}, ""
	case "throughput":
		return figure{name: "throughput", metric: plan.Throughput}, ""
	case "counter":
		return counterOf(rule)
	}
	return f, "a single answer decides it, and no test tells chance from change"
}

// counterOf is what a rule on a counter limits: a number a second, or a share
// of what could have been counted, which a plain number is compared by, too.
func counterOf(rule *report.SLA) (f figure, why string) {
	name, perSecond := strings.CutSuffix(rule.Rule, "_per_second")
	for c := range plan.NumCounters {
		k := plan.Counter(c)
		switch {
		case k.String() != name:
		case perSecond:
			return figure{name: rule.Rule, metric: plan.Throughput, counter: &tally{of: k}}, ""
		default:
			return figure{name: rule.Rule, metric: plan.ErrorRate, counter: &tally{of: k, share: k.Base() != k}}, ""
		}
	}
	return f, "its course is not kept"
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
