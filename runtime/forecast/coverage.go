package forecast

import (
	"math"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// slas says what each SLA judges and rests on, and marks the requests it
// covers.
func (b *builder) slas(f *Forecast) []SLA {
	list := []SLA{}
	covered := make([]bool, len(b.plan.Series))
	rows := b.rowsOf(f)
	for i := range b.plan.SLAs {
		s := &b.plan.SLAs[i]
		out := SLA{Name: s.Name, Match: b.text(s.Match), Metrics: noun(s) == "metric", Requests: []string{}, Rules: []Rule{}, Site: b.site(s.Site)}
		if s.Abort != nil {
			after, grace := report.Ms(s.Abort.After), report.Ms(s.Abort.Grace)
			out.Abort, out.AbortGrace = &after, &grace
		}
		out.Stages, out.Window = report.Stages(b.mask, s), report.WindowOf(s)
		if s.Window != nil {
			out.Windows = b.windowCount(s)
		}
		for _, g := range s.Groups {
			out.Each = out.Each || g.Row >= 0
			for _, series := range g.Series {
				covered[series] = true
				row := rows[b.plan.Series[series].Row]
				if !slices.Contains(out.Requests, row.Name) {
					out.Requests = append(out.Requests, row.Name)
				}
				if !slices.Contains(row.SLAs, s.Name) {
					row.SLAs = append(row.SLAs, s.Name)
				}
			}
		}
		for r := range s.Rules {
			out.Rules = append(out.Rules, b.rule(s, &s.Rules[r]))
		}
		list = append(list, out)
	}
	for s := range b.plan.Series {
		if row := rows[b.plan.Series[s].Row]; !covered[s] && b.happens(s) && len(row.SLAs) > 0 {
			row.Partly = true
		}
	}
	return list
}

// unjudged are the SLAs that do not judge the profile.
func (b *builder) unjudged() []string {
	list := []string{}
	for _, name := range b.plan.Unjudged {
		list = append(list, b.text(name))
	}
	return list
}

// rowsOf finds the forecast's request, group or metric of each of the plan's
// rows.
func (b *builder) rowsOf(f *Forecast) []*Request {
	list := make([]*Request, len(b.plan.Rows))
	tables := map[plan.SeriesKind][]Request{
		plan.RequestSeries: f.Requests, plan.GroupSeries: f.Groups, plan.MetricSeries: f.Metrics,
	}
	for i := range list {
		kind := b.plan.Rows[i].Kind
		list[i], tables[kind] = &tables[kind][0], tables[kind][1:]
	}
	return list
}

func (b *builder) rule(s *plan.SLA, r *plan.Rule) Rule {
	out := Rule{
		Name: r.Name, Words: words(s, r), Warning: r.Warn, Needed: sla.Needed(*r), Judged: len(s.Groups), Site: b.site(r.Site),
	}
	if o := r.Override; o != nil {
		out.Profile = o.Profile
		if o.Otherwise != nil {
			other := *r
			other.Limit, other.Scale = *o.Otherwise, o.Scale
			out.Otherwise = limit(&other)
		}
	}
	if out.Unknown = unforeseen(s, r) || b.unasked(s); out.Unknown {
		return out
	}
	for i := range s.Groups {
		n := b.samples(s, &s.Groups[i], assumed)
		if i == 0 || n < float64(out.Fewest) {
			out.Fewest = report.Num(n)
		}
		out.Highest = max(out.Highest, report.Num(n))
		if short(n, out.Needed) {
			out.Short++
		}
	}
	b.windowed(s, r, &out)
	return out
}

// samples is how many samples a judgement is expected to rest on.
func (b *builder) samples(s *plan.SLA, g *plan.Judged, answer int) float64 {
	return b.sum(g, b.judgedBy(s), answer)
}

func (b *builder) sum(g *plan.Judged, counts [][numAnswers]float64, answer int) (n float64) {
	for _, s := range g.Series {
		n += counts[s][answer]
	}
	return n
}

// short reports that samples are expected to be fewer than needed.
func short(n float64, needed int64) bool { return math.Floor(n+0.5) < float64(needed) }

// unforeseen reports whether nobody knows on how many samples a rule will
// rest: how many connections users open, pings are answered, messages come.
func unforeseen(s *plan.SLA, r *plan.Rule) bool {
	if r.Metric > plan.Max {
		return r.Metric == plan.Tally
	}
	switch s.Measure {
	case plan.MeasureResponse, plan.MeasureService, plan.MeasureFirstByte, plan.MeasureBody, plan.MeasureFirstEvent:
		return false
	}
	return true
}

// unasked reports whether an SLA is about what sockets' handlers do: nobody
// knows how many messages come that no step asked for.
func (b *builder) unasked(s *plan.SLA) bool {
	if b.handled == nil {
		b.handled = handled(b.plan)
	}
	return slices.ContainsFunc(s.Groups, func(g plan.Judged) bool {
		return slices.ContainsFunc(g.Series, func(id int) bool { return b.handled[id] })
	})
}

// handled are the series that sockets' handlers record into.
func handled(p *plan.Plan) map[int]bool {
	set := map[int]bool{}
	note := func(step plan.Step) {
		for _, id := range plan.SeriesOf(step) {
			set[id] = true
		}
	}
	for i := range p.Classes {
		p.Classes[i].EachStep(func(step plan.Step) {
			if o, ok := step.(*plan.Socket); ok {
				for k := range o.Handlers {
					for _, r := range o.Handlers[k].Records {
						set[r.Series] = true
					}
					plan.Walk(o.Handlers[k].Steps, note)
				}
			}
		})
	}
	return set
}

// words are a rule as people write it: "p95 ≤ 500 ms", "p95 of connect ≤ 500 ms".
func words(s *plan.SLA, r *plan.Rule) string {
	sign := " ≤ "
	if r.AtLeast {
		sign = " ≥ "
	}
	sure := ""
	if r.Confidence > 0 {
		sure = ", " + text.Limit(r.Confidence, text.Ratio) + " sure"
	}
	return r.Name + sla.Of(s.Measure, r) + sign + limit(r) + sure
}

// limit is a rule's limit with its unit.
func limit(r *plan.Rule) string {
	switch {
	case r.Metric == plan.ErrorRate, r.Unit == plan.UnitRatio, r.Metric == plan.Tally && r.Scale == plan.Share:
		return text.Limit(r.Limit, text.Ratio)
	case r.Metric == plan.Throughput, r.Metric == plan.Tally && r.Scale == plan.PerSecond:
		return text.Limit(r.Limit, text.PerSecond)
	case r.Unit == plan.UnitBytes:
		return text.Limit(r.Limit, text.Size)
	case r.Unit == plan.UnitNumber, r.Metric == plan.Tally:
		return text.Limit(r.Limit, text.Number)
	}
	return text.Limit(r.Limit, text.Nanoseconds)
}

// uncovered are the requests that are sent and that no SLA covers.
func uncovered(requests []Request) []string {
	list := []string{}
	for i := range requests {
		if r := &requests[i]; !r.Off && len(r.SLAs) == 0 {
			list = append(list, r.Name)
		}
	}
	return list
}
