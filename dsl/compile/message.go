package compile

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/tidwall/gjson"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
)

// message lowers message.text, sent.json.a.b ….
func (l *lowering) message(e *hclsyntax.ScopeTraversalExpr) plan.Expr {
	t := e.Traversal
	in := func(f *plan.Frame) *plan.Message { return f.Message }
	if t.RootName() == "sent" {
		in = func(f *plan.Frame) *plan.Message { return f.Sent }
	}
	name := stepName(t[1])
	if name == "json" {
		return l.document(e)
	}
	get := messageAttributes[name]
	return l.steps(&property{t.RootName() + "." + name, func(f *plan.Frame) plan.Value {
		if m := in(f); m != nil && get != nil {
			return get(m)
		}
		return plan.NullValue()
	}}, t[2:], e.Range())
}

var messageAttributes = map[string]func(m *plan.Message) plan.Value{
	"text":   func(m *plan.Message) plan.Value { return plan.StringValue(string(m.Data)) },
	"size":   func(m *plan.Message) plan.Value { return plan.IntValue(int64(len(m.Data))) },
	"binary": func(m *plan.Message) plan.Value { return plan.BoolValue(m.Binary) },
}

// event lowers event.data, event.json.a.b ….
func (l *lowering) event(e *hclsyntax.ScopeTraversalExpr) plan.Expr {
	t := e.Traversal
	name := stepName(t[1])
	if name == "json" {
		return l.document(e)
	}
	get := eventAttributes[name]
	return l.steps(&property{"event." + name, func(f *plan.Frame) plan.Value {
		if f.Event != nil && get != nil {
			return get(f.Event)
		}
		return plan.NullValue()
	}}, t[2:], e.Range())
}

var eventAttributes = map[string]func(e *plan.Event) plan.Value{
	"data": func(e *plan.Event) plan.Value { return plan.StringValue(string(e.Data)) },
	"name": func(e *plan.Event) plan.Value { return plan.StringValue(e.Name) },
	"id":   func(e *plan.Event) plan.Value { return plan.StringValue(e.ID) },
}

// document lowers a path into a document, be it by HCL's evaluator.
func (l *lowering) document(e *hclsyntax.ScopeTraversalExpr) plan.Expr {
	if path, ok := l.jsonPath(e); ok {
		return path
	}
	return l.fallback(e, "a JSON path of this shape")
}

// addArrived puts what an expression reads of message, sent and event into
// the variables of an evaluation.
func (h *evaluated) addArrived(vars map[string]cty.Value, f *plan.Frame) error {
	objects := map[string]map[string]cty.Value{}
	for _, t := range h.arrived {
		root := t.RootName()
		if objects[root] == nil {
			objects[root] = arrivedValue(root, f)
		}
		d, _, reads := documentOf(t)
		if _, done := objects[root]["json"]; !reads || done {
			continue
		}
		v, err := h.documentValue(d, f)
		if err != nil {
			return err
		}
		if v != cty.NilVal {
			objects[root]["json"] = v
		}
	}
	for root, attrs := range objects {
		vars[root] = cty.ObjectVal(attrs)
	}
	return nil
}

// arrivedValue is what a message or an event holds beside its JSON.
func arrivedValue(root string, f *plan.Frame) map[string]cty.Value {
	attrs := map[string]cty.Value{}
	if root == "event" {
		for name, get := range eventAttributes {
			if attrs[name] = cty.NullVal(cty.String); f.Event != nil {
				attrs[name] = toCty(get(f.Event))
			}
		}
		return attrs
	}
	m := f.Message
	if root == "sent" {
		m = f.Sent
	}
	for name, get := range messageAttributes {
		if attrs[name] = cty.NullVal(cty.DynamicPseudoType); m != nil {
			attrs[name] = toCty(get(m))
		}
	}
	return attrs
}

// documentValue is a whole document, with null where a path of the expression
// is absent. There is none where the text is no JSON and only try and can ask.
func (h *evaluated) documentValue(d document, f *plan.Frame) (cty.Value, error) {
	text, ok := d.valid(f)
	v := plan.NullValue()
	switch {
	case ok:
		v = fromJSON(gjson.ParseBytes(text))
	case h.strict && h.needed[d]:
		return cty.NilVal, h.at.error(d.words() + " is not JSON")
	case h.strict:
		return cty.NilVal, nil
	}
	for _, t := range h.lenient {
		if of, rest, reads := documentOf(t); reads && of == d {
			v = withPath(v, rest)
		}
	}
	return toCty(v), nil
}
