package stdlib

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/antchfx/htmlquery"
	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"

	"throng/dsl/plan"
)

// withXPath checks a constant path before the run. It is compiled anew for
// each call, which costs little beside reading the document: a compiled one
// must not be used by two users at once.
func withXPath(f Function) Function {
	general := f.Lower
	f.Lower = func(call Call) (plan.Expr, error) {
		node, err := general(call)
		if err != nil {
			return nil, err
		}
		if c, ok := call.Args[1].(plan.Const); ok && c.Value.Kind() == plan.String {
			if _, err := compileXPath(c.Value.Str()); err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
		}
		return node, nil
	}
	return f
}

func compileXPath(path string) (e *xpath.Expr, err error) {
	if len(path) > maxPath {
		return nil, errors.New("the path is longer than 1024 bytes")
	}
	defer func() {
		if r := recover(); r != nil { // how the library reports some mistakes
			err = fmt.Errorf("%s is no XPath expression: %v", quoted(path), r)
		}
	}()
	if e, err = xpath.Compile(path); err != nil {
		return nil, fmt.Errorf("%s is no XPath expression: %w", quoted(path), err)
	}
	return e, nil
}

func xpathOf(s, path string) (plan.Value, error) {
	return evaluateXPath(s, path, func(result any) (plan.Value, error) {
		switch r := result.(type) {
		case *xpath.NodeIterator:
			if !r.MoveNext() {
				return plan.NullValue(), nil
			}
			return textOf(contentAt(r.Current()))
		case bool:
			return plan.BoolValue(r), nil
		case float64:
			return numberOrNull(r), nil
		case string:
			return textOf(strings.Clone(r))
		}
		return plan.NullValue(), nil
	})
}

func xpathAllOf(s, path string) (plan.Value, error) {
	return evaluateXPath(s, path, func(result any) (plan.Value, error) {
		r, ok := result.(*xpath.NodeIterator)
		if !ok {
			return plan.Value{}, errors.New("the path computes a single value; xpath gives it")
		}
		items := []plan.Value{}
		size := 0
		for r.MoveNext() {
			v := contentAt(r.Current())
			if size += len(v); size > maxContent || len(items) >= MaxElements {
				return plan.Value{}, errContent
			}
			items = append(items, plan.StringValue(v))
		}
		return plan.ListValue(items), nil
	})
}

// numberOrNull is a computed number; what is none, such as the number of an
// absent element, is null.
func numberOrNull(x float64) plan.Value {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return plan.NullValue()
	}
	return floatValue(x)
}

// maxMoves is how many nodes the evaluation of a path may look at, one after
// another. The library's time grows with the square of a document's size for
// paths such as //a[last()].
const maxMoves = 10_000_000

var errMoves = errors.New("the document is too large for this path")

// limited is a navigator that gives up after so many moves.
type limited struct {
	xpath.NodeNavigator
	left *int
}

func (n *limited) spend(moves int) {
	if *n.left -= moves; *n.left < 0 {
		panic(errMoves)
	}
}

// Copy is a navigator at the same node, with the same moves left.
func (n *limited) Copy() xpath.NodeNavigator {
	n.spend(4) // what is copied is allocated
	return &limited{n.NodeNavigator.Copy(), n.left}
}

// MoveTo moves to where another navigator stands.
func (n *limited) MoveTo(other xpath.NodeNavigator) bool {
	n.spend(1)
	o, ok := other.(*limited)
	return ok && n.NodeNavigator.MoveTo(o.NodeNavigator)
}

// MoveToChild moves to the first child.
func (n *limited) MoveToChild() bool { n.spend(1); return n.NodeNavigator.MoveToChild() }

// MoveToNext moves to the next sibling.
func (n *limited) MoveToNext() bool { n.spend(1); return n.NodeNavigator.MoveToNext() }

// MoveToPrevious moves to the sibling before.
func (n *limited) MoveToPrevious() bool { n.spend(1); return n.NodeNavigator.MoveToPrevious() }

// MoveToParent moves to the parent.
func (n *limited) MoveToParent() bool { n.spend(1); return n.NodeNavigator.MoveToParent() }

// MoveToFirst moves to the first sibling, past all between.
func (n *limited) MoveToFirst() bool {
	moved := false
	for n.MoveToPrevious() {
		moved = true
	}
	return moved
}

// Value is the text of the node. To gather it costs its length.
func (n *limited) Value() string {
	s := n.NodeNavigator.Value()
	n.spend(1 + len(s)/16)
	return s
}

// evaluateXPath evaluates a path over a document.
func evaluateXPath(s, path string, read func(result any) (plan.Value, error)) (v plan.Value, err error) {
	e, err := compileXPath(path)
	if err != nil {
		return plan.Value{}, err
	}
	at, err := navigator(s)
	if err != nil {
		return plan.Value{}, err
	}
	defer func() {
		switch r := recover(); r {
		case nil:
		case errMoves:
			v, err = plan.Value{}, errMoves
		default: // how the library reports arguments of a wrong type
			v, err = plan.Value{}, fmt.Errorf("the path cannot be evaluated: %v", r)
		}
	}()
	left := maxMoves
	return read(e.Evaluate(&limited{at, &left}))
}

// contentAt is the text of a node: of an attribute as it is, of others
// without the spaces around it.
func contentAt(n xpath.NodeNavigator) string {
	if n.NodeType() == xpath.AttributeNode {
		return strings.Clone(n.Value())
	}
	return strings.Clone(strings.TrimSpace(n.Value()))
}

// navigator reads a document. One that does not say it is HTML is read as
// XML, and as HTML if it is none.
func navigator(s string) (xpath.NodeNavigator, error) {
	if len(s) > maxDocument {
		return nil, errDocument
	}
	if !saysHTML(s) {
		if doc, err := parseXML(s); err == nil {
			return xmlquery.CreateXPathNavigator(doc), nil
		}
	}
	page, err := parseHTML(s)
	if err != nil {
		return nil, err
	}
	return htmlquery.CreateXPathNavigator(page), nil
}

func saysHTML(s string) bool {
	s = strings.TrimLeft(strings.TrimPrefix(s, "\ufeff"), " \t\r\n")
	begins := func(tag string) bool { return len(s) >= len(tag) && strings.EqualFold(s[:len(tag)], tag) }
	return begins("<!doctype html") || begins("<html")
}
