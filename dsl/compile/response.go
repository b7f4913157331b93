package compile

import (
	"net/http"
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
	case "stream":
		return l.stream(e)
	case "status":
		return attr(func(r *plan.Response) plan.Value { return plan.IntValue(int64(r.Status)) })
	case "url":
		return attr(func(r *plan.Response) plan.Value { return plan.StringValue(r.URL()) })
	case "elapsed":
		return attr(func(r *plan.Response) plan.Value { return plan.FloatValue(r.Elapsed.Seconds()) })
	case "size":
		return attr(func(r *plan.Response) plan.Value { return plan.IntValue(r.Size) })
	case "protocol":
		return attr(func(r *plan.Response) plan.Value { return plan.StringValue(r.Proto) })
	case "cookies":
		if len(t) == 2 {
			return l.fallback(e, "all cookies of an answer as one value")
		}
		return l.steps(&setCookie{stepName(t[2]), l.strict, at}, t[3:], e.Range())
	case "body", "html", "xml":
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

// setCookie is the value of a cookie that the answer sets.
type setCookie struct {
	name   string
	strict bool
	at     failing
}

func (e *setCookie) Eval(f *plan.Frame) (plan.Value, error) {
	if f.Response != nil {
		if v, ok := responseCookies(f.Response)[e.name]; ok {
			return plan.StringValue(v), nil
		}
	}
	if e.strict {
		return plan.Value{}, e.at.error("the answer sets no cookie " + strconv.Quote(e.name))
	}
	return plan.Value{}, nil
}

// Describe is response.cookies.NAME.
func (e *setCookie) Describe(*plan.Plan) string { return "response.cookies." + e.name }

// responseCookies are the cookies that an answer sets, by name; of two with
// one name the later.
func responseCookies(r *plan.Response) map[string]string {
	all := map[string]string{}
	r.EachHeader(func(name, value string) {
		if !strings.EqualFold(name, "Set-Cookie") {
			return
		}
		if c, err := http.ParseSetCookie(value); err == nil {
			all[c.Name] = c.Value
		}
	})
	return all
}

// jsonPath lowers a document with what follows it to gjson paths over the raw
// text. It says false for shapes that such paths cannot express.
func (l *lowering) jsonPath(e hclsyntax.Expression) (plan.Expr, bool) {
	j := &jsonValue{strict: l.strict, at: l.at(e.Range())}
	if !j.of(e) {
		return nil, false
	}
	l.body = l.body || j.doc == docAnswer
	return j, true
}

// of takes apart an expression that begins with a document: attributes and
// whole-number indexes, and at most one splat with the path that is followed
// in each of its elements.
func (j *jsonValue) of(e hclsyntax.Expression) (ok bool) {
	switch e := e.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		var rest hcl.Traversal
		if j.doc, rest, ok = documentOf(e.Traversal); ok {
			j.path, ok = appendSteps("", rest)
		}
		return ok
	case *hclsyntax.SplatExpr:
		if !j.of(e.Source) || j.splat {
			return false
		}
		j.splat = true
		switch item := e.Each.(type) {
		case *hclsyntax.AnonSymbolExpr:
			return true
		case *hclsyntax.RelativeTraversalExpr:
			if _, direct := item.Source.(*hclsyntax.AnonSymbolExpr); direct {
				j.each, ok = appendSteps("", item.Traversal)
				return ok
			}
		}
	}
	return false
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

// jsonValue reads a path of a document. A string it gives may share the
// text's memory, so whoever keeps it longer than the answer, message or event
// copies it.
type jsonValue struct {
	doc    document
	path   string // "" for the whole document
	splat  bool   // all elements of what path finds
	each   string // followed in each of them; "" for the elements themselves
	strict bool   // what is absent is an error, not null
	at     failing
}

func (j *jsonValue) Eval(f *plan.Frame) (plan.Value, error) {
	body, ok := j.doc.valid(f)
	switch {
	case ok:
	case j.doc.lenient() && !j.strict && j.splat:
		return plan.ListValue(nil), nil
	case j.doc.lenient() && !j.strict:
		return plan.Value{}, nil
	default:
		return plan.Value{}, j.at.error(j.doc.words() + " is not JSON")
	}
	return j.in(unsafe.String(unsafe.SliceData(body), len(body)))
}

// in reads it in a text that is JSON.
func (j *jsonValue) in(body string) (plan.Value, error) {
	found, err := j.find(gjson.Result{Type: gjson.JSON, Raw: body}, j.path)
	if err != nil || !j.splat {
		return fromJSON(found), err
	}
	switch {
	case found.Type == gjson.Null: // also what is absent
		return plan.ListValue(nil), nil
	case !found.IsArray():
		found, err = j.find(found, j.each)
		return plan.ListValue([]plan.Value{fromJSON(found)}), err
	}
	items := []plan.Value{}
	found.ForEach(func(_, item gjson.Result) bool {
		if item, err = j.find(item, j.each); err == nil {
			items = append(items, fromJSON(item))
		}
		return err == nil
	})
	return plan.ListValue(items), err
}

// find follows a path from a value.
func (j *jsonValue) find(in gjson.Result, path string) (gjson.Result, error) {
	found := in
	if path != "" {
		found = gjson.Get(in.Raw, path)
	} else if in.Type == gjson.JSON {
		found = gjson.Parse(in.Raw)
	}
	if !found.Exists() && j.strict {
		return found, j.at.error(j.doc.words() + "'s JSON has no " + strconv.Quote(path))
	}
	return found, nil
}

// validJSON reports whether a text is JSON; it looks once, and keeps in state
// what it found.
func validJSON(text []byte, state *plan.JSONState) bool {
	if *state == plan.JSONUnknown {
		*state = plan.JSONInvalid
		if !tooDeep(text) && gjson.ValidBytes(text) {
			*state = plan.JSONValid
		}
	}
	return *state == plan.JSONValid
}

// maxJSONDepth bounds how deep an answer may nest. The readers recurse, and a
// body of brackets must not exhaust the stack, which would end the process.
const maxJSONDepth = 1000

// tooDeep reports whether brackets nest beyond maxJSONDepth.
func tooDeep(body []byte) bool {
	if len(body) <= maxJSONDepth {
		return false
	}
	depth, quoted := 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '[' || c == '{':
			if depth++; depth > maxJSONDepth {
				return true
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return false
}

// fromJSON is a value of a valid document; Missing for what does not exist.
func fromJSON(r gjson.Result) plan.Value {
	if !r.Exists() {
		return plan.Value{}
	}
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
		if r.IsArray() {
			items := []plan.Value{}
			r.ForEach(func(_, v gjson.Result) bool {
				items = append(items, fromJSON(v))
				return true
			})
			return plan.ListValue(items)
		}
		var fields []plan.Field
		r.ForEach(func(k, v gjson.Result) bool {
			fields = append(fields, plan.Field{Name: k.Str, Value: fromJSON(v)})
			return true
		})
		return plan.ObjectValue(fields)
	}
	return plan.NullValue()
}
