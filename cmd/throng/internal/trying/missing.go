package trying

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"throng/dsl/plan"
)

// missing says where a capture's path leaves the answer's JSON, and what
// stands there instead; "" when the expression is no such path.
func missing(p *plan.Plan, e plan.Expr, body string) string {
	steps, ok := jsonPath(plan.Describe(p, e))
	if !ok {
		return ""
	}
	d := json.NewDecoder(strings.NewReader(body))
	d.UseNumber()
	var at any
	if d.Decode(&at) != nil {
		return "the answer is not JSON"
	}
	path := "response.json"
	for _, s := range steps {
		switch v := at.(type) {
		case map[string]any:
			inner, ok := v[s]
			if !ok {
				return fmt.Sprintf("%s has no %s; %s", path, strconv.Quote(s), keys(v))
			}
			at = inner
		case []any:
			i, err := strconv.Atoi(s)
			if err != nil {
				return fmt.Sprintf("%s is a list of %d, which has no %s", path, len(v), strconv.Quote(s))
			}
			if i >= len(v) {
				return fmt.Sprintf("%s has %s, so there is no [%d]", path, count(len(v), "element"), i)
			}
			at = v[i]
		case nil:
			return path + " is null"
		default:
			return fmt.Sprintf("%s is %s, which has no %s", path, kind(v), strconv.Quote(s))
		}
		path += step(s)
	}
	if at == nil {
		return path + " is null"
	}
	return ""
}

// jsonPath takes apart what plan.Describe says of a path into an answer's
// JSON: response.json<a.b\.c.0>.
func jsonPath(text string) ([]string, bool) {
	text, ok := strings.CutPrefix(strings.TrimSuffix(text, "!"), "response.json")
	if text == "" {
		return nil, ok
	}
	if !ok || text[0] != '<' || text[len(text)-1] != '>' {
		return nil, false
	}
	var steps []string
	one := ""
	for i := 1; i < len(text)-1; i++ {
		switch c := text[i]; {
		case c == '\\' && i+1 < len(text)-1:
			i++
			one += text[i : i+1]
		case c == '.':
			steps = append(steps, one)
			one = ""
		case c == '>' || c == '<':
			return nil, false // more than a path
		default:
			one += text[i : i+1]
		}
	}
	return append(steps, one), true
}

func step(s string) string {
	if _, err := strconv.Atoi(s); err == nil {
		return "[" + s + "]"
	}
	return "." + s
}

func keys(v map[string]any) string {
	const most = 12
	if len(v) == 0 {
		return "it is empty"
	}
	var names []string
	for name := range v {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) > most {
		names = append(names[:most], "…")
	}
	return "it has " + strings.Join(names, ", ")
}

func kind(v any) string {
	switch v.(type) {
	case string:
		return "a string"
	case bool:
		return "a bool"
	}
	return "a number"
}
