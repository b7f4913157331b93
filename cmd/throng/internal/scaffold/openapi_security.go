package scaffold

import (
	"fmt"
	"strings"

	"throng/cmd/throng/internal/scaffold/openapi"
)

// security is how the document's security schemes are written: a sensitive
// variable for each secret, and what is sent of it.
type security struct {
	schemes map[string]sent
	names   names
	used    map[string]bool
}

// sent is what a scheme adds to a request.
type sent struct {
	headers, query object
	cookies        []string // pieces of a template
	secrets        []secret
}

// secret is a variable to be.
type secret struct{ name, about string }

func newSecurity(doc *openapi.Document) *security {
	s := &security{schemes: map[string]sent{}, names: names{"base_url": true}, used: map[string]bool{}}
	for _, name := range sortedKeys(doc.Security) {
		if made, ok := s.scheme(name, doc.Security[name]); ok {
			s.schemes[name] = made
		}
	}
	return s
}

// scheme says what is sent for a scheme; false for one that needs a human.
func (s *security) scheme(name string, scheme *openapi.SecurityScheme) (sent, bool) {
	word := strings.ToLower(ident(name))
	kind := strings.ToLower(scheme.Type)
	switch {
	case kind == "http" && strings.EqualFold(scheme.Scheme, "basic"):
		user, password := s.names.unique(word+"_user"), s.names.unique(word+"_password")
		value := expr(fmt.Sprintf(`"Basic ${base64encode("${var.%s}:${var.%s}")}"`, user, password))
		return sent{headers: object{{"Authorization", value}},
			secrets: []secret{{user, "The user of " + name + "."}, {password, "The password of " + name + "."}}}, true
	case kind == "http" && strings.EqualFold(scheme.Scheme, "bearer"):
		return s.bearer(word, "The token of "+name+"."), true
	case kind == "oauth2", kind == "openidconnect":
		return s.bearer(word, "An access token of "+name+". Decide: give one, or get it in the user's start steps and send session.token."), true
	case kind == "apikey" && scheme.Name != "":
		v := s.names.unique(word)
		made := sent{secrets: []secret{{v, "The key of " + name + "."}}}
		value := expr("var." + v)
		switch strings.ToLower(scheme.In) {
		case "header":
			made.headers = object{{scheme.Name, value}}
		case "query":
			made.query = object{{scheme.Name, value}}
		case "cookie":
			made.cookies = []string{literalText(scheme.Name) + "=${var." + v + "}"}
		default:
			return sent{}, false
		}
		return made, true
	}
	return sent{}, false
}

func (s *security) bearer(word, about string) sent {
	v := s.names.unique(word)
	return sent{headers: object{{"Authorization", expr(`"Bearer ${var.` + v + `}"`)}}, secrets: []secret{{v, about}}}
}

// literalText is a text as it stands within a quoted template.
func literalText(s string) string {
	q := quote(s)
	return q[1 : len(q)-1]
}

// of is what an operation's requests send: that of the first of its
// alternatives which can be written. human says that none can.
func (s *security) of(op *openapi.Operation) (all sent, human bool) {
	if len(op.Security) == 0 {
		return sent{}, false
	}
next:
	for _, alternative := range op.Security {
		all := sent{}
		for _, name := range alternative {
			one, known := s.schemes[name]
			if !known {
				continue next
			}
			all.headers = merged(all.headers, one.headers)
			all.query = merged(all.query, one.query)
			all.cookies = append(all.cookies, one.cookies...)
			s.used[name] = true
		}
		return all, false
	}
	return sent{}, true
}

// common is what all requests of a user can send, since at least half of them
// have to: the headers of the first operation that sends any.
func (s *security) common(operations []operation) sent {
	count := map[string]int{}
	first := object(nil)
	for _, op := range operations {
		one, _ := s.of(op.Operation)
		if len(one.headers) > 0 && first == nil {
			first = one.headers
		}
		count[literal(one.headers)]++
	}
	if first == nil || 2*count[literal(first)] < len(operations) {
		return sent{}
	}
	return sent{headers: first}
}

// merged is one object and what another has beside it; names ignore case.
func merged(a, b object) object {
	out := append(object(nil), a...)
	for _, f := range b {
		if !out.has(f.name) {
			out = append(out, f)
		}
	}
	return out
}

func (o object) has(name string) bool {
	for _, f := range o {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// variables writes a sensitive variable for each secret that is sent.
func (s *security) variables(b *strings.Builder) {
	for _, name := range sortedKeys(s.schemes) {
		if !s.used[name] {
			continue
		}
		for _, v := range s.schemes[name].secrets {
			comment(b, v.about)
			fmt.Fprintf(b, "# Give it with THRONG_VAR_%s or a --var-file, not here.\n", v.name)
			fmt.Fprintf(b, "variable %s {\ntype = string\ndefault = \"change-me\"\nsensitive = true\n}\n\n", quote(v.name))
		}
	}
}
