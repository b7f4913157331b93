package compile

import (
	"slices"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/schema"
)

// Limits of one profile stand in the profile (sla "read" { … }) or in the SLA
// (profile "peak" { … }); said twice, they would have to be compared by hand.

// overrides are the blocks with the limits that the profile at hand gives an
// SLA.
func (c *compiler) overrides(sla *config.Block) (list []*config.Block) {
	if c.chosen == nil {
		return nil
	}
	for _, n := range c.chosen.Of("sla") {
		if instanceOf(sla.Name(), n.Name()) {
			list = append(list, n)
		}
	}
	for _, n := range sla.Of("profile") {
		if n.Name() == c.plan.Profile.Name {
			list = append(list, n)
		}
	}
	return list
}

// overridden are an SLA's rules as they hold in this profile.
func (c *compiler) overridden(sla *config.Block, rules []plan.Rule, unit plan.Unit) []plan.Rule {
	for _, n := range sla.Of("profile") {
		c.knownProfile(n)
		if n.Name() != c.plan.Profile.Name {
			c.allRules(n, unit) // for what is wrong with them
		}
	}
	type said struct {
		name string
		warn bool
	}
	first := map[said]*config.Arg{}
	for _, n := range c.overrides(sla) {
		own := c.allRules(n, unit)
		if !limitsAny(n) && !tells(n) {
			c.fail(n, diag.EmptySLA, n.Range, "%s limits nothing. Give it a limit such as p95 = \"500ms\" or error_rate = \"1%%\".", n.Title())
		}
		for _, r := range own {
			key := said{r.Name, r.Warn}
			a := argOf(n, r)
			if other := first[key]; other != nil && other != a {
				c.fail(n, diag.ConflictingArguments, a.Range, "The limit %s of %s for this profile is given twice, in the profile and in the SLA.", r.Name, sla.Title()).
					Relate("the other one is here", other.Range)
				return rules
			}
			first[key] = a
		}
		rules = replaceRules(rules, own, c.plan.Profile.Name)
	}
	return rules
}

// argOf is the argument a rule was made of.
func argOf(b *config.Block, r plan.Rule) *config.Arg {
	if r.Warn {
		b = b.First("warn")
	}
	return b.Arg(r.Name)
}

// replaceRules puts a profile's own rules where those of the SLA stood that
// say the same, and what is new after them.
func replaceRules(base, own []plan.Rule, profile string) []plan.Rule {
	same := func(a, b plan.Rule) bool { return a.Name == b.Name && a.Warn == b.Warn }
	for i := range own {
		own[i].Override = &plan.Override{Profile: profile}
		for _, b := range base {
			if same(b, own[i]) && b.AtLeast == own[i].AtLeast {
				otherwise := b.Limit
				own[i].Override.Otherwise, own[i].Override.Scale = &otherwise, b.Scale
			}
		}
	}
	var out []plan.Rule
	put := map[int]bool{}
	for _, b := range base {
		replaced := false
		for i := range own {
			if !same(b, own[i]) {
				continue
			}
			replaced = true
			if !put[i] {
				out, put[i] = append(out, own[i]), true
			}
		}
		if !replaced {
			out = append(out, b)
		}
	}
	for i := range own {
		if !put[i] {
			out = append(out, own[i])
		}
	}
	return out
}

// knownProfile reports a profile block in an SLA of the scenario itself whose
// profile nothing declares. A library's SLA may know more profiles than the
// scenario has.
func (c *compiler) knownProfile(n *config.Block) {
	names := c.root.Names("profile")
	if n.Module == c.root.Tree.Config && !slices.Contains(names, n.Name()) {
		c.fail(n, diag.UnknownReference, n.Labels[0].Range, "There is no profile called %q. The scenario has: %s.", n.Name(), orNone(names)).DidYouMean(n.Name(), names)
	}
}

// anyOverride reports whether some profile gives an SLA limits.
func (c *compiler) anyOverride(sla *config.Block) bool {
	if slices.ContainsFunc(sla.Of("profile"), limitsAny) {
		return true
	}
	for _, p := range c.root.Tree.Config.Root.Of("profile") {
		for _, n := range p.Of("sla") {
			if instanceOf(sla.Name(), n.Name()) && limitsAny(n) {
				return true
			}
		}
	}
	return c.chosen != nil && slices.ContainsFunc(c.chosen.Of("sla"), func(n *config.Block) bool { return instanceOf(sla.Name(), n.Name()) })
}

// checkOverrides reports limits that a profile gives an SLA that is not
// there, or that does not judge it.
func (c *compiler) checkOverrides(names []string, wanted func(string) bool) {
	if c.chosen == nil {
		return
	}
	for _, n := range c.chosen.Of("sla") {
		hit := slices.IndexFunc(names, func(name string) bool { return instanceOf(name, n.Name()) })
		switch {
		case hit < 0:
			c.fail(n, diag.UnknownReference, n.Labels[0].Range, "There is no sla called %q. The scenario has: %s.", n.Name(), orNone(names)).DidYouMean(n.Name(), names)
		case !wanted(names[hit]):
			c.warn(n, diag.Unused, n.Range, "The slas of %s leave out %q, so these limits have no effect.", c.chosen.Title(), n.Name())
		}
	}
}

// tells reports whether a block says how limits are judged.
func tells(b *config.Block) bool {
	return slices.ContainsFunc(schema.Judging(), func(name string) bool { return b.Arg(name) != nil })
}

// saying is the block that says an argument of how an SLA is judged in this
// profile: the profile's, else the SLA itself.
func (c *compiler) saying(sla *config.Block, name string) *config.Block {
	at := sla
	for _, n := range c.overrides(sla) {
		if n.Arg(name) != nil {
			at = n
		}
	}
	return at
}

// saidOnce reports what the profile and the SLA both say of how the SLA is
// judged in this profile.
func (c *compiler) saidOnce(sla *config.Block) {
	for _, name := range schema.Judging() {
		var first *config.Arg
		for _, n := range c.overrides(sla) {
			a := n.Arg(name)
			if a != nil && first != nil {
				c.fail(n, diag.ConflictingArguments, a.Range, "The %s of %s for this profile is given twice, in the profile and in the SLA.", name, sla.Title()).
					Relate("the other one is here", first.Range)
			}
			if a != nil {
				first = a
			}
		}
	}
}

// limitsAny is limits, with those that only warn.
func limitsAny(b *config.Block) bool { return limits(b) || limits(b.First("warn")) }

// limits reports whether a block holds a limit, be it a wrong one.
func limits(b *config.Block) bool {
	if b == nil {
		return false
	}
	return b.Broken || slices.ContainsFunc(schema.Limits(), func(name string) bool { return b.Arg(name) != nil })
}
