package openapi

import "strings"

// methods are the fields of a path that are operations.
var methods = []string{"get", "put", "post", "delete", "options", "head", "patch"}

func (r *reader) document() *Document {
	n := node{parts: []map[string]any{r.root}}
	doc := &Document{Paths: map[string]*Path{}}
	if info, ok := r.object(n.value("info")); ok {
		doc.Title = r.word(info, "title")
	}
	tags, at := r.list(n, "tags")
	for _, v := range tags {
		if t, ok := r.object(v, at); ok {
			doc.Tags = append(doc.Tags, Tag{r.word(t, "name"), r.word(t, "description")})
		}
	}
	if r.swagger {
		doc.Servers = r.hostServers(n)
		doc.Security = r.securitySchemes(n.value("securityDefinitions"))
	} else {
		doc.Servers = r.servers(n)
		if c, ok := r.object(n.value("components")); ok {
			doc.Security = r.securitySchemes(c.value("securitySchemes"))
		}
	}
	common := shared{security: r.security(n), consumes: r.consumes(n, nil)}
	v, at := n.value("paths")
	for name, p := range r.fields(v, at) {
		if strings.HasPrefix(name, "x-") {
			continue
		}
		if item, ok := r.object(p, at.in(name)); ok {
			doc.Paths[name] = r.path(item, common)
		}
	}
	r.finish()
	return doc
}

// shared is what operations take over from the document.
type shared struct {
	security [][]string
	consumes []string // of Swagger 2: the kinds of content of bodies
}

func (r *reader) servers(n node) []Server {
	l, at := r.list(n, "servers")
	var all []Server
	for _, v := range l {
		s, ok := r.object(v, at)
		if !ok {
			continue
		}
		server := Server{URL: r.word(s, "url"), Variables: map[string]string{}}
		v, at := s.value("variables")
		for name, v := range r.fields(v, at) {
			if variable, ok := r.object(v, at.in(name)); ok {
				server.Variables[name] = r.word(variable, "default")
			}
		}
		all = append(all, server)
	}
	return all
}

func (r *reader) path(n node, common shared) *Path {
	p := &Path{Operations: map[string]*Operation{}}
	inherited := r.parameters(n)
	p.Parameters = inherited.plain
	for _, method := range methods {
		if op, ok := r.object(n.value(method)); ok {
			p.Operations[strings.ToUpper(method)] = r.operation(op, inherited, common)
		}
	}
	return p
}

func (r *reader) operation(n node, inherited parameters, common shared) *Operation {
	own := r.parameters(n)
	op := &Operation{
		Tags: r.words(n, "tags"), Summary: r.word(n, "summary"), Description: r.word(n, "description"),
		Deprecated: r.flag(n, "deprecated"), Parameters: own.plain, Security: common.security,
	}
	if n.raw("security") != nil {
		op.Security = r.security(n)
	}
	if r.swagger {
		op.Content = r.oldContent(own, inherited, r.consumes(n, common.consumes))
	} else if body, ok := r.object(n.value("requestBody")); ok {
		op.Content = r.content(body)
	}
	v, at := n.value("responses")
	for code, response := range r.fields(v, at) {
		if strings.HasPrefix(code, "x-") {
			continue
		}
		if _, ok := r.object(response, at.in(code)); ok {
			op.Responses = append(op.Responses, code)
		}
	}
	return op
}

// parameters are those of one list. body and form are only of Swagger 2.
type parameters struct {
	plain []*Parameter
	body  *Parameter
	form  []*Parameter
	file  bool // one of the form is a file
}

func (r *reader) parameters(n node) (all parameters) {
	l, at := r.list(n, "parameters")
	for _, v := range l {
		d, ok := r.object(v, at)
		if !ok {
			continue
		}
		p := r.parameter(d)
		switch {
		case r.swagger && p.In == "body":
			all.body = p
		case r.swagger && p.In == "formData":
			all.form = append(all.form, p)
			all.file = all.file || d.raw("type") == "file"
		default:
			all.plain = append(all.plain, p)
		}
	}
	return all
}

func (r *reader) parameter(n node) *Parameter {
	p := &Parameter{Name: r.word(n, "name"), In: r.word(n, "in"), Required: r.flag(n, "required"),
		Example: n.raw("example"), Examples: r.examples(n), Content: r.content(n)}
	if v, at := n.value("schema"); v != nil {
		p.Schema = r.schema(v, at)
		if p.Schema == nil {
			p.Schema = &Schema{} // true: anything
		}
	} else if r.swagger {
		p.Schema = r.schemaOf(n) // its keywords stand in the parameter
	}
	return p
}

func (r *reader) content(n node) map[string]*Media {
	v, at := n.value("content")
	all := map[string]*Media{}
	for kind, v := range r.fields(v, at) {
		all[kind] = &Media{} // also where the document has only the kind
		if m, ok := r.object(v, at.in(kind)); ok {
			all[kind] = &Media{Schema: r.schema(m.value("schema")), Example: m.raw("example"), Examples: r.examples(m)}
		}
	}
	return all
}

// examples are the values of examples that have one in the document.
func (r *reader) examples(n node) map[string]any {
	v, at := n.value("examples")
	m, _ := v.(map[string]any) // a schema's, which stand in a parameter of Swagger 2, are none
	all := map[string]any{}
	for name, v := range sorted(m) {
		if e, ok := r.object(v, at.in(name)); ok && e.raw("value") != nil {
			all[name] = e.raw("value")
		}
	}
	return all
}

func (r *reader) security(n node) [][]string {
	l, at := r.list(n, "security")
	all := [][]string{}
	for _, v := range l {
		var names []string
		for name := range r.fields(v, at) {
			names = append(names, name)
		}
		all = append(all, names)
	}
	return all
}

func (r *reader) securitySchemes(v any, at *place) map[string]*SecurityScheme {
	all := map[string]*SecurityScheme{}
	for name, v := range r.fields(v, at) {
		n, ok := r.object(v, at.in(name))
		if !ok {
			continue
		}
		s := &SecurityScheme{Type: r.word(n, "type"), Scheme: r.word(n, "scheme"), Name: r.word(n, "name"), In: r.word(n, "in")}
		if r.swagger && s.Type == "basic" {
			s.Type, s.Scheme = "http", "basic"
		}
		all[name] = s
	}
	return all
}
