package compile

import (
	"net"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// Nothing of a library leads anywhere that the scenario does not name: its
// targets are the caller's, or lead where one of the scenario's own does.

// handTargets finds the targets that a module block gives its library.
func (c *compiler) handTargets(child *resolve.Scope) {
	call := child.Tree.Call
	a := call.Arg("targets")
	if a == nil || a.Bad {
		return
	}
	e := c.env(child.Tree.Config)
	e.targets = map[string]resolve.Reference{}
	all, _ := resolve.Targets(a)
	for _, h := range all {
		e.targets[h.Name] = c.handed(child.Parent, call, a, h)
	}
}

// handed is the caller's target that one entry names; nothing where it is
// wrong, which is reported.
func (c *compiler) handed(caller *resolve.Scope, call *config.Block, a *config.Arg, h resolve.Handed) resolve.Reference {
	if h.Key == nil {
		ref, diags := caller.Handed(h)
		for _, d := range diags {
			c.report(call, d)
		}
		return ref
	}
	v, diags := h.Key.Value(c.context(c.env(a.Module), a.Bound, h.Key.Variables()))
	c.evaluatorSaid(call, diags)
	v, _ = v.UnmarkDeep()
	if diags.HasErrors() || !v.IsKnown() {
		return resolve.Reference{}
	}
	if v.IsNull() || v.Type() != cty.String {
		c.fail(call, diag.WrongType, h.Key.Range(), "A target is named by a string; this is %s.", article(typeName(v.Type())))
		return resolve.Reference{}
	}
	block := caller.Named("target", v.AsString())
	if block == nil {
		c.fail(call, diag.UnknownReference, h.Expr.Range(), "There is no target called %q.", v.AsString()).DidYouMean(v.AsString(), caller.Names("target"))
	}
	return resolve.Reference{Scope: caller, Block: block}
}

// given is the caller's target that stands for a library's; false where the
// library's own is meant.
func (c *compiler) given(s *resolve.Scope, declared *config.Block) (id int, is bool) {
	if s.Parent == nil {
		return -1, false
	}
	call := s.Tree.Call
	if a := call.Arg("targets"); a != nil && a.Bad {
		return -1, true
	}
	ref, is := c.env(s.Tree.Config).targets[declared.Name()]
	if !is || ref.Block == nil {
		return -1, is
	}
	done, ok := c.computing(declared, s.Tree.Path+".target."+declared.Name(), call, call.Arg("targets").Range)
	if !ok {
		return -1, true
	}
	defer done()
	return c.target(ref.Scope, ref.Block), true
}

// noAddress reports a target without base_url.
func (c *compiler) noAddress(s *resolve.Scope, b, declared *config.Block) {
	name := declared.Name()
	if b.Broken && b.Arg("use") != nil {
		return // which is reported
	}
	if s == c.root {
		c.fail(b, diag.MissingArgument, b.Range, "%s needs the argument \"base_url\". %s", b.Title(), b.Schema.Arg("base_url").Doc)
		return
	}
	call, own := s.Tree.Call, "NAME"
	if names := s.Parent.Names("target"); slices.Contains(names, name) {
		own = name
	} else if len(names) == 1 {
		own = names[0]
	}
	d := c.fail(call, diag.NoTarget, call.Range, "The module needs the target %q, which the library declares without an address.", name)
	d.Suggestion = "Give it one of yours: targets = { " + name + " = target." + own + " }."
	d.Relate("declared here", declared.Range)
}

// allowed reports whether a library's own target leads where one of the
// scenario's leads, and gives it the guard of that one.
func (c *compiler) allowed(s *resolve.Scope, t *plan.Target, b *config.Block) bool {
	names := c.root.Names("target")
	for _, name := range names {
		id, known := c.targetIDs[c.root.Named("target", name)]
		if !known || id < 0 {
			return false // which is reported, and may be the one
		}
		if own := &c.plan.Targets[id]; own.Scheme == t.Scheme && own.Port == t.Port && own.Example == t.Example && strings.EqualFold(own.Host, t.Host) {
			t.Guard = own.Guard
			return true
		}
	}
	name, path := b.Name(), s.Tree.Path
	d := c.fail(b, diag.GuardedTarget, b.Arg("base_url").Expr.Range(),
		"The library's %s leads to %s, where no target of the scenario leads, and a library sends only where its caller says.", b.Title(), t.URL())
	switch caller := s.Parent; {
	case caller == c.root:
		d.Detail += " Either give it a target of your own: targets = { " + name + " = target.NAME } in module " + quoteShort(s.Tree.Call.Name()) +
			". Or take this one over by its name: target \"NAME\" { use = " + path + ".target." + name + " }."
	default:
		d.Detail += " What " + caller.Tree.Path + " brings in gets its target from there: targets = { " + name + " = target.NAME } in module " + quoteShort(s.Tree.Call.Name()) +
			", a target to which the scenario gives one of its own in the same way."
	}
	return false
}

// ownProxy reports a proxy that a library names.
func (c *compiler) ownProxy(b *config.Block, a *config.Arg) bool {
	if a.Module == c.root.Tree.Config {
		return true
	}
	d := c.fail(b, diag.GuardedTarget, a.Expr.Range(), "A library names no proxy: all that is sent would go there.")
	d.Suggestion = "The scenario says it in a target of its own: http { proxy = … }."
	return false
}

// defaultTarget is where the requests of a block go that say no target: to
// the only one of their module, or of the nearest caller that declares any.
func (k *classBuilder) defaultTarget(b *config.Block) (int, bool) {
	c, s := k.c, k.c.root.Of(b.Module)
	for s.Parent != nil && len(s.Names("target")) == 0 {
		s = s.Parent
	}
	var names []string
	for _, name := range s.Names("target") {
		if s.Parent != nil || c.target(s, s.Named("target", name)) >= 0 {
			names = append(names, name)
		}
	}
	switch len(names) {
	case 1:
		id := c.target(s, s.Named("target", names[0]))
		return id, id >= 0
	case 0:
		return -1, false // the missing or broken target is reported
	}
	c.fail(b, diag.AmbiguousTarget, b.Range, "%s declares several targets, so say which one this goes to: target = target.%s (in the request, its task or its user).", capital(c.nameOf(s)), strings.Join(names, " or target."))
	return -1, false
}

func (c *compiler) nameOf(s *resolve.Scope) string {
	if s == c.root {
		return "the scenario"
	}
	return "the library"
}

// entering is what blocks hand down to a task of another module: a library
// that declares targets sends to these, whatever target its caller is about.
func (c *compiler) entering(s settings, n *config.Block) settings {
	from := c.root.Of(n.Module)
	ref, found := resolve.Reference{}, false
	if n.Type == "call" {
		ref, found = c.callee(n)
	} else if a := n.Arg("use"); a != nil && !a.Bad {
		from = c.root.Of(a.Module)
		ref, _ = from.Refer(a, resolve.UseKind(n.Type))
		found = ref.Block != nil
	}
	if found && ref.Scope != from && len(ref.Scope.Names("target")) > 0 {
		s.target = -1
	}
	return s
}

// ownLimits reports what a library's profile would change in the scenario's
// SLAs.
func (c *compiler) ownLimits(profile *config.Block) {
	const advice = "Say it in the scenario's own profile."
	for _, n := range profile.Of("sla") {
		if n.Module != c.root.Tree.Config {
			c.fail(n, diag.NotAvailable, n.Range, "A library's profile changes no SLA of the scenario that uses it.").Suggestion = advice
		}
	}
	if a := profile.Arg("slas"); a != nil && a.Module != c.root.Tree.Config {
		c.fail(profile, diag.NotAvailable, a.Range, "A library's profile does not say which SLAs of the scenario judge it.").Suggestion = advice
	}
}

// checkHost holds a Host header of a library against the scenario's targets:
// behind one address a name chooses among many servers, so a library that
// could set any would choose where its caller's load goes.
func (c *compiler) checkHost(b *config.Block, at hcl.Range, value plan.Expr) {
	if home := c.root.Home(at.Filename); home == nil || home == c.root {
		return
	}
	said, constant := value.(plan.Const)
	if constant && said.Value.IsNull() {
		return
	}
	what := "Which host the library asks for is known only when it is sent"
	if constant {
		host := said.Value.Text()
		what = "The library asks for the host " + host + ", which no target of the scenario has"
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		for _, name := range c.root.Names("target") {
			if id, known := c.targetIDs[c.root.Named("target", name)]; known && id >= 0 && strings.EqualFold(c.plan.Targets[id].Host, host) {
				return
			}
		}
	}
	d := c.fail(b, diag.GuardedTarget, at, "%s, and a library sends only where its caller says.", what)
	d.Suggestion = "The scenario may set it in a block of its own: headers = { Host = … }."
}
