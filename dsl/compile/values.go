package compile

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
	"throng/dsl/template"
	"throng/stdlib"
)

type mark string

// sensitive marks values that must not be shown.
const sensitive = mark("sensitive")

// environ is what the static expressions of one module can read.
type environ struct {
	c         *compiler
	scope     *resolve.Scope
	vars      map[string]cty.Value
	locals    map[string]cty.Value
	outs      map[string]cty.Value         // of outputs
	targets   map[string]resolve.Reference // that its caller gives it, by the names it knows them by
	functions map[string]function.Function // those that are settled before the run, the scenario's own among them
	paying    map[string]function.Function // functions, metered: for what is evaluated now
	checks    map[string]function.Function // as functions, with those of a run; made when first needed
}

// here is the directory of a module as its own functions of files know it:
// they read nothing else. So nobody needs to know where it stands on disk.
var here = cty.ObjectVal(map[string]cty.Value{"module": cty.StringVal("."), "root": cty.StringVal(".")})

// checking are the functions that check arguments with the run's values
// unknown. To make them costs as much as to check an argument.
func (e *environ) checking() map[string]function.Function {
	if e.checks == nil {
		e.checks = e.withOwn(stdlib.CheckFunctions(e.paying), (*environ).checking)
	}
	return e.checks
}

// env is the environ of the module an argument was written in.
func (c *compiler) env(m *config.Module) *environ {
	scope := c.root.Of(m)
	e := c.envs[scope]
	if e == nil {
		e = &environ{c: c, scope: scope, vars: map[string]cty.Value{}, locals: map[string]cty.Value{}, outs: map[string]cty.Value{}}
		e.makeFunctions()
		c.envs[scope] = e
	}
	return e
}

// makeFunctions makes the functions of a module, plain and metered. Modules
// share those that are the same in all: to meter one costs more than to call it.
func (e *environ) makeFunctions() {
	c, files := e.c, e.scope.Tree.Files
	if e.scope.Tree.Path != "" {
		files = stdlib.OfLibrary(files)
	}
	if c.functions == nil {
		c.functions = stdlib.Functions(nil)
		c.functions["try"], c.functions["can"] = tryfunc.TryFunc, tryfunc.CanFunc
		c.paying = maps.Clone(c.functions)
		c.meter.Functions(c.paying)
	}
	plain, reading := maps.Clone(c.functions), stdlib.FileFunctions(files)
	maps.Copy(plain, reading)
	maps.Copy(plain, stdlib.TemplateFunctions(files, template.Renderer(plain, nil)))
	e.functions = e.withOwn(plain, func(e *environ) map[string]function.Function { return e.functions })

	own := e.withOwn(reading, func(e *environ) map[string]function.Function { return e.paying })
	callable := maps.Clone(plain)
	maps.Copy(callable, own)
	maps.Copy(own, stdlib.TemplateFunctions(files, template.Renderer(callable, c.meter)))
	c.meter.Functions(own)
	e.paying = maps.Clone(c.paying)
	maps.Copy(e.paying, own)
}

// values evaluates the variables of the scenario and of its modules, and all
// locals and outputs, so that mistakes in unused ones are found too.
func (c *compiler) values() {
	c.rootVariables()
	c.moduleValues(c.root)
}

func (c *compiler) moduleValues(s *resolve.Scope) {
	defer c.inside(s)()
	e := c.env(s.Tree.Config)
	for _, name := range slices.Sorted(maps.Keys(s.Locals)) {
		c.local(e, name)
	}
	for _, child := range s.Children {
		c.instantiate(child)
	}
	for _, child := range s.Called() {
		c.moduleInputs(child)
		c.handTargets(child)
		c.moduleValues(child)
	}
	for _, name := range s.Names("output") {
		c.output(s, name)
	}
}

// typeName is a type in the language's words: what HCL calls a tuple is
// written as a list.
func typeName(ty cty.Type) string {
	switch {
	case ty.IsTupleType():
		return "list"
	case ty == cty.DynamicPseudoType:
		return "value known only later"
	}
	return ty.FriendlyName()
}

// maxDeep bounds how many locals and functions are made of each other: each
// level takes some of the stack.
const maxDeep = 1000

// local is the value of a local, computed on first use.
func (c *compiler) local(e *environ, name string) cty.Value {
	if v, ok := e.locals[name]; ok {
		return v
	}
	a := e.scope.Locals[name]
	if a == nil || a.Bad {
		return cty.DynamicVal
	}
	defer c.inside(e.scope)()
	done, ok := c.computing(a, e.called("local."+name), nil, a.NameRange)
	if !ok {
		e.locals[name] = cty.DynamicVal
		return cty.DynamicVal
	}
	v, ok := c.static(a, nil)
	done()
	if _, circle := e.locals[name]; !circle {
		if !ok {
			v = cty.DynamicVal
		}
		e.locals[name] = v
	}
	return e.locals[name]
}

