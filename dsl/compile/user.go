package compile

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/schema"
	"throng/stdlib"
)

// settings are what blocks hand down: the nearest wins, tags add up.
type settings struct {
	target    int // -1 while none is named
	timeout   time.Duration
	redirects int
	onFailure plan.Failure
	meanwhile plan.Failure // onFailure of what is done while the user waits: without the default of start
	tags      []string
	headers   []level       // outermost first
	auth      *config.Block // the auth that holds; nil for none
	authAt    int           // how many of headers stand outside of it, or beside it
	wait      plan.Wait
	groups    []string
	task      string   // path of the task within its class
	tasks     []string // names along that path
}

// level is one block's headers.
type level struct {
	arg   *config.Arg
	block *config.Block
	names *names // what input and the labels of loops mean there
}

var failures = map[string]plan.Failure{
	"continue": plan.FailureContinue, "task": plan.FailureTask, "user": plan.FailureUser, "run": plan.FailureRun,
}

// inherit is s as it stands inside b.
func (k *classBuilder) inherit(s settings, b *config.Block) settings {
	c := k.c
	if id, asked := c.targetOf(b); asked {
		s.target = id
	}
	if d, ok := c.duration(b, "timeout"); ok {
		s.timeout = d
		if d <= 0 {
			c.fail(b, diag.OutOfRange, b.Arg("timeout").Expr.Range(), "A timeout must be longer than 0.")
		}
	}
	if n, ok := c.count(b, "redirects"); ok {
		s.redirects = int(n)
	}
	if word, ok := c.keyword(b, "on_failure"); ok {
		s.onFailure, s.meanwhile = failures[word], failures[word]
	}
	s.tags = c.mergeTags(s.tags, b)
	if a := b.Arg("headers"); a != nil {
		own := levels(a, b)
		for i := range own {
			own[i].names = k.names
		}
		s.headers = append(s.headers[:len(s.headers):len(s.headers)], own...)
	}
	if n := b.First("auth"); n != nil {
		s.auth, s.authAt = n, len(s.headers)
	}
	if w, ok := k.wait(b); ok {
		s.wait = w
	}
	return s
}

// levels are an argument and what `use` put beneath it, outermost first.
func levels(a *config.Arg, b *config.Block) []level {
	var all []level
	if a.Base != nil {
		all = levels(a.Base, b)
	}
	return append(all, level{arg: a, block: b})
}

func (c *compiler) users() {
	for _, declared := range c.root.Tree.Config.Root.Of("user") {
		if !c.declaredUser(c.used(c.root, declared)) {
			return // what there is would take long, and there will be no plan
		}
	}
	switch {
	case c.root.Tree.Config.Root.Broken:
	case len(c.root.Names("user")) == 0:
		c.diags.Append(diag.General(diag.NoUsers, "The scenario declares no user, so there is nobody to make requests. Add a user block."))
	case len(c.plan.Classes) == 0:
		d := diag.General(diag.NoUsers, "Every user of the scenario is abstract: only to be used by others. Add a user with use = user.%s.", c.root.Names("user")[0])
		d.Suggestion = "A library is checked with \"throng module check\", and tried by a scenario that uses it."
		c.diags.Append(d)
	}
}

// declaredUser compiles the classes that one block declares. It is false where
// there are too many.
func (c *compiler) declaredUser(used *config.Block) bool {
	if abstract, _ := c.boolean(used, "abstract"); abstract {
		return true
	}
	defer c.via(used)()
	instances, _ := c.instances(used)
	if c.overgrown {
		return false
	}
	for _, b := range instances {
		class := c.class(b)
		c.plan.Classes = append(c.plan.Classes, class)
	}
	return true
}

func (c *compiler) class(b *config.Block) plan.Class {
	id := len(c.plan.Classes)
	c.reads = map[int]bool{}
	defer func() { c.reads = nil }()
	builder := newClassBuilder(c, id, b)
	c.builders = append(c.builders, builder)
	class := plan.Class{Name: b.Instance(), Family: b.Name(), Site: c.site(b.Range, b), Weight: c.weight(b)}
	if n, ok := c.count(b, "fixed_count"); ok {
		class.FixedCount, class.Weight = int(n), 0
		if w := b.Arg("weight"); w != nil {
			c.fail(b, diag.ConflictingArguments, w.Range, "A user has a weight (a share of all users) or a fixed_count (a number beside them), not both.")
		}
	}
	if word, ok := c.keyword(b, "pick"); ok && word == "random" {
		class.Pick = plan.PickRandom
	}
	if word, ok := c.keyword(b, "lifetime"); ok && word == "iteration" {
		class.Lifetime, builder.renew = plan.LifetimeIteration, true
	}
	c.checkTarget(b)
	c.single(b, "auth")
	if n := b.First("auth"); n != nil {
		c.checkAuth(n)
	}
	builder.survey(b)
	class.Initial = builder.initial(b)
	s := builder.inherit(settings{target: -1, timeout: -1, redirects: -1}, b)
	class.Start = builder.startSteps(b, s)
	class.Tasks = builder.tasks(b, s)
	class.Stop = builder.stopSteps(b, s)
	class.Slots, class.Sockets = builder.slots, builder.sockets.made
	builder.keepPages(&class)
	class.Reads = append([]int{}, slices.Sorted(maps.Keys(c.reads))...)
	builder.headersNeverSent()
	if len(class.Tasks) == 0 && !b.Broken {
		c.fail(b, diag.NoTasks, b.Range, "%s has nothing to do. Give it requests, tasks or sequences.", b.Title())
	}
	return class
}

