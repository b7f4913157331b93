package testfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
	"golang.org/x/net/http/httpguts"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/stdlib"
	"throng/stdlib/convert"
)

// maxBody bounds the body of an answer, in bytes.
const maxBody = 16 << 20

// check holds what a route answers against what can be told of it before it
// is asked.
func (rt *route) check(vars *variables, meter *config.Meter) diag.Diagnostics {
	_, found := rt.evaluate(vars, rt.unknownRequest(), meter)
	return found
}

// answer makes the route's function. What reads nothing of a request is
// evaluated once.
func (rt *route) answer(vars *variables) func(Request) (Answer, error) {
	asks := slices.ContainsFunc(rt.answering(), func(x *expression) bool { return x.reads("request", "") })
	if !asks {
		always, found := rt.evaluate(vars, cty.EmptyObjectVal, config.NewMeter())
		err := found.Err()
		return func(Request) (Answer, error) { return always.clone(), err }
	}
	json := slices.ContainsFunc(rt.answering(), func(x *expression) bool { return x.reads("request", "json") })
	return func(r Request) (Answer, error) {
		meter := config.NewMeter()
		meter.Grant(len(r.Body) * workOfByte)
		a, found := rt.evaluate(vars, requestValue(r, json), meter)
		return a, found.Err()
	}
}

// clone is the answer with headers that the caller may change.
func (a Answer) clone() Answer {
	headers := make(map[string]string, len(a.Headers))
	for name, value := range a.Headers {
		headers[name] = value
	}
	a.Headers = headers
	return a
}

// evaluate makes an answer. Of what is not known it has nothing.
func (rt *route) evaluate(vars *variables, request cty.Value, meter *config.Meter) (Answer, diag.Diagnostics) {
	a := Answer{Status: 200, Headers: map[string]string{}}
	roots := vars.roots()
	roots["request"] = request
	var diags diag.Diagnostics
	each := func(name string, x *expression, take func(cty.Value) (code, problem string)) {
		if x == nil || rt.block.Arg(name).Bad {
			return
		}
		v, found := x.value(roots, meter)
		diags.Extend(found)
		if found.HasErrors() {
			return
		}
		if code, problem := take(v); problem != "" {
			diags.Append(diag.New(code, x.at, "%s", problem).In(rt.block.Place(x.at)))
		}
	}
	each("status", rt.status, a.takeStatus)
	each("headers", rt.headers, a.takeHeaders)
	each("json", rt.json, a.takeJSON)
	each("body", rt.body, a.takeBody)
	for _, d := range diags {
		if d.Block == "" && d.Subject != nil {
			d.In(rt.block.Place(*d.Subject))
		}
	}
	return a, diags
}

func (a *Answer) takeStatus(v cty.Value) (code, problem string) {
	if v.IsNull() || v.Type() == cty.DynamicPseudoType {
		return "", ""
	}
	n, err := convert.Convert(v, cty.Number)
	switch {
	case err != nil:
		return diag.WrongType, fmt.Sprintf("status must be a number from 200 to 599; this is %s.", article(typeName(v.Type())))
	case !n.IsKnown():
		return "", ""
	}
	status, _ := n.AsBigFloat().Int64()
	if status < 200 || status > 599 || !n.AsBigFloat().IsInt() {
		return diag.InvalidStatus, "The status of an answer is a whole number from 200 to 599."
	}
	a.Status = int(status)
	return "", ""
}

