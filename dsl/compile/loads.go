package compile

import (
	"slices"
	"strings"
	"time"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// loads compiles the loads of a profile: its own, which the classes share
// that no user block names, and one for each class that is named. It reports
// whether all of them are good.
func (c *compiler) loads(b *config.Block) bool {
	p := &c.plan.Profile
	p.Loads = nil
	good := c.ownLoad(b)
	origin := map[int]*config.Block{} // by load: its user block
	for _, n := range b.Of("user") {
		good = c.classLoads(b, n, origin) && good
	}
	if !good {
		return false
	}
	for i, n := range origin {
		good = c.follow(i, n) && good
	}
	if !good || !c.inOrder(origin) || !c.bindsUsers(b) || !c.end(b) {
		return false
	}
	for i := range p.Loads {
		c.waitIgnored(b, &p.Loads[i])
	}
	return c.inTime(origin)
}

// ownLoad compiles the load the classes share that have none of their own. A
// profile of user blocks alone has none.
func (c *compiler) ownLoad(b *config.Block) bool {
	l := loadBlock{Block: b, c: c, profile: true}
	named := b.Of("user")
	if len(named) > 0 && len(l.given()) == 0 && c.options.Users == nil {
		return c.noOwnLoad(l)
	}
	load, ok := l.load()
	if !ok {
		return false
	}
	load.Pooled = load.Pooled && len(named) > 0
	for i, class := range c.plan.Classes {
		own := slices.ContainsFunc(named, func(n *config.Block) bool { return instanceOf(class.Name, n.Name()) })
		if class.Weight > 0 && !own {
			load.Classes = append(load.Classes, i)
		}
	}
	if len(load.Classes) == 0 && highest(load.Stages) > 0 && !c.offTags {
		switch {
		case c.weightless(named):
			c.fail(b, diag.InvalidWeight, b.Range, "Every user that could share the load of %s has weight 0, so nobody would make it. Give one a weight above 0, or a load of its own in the profile.", b.Title())
			return false
		case len(named) > 0:
			c.fail(b, diag.InvalidProfile, b.Range, "Every user has a load of its own in %s, so nobody would make the load it asks for itself. Leave that out, or leave a user to it.", b.Title())
			return false
		case c.fixedUsers() > 0:
			c.fail(b, diag.InvalidProfile, b.Range, "%s asks for load beside the users with a fixed_count, but every user has one, so nobody would make it. Give a user a weight, or the profile users = 0.", b.Title())
			return false
		}
	}
	c.plan.Profile.Loads = append(c.plan.Profile.Loads, load)
	return true
}

// weightless reports that a class has a weight of 0 and none of these loads.
func (c *compiler) weightless(named []*config.Block) bool {
	return slices.ContainsFunc(c.plan.Classes, func(k plan.Class) bool {
		return k.FixedCount == 0 && !slices.ContainsFunc(named, func(n *config.Block) bool { return instanceOf(k.Name, n.Name()) })
	})
}

// noOwnLoad refuses what only a load of the profile's own could mean.
func (c *compiler) noOwnLoad(l loadBlock) bool {
	good := true
	for _, name := range []string{"spawn_rate", "hold", "spacing", "arrival", "iterations_per_user"} {
		if a := l.Arg(name); a != nil {
			c.fail(l.Block, diag.InvalidProfile, a.Range, "%s belongs to a load, and this profile has none of its own: it stands in a user block.", name)
			good = false
		}
	}
	if c.options.SpawnRate != nil {
		c.diags.Append(diag.General(diag.ConflictingArguments, "--spawn-rate cannot be given for the profile %q: its load is set by its user blocks.", l.Name()))
		good = false
	}
	return good
}

// classLoads compiles a user block: a load for each class it names, whatever
// its weight, which is its share of the common load.
func (c *compiler) classLoads(profile, n *config.Block, origin map[int]*config.Block) bool {
	var named, on []int
	for i, class := range c.plan.Classes {
		if !instanceOf(class.Name, n.Name()) {
			continue
		}
		named = append(named, i)
		if class.FixedCount > 0 {
			c.fail(n, diag.ConflictingArguments, n.Range, "The user %q has a fixed_count, so it runs beside every load, from the start to the end. Give it a weight if it is to have a load.", class.Name)
			return false
		}
		if !c.offClasses[i] {
			on = append(on, i)
		}
	}
	if len(named) == 0 {
		c.unknownClass(n)
		return false
	}
	load, ok := loadBlock{Block: n, c: c}.load()
	if !ok {
		return false
	}
	load.Delay, ok = c.duration(n, "delay")
	load.Site = c.site(n.Range, n)
	for _, i := range on {
		load.Name, load.Classes = c.plan.Classes[i].Name, []int{i}
		origin[len(c.plan.Profile.Loads)] = n
		c.plan.Profile.Loads = append(c.plan.Profile.Loads, load)
	}
	return ok || n.Arg("delay") == nil
}

func (c *compiler) unknownClass(n *config.Block) {
	if b := c.root.Named("user", n.Name()); b != nil {
		if !b.Broken {
			c.fail(n, diag.InvalidProfile, n.Labels[0].Range, "The user %q is abstract: it is only there to be used by others, so it has no load.", n.Name())
		}
		return
	}
	names := c.root.Names("user")
	c.fail(n, diag.UnknownReference, n.Labels[0].Range, "There is no user called %q. The scenario has: %s.", n.Name(), orNone(names)).DidYouMean(n.Name(), names)
}

// follow reads after: the loads that load i waits for.
func (c *compiler) follow(i int, n *config.Block) bool {
	a := n.Arg("after")
	if a == nil || a.Bad {
		return a == nil
	}
	ref, diags := c.root.Refer(a, "user")
	if diags.HasErrors() {
		return false // reported when names were resolved
	}
	if ref.Scope != c.root {
		c.fail(n, diag.UnknownReference, a.Expr.Range(), "after takes a user of this scenario itself, not of a module.")
		return false
	}
	p := &c.plan.Profile
	name := ref.Block.Name()
	if name == n.Name() {
		c.fail(n, diag.Cycle, a.Expr.Range(), "The load of %q follows itself.", name)
		return false
	}
	found := false
	for k, class := range c.plan.Classes {
		if !instanceOf(class.Name, name) {
			continue
		}
		found = true
		if class.FixedCount > 0 {
			c.fail(n, diag.InvalidProfile, a.Expr.Range(), "The user %q has a fixed_count, so it goes on to the end of the run: nothing can follow it.", class.Name)
			return false
		}
		for j := range p.Loads {
			if slices.Contains(p.Loads[j].Classes, k) && !slices.Contains(p.Loads[i].After, j) {
				p.Loads[i].After = append(p.Loads[i].After, j)
			}
		}
	}
	if !found || len(p.Loads[i].After) == 0 && !c.offTags {
		c.fail(n, diag.InvalidProfile, a.Expr.Range(), "The user %q has no load in this profile, so nothing can follow it.", name)
		return false
	}
	return true
}

// inOrder refuses loads that follow one another in a circle.
func (c *compiler) inOrder(origin map[int]*config.Block) bool {
	p := &c.plan.Profile
	const unseen, open, closed = 0, 1, 2
	state := make([]int, len(p.Loads))
	var path []int
	var visit func(i int) bool
	visit = func(i int) bool {
		switch state[i] {
		case closed:
			return true
		case open:
			circle := append(slices.Clone(path[slices.Index(path, i):]), i)
			var names []string
			for _, k := range circle {
				names = append(names, p.Loads[k].Name)
			}
			n := origin[i]
			c.fail(n, diag.Cycle, n.Arg("after").Expr.Range(), "These loads wait for one another, so none of them would begin: %s.", strings.Join(names, " after "))
			return false
		}
		state[i], path = open, append(path, i)
		for _, a := range p.Loads[i].After {
			if !visit(a) {
				return false
			}
		}
		state[i], path = closed, path[:len(path)-1]
		return true
	}
	for i := range p.Loads {
		if !visit(i) {
			return false
		}
	}
	return true
}

// bindsUsers refuses a bound on users that binds nobody.
func (c *compiler) bindsUsers(b *config.Block) bool {
	p := &c.plan.Profile
	a := b.Arg("max_users")
	if a == nil || len(p.Loads) == 0 || slices.ContainsFunc(p.Loads, func(l plan.Load) bool { return l.Pooled || l.Name == "" && l.Model == plan.Open }) {
		return true
	}
	c.fail(b, diag.ConflictingArguments, a.Range, "max_users means nothing here: every load of arrivals in this profile has its own.")
	return false
}

// end finds when the profile ends: when it says so itself, else with the last
// load that has an end.
func (c *compiler) end(b *config.Block) bool {
	p := &c.plan.Profile
	said := b.Arg("duration") != nil || c.options.Duration != nil
	if own := c.ownIndex(); own >= 0 && (said || len(p.Loads) == 1) {
		p.Duration, p.Loads[own].Duration = p.Loads[own].Duration, 0
	} else if said {
		d, _, ok := loadBlock{Block: b, c: c, profile: true}.ending()
		if !ok {
			return false
		}
		p.Duration = d
	}
	ends := slices.ContainsFunc(p.Loads, func(l plan.Load) bool { return l.Ends() })
	if p.Duration == 0 && ends {
		p.Duration, p.Floats = lastEnd(p)
	}
	if p.Duration == 0 && !ends && p.Iterations == 0 {
		c.fail(b, diag.InvalidProfile, b.Range, "%s says neither how long it lasts (duration or hold) nor how many iterations it makes, so it would never end.", b.Title())
		return false
	}
	untilTheEnd(p)
	return true
}

// untilTheEnd gives loads that hold their level to the end of the profile the
// length that this is planned to be.
func untilTheEnd(p *plan.Profile) {
	for i, s := range p.Timetable() {
		l := &p.Loads[i]
		end := s.End
		if end == plan.Unknown && !p.Floats {
			end = p.Duration
		}
		if len(l.Stages) == 1 && l.Stages[0].Hold == maxDuration && s.Begin != plan.Unknown && end > 0 {
			l.Stages[0].Hold = max(0, end-s.Begin-l.Stages[0].Over)
		}
	}
}

func (c *compiler) ownIndex() int {
	return slices.IndexFunc(c.plan.Profile.Loads, func(l plan.Load) bool { return l.Name == "" })
}

// lastEnd is when the last of the loads ends that have an end of their own,
// 0 where that is not known, and whether it may come at another time.
func lastEnd(p *plan.Profile) (end time.Duration, floats bool) {
	spans := p.Timetable()
	for i := range p.Loads {
		l := &p.Loads[i]
		if !l.Ends() {
			continue
		}
		floats = floats || len(l.After) > 0 || l.Iterations > 0 || l.IterationsPerUser > 0
		if spans[i].End == plan.Unknown {
			end = plan.Unknown
		} else if end != plan.Unknown {
			end = max(end, spans[i].End)
		}
	}
	return max(0, end), floats
}

// inTime refuses loads that would begin only when the profile has ended, and
// such as wait for one that goes on to the end.
func (c *compiler) inTime(origin map[int]*config.Block) bool {
	p := &c.plan.Profile
	good := true
	for i, s := range p.Timetable() {
		n := origin[i]
		if n == nil {
			continue
		}
		for _, a := range p.Loads[i].After {
			if l := &p.Loads[a]; !l.Ends() {
				name := "the load of " + quotedName(l.Name)
				if l.Name == "" {
					name = "the profile's own load"
				}
				c.fail(n, diag.InvalidProfile, n.Arg("after").Expr.Range(), "%s goes on to the end of the profile, so nothing can follow it. Give it a duration, or iterations.", sentenceCase(name))
				good = false
			}
		}
		if good && !p.Floats && p.Duration > 0 && s.Begin >= p.Duration {
			c.warnAt(n, "delay", diag.InvalidProfile, "This load would begin only when the profile has ended (%s), so nothing of it is done.", p.Duration)
		}
	}
	return good
}

func quotedName(s string) string { return `"` + s + `"` }

func sentenceCase(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
