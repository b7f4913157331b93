package sla

import (
	"fmt"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// Limits are the limits, per series and ascending, beyond which the values of
// metrics must be counted exactly for Judge to decide p's rules about them.
func Limits(p *plan.Plan) [][]float64 {
	lists := make([][]float64, len(p.Series))
	eachCounted(p, true, func(series int, r plan.Rule) { lists[series] = append(lists[series], r.Limit) })
	for i := range lists {
		slices.Sort(lists[i])
		lists[i] = slices.Compact(lists[i])
	}
	return lists
}

// eachCounted visits the rules that are decided by counts of what is beyond
// them, with every series they judge: those about metrics, or all others.
func eachCounted(p *plan.Plan, metrics bool, visit func(series int, r plan.Rule)) {
	for _, s := range p.SLAs {
		if s.Measure != plan.MeasureResponse {
			continue // see Beyond
		}
		for _, r := range s.Rules {
			if r.Metric != plan.Quantile && r.Metric != plan.Max || metrics != (r.Unit != plan.UnitNone) {
				continue
			}
			for _, g := range s.Groups {
				for _, series := range g.Series {
					visit(series, r)
				}
			}
		}
	}
}

func gatherValues(s *record.Snapshot, series []int) *record.Values {
	list := make([]*record.Values, 0, len(series))
	for _, i := range series {
		list = append(list, s.Metrics[i])
	}
	return record.MergeValues(list...)
}

// judgeValues applies one rule to the merged values of metrics, which are nil
// without any. No value is known only from below: requests that failed, or
// timed out, have recorded none.
func judgeValues(r plan.Rule, v *record.Values) Judgement {
	j := Judgement{Warn: r.Warn, Needed: Needed(r), State: Inconclusive, Samples: v.Count()}
	if j.Samples == 0 {
		j.Reason = "nothing was recorded"
		return j
	}
	j.Valid = true
	over, counted := v.OverAt(r.Limit)
	j.Over = over
	met := false
	switch r.Metric {
	case plan.Quantile:
		j.Measured, _ = v.Quantile(r.Quantile)
		j.Interval = intervalOfValues(r, v)
		met = over <= j.Samples-record.Rank(r.Quantile, j.Samples)
	case plan.Max:
		j.Measured, met = v.Max(), over == 0
	case plan.Mean:
		j.Measured, met, counted = v.Mean(), v.Mean() <= r.Limit, true
	default:
		counted = false
	}
	_, confident := tolerated(r)
	switch {
	case !counted:
		j.Reason = "the values beyond " + limit(r) + " were not counted"
	case confident:
		j.sure(r, over, j.Samples, fmt.Sprintf("%s of %s above %s", text.Count(j.Over), were(j.Samples, "value"), limit(r)))
	case met && j.Samples < j.Needed:
		j.Reason = j.lacks()
	case met:
		j.State = Pass
	case r.Metric == plan.Mean:
		j.State = Fail
		j.Reason = fmt.Sprintf("mean of %s over %s, limit %s", figure(r, j.Measured), count(j.Samples, "value"), limit(r))
	default:
		j.State = Fail
		j.Reason = fmt.Sprintf("%s of %s above %s", text.Count(j.Over), were(j.Samples, "value"), limit(r))
	}
	return j
}

func were(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun + " was"
	}
	return count(n, noun) + " were"
}
