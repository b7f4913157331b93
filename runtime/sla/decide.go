package sla

import (
	"fmt"
	"slices"

	"throng/dsl/plan"
	"throng/runtime/report/text"
)

// Decide is the verdict on a run, from the judgements of its final snapshot
// and its circumstances.
//
// FAIL needs one broken rule that is no warning, and stands whatever else
// went wrong: an interrupted run or a book that does not balance cannot undo
// what was seen. The one exception is a saturated generator. It makes answers
// look slower and rarer, never faster or more frequent, so what it may have
// broken itself is no proof against the target: latency ceilings, throughput
// floors, and error rates that are only beyond their limit by timeouts; and
// limits on metrics, of which nobody knows what they measure. Those become
// inconclusive. Errors the target answered with, latency floors and throughput
// ceilings still fail.
//
// PASS needs that every rule was judged and met, and that nothing unseen
// could change that: the books balance and agree with the snapshot, the run
// went to its planned end on a healthy generator, and requests cut off at the
// stop would not break a rule even if all of them had been bad. For
// percentiles that holds for missed arrivals too, of which there may be no
// more than 1 % in any case. Everything else is INCONCLUSIVE. Warnings decide
// nothing; broken ones are listed.
func Decide(p *plan.Plan, js []Judgement, c Conditions) Verdict {
	d := decision{plan: p, conditions: c}
	for _, j := range js {
		d.rule(j)
	}
	ofRules := len(d.doubts)
	d.coverage(js)
	d.circumstances()
	d.unseen(js)
	v := Verdict{State: Pass, Beside: slices.Clone(d.doubts[ofRules:])}
	switch {
	case len(d.failed) > 0:
		v.State = Fail
		v.Reasons = append(d.failed, d.doubts...)
	case len(d.doubts) > 0:
		v.State = Inconclusive
		v.Reasons = d.doubts
	default:
		v.Reasons = d.grounds(js)
	}
	v.Reasons = append(v.Reasons, d.notes...)
	return v
}

// decision collects the reasons for each outcome, most important first.
type decision struct {
	plan       *plan.Plan
	conditions Conditions
	failed     []string
	doubts     []string
	notes      []string
}

func (d *decision) doubt(format string, args ...any) {
	d.doubts = append(d.doubts, fmt.Sprintf(format, args...))
}

// rule sorts one judgement.
func (d *decision) rule(j Judgement) {
	text := d.name(j) + ": " + j.Reason
	switch {
	case j.State == Pass:
	case j.Warn:
		d.notes = append(d.notes, "warning only: "+text)
	case j.State == Fail && len(d.conditions.Saturated) > 0 && d.suspect(j):
		d.doubt("%s, but the generator was saturated and may itself be the cause", text)
	case j.State == Fail:
		d.failed = append(d.failed, text)
	default:
		d.doubts = append(d.doubts, text)
	}
}

// suspect reports whether a starved generator can have broken the rule.
func (d *decision) suspect(j Judgement) bool {
	r := d.ruleOf(j)
	switch r.Metric {
	case plan.Throughput:
		return r.AtLeast
	case plan.Tally:
		return r.AtLeast || r.Scale != plan.PerSecond && r.Counter != plan.CountOutOfOrder && r.Counter != plan.CountDuplicated
	case plan.ErrorRate:
		rest := j.Samples - j.Timeouts
		return !r.AtLeast && (rest <= 0 || !ceilingBroken(r, j.Over-j.Timeouts, rest))
	}
	return !r.AtLeast
}

// coverage doubts a verdict that rests on nothing, or not on every rule.
func (d *decision) coverage(js []Judgement) {
	type key struct{ sla, group, rule int }
	judged := make(map[key]bool, len(js))
	for _, j := range js {
		judged[key{j.SLA, j.Group, j.Rule}] = true
	}
	binding := 0
	for i, s := range d.plan.SLAs {
		if len(s.Groups) == 0 {
			d.doubt("sla %q judges nothing: no request matches it", s.Name)
		}
		for g := range s.Groups {
			for r, rule := range s.Rules {
				if rule.Warn {
					continue
				}
				binding++
				if !judged[key{i, g, r}] {
					d.doubt("%s was not judged", d.name(Judgement{SLA: i, Group: g, Rule: r}))
				}
			}
		}
	}
	switch {
	case len(d.plan.SLAs) == 0 && len(d.plan.Unjudged) > 0:
		d.doubt("no SLA judges this profile, so there is nothing to pass")
	case len(d.plan.SLAs) == 0:
		d.doubt("no SLA is declared, so there is nothing to pass")
	case binding == 0:
		d.doubt("no rule can fail: there is nothing to pass")
	}
}

