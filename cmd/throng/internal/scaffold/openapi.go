package scaffold

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"throng/cmd/throng/internal/scaffold/openapi"
)

// FromOpenAPI makes a scenario of an OpenAPI 3 or Swagger 2 document, in JSON
// or YAML: a user for each tag, with a request for each of its operations.
// Nothing but the document is read: one that refers to other files or
// addresses is refused. name is the scenario's; "" for the document's title.
func FromOpenAPI(document []byte, name string) ([]File, error) {
	doc, err := openapi.Read(document)
	if err != nil {
		return nil, err
	}
	if name == "" && doc.Title != "" {
		name = ident(doc.Title)
	}
	if name == "" {
		name = "api"
	}
	s := &scenario{doc: doc, security: newSecurity(doc), names: names{}}
	users := s.users()
	if users == "" {
		return nil, errors.New("the document describes no operation that could be requested")
	}
	return formatted(File{"main.hcl", []byte(s.main(name))}, File{"users.hcl", []byte(users)})
}

// scenario is what is made of one document.
type scenario struct {
	doc      *openapi.Document
	security *security
	names    names // of users
}

// operation is one request to be.
type operation struct {
	method, path string
	item         *openapi.Path
	*openapi.Operation
}

// methods are those the language has, in the order requests are written.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

// byTag groups the operations by their first tag: tags in the document's own
// order, then others by name, then what has none.
func (s *scenario) byTag() (tags []string, groups map[string][]operation) {
	groups = map[string][]operation{}
	for _, t := range s.doc.Tags {
		if !slices.Contains(tags, t.Name) {
			tags = append(tags, t.Name)
		}
	}
	var found []string
	for _, path := range sortedKeys(s.doc.Paths) {
		item := s.doc.Paths[path]
		for _, m := range methods {
			op := item.Operations[m]
			if op == nil {
				continue
			}
			tag := ""
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			if !slices.Contains(tags, tag) && !slices.Contains(found, tag) {
				found = append(found, tag)
			}
			groups[tag] = append(groups[tag], operation{m, path, item, op})
		}
	}
	slices.Sort(found)
	if len(found) > 0 && found[0] == "" {
		found = append(found[1:], "")
	}
	return append(tags, found...), groups
}

// users writes a user for each group, or nothing where there is no operation.
func (s *scenario) users() string {
	var b strings.Builder
	tags, groups := s.byTag()
	for _, tag := range tags {
		if len(groups[tag]) > 0 {
			s.user(&b, tag, groups[tag])
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "# Made from an OpenAPI document: a user for each of its tags, with a request for\n" +
		"# each operation. Weights are equal, and most values are guesses; comments say\n" +
		"# where. Make them what your users do, and leave out what they don't.\n\n" + b.String()
}

func (s *scenario) user(b *strings.Builder, tag string, operations []operation) {
	name := "others"
	if tag != "" {
		name = ident(tag)
	}
	for _, t := range s.doc.Tags {
		if t.Name == tag {
			comment(b, t.Description)
		}
	}
	common := s.security.common(operations)
	fmt.Fprintf(b, "user %s {\n", quote(s.names.unique(name)))
	fmt.Fprintf(b, "weight = %d # a request as often as any other\n", len(operations))
	b.WriteString("wait = between(\"1s\", \"3s\")\n")
	if len(common.headers) > 0 {
		fmt.Fprintf(b, "headers = %s\n", literal(common.headers))
	}
	labels := map[string]int{}
	for _, op := range operations {
		b.WriteString("\n")
		r := s.request(op, common)
		if n := labels[op.method+r.route]; n > 0 { // another path, which only differs in names
			r.name = fmt.Sprintf("%s (%d)", r.route, n+1)
		}
		labels[op.method+r.route]++
		r.write(b)
	}
	b.WriteString("}\n\n")
}

// main writes all but the users.
func (s *scenario) main(name string) string {
	var b strings.Builder
	comment(&b, "A load test made from an OpenAPI document: "+s.doc.Title)
	fmt.Fprintf(&b, "\nscenario %s {\nprofile = \"smoke\"\n}\n\n", quote(name))
	base, guessed := s.baseURL()
	if guessed {
		b.WriteString("# The document does not say where the system is: this address is a guess.\n")
	}
	fmt.Fprintf(&b, "variable \"base_url\" {\ntype = string\ndefault = %s\n}\n\n", quote(base))
	s.security.variables(&b)
	b.WriteString("target \"api\" {\nbase_url = var.base_url\ntimeout = \"10s\"\n}\n\n")
	b.WriteString("# Little load, to see that all is well. Run it first.\nprofile \"smoke\" {\nusers = 5\nduration = \"30s\"\n}\n\n")
	b.WriteString("# How many users are there, and for how long? Decide.\nprofile \"baseline\" {\nusers = 50\nspawn_rate = 5\nduration = \"5m\"\n}\n\n")
	b.WriteString("# How fast do the answers have to be? Decide.\nsla \"overall\" {\np95 = \"1s\"\nerror_rate = \"1%\"\n}\n")
	return b.String()
}

// baseURL is the address of the document's first server, with the variables
// in it at their defaults; a guess where that is none that can be requested.
func (s *scenario) baseURL() (address string, guessed bool) {
	const guess = "http://127.0.0.1:8000"
	if len(s.doc.Servers) == 0 {
		return guess, true
	}
	server := s.doc.Servers[0]
	raw := server.URL
	for _, name := range sortedKeys(server.Variables) {
		raw = strings.ReplaceAll(raw, "{"+name+"}", server.Variables[name])
	}
	u, err := url.Parse(raw)
	if err != nil || strings.ContainsAny(raw, "{}") {
		return guess, true
	}
	path := strings.TrimSuffix(u.EscapedPath(), "/")
	if path != "" && path[0] != '/' {
		path = "/" + path
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || !goodPort(u.Port()) {
		return guess + path, true
	}
	return u.Scheme + "://" + u.Host + path, false
}

func goodPort(port string) bool {
	if port == "" {
		return true
	}
	return len(port) <= 5 && strings.Trim(port, "0123456789") == "" && strings.Trim(port, "0") != "" && (len(port) < 5 || port <= "65535")
}
