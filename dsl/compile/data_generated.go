package compile

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/diag"
)

// generated makes a column of every attribute of row. Its rows are made when
// they are read; nothing is stored of them.
func (t *table) generated() bool {
	c, b := t.c, t.block
	if a := b.Arg("count"); a != nil {
		n, ok := c.count(b, "count")
		if !ok {
			return false
		}
		if n == 0 {
			c.fail(b, diag.EmptyData, a.Expr.Range(), "With count = 0 there are no rows to hand out.")
			return false
		}
		t.Rows = int(n)
	}
	t.Endless = t.Rows == 0
	a := b.Arg("row")
	e, ok := c.syntax(a, b)
	if !ok {
		return false
	}
	object, ok := e.(*hclsyntax.ObjectConsExpr)
	if !ok || len(object.Items) == 0 {
		c.fail(b, diag.WrongType, a.Expr.Range(), "row is written as an object, one attribute a column: { id = each.key, name = \"u-${each.key}\" }.")
		return false
	}
	if v, known := t.foreign(e); known {
		c.fail(b, diag.NotAvailable, v.SourceRange(), "A row is the same whoever reads it, so it cannot depend on %q. It may read each.key, var, local and functions.", rootOf(v))
		return false
	}
	l := c.lowering(a, b, nil)
	l.row = true
	if _, ok := l.check(a, cty.DynamicPseudoType); !ok {
		return false
	}
	items, ok := l.unsorted(object)
	if !ok {
		c.fail(b, diag.InvalidKey, a.Expr.Range(), "The names of columns must be known before the run.")
		return false
	}
	for _, i := range items {
		l.secret = false
		column := t.column(i.name)
		column.Make = l.lower(i.expr)
		column.Sensitive = column.Sensitive || l.secret
	}
	return true
}

// foreign is a name in a row's expression that belongs to who reads it.
func (t *table) foreign(e hclsyntax.Expression) (hcl.Traversal, bool) {
	for _, v := range e.Variables() {
		switch rootOf(v) {
		case "session", "user", "data", "run", "cookies", "setup", "input", "response", "message", "sent", "event":
			return v, true
		}
	}
	return nil, false
}
