package config

import (
	"fmt"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/stdlib/convert"
)

// Conditional is a conditional whose results get their common type at the cost
// of their size: HCL's evaluator compares each element of a long list with
// each other.
type Conditional struct{ *hclsyntax.ConditionalExpr }

// Value evaluates each part once, gives large results one type, and leaves the
// rest to HCL.
func (c *Conditional) Value(ctx *hcl.EvalContext) (cty.Value, hcl.Diagnostics) {
	yes, no := evaluated(c.TrueResult, ctx), evaluated(c.FalseResult, ctx)
	e := *c.ConditionalExpr
	e.TrueResult, e.FalseResult = yes, no
	a, b := yes.value.Type(), no.value.Type()
	if !convert.Large(yes.value) && !convert.Large(no.value) || a.Equals(b) || a == cty.DynamicPseudoType || b == cty.DynamicPseudoType {
		return e.Value(ctx)
	}
	ty := convert.Unify([]cty.Type{a, b})
	if ty == cty.NilType {
		return cty.DynamicVal, c.wrong("The two results must have one type, and their elements have none in common.")
	}
	condition := evaluated(c.Condition, ctx)
	e.Condition = condition
	chosen, known := condition.chooses(yes, no)
	for _, result := range []*given{yes, no} {
		if known && result == chosen {
			v, err := convert.Convert(result.value, ty)
			if err != nil {
				return cty.DynamicVal, c.wrong(fmt.Sprintf("The result does not have the type that both have in common: %s.", err))
			}
			result.value = v
			continue
		}
		result.forget(ty)
	}
	return e.Value(ctx)
}

func (c *Conditional) wrong(detail string) hcl.Diagnostics {
	at := hcl.RangeBetween(c.TrueResult.Range(), c.FalseResult.Range())
	return hcl.Diagnostics{{Severity: hcl.DiagError, Summary: "Inconsistent conditional result types", Detail: detail, Subject: &at, Context: &c.SrcRange}}
}

// given is an expression that has been evaluated.
type given struct {
	hclsyntax.Expression
	value cty.Value
	diags hcl.Diagnostics
}

func evaluated(e hclsyntax.Expression, ctx *hcl.EvalContext) *given {
	v, diags := e.Value(ctx)
	return &given{e, v, diags}
}

func (g *given) Value(*hcl.EvalContext) (cty.Value, hcl.Diagnostics) { return g.value, g.diags }

// chooses gives the result that a condition asks for, if it is known.
func (g *given) chooses(yes, no *given) (chosen *given, known bool) {
	v, _ := g.value.Unmark()
	v, err := convert.Convert(v, cty.Bool)
	switch {
	case err != nil || !v.IsKnown() || v.IsNull():
		return nil, false
	case v.True():
		return yes, true
	}
	return no, true
}

// forget leaves the type of a result and whether it can be null, which is all
// that matters of one that is not chosen.
func (g *given) forget(ty cty.Type) {
	bare, marks := g.value.Unmark()
	v := cty.UnknownVal(ty)
	switch {
	case ty == cty.DynamicPseudoType:
	case bare.IsKnown() && bare.IsNull():
		v = cty.NullVal(ty)
	case bare.Range().DefinitelyNotNull():
		v = v.RefineNotNull()
	}
	g.value = v.WithMarks(marks)
}
