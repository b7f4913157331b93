package compile

import (
	"time"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

const (
	windowStep = time.Second // between the begins of windows
	maxWindow  = time.Hour
	// maxWindowed bounds the seconds that all windows of a profile keep at
	// once, added up over what is judged by itself.
	maxWindowed = 1_000_000
)

// window reads how an SLA is judged stretch by stretch; nil where it is not,
// or where that is wrong.
func (c *compiler) window(b *config.Block) *plan.Window {
	at := c.saying(b, "window")
	a := at.Arg("window")
	if a == nil {
		for _, says := range [][2]string{{"all_but", "how many windows may be broken"}, {"for", "for how long windows must be broken"}} {
			n := c.saying(b, says[0])
			if other := n.Arg(says[0]); other != nil {
				c.fail(n, diag.MissingArgument, other.Range, "%s says %s, and this SLA has no windows: it is judged over the whole run. Give it window = \"30s\".", says[0], says[1])
			}
		}
		return nil
	}
	length, ok := c.duration(at, "window")
	lasts, _ := c.duration(c.saying(b, "for"), "for")
	but, _ := c.count(c.saying(b, "all_but"), "all_but")
	if !ok {
		return nil
	}
	if length < windowStep || length > maxWindow || length%windowStep != 0 {
		c.fail(at, diag.OutOfRange, a.Expr.Range(), "A window is of whole seconds, from 1s to 1h: the run is looked at once a second.")
		return nil
	}
	return &plan.Window{Length: length, AllBut: but, For: lasts}
}

// fits refuses an SLA whose windows could not be broken in this profile, or
// of which there would be none.
func (c *compiler) fits(b *config.Block, s *plan.SLA) {
	w := s.Window
	if w == nil {
		return
	}
	c.windowed += int64(len(s.Groups)) * int64(w.Length/windowStep)
	if c.windowed > maxWindowed {
		n := c.saying(b, "window")
		c.fail(n, diag.LimitExceeded, n.Arg("window").Range, "The windows of all SLAs are too long for so many requests judged by themselves: together they may keep %d seconds. Judge them together, or in shorter windows.", maxWindowed)
		return
	}
	room, where, known := c.room(s)
	refuse := func(arg, format string, args ...any) {
		n := c.saying(b, arg)
		c.fail(n, diag.OutOfRange, n.Arg(arg).Expr.Range(), format, args...)
	}
	switch {
	case !known:
	case c.windows(s) == 0:
		refuse("window", "No window of %s fits into what is measured of %s: %s.", w.Length, where, room)
	case w.For > room-w.Length:
		refuse("for", "Windows of %s can be broken for at most %s in what is measured of %s (%s), so nothing could break this SLA.", w.Length, room-w.Length, where, room)
	case w.AllBut > 0 && w.AllBut >= c.windows(s):
		refuse("all_but", "There are %d windows of %s in what is measured of %s, so nothing could break this SLA.", c.windows(s), w.Length, where)
	}
}

// room is the longest stretch that an SLA's windows can lie in.
func (c *compiler) room(s *plan.SLA) (room time.Duration, where string, known bool) {
	p := &c.plan.Profile
	if s.Stages == nil {
		return p.Duration - p.Warmup, "the profile " + quotedName(p.Name), p.Duration > p.Warmup && !p.Floats
	}
	for _, part := range plan.Stretches(s.Stages) {
		room = max(room, part.End-part.Begin)
	}
	return room, "its stages", true
}

// windows is how many an SLA has, in a run of known length.
func (c *compiler) windows(s *plan.SLA) int64 {
	p := &c.plan.Profile
	stretches := plan.Stretches(s.Stages)
	if s.Stages == nil {
		stretches = []plan.Span{{Begin: p.Warmup, End: p.Duration}}
	}
	return s.Window.Count(stretches, windowStep)
}
