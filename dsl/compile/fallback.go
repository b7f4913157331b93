package compile

import (
	"errors"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/tidwall/gjson"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/plan"
	"throng/stdlib"
)

// fallback leaves an expression to HCL's evaluator and says in the plan that
// it does, and why.
func (l *lowering) fallback(e hclsyntax.Expression, reason string) plan.Expr {
	site := l.c.site(e.Range(), l.block)
	id := len(l.c.plan.Fallbacks)
	l.c.plan.Fallbacks = append(l.c.plan.Fallbacks, plan.Fallback{Site: site, Reason: reason, Text: l.written(e)})
	return l.evaluated(e, id)
}

// evaluated is an expression evaluated by HCL with the frame's values; id is
// its place in the frame's private storage.
func (l *lowering) evaluated(e hclsyntax.Expression, id int) *evaluated {
	h := &evaluated{expr: e, id: id, at: l.at(e.Range()), env: l.env, needed: map[document]bool{}}
	ctx := l.c.context(l.env, l.bound, e.Variables())
	h.static = ctx.Variables
	delete(h.static, config.MeterName) // while users run each evaluation pays for itself
	seen := map[string]bool{}
	needed := map[string]bool{}
	for _, t := range required(e) {
		if len(t) > 1 {
			needed[t.RootName()+"."+stepName(t[1])] = true
		}
		if d, _, ok := documentOf(t); ok {
			h.needed[d] = true
		}
	}
	asking := l.asking
	defer func() { l.asking = asking }()
	for _, t := range e.Variables() {
		root, name := t.RootName(), ""
		if len(t) > 1 {
			name = stepName(t[1])
		}
		first := !seen[root+"."+name]
		seen[root+"."+name] = true
		switch rootOf(t) {
		default:
			l.asking = asking || name != "" && !needed[root+"."+name]
			if r, ok := l.runRoot(t); ok && first {
				r.asked = l.asking
				h.roots = append(h.roots, r)
			}
		case "data":
			block, _ := l.env.scope.RowsOf(t)
			id, ok := l.c.dataIDs[block]
			if !ok || slices.ContainsFunc(h.data, func(r rowsRead) bool { return r.id == id }) {
				break
			}
			l.c.readData(id)
			l.secret = l.secret || slices.ContainsFunc(l.c.plan.Data[id].Columns, func(c plan.DataColumn) bool { return c.Sensitive })
			h.data = append(h.data, rowsRead{id: id, path: t})
		case "response":
			if len(t) > 1 {
				l.body = l.body || name != "stream"
				l.streamed(t)
				h.response = append(h.response, t)
			}
		case "message", "sent", "event":
			h.arrived = append(h.arrived, t)
		case "var", "local", "module":
			v, diags := t.TraverseAbs(ctx)
			l.secret = l.secret || diags.HasErrors() || v.ContainsMarked()
		}
	}
	if h.strict = l.strict; !l.strict {
		h.lenient = lenientPaths(e)
	}
	return h
}

// lenientPaths are the paths into an answer, a message or an event that read
// as null where they are absent: those outside of try and can, which ask
// whether they exist.
func lenientPaths(e hclsyntax.Expression) []hcl.Traversal {
	w := &lenientWalker{}
	_ = hclsyntax.Walk(e, w)
	return w.paths
}

type lenientWalker struct {
	asking int // calls of try and can around the node
	paths  []hcl.Traversal
}

func (w *lenientWalker) Enter(n hclsyntax.Node) hcl.Diagnostics {
	switch n := n.(type) {
	case *hclsyntax.FunctionCallExpr:
		if asks(n) {
			w.asking++
		}
	case *hclsyntax.ScopeTraversalExpr:
		w.add(n, nil)
	case *hclsyntax.SplatExpr:
		source, direct := n.Source.(*hclsyntax.ScopeTraversalExpr)
		each, steps := n.Each.(*hclsyntax.RelativeTraversalExpr)
		if direct && steps {
			w.add(source, each.Traversal)
		}
	}
	return nil
}

// add notes a path, and what is followed in each of its elements.
func (w *lenientWalker) add(e *hclsyntax.ScopeTraversalExpr, each hcl.Traversal) {
	if w.asking > 0 || len(e.Traversal) < 2 || !slices.Contains([]string{"response", "message", "sent", "event"}, e.Traversal.RootName()) {
		return
	}
	path := e.Traversal
	if each != nil {
		path = append(append(slices.Clone(path), hcl.TraverseSplat{}), each...)
	}
	if len(path) > 2 {
		w.paths = append(w.paths, path)
	}
}

func (w *lenientWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && asks(call) {
		w.asking--
	}
	return nil
}

// evaluated is the fallback: HCL's evaluator over a context made of the
// frame. The context of functions is made once a user, since the functions
// that draw are bound to the user's own random source and HCL does not
// promise concurrent evaluation of one context.
type evaluated struct {
	expr     hclsyntax.Expression
	id       int
	at       failing
	static   map[string]cty.Value
	env      *environ
	roots    []runRoot
	data     []rowsRead
	response []hcl.Traversal
	arrived  []hcl.Traversal // what is read of message, sent and event
	lenient  []hcl.Traversal
	strict   bool              // what is absent is an error, not null
	needed   map[document]bool // those that are read outside of try and can
}

