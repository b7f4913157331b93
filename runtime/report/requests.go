package report

import (
	"cmp"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// Requests are a plan's requests and groups with their figures so far, worst
// first. The rates are over the time given.
func Requests(p *plan.Plan, total []*record.Stats, judged []sla.Judgement, over time.Duration) []Request {
	b := builder{plan: p, mask: p.Mask(), measured: over}
	requests, groups := b.requests(total, nil, judged)
	all := append(requests, groups...)
	slices.SortStableFunc(all, worseRequest)
	return all
}

// worseRequest orders requests by severity: state, then how much of the
// limit is used up, then share of the traffic.
func worseRequest(a, b Request) int {
	return cmp.Or(cmp.Compare(a.State, b.State), cmp.Compare(worst(b), worst(a)),
		cmp.Compare(b.Samples, a.Samples), cmp.Compare(a.Name, b.Name))
}

func worst(r Request) float64 {
	if r.Worst == nil {
		return 0
	}
	return float64(*r.Worst)
}

// standing is what the SLAs say about one row.
type standing struct {
	state text.State
	tight float64
}

func (s *standing) add(state text.State, tight float64) {
	s.state = min(s.state, state)
	s.tight = max(s.tight, tight)
}

func (b *builder) requests(total []*record.Stats, lost []record.ErrorGroup, judged []sla.Judgement) (requests, groups []Request) {
	rows := make([]*record.Stats, len(b.plan.Rows))
	for i := range rows {
		rows[i] = b.merge(total, func(s *plan.Series) bool { return s.Row == i })
	}
	standings, limited, streams := b.standings(rows, judged), b.limited(), b.streams()
	losses := b.losses(lost)
	requests, groups = []Request{}, []Request{}
	for i := range b.plan.Rows {
		row := &b.plan.Rows[i]
		if row.Kind == plan.MetricSeries {
			continue
		}
		r := Request{
			Name: b.mask.Replace(row.Label()), Method: row.Method, Route: b.mask.Replace(row.Name),
			State: standings[i].state, Index: i, Site: b.site(row.Site), Figures: b.figures(rows[i]),
			Measures: b.measures(rows[i], limited[i]), Messages: b.messages(rows[i], streams[i], losses[i]),
		}
		if row.Method != "" && row.Target >= 0 && row.Target < len(b.plan.Targets) {
			r.Target = b.plan.Targets[row.Target].Name
		}
		if t := standings[i].tight; t > 0 && t < beyondAll {
			r.Worst = num(t)
		}
		if row.Kind == plan.GroupSeries {
			groups = append(groups, r)
			continue
		}
		requests = append(requests, r)
	}
	slices.SortStableFunc(requests, worseRequest)
	slices.SortStableFunc(groups, worseRequest)
	return requests, groups
}

// standings tells for each row what was judged of it alone, and its part in
// what was judged of several rows together: of a joint limit that is broken
// only the rows that break it by themselves are accused.
func (b *builder) standings(rows []*record.Stats, judged []sla.Judgement) []standing {
	all := make([]standing, len(rows))
	for i := range all {
		all[i].state = text.NoSLA
	}
	for _, j := range judged {
		if j.SLA >= len(b.plan.SLAs) || j.Group >= len(b.plan.SLAs[j.SLA].Groups) {
			continue
		}
		s := &b.plan.SLAs[j.SLA]
		rule, group := &s.Rules[j.Rule], &s.Groups[j.Group]
		out := b.judged(s, rule, j, "")
		if group.Row >= 0 {
			all[group.Row].add(out.State, out.tight(rule.AtLeast))
			continue
		}
		for _, row := range b.rowsOf(group.Series) {
			b.joint(&all[row], rows[row], s, rule, out.State)
		}
	}
	return all
}

func (b *builder) joint(st *standing, s *record.Stats, of *plan.SLA, rule *plan.Rule, state text.State) {
	if rule.Metric == plan.Tally {
		if !s.Extra() {
			return
		}
	} else if s = ofMeasure(s, of, rule); s.Count() == 0 {
		return
	}
	value, ok := alone(s, rule)
	broken := state == text.Fail || state == text.Warn
	if !ok || rule.Limit == 0 {
		if !broken || value > rule.Limit {
			st.add(state, 0)
		}
		return
	}
	if !broken || value > rule.Limit {
		st.add(state, value/rule.Limit)
	}
}

// ofMeasure are the figures that a rule of an SLA is about.
func ofMeasure(s *record.Stats, of *plan.SLA, rule *plan.Rule) *record.Stats {
	if rule.Metric > plan.Max {
		return s
	}
	return s.Of(of.Measure)
}

// alone is a rule's figure for one row by itself; false for throughput,
// which rows only have together.
func alone(s *record.Stats, rule *plan.Rule) (float64, bool) {
	switch rule.Metric {
	case plan.Quantile:
		return float64(s.Quantile(rule.Quantile).Ns), true
	case plan.Mean:
		return float64(s.MeanLatency().Ns), true
	case plan.Max:
		return float64(s.MaxLatency().Ns), true
	case plan.ErrorRate:
		return float64(ratio(s.Failed, s.Count())), true
	case plan.Tally:
		switch rule.Scale {
		case plan.Absolute:
			return float64(s.Counter(rule.Counter)), true
		case plan.Share:
			return float64(ratio(s.Counter(rule.Counter), s.Base(rule.Counter))), true
		}
	}
	return 0, false
}

func (b *builder) rowsOf(series []int) []int {
	var rows []int
	for _, s := range series {
		if s >= 0 && s < len(b.plan.Series) && !slices.Contains(rows, b.plan.Series[s].Row) {
			rows = append(rows, b.plan.Series[s].Row)
		}
	}
	return rows
}

func (b *builder) series(total []*record.Stats) []Series {
	list := make([]Series, 0, len(b.plan.Series))
	for i := range b.plan.Series {
		s := &b.plan.Series[i]
		if s.Kind == plan.MetricSeries {
			continue
		}
		kind := "request"
		if s.Kind == plan.GroupSeries {
			kind = "group"
		}
		var stats *record.Stats
		if i < len(total) {
			stats = total[i]
		}
		list = append(list, Series{
			Kind: kind, Request: b.mask.Replace(b.plan.Rows[s.Row].Label()), Class: b.class(s.Class), Task: s.Task,
			Groups: append([]string{}, s.Groups...), Tags: append([]string{}, s.Tags...),
			Site: b.site(s.Site), Figures: b.figures(stats),
		})
	}
	return list
}
