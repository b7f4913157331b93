package exampleapi

import (
	"errors"
	"fmt"
	"strings"
)

const (
	maxGraphQL      = 16 << 10 // bytes of a query
	maxGraphQLDepth = 10
)

// A graphqlQuery is a document with one named operation.
type graphqlQuery struct {
	kind   string // "query" or "mutation"
	name   string
	fields []selection
}

// A selection is a field that is asked for.
type selection struct {
	name   string
	alias  string      // under which it is answered; the name unless said
	fields []selection // nil if it has none
}

// A graphqlReader takes tokens from a query: names, numbers, strings,
// punctuation of one character; "" at the end.
type graphqlReader struct {
	rest  string
	token string
}

// parseGraphQL reads what this service needs of a query: its kind, name and
// selection. What stands in parentheses is skipped.
func parseGraphQL(text string) (graphqlQuery, error) {
	if len(text) > maxGraphQL {
		return graphqlQuery{}, fmt.Errorf("the query is longer than %d bytes", maxGraphQL)
	}
	r := &graphqlReader{rest: text}
	r.next()
	q := graphqlQuery{kind: r.token}
	if q.kind != "query" && q.kind != "mutation" {
		return q, r.unexpected("query NAME or mutation NAME")
	}
	if r.next(); !r.atName() {
		return q, r.unexpected("the operation's name")
	}
	q.name = r.token
	r.next()
	err := r.skipParentheses()
	if err == nil {
		q.fields, err = r.selections(1)
	}
	if err == nil && r.token != "" {
		err = r.unexpected("the end: one operation only")
	}
	return q, err
}

func (r *graphqlReader) unexpected(wanted string) error {
	if r.token == "" {
		return fmt.Errorf("syntax error: the query ends where %s should stand", wanted)
	}
	return fmt.Errorf("syntax error: %q stands where %s should", r.token, wanted)
}

func (r *graphqlReader) selections(depth int) ([]selection, error) {
	if depth > maxGraphQLDepth {
		return nil, fmt.Errorf("the query is nested deeper than %d levels", maxGraphQLDepth)
	}
	if r.token != "{" {
		return nil, r.unexpected("{")
	}
	r.next()
	var out []selection
	for r.token != "}" {
		s, err := r.selection(depth)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, errors.New("syntax error: a selection is empty")
	}
	r.next()
	return out, nil
}

func (r *graphqlReader) selection(depth int) (selection, error) {
	if !r.atName() {
		return selection{}, r.unexpected("a field (fragments and directives are not known here)")
	}
	s := selection{name: r.token, alias: r.token}
	if r.next(); r.token == ":" {
		if r.next(); !r.atName() {
			return s, r.unexpected("a field")
		}
		s.name = r.token
		r.next()
	}
	err := r.skipParentheses()
	if err == nil && r.token == "{" {
		s.fields, err = r.selections(depth + 1)
	}
	return s, err
}

func (r *graphqlReader) skipParentheses() error {
	if r.token != "(" {
		return nil
	}
	for r.token != ")" {
		if r.token == "" {
			return r.unexpected(")")
		}
		r.next()
	}
	r.next()
	return nil
}

func (r *graphqlReader) atName() bool {
	return r.token != "" && nameByte(r.token[0]) && (r.token[0] < '0' || r.token[0] > '9')
}

func nameByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (r *graphqlReader) next() {
	r.skipBlank()
	n := 0
	switch {
	case r.rest == "":
	case r.rest[0] == '"':
		n = stringLength(r.rest)
	case nameByte(r.rest[0]):
		for n < len(r.rest) && nameByte(r.rest[n]) {
			n++
		}
	default:
		n = 1
	}
	r.token, r.rest = r.rest[:n], r.rest[n:]
}

// skipBlank skips white space, commas and comments.
func (r *graphqlReader) skipBlank() {
	for {
		r.rest = strings.TrimLeft(r.rest, " \t\r\n,\ufeff")
		if !strings.HasPrefix(r.rest, "#") {
			return
		}
		_, r.rest, _ = strings.Cut(r.rest, "\n")
	}
}

// stringLength is the length of the string at the beginning of text, with its quotes.
func stringLength(text string) int {
	if strings.HasPrefix(text, `"""`) {
		if end := strings.Index(text[3:], `"""`); end >= 0 {
			return end + 6
		}
		return len(text)
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}