// context is an evaluation context with the values that traversals read;
// bound is what the names of for_each mean where they stand. It is the
// caller's own.
func (c *compiler) context(e *environ, bound *config.Binding, traversals []hcl.Traversal) *hcl.EvalContext {
	vars := make(map[string]cty.Value, 8)
	var read, locals map[string]cty.Value
	var outs modules
	for _, t := range traversals {
		root := t.RootName()
		if root == "path" {
			vars["path"] = here
		}
		if len(t) < 2 {
			continue
		}
		name := stepName(t[1])
		switch root {
		case "var":
			read = with(read, name, e.variable(name))
		case "local":
			locals = with(locals, name, c.local(e, name))
		case "module":
			outs.add(c, e, t)
		}
	}
	if read != nil {
		vars["var"] = cty.ObjectVal(read)
	}
	if locals != nil {
		vars["local"] = cty.ObjectVal(locals)
	}
	if v, read := outs.object(); read {
		vars["module"] = v
	}
	if c.meter != nil {
		vars[config.MeterName] = c.meterValue
	}
	for n := bound; n != nil; n = n.Outer {
		if _, nearer := vars[n.Name]; !nearer {
			vars[n.Name] = cty.ObjectVal(map[string]cty.Value{"key": n.Key, "value": n.Value})
		}
	}
	return &hcl.EvalContext{Variables: vars, Functions: e.paying}
}

// with is a table with a value that is there; nil stands for an empty one.
func with(table map[string]cty.Value, name string, v cty.Value) map[string]cty.Value {
	if table == nil {
		table = map[string]cty.Value{}
	}
	if v != cty.NilVal {
		table[name] = v
	}
	return table
}

// spent reports whether expressions have taken all the work that is granted,
// so that no further one is tried, and sees to it that this has been said.
func (c *compiler) spent(b *config.Block, e hcl.Expression) bool {
	if c.meter == nil || !c.meter.Spent() {
		return false
	}
	if !c.diags.HasErrors() {
		c.fail(b, diag.LimitExceeded, e.Range(), "%s", config.TooMuch)
	}
	return true
}

// static evaluates an argument that is settled before the run. It reports
// what is wrong and then says false. The value may carry the sensitive mark.
func (c *compiler) static(a *config.Arg, b *config.Block) (cty.Value, bool) {
	if a.Bad || c.spent(b, a.Expr) {
		return cty.DynamicVal, false
	}
	e := c.env(a.Module)
	value, diags := a.Expr.Value(c.context(e, a.Bound, a.Expr.Variables()))
	c.evaluatorSaid(b, diags)
	if diags.HasErrors() || !value.IsWhollyKnown() {
		return value, false
	}
	if c.meter != nil && !c.meter.Weigh(value) {
		c.fail(b, diag.LimitExceeded, a.Expr.Range(), "%s", config.TooMuch)
		return cty.DynamicVal, false
	}
	if _, err := stdlib.FromCty(value); err != nil {
		c.fail(b, diag.OperationFailed, a.Expr.Range(), "%s", sentence(err))
		return cty.DynamicVal, false
	}
	return value, true
}

// keepSecret remembers every text in the sensitive parts of a value, for
// masking, in the forms it may take on its way.
func (c *compiler) keepSecret(v cty.Value) { c.keepMarked(v, false) }

// keepMarked follows a value down; within says that it stands in a part that
// is sensitive.
func (c *compiler) keepMarked(v cty.Value, within bool) {
	within = within || v.IsMarked()
	v, _ = v.Unmark()
	switch {
	case v.IsNull() || !v.IsKnown() || v.Type() == cty.Bool:
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			_, element := it.Element()
			c.keepMarked(element, within)
		}
	case within:
		if text, err := convert.Convert(v, cty.String); err == nil {
			c.keepSecretText(text.AsString())
		}
	}
}

func (c *compiler) keepSecretText(text string) {
	value := plan.StringValue(text)
	c.secrets.add(text)
	if quoted, err := json.Marshal(text); err == nil {
		c.secrets.add(strings.Trim(string(quoted), `"`))
	}
	for _, enc := range []plan.Encoding{plan.EncJSONText, plan.EncQuery, plan.EncSegment, plan.EncPath} {
		if encoded, problem := plan.AppendEncoded(nil, value, enc); problem == "" {
			c.secrets.add(string(encoded))
		}
	}
}
