package webform

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// kind is how a control is filled in.
type kind uint8

const (
	field  kind = iota // holds a text, or a choice of a list
	tick               // a checkbox or radio button: sends its value or nothing
	file               // sends a file
	button             // sends its value when it is pressed
)

// control is a named control of a form.
type control struct {
	name   string
	kind   kind
	values []string // what it sends now; none where it sends nothing
	offer  string   // what a tick or a button sends when it is checked or pressed
}

// formOf is the form a control belongs to, or nil.
func (p *page) formOf(n *html.Node) *html.Node {
	if id, ok := attr(n, "form"); ok {
		return p.ids[id]
	}
	return p.owner[n]
}

// controls are a form's named controls, in the page's order.
func (p *page) controls(form *html.Node) []control {
	var all []control
	for _, n := range p.order {
		name, _ := attr(n, "name")
		if p.formOf(n) != form || name == "" || isWithin(n, atom.Datalist) {
			continue
		}
		c := read(n)
		c.name = name
		if p.disabled(n) {
			c.values = nil
		}
		all = append(all, c)
	}
	return all
}

func read(n *html.Node) control {
	switch n.DataAtom {
	case atom.Select:
		return control{values: selected(n)}
	case atom.Textarea:
		var b strings.Builder
		texts(n, &b)
		return control{values: []string{strings.TrimPrefix(b.String(), "\n")}}
	case atom.Button:
		value, _ := attr(n, "value")
		return control{kind: button, offer: value}
	}
	return input(n)
}

func input(n *html.Node) control {
	value, given := attr(n, "value")
	t, _ := attr(n, "type")
	switch strings.ToLower(t) {
	case "checkbox", "radio":
		if !given {
			value = "on"
		}
		c := control{kind: tick, offer: value}
		if has(n, "checked") {
			c.values = []string{value}
		}
		return c
	case "submit", "button", "reset", "image":
		return control{kind: button, offer: value}
	case "file":
		return control{kind: file, values: []string{""}}
	case "hidden":
		if name, _ := attr(n, "name"); strings.EqualFold(name, "_charset_") && !given {
			value = "UTF-8"
		}
	case "color":
		if value == "" {
			value = "#000000"
		}
	default:
		value = strings.NewReplacer("\r", "", "\n", "").Replace(value)
	}
	return control{values: []string{value}}
}

// disabled reports whether a control sends nothing, whatever it holds: by
// itself, or by a fieldset around it, unless it stands in its first legend.
func (p *page) disabled(n *html.Node) bool {
	if has(n, "disabled") {
		return true
	}
	for child, at := n, n.Parent; at != nil; child, at = at, at.Parent {
		if at.DataAtom == atom.Fieldset && has(at, "disabled") && child != p.firstLegend(at) {
			return true
		}
	}
	return false
}

func (p *page) firstLegend(fieldset *html.Node) *html.Node {
	legend, known := p.heads[fieldset]
	if known {
		return legend
	}
	for legend = fieldset.FirstChild; legend != nil && legend.DataAtom != atom.Legend; legend = legend.NextSibling {
	}
	p.heads[fieldset] = legend
	return legend
}

func isWithin(n *html.Node, kind atom.Atom) bool {
	for n = n.Parent; n != nil; n = n.Parent {
		if n.DataAtom == kind {
			return true
		}
	}
	return false
}

// selected are the values that a select sends: those of its selected options.
// One without multiple has the last of these, or if it shows one line the
// first that can be chosen.
func selected(n *html.Node) []string {
	options := options(n, nil, false)
	var values []string
	for _, o := range options {
		if has(o.node, "selected") && !o.disabled {
			values = append(values, o.value())
		}
	}
	if has(n, "multiple") {
		return values
	}
	if len(values) > 0 {
		return values[len(values)-1:]
	}
	if size, ok := attr(n, "size"); ok && size != "" && size != "0" && size != "1" {
		return nil
	}
	if i := slices.IndexFunc(options, func(o option) bool { return !o.disabled }); i >= 0 {
		return []string{options[i].value()}
	}
	return nil
}

type option struct {
	node     *html.Node
	disabled bool
}

// value is the option's value, or its text with its spaces collapsed.
func (o option) value() string {
	if v, ok := attr(o.node, "value"); ok {
		return v
	}
	var b strings.Builder
	texts(o.node, &b)
	return strings.Join(strings.Fields(b.String()), " ")
}

// options are the options below n, in order.
func options(n *html.Node, all []option, off bool) []option {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch c.DataAtom {
		case atom.Option:
			all = append(all, option{c, off || has(c, "disabled")})
		case atom.Optgroup:
			all = options(c, all, off || has(c, "disabled"))
		default:
			all = options(c, all, off)
		}
	}
	return all
}

// texts appends the texts below n, but for scripts.
func texts(n *html.Node, b *strings.Builder) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case c.Type == html.TextNode:
			b.WriteString(c.Data)
		case c.DataAtom != atom.Script:
			texts(c, b)
		}
	}
}
