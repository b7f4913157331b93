package scaffold

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"throng/cmd/throng/internal/scaffold/openapi"
)

// parameters fills in query, headers and cookies, and gives the values of
// those in the path. An optional one is sent if the document has an example
// of it.
func (s *scenario) parameters(op operation, r *request) map[string]any {
	inPath := map[string]any{}
	var left, cookies []string
	for _, p := range declared(op) {
		value, shown := parameterValue(p)
		if p.In == "path" {
			inPath[p.Name] = value
			continue
		}
		if !p.Required && !shown || value == nil {
			left = append(left, p.Name)
			continue
		}
		switch p.In {
		case "query":
			if flat, ok := queryValue(value); ok && !r.query.has(p.Name) {
				r.query = append(r.query, field{p.Name, flat})
			} else {
				left = append(left, p.Name)
			}
		case "header":
			if text, ok := headerValue(value); ok && !reserved(p.Name) && !r.headers.has(p.Name) {
				r.headers = append(r.headers, field{p.Name, text})
			}
		case "cookie":
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
func declared(op operation) []*openapi.Parameter {
	var all []*openapi.Parameter
	for _, p := range slices.Concat(op.Parameters, op.item.Parameters) {
		same := func(q *openapi.Parameter) bool { return q.Name == p.Name && q.In == p.In }
		if p.Name != "" && !slices.ContainsFunc(all, same) {
			all = append(all, p)
		}
	}
	return all
}

// parameterValue is a value for a parameter, and whether the document shows
// one itself.
func parameterValue(p *openapi.Parameter) (v any, shown bool) {
	if p.Example != nil {
		return plain(p.Example), true
	}
	if v, ok := firstExample(p.Examples); ok {
		return v, true
	}
	schema := p.Schema
	if schema == nil {
		for _, kind := range sortedKeys(p.Content) {
			b, _ := json.Marshal(jsonable(mediaValue(p.Content[kind])))
			return string(b), false
		}
		return "1", false
	}
	return sample(schema), schema.Example != nil || len(schema.Examples) > 0
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
