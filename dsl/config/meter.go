package config

import (
	"reflect"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/diag"
)

// HCL's evaluator counts nothing: for expressions within each other, or a
// text made of copies of a text, end with the machine's time or memory. So
// the nodes that can multiply work are wrapped when a file has been read, and
// pay from a Meter before they work.

// Units of work that a meter grants: one is a node evaluated once, an element
// looked at, or 32 bytes of text.
const (
	granted   = 1_000_000 // to one compilation, and to one evaluation while users run
	textUnit  = 32
	callUnits = 50 // what a function costs beside its arguments and its result
	fewParts  = 16 // a text of so few parts needs no watching
)

// Meter bounds the work of evaluating expressions. It is not safe for
// concurrent use.
type Meter struct {
	left int
	told bool // an expression has been refused
}

// NewMeter is the meter of one compilation.
func NewMeter() *Meter { return &Meter{left: granted} }

// MeterName is the variable of an evaluation context that holds a meter. No
// expression can name it.
const MeterName = "\x00 the meter of this evaluation"

var meterType = cty.Capsule("meter", reflect.TypeFor[Meter]())

// Value is the meter as a variable called MeterName.
func (m *Meter) Value() cty.Value { return cty.CapsuleVal(meterType, m) }

// meterIn is the nearest meter of a context, or nil.
func meterIn(ctx *hcl.EvalContext) *Meter {
	for ; ctx != nil; ctx = ctx.Parent() {
		if v, ok := ctx.Variables[MeterName]; ok {
			if m, _ := v.EncapsulatedValue().(*Meter); m != nil {
				return m
			}
		}
	}
	return nil
}

// spend pays for work and reports whether it may be done.
func (m *Meter) spend(units int) bool {
	if m.left -= units; m.left < 0 {
		m.left = -1
	}
	return m.left >= 0
}

// Spent reports whether the meter has refused: what comes later need not even
// be tried.
func (m *Meter) Spent() bool { return m.left < 0 }

// Weigh pays for a value and all that it holds. It stops where the meter
// does: values share parts, and can be exponentially larger than their source.
func (m *Meter) Weigh(v cty.Value) bool {
	v, _ = v.Unmark()
	switch {
	case !m.spend(1):
		return false
	case v == cty.NilVal || !v.IsKnown() || v.IsNull():
	case v.Type() == cty.String:
		return m.spend(len(v.AsString()) / textUnit)
	case v.CanIterateElements():
		for it := v.ElementIterator(); it.Next(); {
			if _, element := it.Element(); !m.Weigh(element) {
				return false
			}
		}
	}
	return true
}

// TooMuch says what a meter refuses.
const TooMuch = "Evaluating the scenario's expressions takes more work than is allowed: too many rounds of for expressions within each other, or too large values. Large data belongs in a file that a data block reads."

// refuse adds why an expression is not evaluated, the first time.
func (m *Meter) refuse(diags hcl.Diagnostics, e hcl.Expression) hcl.Diagnostics {
	if m.told {
		return diags
	}
	m.told = true
	at := e.Range()
	return append(diags, &hcl.Diagnostic{Severity: hcl.DiagError, Summary: diag.Summary(diag.LimitExceeded), Detail: TooMuch, Subject: &at})
}

// Functions makes the functions of a table pay for what they take and give.
func (m *Meter) Functions(table map[string]function.Function) {
	for name, fn := range table {
		if name != "try" && name != "can" { // they evaluate their arguments themselves
			table[name] = m.function(fn, dear[name])
		}
	}
}

// cost is what a function costs beside the weight of its arguments: so many
// times that weight, or its square.
type cost struct {
	times  int
	square bool
	flat   int
}

// dear are the functions whose work their arguments' weight does not tell.
var dear = map[string]cost{
	"distinct": {square: true}, "matchkeys": {square: true}, "setunion": {square: true}, "setintersection": {square: true},
	"setsubtract": {square: true}, "transpose": {times: 20}, "sort": {times: 20}, "zipmap": {times: 20},
	"regex": {times: 40}, "regexall": {times: 40}, "replace": {times: 40},
	"md5": {times: 4}, "sha1": {times: 4}, "sha256": {times: 4}, "sha512": {times: 4}, "hmac": {times: 4},
	"base64sha256": {times: 4}, "base64sha512": {times: 4}, "base64gzip": {times: 40}, "base64gunzip": {times: 40},
	"jsonencode": {times: 4}, "jsondecode": {times: 20}, "csvdecode": {times: 20}, "join": {times: 4}, "format": {times: 4},
	"css": {times: 100}, "cssall": {times: 100}, "xpath": {times: 100}, "xpathall": {times: 100}, "gjson": {times: 10},
	"jwt": {flat: 20_000, times: 10}, "totp": {flat: 200}, "hotp": {flat: 200},
}

