package scaffold

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/yaml"
)

// maxDocument bounds a document, which is held in memory several times.
const maxDocument = 16 << 20

// FromOpenAPI makes a scenario of an OpenAPI 3 or Swagger 2 document, in JSON
// or YAML: a user for each tag, with a request for each of its operations.
// Nothing but the document is read: one that refers to other files or
// addresses is refused. name is the scenario's; "" for the document's title.
func FromOpenAPI(document []byte, name string) ([]File, error) {
	doc, err := read(document)
	if err != nil {
		return nil, err
	}
	if name == "" && doc.Info != nil {
		name = ident(doc.Info.Title)
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

// read decodes a document and resolves what it refers to within itself.
func read(document []byte) (doc *openapi3.T, err error) {
	if len(document) > maxDocument {
		return nil, fmt.Errorf("the document is larger than %d MiB", maxDocument>>20)
	}
	defer func() { // the decoder is not ours, and the document may be anything
		if p := recover(); p != nil {
			doc, err = nil, fmt.Errorf("the document cannot be read: %v", p)
		}
	}()
	var version struct {
		Swagger any `json:"swagger"`
		OpenAPI any `json:"openapi"`
	}
	options := yaml.DecodeOpts{DisableTimestamps: true}
	if _, err := yaml.Unmarshal(document, &version, options); err != nil {
		return nil, fmt.Errorf("the document is neither JSON nor YAML: %w", err)
	}
	loader := openapi3.NewLoader() // which refuses whatever lies outside of the document
	switch {
	case version.Swagger != nil:
		var old openapi2.T
		if _, err := yaml.Unmarshal(document, &old, options); err != nil {
			return nil, fmt.Errorf("the document cannot be read as Swagger 2: %w", err)
		}
		doc, err = openapi2conv.ToV3WithLoader(&old, loader, nil)
	case strings.HasPrefix(fmt.Sprint(version.OpenAPI), "3"):
		doc, err = loader.LoadFromData(document)
	default:
		return nil, errors.New("this is no OpenAPI document: it has neither openapi: 3.… nor swagger: 2.0")
	}
	switch {
	case err != nil && strings.Contains(err.Error(), "disallowed external reference"):
		return nil, fmt.Errorf("the document refers to another one, and only the one that is named is read: %w\nBundle them into one file first", err)
	case err != nil:
		return nil, fmt.Errorf("the document cannot be read: %w", err)
	}
	return doc, nil
}

// scenario is what is made of one document.
type scenario struct {
	doc      *openapi3.T
	security *security
	names    names // of users
}

// operation is one request to be.
type operation struct {
	method, path string
	item         *openapi3.PathItem
	*openapi3.Operation
}

// methods are those the language has, in the order requests are written.
var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}

// byTag groups the operations by their first tag: tags in the document's own
// order, then others by name, then what has none.
func (s *scenario) byTag() (tags []string, groups map[string][]operation) {
	groups = map[string][]operation{}
	for _, t := range s.doc.Tags {
		if t != nil && !slices.Contains(tags, t.Name) {
			tags = append(tags, t.Name)
		}
	}
	var found []string
	for _, path := range sortedKeys(s.doc.Paths.Map()) {
		item := s.doc.Paths.Value(path)
		if item == nil {
			continue
		}
		for _, m := range methods {
			op := item.GetOperation(m)
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
		if t != nil && t.Name == tag {
			comment(b, t.Description)
		}
	}
	common := s.security.common(s.doc, operations)
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
	title := ""
	if s.doc.Info != nil {
		title = s.doc.Info.Title
	}
	comment(&b, "A load test made from an OpenAPI document: "+title)
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
	if len(s.doc.Servers) == 0 || s.doc.Servers[0] == nil {
		return guess, true
	}
	server := s.doc.Servers[0]
	raw := server.URL
	for _, name := range sortedKeys(server.Variables) {
		if v := server.Variables[name]; v != nil {
			raw = strings.ReplaceAll(raw, "{"+name+"}", v.Default)
		}
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
