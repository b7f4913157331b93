package report

import (
	"cmp"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// metricUnits are the units of figures in the JSON form. Times are
// milliseconds there, as all others.
var metricUnits = [...]string{
	plan.UnitNone: "ms", plan.UnitNumber: "number", plan.UnitSeconds: "ms", plan.UnitBytes: "bytes", plan.UnitRatio: "ratio",
}

// textUnit is the unit of a JSON unit's figures, as text.Figure takes them.
func textUnit(unit string) text.Unit {
	switch unit {
	case "ratio":
		return text.Ratio
	case "per_s":
		return text.PerSecond
	case "number":
		return text.Number
	case "bytes":
		return text.Size
	}
	return text.Nanoseconds
}

// metrics are the rows of metrics with what was recorded in them, worst first.
func (b *builder) metrics(values []*record.Values, judged []sla.Judgement) []Metric {
	rows := make([]*record.Values, len(b.plan.Rows))
	for i, v := range values {
		if i < len(b.plan.Series) {
			row := b.plan.Series[i].Row
			rows[row] = record.MergeValues(rows[row], v)
		}
	}
	standings := b.metricStandings(rows, judged)
	list := []Metric{}
	for i := range b.plan.Rows {
		row := &b.plan.Rows[i]
		if row.Kind != plan.MetricSeries {
			continue
		}
		m := metricOf(rows[i], row.Unit)
		m.Name, m.State, m.Site = b.mask.Replace(row.Name), standings[i].state, b.site(row.Site)
		if t := standings[i].tight; t > 0 && t < beyondAll {
			m.Worst = num(t)
		}
		list = append(list, m)
	}
	slices.SortStableFunc(list, func(x, y Metric) int {
		return cmp.Or(cmp.Compare(x.State, y.State), cmp.Compare(y.tightest(), x.tightest()), cmp.Compare(x.Name, y.Name))
	})
	return list
}

func (m *Metric) tightest() float64 {
	if m.Worst == nil {
		return 0
	}
	return float64(*m.Worst)
}

// metricOf is what was recorded, in a unit.
func metricOf(v *record.Values, unit plan.Unit) Metric {
	m := Metric{Unit: metricUnits[unit], Samples: v.Count(), TooFew: []string{}}
	if m.Samples == 0 {
		return m
	}
	figure := func(x float64) *Num {
		if unit == plan.UnitSeconds {
			x /= 1e6
		}
		return num(x)
	}
	percentile := func(name string, p float64) *Num {
		if m.Samples < needed(p) {
			m.TooFew = append(m.TooFew, name)
		}
		x, _ := v.Quantile(p)
		return figure(x)
	}
	m.Min, m.Mean, m.Max = figure(v.Min()), figure(v.Mean()), figure(v.Max())
	m.P50, m.P90 = percentile("p50", 0.5), percentile("p90", 0.9)
	m.P95, m.P99 = percentile("p95", 0.95), percentile("p99", 0.99)
	return m
}

// metricStandings is standings for metrics.
func (b *builder) metricStandings(rows []*record.Values, judged []sla.Judgement) []standing {
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
		if rule.Unit == plan.UnitNone {
			continue
		}
		out := b.judged(s, rule, j, "")
		if group.Row >= 0 {
			all[group.Row].add(out.State, out.tight(false))
			continue
		}
		broken := out.State == text.Fail || out.State == text.Warn
		for _, row := range b.rowsOf(group.Series) {
			if value := valueAlone(rows[row], rule); rows[row].Count() > 0 && (!broken || value > rule.Limit) {
				all[row].add(out.State, ratioOf(value, rule.Limit))
			}
		}
	}
	return all
}

func ratioOf(value, limit float64) float64 {
	if limit == 0 {
		return 0
	}
	return value / limit
}

// valueAlone is a rule's figure for one metric by itself.
func valueAlone(v *record.Values, rule *plan.Rule) float64 {
	switch rule.Metric {
	case plan.Quantile:
		x, _ := v.Quantile(rule.Quantile)
		return x
	case plan.Mean:
		return v.Mean()
	}
	return v.Max()
}

// Figure is one of a metric's figures by its JSON name ("p95", "max"), for
// people: the text, and the mark of a percentile with too few samples.
func (m *Metric) Figure(name string) (s, mark string) {
	v := map[string]*Num{"min": m.Min, "mean": m.Mean, "p50": m.P50, "p90": m.P90, "p95": m.P95, "p99": m.P99, "max": m.Max}[name]
	if v == nil {
		return text.None, ""
	}
	if slices.Contains(m.TooFew, name) {
		mark = FewMark
	}
	return text.Figure(raw(*v, m.Unit)), mark
}

// metricColumns are the figures of the table of metrics. Those with a number
// are left out first where it is narrow.
var metricColumns = []struct {
	name string
	drop int
}{{"min", 3}, {"mean", 4}, {"p50", 0}, {"p90", 1}, {"p95", 0}, {"p99", 2}, {"max", 0}}

// metrics writes the table of metrics.
func (t *textWriter) metrics() {
	if len(t.r.Metrics) == 0 {
		return
	}
	table := &text.Table{Style: t.st, Min: 12, Columns: []text.Column{
		{Title: "METRICS", Shrink: true}, {Title: "n", Right: true, Drop: 5},
	}}
	for _, c := range metricColumns {
		table.Columns = append(table.Columns, text.Column{Title: c.name, Right: true, Drop: c.drop})
	}
	table.Columns = append(table.Columns, text.Column{Title: "SLA", Right: true})
	for i := range t.r.Metrics {
		m := &t.r.Metrics[i]
		row := []text.Cell{{Text: t.outside(m.Name)}, {Text: text.Count(m.Samples)}}
		for _, c := range metricColumns {
			s, mark := m.Figure(c.name)
			cell := text.Cell{Text: t.st.Text(s), Note: mark}
			if s == text.None {
				cell.Role = text.Dim
			}
			row = append(row, cell)
		}
		table.Rows = append(table.Rows, append(row, text.Cell{Text: t.st.Symbol(m.State), Role: m.State.Role()}))
	}
	t.table(table)
}
