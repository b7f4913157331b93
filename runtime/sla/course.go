package sla

import (
	"math"
	"math/big"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// course is one rule of a lane, window by window.
type course struct {
	rule   *plan.Rule
	lasts  time.Duration // how long windows must be broken to count
	needed int64
	limit  *big.Rat // ns, a ratio, or requests a second
	found  Windowed
	run    int64 // windows broken without a break, up to the latest
	since  int64 // the slot at which the first of them ended
	counts bool  // they have lasted long enough
	blind  bool  // what is beyond the limit was not counted
}

func newCourse(r *plan.Rule, w *plan.Window) course {
	limit := r.Limit
	if r.Metric == plan.Mean && r.Unit == plan.UnitNone {
		limit = nanoseconds(*r)
	}
	return course{rule: r, lasts: w.For, needed: Needed(*r), limit: decimal(limit)}
}

// pause forgets windows broken so far: the next one does not follow on them.
func (c *course) pause() { c.run, c.counts, c.found.Now = 0, false, false }

// look judges the window of the slots after from, up to to.
func (c *course) look(t *tally, b *excess, from, to int64, step time.Duration) {
	s := Stretch{From: time.Duration(from) * step, To: time.Duration(to) * step, Over: b.sum}
	state := c.window(t, b, &s)
	f := &c.found
	f.Whole++
	if state != Inconclusive {
		f.Decided++
		s.Valid = true
		if !f.Worst.Valid || c.worse(s, f.Worst) {
			f.Worst = s
		}
	}
	if state != Fail {
		c.pause()
		return
	}
	f.Now = true
	f.Broken++
	if c.run++; c.run == 1 {
		c.since = to
	}
	switch {
	case c.counts:
		f.Counted++
	case time.Duration(to-c.since)*step >= c.lasts:
		c.counts = true
		f.Counted += c.run
	}
}

func (c *course) worse(s, than Stretch) bool {
	if c.rule.AtLeast {
		return s.Figure < than.Figure
	}
	return s.Figure > than.Figure
}

// window is Fail where it is broken, Pass where it is kept, and Inconclusive
// where nobody can tell. It completes s.
func (c *course) window(t *tally, b *excess, s *Stretch) State {
	r := c.rule
	s.Samples = t.judged
	switch r.Metric {
	case plan.Throughput:
		s.Samples, s.Over = t.n, 0
		s.Figure = float64(t.n) / (s.To - s.From).Seconds()
		perNs := new(big.Rat).Quo(c.limit, decimal(1e9))
		return kept(compareRatio(t.n, int64(s.To-s.From), perNs), r.AtLeast)
	case plan.ErrorRate:
		s.Samples, s.Over = t.n, t.failed
		return c.errorRate(t, s)
	}
	if t.judged < c.needed || c.blind {
		return Inconclusive
	}
	if r.Metric == plan.Mean {
		return c.mean(t, b, s)
	}
	s.Figure = float64(b.sum) / float64(t.judged)
	return c.counted(t, b.sum)
}

// counted: percentiles and maxima are decided by how many are beyond the
// limit. Missed arrivals may all have been.
func (c *course) counted(t *tally, over int64) State {
	allowed := func(n int64) int64 {
		if c.rule.Metric == plan.Max {
			return 0
		}
		return n - record.Rank(c.rule.Quantile, n)
	}
	within := over <= allowed(t.judged)
	switch {
	case c.rule.AtLeast && within:
		return Fail
	case c.rule.AtLeast && over-t.timeouts <= allowed(t.judged):
		return Inconclusive
	case c.rule.AtLeast:
		return Pass
	case !within:
		return Fail
	case c.rule.Metric == plan.Quantile && t.missed > 0 && over+t.missed > allowed(t.judged+t.missed):
		return Inconclusive
	}
	return Pass
}

// mean: with timeouts it is known from below only.
func (c *course) mean(t *tally, b *excess, s *Stretch) State {
	s.Over = 0
	if c.rule.Unit != plan.UnitNone {
		s.Figure = b.mean(t.n)
		return kept(compare(s.Figure, c.rule.Limit), c.rule.AtLeast)
	}
	mean := t.nanoseconds()
	mean.Quo(mean, new(big.Rat).SetInt64(t.judged))
	s.Figure, _ = mean.Float64()
	above := mean.Cmp(c.limit)
	if known := above > 0 || c.rule.AtLeast && above == 0; t.timeouts > 0 && !known {
		return Inconclusive
	}
	return kept(above, c.rule.AtLeast)
}

// errorRate: failures of this machine are no proof for or against the target.
func (c *course) errorRate(t *tally, s *Stretch) State {
	if t.n == 0 {
		return Inconclusive
	}
	s.Figure = float64(t.failed) / float64(t.n)
	if t.local == 0 {
		return kept(compareRatio(t.failed, t.n, c.limit), c.rule.AtLeast)
	}
	if !c.rule.AtLeast && t.local < t.n && compareRatio(t.failed-t.local, t.n-t.local, c.limit) > 0 {
		return Fail
	}
	return Inconclusive
}

// kept is how a limit is kept by what compares with it so.
func kept(c int, floor bool) State {
	if c == 0 || (c > 0) == floor {
		return Pass
	}
	return Fail
}

func compare(a, b float64) int {
	switch {
	case math.IsNaN(a), a > b:
		return 1
	case a < b:
		return -1
	}
	return 0
}
