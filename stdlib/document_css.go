package stdlib

import (
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"throng/dsl/plan"
)

// picker takes from a page what a selector matches.
type picker func(page *html.Node, sel *selector, attribute string) (plan.Value, error)

// withSelector gives a function whose second argument is a CSS selector a
// lowered form that compiles a constant one once, before the run.
func withSelector(f Function, pick picker) Function {
	general := f.Lower
	f.Lower = func(call Call) (plan.Expr, error) {
		node, err := general(call)
		if err != nil {
			return nil, err
		}
		c, ok := call.Args[1].(plan.Const)
		if !ok || c.Value.Kind() != plan.String {
			return node, nil
		}
		sel, err := compileSelector(c.Value.Str())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.Name, err)
		}
		node.(*callNode).native = func(args []plan.Value) (plan.Value, error) { return pickFrom(args, sel, pick) }
		return node, nil
	}
	return f
}

func cssOf(args []plan.Value) (plan.Value, error) { return compileAndPick(args, firstOf) }

func cssAllOf(args []plan.Value) (plan.Value, error) { return compileAndPick(args, allOf) }

func compileAndPick(args []plan.Value, pick picker) (plan.Value, error) {
	s, err := text(args[1])
	if err != nil {
		return plan.Value{}, err
	}
	sel, err := compileSelector(s)
	if err != nil {
		return plan.Value{}, err
	}
	return pickFrom(args, sel, pick)
}

func pickFrom(args []plan.Value, sel *selector, pick picker) (plan.Value, error) {
	s, err := text(args[0])
	if err != nil {
		return plan.Value{}, err
	}
	attribute := ""
	if len(args) > 2 && !args[2].IsNull() {
		if attribute, err = text(args[2]); err != nil {
			return plan.Value{}, err
		}
		if attribute == "" {
			return plan.Value{}, errors.New("the attribute's name is empty")
		}
	}
	page, err := parseHTML(s)
	if err != nil {
		return plan.Value{}, err
	}
	return pick(page, sel, strings.ToLower(attribute))
}

func firstOf(page *html.Node, sel *selector, attribute string) (plan.Value, error) {
	out, size := plan.NullValue(), 0
	err := sel.each(page, func(n *html.Node) bool {
		if v, found := contentOf(n, attribute); found {
			out, size = plan.StringValue(v), len(v)
		}
		return false
	})
	if size > MaxText {
		return plan.Value{}, errText
	}
	return out, err
}

func allOf(page *html.Node, sel *selector, attribute string) (plan.Value, error) {
	items := []plan.Value{}
	size := 0
	err := sel.each(page, func(n *html.Node) bool {
		if v, found := contentOf(n, attribute); found {
			items = append(items, plan.StringValue(v))
			size += len(v)
		}
		return size <= maxContent
	})
	if size > maxContent {
		return plan.Value{}, errContent
	}
	return plan.ListValue(items), err
}

// contentOf is an attribute's value or, without a name, an element's text.
func contentOf(n *html.Node, attribute string) (string, bool) {
	if attribute == "" {
		return strings.TrimSpace(textWithin(n)), true
	}
	for _, a := range n.Attr {
		if a.Key == attribute {
			return strings.Clone(a.Val), true
		}
	}
	return "", false
}

// textWithin is all the text below a node.
func textWithin(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return b.String()
}