// checkTarget asks that a user can tell where its requests go.
func (c *compiler) checkTarget(b *config.Block) {
	if len(c.root.Names("target")) == 0 && b.Arg("target") == nil && !c.root.Tree.Config.Root.Broken {
		c.fail(b, diag.NoTarget, b.Range, "The scenario declares no target, so requests have nowhere to go. Add target \"api\" { base_url = \"http://…\" }.")
	}
}

// wait reads the law of the pauses after tasks.
func (k *classBuilder) wait(b *config.Block) (plan.Wait, bool) {
	c, a := k.c, b.Arg("wait")
	if a == nil || a.Bad {
		return plan.Wait{}, false
	}
	e, ok := c.syntax(a, b)
	if !ok {
		return plan.Wait{}, false
	}
	w := plan.Wait{Kind: plan.WaitFor, Text: sourceText(b.Module, e.Range())}
	if call, ok := e.(*hclsyntax.FunctionCallExpr); ok && (call.Name == "pacing" || call.Name == "throughput") {
		return c.waitLaw(w, call, a, b)
	}
	pending := k.pending.clone()
	for name := range k.captured { // tasks have run when it is read
		k.pend(name)
	}
	expr, ok := c.seconds(a, b, k)
	k.pending = pending
	if !ok {
		return plan.Wait{}, false
	}
	w.For = expr
	if k, ok := expr.(plan.Const); ok && k.Value.Float64() == 0 {
		w.Kind = plan.WaitNone
	}
	return w, true
}

func (c *compiler) waitLaw(w plan.Wait, call *hclsyntax.FunctionCallExpr, a *config.Arg, b *config.Block) (plan.Wait, bool) {
	l := c.lowering(a, b, nil)
	if len(call.Args) != 1 || !l.static(call.Args[0]) {
		c.fail(b, diag.FunctionArguments, call.Range(), "%s takes one value that is known before the run: pacing(\"5s\"), throughput(\"2/s\").", call.Name)
		return w, false
	}
	v, diags := call.Args[0].Value(c.context(l.env, l.bound, call.Args[0].Variables()))
	if diags.HasErrors() {
		c.evaluatorSaid(b, diags)
		return w, false
	}
	v, _ = v.UnmarkDeep()
	if call.Name == "throughput" {
		rate, problem := rateOf(v, call.Args[0])
		if problem == "" && rate <= 0 {
			problem = "A throughput must be above 0."
		}
		if problem != "" {
			c.fail(b, diag.InvalidRate, call.Args[0].Range(), "%s", problem)
			return w, false
		}
		w.Kind, w.For = plan.WaitThroughput, plan.Const{Value: plan.FloatValue(rate)}
		return w, true
	}
	d, problem := durationOf(v, call.Args[0])
	if problem != "" {
		c.fail(b, diag.InvalidDuration, call.Args[0].Range(), "%s", problem)
		return w, false
	}
	w.Kind, w.For = plan.WaitPacing, plan.Const{Value: plan.FloatValue(d.Seconds())}
	return w, true
}

// seconds lowers a duration that may be drawn anew each time into a number
// of seconds.
func (c *compiler) seconds(a *config.Arg, b *config.Block, class *classBuilder) (plan.Expr, bool) {
	e, ok := c.syntax(a, b)
	if !ok {
		return nil, false
	}
	l := c.lowering(a, b, class)
	v, ok := l.check(a, cty.DynamicPseudoType)
	if !ok {
		return nil, false
	}
	if l.static(e) {
		bare, _ := v.UnmarkDeep()
		d, problem := durationOf(bare, e)
		if problem != "" {
			c.fail(b, diag.InvalidDuration, e.Range(), "%s", problem)
			return nil, false
		}
		return plan.Const{Value: plan.FloatValue(d.Seconds())}, true
	}
	if ty := v.Type(); ty != cty.DynamicPseudoType && ty != cty.Number && ty != cty.String {
		c.fail(b, diag.InvalidDuration, e.Range(), "A duration is a string with a unit, such as \"500ms\", or a number of seconds; this is %s.", article(typeName(ty)))
		return nil, false
	}
	return &seconds{l.lower(e), l.at(e.Range())}, true
}

// seconds is a duration drawn at run time: text with a unit, or a number of
// seconds.
type seconds struct {
	x  plan.Expr
	at failing
}

func (s *seconds) Eval(f *plan.Frame) (plan.Value, error) {
	v, err := s.x.Eval(f)
	if err != nil || v.IsNumber() {
		return v, err
	}
	if v.Kind() == plan.String {
		d, err := stdlib.ParseDuration(v.Str())
		if err != nil {
			return v, s.at.error(err.Error())
		}
		return plan.FloatValue(d.Seconds()), nil
	}
	return v, s.at.error("a duration is needed here, and this is " + v.TypeName())
}

// Delay draws what is a length of time already.
func (s *seconds) Delay(f *plan.Frame) (time.Duration, bool) {
	if x, ok := s.x.(plan.Delayer); ok {
		return x.Delay(f)
	}
	return 0, false
}

// sourceText is the source of a range, on one line.
func sourceText(m *config.Module, r hcl.Range) string {
	return strings.Join(strings.Fields(m.Text(r)), " ")
}

func isRequest(b *config.Block) bool { return schema.IsRequest(b.Type) }
