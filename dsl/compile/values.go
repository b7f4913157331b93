package compile

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
	"throng/stdlib"
)

type mark string

// sensitive marks values that must not be shown.
const sensitive = mark("sensitive")

// environ is what the static expressions of one module can read.
type environ struct {
	scope     *resolve.Scope
	vars      map[string]cty.Value
	locals    map[string]cty.Value
	computing []string // locals under evaluation, outermost first
	functions map[string]function.Function
}

// env is the environ of the module an argument was written in.
func (c *compiler) env(m *config.Module) *environ {
	scope := c.root.Of(m)
	e := c.envs[scope]
	if e == nil {
		functions := stdlib.Functions(scope.Tree.Folder)
		functions["try"], functions["can"] = tryfunc.TryFunc, tryfunc.CanFunc
		e = &environ{scope: scope, vars: map[string]cty.Value{}, locals: map[string]cty.Value{}, functions: functions}
		c.envs[scope] = e
	}
	return e
}

// values evaluates the variables of the scenario and of its modules, and all
// locals and outputs, so that mistakes in unused ones are found too.
func (c *compiler) values() {
	c.rootVariables()
	c.moduleValues(c.root)
}

func (c *compiler) moduleValues(s *resolve.Scope) {
	e := c.env(s.Tree.Config)
	for _, name := range slices.Sorted(maps.Keys(s.Locals)) {
		c.local(e, name)
	}
	for _, name := range slices.Sorted(maps.Keys(s.Children)) {
		child := s.Children[name]
		c.moduleInputs(e, child)
		c.moduleValues(child)
	}
	for _, name := range s.Names("output") {
		b := s.Named("output", name)
		if a := b.Arg("value"); a != nil && !c.bad[a] {
			c.static(a, b)
		}
	}
}

func (c *compiler) rootVariables() {
	e := c.env(c.root.Tree.Config)
	names := c.root.Names("variable")
	for _, name := range names {
		b := c.root.Named("variable", name)
		input, given := c.options.Inputs[name]
		value, origin := cty.NilVal, "default"
		if given {
			origin = input.Origin
			value = c.readInput(b, name, input)
		}
		value = c.variable(e, b, value, given)
		c.plan.Variables = append(c.plan.Variables, c.shownVariable(name, value, origin))
	}
	for _, name := range slices.Sorted(maps.Keys(c.options.Inputs)) {
		input := c.options.Inputs[name]
		if c.root.Named("variable", name) != nil || strings.HasPrefix(input.Origin, "THRONG_VAR_") {
			continue
		}
		d := diag.General(diag.UndeclaredVariable, "%s sets a variable called %q, which the scenario does not declare.", input.Origin, name)
		if input.Arg != nil {
			d.Subject = &input.Arg.NameRange
		}
		c.diags.Append(d.DidYouMean(name, names))
	}
}

func (c *compiler) shownVariable(name string, value cty.Value, origin string) plan.Variable {
	v := plan.Variable{Name: name, Origin: origin}
	bare, marks := value.UnmarkDeep()
	if len(marks) > 0 {
		v.Sensitive = true
		return v
	}
	if bare != cty.NilVal {
		v.Value = diag.ValueText(bare)
	}
	return v
}

// readInput reads a value given from outside as the variable's type says: a
// string is taken as typed, anything else is an HCL expression.
func (c *compiler) readInput(b *config.Block, name string, input Input) cty.Value {
	if input.Arg != nil {
		value, diags := input.Arg.Expr.Value(nil)
		c.diags.Extend(diag.FromHCL(diags))
		if diags.HasErrors() {
			return cty.DynamicVal
		}
		return value
	}
	want := c.variableType(b)
	if want == cty.String || want == cty.DynamicPseudoType {
		return cty.StringVal(input.Text)
	}
	expr, diags := hclsyntax.ParseExpression([]byte(input.Text), input.Origin, hcl.InitialPos)
	if diags.HasErrors() {
		c.fail(b, diag.InvalidValue, b.Range, "The value given by %s for var.%s must be %s: %s is not.", input.Origin, name, want.FriendlyName(), quoteShort(input.Text))
		return cty.DynamicVal
	}
	value, diags := expr.Value(nil)
	if diags.HasErrors() {
		c.fail(b, diag.InvalidValue, b.Range, "The value given by %s for var.%s must be %s, written without names or functions: %s is not.", input.Origin, name, want.FriendlyName(), quoteShort(input.Text))
		return cty.DynamicVal
	}
	return value
}

