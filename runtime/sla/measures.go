package sla

import (
	"fmt"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// Beyond are the measures, per series, that must be kept and counted exactly
// for Judge to decide p's rules about them.
func Beyond(p *plan.Plan) [][]record.Beyond {
	lists := make([][]record.Beyond, len(p.Series))
	for i := range p.SLAs {
		s := &p.SLAs[i]
		if s.Measure == plan.MeasureResponse {
			continue
		}
		for _, r := range s.Rules {
			if !timed(r) {
				continue
			}
			for _, g := range s.Groups {
				for _, series := range g.Series {
					if s.Measure >= plan.MeasureDNS && message(p, series) {
						continue // its timeouts are of no connection
					}
					lists[series] = ask(lists[series], s.Measure, r)
				}
			}
		}
	}
	return lists
}

// message reports whether a series is of messages over a socket that stands.
func message(p *plan.Plan, series int) bool {
	method := p.Rows[p.Series[series].Row].Method
	return method == "SEND" || method == "RECEIVE"
}

// ask adds a rule's threshold to what is asked for of a measure.
func ask(list []record.Beyond, m plan.Measure, r plan.Rule) []record.Beyond {
	i := slices.IndexFunc(list, func(b record.Beyond) bool { return b.Measure == m })
	if i < 0 {
		i = len(list)
		list = append(list, record.Beyond{Measure: m})
	}
	if r.Metric == plan.Mean {
		return list
	}
	b := &list[i]
	if at, known := slices.BinarySearch(b.Thresholds, threshold(r)); !known {
		b.Thresholds = slices.Insert(b.Thresholds, at, threshold(r))
	}
	return list
}

// timed reports whether a rule limits times of requests.
func timed(r plan.Rule) bool { return r.Metric <= plan.Max && r.Unit == plan.UnitNone }

// lacking doubts a judgement of a measure that does not see all there was:
// losses that a socket has not recovered from when the run ends have no time,
// and connections over which nothing ever succeeded say little of a service.
func (j *Judgement) lacking(s *plan.SLA, all, view *record.Stats) {
	switch {
	case j.Samples == 0:
		j.Reason = "no sample of " + s.Measure.String()
	case s.Measure == plan.MeasureRecovery && j.State == Pass:
		if lost := all.Counter(plan.CountDisconnects) - view.Count(); lost > 0 {
			j.State = Inconclusive
			j.Reason = fmt.Sprintf("a connection was lost %s and never stood again", times(lost))
		}
	case s.Measure >= plan.MeasureDNS && j.State == Pass && all.OK == 0 && all.Failed > 0:
		j.State, j.Reason = Inconclusive, "every one of them failed"
	}
}

func times(n int64) string {
	if n == 1 {
		return "once"
	}
	return text.Count(n) + " times"
}

// Of says which measure a rule limits: " of connect"; "" where that is the
// response time, or the rule is about no time.
func Of(m plan.Measure, r *plan.Rule) string {
	if m == plan.MeasureResponse || !timed(*r) {
		return ""
	}
	return " of " + m.String()
}
