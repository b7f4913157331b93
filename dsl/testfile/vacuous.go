package testfile

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// vacuous finds a part of a condition that holds because there was nothing
// that it could have been false of: alltrue over an empty list. It looks at
// what must hold, through && and parentheses: where || leaves a choice, the
// test has said what it thinks of an empty list.
func (v *view) vacuous(a *assert, roots map[string]cty.Value) *diag.Diagnostic {
	w := &witness{ctx: a.condition.context(roots, v.meter()), text: v.run.file.module.Text}
	return w.vacuous(a.condition.syntax)
}

func (w *witness) vacuous(e hclsyntax.Expression) *diag.Diagnostic {
	switch n := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return w.vacuous(n.Expression)
	case *hclsyntax.BinaryOpExpr:
		if n.Op != hclsyntax.OpLogicalAnd {
			return nil
		}
		if d := w.vacuous(n.LHS); d != nil {
			return d
		}
		return w.vacuous(n.RHS)
	case *hclsyntax.FunctionCallExpr:
		if n.Name != "alltrue" || len(n.Args) != 1 {
			return nil
		}
		loop, ok := n.Args[0].(*config.Loop)
		if !ok || len(loop.CollExpr.Variables()) == 0 {
			return nil
		}
		list := w.value(loop.CollExpr)
		if list == cty.NilVal || list.IsNull() || !list.IsKnown() || !list.CanIterateElements() || list.LengthInt() > 0 {
			return nil
		}
		name := w.text(loop.CollExpr.Range())
		d := diag.New(diag.InvalidCondition, n.Range(), "%s is empty, and alltrue of nothing is true: the condition would hold whatever the rest of it says.", name)
		d.Suggestion = "Say how many there must be as well: length(" + name + ") > 0. Where there may be none: length(" + name + ") == 0 || alltrue(…)."
		return d
	}
	return nil
}
