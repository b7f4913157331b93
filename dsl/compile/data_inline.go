package compile

import (
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/diag"
	"throng/dsl/plan"
)

// inline takes rows that stand in the scenario, or those that setup makes.
func (t *table) inline() bool {
	c, b := t.c, t.block
	a := b.Arg("rows")
	e, ok := c.syntax(a, b)
	if !ok {
		return false
	}
	l := c.lowering(a, b, nil)
	if l.static(e) {
		v, ok := c.static(a, b)
		return ok && v.IsWhollyKnown() && t.known(v)
	}
	early := true
	for _, v := range e.Variables() {
		switch root := rootOf(v); root {
		case "var", "local", "path", "module", "setup":
			early = early && root != "setup"
		case "session", "user", "data", "run", "cookies", "input":
			c.fail(b, diag.NotAvailable, v.SourceRange(), "%q is known only while a user runs, but rows are settled before the first user. They may read setup.", root)
			return false
		}
	}
	if early {
		c.fail(b, diag.NotConstant, a.Expr.Range(), "Rows that are written here are known before the run. For rows that are drawn at random write data \"generated\".")
		return false
	}
	t.From = plan.Const{Value: plan.NullValue()} // until setup is compiled
	c.later = append(c.later, func() {
		id, good := c.dataIDs[b]
		if !good {
			return
		}
		if _, ok := l.check(a, cty.DynamicPseudoType); ok {
			c.plan.Data[id].From = l.lower(e)
		}
	})
	return true
}

// rowsOfSetup lowers the rows that setup makes, which can be done only when
// what it captures is known.
func (c *compiler) rowsOfSetup() {
	for _, lower := range c.later {
		lower()
	}
}

// known takes the rows of a static value. A column with a sensitive value in
// it is sensitive.
func (t *table) known(v cty.Value) bool {
	c, b, at := t.c, t.block, t.block.Arg("rows").Expr.Range()
	c.keepSecret(v)
	t.sensitiveParts(v)
	rows := fromCty(v)
	if rows.Kind() != plan.List {
		c.fail(b, diag.WrongType, at, "rows must be a list of objects; this is %s.", article(typeName(v.Type())))
		return false
	}
	bad := &plan.BadRows{Word: "row"}
	for i, row := range rows.Items() {
		t.AddRow(row, i+1, bad)
	}
	return t.rowsFit("rows", "rows", bad)
}

// sensitiveParts notes the columns that hold a value with the sensitive mark.
func (t *table) sensitiveParts(v cty.Value) {
	if !v.ContainsMarked() {
		return
	}
	_, paths := v.UnmarkDeepWithPaths()
	names := map[string]bool{}
	for _, p := range paths {
		if len(p.Path) >= 2 {
			switch step := p.Path[1].(type) {
			case cty.GetAttrStep:
				names[step.Name] = true
				continue
			case cty.IndexStep:
				if step.Key.Type() == cty.String {
					names[step.Key.AsString()] = true
					continue
				}
			}
		}
		t.allSecret = true
	}
	for name := range names {
		t.secret = append(t.secret, name)
	}
}
