package compile

import (
	"errors"
	"fmt"
	"maps"
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
	"throng/stdlib"
)

// functionsOf gives the functions that the results of a module's own functions
// call. It is asked when they are called.
type functionsOf func(*environ) map[string]function.Function

// withOwn is a table of functions with the module's own added, and those of the
// libraries it calls.
func (e *environ) withOwn(table map[string]function.Function, of functionsOf) map[string]function.Function {
	own := map[string]function.Function{}
	for _, name := range e.scope.Names("function") {
		own[name] = e.c.own(e.scope.Named("function", name), of)
	}
	for name, child := range e.scope.Children {
		if child.Each() {
			continue // which of them is not told
		}
		for _, fn := range child.Exported("function") {
			own["module::"+name+"::"+fn] = e.c.own(child.Named("function", fn), of)
		}
	}
	if len(own) == 0 {
		return table
	}
	all := maps.Clone(table)
	maps.Copy(all, own)
	return all
}

// ofFrame are the functions of a run as the expressions of one user call them.
func ofFrame(f *plan.Frame) functionsOf {
	made := map[*environ]map[string]function.Function{}
	var of functionsOf
	of = func(e *environ) map[string]function.Function {
		if made[e] == nil {
			made[e] = e.withOwn(stdlib.FrameFunctions(e.functions, f), of)
		}
		return made[e]
	}
	return of
}

// own is a function block as HCL's evaluator calls it.
func (c *compiler) own(b *config.Block, of functionsOf) function.Function {
	params := resolve.Params(b)
	spec := &function.Spec{}
	for _, p := range params {
		spec.Params = append(spec.Params, function.Parameter{Name: p.Name, Type: cty.DynamicPseudoType,
			AllowNull: true, AllowUnknown: true, AllowDynamicType: true, AllowMarked: true})
	}
	result := b.Arg("result")
	eval := func(args []cty.Value) (cty.Value, error) {
		if result == nil || result.Bad {
			return cty.DynamicVal, nil
		}
		if c.meter != nil { // while users run, what they evaluate has been tried before
			if !c.meter.Call() {
				return cty.DynamicVal, diag.LimitError(config.TooMuch)
			}
			if c.calling >= maxDeep {
				return cty.DynamicVal, diag.LimitError(fmt.Sprintf("Functions may call each other %d deep.", maxDeep))
			}
			c.calling++
			defer func() { c.calling-- }()
		}
		e := c.env(b.Module)
		ctx := c.context(e, nil, result.Expr.Variables())
		ctx.Functions = of(e)
		ctx = ctx.NewChild()
		ctx.Variables = map[string]cty.Value{}
		for i, p := range params {
			ctx.Variables[p.Name] = args[i]
		}
		v, diags := result.Expr.Value(ctx)
		if diags.HasErrors() {
			d := diags[0]
			if limit, ok := diag.LimitIn(d); ok {
				return cty.DynamicVal, limit
			}
			problem := &bodyError{fmt.Sprintf("%s (%s, line %d)", d.Detail, b.Title(), d.Subject.Start.Line), *d.Subject}
			if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](d); ok {
				var deeper *bodyError
				if errors.As(call.FunctionCallError(), &deeper) {
					problem.at = deeper.at
				}
			}
			return cty.DynamicVal, problem
		}
		return v, nil
	}
	spec.Type = function.StaticReturnType(cty.DynamicPseudoType) // else each call would evaluate twice
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) { return eval(args) }
	return function.New(spec)
}

// ownCall lowers a call of a function block: its result over the parameters,
// which are evaluated once.
func (l *lowering) ownCall(e *hclsyntax.FunctionCallExpr, b *config.Block) plan.Expr {
	result := b.Arg("result")
	if result == nil || result.Bad || b.Broken || len(e.Args) != len(resolve.Params(b)) {
		return unknown // reported by resolve
	}
	call := &ownCall{name: e.Name}
	for _, a := range e.Args {
		call.args = append(call.args, l.lower(a))
	}
	body, ok := l.c.syntax(result, b)
	if !ok {
		return unknown
	}
	defer l.c.through(hop{e.Range(), "called here"})()
	in := l.c.lowering(result, b, nil)
	in.failure, in.asking = l.failure, l.asking
	for _, p := range resolve.Params(b) {
		in.param = append(in.param, p.Name)
	}
	call.result = in.lower(body)
	l.secret = l.secret || in.secret
	return call
}

// ownCall is a call of a function that the scenario declares.
type ownCall struct {
	name   string
	args   []plan.Expr
	result plan.Expr
}

func (e *ownCall) Eval(f *plan.Frame) (plan.Value, error) {
	args := make([]plan.Value, len(e.args))
	for i, a := range e.args {
		v, err := a.Eval(f)
		if err != nil {
			return v, err
		}
		args[i] = v
	}
	outer := f.Params
	f.Params = args
	v, err := e.result.Eval(f)
	f.Params = outer
	return v, err
}

// Describe is the call with its arguments.
func (e *ownCall) Describe(p *plan.Plan) string {
	text := e.name + "("
	for i, a := range e.args {
		if i > 0 {
			text += ", "
		}
		text += plan.Describe(p, a)
	}
	return text + ")"
}

// param reads a parameter of the function under evaluation.
type param struct {
	i    int
	name string
}

func (e *param) Eval(f *plan.Frame) (plan.Value, error) {
	if e.i >= len(f.Params) {
		return plan.Value{}, fmt.Errorf("the parameter %s has no value", strconv.Quote(e.name))
	}
	return f.Params[e.i], nil
}

// Describe is the parameter's name.
func (e *param) Describe(*plan.Plan) string { return e.name }

// runRoot is a value that an expression left to HCL reads from a frame,
// beside the roots that it knows.
type runRoot struct {
	root, name string // name is "" where the root is a value itself
	value      plan.Expr
	asked      bool // read only in try and can: it may be missing
}

// runRoot is that value for what a traversal reads that only a run knows; false where it is
// settled before.
func (l *lowering) runRoot(t hcl.Traversal) (runRoot, bool) {
	root := t.RootName()
	for i, p := range l.param {
		if p == root {
			return runRoot{root: root, value: &param{i, p}}, true
		}
	}
	if len(t) < 2 {
		return runRoot{}, false
	}
	name := stepName(t[1])
	value := l.head(root, name, t.SourceRange())
	return runRoot{root: root, name: name, value: value}, value != nil
}

// addRoots puts the values into the variables of an evaluation.
func addRoots(vars map[string]cty.Value, roots []runRoot, f *plan.Frame) error {
	objects := map[string]map[string]cty.Value{}
	for _, r := range roots {
		v, err := r.value.Eval(f)
		var missing *plan.MissingSlot
		if r.asked && errors.As(err, &missing) {
			if objects[r.root] == nil {
				objects[r.root] = map[string]cty.Value{}
			}
			continue
		}
		if err != nil {
			return err
		}
		if r.name == "" {
			vars[r.root] = toCty(v)
			continue
		}
		if objects[r.root] == nil {
			objects[r.root] = map[string]cty.Value{}
		}
		objects[r.root][r.name] = toCty(v)
	}
	for root, values := range objects {
		vars[root] = cty.ObjectVal(values)
	}
	return nil
}