func (m *Meter) function(fn function.Function, p cost) function.Function {
	spec := &function.Spec{Params: fn.Params(), VarParam: fn.VarParam(), Description: fn.Description()}
	spec.Type = func(args []cty.Value) (cty.Type, error) {
		if !m.pay(args, p) {
			return cty.NilType, errWork
		}
		return fn.ReturnTypeForValues(args)
	}
	spec.Impl = func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		v, err := fn.Call(args)
		if err == nil && !m.Weigh(v) {
			err = errWork
		}
		return v, err
	}
	return function.New(spec)
}

func (m *Meter) pay(args []cty.Value, p cost) bool {
	ok := m.spend(callUnits + p.flat)
	before := m.left
	for _, v := range args {
		ok = ok && m.Weigh(v)
	}
	weight := before - m.left
	if p.square {
		return ok && m.spend(weight*min(weight, granted)/2)
	}
	return ok && m.spend(weight*p.times)
}

const errWork = diag.LimitError(TooMuch)

// Call pays for a call of a function that does not pay by itself.
func (m *Meter) Call() bool { return m.spend(callUnits) }

// Loop is a for expression that pays for its rounds.
type Loop struct{ *hclsyntax.ForExpr }

// Value evaluates the loop with the context's meter, or with one of its own.
func (l *Loop) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	if meterIn(ctx) == nil {
		ctx = ctx.NewChild()
		ctx.Variables = map[string]cty.Value{MeterName: (&Meter{left: granted}).Value()}
	}
	return l.ForExpr.Value(ctx)
}

// collection is what a loop goes over. It embeds a node whose children are
// walked as they are, so that the traversals in it are found.
type collection struct {
	*hclsyntax.ParenthesesExpr
	round int // units of one round, loops within it left out
}

func (c *collection) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := c.Expression.Value(ctx)
	m := meterIn(ctx)
	if m == nil || diags.HasErrors() {
		return v, diags
	}
	bare, _ := v.Unmark()
	rounds := 0
	if bare.IsKnown() && !bare.IsNull() && bare.CanIterateElements() {
		rounds = bare.LengthInt()
	}
	if !m.Weigh(v) || !m.spend(rounds*c.round) {
		return cty.DynamicVal, m.refuse(diags, c)
	}
	return v, diags
}

// Part is an interpolation in a text of many: it pays for what it writes.
type Part struct{ *hclsyntax.ParenthesesExpr }

// Value pays where the context has a meter.
func (p *Part) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	v, diags := p.Expression.Value(ctx)
	if m := meterIn(ctx); m != nil && !diags.HasErrors() && !m.Weigh(v) {
		return cty.UnknownVal(cty.String), m.refuse(diags, p)
	}
	return v, diags
}

// Metered wraps the nodes of a template that can multiply work, so that they
// pay where the context has a meter. It refuses what no meter can stop.
func Metered(e hclsyntax.Expression) (hclsyntax.Expression, error) {
	if d := doubling(e); d != nil {
		return nil, diag.LimitError(d.Detail)
	}
	return metered(e), nil
}

// metered wraps the nodes of an expression that can multiply work, and those
// that would do more than they have to.
func metered(e hclsyntax.Expression) hclsyntax.Expression {
	found := false
	_ = hclsyntax.VisitAll(e, func(n hclsyntax.Node) hcl.Diagnostics {
		switch n := n.(type) {
		case *hclsyntax.ForExpr, *hclsyntax.ConditionalExpr:
			found = true
		case *hclsyntax.TemplateExpr:
			found = found || len(n.Parts) > fewParts
		}
		return nil
	})
	if found {
		wrap(reflect.ValueOf(&e).Elem(), map[any]bool{})
	}
	return e
}

