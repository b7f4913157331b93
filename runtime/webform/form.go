package webform

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Encodings of a form's fields, as enctype names them.
const (
	URLEncoded = "application/x-www-form-urlencoded"
	Multipart  = "multipart/form-data"
	PlainText  = "text/plain"
)

// Form is a form of a page as it stands before anybody has filled it in.
type Form struct {
	Method   string   // "GET", "POST" or "DIALOG"
	Action   *url.URL // where it leads, absolute and without fragment
	Encoding string   // of a POST
	controls []control
}

// Read finds a form of a page that came from an address: the one that a CSS
// selector finds, or the page's only one where the selector is "". The
// selector may also find something within the form.
func Read(text []byte, from *url.URL, selector string) (*Form, error) {
	p, err := parse(text)
	if err != nil {
		return nil, err
	}
	n, err := p.find(selector)
	if err != nil {
		return nil, err
	}
	f := &Form{Method: method(n), Encoding: encoding(n), controls: p.controls(n)}
	f.Action, err = p.action(n, from)
	return f, err
}

func (p *page) find(selector string) (*html.Node, error) {
	found := p.forms
	if selector != "" {
		s, err := newSelector(selector)
		if err != nil {
			return nil, err
		}
		nodes, err := s.all(p.doc)
		if err != nil {
			return nil, err
		}
		found = p.around(nodes)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(p.forms) == 0:
		return nil, errors.New("the page has no form")
	case len(found) == 0:
		return nil, fmt.Errorf("no form of the page is found by %s; it has %s", quote(selector), names(p.forms))
	case selector == "":
		return nil, fmt.Errorf("the page has %d forms, so say which one with form = …: %s", len(found), names(found))
	}
	return nil, fmt.Errorf("%s finds %d forms, not one: %s", quote(selector), len(found), names(found))
}

// around are the forms that nodes are, or stand in, each once.
func (p *page) around(nodes []*html.Node) []*html.Node {
	hit := map[*html.Node]bool{}
	for _, n := range nodes {
		if f := p.formOf(n); f != nil {
			hit[f] = true
			continue
		}
		for ; n != nil && !hit[n]; n = n.Parent {
			hit[n] = true // only forms are asked for
		}
	}
	var found []*html.Node
	for _, f := range p.forms {
		if hit[f] {
			found = append(found, f)
		}
	}
	return found
}

// names are forms as their authors tell them apart.
func names(forms []*html.Node) string {
	const most = 6
	var all []string
	for i, n := range forms {
		if i == most {
			all = append(all, "…")
			break
		}
		all = append(all, name(n))
	}
	return strings.Join(all, ", ")
}

func name(n *html.Node) string {
	if id, ok := attr(n, "id"); ok && id != "" {
		return "form#" + clip(id)
	}
	for _, key := range []string{"name", "action", "class"} {
		if v, ok := attr(n, key); ok && v != "" {
			if key == "action" {
				v, _, _ = strings.Cut(v, "?") // which may differ each time
			}
			return "form[" + key + "=" + quote(v) + "]"
		}
	}
	return "form"
}

func method(n *html.Node) string {
	v, _ := attr(n, "method")
	switch v = strings.ToUpper(v); v {
	case "POST", "DIALOG":
		return v
	}
	return "GET"
}

func encoding(n *html.Node) string {
	v, _ := attr(n, "enctype")
	switch v = strings.ToLower(v); v {
	case Multipart, PlainText:
		return v
	}
	return URLEncoded
}

// action is where a form leads. Without an action it is the page itself,
// whatever its base says.
func (p *page) action(n *html.Node, from *url.URL) (*url.URL, error) {
	to := *from
	if v, _ := attr(n, "action"); strings.TrimSpace(v) != "" {
		base := from
		if p.based {
			if b, err := from.Parse(strings.TrimSpace(p.base)); err == nil {
				base = b
			}
		}
		resolved, err := base.Parse(strings.TrimSpace(v))
		if err != nil {
			return nil, fmt.Errorf("the form's action %s is no address", quote(v))
		}
		to = *resolved
	}
	to.Fragment, to.RawFragment = "", ""
	return &to, nil
}

// quote is a text of the page or of the scenario, in quotes and not too long.
func quote(s string) string { return `"` + clip(s) + `"` }

func clip(s string) string {
	const most = 60
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
