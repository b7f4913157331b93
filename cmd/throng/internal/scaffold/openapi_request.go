package scaffold

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// request is one request block.
type request struct {
	method, route, name string
	about               []string // comment lines above it
	params, query       object
	headers             object
	body                string // an argument, "" for none
	status              []any
	redirects           bool // answers with 3xx are what is asked for
}

// request makes the request of an operation; common is what its user sends
// already.
func (s *scenario) request(op operation, common sent) request {
	r := request{method: op.method}
	summary := op.Summary
	if summary == "" {
		summary = op.Description
	}
	r.note(summary)
	if op.Deprecated {
		r.note("The document calls this deprecated. Decide: does anybody use it?")
	}
	values := s.parameters(op, &r)
	r.route, r.params, r.query = route(op.path, values, r.query)
	s.body(op, &r)
	own, human := s.security.of(s.doc, op.Operation)
	if human {
		r.note("The document asks for credentials of a kind that is not made up here. Decide: which headers?")
	}
	r.query = merged(r.query, own.query)
	for _, f := range own.headers {
		if !sends(common.headers, f) {
			r.headers = merged(object{f}, r.headers)
		}
	}
	for _, f := range common.headers {
		if !own.headers.has(f.name) && !r.headers.has(f.name) {
			r.headers = append(r.headers, field{f.name, nil}) // this one goes without
		}
	}
	r.cookies(own.cookies)
	r.answers(op.Responses)
	return r
}

func sends(o object, f field) bool {
	return slices.ContainsFunc(o, func(g field) bool { return strings.EqualFold(g.name, f.name) && g.value == f.value })
}

func (r *request) note(text string) {
	if text != "" {
		r.about = append(r.about, text)
	}
}

// cookies adds to the Cookie header.
func (r *request) cookies(more []string) {
	if len(more) == 0 {
		return
	}
	for i, f := range r.headers {
		if strings.EqualFold(f.name, "Cookie") {
			old := literal(f.value)
			r.headers[i].value = expr(strings.TrimSuffix(old, `"`) + "; " + strings.Join(more, "; ") + `"`)
			return
		}
	}
	r.headers = append(r.headers, field{"Cookie", expr(`"` + strings.Join(more, "; ") + `"`)})
}

// parameters fills in query, headers and cookies, and gives the values of
// those in the path. An optional one is sent if the document has an example
// of it.
func (s *scenario) parameters(op operation, r *request) map[string]any {
	inPath := map[string]any{}
	var left, cookies []string
	for _, p := range declared(op) {
		value, shown := parameterValue(p)
		if p.In == openapi3.ParameterInPath {
			inPath[p.Name] = value
			continue
		}
		if !p.Required && !shown || value == nil {
			left = append(left, p.Name)
			continue
		}
		switch p.In {
		case openapi3.ParameterInQuery:
			if flat, ok := queryValue(value); ok && !r.query.has(p.Name) {
				r.query = append(r.query, field{p.Name, flat})
			} else {
				left = append(left, p.Name)
			}
		case openapi3.ParameterInHeader:
			if text, ok := headerValue(value); ok && !reserved(p.Name) && !r.headers.has(p.Name) {
				r.headers = append(r.headers, field{p.Name, text})
			}
		case openapi3.ParameterInCookie:
			if text, ok := headerValue(value); ok && headerName(p.Name) {
				cookies = append(cookies, literalText(p.Name)+"="+inTemplate(text))
			}
		}
	}
	r.cookies(cookies)
	if len(left) > 0 {
		r.note("Also takes " + strings.Join(left, ", ") + ".")
	}
	if len(inPath) > 0 {
		r.note("Decide: which " + strings.Join(sortedKeys(inPath), ", ") + "?")
	}
	return inPath
}

// declared are the parameters of an operation and of its path; the operation's
// own win.
func declared(op operation) []*openapi3.Parameter {
	var all []*openapi3.Parameter
	for _, list := range []openapi3.Parameters{op.Parameters, op.item.Parameters} {
		for _, ref := range list {
			if ref == nil || ref.Value == nil || ref.Value.Name == "" {
				continue
			}
			p := ref.Value
			if !slices.ContainsFunc(all, func(q *openapi3.Parameter) bool { return q.Name == p.Name && q.In == p.In }) {
				all = append(all, p)
			}
		}
	}
	return all
}

