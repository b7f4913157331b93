package testfile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/diag"
)

// pattern is which requests a route is about.
type pattern struct {
	Method string // "" for any
	Path   string
	params []string
}

// methods are those a route may name.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

// parsePattern reads "METHOD /path/:id", or a path alone, and says in words
// what is wrong with any other text.
func parsePattern(text string) (p pattern, problem string) {
	p.Path = text
	if !strings.HasPrefix(text, "/") {
		method, path, ok := strings.Cut(text, " ")
		switch {
		case !ok:
			return p, fmt.Sprintf("A route is a method and a path, as in \"GET /items/:id\", or a path alone; %q is neither.", short(text))
		case slices.Contains(methods, method):
		case slices.Contains(methods, strings.ToUpper(method)):
			return p, fmt.Sprintf("Methods are written in capitals: %q.", strings.ToUpper(method)+" "+short(path))
		default:
			problem = fmt.Sprintf("There is no method %q; methods are %s. A route without one answers any.", short(method), strings.Join(methods, ", "))
			if meant := diag.Suggest(method, methods); meant != "" {
				problem += fmt.Sprintf(" Did you mean %q?", meant)
			}
			return p, problem
		}
		p.Method, p.Path = method, path
	}
	p.params, problem = pathParams(p.Path)
	return p, problem
}

// pathParams are the names of a path's parameters.
func pathParams(path string) (names []string, problem string) {
	switch {
	case !strings.HasPrefix(path, "/"):
		return nil, "A route's path begins with a slash, one space after the method: \"GET /items\"."
	case strings.Contains(path, "?"):
		return nil, "A route has no query: requests with any query are meant. Tell them apart in the answer, by request.query."
	case strings.Contains(path, "#"):
		return nil, "A route has no fragment (#…): it is never sent."
	case strings.ContainsAny(path, " \t\r\n"):
		return nil, "A path holds no spaces; write %20."
	case strings.Contains(path, "{"):
		return nil, "A parameter of a route is written :name, as in \"/items/:id\"."
	}
	parts := strings.Split(path[1:], "/")
	for i, part := range parts {
		if part == "" || part[0] != ':' && part[0] != '*' {
			continue
		}
		name := part[1:]
		switch {
		case !hclsyntax.ValidIdentifier(name):
			return nil, fmt.Sprintf("The parameter %q needs a plain name, such as :id.", short(part))
		case slices.Contains(names, name):
			return nil, fmt.Sprintf("The parameter %q stands twice in the route; give the second another name.", short(part))
		case part[0] == '*' && i < len(parts)-1:
			return nil, fmt.Sprintf("%q stands for all segments that follow, so nothing can stand behind it.", short(part))
		}
		names = append(names, name)
	}
	return names, ""
}

// shape is the path without the names of its parameters: what two routes have
// in common that take the same requests.
func (p pattern) shape() string {
	parts := strings.Split(p.Path, "/")
	for i, part := range parts {
		if part != "" && (part[0] == ':' || part[0] == '*') {
			parts[i] = part[:1]
		}
	}
	return strings.Join(parts, "/")
}

// short is a text as a sentence may show it.
func short(s string) string {
	if len(s) > 60 {
		s = strings.ToValidUTF8(s[:60], "") + "…"
	}
	return s
}

func identifier(name string) bool { return hclsyntax.ValidIdentifier(name) }
