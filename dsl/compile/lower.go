package compile

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/stdlib"
)

// lowering turns expressions of one argument into plan expressions. What is
// wholly static is evaluated now and becomes a constant; the rest becomes a
// tree over the user's frame; a shape without a lowered form becomes a call
// of HCL's evaluator.
type lowering struct {
	c     *compiler
	block *config.Block
	env   *environ
	bound *config.Binding // what the names of for_each mean
	class *classBuilder   // whose session values may be read; nil where none are
	names *names          // what input and the labels of loops mean
	row   bool            // each is the row that is generated
	param []string        // parameters of the function whose result this is

	strict  bool // an absent JSON value is an error, not null
	asking  bool // in try or can, where an error is no mistake
	failure plan.ErrorClass
	reads   map[string]bool // session values read
	slots   map[held]bool   // the slots of all that is read and changes in a run
	body    bool            // the answer's body is read
	secret  bool            // a sensitive value takes part
}

// lowering prepares for an argument of b.
func (c *compiler) lowering(a *config.Arg, b *config.Block, class *classBuilder) *lowering {
	l := &lowering{c: c, block: b, env: c.env(a.Module), bound: a.Bound, class: class, failure: plan.FailExpression, reads: map[string]bool{}, slots: map[held]bool{}}
	if class != nil {
		l.names = class.names
	}
	return l
}

// lower gives e's lowered form. Errors are reported and yield null, so that
// compilation goes on.
func (l *lowering) lower(e hclsyntax.Expression) plan.Expr {
	if c, ok := l.constant(e); ok {
		return c
	}
	if l.static(e) {
		return &failed{"this can never be evaluated", l.at(e.Range())}
	}
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		return l.lower(e.Expression)
	case *config.Part:
		return l.lower(e.Expression)
	case *hclsyntax.TemplateWrapExpr:
		return l.lower(e.Wrapped)
	case *hclsyntax.TemplateExpr:
		return l.template(e, plan.EncText)
	case *hclsyntax.ScopeTraversalExpr:
		return l.traversal(e)
	case *hclsyntax.RelativeTraversalExpr:
		return l.steps(l.lower(e.Source), e.Traversal, e.Range())
	case *hclsyntax.IndexExpr:
		return &index{l.lower(e.Collection), l.lower(e.Key), l.at(e.Range())}
	case *config.Conditional:
		return l.lower(e.ConditionalExpr)
	case *hclsyntax.ConditionalExpr:
		return &conditional{l.lower(e.Condition), l.lower(e.TrueResult), l.lower(e.FalseResult), l.at(e.Range())}
	case *hclsyntax.BinaryOpExpr:
		return l.binary(e)
	case *hclsyntax.UnaryOpExpr:
		return &unary{e.Op == hclsyntax.OpLogicalNot, l.lower(e.Val), l.at(e.Range())}
	case *hclsyntax.TupleConsExpr:
		items := make([]plan.Expr, len(e.Exprs))
		for i, item := range e.Exprs {
			items[i] = l.lower(item)
		}
		return tuple(items)
	case *hclsyntax.ObjectConsExpr:
		return l.object(e)
	case *hclsyntax.FunctionCallExpr:
		return l.call(e)
	case *hclsyntax.SplatExpr:
		if path, ok := l.jsonPath(e); ok {
			return path
		}
	}
	return l.fallback(e, shapeName(e))
}

func shapeName(e hclsyntax.Expression) string {
	switch e.(type) {
	case *hclsyntax.ForExpr, *config.Loop:
		return "a for expression"
	case *hclsyntax.SplatExpr:
		return "a splat"
	case *hclsyntax.TemplateJoinExpr:
		return "a for directive in a template"
	}
	return "an expression of this shape"
}

// at is where a run-time failure of the expression is shown.
func (l *lowering) at(r hcl.Range) failing {
	return failing{l.c.site(r, l.block), l.failure}
}

// constant evaluates an expression that nothing of the run can change. What
// is wrong with it is reported, and reads as null; in try and can it is no
// constant.
func (l *lowering) constant(e hclsyntax.Expression) (plan.Const, bool) {
	_, key := e.(*hclsyntax.ObjectConsKeyExpr) // costs nothing
	if !l.static(e) || !key && l.c.spent(l.block, e) {
		return plan.Const{}, false
	}
	null := plan.Const{Value: plan.NullValue()}
	v, diags := e.Value(l.c.context(l.env, l.bound, e.Variables()))
	if diags.HasErrors() {
		if l.asking {
			return null, false
		}
		l.c.evaluatorSaid(l.block, diags)
		return null, true
	}
	if !v.IsWhollyKnown() {
		return null, true // made of something that is reported
	}
	if l.c.meter != nil && !key && !l.c.meter.Weigh(v) {
		l.c.fail(l.block, diag.LimitExceeded, e.Range(), "%s", config.TooMuch)
		return null, true
	}
	value, err := stdlib.FromCty(v)
	switch {
	case err != nil && l.asking:
		return null, false
	case err != nil:
		l.c.fail(l.block, diag.OperationFailed, e.Range(), "%s", sentence(err))
		return null, true
	}
	secret := v.ContainsMarked()
	if secret {
		l.secret = true
		l.c.keepSecret(v)
	}
	return plan.Const{Value: value, Secret: secret}, true
}

