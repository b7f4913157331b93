package openapi

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// reader makes structs of a decoded tree. It keeps the first error, and goes
// on with nothing in the place of what is wrong.
type reader struct {
	root     map[string]any
	swagger  bool // the document is Swagger 2.0
	siblings bool // what stands beside a schema's $ref counts too, from 3.1 on
	schemas  map[uintptr]*Schema
	pending  []pending
	err      error
}

// place is where in the document something stands; nil is its root.
type place struct {
	up   *place
	name string
}

// How names stand in a JSON pointer.
var (
	escape   = strings.NewReplacer("~", "~0", "/", "~1")
	unescape = strings.NewReplacer("~1", "/", "~0", "~")
)

// String is the place as a JSON pointer in a URL's fragment.
func (p *place) String() string {
	var names []string
	for ; p != nil; p = p.up {
		names = append(names, p.name)
	}
	var b strings.Builder
	b.WriteByte('#')
	for i := len(names) - 1; i >= 0; i-- {
		b.WriteString("/" + escape.Replace(names[i]))
	}
	return b.String()
}

func (p *place) in(name string) *place { return &place{p, name} }

// node is an object of the document: the fields of the first part count, then
// those of the next.
type node struct {
	at    *place
	parts []map[string]any
}

// value is a field, nil where there is none, and where it stands.
func (n node) value(name string) (any, *place) {
	for _, part := range n.parts {
		if v, ok := part[name]; ok {
			return v, n.at.in(name)
		}
	}
	return nil, n.at.in(name)
}

// raw is a field as it was decoded.
func (n node) raw(name string) any {
	v, _ := n.value(name)
	return v
}

func (r *reader) fail(at *place, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%s: %s", at, fmt.Sprintf(format, args...))
	}
}

func (r *reader) wrong(at *place, want string, got any) {
	kind := "a text"
	switch got.(type) {
	case map[string]any:
		kind = "an object"
	case []any:
		kind = "a list"
	case float64:
		kind = "a number"
	case bool:
		kind = "true or false"
	}
	r.fail(at, "this is %s, where OpenAPI has %s", kind, want)
}

// fields are those of an object that maps names to things, in the order of
// names, so that the first error is always the same one.
func (r *reader) fields(v any, at *place) iter.Seq2[string, any] {
	m, ok := v.(map[string]any)
	if v != nil && !ok {
		r.wrong(at, "an object", v)
	}
	return sorted(m)
}

func sorted(m map[string]any) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			if !yield(name, m[name]) {
				return
			}
		}
	}
}

func (r *reader) list(n node, name string) ([]any, *place) {
	v, at := n.value(name)
	l, ok := v.([]any)
	if v != nil && !ok {
		r.wrong(at, "a list", v)
	}
	return l, at
}

// text is a text. YAML makes other scalars of texts that look like them.
func (r *reader) text(v any, at *place) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	r.wrong(at, "a text", v)
	return ""
}

func (r *reader) word(n node, name string) string {
	return r.text(n.value(name))
}

func (r *reader) words(n node, name string) []string {
	l, at := r.list(n, name)
	var all []string
	for _, v := range l {
		all = append(all, r.text(v, at))
	}
	return all
}

func (r *reader) flag(n node, name string) bool {
	v, at := n.value(name)
	b, ok := v.(bool)
	if v != nil && !ok {
		r.wrong(at, "true or false", v)
	}
	return b
}

func (r *reader) number(n node, name string) *float64 {
	v, at := n.value(name)
	f, ok := v.(float64)
	if ok {
		return &f
	}
	if v != nil {
		r.wrong(at, "a number", v)
	}
	return nil
}

// count is a number of things, nil for none given; a huge one is cut.
func (r *reader) count(n node, name string) *int {
	f := r.number(n, name)
	if f == nil {
		return nil
	}
	c := int(min(max(*f, 0), 1<<30))
	return &c
}
