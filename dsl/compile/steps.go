package compile

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// steps compiles a list of steps in order.
func (k *classBuilder) steps(list []*config.Block, s settings) []plan.Step {
	defer k.scope()()
	return k.within(list, s)
}

// within compiles a list of steps whose sockets stay open beyond it.
func (k *classBuilder) within(list []*config.Block, s settings) []plan.Step {
	var steps []plan.Step
	for _, n := range list {
		if n.Type == "input" || n.Type == "else" {
			continue
		}
		if k.c.made++; k.c.made > maxSteps {
			if k.c.made == maxSteps+1 {
				k.c.fail(n, diag.LimitExceeded, n.Range, "The users of this scenario have more than %d steps together, called tasks included.", maxSteps)
			}
			return steps
		}
		if k.dead && !k.told {
			k.c.warn(n, diag.Unused, n.Range, "This step is never reached: the one before it always leaves.")
			k.told = true // once is enough
		}
		if step := k.step(n, s); step != nil {
			steps = append(steps, step)
		}
	}
	return steps
}

func (k *classBuilder) step(n *config.Block, s settings) plan.Step {
	switch n.Type {
	case "pause":
		return k.pause(n)
	case "set":
		return k.assignments(n)
	case "group":
		return k.group(n, s)
	case "when":
		return k.when(n, s)
	case "repeat":
		return k.repeat(n, s)
	case "loop":
		return k.loop(n, s)
	case "choose":
		return k.choose(n, s)
	case "parallel":
		return k.parallel(n, s)
	case "retry":
		step := k.attempts(n)
		step.Steps = k.steps(n.Blocks, s)
		k.notEmpty(n)
		return step
	case "leave":
		return k.leave(n)
	case "call":
		if call := k.call(n, s); call != nil {
			return call
		}
		return nil
	case "websocket", "send", "receive", "close":
		return k.socketStep(n, s)
	}
	if r := k.request(n, s); r != nil {
		return r
	}
	return nil
}

func (k *classBuilder) notEmpty(n *config.Block) {
	if len(n.Blocks) == 0 && !n.Broken {
		k.c.fail(n, diag.EmptyBlock, n.Range, "%s holds no step.", n.Title())
	}
}

func (k *classBuilder) pause(n *config.Block) plan.Step {
	if a := n.Arg("for"); a != nil {
		if e, ok := k.c.seconds(a, n, k); ok {
			return &plan.Pause{Site: k.c.site(n.Range, n), For: e}
		}
	}
	return nil
}

func (k *classBuilder) group(n *config.Block, s settings) plan.Step {
	s = k.inherit(s, n)
	name := n.Name()
	g := &plan.Group{Site: k.c.site(n.Range, n), Name: name}
	g.Series = k.series(seriesKey{kind: plan.GroupSeries, target: -1, name: name}, s, n)
	s.groups = append(s.groups[:len(s.groups):len(s.groups)], name)
	g.Steps = k.steps(n.Blocks, s)
	k.notEmpty(n)
	return g
}

// assignments compiles a set block.
func (k *classBuilder) assignments(n *config.Block) plan.Step {
	set := &plan.Set{Site: k.c.site(n.Range, n)}
	for _, a := range n.Args {
		e, ok := k.c.syntax(a, n)
		if !ok {
			continue
		}
		l := k.c.lowering(a, n, k)
		v, ok := l.check(a, cty.DynamicPseudoType)
		if !ok {
			continue
		}
		k.fits(n, a, v)
		set.Values = append(set.Values, plan.SlotInit{Slot: k.slot(a.Name), Value: l.lower(e)})
		k.c.credentials.make(held{k, k.slot(a.Name)}, l.slots)
		k.secret[a.Name] = k.secret[a.Name] || l.secret
	}
	for _, a := range n.Args { // the new values do not read one another
		k.assign(a.Name)
	}
	if len(n.Args) == 0 && !n.Broken {
		k.c.fail(n, diag.EmptyBlock, n.Range, "This set block changes nothing: set { NAME = value }.")
	}
	return set
}

