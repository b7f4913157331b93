package compile

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// guard compiles what a target says to keep load from the wrong system, and
// holds its address against it.
func (c *compiler) guard(t *plan.Target, b *config.Block) {
	g := &t.Guard
	g.Environment, _ = c.str(b, "environment")
	g.Consent = slices.Contains(c.options.Allow, t.Name)
	if n, ok := c.count(b, "max_users"); ok {
		g.MaxUsers = int(n)
	}
	g.MaxRate, _ = c.rate(b, "max_rate")
	g.Hosts, _ = c.stringList(b, "allowed_hosts")
	for i, host := range g.Hosts {
		if problem := hostPattern(host); problem != "" {
			c.fail(b, diag.InvalidValue, itemRange(b.Arg("allowed_hosts").Expr, i), "%q is no host: %s", host, problem)
		}
	}
	if g.Consent || t.Example != "" {
		return
	}
	at := b.Arg("base_url").Expr.Range()
	if g.Production() {
		d := diag.NewWarning(diag.GuardedTarget, b.Range, "%s is marked as %s. A run against it needs consent.", b.Title(), g.Environment)
		if c.options.Sends {
			d = diag.New(diag.GuardedTarget, b.Range, "%s is marked as %s, so a run against it needs consent.", b.Title(), g.Environment)
		}
		d.Suggestion = "If that is meant, give --allow " + t.Name + "."
		c.report(b, d)
	}
	_, isAddr := netip.ParseAddr(t.Host)
	if !g.Names(t.Host) && (isAddr == nil || !g.Networks()) {
		d := c.fail(b, diag.GuardedTarget, at, "base_url leads to %s, which is not among its allowed_hosts: %s.", t.Host, strings.Join(g.Hosts, ", "))
		d.Suggestion = "If that is meant, give --allow " + t.Name + "."
	}
}

// hostPattern is what is wrong with an entry of allowed_hosts.
func hostPattern(host string) string {
	if _, err := netip.ParseAddr(host); err == nil {
		return ""
	}
	if strings.Contains(host, "/") {
		if _, err := netip.ParsePrefix(host); err != nil {
			return "write a network as 10.0.0.0/8, and a host without a path."
		}
		return ""
	}
	if _, err := path.Match(host, ""); err != nil || host == "" || strings.ContainsAny(host, ": \t@?[") {
		return "write a name such as staging.example.com, *.example.com, an address or a network, without a port."
	}
	return ""
}

// knownConsent reports --allow for a target that there is not.
func (c *compiler) knownConsent() {
	var names []string
	for i := range c.plan.Targets {
		names = append(names, c.plan.Targets[i].Name)
	}
	for _, name := range c.options.Allow {
		if !slices.Contains(names, name) && !c.root.Tree.Config.Root.Broken {
			c.diags.Append(diag.General(diag.UnknownName, "--allow names the target %q, which the scenario does not have.", name).DidYouMean(name, names))
		}
	}
}

// guardLoad holds the profile against the targets' limits.
func (c *compiler) guardLoad() {
	for i := range c.plan.Targets {
		t := &c.plan.Targets[i]
		users, rate := c.loadOn(i)
		if most := t.Guard.MaxUsers; most > 0 && users > float64(most) {
			c.tooMuch("The profile %q brings up to %.0f users to target %q, whose max_users is %d.", c.plan.Profile.Name, users, t.Name, most)
		}
		if most := t.Guard.MaxRate; most > 0 && rate > most {
			c.tooMuch("The profile %q brings up to %g arrivals a second to target %q, whose max_rate is %g a second.", c.plan.Profile.Name, rate, t.Name, most)
		}
	}
}

// tooMuch reports a profile that plans more than a target may get.
func (c *compiler) tooMuch(format string, args ...any) {
	if b := c.root.Named("profile", c.plan.Profile.Name); b != nil {
		c.fail(b, diag.GuardedTarget, b.Range, format, args...)
		return
	}
	c.diags.Append(diag.General(diag.GuardedTarget, format, args...))
}

// loadOn is how many users may be about a target at once, and how many
// arrivals a second it may get, at most.
func (c *compiler) loadOn(target int) (users, rate float64) {
	uses := make([]bool, len(c.plan.Classes))
	for i := range c.plan.Classes {
		class := &c.plan.Classes[i]
		uses[i] = usesTarget(class, target)
		if uses[i] {
			users += float64(class.FixedCount)
		}
	}
	for i := range c.plan.Profile.Loads {
		load := &c.plan.Profile.Loads[i]
		if !slices.ContainsFunc(load.Classes, func(id int) bool { return uses[id] }) {
			continue
		}
		if load.Model == plan.Open {
			users += float64(load.MaxUsers)
			rate += peak(load.Stages)
		} else {
			users += peak(load.Stages)
		}
	}
	return users, rate
}

func usesTarget(class *plan.Class, target int) bool {
	found := false
	class.EachStep(func(s plan.Step) {
		switch s := s.(type) {
		case *plan.Request:
			found = found || s.Target == target || s.Auth.AsksAt(target)
		case *plan.Socket:
			found = found || s.Target == target || s.Auth.AsksAt(target)
		}
	})
	return found
}
