package compile

import (
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/stdlib/convert"
)

// static reports whether an expression reads only what is known before the
// run and calls no function that draws or reads a clock.
func (l *lowering) static(e hclsyntax.Expression) bool {
	return l.c.readingOf(e, l.env.scope).settled(l.bound)
}

// check evaluates an argument with the run's values unknown, and reports
// what is wrong whatever they will be: a wrong type, a function called with
// wrong arguments. It says false for such an argument.
func (l *lowering) check(a *config.Arg, want cty.Type) (cty.Value, bool) {
	reads := a.Expr.Variables()
	if !l.columns(reads) {
		return cty.DynamicVal, false
	}
	ctx := l.c.context(l.env, a.Bound, reads)
	for name, v := range runtimeRoots {
		ctx.Variables[name] = v
	}
	for _, t := range reads {
		if root := t.RootName(); ctx.Variables[root] == cty.NilVal {
			ctx.Variables[root] = cty.DynamicVal // an input, a loop's element: resolve has checked the name
		}
	}
	ctx.Functions = l.env.checking()
	v, diags := a.Expr.Value(ctx)
	if diags.HasErrors() {
		l.c.evaluatorSaid(l.block, diags)
		return v, false
	}
	if want == cty.DynamicPseudoType {
		return v, true
	}
	bare, _ := v.UnmarkDeep()
	if ty := bare.Type(); ty != cty.DynamicPseudoType && !bare.IsNull() && !convertible(bare, want) {
		l.c.fail(l.block, diag.WrongType, a.Expr.Range(), "%s must be %s; this is %s.", a.Name, article(typeName(want)), article(typeName(ty)))
		return v, false
	}
	return v, true
}

// convertible reports whether a value can be converted to a primitive type;
// one that is not known yet, whether its type leaves that open.
func convertible(v cty.Value, want cty.Type) bool {
	_, err := convert.Convert(v, want)
	return err == nil
}

// runtimeRoots are the values of a run as the type checker sees them.
var runtimeRoots = func() map[string]cty.Value {
	str, num := cty.UnknownVal(cty.String), cty.UnknownVal(cty.Number)
	message := cty.ObjectVal(map[string]cty.Value{"text": str, "json": cty.DynamicVal, "size": num, "binary": cty.UnknownVal(cty.Bool)})
	return map[string]cty.Value{
		"session": cty.DynamicVal,
		"user":    cty.ObjectVal(map[string]cty.Value{"id": str, "index": num, "class": str, "iteration": num}),
		"run":     cty.ObjectVal(map[string]cty.Value{"id": str, "profile": str}),
		"setup":   cty.DynamicVal,
		"cookies": cty.DynamicVal,
		"data":    cty.DynamicVal, // columns has checked the names
		"response": cty.ObjectVal(map[string]cty.Value{
			"status": num, "headers": cty.DynamicVal, "cookies": cty.DynamicVal, "body": str, "json": cty.DynamicVal,
			"html": str, "xml": str, "url": str, "elapsed": num, "size": num, "protocol": str,
			"stream": cty.ObjectVal(map[string]cty.Value{
				"first": num, "total": num, "gap": num, "events": num,
				"last": cty.ObjectVal(map[string]cty.Value{"text": str, "json": cty.DynamicVal, "name": str, "id": str}),
			}),
		}),
		"message": message, "sent": message,
		"event": cty.ObjectVal(map[string]cty.Value{"data": str, "json": cty.DynamicVal, "name": str, "id": str}),
	}
}()

// columns checks that the rows of data have the columns that are read.
func (l *lowering) columns(reads []hcl.Traversal) bool {
	good := true
	for _, t := range reads {
		block, rest := l.env.scope.RowsOf(t)
		if block == nil {
			continue
		}
		id, loaded := l.c.dataIDs[block]
		if loaded && l.c.plan.Data[id].From != nil && l.class != nil && l.class == l.c.once {
			l.c.fail(l.block, diag.NotAvailable, t.SourceRange(), "The rows of data.%s are made of what setup leaves, so setup and teardown cannot read them.", block.Name())
			good = false
		}
		if len(rest) == 0 || !loaded {
			continue // reported where it is declared
		}
		if column := stepName(rest[0]); l.c.readColumn(id, column) < 0 {
			source := &l.c.plan.Data[id]
			names := source.ColumnNames()
			l.c.fail(l.block, diag.UnknownAttribute, t.SourceRange(), "The rows of data.%s have no column %q. They have %s.", source.Name, column, strings.Join(names, ", ")).
				DidYouMean(column, names)
			good = false
		}
	}
	return good
}

// syntax is an argument's expression in HCL's native syntax.
func (c *compiler) syntax(a *config.Arg, b *config.Block) (hclsyntax.Expression, bool) {
	e, ok := a.Expr.(hclsyntax.Expression)
	if !ok {
		c.fail(b, diag.InvalidExpression, a.Expr.Range(), "This expression cannot be read: %T.", a.Expr)
	}
	return e, ok && !a.Bad
}
