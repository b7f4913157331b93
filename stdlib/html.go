package stdlib

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Limits of the pages and XML texts that are read.
const (
	maxDocument = 8 << 20 // bytes
	maxNodes    = 100_000 // elements, texts and comments
	maxContent  = 8 << 20 // bytes of all that one call takes from a document
)

var (
	errDocument = errors.New("the document is larger than 8 MiB")
	errNodes    = errors.New("the document has more than 100,000 elements and texts")
	errDeep     = fmt.Errorf("the document nests deeper than %d levels", maxDepth)
	errContent  = errors.New("the result is larger than 8 MiB")
)

// parseHTML reads a page into a tree, in one pass and with at most a few
// nodes for each tag: elements that may be left out are added and end tags
// that may be left out are understood, as HTML's standard says under
// "Optional tags". It does not repair misnested formatting as browsers do:
// that copies elements, and a page of 40 kB can be written so that 600 MB
// come of it, which a target must not be able to do to its load generator.
func parseHTML(s string) (*html.Node, error) {
	if len(s) > maxDocument {
		return nil, errDocument
	}
	t := newTree()
	z := html.NewTokenizer(strings.NewReader(s))
	for t.err == nil {
		kind := z.Next()
		if kind == html.ErrorToken {
			return t.doc, nil // the end: reading from a string has no other error
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			t.text(token.Data)
		case html.StartTagToken, html.SelfClosingTagToken:
			if t.foreign() {
				z.NextIsNotRawText()
			}
			t.start(token, kind == html.SelfClosingTagToken)
		case html.EndTagToken:
			t.end(token)
		case html.CommentToken:
			t.add(&html.Node{Type: html.CommentNode, Data: token.Data})
		}
	}
	return nil, t.err
}

// tree is a page being read. open are the elements that have not ended,
// outermost first, without html, of which all are descendants.
type tree struct {
	doc, root, head, body *html.Node
	open                  []*html.Node
	nodes                 int
	err                   error
}

func newTree() *tree {
	t := &tree{doc: &html.Node{Type: html.DocumentNode}}
	t.root, t.head, t.body = element(atom.Html), element(atom.Head), element(atom.Body)
	t.doc.AppendChild(t.root)
	t.root.AppendChild(t.head)
	t.root.AppendChild(t.body)
	t.open = []*html.Node{t.head}
	return t
}

func element(a atom.Atom) *html.Node {
	return &html.Node{Type: html.ElementNode, DataAtom: a, Data: a.String()}
}

func (t *tree) top() *html.Node { return t.open[len(t.open)-1] }

// add appends a node to the innermost open element.
func (t *tree) add(n *html.Node) {
	if t.nodes++; t.nodes > maxNodes {
		t.err = errNodes
		return
	}
	t.top().AppendChild(n)
}

// push adds an element and leaves it open.
func (t *tree) push(n *html.Node) {
	if t.add(n); t.err != nil {
		return
	}
	if t.open = append(t.open, n); len(t.open) > maxDepth {
		t.err = errDeep
	}
}

// foreign reports whether what is read belongs to an SVG or MathML drawing.
func (t *tree) foreign() bool {
	return slices.ContainsFunc(t.open, func(n *html.Node) bool { return n.DataAtom == atom.Svg || n.DataAtom == atom.Math })
}

// intoBody ends the head: what follows is the page's content.
func (t *tree) intoBody() {
	if t.open[0] == t.head {
		t.open = append(t.open[:0], t.body)
	}
}

func (t *tree) text(s string) {
	if t.top() == t.head {
		if strings.TrimSpace(s) == "" {
			return
		}
		t.intoBody()
	}
	t.add(&html.Node{Type: html.TextNode, Data: s})
}

func (t *tree) start(token html.Token, closed bool) {
	switch token.DataAtom {
	case atom.Html:
		join(t.root, token.Attr)
		return
	case atom.Head:
		join(t.head, token.Attr)
		return
	case atom.Body:
		t.intoBody()
		join(t.body, token.Attr)
		return
	}
	if top := t.top(); (top == t.head || top.DataAtom == atom.Noscript) && !inHead[token.DataAtom] {
		t.intoBody()
	}
	foreign := t.foreign()
	if !foreign {
		if token.DataAtom == atom.Form && t.within(atom.Form) {
			return // forms do not nest
		}
		t.closeFor(token.DataAtom)
		t.addOptional(token.DataAtom)
	}
	n := &html.Node{Type: html.ElementNode, DataAtom: token.DataAtom, Data: token.Data, Attr: token.Attr}
	drawing := foreign || token.DataAtom == atom.Svg || token.DataAtom == atom.Math
	if void[token.DataAtom] && !foreign || closed && drawing {
		t.add(n)
		return
	}
	t.push(n)
}

