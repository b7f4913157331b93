package analyze

import (
	"fmt"
	"math"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/sla"
)

// UsePlan holds the figures against the SLAs of a plan, found by method and
// name: for files that carry no promises of their own. What such files cannot
// tell, as a percentile of several requests together, is left unproven.
func (in *Input) UsePlan(p *plan.Plan) {
	in.Limits, in.Promised = nil, true
	var unknown []string
	for i := range p.SLAs {
		s := &p.SLAs[i]
		for _, g := range s.Groups {
			labels := rowsOf(p, g)
			if len(labels) != 1 {
				in.pledge(s, "", labels, in.together(labels))
				continue
			}
			r := in.request(labels[0])
			if r == nil && !slices.Contains(unknown, labels[0]) {
				unknown = append(unknown, labels[0])
			}
			in.pledge(s, labels[0], nil, r)
		}
	}
	if len(unknown) > 0 {
		in.Notes = append(in.Notes, fmt.Sprintf("The scenario limits requests that the files do not have: %s. Requests are found by Type and Name.", names(unknown)))
	}
}

// rowsOf are the labels of the requests that are judged together.
func rowsOf(p *plan.Plan, g plan.Judged) (labels []string) {
	for _, i := range g.Series {
		if label := p.Rows[p.Series[i].Row].Label(); !slices.Contains(labels, label) {
			labels = append(labels, label)
		}
	}
	return labels
}

// together is what can be told of several requests: counts, and no time.
func (in *Input) together(labels []string) *Request {
	nan := math.NaN()
	sum := &Request{Total: Figures{Mean: nan, P50: nan, P95: nan, P99: nan, Max: nan}}
	for _, label := range labels {
		if r := in.request(label); r != nil {
			sum.Total.Count, sum.Total.Failed = sum.Total.Count+r.Total.Count, sum.Total.Failed+r.Total.Failed
		}
	}
	return sum
}

// pledge adds the rules of an SLA for one request, or for several together; r
// is nil where that has no figures of its own.
func (in *Input) pledge(s *plan.SLA, label string, together []string, r *Request) {
	for _, rule := range s.Rules {
		l := Limit{
			SLA: slaPrefix + s.Name, Rule: rule.Name, Request: label, Judged: together, Limit: rule.Limit, Unit: Plain, Measured: math.NaN(), Floor: rule.AtLeast,
			Latency: rule.Metric <= plan.Max, Warns: rule.Warn, Needed: sla.Needed(rule), Unproven: true,
		}
		switch {
		case rule.Timed():
			l.Unit, l.Limit = Milliseconds, rule.Limit/1e6
		case rule.Metric == plan.ErrorRate:
			l.Unit = Ratio
		case rule.Metric == plan.Throughput:
			l.Unit = PerSecond
		}
		whole := s.Stages == nil && s.Measure == plan.MeasureResponse && rule.Unit == plan.UnitNone
		if value, n, ok := figureOf(rule, r); ok && whole {
			l.Measured, l.Samples, l.Unproven = value, n, n < l.Needed
			l.Broken = value > l.Limit
			if l.Floor {
				l.Broken = value < l.Limit
			}
			l.Broken = l.Broken && !l.Unproven
		}
		in.Limits = append(in.Limits, l)
	}
}

// figureOf is what a rule limits, of a request's totals.
func figureOf(rule plan.Rule, r *Request) (value float64, n int64, ok bool) {
	if r == nil || r.Total.Count == 0 {
		return 0, 0, false
	}
	t := &r.Total
	n = t.Count - t.Failed + t.TimedOut
	switch {
	case rule.Metric == plan.ErrorRate:
		return float64(t.Failed) / float64(t.Count), t.Count, true
	case rule.Metric == plan.Mean:
		value = t.Mean
	case rule.Metric == plan.Max:
		value = t.Max
	case rule.Metric == plan.Quantile && rule.Quantile == 0.5:
		value = t.P50
	case rule.Metric == plan.Quantile && rule.Quantile == 0.95:
		value = t.P95
	case rule.Metric == plan.Quantile && rule.Quantile == 0.99:
		value = t.P99
	default:
		return 0, 0, false
	}
	return value / 1e6, n, !math.IsNaN(value)
}