// wrap replaces nodes below v. done are those that have been seen: nodes
// refer to each other.
func wrap(v reflect.Value, done map[any]bool) {
	switch v.Kind() {
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.Elem().Kind() == reflect.Pointer {
			wrap(v.Elem(), done)
		}
		if !v.CanSet() {
			return
		}
		switch e := v.Interface().(type) {
		case *hclsyntax.ForExpr:
			v.Set(reflect.ValueOf(&Loop{e}))
		case *hclsyntax.ConditionalExpr:
			v.Set(reflect.ValueOf(&Conditional{e}))
		}
	case reflect.Pointer:
		if v.IsNil() || done[v.Interface()] {
			return
		}
		done[v.Interface()] = true
		loop, isLoop := v.Interface().(*hclsyntax.ForExpr)
		round := 0
		if isLoop {
			round = units(loop.KeyExpr) + units(loop.ValExpr) + units(loop.CondExpr) + 1
		}
		wrap(v.Elem(), done)
		if isLoop {
			loop.CollExpr = &collection{parentheses(loop.CollExpr), round}
		}
		if t, ok := v.Interface().(*hclsyntax.TemplateExpr); ok && len(t.Parts) > fewParts {
			for i, p := range t.Parts {
				if _, literal := p.(*hclsyntax.LiteralValueExpr); !literal {
					t.Parts[i] = &Part{parentheses(p)}
				}
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			wrap(v.Index(i), done)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				wrap(v.Field(i), done)
			}
		}
	}
}

func parentheses(e hclsyntax.Expression) *hclsyntax.ParenthesesExpr {
	return &hclsyntax.ParenthesesExpr{Expression: e, SrcRange: e.Range()}
}

// units counts the nodes that one evaluation of e visits, those within loops
// left out, since loops pay for themselves.
func units(e hclsyntax.Expression) int {
	if e == nil {
		return 0
	}
	w := &unitWalker{}
	_ = hclsyntax.Walk(e, w)
	return w.n
}

type unitWalker struct{ n, loops int }

func (w *unitWalker) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if w.loops == 0 {
		w.n += price(n)
	}
	if _, loop := n.(*hclsyntax.ForExpr); loop {
		w.loops++
	}
	return nil
}

// price is what a node costs beside its children: operators are functions.
func price(n hclsyntax.Node) int {
	switch n.(type) {
	case *hclsyntax.BinaryOpExpr, *hclsyntax.UnaryOpExpr, *hclsyntax.FunctionCallExpr:
		return 4
	}
	return 1
}

func (w *unitWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if _, loop := n.(*hclsyntax.ForExpr); loop {
		w.loops--
	}
	return nil
}

// meter wraps what it has to in every argument of a body, and refuses what
// no meter can stop.
func meter(b *hclsyntax.Body) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, a := range b.Attributes {
		if d := doubling(a.Expr); d != nil {
			diags.Append(d)
			continue
		}
		a.Expr = metered(a.Expr)
	}
	for _, n := range b.Blocks {
		diags.Extend(meter(n.Body))
	}
	return diags
}

// maxDoubling bounds how deep constructs stand within each other that
// evaluate what they hold twice: try, can, and a splat after a mistake.
const maxDoubling = 12

func doubling(e hclsyntax.Expression) *diag.Diagnostic {
	w := &doublingWalker{}
	_ = hclsyntax.Walk(e, w)
	if w.at == nil {
		return nil
	}
	return diag.New(diag.LimitExceeded, w.at.Range(), "try, can and [*] may stand within each other %d deep.", maxDoubling)
}

type doublingWalker struct {
	depth int
	at    hclsyntax.Node
}

func doubles(n hclsyntax.Node) bool {
	switch n := n.(type) {
	case *hclsyntax.FunctionCallExpr:
		return n.Name == "try" || n.Name == "can"
	case *hclsyntax.SplatExpr:
		return true
	}
	return false
}

func (w *doublingWalker) Enter(n hclsyntax.Node) hcl.Diagnostics {
	if doubles(n) {
		if w.depth++; w.depth > maxDoubling && w.at == nil {
			w.at = n
		}
	}
	return nil
}

func (w *doublingWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if doubles(n) {
		w.depth--
	}
	return nil
}