func (a *Answer) takeHeaders(v cty.Value) (code, problem string) {
	if v.IsNull() || v.Type() == cty.DynamicPseudoType {
		return "", ""
	}
	if ty := v.Type(); !ty.IsObjectType() && !ty.IsMapType() {
		return diag.WrongType, fmt.Sprintf("headers must be an object, { name = value, … }; this is %s.", article(typeName(ty)))
	}
	if !v.IsKnown() {
		return "", ""
	}
	for it := v.ElementIterator(); it.Next(); {
		key, value := it.Element()
		name := key.AsString()
		switch {
		case !httpguts.ValidHeaderFieldName(name):
			return diag.InvalidHeader, fmt.Sprintf("%q is no name of a header: such names hold letters, digits and hyphens.", short(name))
		case strings.EqualFold(name, "content-length") || strings.EqualFold(name, "transfer-encoding"):
			return diag.InvalidHeader, fmt.Sprintf("%s follows from the body, so it cannot be set. To break an answer off, write fault = \"truncate\".", name)
		case value.IsNull() || !value.IsKnown():
			continue
		}
		text, err := convert.Convert(value, cty.String)
		if err != nil {
			return diag.WrongType, fmt.Sprintf("The header %q must be a string; this is %s.", short(name), article(typeName(value.Type())))
		}
		if !httpguts.ValidHeaderFieldValue(text.AsString()) {
			return diag.InvalidHeader, fmt.Sprintf("The value of the header %q holds a line break or a control character, and cannot be sent.", short(name))
		}
		a.Headers[name] = text.AsString()
	}
	return "", ""
}

func (a *Answer) takeJSON(v cty.Value) (code, problem string) {
	if !a.has("content-type") {
		a.Headers["Content-Type"] = "application/json"
	}
	if !v.IsWhollyKnown() {
		return "", ""
	}
	value, err := stdlib.FromCty(v)
	if err != nil {
		return diag.WrongType, sentence(err)
	}
	a.Body = value.AppendJSON(nil, false)
	return a.bounded()
}

func (a *Answer) takeBody(v cty.Value) (code, problem string) {
	if v.IsNull() {
		return "", ""
	}
	text, err := convert.Convert(v, cty.String)
	switch {
	case err != nil:
		return diag.WrongType, fmt.Sprintf("body must be a string; this is %s. For JSON write json = ….", article(typeName(v.Type())))
	case !text.IsKnown():
		return "", ""
	}
	a.Body = []byte(text.AsString())
	return a.bounded()
}

func (a *Answer) bounded() (code, problem string) {
	if len(a.Body) > maxBody {
		a.Body = nil
		return diag.LimitExceeded, fmt.Sprintf("The body of an answer may have %d MiB at most.", maxBody>>20)
	}
	return "", ""
}

func (a *Answer) has(header string) bool {
	for name := range a.Headers {
		if strings.EqualFold(name, header) {
			return true
		}
	}
	return false
}

// attributes of a request, as expressions read them.
var requestAttributes = []string{"body", "count", "headers", "json", "method", "params", "path", "query"}

// unknownRequest is a request of which no more is known than its route says.
func (rt *route) unknownRequest() cty.Value {
	params := map[string]cty.Value{}
	for _, name := range rt.params {
		params[name] = cty.UnknownVal(cty.String)
	}
	return cty.ObjectVal(map[string]cty.Value{
		"method": cty.UnknownVal(cty.String), "path": cty.UnknownVal(cty.String), "params": cty.ObjectVal(params),
		"query": cty.DynamicVal, "headers": cty.DynamicVal,
		"body": cty.UnknownVal(cty.String), "json": cty.DynamicVal, "count": cty.UnknownVal(cty.Number),
	})
}

// requestValue is a request as expressions read it. With json its body is
// read as such; what is no JSON is null.
func requestValue(r Request, json bool) cty.Value {
	document := cty.NullVal(cty.DynamicPseudoType)
	if json {
		if v, ok := parseDocument([]byte(r.Body)); ok {
			document = v
		}
	}
	return cty.ObjectVal(map[string]cty.Value{
		"method": cty.StringVal(r.Method), "path": cty.StringVal(r.Path),
		"params": texts(r.Params), "query": texts(r.Query), "headers": texts(r.Headers),
		"body": cty.StringVal(r.Body), "json": document, "count": cty.NumberIntVal(int64(r.Count)),
	})
}

func texts(m map[string]string) cty.Value {
	values := make(map[string]cty.Value, len(m))
	for name, text := range m {
		values[name] = cty.StringVal(text)
	}
	return cty.ObjectVal(values)
}
