package scaffold

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
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
	own, human := s.security.of(op.Operation)
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

// answers takes over which statuses count as success. Where the document
// declares none, the language's own rule holds: below 400.
func (r *request) answers(responses []string) {
	for _, code := range responses {
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