// circumstances doubts what the run's conduct leaves open.
func (d *decision) circumstances() {
	c := &d.conditions
	if c.Aborted != "" {
		d.doubt("the run was aborted by sla %q", c.Aborted)
	}
	if c.Interrupted {
		d.doubt("the run was interrupted")
	}
	if c.Incomplete != "" {
		d.doubt("the run ended before its planned end: %s", c.Incomplete)
	}
	for _, why := range c.Saturated {
		d.doubt("the generator was saturated: %s", why)
	}
	if c.Backward > 0 {
		d.doubt("%s ended before they began: no time that was measured can be trusted", count(c.Backward, "sample"))
	}
	if own := c.LocalFailures - c.Forbidden; own > 0 {
		d.doubt("%s failed on this machine, before the target could answer", count(own, "request"))
	}
	if c.Forbidden > 0 {
		d.doubt("a target's guard forbade the connection of %s: its allowed_hosts do not cover where it would lead", count(c.Forbidden, "request"))
	}
	if c.Stuck > 0 {
		d.doubt("%s could not go on: %s", count(c.Stuck, "task"), c.StuckWhy)
	}
	if beyondOnePercent(c.UsersFailed, c.UsersStarted) {
		d.doubt("%s users failed to start, more than 1 %%", ofAll(int64(c.UsersFailed), int64(c.UsersStarted)))
	}
	d.books()
}

func (d *decision) books() {
	b := d.conditions.Books
	if d.broke(b) {
		d.doubt("the books do not balance: %s intended, but %s", text.Count(b.Intended), b.parts())
	}
	if done := b.Succeeded + b.Failed; d.conditions.Recorded != done {
		d.doubt("%s finished, but %s recorded", count(done, "request"), were(d.conditions.Recorded, "sample"))
	}
	if beyondOnePercent(b.Missed, b.Intended) {
		d.doubt("%s arrivals and requests were missed, more than 1 %%: no user was free", ofAll(b.Missed, b.Intended))
	} else if b.Missed > 0 {
		d.notes = append(d.notes, fmt.Sprintf("%s missed: no user was free", count(b.Missed, "arrival")))
	}
	if b.InFlight > 0 {
		d.notes = append(d.notes, fmt.Sprintf("%s cut off at the stop", count(b.InFlight, "request")))
	}
}

// parts are what became of the requests that were intended.
func (b Books) parts() string {
	return fmt.Sprintf("%s succeeded + %s failed + %s missed + %s cut off",
		text.Count(b.Succeeded), text.Count(b.Failed), text.Count(b.Missed), text.Count(b.InFlight))
}

// broke: a negative entry is a defect even where the sum comes out right.
func (d *decision) broke(b Books) bool {
	return b.Balance() != 0 || min(b.Intended, b.Succeeded, b.Failed, b.Missed, b.InFlight) < 0
}

// unseen doubts the rules that would be broken if what never ended had ended
// badly.
func (d *decision) unseen(js []Judgement) {
	b := d.conditions.Books
	cut, missed := max(b.InFlight, 0), max(b.Missed, 0)
	for _, j := range js {
		if j.State != Pass || j.Warn {
			continue
		}
		r, samples := d.ruleOf(j), count(j.Samples, "sample")
		switch {
		case r.AtLeast:
		case r.Metric == plan.Quantile && cut+missed > 0:
			if !ceilingKept(r, j.Over+cut+missed, j.Samples+cut+missed) {
				d.doubt("%s is met by %s, but not if the %s cut off or missed were %s", d.name(j), samples, text.Count(cut+missed), beyond(r))
			}
		case (r.Metric == plan.Max || r.Metric == plan.Mean) && cut > 0:
			d.doubt("%s is met by %s, but %s is unknown", d.name(j), samples, lost(r, cut))
		case breaks(r, j.Over, j.Samples, cut):
			d.doubt("%s is met, but not if the %s cut off were %s", d.name(j), text.Count(cut), counterWords(r.Counter))
		case r.Metric == plan.ErrorRate && cut > 0 && !ceilingKept(r, j.Over+cut, j.Samples+cut):
			d.doubt("%s is met by %s, but not if the %s cut off had failed", d.name(j), samples, text.Count(cut))
		}
	}
}

