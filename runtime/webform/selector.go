package webform

import (
	"errors"
	"fmt"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
)

const (
	maxLinks    = 60          // compound selectors in one selector
	maxSiblings = 100_000_000 // pairs of siblings that a pseudo-class may compare
)

// selector finds elements in one walk over the page. Cascadia says what an
// element is; how elements are related is followed here, since cascadia tries
// all ancestors for each, and on a page made for it that takes hours.
type selector struct {
	links []link
	heavy bool // a pseudo-class may look at all siblings of an element
}

// link is a compound selector, such as form.login[method], and its relation
// to the element of the link before: ' ' below it, '>' its child, '+' next to
// it, '~' after it, 0 for none.
type link struct {
	is   cascadia.Sel
	to   byte
	last bool // what matches here is found
}

func newSelector(text string) (*selector, error) {
	if _, err := cascadia.ParseGroup(text); err != nil {
		return nil, fmt.Errorf("%s is no CSS selector: %w", quote(text), err)
	}
	s := &selector{heavy: strings.Contains(text, ":")}
	to := byte(0)
	for rest := strings.TrimSpace(text); rest != ""; {
		n := compound(rest)
		is, err := cascadia.Parse(rest[:n])
		if err != nil {
			return nil, fmt.Errorf("%s is no CSS selector: %w", quote(text), err)
		}
		if len(s.links) == maxLinks {
			return nil, fmt.Errorf("%s joins more than %d selectors", quote(text), maxLinks)
		}
		tail := strings.TrimLeft(rest[n:], space)
		l := link{is: is, to: to, last: tail == "" || tail[0] == ','}
		s.links = append(s.links, l)
		switch {
		case tail == "":
		case tail[0] == ',':
			to, tail = 0, tail[1:]
		case strings.IndexByte(">+~", tail[0]) >= 0:
			to, tail = tail[0], tail[1:]
		default:
			to = ' '
		}
		rest = strings.TrimLeft(tail, space)
	}
	return s, nil
}

const space = " \t\r\n\f"

// compound is the length of the compound selector that a text begins with.
func compound(s string) int {
	open, quoted := 0, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\':
			i += escaped(s[i+1:])
		case quoted != 0:
			if c == quoted {
				quoted = 0
			}
		case c == '"' || c == '\'':
			quoted = c
		case c == '(' || c == '[':
			open++
		case c == ')' || c == ']':
			open--
		case open == 0 && strings.IndexByte(space+">+~,", c) >= 0:
			return i
		}
	}
	return len(s)
}

// escaped is how much of what follows a backslash belongs to it: up to six
// hexadecimal digits and a space behind them, or one byte of anything else.
func escaped(s string) int {
	n := 0
	for n < min(len(s), 6) && strings.IndexByte("0123456789abcdefABCDEF", s[n]) >= 0 {
		n++
	}
	if n > 0 && n < len(s) && strings.IndexByte(space, s[n]) >= 0 {
		n++
	}
	return max(n, 1)
}

// all are the elements below a node that are found, in the page's order.
func (s *selector) all(n *html.Node) ([]*html.Node, error) {
	if s.heavy && siblings(n) > maxSiblings {
		return nil, errors.New("the page has too many elements side by side for a selector with a pseudo-class")
	}
	var found []*html.Node
	s.walk(n, 0, 0, &found)
	return found, nil
}

// walk visits the elements below n. The sets say, a bit a link, which links
// were met: over by n or an element around it, by n itself.
func (s *selector) walk(n *html.Node, over, by uint64, found *[]*html.Node) {
	var next, before uint64 // by the sibling before, by any of them
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type != html.ElementNode {
			continue
		}
		met, hit := uint64(0), false
		for i := range s.links {
			l := &s.links[i]
			if related(l.to, i, over, by, next, before) && l.is.Match(c) {
				met |= 1 << i
				hit = hit || l.last
			}
		}
		if hit {
			*found = append(*found, c)
		}
		s.walk(c, over|met, met, found)
		next, before = met, before|met
	}
}

// related reports whether the link before the i-th one was met where its
// relation asks for it.
func related(to byte, i int, over, by, next, before uint64) bool {
	set := over
	switch to {
	case 0:
		return true
	case '>':
		set = by
	case '+':
		set = next
	case '~':
		set = before
	}
	return set&(1<<(i-1)) != 0
}

// siblings are the pairs of siblings below a node.
func siblings(n *html.Node) int {
	pairs, children := 0, 0
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		children++
		pairs += siblings(c)
	}
	return pairs + children*children
}
