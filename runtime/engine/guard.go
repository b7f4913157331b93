package engine

import (
	"fmt"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// rateGuard ends a run whose target gets more requests a second than its
// guard allows. It belongs to the watcher's goroutine.
type rateGuard struct {
	seen []int64 // requests to each target so far
	at   time.Duration
	over []int // ticks in a row that were over the limit
}

// A target's rate may lie above its limit by so much, for so many ticks in a
// row: users begin at random, and one tick is not a rate.
const (
	rateSlack = 1.1
	rateTicks = 3
)

// look holds what was recorded against the guards. It returns why the run has
// to end, or "".
func (g *rateGuard) look(p *plan.Plan, s *record.Snapshot) string {
	if g.seen == nil {
		g.seen, g.over = make([]int64, len(p.Targets)), make([]int, len(p.Targets))
	}
	elapsed := (s.At - g.at).Seconds()
	g.at = s.At
	for t := range p.Targets {
		most := p.Targets[t].Guard.MaxRate
		if most <= 0 {
			continue
		}
		n := finished(p, s.Total, t) + finished(p, s.Warmup, t)
		rate := float64(n-g.seen[t]) / elapsed
		g.seen[t] = n
		if elapsed <= 0 || rate <= most*rateSlack {
			g.over[t] = 0
			continue
		}
		if g.over[t]++; g.over[t] >= rateTicks {
			return fmt.Sprintf("target %q got %.0f requests a second, and its max_rate is %g", p.Targets[t].Name, rate, most)
		}
	}
	return ""
}

// finished is how many requests to a target are among the figures.
func finished(p *plan.Plan, stats []*record.Stats, target int) (n int64) {
	for i, s := range stats {
		series := &p.Series[i]
		if s != nil && series.Kind == plan.RequestSeries && p.Rows[series.Row].Target == target {
			n += s.OK + s.Failed
		}
	}
	return n
}
