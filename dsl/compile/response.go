package compile

import (
	"strconv"
	"strings"
	"unsafe"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/tidwall/gjson"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

// response lowers response.status, response.headers.X, response.json.a.b ….
func (l *lowering) response(e *hclsyntax.ScopeTraversalExpr) plan.Expr {
	t := e.Traversal
	at := l.at(e.Range())
	attr := func(get func(r *plan.Response) plan.Value) plan.Expr {
		return l.steps(&property{"response." + stepName(t[1]), func(f *plan.Frame) plan.Value {
			if f.Response == nil {
				return plan.NullValue()
			}
			return get(f.Response)
		}}, t[2:], e.Range())
	}
	switch stepName(t[1]) {
	case "status":
		return attr(func(r *plan.Response) plan.Value { return plan.IntValue(int64(r.Status)) })
	case "url":
		return attr(func(r *plan.Response) plan.Value { return plan.StringValue(r.URL) })
	case "elapsed":
		return attr(func(r *plan.Response) plan.Value { return plan.FloatValue(r.Elapsed.Seconds()) })
	case "size":
		return attr(func(r *plan.Response) plan.Value { return plan.IntValue(r.Size) })
	case "body":
		l.body = true
		return attr(func(r *plan.Response) plan.Value { return plan.StringValue(string(r.Body)) })
	case "headers":
		if len(t) == 2 {
			return l.fallback(e, "all headers as one value")
		}
		return l.steps(&header{stepName(t[2]), l.strict, at}, t[3:], e.Range())
	}
	path, ok := l.jsonPath(e)
	if !ok {
		return l.fallback(e, "a JSON path of this shape")
	}
	return path
}

// header is the first value of a header of the answer.
type header struct {
	name   string
	strict bool
	at     failing
}

func (h *header) Eval(f *plan.Frame) (plan.Value, error) {
	if f.Response != nil {
		if v, ok := f.Response.HeaderValue(h.name); ok {
			return plan.StringValue(v), nil
		}
	}
	if h.strict {
		return plan.Value{}, h.at.error("the answer has no header " + strconv.Quote(h.name))
	}
	return plan.Value{}, nil
}

// jsonPath lowers response.json with what follows it to a gjson path over the
// raw body. It says false for shapes such a path cannot express.
func (l *lowering) jsonPath(e hclsyntax.Expression) (plan.Expr, bool) {
	path, splat, ok := gjsonPath(e)
	if !ok || splat && l.strict && strings.Contains(path, "#.") {
		return nil, false
	}
	l.body = true
	return &jsonValue{path: path, splat: splat, strict: l.strict, at: l.at(e.Range())}, true
}

// gjsonPath is the gjson path of an expression that begins with
// response.json: attributes and whole-number indexes, and at most one splat.
// After a splat, elements without the attribute are an error in HCL, while
// gjson leaves them out, so that case stays with HCL in strict positions.
func gjsonPath(e hclsyntax.Expression) (path string, splat, ok bool) {
	switch e := e.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		t := e.Traversal
		if t.RootName() != "response" || len(t) < 2 || stepName(t[1]) != "json" {
			return "", false, false
		}
		path, ok := appendSteps("", t[2:])
		return path, false, ok
	case *hclsyntax.SplatExpr:
		source, inner, ok := gjsonPath(e.Source)
		if !ok || inner {
			return "", false, false
		}
		rest := hcl.Traversal{}
		switch item := e.Each.(type) {
		case *hclsyntax.AnonSymbolExpr:
		case *hclsyntax.RelativeTraversalExpr:
			if _, direct := item.Source.(*hclsyntax.AnonSymbolExpr); !direct {
				return "", false, false
			}
			rest = item.Traversal
		default:
			return "", false, false
		}
		if len(rest) == 0 {
			return source, true, true
		}
		after, ok := appendSteps("", rest)
		if !ok {
			return "", false, false
		}
		return joinPath(source, "#."+after), true, true
	}
	return "", false, false
}

func appendSteps(path string, steps hcl.Traversal) (string, bool) {
	for _, step := range steps {
		switch step := step.(type) {
		case hcl.TraverseAttr:
			path = joinPath(path, escapePath(step.Name))
		case hcl.TraverseIndex:
			if step.Key.Type() == cty.String {
				path = joinPath(path, escapePath(step.Key.AsString()))
				continue
			}
			i, acc := step.Key.AsBigFloat().Int64()
			if acc != 0 || i < 0 {
				return "", false
			}
			path = joinPath(path, strconv.FormatInt(i, 10))
		default:
			return "", false
		}
	}
	return path, true
}

func joinPath(path, step string) string {
	if path == "" {
		return step
	}
	return path + "." + step
}

// escapePath makes a key literal in a gjson path.
func escapePath(key string) string {
	var b strings.Builder
	for i := 0; i < len(key); i++ {
		c := key[i]
		if c != '_' && c != '-' && c < 0x80 && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	return b.String()
}

// jsonValue reads a path of the answer's JSON. A string it gives may share
// the body's memory, so whoever keeps it longer than the answer copies it.
type jsonValue struct {
	path   string // "" for the whole document
	splat  bool
	strict bool
	at     failing
}

func (j *jsonValue) Eval(f *plan.Frame) (plan.Value, error) {
	r := f.Response
	if r == nil || !validJSON(r) {
		return plan.Value{}, j.at.error("the answer is not JSON")
	}
	body := unsafe.String(unsafe.SliceData(r.Body), len(r.Body))
	var found gjson.Result
	if j.path == "" {
		found = gjson.Parse(body)
	} else {
		found = gjson.Get(body, j.path)
	}
	if found.Exists() {
		v := fromJSON(found)
		if j.splat && v.Kind() != plan.List {
			if v.IsNull() {
				return plan.ListValue(nil), nil
			}
			return plan.ListValue([]plan.Value{v}), nil
		}
		return v, nil
	}
	if j.strict {
		return plan.Value{}, j.at.error("the answer's JSON has no " + strconv.Quote(j.path))
	}
	if j.splat {
		return plan.ListValue(nil), nil
	}
	return plan.Value{}, nil
}

// validJSON reports whether the answer's body is JSON; it looks once.
func validJSON(r *plan.Response) bool {
	if r.JSON == plan.JSONUnknown {
		r.JSON = plan.JSONInvalid
		if gjson.ValidBytes(r.Body) {
			r.JSON = plan.JSONValid
		}
	}
	return r.JSON == plan.JSONValid
}

// maxJSONDepth bounds how deep a captured value may nest.
const maxJSONDepth = 200

func fromJSON(r gjson.Result) plan.Value { return fromJSONAt(r, 0) }

func fromJSONAt(r gjson.Result, depth int) plan.Value {
	switch r.Type {
	case gjson.True, gjson.False:
		return plan.BoolValue(r.Type == gjson.True)
	case gjson.String:
		return plan.StringValue(r.Str)
	case gjson.Number:
		if v, ok := plan.ParseNumber(r.Raw); ok {
			return v
		}
		return plan.StringValue(r.Raw)
	case gjson.JSON:
		if depth > maxJSONDepth {
			return plan.NullValue()
		}
		if r.IsArray() {
			items := []plan.Value{}
			r.ForEach(func(_, v gjson.Result) bool {
				items = append(items, fromJSONAt(v, depth+1))
				return true
			})
			return plan.ListValue(items)
		}
		var fields []plan.Field
		r.ForEach(func(k, v gjson.Result) bool {
			fields = append(fields, plan.Field{Name: k.Str, Value: fromJSONAt(v, depth+1)})
			return true
		})
		return plan.ObjectValue(fields)
	}
	return plan.NullValue()
}
