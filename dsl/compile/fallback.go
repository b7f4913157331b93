package compile

import (
	"errors"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/tidwall/gjson"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"

	"throng/dsl/plan"
	"throng/stdlib"
)

// fallback leaves an expression to HCL's evaluator and says in the plan that
// it does, and why.
func (l *lowering) fallback(e hclsyntax.Expression, reason string) plan.Expr {
	site := l.c.site(e.Range(), l.block)
	id := len(l.c.plan.Fallbacks)
	l.c.plan.Fallbacks = append(l.c.plan.Fallbacks, plan.Fallback{Site: site, Reason: reason})
	return l.evaluated(e, id)
}

// evaluated is an expression evaluated by HCL with the frame's values; id is
// its place in the frame's private storage.
func (l *lowering) evaluated(e hclsyntax.Expression, id int) *evaluated {
	h := &evaluated{expr: e, id: id, at: l.at(e.Range()), functions: l.env.functions}
	h.static = l.c.context(l.env, e.Variables()).Variables
	seen := map[string]bool{}
	for _, t := range e.Variables() {
		switch t.RootName() {
		case "session":
			if name := stepName(t[1]); len(t) > 1 && !seen[name] {
				seen[name] = true
				if slot, ok := l.session(name, e.Range()).(*plan.Slot); ok {
					h.slots = append(h.slots, slot)
				}
			}
		case "data":
			if len(t) > 1 {
				if id, ok := l.c.dataIDs[l.env.scope.Named("data", stepName(t[1]))]; ok && !seen["data."+stepName(t[1])] {
					seen["data."+stepName(t[1])] = true
					l.c.readData(id)
					h.data = append(h.data, id)
				}
			}
		case "response":
			l.body = true
			h.response = append(h.response, t)
		}
	}
	h.lenient = !l.strict
	return h
}

// evaluated is the fallback: HCL's evaluator over a context made of the
// frame. The context of functions is made once a user, since the functions
// that draw are bound to the user's own random source and HCL does not
// promise concurrent evaluation of one context.
type evaluated struct {
	expr      hclsyntax.Expression
	id        int
	at        failing
	static    map[string]cty.Value
	functions map[string]function.Function
	slots     []*plan.Slot
	data      []int
	response  []hcl.Traversal
	lenient   bool
}

func (h *evaluated) Eval(f *plan.Frame) (plan.Value, error) {
	root, _ := f.Private[h.id].(*hcl.EvalContext)
	if root == nil {
		root = &hcl.EvalContext{Variables: h.static, Functions: stdlib.FrameFunctions(h.functions, f)}
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
	bare, _ := v.UnmarkDeep()
	return fromCty(bare), nil
}

func (h *evaluated) variables(f *plan.Frame) (map[string]cty.Value, error) {
	session := map[string]cty.Value{}
	for _, s := range h.slots {
		v, err := s.Eval(f)
		if err != nil {
			return nil, err
		}
		session[s.Name] = toCty(v)
	}
	data := map[string]cty.Value{}
	for _, id := range h.data {
		row, err := wholeRow(f, id)
		if err != nil {
			return nil, err
		}
		data[f.Plan.Data[id].Name] = toCty(row)
	}
	vars := map[string]cty.Value{
		"session": cty.ObjectVal(session),
		"data":    cty.ObjectVal(data),
		"user": cty.ObjectVal(map[string]cty.Value{
			"id": cty.StringVal(f.User.ID), "index": cty.NumberIntVal(f.User.Index),
			"class": cty.StringVal(f.User.Class), "iteration": cty.NumberIntVal(f.User.Iteration),
		}),
		"run": cty.ObjectVal(map[string]cty.Value{"id": cty.StringVal(f.Run.ID), "profile": cty.StringVal(f.Run.Profile)}),
	}
	if len(h.response) > 0 && f.Response != nil {
		r, err := h.responseValue(f.Response)
		if err != nil {
			return nil, err
		}
		vars["response"] = r
	}
	return vars, nil
}

func (h *evaluated) responseValue(r *plan.Response) (cty.Value, error) {
	attrs := map[string]cty.Value{
		"status":  cty.NumberIntVal(int64(r.Status)),
		"url":     cty.StringVal(r.URL),
		"elapsed": cty.NumberFloatVal(r.Elapsed.Seconds()),
		"size":    cty.NumberIntVal(r.Size),
		"body":    cty.StringVal(string(r.Body)),
	}
	headers := map[string]cty.Value{}
	var document *plan.Value
	for _, t := range h.response {
		if len(t) < 2 {
			continue
		}
		switch stepName(t[1]) {
		case "headers":
			if len(t) == 2 {
				r.EachHeader(func(name, value string) {
					if _, ok := headers[name]; !ok {
						headers[name] = cty.StringVal(value)
					}
				})
				continue
			}
			name := stepName(t[2])
			if v, ok := r.HeaderValue(name); ok {
				headers[name] = cty.StringVal(v)
			} else if h.lenient {
				headers[name] = cty.NullVal(cty.String)
			}
		case "json":
			if document == nil {
				if !validJSON(r) {
					return cty.NilVal, h.at.error("the answer is not JSON")
				}
				v := fromJSON(gjson.ParseBytes(r.Body))
				document = &v
			}
			if h.lenient {
				*document = withPath(*document, t[2:])
			}
		}
	}
	attrs["headers"] = cty.ObjectVal(headers)
	if document != nil {
		attrs["json"] = toCty(*document)
	}
	return cty.ObjectVal(attrs), nil
}

// withPath is v with null where an attribute along the path is absent, so
// that a condition reads an absent value as null.
func withPath(v plan.Value, path hcl.Traversal) plan.Value {
	if len(path) == 0 {
		return v
	}
	step, ok := path[0].(hcl.TraverseAttr)
	if !ok || v.Kind() != plan.Object && !v.IsNull() {
		return v
	}
	fields := append([]plan.Field(nil), v.Fields()...)
	for i, f := range fields {
		if f.Name == step.Name {
			fields[i].Value = withPath(f.Value, path[1:])
			return plan.ObjectValue(fields)
		}
	}
	return plan.ObjectValue(append(fields, plan.Field{Name: step.Name, Value: withPath(plan.NullValue(), path[1:])}))
}
