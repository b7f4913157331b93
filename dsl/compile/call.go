package compile

import (
	"fmt"
	"slices"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
	"throng/stdlib/convert"
)

// callee is the task a call names; false where there is none, which calling
// it reports.
func (c *compiler) callee(b *config.Block) (resolve.Reference, bool) {
	scope := c.root.Of(b.Module)
	if a := b.Arg("use"); a != nil {
		if a.Bad {
			return resolve.Reference{}, false
		}
		ref, diags := scope.Refer(a, "task")
		for _, d := range diags { // of names that resolve could not know
			c.report(b, d)
		}
		return ref, ref.Block != nil
	}
	block := scope.Named("task", b.Name())
	return resolve.Reference{Scope: scope, Block: block}, block != nil
}

// expanded is a declared block with its use, for_each and dynamic blocks
// worked in; it is made once.
func (c *compiler) expanded(ref resolve.Reference) *config.Block {
	if b := c.callees[ref.Block]; b != nil {
		return b
	}
	b := c.grown(c.used(ref.Scope, ref.Block))
	c.callees[ref.Block] = b
	return b
}

// maxSteps bounds the steps of a plan: tasks that call tasks that call tasks
// can multiply without end.
const maxSteps = 100_000

// maxCalls bounds how deep tasks call each other.
const maxCalls = 200

// call compiles a call: the called task's steps, in place.
func (k *classBuilder) call(n *config.Block, s settings) plan.Step {
	c := k.c
	ref, found := c.callee(n)
	if !found {
		if n.Arg("use") == nil {
			c.fail(n, diag.UnknownReference, n.Labels[0].Range, "There is no task called %q at the top level that could be called.", n.Name()).
				DidYouMean(n.Name(), c.root.Of(n.Module).Names("task"))
		}
		return nil
	}
	if slices.Contains(k.calls, ref.Block) {
		c.fail(n, diag.Cycle, n.Range, "%s calls itself, directly or through others, so it would never end. To do steps again, write repeat.", ref.Block.Title())
		return nil
	}
	if len(k.calls) >= maxCalls {
		if !c.callsTold {
			c.callsTold = true
			c.fail(n, diag.LimitExceeded, n.Range, "Tasks may call each other %d deep.", maxCalls)
		}
		return nil
	}
	defer c.via(n)()
	callee := c.expanded(ref)
	if callee.First("task") != nil || callee.First("next") != nil {
		c.fail(n, diag.MixedBody, n.Range, "%s holds tasks, among which a user stays; it can be used as a task, but not called as a step.", callee.Title())
		return nil
	}
	step := &plan.Call{Site: c.site(n.Range, n), Name: callee.Name()}
	inputs := k.with(n, callee, step)
	s.tasks = append(slices.Clone(s.tasks), callee.Name())
	outer := k.names
	k.calls, k.names = append(k.calls, ref.Block), &names{inputs: inputs}
	s = k.inherit(c.entering(s, n), callee)
	step.Steps = k.steps(callee.Blocks, s)
	k.calls, k.names = k.calls[:len(k.calls)-1], outer
	if len(callee.Blocks) == len(callee.Of("input")) && !callee.Broken {
		c.fail(callee, diag.EmptyBlock, callee.Range, "%s holds no step.", callee.Title())
	}
	return step
}

// with compiles the inputs of a call: those given, and the defaults of the
// others.
func (k *classBuilder) with(n, callee *config.Block, step *plan.Call) map[string]plan.Expr {
	c := k.c
	inputs := map[string]plan.Expr{}
	declared := callee.Of("input")
	var known []string
	for _, in := range declared {
		known = append(known, in.Name())
	}
	errors := len(c.diags)
	given := k.named(n.Arg("with"), n, k)
	for _, g := range given {
		i := slices.Index(known, g.name)
		if i < 0 {
			d := c.fail(n, diag.UnknownArgument, g.at, "%s has no input called %q.", callee.Title(), g.name).DidYouMean(g.name, known)
			d.Relate("the task is here", callee.Range)
			continue
		}
		slot := k.localSlot(declared[i], "input."+g.name)
		value := k.convertInput(n, declared[i], g)
		step.Inputs = append(step.Inputs, plan.SlotInit{Slot: slot, Value: value})
		c.credentials.make(held{k, slot}, g.slots)
		inputs[g.name] = &plan.Local{Slot: slot, Name: "input." + g.name, Secret: g.secret}
	}
	for _, in := range declared {
		if inputs[in.Name()] != nil {
			continue
		}
		value, ok := k.defaultInput(in)
		inputs[in.Name()] = value
		if !ok && !n.Broken && len(c.diags) == errors {
			c.fail(n, diag.MissingArgument, n.Range, "%s needs the input %q, which has no default: with = { %s = … }.", callee.Title(), in.Name(), in.Name()).
				Relate("declared here", in.Range)
		}
	}
	return inputs
}