// parameterValue is a value for a parameter, and whether the document shows
// one itself.
func parameterValue(p *openapi3.Parameter) (v any, shown bool) {
	if p.Example != nil {
		return plain(p.Example), true
	}
	if v, ok := firstExample(p.Examples); ok {
		return v, true
	}
	schema := p.Schema
	if schema == nil {
		for _, kind := range sortedKeys(p.Content) {
			if m := p.Content[kind]; m != nil {
				b, _ := json.Marshal(jsonable(mediaValue(m)))
				return string(b), false
			}
		}
		return "1", false
	}
	shown = schema.Value != nil && (schema.Value.Example != nil || len(schema.Value.Examples) > 0)
	return sample(schema), shown
}

// queryValue is a value as query and form take it: a scalar, or a list of
// those.
func queryValue(v any) (any, bool) {
	switch v := v.(type) {
	case object:
		return nil, false
	case []any:
		for _, item := range v {
			switch item.(type) {
			case object, []any, nil:
				return nil, false
			}
		}
		return v, len(v) > 0
	}
	return v, v != nil
}

// headerValue is a value as a header takes it.
func headerValue(v any) (any, bool) {
	switch v := v.(type) {
	case string:
		return v, !strings.ContainsAny(v, "\r\n\x00")
	case object, []any, nil:
		return nil, false
	}
	return v, true
}

// reserved are headers that are not a parameter's to set.
func reserved(name string) bool {
	switch strings.ToLower(name) {
	case "accept", "content-type", "authorization", "host", "content-length", "transfer-encoding", "connection":
		return true
	}
	return !headerName(name)
}