// template lowers a quoted template or heredoc. enc says how what it holds is
// written into the text around it.
func (l *lowering) template(e *hclsyntax.TemplateExpr, enc plan.Encoding) *plan.Template {
	t := &plan.Template{}
	for _, part := range e.Parts {
		if v, ok := l.constant(part); ok {
			text, problem := plan.AppendEncoded(nil, v.Value, enc)
			switch {
			case problem == "":
				t.Add(plan.Part{Lit: string(text)})
			case l.asking:
				t.Add(plan.Part{Expr: &failed{problem, l.at(part.Range())}, Enc: enc, Site: l.c.site(part.Range(), l.block)})
			default:
				l.c.fail(l.block, diag.InvalidInterpolation, part.Range(), "%s.", capital(problem))
			}
			continue
		}
		t.Add(plan.Part{Expr: l.lower(part), Enc: enc, Site: l.c.site(part.Range(), l.block)})
	}
	return t
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]-'a'+'A') + s[1:]
}

// text lowers an expression into a template that renders it in an encoding.
func (l *lowering) text(e hclsyntax.Expression, enc plan.Encoding) *plan.Template {
	if t, ok := e.(*hclsyntax.TemplateExpr); ok && !l.static(e) {
		return l.template(t, enc)
	}
	t := &plan.Template{}
	if v, ok := l.constant(e); ok {
		text, problem := plan.AppendEncoded(nil, v.Value, enc)
		if problem != "" {
			l.c.fail(l.block, diag.WrongType, e.Range(), "%s.", capital(problem))
		}
		t.Add(plan.Part{Lit: string(text)})
		return t
	}
	t.Add(plan.Part{Expr: l.lower(e), Enc: enc, Site: l.c.site(e.Range(), l.block)})
	return t
}

// json lowers an expression into a template that renders it as JSON.
// Objects and lists written out become literals around their parts.
func (l *lowering) json(e hclsyntax.Expression, t *plan.Template) {
	if v, ok := l.constant(e); ok {
		t.Add(plan.Part{Lit: string(v.Value.AppendJSON(nil, false))})
		return
	}
	switch e := e.(type) {
	case *hclsyntax.ParenthesesExpr:
		l.json(e.Expression, t)
		return
	case *hclsyntax.TupleConsExpr:
		t.Add(plan.Part{Lit: "["})
		for i, item := range e.Exprs {
			if i > 0 {
				t.Add(plan.Part{Lit: ","})
			}
			l.json(item, t)
		}
		t.Add(plan.Part{Lit: "]"})
		return
	case *hclsyntax.ObjectConsExpr:
		items, ok := l.items(e)
		if !ok {
			break
		}
		t.Add(plan.Part{Lit: "{"})
		for i, item := range items {
			lead := ""
			if i > 0 {
				lead = ","
			}
			t.Add(plan.Part{Lit: lead + string(plan.AppendJSONString(nil, item.name, false)) + ":"})
			l.json(item.expr, t)
		}
		t.Add(plan.Part{Lit: "}"})
		return
	case *hclsyntax.TemplateExpr:
		t.Add(plan.Part{Lit: `"`})
		for _, p := range l.template(e, plan.EncJSONText).Parts {
			t.Add(p)
		}
		t.Add(plan.Part{Lit: `"`})
		return
	}
	t.Add(plan.Part{Expr: l.lower(e), Enc: plan.EncJSON, Site: l.c.site(e.Range(), l.block)})
}

type item struct {
	name string
	expr hclsyntax.Expression
	at   hcl.Range
}

// items are the attributes of an object constructor whose keys are all
// static, sorted by name; of two with one name the later wins, as in HCL.
func (l *lowering) items(e *hclsyntax.ObjectConsExpr) ([]item, bool) {
	items, ok := l.unsorted(e)
	if !ok {
		return nil, false
	}
	slices.SortFunc(items, func(a, b item) int { return strings.Compare(a.name, b.name) })
	return items, true
}