func quoteShort(s string) string {
	if len(s) > 60 {
		s = s[:60] + "…"
	}
	return fmt.Sprintf("%q", s)
}

func (c *compiler) variableType(b *config.Block) cty.Type {
	a := b.Arg("type")
	if a == nil {
		return cty.DynamicPseudoType
	}
	ty, _, diags := typeexpr.TypeConstraintWithDefaults(a.Expr)
	if diags.HasErrors() {
		c.diags.Extend(diag.FromHCL(diags))
		return cty.DynamicPseudoType
	}
	return ty
}

// variable settles one variable's value in e: given, or its default;
// converted to its type, validated, and marked when sensitive.
func (c *compiler) variable(e *environ, b *config.Block, value cty.Value, given bool) cty.Value {
	name := b.Name()
	e.vars[name] = cty.DynamicVal
	at := b.Range
	if !given {
		a := b.Arg("default")
		if a == nil {
			d := c.fail(b, diag.MissingVariable, b.Range, "The variable %q has no default, so it must be set.", name)
			d.Suggestion = fmt.Sprintf("Set it with --var %s=…, a --var-file, or the environment variable THRONG_VAR_%s.", name, name)
			return cty.DynamicVal
		}
		v, ok := c.static(a, b)
		if !ok {
			return cty.DynamicVal
		}
		value, at = v, a.Expr.Range()
	}
	if value == cty.DynamicVal {
		return value
	}
	var problem error
	value, problem = c.convertVariable(b, value)
	if problem != nil {
		c.fail(b, diag.WrongType, at, "The value of var.%s does not fit its type: %s.", name, problem)
		return cty.DynamicVal
	}
	if nullable, set := c.boolean(b, "nullable"); value.IsNull() && set && !nullable {
		c.fail(b, diag.NullValue, at, "var.%s must not be null.", name)
		return cty.DynamicVal
	}
	if secret, _ := c.boolean(b, "sensitive"); secret {
		value = value.Mark(sensitive)
		c.keepSecret(value)
	}
	e.vars[name] = value
	c.validate(e, b, name)
	return value
}

func (c *compiler) convertVariable(b *config.Block, value cty.Value) (cty.Value, error) {
	a := b.Arg("type")
	if a == nil {
		return value, nil
	}
	ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(a.Expr)
	if diags.HasErrors() {
		c.diags.Extend(diag.FromHCL(diags))
		return value, nil
	}
	if defaults != nil && !value.IsNull() {
		value = defaults.Apply(value)
	}
	return convert.Convert(value, ty)
}

func (c *compiler) validate(e *environ, b *config.Block, name string) {
	for _, v := range b.Of("validation") {
		cond, message := v.Arg("condition"), v.Arg("error_message")
		if cond == nil || message == nil || c.bad[cond] || c.bad[message] {
			continue
		}
		ok, known := c.static(cond, v)
		if !known || !ok.IsKnown() {
			continue
		}
		ok, _ = ok.Unmark()
		if ok.IsNull() || ok.Type() != cty.Bool {
			c.fail(v, diag.WrongType, cond.Expr.Range(), "A condition must be true or false.")
			continue
		}
		if ok.True() {
			continue
		}
		text := "The value is not acceptable."
		if m, known := c.static(message, v); known {
			if m, _ := m.Unmark(); m.Type() == cty.String && !m.IsNull() {
				text = m.AsString()
			}
		}
		d := c.fail(b, diag.ValidationFailed, cond.Expr.Range(), "%s", text)
		shown := e.vars[name]
		d.Values = append(d.Values, diag.Value{Name: "var." + name, Text: diag.ValueText(shown)})
	}
}

// moduleInputs hands a library its variables from the calling block.
func (c *compiler) moduleInputs(caller *environ, child *resolve.Scope) {
	e := c.env(child.Tree.Config)
	call := child.Tree.Call
	for _, name := range child.Names("variable") {
		b := child.Named("variable", name)
		a := call.Arg(name)
		if a == nil && b.Arg("default") == nil {
			c.fail(call, diag.MissingVariable, call.Range, "The module needs the input %q.", name).
				Relate("declared here", b.Range)
			e.vars[name] = cty.DynamicVal
			continue
		}
		value, given := cty.NilVal, a != nil
		if given {
			v, ok := c.static(a, call)
			if !ok {
				v = cty.DynamicVal
			}
			value = v
		}
		c.variable(e, b, value, given)
	}
	for _, a := range call.Args {
		if a.Schema == nil && child.Named("variable", a.Name) == nil {
			c.fail(call, diag.UnknownArgument, a.NameRange, "The module has no input called %q.", a.Name).
				DidYouMean(a.Name, child.Names("variable"))
		}
	}
}