func headerName(name string) bool {
	return name != "" && strings.Trim(name, "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// inTemplate is a value as it stands within a quoted template.
func inTemplate(v any) string {
	switch v := v.(type) {
	case expr:
		return "${" + string(v) + "}"
	case string:
		return literalText(v)
	}
	return literal(v)
}

// route turns a path template into a route and the values of its parameters:
// /pets/{petId} into /pets/:petId. A segment that is only in part a parameter
// becomes one as a whole, since a route has no others. What follows a ? goes to
// the query.
func route(path string, values map[string]any, query object) (string, object, object) {
	path, _, _ = strings.Cut(path, "#")
	path, fixed, _ := strings.Cut(path, "?")
	for _, pair := range strings.Split(fixed, "&") {
		if name, value, _ := strings.Cut(pair, "="); name != "" && !query.has(name) {
			query = append(query, field{name, strings.Trim(value, "{}")})
		}
	}
	var params object
	taken := names{}
	segments := strings.Split(strings.TrimPrefix(path, "/"), "/")
	for i, seg := range segments {
		text, used := segment(seg, values)
		if len(used) == 0 && !strings.HasPrefix(seg, ":") && !strings.HasPrefix(seg, "*") {
			segments[i] = escaped(seg)
			continue
		}
		word := seg
		if len(used) > 0 {
			word = strings.Join(used, "_")
		}
		name := taken.unique(ident(word))
		segments[i] = ":" + name
		params = append(params, field{name, text})
	}
	return "/" + strings.Join(segments, "/"), params, query
}

// segment is the value of one path segment, and the parameters it is made of.
func segment(seg string, values map[string]any) (value any, used []string) {
	var b strings.Builder
	rest := seg
	for {
		open := strings.IndexByte(rest, '{')
		end := strings.IndexByte(rest, '}')
		if open < 0 || end < open {
			break
		}
		name := rest[open+1 : end]
		v, ok := values[name]
		if !ok {
			v = "1"
		}
		if flat, ok := v.([]any); ok && len(flat) > 0 {
			v = flat[0]
		}
		switch v.(type) {
		case object, []any, nil:
			v = "1"
		}
		if v == "" {
			v = "1"
		}
		used = append(used, name)
		if rest[:open] == "" && rest[end+1:] == "" && b.Len() == 0 {
			return v, used
		}
		b.WriteString(literalText(rest[:open]) + inTemplate(v))
		rest = rest[end+1:]
	}
	return expr(`"` + b.String() + literalText(rest) + `"`), used
}

// escaped is a literal path segment as a route takes it.
func escaped(seg string) string {
	var b strings.Builder
	for i := 0; i < len(seg); i++ {
		if c := seg[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`{}"\`, c) >= 0 {
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(seg[i])
	}
	return b.String()
}

// body fills in the request's body from the first kind of content that can be
// written.
func (s *scenario) body(op operation, r *request) {
	if op.RequestBody == nil || op.RequestBody.Value == nil || len(op.RequestBody.Value.Content) == 0 {
		return
	}
	content := op.RequestBody.Value.Content
	kinds := sortedKeys(content)
	slices.SortStableFunc(kinds, func(a, b string) int { return preference(a) - preference(b) })
	kind := kinds[0]
	value := any(nil)
	if m := content[kind]; m != nil {
		value = mediaValue(m)
	}
	switch base := mediaType(kind); {
	case isJSON(base):
		r.body = "json = " + literal(value)
		if base != "application/json" && !strings.Contains(base, "*") {
			r.headers = merged(r.headers, object{{"Content-Type", base}})
		}
	case base == "application/x-www-form-urlencoded":
		r.body = "form = " + literal(formFields(value))
	case strings.HasPrefix(base, "multipart/"):
		r.note("The body is " + base + ", whose parts are not made up. Decide: write a part block for each of " + partNames(value) + ".")
	default:
		r.note("Decide: what does a body of " + base + " hold?")
		text, ok := value.(string)
		if !ok {
			b, _ := json.Marshal(jsonable(value))
			text = string(b)
		}
		r.body = "body = " + quote(text)
		if !strings.Contains(base, "*") && strings.Contains(base, "/") {
			r.headers = merged(r.headers, object{{"Content-Type", base}})
		}
	}
}

// preference orders kinds of content: those that can be written well first.
func preference(kind string) int {
	switch base := mediaType(kind); {
	case base == "application/json":
		return 0
	case isJSON(base):
		return 1
	case base == "application/x-www-form-urlencoded":
		return 2
	case strings.HasPrefix(base, "text/"):
		return 3
	case strings.HasPrefix(base, "multipart/"):
		return 4
	}
	return 5
}

// mediaType is a media type without its parameters, and without what no
// header can hold.
func mediaType(kind string) string {
	base, _, _ := strings.Cut(kind, ";")
	base = strings.ToLower(strings.TrimSpace(base))
	if headerName(strings.ReplaceAll(base, "/", "")) {
		return base
	}
	return "application/octet-stream"
}

func isJSON(base string) bool {
	return base == "application/json" || base == "*/*" || strings.HasSuffix(base, "+json")
}

func formFields(v any) object {
	o, _ := v.(object)
	var fields object
	for _, f := range o {
		flat, ok := queryValue(f.value)
		if !ok && f.value != nil {
			b, _ := json.Marshal(jsonable(f.value))
			flat, ok = string(b), true
		}
		if ok && !fields.has(f.name) {
			fields = append(fields, field{f.name, flat})
		}
	}
	return fields
}

func partNames(v any) string {
	o, _ := v.(object)
	var all []string
	for _, f := range o {
		all = append(all, f.name)
	}
	if len(all) == 0 {
		return "them"
	}
	return strings.Join(all, ", ")
}

// answers takes over which statuses count as success. Where the document
// declares none, the language's own rule holds: below 400.
func (r *request) answers(responses *openapi3.Responses) {
	for _, code := range sortedKeys(responses.Map()) {
		class := strings.ToLower(code)
		switch status, err := strconv.Atoi(code); {
		case err == nil && status >= 200 && status < 400:
			r.status = append(r.status, status)
			r.redirects = r.redirects || status >= 300 && status != 304
		case class == "2xx" || class == "3xx":
			r.status = append(r.status, class)
			r.redirects = r.redirects || class == "3xx"
		}
	}
}

func (r *request) write(b *strings.Builder) {
	for _, line := range r.about {
		comment(b, line)
	}
	fmt.Fprintf(b, "%s %s {\n", strings.ToLower(r.method), quote(r.route))
	if r.name != "" {
		fmt.Fprintf(b, "name = %s\n", quote(r.name))
	}
	for _, part := range []struct {
		word string
		of   object
	}{{"params", r.params}, {"query", r.query}, {"headers", r.headers}} {
		if len(part.of) > 0 {
			fmt.Fprintf(b, "%s = %s\n", part.word, literal(part.of))
		}
	}
	if r.body != "" {
		b.WriteString(r.body + "\n")
	}
	if r.redirects {
		b.WriteString("redirects = 0 # the redirect itself is the answer\n")
	}
	switch len(r.status) {
	case 0:
	case 1:
		fmt.Fprintf(b, "expect { status = %s }\n", literal(r.status[0]))
	default:
		fmt.Fprintf(b, "expect { status = %s }\n", literal(r.status))
	}
	b.WriteString("}\n")
}