// localSlot is the slot of an input or a loop's element. A task or loop
// cannot be under way twice in one user, so its place names it.
func (k *classBuilder) localSlot(b *config.Block, name string) int {
	key := fmt.Sprintf("%s:%d%s:%s", b.Range.Filename, b.Range.Start.Byte, b.Key, name)
	if i, ok := k.local[key]; ok {
		return i
	}
	k.slots = append(k.slots, name)
	k.local[key] = len(k.slots) - 1
	k.nameSlot(k.local[key], name)
	return k.local[key]
}

func (k *classBuilder) inputType(in *config.Block) cty.Type {
	a := in.Arg("type")
	if a == nil {
		return cty.DynamicPseudoType
	}
	ty, _ := k.c.typeConstraint(in, a)
	return ty
}

// convertInput holds a given value against the input's type.
func (k *classBuilder) convertInput(n, in *config.Block, g named) plan.Expr {
	ty := k.inputType(in)
	if ty == cty.DynamicPseudoType {
		return g.value
	}
	if v, ok := g.value.(plan.Const); ok {
		converted, err := convert.Convert(toCty(v.Value), ty)
		if err != nil {
			k.c.fail(n, diag.WrongType, g.at, "The input %q must be %s: %s.", g.name, article(typeName(ty)), err).Relate("declared here", in.Range)
			return g.value
		}
		return plan.Const{Value: fromCty(converted), Secret: v.Secret}
	}
	return &converted{g.value, ty, g.name, failing{g.site, plan.FailExpression}}
}

// converted is a value made to fit a type.
type converted struct {
	x    plan.Expr
	want cty.Type
	name string
	at   failing
}

func (e *converted) Eval(f *plan.Frame) (plan.Value, error) {
	v, err := e.x.Eval(f)
	if err != nil {
		return v, err
	}
	out, err := convert.Convert(toCty(v), e.want)
	if err != nil {
		return v, e.at.error("the input " + e.name + " must be " + article(typeName(e.want)) + ": " + err.Error())
	}
	return fromCty(out), nil
}

// Describe is the value's own.
func (e *converted) Describe(p *plan.Plan) string { return plan.Describe(p, e.x) }

// defaultInput is an input's default; false where it has none.
func (k *classBuilder) defaultInput(in *config.Block) (plan.Expr, bool) {
	null := plan.Const{Value: plan.NullValue()}
	a := in.Arg("default")
	if a == nil {
		return null, false
	}
	v, ok := k.c.static(a, in)
	if !ok {
		return null, true
	}
	bare, marks := v.UnmarkDeep()
	if ty := k.inputType(in); ty != cty.DynamicPseudoType && !bare.IsNull() {
		converted, err := convert.Convert(bare, ty)
		if err != nil {
			k.c.fail(in, diag.WrongType, a.Expr.Range(), "The default does not fit the input's type: %s.", err)
			return null, true
		}
		bare = converted
	}
	if len(marks) > 0 {
		k.c.keepSecret(v)
	}
	return plan.Const{Value: fromCty(bare), Secret: len(marks) > 0}, true
}

// defaults are the inputs of a task that is used and not called.
func (k *classBuilder) defaults(n *config.Block) *names {
	declared := n.Of("input")
	if len(declared) == 0 {
		return k.names
	}
	inputs := map[string]plan.Expr{}
	for _, in := range declared {
		inputs[in.Name()], _ = k.defaultInput(in)
	}
	return &names{inputs: inputs}
}

// usedInput reports an input that only a call could give.
func (k *classBuilder) usedInput(n, in *config.Block) {
	if in.Arg("default") == nil && !in.Broken {
		k.c.fail(n, diag.MissingArgument, n.Range, "%s is used as a task, so nothing gives its input %q a value. Give the input a default, or call the task from a step.", n.Title(), in.Name()).
			Relate("declared here", in.Range)
	}
}

// values compiles an argument that may be anything; secret says that a
// sensitive value takes part.
func (k *classBuilder) values(n *config.Block, name string) (e plan.Expr, secret bool) {
	a := n.Arg(name)
	if a == nil {
		return nil, false
	}
	syntax, ok := k.c.syntax(a, n)
	if !ok {
		return nil, false
	}
	l := k.c.lowering(a, n, k)
	if _, ok := l.check(a, cty.DynamicPseudoType); !ok {
		return nil, false
	}
	e = l.lower(syntax)
	return e, l.secret
}

// value compiles an argument of phase User to an expression; want is what it
// has to be convertible to. False where it is not set or wrong.
func (k *classBuilder) value(n *config.Block, name string, want cty.Type) (plan.Expr, bool) {
	a := n.Arg(name)
	if a == nil {
		return nil, false
	}
	e, ok := k.c.syntax(a, n)
	if !ok {
		return nil, false
	}
	l := k.c.lowering(a, n, k)
	if _, ok := l.check(a, want); !ok {
		return nil, false
	}
	return l.lower(e), true
}