// fits holds a value against the type that the session's first value fixed,
// where both are known.
func (k *classBuilder) fits(n *config.Block, a *config.Arg, v cty.Value) {
	want, fixed := k.types[a.Name]
	bare, _ := v.UnmarkDeep()
	have := kindOf(bare.Type())
	if fixed && want != "" && have != "" && have != want && !bare.IsNull() {
		k.c.fail(n, diag.WrongType, a.Expr.Range(), "session.%s is %s, as its first value says; this is %s.", a.Name, article(want), article(have))
	}
}

// kindOf is a type without what it holds; "" for one that is not known.
func kindOf(ty cty.Type) string {
	switch {
	case ty == cty.String || ty == cty.Number || ty == cty.Bool:
		return ty.FriendlyName()
	case ty.IsTupleType() || ty.IsListType() || ty.IsSetType():
		return "list"
	case ty.IsObjectType() || ty.IsMapType():
		return "object"
	}
	return ""
}

func (k *classBuilder) condition(n *config.Block, name string) (plan.Expr, string) {
	e, ok := k.value(n, name, cty.Bool)
	if !ok {
		return nil, ""
	}
	return e, sourceText(n.Module, n.Arg(name).Expr.Range())
}

func (k *classBuilder) when(n *config.Block, s settings) plan.Step {
	w := &plan.When{Site: k.c.site(n.Range, n)}
	w.Condition, _ = k.condition(n, "condition")
	before := k.flow.clone()
	w.Then = k.steps(n.Blocks, s)
	then := k.flow
	k.flow = before
	if other := n.First("else"); other != nil {
		w.Else = k.steps(other.Blocks, s)
		k.notEmpty(other)
	}
	k.flow = k.flow.join(then)
	if len(n.Blocks) == len(n.Of("else")) && !n.Broken {
		k.c.fail(n, diag.EmptyBlock, n.Range, "%s holds no step.", n.Title())
	}
	return w
}

func (k *classBuilder) repeat(n *config.Block, s settings) plan.Step {
	c := k.c
	r := &plan.Repeat{Site: c.site(n.Range, n)}
	given, good := c.oneOf(n, []string{"count", "while", "until"}, "repeat has one of count, while and until.")
	switch {
	case !good:
	case given == nil && !n.Broken:
		c.fail(n, diag.MissingArgument, n.Range, "repeat says how long it goes on: count = 3, while = … or until = ….")
	case given != nil && given.Name != "count" && n.Arg("max") == nil && !n.Broken:
		c.fail(n, diag.MissingArgument, n.Range, "repeat with %s needs max, the most rounds it may take: a target that never gets there must not hold the user for ever.", given.Name)
	case n.Arg("count") != nil && n.Arg("max") != nil:
		c.fail(n, diag.ConflictingArguments, n.Arg("max").Range, "max bounds while and until; count says how many rounds there are.")
	}
	r.Max, _ = c.count(n, "max")
	if a := n.Arg("max"); a != nil && r.Max == 0 && !a.Bad {
		c.fail(n, diag.OutOfRange, a.Expr.Range(), "max must be at least 1.")
	}
	if a := n.Arg("every"); a != nil {
		r.Every, _ = c.seconds(a, n, k)
	}
	r.Count = k.rounds(n)
	if n.Arg("while") != nil { // asked before the first round, too
		r.While, r.Text = k.condition(n, "while")
	}
	before := k.flow.clone()
	k.assigned(n, func(name string, _ hcl.Range) { k.pend(name) }) // in the round before
	r.Steps = k.steps(n.Blocks, s)
	left := k.dead
	k.dead = false
	if n.Arg("until") != nil {
		r.Until, r.Text = k.condition(n, "until")
	}
	k.notEmpty(n)
	if least := k.leastRounds(r); least == 0 {
		k.flow = before.perhaps(k.flow)
	} else {
		k.dead = left
	}
	return r
}

// rounds compiles how often something is repeated.
func (k *classBuilder) rounds(n *config.Block) plan.Expr {
	if n.Arg("count") == nil {
		return nil
	}
	e, ok := k.value(n, "count", cty.Number)
	if v, static := e.(plan.Const); ok && static {
		if x := v.Value; x.IsNumber() && (x.Kind() != plan.Int || x.Int64() < 0 || x.Int64() > maxCount) {
			k.c.fail(n, diag.OutOfRange, n.Arg("count").Expr.Range(), "count must be a whole number from 0 to %d.", maxCount)
		}
	}
	return e
}

