package compile

import (
	"maps"
	"slices"

	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// forProfile completes the plan for one profile, with the classes, data and
// targets that shared has compiled: they are the same for every profile, and
// not changed here. It may be called for one profile after another.
func (c *compiler) forProfile(name string) (*plan.Plan, diag.Diagnostics) {
	one, p := *c, *c.plan
	if c.many { // its plans are thrown away
		defer func() { c.plan.Sites = p.Sites }()
	} else {
		p.Sites, one.sites = slices.Clone(p.Sites), maps.Clone(c.sites)
	}
	if p.Once != nil {
		p.Once = ownCopy(p.Once)
	}
	one.plan, one.diags = &p, slices.Clone(c.diags)
	one.options.Profile = name
	one.profile()
	one.guardLoad()
	one.enoughRows()
	one.slas()
	p.Secrets = one.secrets.list()
	one.finishOnce()
	one.hide()
	if one.diags.HasErrors() {
		return nil, one.diags
	}
	p.Overrides = one.options.flags()
	return &p, one.diags
}

// maxProfiled bounds the profiles times what is looked at for each of them: a
// user or a request, and an SLA as so many of these.
const (
	maxProfiled = 2_000_000
	slaWork     = 8
)

// affordable are the profiles, or the first of them where all would take too
// long, which is reported.
func (c *compiler) affordable(names []string) []string {
	slas := len(c.root.Tree.Config.Root.Of("sla"))
	each := len(c.plan.Classes) + len(c.plan.Series) + slas*slaWork
	if len(names) < 2 || len(names)*each <= maxProfiled {
		return names
	}
	c.diags.Append(diag.General(diag.LimitExceeded, "%d profiles are too many for a scenario with %d users, %d SLAs and %d requests: each of the one is compiled with all of the other.",
		len(names), len(c.plan.Classes), slas, len(c.plan.Series)))
	return names[:1]
}

// ownCopy is setup's plan as far as completing it changes it.
func ownCopy(once *plan.Once) *plan.Once {
	outer, inner := *once, *once.Plan
	inner.Classes = slices.Clone(inner.Classes)
	outer.Plan = &inner
	return &outer
}

// Suite makes the plans of several profiles, in the order of their names;
// with no name, of all the scenario declares, in the order in which it does.
// The plans share what is the same in all of them. They are nil when there
// are errors in any.
func Suite(scope *resolve.Scope, o Options, names []string) ([]*plan.Plan, diag.Diagnostics) {
	if len(names) == 0 {
		names = Declared(scope)
	}
	c := newCompiler(scope, o)
	defer c.settled()
	c.shared()
	var plans []*plan.Plan
	var all diag.Diagnostics
	names = c.affordable(names)
	for _, name := range names {
		p, diags := c.forProfile(name)
		plans = append(plans, p)
		all = append(all, diags...)
	}
	if all = all.Dedupe(); all.HasErrors() {
		return nil, all
	}
	return plans, all
}

// Declared are the names of a scenario's profiles, in the order in which they
// stand in its files.
func Declared(scope *resolve.Scope) (names []string) {
	for _, b := range scope.Tree.Config.Root.Of("profile") {
		if !slices.Contains(names, b.Name()) {
			names = append(names, b.Name())
		}
	}
	return names
}

// Profiles compiles the scenario for every profile it declares, for validate:
// findings about all of them, each once.
func Profiles(scope *resolve.Scope, o Options) diag.Diagnostics {
	c := newCompiler(scope, o)
	defer c.settled()
	c.many = true
	c.shared()
	names := Declared(scope)
	if len(names) == 0 {
		c.many = false
		_, all := c.forProfile("")
		return all.Dedupe()
	}
	names = c.affordable(names)
	all := slices.Clone(c.diags)
	for _, name := range names {
		_, diags := c.forProfile(name)
		all = append(all, diags[len(c.diags):]...)
	}
	return all.Dedupe()
}
