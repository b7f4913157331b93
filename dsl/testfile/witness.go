package testfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// witness tells why a condition is false: the smallest part of it that is,
// and the values that this part read.
type witness struct {
	ctx    *hcl.EvalContext
	text   func(hcl.Range) string
	values []diag.Value
}

// maxValues bounds the values shown with one finding.
const maxValues = 8

// of is the finding about a condition that is false. Its detail says no more
// than where two values differ.
func (w *witness) of(e hclsyntax.Expression) *diag.Diagnostic {
	e = w.culprit(e)
	w.collect(e)
	d := diag.New(diag.AssertionFailed, e.Range(), "")
	d.Values = w.values[:min(len(w.values), maxValues)]
	if op, ok := e.(*hclsyntax.BinaryOpExpr); ok && op.Op == hclsyntax.OpEqual {
		if left, right := w.value(op.LHS), w.value(op.RHS); left != cty.NilVal && right != cty.NilVal {
			d.Detail = unequal(left, right)
		}
	}
	return d
}

// culprit follows the operands of && to the first that is false.
func (w *witness) culprit(e hclsyntax.Expression) hclsyntax.Expression {
	for {
		switch n := e.(type) {
		case *hclsyntax.ParenthesesExpr:
			e = n.Expression
		case *hclsyntax.BinaryOpExpr:
			if n.Op != hclsyntax.OpLogicalAnd {
				return e
			}
			if e = n.LHS; w.isTrue(n.LHS) {
				e = n.RHS
			}
		default:
			return e
		}
	}
}

func (w *witness) isTrue(e hclsyntax.Expression) bool {
	v := w.value(e)
	return v != cty.NilVal && holdsTrue(v)
}

func holdsTrue(v cty.Value) bool {
	return v.Type() == cty.Bool && v.IsKnown() && !v.IsNull() && v.True()
}

// value evaluates a part of the condition; NilVal where it cannot be.
func (w *witness) value(e hclsyntax.Expression) cty.Value {
	v, found := e.Value(w.ctx)
	if found.HasErrors() {
		return cty.NilVal
	}
	return v
}

// collect finds the parts whose values tell why e is what it is.
func (w *witness) collect(e hclsyntax.Expression) {
	if len(w.values) >= maxValues || len(e.Variables()) == 0 {
		return
	}
	switch n := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		w.collect(n.Expression)
	case *hclsyntax.BinaryOpExpr:
		w.collect(n.LHS)
		w.collect(n.RHS)
	case *hclsyntax.UnaryOpExpr:
		w.collect(n.Val)
	case *config.Conditional:
		w.collect(n.ConditionalExpr)
	case *hclsyntax.ConditionalExpr:
		w.collect(n.Condition)
		if w.isTrue(n.Condition) {
			w.collect(n.TrueResult)
		} else {
			w.collect(n.FalseResult)
		}
	case *hclsyntax.FunctionCallExpr:
		w.call(n)
	default:
		w.show(e)
	}
}

// call shows what a function gave; of one that only says true or false, what
// it was given.
func (w *witness) call(n *hclsyntax.FunctionCallExpr) {
	v := w.value(n)
	if v == cty.NilVal || v.Type() != cty.Bool {
		w.show(n)
		return
	}
	for _, arg := range n.Args {
		if n.Name != "alltrue" || !w.element(arg) {
			w.collect(arg)
		}
	}
}

// element shows the first element for which a loop within alltrue is false,
// and what the loop's body read of it.
func (w *witness) element(e hclsyntax.Expression) bool {
	loop, ok := e.(*config.Loop)
	if !ok || loop.CondExpr != nil || loop.KeyExpr != nil {
		return false
	}
	results, elements := w.value(loop), w.value(loop.CollExpr)
	if results == cty.NilVal || elements == cty.NilVal || !listLike(results) || !listLike(elements) {
		return false
	}
	n := slices.IndexFunc(results.AsValueSlice(), func(v cty.Value) bool { return !holdsTrue(v) })
	if n < 0 {
		return false
	}
	index := cty.NumberIntVal(int64(n))
	element := elements.Index(index)
	w.values = append(w.values, diag.Value{Name: fmt.Sprintf("%s[%d]", w.source(loop.CollExpr), n), Text: shown(element)})
	outer := w.ctx
	w.ctx = outer.NewChild()
	w.ctx.Variables = map[string]cty.Value{loop.ValVar: element}
	if loop.KeyVar != "" {
		w.ctx.Variables[loop.KeyVar] = index
	}
	w.collect(w.culprit(loop.ValExpr))
	w.ctx = outer
	return true
}

func listLike(v cty.Value) bool {
	ty := v.Type()
	return v.IsKnown() && !v.IsNull() && (ty.IsTupleType() || ty.IsListType())
}

// show adds an expression's value.
func (w *witness) show(e hclsyntax.Expression) {
	v := w.value(e)
	if v == cty.NilVal {
		return
	}
	name := w.source(e)
	for _, known := range w.values {
		if known.Name == name {
			return
		}
	}
	w.values = append(w.values, diag.Value{Name: name, Text: shown(v)})
}

// source is an expression as written, on one line.
func (w *witness) source(e hclsyntax.Expression) string { return short(sourceLine(w.text(e.Range()))) }

func sourceLine(text string) string { return strings.Join(strings.Fields(text), " ") }
