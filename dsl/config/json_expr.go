package config

import (
	"math/big"
	"reflect"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/diag"
)

// expression is a JSON value as an expression: a string is a template, and
// one that is "${…}" and no more is what stands within; an array is a list,
// an object an object whose keys are templates, too.
func (r *jsonReader) expression(v *jsonValue) hclsyntax.Expression {
	at := r.in.of(v)
	switch v.kind {
	case jsonBool:
		return &hclsyntax.LiteralValueExpr{Val: cty.BoolVal(v.text == "true"), SrcRange: at}
	case jsonNumber:
		f, _, err := big.ParseFloat(v.text, 10, 512, big.ToNearestEven) // as HCL reads a number
		if err != nil {
			r.report(diag.New(diag.JSONSyntax, at, "This number cannot be read."))
			break
		}
		return &hclsyntax.LiteralValueExpr{Val: cty.NumberVal(f), SrcRange: at}
	case jsonString:
		e := r.template(v)
		if w, ok := e.(*hclsyntax.TemplateWrapExpr); ok {
			return w.Wrapped
		}
		return e
	case jsonArray:
		list := &hclsyntax.TupleConsExpr{SrcRange: at, OpenRange: r.in.between(v.start, v.start+1)}
		for _, item := range v.items {
			list.Exprs = append(list.Exprs, r.expression(item))
		}
		return list
	case jsonObject:
		object := &hclsyntax.ObjectConsExpr{SrcRange: at, OpenRange: r.in.between(v.start, v.start+1)}
		for _, m := range v.members {
			object.Items = append(object.Items, hclsyntax.ObjectConsItem{
				KeyExpr:   &hclsyntax.ObjectConsKeyExpr{Wrapped: r.key(m.key)},
				ValueExpr: r.expression(m.value),
			})
		}
		return object
	}
	return &hclsyntax.LiteralValueExpr{Val: cty.NullVal(cty.DynamicPseudoType), SrcRange: at}
}

// key is an object's key: a plain name as native syntax writes it without
// quotes, else a template.
func (r *jsonReader) key(v *jsonValue) hclsyntax.Expression {
	if v.escaped || !plainName(v.text) {
		return r.template(v)
	}
	at := r.in.of(v)
	return &hclsyntax.ScopeTraversalExpr{Traversal: hcl.Traversal{hcl.TraverseRoot{Name: v.text, SrcRange: at}}, SrcRange: at}
}

func plainName(s string) bool {
	for i, c := range []byte(s) {
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c != '-' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}

// bare is the expression that a string holds, for arguments that name a type
// or a declared thing: "list(string)", "target.api".
func (r *jsonReader) bare(v *jsonValue) hclsyntax.Expression {
	if v.kind != jsonString || strings.HasPrefix(v.text, "${") {
		return r.expression(v)
	}
	return r.parse(v, hclsyntax.LexExpression, hclsyntax.ParseExpression)
}

// references is an object whose values are references.
func (r *jsonReader) references(v *jsonValue) hclsyntax.Expression {
	e := r.expression(v)
	if object, ok := e.(*hclsyntax.ObjectConsExpr); ok && v.kind == jsonObject {
		for i, m := range v.members {
			object.Items[i].ValueExpr = r.bare(m.value)
		}
	}
	return e
}

// names is a list of names, or one.
func (r *jsonReader) names(v *jsonValue) hclsyntax.Expression {
	if v.kind != jsonArray {
		return r.bare(v)
	}
	list := &hclsyntax.TupleConsExpr{SrcRange: r.in.of(v), OpenRange: r.in.between(v.start, v.start+1)}
	for _, item := range v.items {
		list.Exprs = append(list.Exprs, r.bare(item))
	}
	return list
}

// template is a string as a template.
func (r *jsonReader) template(v *jsonValue) hclsyntax.Expression {
	if problem := hiddenNumber(v.text); problem != "" {
		r.report(diag.New(diag.LimitExceeded, r.in.of(v), "%s", problem))
	}
	if strings.Contains(v.text, "${") || strings.Contains(v.text, "%{") {
		return r.parse(v, hclsyntax.LexTemplate, hclsyntax.ParseTemplate)
	}
	at := r.in.of(v)
	text := &hclsyntax.LiteralValueExpr{Val: cty.StringVal(v.text), SrcRange: r.in.between(v.start+1, v.end-1)}
	return &hclsyntax.TemplateExpr{Parts: []hclsyntax.Expression{text}, SrcRange: at}
}

type (
	lexer  func(src []byte, name string, start hcl.Pos) (hclsyntax.Tokens, hcl.Diagnostics)
	parser func(src []byte, name string, start hcl.Pos) (hclsyntax.Expression, hcl.Diagnostics)
)

// elsewhere is the file of ranges that count within a decoded string.
const elsewhere = "\x00string"

// parse reads what a string holds. Its ranges lie in the JSON file, also
// where escapes make the text there longer than what it means.
func (r *jsonReader) parse(v *jsonValue, lex lexer, read parser) hclsyntax.Expression {
	name, start := r.in.name, r.in.pos(v.start+1)
	fix := func(rng hcl.Range) hcl.Range { return rng }
	if v.escaped {
		_, origins, _ := unescape(r.in.src[v.start+1:v.end-1], true)
		place := func(p hcl.Pos) hcl.Pos {
			return r.in.pos(v.start + 1 + origins[min(max(p.Byte, 0), len(origins)-1)])
		}
		name, start = elsewhere, hcl.InitialPos
		fix = func(rng hcl.Range) hcl.Range {
			if rng.Filename != elsewhere {
				return rng
			}
			return hcl.Range{Filename: r.in.name, Start: place(rng.Start), End: place(rng.End)}
		}
	}
	src := []byte(v.text)
	tokens, _ := lex(src, name, start)
	if found := guardTokens(tokens); found.HasErrors() {
		relocate(reflect.ValueOf(&found), fix)
		r.diags.Extend(found)
		return &hclsyntax.LiteralValueExpr{Val: cty.DynamicVal, SrcRange: r.in.of(v)}
	}
	e, hclDiags := read(src, name, start)
	found := diag.FromHCL(hclDiags[:min(len(hclDiags), maxFindings)])
	relocate(reflect.ValueOf(&found), fix)
	r.diags.Extend(found)
	relocate(reflect.ValueOf(&e), fix)
	if t, ok := e.(*hclsyntax.TemplateExpr); ok {
		t.SrcRange = r.in.of(v)
	}
	return e
}

// relocate puts every range that can be reached from v through fix. What fix
// gives must be left alone by it, since a node may be reached twice.
func relocate(v reflect.Value, fix func(hcl.Range) hcl.Range) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			relocate(v.Elem(), fix)
		}
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		if v.Elem().Kind() == reflect.Pointer {
			relocate(v.Elem(), fix)
			return
		}
		held := reflect.New(v.Elem().Type()).Elem() // what an interface holds cannot be changed in place
		held.Set(v.Elem())
		relocate(held, fix)
		v.Set(held)
	case reflect.Slice:
		for i := range v.Len() {
			relocate(v.Index(i), fix)
		}
	case reflect.Struct:
		if rng, ok := v.Addr().Interface().(*hcl.Range); ok {
			*rng = fix(*rng)
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				relocate(v.Field(i), fix)
			}
		}
	}
}
