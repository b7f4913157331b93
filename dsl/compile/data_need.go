package compile

import (
	"fmt"
	"math"
	"slices"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// enoughRows holds unique rows against those that the profile is sure to ask
// for, where running out of them would end the run. What is only likely is
// the forecast's to say.
func (c *compiler) enoughRows() {
	blocks := make([]*config.Block, len(c.plan.Data))
	for b, id := range c.dataIDs {
		blocks[id] = b
	}
	for id, b := range blocks {
		d := &c.plan.Data[id]
		if d.Order != plan.Unique || d.OnExhausted != plan.FailRun || d.Rows == 0 {
			continue
		}
		need, noun := c.rowsNeeded(id)
		if need <= int64(d.Rows) {
			continue
		}
		c.fail(b, diag.TooFewRows, b.Range, "Every %s needs a row of its own: the profile %q has %d that read data.%s, and there %s.",
			noun, c.plan.Profile.Name, need, d.Name, rowCount(d.Rows)).Suggestion =
			"Add rows, ask for less load, or let users end where no row is left: on_exhausted = \"stop\"."
	}
}

func rowCount(n int) string {
	if n == 1 {
		return "is 1 row"
	}
	return fmt.Sprintf("are %d rows", n)
}

// rowsNeeded is how many readers of a source there are at least, and what
// they are.
func (c *compiler) rowsNeeded(id int) (n int64, noun string) {
	p := &c.plan.Profile
	perUser := c.plan.Data[id].Per == plan.PerUser
	noun = "iteration"
	if perUser {
		noun = "user"
	}
	for i := range p.Loads {
		l := &p.Loads[i]
		all := c.weightOf(l, nil)
		if all <= 0 {
			continue
		}
		share := c.weightOf(l, func(k *plan.Class) bool { return c.needsRow(k, id) }) / all
		n += readers(l, share, perUser, p.Duration == 0)
	}
	for i := range c.plan.Classes {
		if k := &c.plan.Classes[i]; k.FixedCount > 0 && c.needsRow(k, id) {
			n += int64(k.FixedCount)
		}
	}
	if p.Iterations > 0 {
		if !perUser && p.Duration == 0 && c.allRead(id) {
			return p.Iterations, noun
		}
		n = min(n, p.Iterations)
	}
	return n, noun
}

// readers is how many users or iterations of a load at least read a source
// that a share of its users read. unbound says that nothing but iterations
// ends the profile.
func readers(l *plan.Load, share float64, perUser, unbound bool) (n int64) {
	unbound = unbound && l.Duration == 0 && !perUser
	switch {
	case l.Model == plan.Closed:
		each := int64(1) // that every user does, whatever the time
		if unbound && l.IterationsPerUser > 0 {
			each = l.IterationsPerUser
		}
		n = int64(share*peak(l.Stages)+1e-9) * each
	case !perUser:
		n = int64(share*arrivals(l.Stages) + 1e-9)
	}
	switch {
	case l.Iterations == 0:
	case unbound && share == 1 && l.Model == plan.Closed && l.IterationsPerUser == 0:
		n = l.Iterations
	default:
		n = min(n, l.Iterations)
	}
	return n
}

func (c *compiler) needsRow(k *plan.Class, id int) bool {
	return k.Reads == nil || slices.Contains(k.Reads, id)
}

func (c *compiler) allRead(id int) bool {
	for i := range c.plan.Classes {
		if c.plan.Runs(i) && !c.needsRow(&c.plan.Classes[i], id) {
			return false
		}
	}
	return true
}

// weightOf is the weight of a load's classes, or of those that are asked for.
func (c *compiler) weightOf(l *plan.Load, which func(*plan.Class) bool) (sum float64) {
	for _, i := range l.Classes {
		if which == nil || which(&c.plan.Classes[i]) {
			sum += c.plan.WeightIn(l, i)
		}
	}
	return sum
}

func peak(stages []plan.Stage) (most float64) {
	for _, s := range stages {
		most = math.Max(most, s.Level)
	}
	return most
}

// arrivals is how many a schedule of rates has.
func arrivals(stages []plan.Stage) (n float64) {
	before := 0.0
	for _, s := range stages {
		n += (before+s.Level)/2*s.Over.Seconds() + s.Level*s.Hold.Seconds()
		before = s.Level
	}
	return n
}