// leastRounds is how many rounds a repeat makes at least: 0 or 1.
func (k *classBuilder) leastRounds(r *plan.Repeat) int {
	if r.Until != nil {
		return 1
	}
	if v, static := r.Count.(plan.Const); static && v.Value.Kind() == plan.Int && v.Value.Int64() > 0 {
		return 1
	}
	return 0
}

func (k *classBuilder) loop(n *config.Block, s settings) plan.Step {
	l := &plan.Loop{Site: k.c.site(n.Range, n), Label: n.Name()}
	var secret bool
	l.In, secret = k.values(n, "in")
	if v, static := l.In.(plan.Const); static {
		if kind := v.Value.Kind(); kind != plan.List && kind != plan.Object && !v.Value.IsNull() && !n.Arg("in").Bad {
			k.c.fail(n, diag.WrongType, n.Arg("in").Expr.Range(), "A loop goes over a list or an object; this is %s.", v.Value.TypeName())
		}
	}
	element := map[string]plan.Expr{}
	local := func(name string) int {
		slot := k.localSlot(n, n.Name()+"."+name)
		element[name] = &plan.Local{Slot: slot, Name: n.Name() + "." + name, Secret: secret}
		return slot
	}
	l.Value, l.Index, l.Key = local("value"), local("index"), local("key")
	before, outer := k.flow.clone(), k.names
	k.assigned(n, func(name string, _ hcl.Range) { k.pend(name) })
	k.names = outer.within(n.Name(), element)
	l.Steps = k.steps(n.Blocks, s)
	k.names = outer
	k.notEmpty(n)
	k.flow = before.perhaps(k.flow)
	return l
}

func (k *classBuilder) choose(n *config.Block, s settings) plan.Step {
	c := k.c
	ch := &plan.Choose{Site: c.site(n.Range, n)}
	on := n.Arg("on")
	if on != nil {
		ch.On, _ = k.value(n, "on", cty.DynamicPseudoType)
	}
	before := k.flow.clone()
	var after *flow
	meet := func() {
		if after == nil {
			f := k.flow
			after = &f
		} else {
			f := after.join(k.flow)
			after = &f
		}
		k.flow = before.clone()
	}
	names := map[string]*config.Block{}
	total := 0.0
	for _, b := range n.Of("branch") {
		if first := names[b.Name()]; first != nil {
			c.fail(b, diag.DuplicateName, b.Range, "Two branches are called %q.", b.Name()).Relate("the first one is here", first.Range)
			continue
		}
		names[b.Name()] = b
		branch := plan.Branch{Name: b.Name(), Site: c.site(b.Range, b), Weight: c.weight(b)}
		if w := b.Arg("weight"); w != nil && on != nil {
			c.fail(b, diag.ConflictingArguments, w.Range, "A branch has a weight where branches are drawn by weight; here on chooses by name.")
		}
		branch.Steps = k.steps(b.Blocks, s) // a branch may well do nothing
		meet()
		total += branch.Weight
		ch.Branches = append(ch.Branches, branch)
	}
	if other := n.First("else"); other != nil {
		if on == nil {
			c.fail(other, diag.ConflictingArguments, other.Range, "else is for values of on that no branch is called like; without on, one of the branches is always drawn.")
		}
		ch.HasElse = true
		ch.Else = k.steps(other.Blocks, s)
		meet()
	}
	switch {
	case len(ch.Branches) == 0 && !n.Broken:
		c.fail(n, diag.EmptyBlock, n.Range, "choose has no branch to choose.")
	case on == nil && total == 0 && len(ch.Branches) > 0:
		c.fail(n, diag.InvalidWeight, n.Range, "Every branch has weight 0, so none would ever be chosen. Give at least one a weight above 0.")
	}
	if after != nil {
		k.flow = *after
	}
	return ch
}

