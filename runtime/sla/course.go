package sla

import (
	"cmp"
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
	before memory

	connected bool // a connection has stood whose messages could have been counted
}

// memory is a course before its latest window, so that the window can be
// judged again when more is known of it.
type memory struct {
	found      Windowed
	run, since int64
	counts     bool
}

// extent is what a window holds for one rule: how many are beyond the limit,
// or the sum of values.
type extent struct {
	over int64
	base int64 // of a counter: what its share is taken of
	sum  parts
}

// finding is what one window says of a rule.
type finding uint8

const (
	kept     finding = iota
	broken           // its samples alone break the limit
	doubtful         // what is unknown of it could
	few              // it has too few samples to decide
)

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
func (c *course) look(t *tally, e extent, from, to int64, step time.Duration) {
	c.before = memory{c.found, c.run, c.since, c.counts}
	s := Stretch{From: time.Duration(from) * step, To: time.Duration(to) * step, Over: e.over}
	found := c.window(t, e, &s)
	f := &c.found
	f.Whole++
	switch found {
	case doubtful:
		f.Doubtful++
	case few:
	default:
		f.Decided++
		s.Valid = true
		if !f.Worst.Valid || c.worse(s, f.Worst) {
			f.Worst = s
		}
	}
	if found != broken {
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

// again judges the latest window once more.
func (c *course) again(t *tally, e extent, from, to int64, step time.Duration) {
	c.found, c.run, c.since, c.counts = c.before.found, c.before.run, c.before.since, c.before.counts
	c.look(t, e, from, to, step)
}

func (c *course) worse(s, than Stretch) bool {
	if c.rule.AtLeast {
		return s.Figure < than.Figure
	}
	return s.Figure > than.Figure
}

// window judges one window, and completes s.
func (c *course) window(t *tally, e extent, s *Stretch) finding {
	r := c.rule
	s.Samples = t.judged
	switch r.Metric {
	case plan.Throughput:
		s.Samples, s.Over = t.n, 0
		s.Figure = float64(t.n) / (s.To - s.From).Seconds()
		perNs := new(big.Rat).Quo(c.limit, decimal(1e9))
		return keeps(compareRatio(t.n, int64(s.To-s.From), perNs), r.AtLeast)
	case plan.ErrorRate:
		s.Samples, s.Over = t.n, t.failed
		return c.errorRate(t, s)
	case plan.Tally:
		return c.tallied(t, e, s)
	}
	switch {
	case t.judged < c.needed:
		return few
	case c.blind:
		return doubtful
	case r.Metric == plan.Mean:
		return c.mean(t, e, s)
	}
	s.Figure = float64(e.over) / float64(t.judged)
	return c.counted(t, e.over)
}

// counted: percentiles and maxima are decided by how many are beyond the
// limit. Missed arrivals may all have been.
func (c *course) counted(t *tally, over int64) finding {
	allowed := func(n int64) int64 {
		if c.rule.Metric == plan.Max {
			return 0
		}
		return n - record.Rank(c.rule.Quantile, n)
	}
	within := over <= allowed(t.judged)
	unseen := t.cut
	if c.rule.Metric == plan.Quantile {
		unseen += t.missed
	}
	switch {
	case c.rule.AtLeast && within:
		return broken
	case c.rule.AtLeast && over-t.timeouts <= allowed(t.judged):
		return doubtful
	case c.rule.AtLeast:
		return kept
	case !within:
		return broken
	case unseen > 0 && over+unseen > allowed(t.judged+unseen):
		return doubtful
	}
	return kept
}

// tallied: a count of nothing proves nothing before a connection has stood,
// nor does a share of nothing.
func (c *course) tallied(t *tally, e extent, s *Stretch) finding {
	r := c.rule
	s.Samples, s.Over, s.Figure = e.base, e.over, float64(e.over)
	found := kept
	switch {
	case !c.connected:
		return few
	case r.Scale == plan.PerSecond:
		s.Samples = e.over
		s.Figure /= (s.To - s.From).Seconds()
		perNs := new(big.Rat).Quo(c.limit, decimal(1e9))
		return keeps(compareRatio(e.over, int64(s.To-s.From), perNs), r.AtLeast)
	case r.Scale == plan.Share && e.base == 0:
		return few
	case r.Scale == plan.Share:
		s.Figure /= float64(e.base)
		found = keeps(compareRatio(e.over, e.base, c.limit), false)
	default:
		found = keeps(compareRatio(e.over, 1, c.limit), false)
	}
	if found == kept && breaks(*r, e.over, e.base, t.cut) {
		return doubtful
	}
	return found
}

// mean: with timeouts it is known from below only.
func (c *course) mean(t *tally, e extent, s *Stretch) finding {
	s.Over = 0
	above := 0
	if c.rule.Unit != plan.UnitNone {
		s.Figure = e.sum.mean(t.n)
		above = cmp.Compare(s.Figure, c.rule.Limit)
	} else {
		mean := t.nanoseconds()
		mean.Quo(mean, new(big.Rat).SetInt64(t.judged))
		s.Figure, _ = mean.Float64()
		above = mean.Cmp(c.limit)
	}
	if sure := above > 0 || c.rule.AtLeast && above == 0; t.timeouts+t.cut > 0 && !sure {
		return doubtful
	}
	return keeps(above, c.rule.AtLeast)
}

// errorRate: failures of this machine are no proof for or against the target.
func (c *course) errorRate(t *tally, s *Stretch) finding {
	if t.n == 0 {
		return few
	}
	s.Figure = float64(t.failed) / float64(t.n)
	found := keeps(compareRatio(t.failed, t.n, c.limit), c.rule.AtLeast)
	if t.local > 0 {
		found = doubtful
		if !c.rule.AtLeast && t.local < t.n && compareRatio(t.failed-t.local, t.n-t.local, c.limit) > 0 {
			found = broken
		}
	}
	if found == kept && t.cut > 0 && !c.rule.AtLeast && compareRatio(t.failed+t.cut, t.n+t.cut, c.limit) > 0 {
		return doubtful
	}
	return found
}

// keeps is how a limit is kept by what compares with it so.
func keeps(c int, floor bool) finding {
	if c == 0 || (c > 0) == floor {
		return kept
	}
	return broken
}
