package compile

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/typeexpr"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/resolve"
	"throng/stdlib/convert"
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
		e.vars[name] = cty.DynamicVal
		switch {
		case given:
			value = c.settle(b, value, nil)
		case b.Arg("default") == nil:
			d := c.fail(b, diag.MissingVariable, b.Range, "The variable %q has no default, so it must be set.", name)
			d.Suggestion = fmt.Sprintf("Set it with --var %s=…, a --var-file, or the environment variable THRONG_VAR_%s.", name, name)
			value = cty.DynamicVal
		default:
			value = c.settle(b, cty.NilVal, nil)
		}
		e.vars[name] = value
		shown := c.shownVariable(name, value, origin)
		if given && input.Arg == nil && !shown.Sensitive {
			shown.Given = input.Text
		}
		c.plan.Variables = append(c.plan.Variables, shown)
	}
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
		c.evaluatorSaid(nil, diags)
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

// fromCaller is an input that a module block gives.
type fromCaller struct {
	arg  *config.Arg
	call *config.Block
}

// settle makes a variable's value of a given one, or of its default where that
// is NilVal: converted to its type, and marked when sensitive. from is the
// module block's input, nil for a value that comes from elsewhere.
func (c *compiler) settle(b *config.Block, value cty.Value, from *fromCaller) cty.Value {
	at, subject := b.Range, "var."+b.Name()
	if value == cty.NilVal {
		a := b.Arg("default")
		v, ok := c.static(a, b)
		if !ok {
			return cty.DynamicVal
		}
		value, at = v, a.Expr.Range()
	}
	if value == cty.DynamicVal {
		return value
	}
	in := b
	if from != nil {
		in, at, subject = from.call, from.arg.Expr.Range(), fmt.Sprintf("the input %q", b.Name())
	}
	refuse := func(code, format string, args ...any) cty.Value {
		d := c.fail(in, code, at, format, args...)
		if from != nil {
			d.Relate("declared here", b.Range)
		}
		return cty.DynamicVal
	}
	value, problem := c.convertVariable(b, value)
	if problem != nil {
		return refuse(diag.WrongType, "The value of %s does not fit its type: %s.", subject, problemText(problem))
	}
	if nullable, set := c.boolean(b, "nullable"); value.IsNull() && set && !nullable {
		return refuse(diag.NullValue, "%s must not be null.", strings.Replace(subject, "the input", "The input", 1))
	}
	if secret, _ := c.boolean(b, "sensitive"); secret {
		value = value.Mark(sensitive)
		c.keepSecret(value)
	}
	return value
}

// problemText is why a value does not fit, with the path to the part of it
// that does not.
func problemText(err error) string {
	var at cty.PathError
	if !errors.As(err, &at) || len(at.Path) == 0 {
		return err.Error()
	}
	path := ""
	for _, step := range at.Path {
		switch step := step.(type) {
		case cty.GetAttrStep:
			path += "." + step.Name
		case cty.IndexStep:
			path += "[" + diag.ValueText(step.Key) + "]"
		}
	}
	return strings.TrimPrefix(path, ".") + ": " + err.Error()
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
	defer c.inside(s)()
	for _, name := range s.Names("check") {
		b := s.Named("check", name)
		if text, ok := c.holds(b); !ok {
			c.fail(b, diag.CheckFailed, b.Arg("condition").Expr.Range(), "%s", text)
		}
	}
	for _, child := range s.Called() {
		c.assertionsOf(child)
	}
}