func (k *classBuilder) parallel(n *config.Block, s settings) plan.Step {
	p := &plan.Parallel{Site: k.c.site(n.Range, n)}
	limit, ok := k.c.count(n, "limit")
	if ok && limit == 0 {
		k.c.fail(n, diag.OutOfRange, n.Arg("limit").Expr.Range(), "limit must be at least 1: with 0 nothing could begin.")
	}
	p.Limit = int(limit)
	k.sockets.lanes++
	defer func() { k.sockets.lanes-- }()
	before := k.flow.clone()
	after := before.clone()
	for _, b := range n.Blocks {
		if b.Type == "repeat" && b.Arg("count") == nil && !b.Broken {
			k.c.fail(b, diag.InvalidValue, b.Range, "Directly within parallel the rounds of repeat are made at the same time, so their number must be known: count = …. To wait for something, put the repeat into a group.")
		}
		k.flow = before.clone()
		p.Steps = append(p.Steps, k.steps([]*config.Block{b}, s)...)
		after = after.both(k.flow)
	}
	k.flow = after
	k.notEmpty(n)
	return p
}

var reaches = map[string]plan.Failure{"task": plan.FailureTask, "user": plan.FailureUser, "run": plan.FailureRun}

func (k *classBuilder) leave(n *config.Block) plan.Step {
	what := n.Labels[0]
	reach, ok := reaches[what.Text]
	if !ok {
		words := []string{"task", "user", "run"}
		k.c.fail(n, diag.InvalidValue, what.Range, "What is left is \"task\", \"user\" or \"run\"; %q is none of them.", what.Text).DidYouMean(what.Text, words)
		return nil
	}
	l := &plan.Leave{Site: k.c.site(n.Range, n), Reach: reach}
	if a := n.Arg("message"); a != nil {
		if e, ok := k.c.syntax(a, n); ok {
			low := k.c.lowering(a, n, k)
			if _, ok := low.check(a, cty.String); ok {
				l.Message = low.text(e, plan.EncText)
				if low.secret {
					k.c.fail(n, diag.SensitiveValue, e.Range(), "The message stands in reports, so it must not be made of a sensitive value.")
				}
			}
		}
	}
	if k.where == "start" && reach == plan.FailureTask && !k.dead {
		k.left = append(k.left, k.flow.clone())
	}
	k.dead, k.told = true, k.dead && k.told
	return l
}

// attempts compiles what a retry block says; its steps are the caller's.
func (k *classBuilder) attempts(n *config.Block) *plan.Retry {
	c := k.c
	r := &plan.Retry{Site: c.site(n.Range, n), Attempts: 3}
	if v, ok := c.count(n, "attempts"); ok {
		r.Attempts = v
		if v < 1 || v > 100 {
			c.fail(n, diag.OutOfRange, n.Arg("attempts").Expr.Range(), "attempts must lie between 1 and 100; it counts the first one too.")
		}
	}
	if a := n.Arg("backoff"); a != nil {
		r.Backoff, _ = c.seconds(a, n, k)
	}
	if a := n.Arg("on"); a != nil {
		r.On = c.retryOn(n, a)
	}
	return r
}

// retryOn reads what is tried again: statuses and classes of failures.
func (c *compiler) retryOn(n *config.Block, a *config.Arg) []plan.RetryOn {
	v, _, ok := c.known(n, a.Name, cty.DynamicPseudoType)
	if !ok {
		return nil
	}
	items := []cty.Value{v}
	if !v.Type().IsPrimitiveType() && v.CanIterateElements() {
		items = v.AsValueSlice()
	}
	var all []plan.RetryOn
	for _, item := range items {
		if status, ok := statusRange(item); ok {
			all = append(all, plan.RetryOn{Status: status})
			continue
		}
		word := ""
		if p := fromCty(item); p.Kind() == plan.String {
			word = p.Str()
		}
		class, ok := plan.ErrorClassNamed(word)
		if !ok {
			c.fail(n, diag.InvalidValue, a.Expr.Range(), "A retry is about statuses such as 503 or \"5xx\", and classes of failures such as \"timeout\" or \"refused\"; %s is neither.", diag.ValueText(item)).
				DidYouMean(word, failureClasses())
			return nil
		}
		all = append(all, plan.RetryOn{Class: class})
	}
	if len(all) == 0 {
		c.fail(n, diag.EmptyBlock, a.Expr.Range(), "An empty list retries nothing. Leave on out to retry every failure.")
	}
	return all
}

func failureClasses() []string {
	var all []string
	for class := plan.OK + 1; class < plan.NumErrorClasses; class++ {
		if !slices.Contains([]plan.ErrorClass{plan.FailInternal, plan.FailExpression}, class) {
			all = append(all, class.String())
		}
	}
	return all
}