func (h *evaluated) Eval(f *plan.Frame) (plan.Value, error) {
	root, _ := f.Private[h.id].(*hcl.EvalContext)
	if root == nil {
		root = &hcl.EvalContext{Variables: h.static, Functions: ofFrame(f)(h.env)}
		f.Private[h.id] = root
	}
	ctx := root.NewChild()
	vars, err := h.variables(f)
	if err != nil {
		return plan.Value{}, err
	}
	ctx.Variables = vars
	v, diags := h.expr.Value(ctx)
	if diags.HasErrors() {
		d := diags.Errs()[0]
		var first *hcl.Diagnostic
		if errors.As(d, &first) {
			return plan.Value{}, h.at.error(first.Summary + ": " + first.Detail)
		}
		return plan.Value{}, h.at.error(d.Error())
	}
	value, err := stdlib.FromCty(v)
	if err != nil {
		return value, h.at.error(err.Error())
	}
	return value, nil
}

func (h *evaluated) variables(f *plan.Frame) (map[string]cty.Value, error) {
	vars, err := rowValues(f, h.data, h.static["module"])
	if err != nil {
		return nil, err
	}
	if err := addRoots(vars, h.roots, f); err != nil {
		return nil, err
	}
	if len(h.response) > 0 && f.Response != nil {
		r, err := h.responseValue(f)
		if err != nil {
			return nil, err
		}
		vars["response"] = r
	}
	return vars, h.addArrived(vars, f)
}

func (h *evaluated) responseValue(f *plan.Frame) (cty.Value, error) {
	r := f.Response
	attrs := map[string]cty.Value{
		"status":   cty.NumberIntVal(int64(r.Status)),
		"url":      cty.StringVal(r.URL()),
		"elapsed":  cty.NumberFloatVal(r.Elapsed.Seconds()),
		"size":     cty.NumberIntVal(r.Size),
		"body":     cty.StringVal(string(r.Body)),
		"html":     cty.StringVal(string(r.Body)),
		"xml":      cty.StringVal(string(r.Body)),
		"protocol": cty.StringVal(r.Proto),
	}
	cookies := map[string]cty.Value{}
	for name, value := range responseCookies(r) {
		cookies[name] = cty.StringVal(value)
	}
	headers := map[string]cty.Value{}
	var document *plan.Value
	for _, t := range h.response {
		switch stepName(t[1]) {
		case "headers":
			if len(t) == 2 {
				r.EachHeader(func(name, value string) {
					if _, ok := headers[name]; !ok {
						headers[name] = cty.StringVal(value)
					}
				})
			} else if v, ok := r.HeaderValue(stepName(t[2])); ok {
				headers[stepName(t[2])] = cty.StringVal(v)
			}
		case "json":
			if document == nil {
				if !validJSON(r.Body, &r.JSON) {
					return cty.NilVal, h.at.error("the answer is not JSON")
				}
				v := fromJSON(gjson.ParseBytes(r.Body))
				document = &v
			}
		}
	}
	for _, t := range h.lenient {
		if t.RootName() != "response" {
			continue
		}
		switch stepName(t[1]) {
		case "cookies":
			if name := stepName(t[2]); cookies[name] == cty.NilVal {
				cookies[name] = cty.NullVal(cty.DynamicPseudoType)
			}
		case "headers":
			if name := stepName(t[2]); headers[name] == cty.NilVal {
				headers[name] = cty.NullVal(cty.DynamicPseudoType)
			}
		case "json":
			*document = withPath(*document, t[2:])
		}
	}
	attrs["headers"], attrs["cookies"] = cty.ObjectVal(headers), cty.ObjectVal(cookies)
	if document != nil {
		attrs["json"] = toCty(*document)
	}
	if stream, err := h.streamValue(f); err != nil {
		return cty.NilVal, err
	} else if stream != cty.NilVal {
		attrs["stream"] = stream
	}
	return cty.ObjectVal(attrs), nil
}

// withPath is v with null where an attribute along the path is absent, so
// that a condition reads an absent value as null.
func withPath(v plan.Value, path hcl.Traversal) plan.Value {
	if len(path) == 0 {
		return v
	}
	switch step := path[0].(type) {
	case hcl.TraverseIndex:
		if step.Key.Type() == cty.Number {
			return withElement(v, step.Key, path[1:])
		}
	case hcl.TraverseSplat:
		return withElements(v, path[1:])
	}
	if v.Kind() != plan.Object && !v.IsNull() {
		return v
	}
	name := stepName(path[0])
	fields := append([]plan.Field(nil), v.Fields()...)
	for i, f := range fields {
		if f.Name == name {
			fields[i].Value = withPath(f.Value, path[1:])
			return plan.ObjectValue(fields)
		}
	}
	return plan.ObjectValue(append(fields, plan.Field{Name: name, Value: withPath(plan.NullValue(), path[1:])}))
}

// withElements is withPath for every element of a list, or for what a splat
// takes for the only one.
func withElements(v plan.Value, rest hcl.Traversal) plan.Value {
	switch {
	case v.IsNull():
		return v
	case v.Kind() != plan.List:
		return withPath(v, rest)
	}
	items := slices.Clone(v.Items())
	for i := range items {
		items[i] = withPath(items[i], rest)
	}
	return plan.ListValue(items)
}

// withElement is withPath where the path goes on with an index. An element
// beyond the end stays an error: the list's length must not change.
func withElement(v plan.Value, key cty.Value, rest hcl.Traversal) plan.Value {
	i, exact := key.AsBigFloat().Int64()
	items := v.Items()
	if exact != 0 || i < 0 || i >= int64(len(items)) {
		return v
	}
	items = slices.Clone(items)
	items[i] = withPath(items[i], rest)
	return plan.ListValue(items)
}