// beyond is what requests are that break a rule.
func beyond(r plan.Rule) string {
	if r.Unit != plan.UnitNone {
		return "above it"
	}
	return "slow"
}

// lost is what nobody knows of requests that were cut off.
func lost(r plan.Rule, cut int64) string {
	if r.Unit != plan.UnitNone {
		return "what the " + text.Count(cut) + " cut off would have recorded"
	}
	return "how long the " + text.Count(cut) + " cut off would have taken"
}

// grounds is what a pass rests on, each with its number.
func (d *decision) grounds(js []Judgement) []string {
	var rules, needed int64
	fewest := int64(-1)
	for _, j := range js {
		if j.Warn {
			continue
		}
		rules++
		needed = max(needed, j.Needed)
		if fewest < 0 || j.Samples < fewest {
			fewest = j.Samples
		}
		d.border(j)
	}
	c := &d.conditions
	b := c.Books
	return []string{
		fmt.Sprintf("%s met, each by at least %s; at most %s were needed", count(rules, "rule"), count(fewest, "sample"), text.Count(needed)),
		fmt.Sprintf("the books balance: %s intended = %s", text.Count(b.Intended), b.parts()),
		fmt.Sprintf("all %s finished requests were recorded", text.Count(c.Recorded)),
		"the generator kept up" + behind(": ", c.Generator) + "; 0 requests failed on this machine, 0 tasks were stuck",
		ofAll(int64(c.UsersFailed), int64(c.UsersStarted)) + " users failed to start",
		"the run went to its planned end" + d.length(),
	}
}

// border notes a percentile that is kept, but so narrowly that its confidence
// interval reaches beyond the limit.
func (d *decision) border(j Judgement) {
	r := d.ruleOf(j)
	if r.AtLeast || !j.Interval.Reaches(r.Limit) {
		return
	}
	d.notes = append(d.notes, fmt.Sprintf("%s is met, but its 95 %% confidence interval is %s: another run like this one may not meet it",
		d.name(j), j.Interval.describe(r)))
}

func (d *decision) length() string {
	switch c := &d.conditions; {
	case c.Planned > 0:
		return ": " + text.Span(min(c.Ran, c.Planned)) + " of " + text.Span(c.Planned)
	case c.Ran > 0:
		return " after " + text.Span(c.Ran)
	}
	return ""
}

// behind is s with what separates it from the text before it, if there is any.
func behind(sep, s string) string {
	if s == "" {
		return ""
	}
	return sep + s
}

func (d *decision) ruleOf(j Judgement) plan.Rule { return d.plan.SLAs[j.SLA].Rules[j.Rule] }

// name is a judgement's place in words: sla "read", GET /items, p95 < 500 ms.
func (d *decision) name(j Judgement) string {
	s := d.plan.SLAs[j.SLA]
	name := fmt.Sprintf("sla %q", s.Name)
	if s.Stages != nil {
		name += " in " + s.StageNames()
	}
	if row := s.Groups[j.Group].Row; row >= 0 && row < len(d.plan.Rows) {
		name += ", " + d.plan.Rows[row].Label()
	}
	return name + ", " + describe(s.Measure, s.Rules[j.Rule])
}

// describe is a rule in words: "p95 ≤ 500 ms", "p95 of connect ≤ 500 ms",
// "p95 ≤ 500 ms (95 % sure)".
func describe(m plan.Measure, r plan.Rule) string {
	if _, ok := tolerated(r); ok {
		plain := r
		plain.Confidence = 0
		return describe(m, plain) + " (" + confident(r) + ")"
	}
	sign := " ≤ "
	if r.AtLeast {
		sign = " ≥ "
	}
	return r.Name + Of(m, &r) + sign + limit(r)
}

func beyondOnePercent(part, whole int64) bool { return part > 0 && part > whole/100 }
