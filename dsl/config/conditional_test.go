package config

import (
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// TestConditionalAsHCL holds conditions over large values against HCL's own
// evaluator.
func TestConditionalAsHCL(t *testing.T) {
	results := map[string]cty.Value{
		"empty": cty.EmptyTupleVal, "none": cty.EmptyObjectVal, "null": cty.NullVal(cty.DynamicPseudoType), "text": cty.StringVal("a"),
		"few": cty.TupleVal([]cty.Value{cty.StringVal("a")}), "set": cty.SetVal([]cty.Value{cty.StringVal("a")}), "unknown": cty.DynamicVal,
		"nulls":   cty.TupleVal([]cty.Value{cty.NullVal(cty.DynamicPseudoType), cty.EmptyObjectVal}),
		"untold":  cty.UnknownVal(cty.List(cty.Number)),
		"numbers": many(100, func(i int) cty.Value { return cty.NumberIntVal(int64(i)) }),
		"more":    many(101, func(i int) cty.Value { return cty.NumberIntVal(int64(i)) }),
		"texts":   many(100, func(int) cty.Value { return cty.StringVal("a") }),
		"marked":  many(90, func(int) cty.Value { return cty.StringVal("a") }).Mark("m"),
		"mixed":   many(99, func(i int) cty.Value { return []cty.Value{cty.EmptyObjectVal, cty.True}[i%2] }),
		"objects": many(100, func(i int) cty.Value { return cty.ObjectVal(map[string]cty.Value{"a": cty.True}) }),
		"list":    cty.ListVal(many(100, func(i int) cty.Value { return cty.StringVal("b") }).AsValueSlice()),
	}
	conditions := map[string]cty.Value{
		"true": cty.True, "false": cty.False, "as text": cty.StringVal("true"), "no bool": cty.StringVal("a"), "null": cty.NullVal(cty.Bool),
		"unknown": cty.UnknownVal(cty.Bool), "marked": cty.True.Mark("c"),
	}
	root := func(name string) *hclsyntax.ScopeTraversalExpr {
		return &hclsyntax.ScopeTraversalExpr{Traversal: hcl.Traversal{hcl.TraverseRoot{Name: name}}}
	}
	e := &hclsyntax.ConditionalExpr{Condition: root("c"), TrueResult: root("yes"), FalseResult: root("no")}
	values := 0
	for c, condition := range conditions {
		for y, yes := range results {
			for n, no := range results {
				ctx := &hcl.EvalContext{Variables: map[string]cty.Value{"c": condition, "yes": yes, "no": no}}
				want, wantDiags := e.Value(ctx)
				got, diags := (&Conditional{e}).Value(ctx)
				if diags.HasErrors() != wantDiags.HasErrors() {
					t.Errorf("%s ? %s : %s: %v; HCL says %v", c, y, n, diags, wantDiags)
					continue
				}
				if diags.HasErrors() {
					if diags[0].Summary != wantDiags[0].Summary {
						t.Errorf("%s ? %s : %s: %q; HCL says %q", c, y, n, diags[0].Summary, wantDiags[0].Summary)
					}
					continue
				}
				values++
				unknown := !got.IsKnown() && !want.IsKnown() && got.Type().Equals(want.Type()) && got.HasSameMarks(want) // their bounds may differ
				if !unknown && !got.RawEquals(want) {
					t.Errorf("%s ? %s : %s:\n%#v; HCL gives\n%#v", c, y, n, got, want)
				}
			}
		}
	}
	if values < 300 {
		t.Errorf("only %d have a value", values)
	}
}

func many(n int, element func(i int) cty.Value) cty.Value {
	items := make([]cty.Value, n)
	for i := range items {
		items[i] = element(i)
	}
	return cty.TupleVal(items)
}
