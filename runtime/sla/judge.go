package sla

import (
	"fmt"
	"math"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// Needed is the number of samples below which a rule cannot pass. For a
// quantile p it is the smallest n with pⁿ ≤ 5 %: with fewer, all samples can
// keep the limit by chance while the quantile does not. Other metrics need
// one, and so does the quantile 1, which is the maximum. A rule with a
// confidence needs as many as prove it when none is beyond the limit.
func Needed(r plan.Rule) int64 {
	if share, ok := tolerated(r); ok {
		return max(1, int64(math.Ceil(math.Log((1-r.Confidence)/2)/math.Log1p(-share))))
	}
	p := r.Quantile
	if r.Metric != plan.Quantile || !(p > 0) || p >= 1 {
		return 1
	}
	return max(1, int64(math.Ceil(math.Log(0.05)/math.Log(p))))
}

// Thresholds are the limits, per series and ascending, beyond which samples
// must be counted exactly for Judge to decide p's latency rules (ns).
func Thresholds(p *plan.Plan) [][]int64 {
	lists := make([][]int64, len(p.Series))
	eachCounted(p, false, func(series int, r plan.Rule) { lists[series] = append(lists[series], threshold(r)) })
	for i := range lists {
		slices.Sort(lists[i])
		lists[i] = slices.Compact(lists[i])
	}
	return lists
}

// threshold is the duration such that a rule's ceiling is broken by what is
// longer, and its floor kept by what is longer.
func threshold(r plan.Rule) int64 {
	limit := nanoseconds(r)
	if r.AtLeast {
		return int64(math.Ceil(limit)) - 1
	}
	return int64(math.Floor(limit))
}

// nanoseconds is a latency rule's limit without the dust a conversion from
// seconds leaves.
func nanoseconds(r plan.Rule) float64 {
	limit := min(max(r.Limit, 0), 1<<62)
	if whole := math.Round(limit); math.Abs(limit-whole) < 1e-3 {
		return whole
	}
	return limit
}

// Judge applies every rule of every SLA to each set of series the SLA judges,
// in the plan's order. elapsed is the time throughput is reckoned over. Judge
// is pure.
//
// A broken rule is a Fail however few samples there are; a rule that holds
// passes only with enough of them. Latency is decided by exact counts, ratios
// by integers: a limit that is met exactly is met.
func Judge(p *plan.Plan, s *record.Snapshot, elapsed time.Duration) []Judgement {
	var list []Judgement
	_, phase := phases(p)
	for i := range p.SLAs {
		for g, group := range p.SLAs[i].Groups {
			of := &evidence{
				stats: gather(total(s, phase[i]), group.Series), values: gatherValues(s, group.Series),
				stood: stood(p, &p.SLAs[i], s, group.Series), elapsed: lasted(p, &p.SLAs[i], elapsed),
			}
			for r, rule := range p.SLAs[i].Rules {
				j := of.judge(&p.SLAs[i], rule)
				j.SLA, j.Group, j.Rule = i, g, r
				list = append(list, j)
			}
		}
	}
	return list
}

// evidence is what a judged set of series has come to.
type evidence struct {
	stats   *record.Stats
	values  *record.Values
	stood   bool // a connection stood whose messages could have been counted
	elapsed time.Duration
}

func (e *evidence) judge(s *plan.SLA, r plan.Rule) Judgement {
	switch {
	case r.Unit != plan.UnitNone:
		return judgeValues(r, e.values)
	case r.Metric == plan.Tally:
		return judgeTally(r, e.stats, e.stood, e.elapsed)
	case s.Measure != plan.MeasureResponse && timed(r):
		view := e.stats.Of(s.Measure)
		j := judge(r, view, e.elapsed)
		j.lacking(s, e.stats, view)
		return j
	}
	return judge(r, e.stats, e.elapsed)
}

// lacks says how many samples a pass would need.
func (j *Judgement) lacks() string {
	return "needs " + count(j.Needed, "sample") + ", has " + text.Count(j.Samples)
}

func gather(all []*record.Stats, series []int) *record.Stats {
	list := make([]*record.Stats, 0, len(series))
	for _, i := range series {
		list = append(list, all[i])
	}
	return record.Merge(list...)
}

// judge applies one rule to merged figures, which are nil without samples.
func judge(r plan.Rule, s *record.Stats, elapsed time.Duration) Judgement {
	j := Judgement{Warn: r.Warn, Needed: Needed(r), State: Inconclusive, Samples: s.Judged()}
	if r.Metric == plan.ErrorRate || r.Metric == plan.Throughput {
		j.Samples = s.Count()
	}
	switch {
	case s.Count() == 0:
		j.Reason = "no sample"
		return j
	case j.Samples == 0:
		j.Reason = "no sample: all " + count(s.Count(), "request") + " failed"
		return j
	}
	switch r.Metric {
	case plan.Quantile:
		j.quantile(r, s)
	case plan.Max:
		j.max(r, s)
	case plan.Mean:
		j.mean(r, s)
	case plan.ErrorRate:
		j.errorRate(r, s)
	case plan.Throughput:
		j.throughput(r, s, elapsed)
	default:
		j.Reason = "unknown metric " + r.Name
	}
	if j.State == Pass && j.Samples < j.Needed {
		j.State = Inconclusive
		j.Reason = j.lacks()
	}
	return j
}

// measure takes over a latency.
func (j *Judgement) measure(l record.Latency) {
	j.Measured, j.Valid, j.Censored = float64(l.Ns), l.Valid, l.Censored
}

// countOver takes over how many samples are beyond the rule's limit.
func (j *Judgement) countOver(r plan.Rule, s *record.Stats) bool {
	over, ok := s.OverAt(threshold(r))
	if !ok {
		j.Reason = "the samples beyond " + limit(r) + " were not counted"
		return false
	}
	j.Over, j.Timeouts = over, s.Censored
	return true
}

// quantile: the value of rank k = ceil(p·n) is within T exactly when at most
// n−k samples are beyond T.
func (j *Judgement) quantile(r plan.Rule, s *record.Stats) {
	j.measure(s.Quantile(r.Quantile))
	j.Interval = interval(r, s)
	if !j.countOver(r, s) {
		return
	}
	allowed := j.Samples - record.Rank(r.Quantile, j.Samples)
	if r.AtLeast {
		j.floor(j.Over-j.Timeouts > allowed, j.Over > allowed, r)
		return
	}
	if _, ok := tolerated(r); ok {
		j.sure(r, j.Over, j.Samples, j.slower(r))
		return
	}
	j.ceiling(j.Over <= allowed, r)
}

func (j *Judgement) max(r plan.Rule, s *record.Stats) {
	j.measure(s.MaxLatency())
	if !j.countOver(r, s) {
		return
	}
	if r.AtLeast {
		j.floor(j.Measured >= nanoseconds(r), j.Timeouts > 0, r)
		return
	}
	j.ceiling(j.Over == 0, r)
}

func (j *Judgement) ceiling(met bool, r plan.Rule) {
	if met {
		j.State = Pass
		return
	}
	j.State = Fail
	j.Reason = j.slower(r)
}

func (j *Judgement) slower(r plan.Rule) string {
	return fmt.Sprintf("%s took longer than %s%s", ofAll(j.Over, j.Samples), limit(r), j.timeouts())
}

// floor: timeouts may have been long enough, or not.
func (j *Judgement) floor(met, possible bool, r plan.Rule) {
	switch {
	case met:
		j.State = Pass
	case possible:
		j.Reason = fmt.Sprintf("%s is the limit, and %s timed out: how long they took is unknown", limit(r), ofAll(j.Timeouts, j.Samples))
	default:
		j.State = Fail
		j.Reason = fmt.Sprintf("%s, and at least %s is wanted", figure(r, j.Measured), limit(r))
	}
}

func (j *Judgement) timeouts() string {
	if j.Timeouts == 0 {
		return ""
	}
	return ", " + text.Count(j.Timeouts) + " of them timed out"
}

// mean: with timeouts in it the figure is a lower bound, which can break a
// ceiling and keep a floor, but not the other way round.
func (j *Judgement) mean(r plan.Rule, s *record.Stats) {
	l := s.MeanLatency()
	j.measure(l)
	j.Timeouts = s.Censored
	c := compareRatio(s.JudgedSum(), j.Samples, decimal(nanoseconds(r)))
	met, bound := c <= 0, c > 0
	if r.AtLeast {
		met, bound = c >= 0, c >= 0
	}
	switch {
	case l.Censored && !bound:
		j.Reason = fmt.Sprintf("at least %s; %s timed out, so the mean is unknown", figure(r, j.Measured), ofAll(j.Timeouts, j.Samples))
	case met:
		j.State = Pass
	case r.AtLeast:
		j.State = Fail
		j.Reason = fmt.Sprintf("mean of %s over %s, and at least %s is wanted", figure(r, j.Measured), count(j.Samples, "sample"), limit(r))
	default:
		j.State = Fail
		j.Reason = fmt.Sprintf("mean of %s over %s, limit %s%s", figure(r, j.Measured), count(j.Samples, "sample"), limit(r), j.timeouts())
	}
}

// errorRate: failures of the generator's own machine can neither prove the
// target guilty nor the rule kept.
func (j *Judgement) errorRate(r plan.Rule, s *record.Stats) {
	j.Over, j.Timeouts = s.Failed, s.Censored
	j.Measured, j.Valid = float64(s.Failed)/float64(j.Samples), true
	local := localFailures(s)
	if local == 0 {
		j.rate(r, s.Failed, j.Samples)
		return
	}
	if !r.AtLeast && local < j.Samples && ceilingBroken(r, s.Failed-local, j.Samples-local) {
		j.rate(r, s.Failed-local, j.Samples-local)
		return
	}
	j.Reason = ofAll(local, s.Failed) + " failures are this machine's own"
}

func (j *Judgement) rate(r plan.Rule, failed, n int64) {
	said := func() string {
		return fmt.Sprintf("%s failed (%s)", ofAll(failed, n), figure(r, float64(failed)/float64(n)))
	}
	if _, ok := tolerated(r); ok {
		j.sure(r, failed, n, said())
		return
	}
	c := compareRatio(failed, n, decimal(r.Limit))
	if c == 0 || (c > 0) == r.AtLeast {
		j.State = Pass
		return
	}
	wanted := "limit " + limit(r)
	if r.AtLeast {
		wanted = "at least " + limit(r) + " is wanted"
	}
	j.State = Fail
	j.Reason = said() + ", " + wanted
}

func localFailures(s *record.Stats) int64 {
	var n int64
	for c, count := range s.ByClass {
		if plan.ErrorClass(c).Local() {
			n += count
		}
	}
	return n
}

// throughput counts every finished request, failed ones too: it is about
// load, and error_rate about its fate.
func (j *Judgement) throughput(r plan.Rule, s *record.Stats, elapsed time.Duration) {
	j.perSecond(r, j.Samples, "", elapsed)
}

// perSecond compares n in a time with the rule's limit, exactly.
func (j *Judgement) perSecond(r plan.Rule, n int64, what string, elapsed time.Duration) {
	if elapsed <= 0 {
		j.Reason = "no time has passed"
		return
	}
	j.Measured, j.Valid = float64(n)/elapsed.Seconds(), true
	perNs := decimal(r.Limit)
	perNs.Quo(perNs, decimal(1e9))
	c := compareRatio(n, int64(elapsed), perNs)
	if c == 0 || (c > 0) == r.AtLeast {
		j.State = Pass
		return
	}
	word := "at most"
	if r.AtLeast {
		word = "at least"
	}
	j.State = Fail
	j.Reason = fmt.Sprintf("%s %sin %s are %s, %s %s is wanted", text.Count(n), what, text.Span(elapsed), figure(r, j.Measured), word, limit(r))
}
