package scaffold

import (
	"encoding/json"
	"slices"
	"strings"
)

// body fills in the request's body from the first kind of content that can be
// written.
func (s *scenario) body(op operation, r *request) {
	if len(op.Content) == 0 {
		return
	}
	kinds := sortedKeys(op.Content)
	slices.SortStableFunc(kinds, func(a, b string) int { return preference(a) - preference(b) })
	kind := kinds[0]
	value := mediaValue(op.Content[kind])
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
