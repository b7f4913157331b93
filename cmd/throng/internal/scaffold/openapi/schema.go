package openapi

import "reflect"

// maxSchemas bounds how many schemas are made of a document.
const maxSchemas = 200_000

// pending is a schema that is known but not read yet. Schemas are read one
// after the other, not within each other: they may refer to each other in
// chains as long as the document.
type pending struct {
	schema *Schema
	node   node
}

// schema is the schema at a place: nil for none, and for true and false, which
// say nothing about a value that could be made up. Each object of the document
// makes one schema, however often it is referred to.
func (r *reader) schema(v any, at *place) *Schema {
	if _, ok := v.(bool); ok {
		return nil
	}
	n, ok := r.resolve(v, at, r.siblings)
	if !ok {
		return nil
	}
	return r.schemaOf(n)
}

func (r *reader) schemaOf(n node) *Schema {
	id := reflect.ValueOf(n.parts[0]).Pointer()
	if s := r.schemas[id]; s != nil {
		return s
	}
	if len(r.schemas) >= maxSchemas {
		r.fail(n.at, "there are more than %d schemas", maxSchemas)
		return nil
	}
	s := &Schema{}
	r.schemas[id] = s
	r.pending = append(r.pending, pending{s, n})
	return s
}

// finish reads the schemas that are pending, and those they bring up.
func (r *reader) finish() {
	for len(r.pending) > 0 && r.err == nil {
		last := len(r.pending) - 1
		next := r.pending[last]
		r.pending = r.pending[:last]
		r.fill(next.schema, next.node)
	}
}

func (r *reader) fill(s *Schema, n node) {
	s.Types = r.types(n)
	s.Format, s.Pattern = r.word(n, "format"), r.word(n, "pattern")
	s.ReadOnly = r.flag(n, "readOnly")
	s.Const, s.Example, s.Default = n.raw("const"), n.raw("example"), n.raw("default")
	s.Examples, _ = n.raw("examples").([]any)
	s.Enum, _ = r.list(n, "enum")
	s.Min, s.Max, s.MultipleOf = r.number(n, "minimum"), r.number(n, "maximum"), r.number(n, "multipleOf")
	s.ExclusiveMin = r.exclusive(n, "exclusiveMinimum", s.Min)
	s.ExclusiveMax = r.exclusive(n, "exclusiveMaximum", s.Max)
	s.MaxLength, s.MaxItems = r.count(n, "maxLength"), r.count(n, "maxItems")
	if c := r.count(n, "minLength"); c != nil {
		s.MinLength = *c
	}
	if c := r.count(n, "minItems"); c != nil {
		s.MinItems = *c
	}
	s.Items = r.schema(n.value("items"))
	if v, at := n.value("properties"); v != nil {
		s.Properties = map[string]*Schema{}
		for name, p := range r.fields(v, at) {
			s.Properties[name] = r.schema(p, at.in(name))
		}
	}
	if _, list := n.raw("required").([]any); list { // a flag in old documents, and in parameters
		s.Required = r.words(n, "required")
	}
	_, s.Extra = n.raw("additionalProperties").(map[string]any)
	s.AllOf, s.OneOf, s.AnyOf = r.schemaList(n, "allOf"), r.schemaList(n, "oneOf"), r.schemaList(n, "anyOf")
}

// types are those a schema allows: one word, or a list of them since 3.1.
func (r *reader) types(n node) []string {
	if _, list := n.raw("type").([]any); list {
		return r.words(n, "type")
	}
	switch word := r.word(n, "type"); word {
	case "":
		return nil
	case "file": // of Swagger 2
		return []string{"string"}
	default:
		return []string{word}
	}
}

// exclusive is a bound that is itself not allowed. Up to 3.0 it is a flag, and
// the bound stands elsewhere.
func (r *reader) exclusive(n node, name string, bound *float64) *float64 {
	if flag, ok := n.raw(name).(bool); ok {
		if flag {
			return bound
		}
		return nil
	}
	return r.number(n, name)
}

func (r *reader) schemaList(n node, name string) []*Schema {
	l, at := r.list(n, name)
	var all []*Schema
	for _, v := range l {
		all = append(all, r.schema(v, at))
	}
	return all
}
