package report

import (
	"cmp"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

var metricNames = [...]string{"percentile", "mean", "max", "error_rate", "throughput", "counter"}

// SLAs are the rules of a plan with what was judged of them so far, worst
// first. A rule that nothing was judged of is inconclusive.
func SLAs(p *plan.Plan, judged []sla.Judgement) []SLA {
	b := builder{plan: p, mask: p.Mask()}
	return b.slas(judged)
}

func (b *builder) slas(judged []sla.Judgement) []SLA {
	type key struct{ sla, rule int }
	by := make(map[key][]sla.Judgement)
	for _, j := range judged {
		k := key{j.SLA, j.Rule}
		by[k] = append(by[k], j)
	}
	lines := []SLA{}
	for i := range b.plan.SLAs {
		for r := range b.plan.SLAs[i].Rules {
			lines = append(lines, b.slaLine(&b.plan.SLAs[i], &b.plan.SLAs[i].Rules[r], by[key{i, r}]))
		}
	}
	slices.SortStableFunc(lines, func(x, y SLA) int {
		return cmp.Or(cmp.Compare(x.State, y.State), cmp.Compare(y.tightness(), x.tightness()), cmp.Compare(y.Samples, x.Samples))
	})
	return lines
}

func (b *builder) slaLine(s *plan.SLA, r *plan.Rule, judged []sla.Judgement) SLA {
	line := SLA{
		Name: b.mask.Replace(s.Name), Match: b.mask.Replace(s.Match), Rule: r.Name, Metric: metricNames[r.Metric], Measure: measureOf(s, r),
		Metrics: r.Unit != plan.UnitNone, Warning: r.Warn, Floor: r.AtLeast, Unit: "ms", Limit: Num(r.Limit / 1e6), Site: b.site(s.Site, r.Site),
		All: make([]Judged, 0, len(judged)), Stages: Stages(b.mask, s), Window: WindowOf(s), Everywhere: b.everywhere(s),
	}
	switch {
	case r.Metric == plan.ErrorRate:
		line.Unit, line.Limit = "ratio", Num(r.Limit)
	case r.Metric == plan.Throughput:
		line.Unit, line.Limit = "per_s", Num(r.Limit)
	case r.Metric == plan.Tally:
		line.Unit, line.Limit = scaleUnits[r.Scale], Num(r.Limit)
	case !r.Timed():
		line.Unit, line.Limit = metricUnits[r.Unit], Num(r.Limit)
	}
	if r.Metric == plan.Quantile {
		line.Quantile = num(r.Quantile)
	}
	if r.Confidence > 0 {
		line.Confidence = num(r.Confidence)
	}
	if o := r.Override; o != nil {
		line.Profile, line.Site = o.Profile, b.site(r.Site, s.Site)
		if o.Otherwise != nil && o.Scale == r.Scale {
			line.Otherwise = num(*o.Otherwise)
			if line.Unit == "ms" {
				line.Otherwise = num(*o.Otherwise / 1e6)
			}
		}
	}
	for _, j := range judged {
		line.All = append(line.All, b.judged(s, r, j, line.Unit))
	}
	slices.SortStableFunc(line.All, func(x, y Judged) int {
		return cmp.Or(cmp.Compare(x.State, y.State), cmp.Compare(y.tight(r.AtLeast), x.tight(r.AtLeast)), cmp.Compare(y.Samples, x.Samples))
	})
	line.Judged = Judged{State: text.Inconclusive, Reason: "nothing was judged"}
	if len(line.All) > 0 {
		line.Judged = line.All[0]
	}
	return line
}

// everywhere reports whether an SLA leaves no request of the plan out.
func (b *builder) everywhere(s *plan.SLA) bool {
	judged := make([]bool, len(b.plan.Series))
	for _, g := range s.Groups {
		for _, i := range g.Series {
			judged[i] = true
		}
	}
	for i := range b.plan.Series {
		if b.plan.Series[i].Kind == plan.RequestSeries && !judged[i] {
			return false
		}
	}
	return len(judged) > 0
}

// scaleUnits are the units of limits on counters.
var scaleUnits = [...]string{plan.Absolute: "number", plan.Share: "ratio", plan.PerSecond: "per_s"}

// measureOf is which times a rule is about: the response time, where it is
// about none.
func measureOf(s *plan.SLA, r *plan.Rule) string {
	if r.Metric > plan.Max || r.Unit != plan.UnitNone {
		return plan.MeasureResponse.String()
	}
	return s.Measure.String()
}

func (b *builder) judged(s *plan.SLA, r *plan.Rule, j sla.Judgement, unit string) Judged {
	out := Judged{
		State: stateOf(j.State, j.Warn || r.Warn), Censored: j.Censored,
		Samples: j.Samples, Needed: j.Needed, Over: j.Over, Reason: b.mask.Replace(j.Reason), Windows: b.windows(s, r, j, unit),
	}
	if j.Group >= 0 && j.Group < len(s.Groups) {
		if row := s.Groups[j.Group].Row; row >= 0 && row < len(b.plan.Rows) {
			out.Request = b.mask.Replace(b.plan.Rows[row].Label())
		}
	}
	if !j.Valid {
		return out
	}
	v := within(j, r)
	if unit == "ms" {
		v /= 1e6
	}
	out.Measured = num(v)
	out.Interval = intervalOf(j.Interval, unit)
	if r.Limit != 0 {
		out.Ratio = num(within(j, r) / r.Limit)
	}
	return out
}

// intervalOf is a confidence interval in a unit of the JSON form.
func intervalOf(i sla.Interval, unit string) *Interval {
	if !i.Valid {
		return nil
	}
	if unit == "ms" {
		i.Low, i.High = i.Low/1e6, i.High/1e6
	}
	out := &Interval{}
	if !i.OpenLow {
		out.Low = num(i.Low)
	}
	if !i.OpenHigh {
		out.High = num(i.High)
	}
	return out
}

// IntervalText is the confidence interval of one of the rule's judgements for
// people: "466–512 ms", "≥ 466 ms"; "" where there is none.
func (s *SLA) IntervalText(j *Judged) string {
	if j.Interval == nil || j.Interval.Low == nil && j.Interval.High == nil {
		return ""
	}
	figure := func(n *Num) string { v, unit := raw(*n, s.Unit); return text.Figure(v, unit) }
	switch i := j.Interval; {
	case i.Low == nil:
		return "≤ " + figure(i.High)
	case i.High == nil:
		return "≥ " + figure(i.Low)
	default:
		return text.Range(figure(i.Low), figure(i.High))
	}
}

// within is a judgement's figure, not beyond the limit it was found to keep.
// A percentile comes out of a histogram, a trace too high, while its limit is
// judged by exact counts: the figure must not contradict them.
func within(j sla.Judgement, r *plan.Rule) float64 {
	if r.Metric != plan.Quantile {
		return j.Measured
	}
	state := j.State
	if j.Windows != nil {
		state = j.Windows.Run
	}
	switch {
	case !r.AtLeast && state == sla.Pass:
		return min(j.Measured, r.Limit)
	case r.AtLeast && state == sla.Fail:
		return min(j.Measured, r.Limit-1)
	}
	return j.Measured
}

func stateOf(s sla.State, warn bool) text.State {
	switch {
	case s == sla.Pass:
		return text.Pass
	case s == sla.Inconclusive:
		return text.Inconclusive
	case warn:
		return text.Warn
	}
	return text.Fail
}

// tight is how much of its limit a figure uses up: above 1 it is a breach.
// It is 0 where nothing was measured.
func (j *Judged) tight(floor bool) float64 {
	return tightness(j.Ratio, j.Measured, floor)
}

func (s *SLA) tightness() float64 { return s.tight(s.Floor) }

const beyondAll = 1e300 // sorts before every ratio

func tightness(ratio, measured *Num, floor bool) float64 {
	switch {
	case measured == nil:
		return 0
	case ratio == nil: // a limit of zero
		if *measured > 0 && !floor {
			return beyondAll
		}
		return 1
	case floor && *ratio == 0:
		return beyondAll
	case floor:
		return float64(1 / *ratio)
	}
	return float64(*ratio)
}

// raw is a figure in a unit of the JSON form as text.Beside, text.Figure and
// text.Limit take it.
func raw(v Num, unit string) (float64, text.Unit) {
	if u := textUnit(unit); u != text.Nanoseconds {
		return float64(v), u
	}
	// A whole nanosecond survives the way through milliseconds.
	ns := float64(v) * 1e6
	if whole := float64(int64(ns + 0.5)); whole-ns < 1e-3 && ns-whole < 1e-3 {
		ns = whole
	}
	return ns, text.Nanoseconds
}

// MeasuredText is the measured figure for people, on the side of the limit
// where it was measured.
func (s *SLA) MeasuredText() string { return s.JudgedText(&s.Judged) }

// JudgedText is the figure of one of the rule's judgements.
func (s *SLA) JudgedText(j *Judged) string {
	if j.Measured == nil {
		return text.None
	}
	v, unit := raw(*j.Measured, s.Unit)
	if j.Censored {
		return text.AtLeast(v)
	}
	limit, _ := raw(s.Limit, s.Unit)
	return text.Beside(v, limit, unit)
}

// LimitText is the limit as it was declared.
func (s *SLA) LimitText() string {
	t := text.Limit(raw(s.Limit, s.Unit))
	if s.Floor {
		return "≥ " + t
	}
	return t
}

// MarginText says how far the measured figure is from the limit.
func (s *SLA) MarginText() string {
	if s.Measured == nil {
		return text.None
	}
	m := text.Margin(float64(*s.Measured), float64(s.Limit))
	switch {
	case s.Censored && *s.Measured < s.Limit:
		return text.None // the timeouts end below the limit: nobody knows
	case s.Censored:
		return "≥ " + m
	}
	return m
}