// join gives an element that stands already the attributes it lacks.
func join(n *html.Node, attrs []html.Attribute) {
	for _, a := range attrs {
		if len(n.Attr) < maxDepth && !slices.ContainsFunc(n.Attr, func(b html.Attribute) bool { return a.Key == b.Key }) {
			n.Attr = append(n.Attr, a)
		}
	}
}

func (t *tree) within(a atom.Atom) bool {
	return slices.ContainsFunc(t.open, func(n *html.Node) bool { return n.DataAtom == a })
}

// closeFor ends the elements that the start of another one ends.
func (t *tree) closeFor(a atom.Atom) {
	if endsParagraph[a] {
		t.close(scope, atom.P)
	}
	switch a {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		switch t.top().DataAtom {
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			t.open = t.open[:len(t.open)-1]
		}
	case atom.Li:
		t.close(lists, a)
	case atom.Dt, atom.Dd:
		t.close(lists, atom.Dt, atom.Dd)
	case atom.Option:
		t.close(selects, a)
	case atom.Optgroup:
		t.close(selects, atom.Option, a)
	case atom.A, atom.Button, atom.Nobr:
		t.close(scope, a)
	case atom.Td, atom.Th:
		t.close(tables, atom.Td, atom.Th)
	case atom.Tr:
		t.close(tables, a)
	case atom.Tbody, atom.Thead, atom.Tfoot, atom.Caption, atom.Colgroup:
		t.close(tables, atom.Tbody, atom.Thead, atom.Tfoot, atom.Caption, atom.Colgroup)
	case atom.Rt, atom.Rp:
		t.close(scope, atom.Rt, atom.Rp)
	}
}

// addOptional adds the parts of a table that a row or cell stands in.
func (t *tree) addOptional(a atom.Atom) {
	if a == atom.Td || a == atom.Th || a == atom.Tr {
		if t.top().DataAtom == atom.Table {
			t.push(element(atom.Tbody))
		}
	}
	if a == atom.Td || a == atom.Th {
		switch t.top().DataAtom {
		case atom.Tbody, atom.Thead, atom.Tfoot:
			t.push(element(atom.Tr))
		}
	}
}

// close ends the innermost open element of the given kinds and all in it,
// unless one of the barriers stands within that element.
func (t *tree) close(barriers map[atom.Atom]bool, kinds ...atom.Atom) {
	for i := len(t.open) - 1; i > 0; i-- {
		a := t.open[i].DataAtom
		if slices.Contains(kinds, a) {
			t.open = t.open[:i]
			return
		}
		if barriers[a] {
			return
		}
	}
}

func (t *tree) end(token html.Token) {
	switch token.DataAtom {
	case atom.Head:
		t.intoBody()
		return
	case atom.Body, atom.Html:
		return // what follows still belongs to the body
	}
	barriers := scope
	if tableParts[token.DataAtom] {
		barriers = tables
	}
	for i := len(t.open) - 1; i > 0; i-- {
		n := t.open[i]
		if n.Data == token.Data {
			t.open = t.open[:i]
			return
		}
		if barriers[n.DataAtom] {
			return
		}
	}
}

func atoms(list ...atom.Atom) map[atom.Atom]bool {
	m := make(map[atom.Atom]bool, len(list))
	for _, a := range list {
		m[a] = true
	}
	return m
}

// The kinds of elements that the standard's rules name.
var (
	void = atoms(atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Frame, atom.Hr, atom.Img, atom.Input, atom.Keygen,
		atom.Link, atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr)
	inHead = atoms(atom.Base, atom.Basefont, atom.Bgsound, atom.Link, atom.Meta, atom.Noframes, atom.Noscript, atom.Script, atom.Style,
		atom.Template, atom.Title)
	endsParagraph = atoms(atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Center, atom.Details, atom.Dialog, atom.Dir,
		atom.Div, atom.Dl, atom.Dt, atom.Dd, atom.Fieldset, atom.Figcaption, atom.Figure, atom.Footer, atom.Form, atom.H1, atom.H2, atom.H3, atom.H4,
		atom.H5, atom.H6, atom.Header, atom.Hgroup, atom.Hr, atom.Li, atom.Main, atom.Menu, atom.Nav, atom.Ol, atom.P, atom.Plaintext,
		atom.Pre, atom.Section, atom.Summary, atom.Table, atom.Ul)
	tables     = atoms(atom.Table, atom.Template)
	tableParts = atoms(atom.Table, atom.Caption, atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr, atom.Td, atom.Th)
	scope      = atoms(atom.Table, atom.Template, atom.Td, atom.Th, atom.Caption, atom.Applet, atom.Marquee, atom.Object, atom.Button, atom.Select)
	lists      = atoms(atom.Table, atom.Template, atom.Td, atom.Th, atom.Ul, atom.Ol, atom.Menu, atom.Dl)
	selects    = atoms(atom.Table, atom.Template, atom.Td, atom.Th, atom.Select)
)