// local is the value of a local, computed on first use.
func (c *compiler) local(e *environ, name string) cty.Value {
	if v, ok := e.locals[name]; ok {
		return v
	}
	a := e.scope.Locals[name]
	if a == nil || c.bad[a] {
		return cty.DynamicVal
	}
	if i := slices.Index(e.computing, name); i >= 0 {
		circle := append(slices.Clone(e.computing[i:]), name)
		c.fail(nil, diag.Cycle, a.NameRange, "local.%s depends on itself: local.%s.", name, strings.Join(circle, " → local.")).In("locals")
		e.locals[name] = cty.DynamicVal
		return cty.DynamicVal
	}
	e.computing = append(e.computing, name)
	v, ok := c.static(a, nil)
	e.computing = e.computing[:len(e.computing)-1]
	if _, done := e.locals[name]; !done {
		if !ok {
			v = cty.DynamicVal
		}
		e.locals[name] = v
	}
	return e.locals[name]
}

// context is an evaluation context with the values that traversals read.
func (c *compiler) context(e *environ, traversals []hcl.Traversal) *hcl.EvalContext {
	locals, modules := map[string]cty.Value{}, map[string]map[string]cty.Value{}
	for _, t := range traversals {
		if len(t) < 2 {
			continue
		}
		step, ok := t[1].(hcl.TraverseAttr)
		if !ok {
			continue
		}
		switch t.RootName() {
		case "local":
			locals[step.Name] = c.local(e, step.Name)
		case "module":
			c.outputs(e, step.Name, modules)
		}
	}
	vars := map[string]cty.Value{
		"var":   cty.ObjectVal(e.vars),
		"local": cty.ObjectVal(locals),
		"path": cty.ObjectVal(map[string]cty.Value{
			"module": cty.StringVal(e.scope.Tree.Config.Dir), "root": cty.StringVal(c.root.Tree.Config.Dir),
		}),
	}
	outs := map[string]cty.Value{}
	for name, values := range modules {
		outs[name] = cty.ObjectVal(values)
	}
	vars["module"] = cty.ObjectVal(outs)
	return &hcl.EvalContext{Variables: vars, Functions: e.functions}
}

func (c *compiler) outputs(e *environ, module string, into map[string]map[string]cty.Value) {
	child := e.scope.Children[module]
	if child == nil || into[module] != nil {
		return
	}
	values := map[string]cty.Value{}
	for _, name := range child.Names("output") {
		b := child.Named("output", name)
		if a := b.Arg("value"); a != nil {
			if v, ok := c.static(a, b); ok {
				values[name] = v
			}
		}
	}
	into[module] = values
}

// static evaluates an argument that is settled before the run. It reports
// what is wrong and then says false. The value may carry the sensitive mark.
func (c *compiler) static(a *config.Arg, b *config.Block) (cty.Value, bool) {
	if c.bad[a] {
		return cty.DynamicVal, false
	}
	e := c.env(a.Module)
	value, diags := a.Expr.Value(c.context(e, a.Expr.Variables()))
	for _, d := range diag.FromHCL(diags) {
		c.report(b, d)
	}
	return value, !diags.HasErrors() && value.IsWhollyKnown()
}

// keepSecret remembers every text in a sensitive value, for masking, in the
// forms it may take on its way.
func (c *compiler) keepSecret(v cty.Value) {
	bare, _ := v.UnmarkDeep()
	_ = cty.Walk(bare, func(_ cty.Path, v cty.Value) (bool, error) {
		if v.IsKnown() && !v.IsNull() && v.Type().IsPrimitiveType() {
			if s, err := convert.Convert(v, cty.String); err == nil && v.Type() != cty.Bool {
				c.keepSecretText(s.AsString())
			}
		}
		return true, nil
	})
}

func (c *compiler) keepSecretText(text string) {
	c.secrets.add(text)
	if quoted, err := json.Marshal(text); err == nil {
		c.secrets.add(strings.Trim(string(quoted), `"`))
	}
	c.secrets.add(string(plan.AppendJSONString(nil, text, false)[1 : len(plan.AppendJSONString(nil, text, false))-1]))
	encoded, _ := plan.AppendEncoded(nil, plan.StringValue(text), plan.EncQuery)
	c.secrets.add(string(encoded))
	encoded, _ = plan.AppendEncoded(nil, plan.StringValue(text), plan.EncSegment)
	c.secrets.add(string(encoded))
}