// unsorted is items in the order of the source.
func (l *lowering) unsorted(e *hclsyntax.ObjectConsExpr) ([]item, bool) {
	items := make([]item, 0, len(e.Items))
	last := map[string]int{}
	for _, i := range e.Items {
		if !l.static(i.KeyExpr) {
			return nil, false
		}
		v, ok := l.constant(i.KeyExpr)
		if !ok {
			return nil, false
		}
		name, ok := v.Value.AppendText(nil)
		if !ok {
			l.c.fail(l.block, diag.InvalidKey, i.KeyExpr.Range(), "A key must be a string.")
			continue
		}
		if _, twice := last[string(name)]; twice {
			l.c.fail(l.block, diag.DuplicateKey, i.KeyExpr.Range(), "The key %q stands twice in this object.", name)
		}
		last[string(name)] = len(items)
		items = append(items, item{string(name), i.ValueExpr, i.KeyExpr.Range()})
	}
	kept := items[:0]
	for i, it := range items {
		if last[it.name] == i {
			kept = append(kept, it)
		}
	}
	return kept, true
}

func (l *lowering) object(e *hclsyntax.ObjectConsExpr) plan.Expr {
	items, ok := l.items(e)
	if !ok {
		return l.fallback(e, "an object with computed keys")
	}
	o := &object{}
	for _, i := range items {
		o.names = append(o.names, i.name)
		o.values = append(o.values, l.lower(i.expr))
	}
	return o
}

func (l *lowering) binary(e *hclsyntax.BinaryOpExpr) plan.Expr {
	x, y, at := l.lower(e.LHS), l.lower(e.RHS), l.at(e.Range())
	switch e.Op {
	case hclsyntax.OpEqual, hclsyntax.OpNotEqual:
		return &equality{x, y, e.Op == hclsyntax.OpNotEqual}
	case hclsyntax.OpLogicalAnd, hclsyntax.OpLogicalOr:
		return &logic{x, y, e.Op == hclsyntax.OpLogicalOr, at}
	case hclsyntax.OpGreaterThan:
		return &comparison{x, y, at, ">", func(order int) bool { return order > 0 }}
	case hclsyntax.OpGreaterThanOrEqual:
		return &comparison{x, y, at, ">=", func(order int) bool { return order >= 0 }}
	case hclsyntax.OpLessThan:
		return &comparison{x, y, at, "<", func(order int) bool { return order < 0 }}
	case hclsyntax.OpLessThanOrEqual:
		return &comparison{x, y, at, "<=", func(order int) bool { return order <= 0 }}
	case hclsyntax.OpAdd:
		return &arithmetic{x, y, at, "+", add}
	case hclsyntax.OpSubtract:
		return &arithmetic{x, y, at, "-", subtract}
	case hclsyntax.OpMultiply:
		return &arithmetic{x, y, at, "*", multiply}
	case hclsyntax.OpDivide:
		return &arithmetic{x, y, at, "/", divide}
	case hclsyntax.OpModulo:
		return &arithmetic{x, y, at, "%", modulo}
	}
	return l.fallback(e, "an operator of this kind")
}

func (l *lowering) call(e *hclsyntax.FunctionCallExpr) plan.Expr {
	switch e.Name {
	case "try", "can":
		return l.try(e)
	}
	if own := l.env.scope.Function(e.Name); own != nil {
		return l.ownCall(e, own)
	}
	fn, found := stdlib.Lookup(e.Name)
	if !found || fn.WaitOnly {
		return unknown // reported by resolve
	}
	if fn.Lower == nil || e.ExpandFinal {
		return l.fallback(e, e.Name+"()")
	}
	args := make([]plan.Expr, len(e.Args))
	for i, a := range e.Args {
		args[i] = l.lower(a)
	}
	expr, err := fn.Lower(stdlib.Call{Args: args, Site: l.c.site(e.Range(), l.block)})
	if err != nil {
		l.c.fail(l.block, diag.FunctionArguments, e.Range(), "%s", sentence(err))
		return unknown
	}
	return expr
}

func (l *lowering) try(e *hclsyntax.FunctionCallExpr) plan.Expr {
	strict, asking := l.strict, l.asking
	l.strict, l.asking = true, true
	defer func() { l.strict, l.asking = strict, asking }()
	args := make([]plan.Expr, len(e.Args))
	for i, a := range e.Args {
		args[i] = l.lower(a)
	}
	switch {
	case e.ExpandFinal || len(args) == 0 || e.Name == "can" && len(args) > 1:
		return l.fallback(e, e.Name+"() of this form")
	case e.Name == "can":
		return can{args[0]}
	}
	return &try{args, l.at(e.Range())}
}
