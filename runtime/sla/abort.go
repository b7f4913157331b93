package sla

import (
	"time"

	"throng/dsl/plan"
)

// Aborts decide which SLA ends the run early. It has one caller.
type Aborts struct {
	plan  *plan.Plan
	since []time.Duration // by SLA: since when it has been broken; never where it is not
}

const never time.Duration = -1

// NewAborts is for a run of p.
func NewAborts(p *plan.Plan) *Aborts {
	a := &Aborts{plan: p, since: make([]time.Duration, len(p.SLAs))}
	for i := range a.since {
		a.since[i] = never
	}
	return a
}

// Look takes the judgements of a tick, elapsed since the first user. It gives
// the first SLA that ends the run: one with an abort block, of which a rule,
// not merely a warning, fails, and has failed at each tick for the block's
// grace; and its delay has passed. A rule with windows counts as failing
// while the latest window is broken and the tolerance is used up.
func (a *Aborts) Look(js []Judgement, elapsed time.Duration) (slaIndex int, ok bool) {
	broken := make([]bool, len(a.since))
	for _, j := range js {
		broken[j.SLA] = broken[j.SLA] || j.State == Fail && !j.Warn && (j.Windows == nil || j.Windows.Now)
	}
	slaIndex = -1
	for i, abort := range a.plan.SLAs {
		switch {
		case !broken[i]:
			a.since[i] = never
			continue
		case a.since[i] == never:
			a.since[i] = elapsed
		}
		rule := abort.Abort
		if slaIndex < 0 && rule != nil && elapsed >= rule.After && elapsed-a.since[i] >= rule.Grace {
			slaIndex = i
		}
	}
	return max(slaIndex, 0), slaIndex >= 0
}
