package compile

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

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
		shown := c.shownVariable(name, value, origin)
		if given && input.Arg == nil && !shown.Sensitive {
			shown.Given = input.Text
		}
		c.plan.Variables = append(c.plan.Variables, shown)
	}
	e.settled = true
	c.validations(e)
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
		v.Value = valueText(bare)
	}
	return v
}

// valueText is a variable's value as HCL writes it.
func valueText(v cty.Value) string {
	if v.IsNull() || !v.IsWhollyKnown() || v.Type().IsPrimitiveType() {
		return diag.ValueText(v)
	}
	text, err := ctyjson.SimpleJSONValue{Value: v}.MarshalJSON()
	if err != nil {
		return diag.ValueText(v)
	}
	return string(text)
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
	if secret, _ := c.boolean(b, "sensitive"); secret {
		c.keepSecretText(input.Text)
	}
	want := c.variableType(b)
	if want == cty.String || want == cty.DynamicPseudoType {
		return cty.StringVal(input.Text)
	}
	expr, ok := config.ParseExpression(input.Text, input.Origin)
	value, diags := cty.DynamicVal, hcl.Diagnostics(nil)
	if ok {
		value, diags = expr.Value(nil)
	}
	if !ok || diags.HasErrors() {
		c.fail(b, diag.InvalidValue, b.Range, "The value given by %s for var.%s must be %s, written without names or functions: %s is not.", input.Origin, name, article(typeName(want)), c.shown(b, input.Text))
		return cty.DynamicVal
	}
	return value
}

// shown is a variable's text as diagnostics may show it.
func (c *compiler) shown(b *config.Block, text string) string {
	if secret, _ := c.boolean(b, "sensitive"); secret {
		return "(sensitive value)"
	}
	return quoteShort(text)
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
	ty, _ := c.typeConstraint(b, a)
	return ty
}

// typeConstraint reads a type; one that cannot be read is reported, and
// counts as any.
func (c *compiler) typeConstraint(b *config.Block, a *config.Arg) (cty.Type, *typeexpr.Defaults) {
	ty, defaults, diags := typeexpr.TypeConstraintWithDefaults(a.Expr)
	if diags.HasErrors() {
		words := []string{"string", "number", "bool", "any", "list", "set", "map", "object", "tuple"}
		d := c.fail(b, diag.InvalidValue, a.Expr.Range(), "This is not a type. Types are string, number, bool, any, list(…), set(…), map(…), tuple([…]) and object({…}).")
		d.DidYouMean(hcl.ExprAsKeyword(a.Expr), words)
		return cty.DynamicPseudoType, nil
	}
	return ty, defaults
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
	return value
}

func (c *compiler) convertVariable(b *config.Block, value cty.Value) (cty.Value, error) {
	a := b.Arg("type")
	if a == nil {
		return value, nil
	}
	ty, defaults := c.typeConstraint(b, a)
	if defaults != nil && !value.IsNull() {
		value = defaults.Apply(value)
	}
	return convert.Convert(value, ty)
}

// validations holds a module's variables against their own rules, which may
// read the others. A variable that breaks one is reported and no longer
// known, so that nothing else is said about its value.
func (c *compiler) validations(e *environ) {
	var broken []string
	for _, name := range e.scope.Names("variable") {
		if b := e.scope.Named("variable", name); !c.validate(e, b, name) {
			broken = append(broken, name)
		}
	}
	for _, name := range broken {
		e.vars[name] = cty.DynamicVal
	}
}

func (c *compiler) validate(e *environ, b *config.Block, name string) bool {
	good := true
	for _, v := range b.Of("validation") {
		text, ok := c.holds(v)
		if ok {
			continue
		}
		good = false
		d := c.fail(b, diag.ValidationFailed, v.Arg("condition").Expr.Range(), "%s", text)
		d.Values = append(d.Values, diag.Value{Name: "var." + name, Text: diag.ValueText(e.vars[name])})
	}
	return good
}

// holds reports whether the condition of a block is true, and what its
// error_message says otherwise. One that cannot be told counts as true: why
// is reported.
func (c *compiler) holds(b *config.Block) (message string, ok bool) {
	cond, text := b.Arg("condition"), b.Arg("error_message")
	if cond == nil || text == nil || cond.Bad || text.Bad {
		return "", true
	}
	v, known := c.static(cond, b)
	if !known || !v.IsKnown() {
		return "", true
	}
	v, _ = v.Unmark()
	if v.IsNull() || v.Type() != cty.Bool {
		c.fail(b, diag.WrongType, cond.Expr.Range(), "A condition must be true or false.")
		return "", true
	}
	if v.True() {
		return "", true
	}
	message = "The value is not acceptable."
	if m, known := c.static(text, b); known {
		if bare, marks := m.Unmark(); len(marks) > 0 {
			c.fail(b, diag.SensitiveValue, text.Expr.Range(), "The message would show a sensitive value.")
		} else if bare.Type() == cty.String && !bare.IsNull() {
			message = bare.AsString()
		}
	}
	return message, false
}

// assertions hold the check blocks of the scenario and of its libraries.
func (c *compiler) assertions() { c.assertionsOf(c.root) }

func (c *compiler) assertionsOf(s *resolve.Scope) {
	for _, name := range s.Names("check") {
		b := s.Named("check", name)
		if text, ok := c.holds(b); !ok {
			c.fail(b, diag.CheckFailed, b.Arg("condition").Expr.Range(), "%s", text)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Children)) {
		c.assertionsOf(s.Children[name])
	}
}

// moduleInputs hands a library its variables from the calling block.
func (c *compiler) moduleInputs(child *resolve.Scope) {
	e := c.env(child.Tree.Config)
	call := child.Tree.Call
	if e.settled {
		return
	}
	if e.settling {
		c.fail(call, diag.Cycle, call.Range, "The inputs of %s depend on its own outputs.", call.Title())
		e.settled = true
		return
	}
	e.settling = true
	for _, name := range child.Names("variable") {
		e.vars[name] = cty.DynamicVal
	}
	defer func() { e.settling, e.settled = false, true }()
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
	c.validations(e)
}
