package stdlib

import (
	"errors"
	"fmt"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

// selector is a CSS selector that visits every element of a page once,
// whatever stands in the page. Cascadia judges the simple selectors; how they
// are joined is followed here, because it would try every combination of
// ancestors and siblings, and a page can have more of those than time allows.
type selector struct {
	steps []step
	last  uint64 // the steps that end an alternative
	heavy bool   // some step may look at all siblings of an element
}

// step is what an element must be, and how the element of the step before it
// is related to it: as an ancestor (' '), the parent ('>'), the sibling right
// before ('+') or one before ('~'). The first step of an alternative has no
// relation.
type step struct {
	is       cascadia.Sel
	relation byte
}

const (
	maxSteps       = 64
	maxSiblingWork = 200_000_000 // pairs of siblings
)

func compileSelector(s string) (*selector, error) {
	if len(s) > maxPattern {
		return nil, errors.New("the selector is longer than 4096 bytes")
	}
	if _, err := cascadia.ParseGroup(s); err != nil {
		return nil, fmt.Errorf("%s is no CSS selector: %w", quoted(s), err)
	}
	sel := &selector{heavy: strings.Contains(s, ":")}
	relation := byte(0)
	for rest := s; ; {
		text, after := cutStep(strings.TrimLeft(rest, " \t\r\n\f"))
		is, err := cascadia.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("%s is no CSS selector: %w", quoted(s), err)
		}
		if len(sel.steps) == maxSteps {
			return nil, errors.New("the selector has more than 64 steps")
		}
		sel.steps = append(sel.steps, step{is, relation})
		joint := strings.TrimLeft(after, " \t\r\n\f")
		switch {
		case joint == "":
			sel.last |= 1 << (len(sel.steps) - 1)
			return sel, nil
		case joint[0] == ',':
			sel.last |= 1 << (len(sel.steps) - 1)
			relation, rest = 0, joint[1:]
		case strings.IndexByte(">+~", joint[0]) >= 0:
			relation, rest = joint[0], joint[1:]
		default:
			relation, rest = ' ', joint
		}
	}
}

// cutStep cuts the simple selectors off the front of a selector: up to a
// joint that stands outside of brackets and quotes.
func cutStep(s string) (text, after string) {
	depth := 0
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i += escapeLength(s[i+1:])
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case depth == 0 && strings.IndexByte(" \t\r\n\f>+~,", c) >= 0:
			return s[:i], s[i:]
		}
	}
	return s, ""
}

// escapeLength is how many bytes after a backslash belong to its escape: up
// to six hexadecimal digits and a space, or any one byte.
func escapeLength(s string) int {
	n := 0
	for n < len(s) && n < 6 && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
		n++
	}
	switch {
	case n == 0:
		return 1
	case n < len(s) && strings.IndexByte(" \t\r\n\f", s[n]) >= 0:
		return n + 1
	}
	return n
}

// each visits the matching elements in the page's order until visit says no.
func (sel *selector) each(page *html.Node, visit func(n *html.Node) bool) error {
	if sel.heavy && siblingWork(page) > maxSiblingWork {
		return errors.New("the document has too many elements side by side for a selector with a pseudo-class")
	}
	sel.below(page, 0, 0, visit)
	return nil
}

// below visits a node's descendants. Masks hold which steps, with all before
// them, an element has matched: above any of the node's ancestors or itself,
// parent the node itself.
func (sel *selector) below(n *html.Node, above, parent uint64, visit func(n *html.Node) bool) bool {
	var left, lefts uint64 // the sibling before, and all siblings before
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		got := sel.match(c, above, parent, left, lefts)
		if got&sel.last != 0 && !visit(c) || !sel.below(c, above|got, got, visit) {
			return false
		}
		left, lefts = got, lefts|got
	}
	return true
}

func (sel *selector) match(n *html.Node, above, parent, left, lefts uint64) (got uint64) {
	for i, s := range sel.steps {
		related := uint64(1)
		switch s.relation {
		case ' ':
			related = above >> (i - 1) & 1
		case '>':
			related = parent >> (i - 1) & 1
		case '+':
			related = left >> (i - 1) & 1
		case '~':
			related = lefts >> (i - 1) & 1
		}
		if related == 1 && s.is.Match(n) {
			got |= 1 << i
		}
	}
	return got
}

// siblingWork is how many pairs of siblings a page has.
func siblingWork(n *html.Node) int {
	work, children := 0, 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		children++
		work += siblingWork(c)
	}
	return work + children*children
}
