package webform

import (
	"bytes"
	"errors"
	"slices"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxDepth = 256    // elements open at once; deeper ones are flattened
	maxNodes = 50_000 // elements and texts
)

var errNodes = errors.New("the page has more than 50,000 elements and texts")

// page is a page as a tree, with what the tree alone does not say: which form
// a control belongs to, since a form may end elsewhere than its element.
type page struct {
	doc   *html.Node
	forms []*html.Node
	owner map[*html.Node]*html.Node // of controls without a form attribute
	order []*html.Node              // controls, in the page's order
	ids   map[string]*html.Node     // forms by id
	base  string                    // href of the first <base>
	heads map[*html.Node]*html.Node // the first legends of fieldsets, as far as asked for
	based bool

	open  []*html.Node // elements that have not ended, outermost first
	form  *html.Node   // the form that has begun and not ended
	inert int          // templates that are open: what is in them is not on the page
	drawn int          // SVG and MathML drawings that are open
	nodes int
}

// parse reads a page.
func parse(text []byte) (*page, error) {
	doc := &html.Node{Type: html.DocumentNode}
	p := &page{doc: doc, open: []*html.Node{doc}, owner: map[*html.Node]*html.Node{}, ids: map[string]*html.Node{}, heads: map[*html.Node]*html.Node{}}
	z := html.NewTokenizer(bytes.NewReader(text))
	for p.nodes < maxNodes {
		switch z.Next() {
		case html.ErrorToken:
			return p, nil // the end: reading from memory has no other error
		case html.TextToken:
			p.add(&html.Node{Type: html.TextNode, Data: z.Token().Data})
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			foreign := p.drawn > 0
			if foreign {
				z.NextIsNotRawText()
			}
			p.start(t, foreign && t.Type == html.SelfClosingTagToken)
		case html.EndTagToken:
			p.end(z.Token())
		}
	}
	return nil, errNodes
}

func (p *page) top() *html.Node { return p.open[len(p.open)-1] }

func (p *page) add(n *html.Node) {
	p.nodes++
	p.top().AppendChild(n)
}

func (p *page) start(t html.Token, closed bool) {
	if t.DataAtom == atom.Form && p.form != nil && p.inert == 0 {
		return // forms do not nest
	}
	p.endImplied(t.DataAtom)
	n := &html.Node{Type: html.ElementNode, DataAtom: t.DataAtom, Data: t.Data, Attr: t.Attr}
	p.add(n)
	p.note(n)
	if closed || void[n.DataAtom] || len(p.open) > maxDepth {
		return
	}
	p.open = append(p.open, n)
	p.count(n, 1)
}

// note remembers what is asked of the page later.
func (p *page) note(n *html.Node) {
	if p.inert > 0 {
		return
	}
	switch n.DataAtom {
	case atom.Form:
		p.form = n
		p.forms = append(p.forms, n)
		if id, ok := attr(n, "id"); ok && p.ids[id] == nil {
			p.ids[id] = n
		}
	case atom.Input, atom.Select, atom.Textarea, atom.Button:
		p.order = append(p.order, n)
		if p.form != nil {
			p.owner[n] = p.form
		}
	case atom.Base:
		if href, ok := attr(n, "href"); ok && !p.based {
			p.base, p.based = href, true
		}
	}
}

func (p *page) end(t html.Token) {
	if t.DataAtom == atom.Form && p.inert == 0 {
		p.form = nil
	}
	for i := len(p.open) - 1; i > 0; i-- {
		n := p.open[i]
		if n.DataAtom == t.DataAtom && n.Data == t.Data {
			p.pop(i)
			return
		}
		if n.DataAtom == atom.Template {
			return // no other end tag reaches out of it
		}
	}
}

// pop ends the i-th open element and those within it.
func (p *page) pop(i int) {
	for _, n := range p.open[i:] {
		p.count(n, -1)
	}
	p.open = p.open[:i]
}

func (p *page) count(n *html.Node, by int) {
	switch n.DataAtom {
	case atom.Template:
		p.inert += by
	case atom.Svg, atom.Math:
		p.drawn += by
	}
}

// endImplied ends the elements whose end tags may be left out before an
// element of this kind.
func (p *page) endImplied(next atom.Atom) {
	ends, ok := implied[next]
	if !ok {
		return
	}
	for i := len(p.open) - 1; i > 0; i-- {
		switch kind := p.open[i].DataAtom; {
		case slices.Contains(ends, kind):
			p.pop(i)
		case slices.Contains(barriers, kind):
			return
		}
	}
}

// barriers are what an end tag that is left out does not reach beyond.
var barriers = []atom.Atom{atom.Ul, atom.Ol, atom.Dl, atom.Table, atom.Select, atom.Datalist, atom.Template, atom.Button, atom.Fieldset}

// implied are the elements that end where another one begins.
var implied = func() map[atom.Atom][]atom.Atom {
	all := map[atom.Atom][]atom.Atom{
		atom.Li: {atom.Li, atom.P}, atom.Dt: {atom.Dt, atom.Dd, atom.P}, atom.Dd: {atom.Dt, atom.Dd, atom.P},
		atom.Select: {atom.Select}, atom.Option: {atom.Option}, atom.Optgroup: {atom.Option, atom.Optgroup},
		atom.Td: {atom.Td, atom.Th, atom.P}, atom.Th: {atom.Td, atom.Th, atom.P}, atom.Tr: {atom.Tr, atom.Td, atom.Th, atom.P},
		atom.Tbody: {atom.Tbody, atom.Thead, atom.Tfoot, atom.Tr, atom.Td, atom.Th}, atom.Tfoot: {atom.Tbody, atom.Thead, atom.Tr, atom.Td, atom.Th},
	}
	for _, block := range []atom.Atom{
		atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Div, atom.Dl, atom.Fieldset, atom.Footer, atom.Form,
		atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Header, atom.Hr, atom.Main, atom.Nav, atom.Ol, atom.P,
		atom.Pre, atom.Section, atom.Table, atom.Ul,
	} {
		all[block] = []atom.Atom{atom.P}
	}
	return all
}()

// void are the elements that have no content.
var void = map[atom.Atom]bool{
	atom.Area: true, atom.Base: true, atom.Br: true, atom.Col: true, atom.Embed: true, atom.Hr: true, atom.Img: true, atom.Input: true,
	atom.Link: true, atom.Meta: true, atom.Param: true, atom.Source: true, atom.Track: true, atom.Wbr: true,
}

// attr is an attribute; of two with one name the first.
func attr(n *html.Node, name string) (string, bool) {
	for i := range n.Attr {
		if n.Attr[i].Key == name {
			return n.Attr[i].Val, true
		}
	}
	return "", false
}

func has(n *html.Node, name string) bool {
	_, ok := attr(n, name)
	return ok
}
