package resolve

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/schema"
	"throng/stdlib"
)

// inner is a name that is known only within a block.
type inner struct {
	word  string
	known schema.Phase
	has   []string      // its attributes; nil for a name that is a value itself
	block *config.Block // whose content knows it
}

var element = []string{"key", "value"}

// around is what a word means in an argument because of the blocks around
// it: each, input, the label of a loop, an iterator, a parameter.
func around(b *config.Block, a *config.Arg, word string) (inner, bool) {
	for _, n := range allAround(b, a) {
		if n.word == word {
			return n, true
		}
	}
	return inner{}, false
}

// innerNames are the words that around knows for an argument.
func innerNames(b *config.Block, a *config.Arg) []string {
	var words []string
	for _, n := range allAround(b, a) {
		words = append(words, n.word)
	}
	return words
}

// allAround are the names known in an argument, innermost first.
func allAround(b *config.Block, a *config.Arg) []inner {
	var all []inner
	add := func(word string, known schema.Phase, has []string, block *config.Block) {
		all = append(all, inner{word, known, has, block})
	}
	for n := b; n != nil && n.Parent != nil; n = n.Parent {
		own := n == b
		switch {
		case n.Type == "dynamic" && (!own || a.Name == "labels"):
			add(n.Iterator(), schema.Static, element, n)
		case n.Type == "loop" && !own:
			add(loopLabel(n), schema.User, []string{"value", "index", "key"}, n)
		case n.Type == "function" && a.Name == "result":
			for _, p := range Params(n) {
				add(p.Name, schema.Static, nil, n)
			}
		case n.Type == "data" && a.Name == "row":
			add("each", schema.User, element, n)
		case n.Type == "task" && n.Parent.Parent == nil && n.First("input") != nil:
			var has []string
			for _, in := range n.Of("input") {
				has = append(has, in.Name())
			}
			add("input", schema.User, has, n)
		}
		if makesInstances(n) && !(own && slices.Contains(beforeEach, a.Name)) {
			add("each", schema.Static, element, n)
		}
	}
	return all
}

// beforeEach are the arguments that are settled before there is an element.
var beforeEach = []string{"for_each", "source", "version"}

// makesInstances reports whether a block has a for_each of its own: not an
// input or session value of that name.
func makesInstances(n *config.Block) bool {
	return n.Type != "dynamic" && n.Schema.Arg("for_each") != nil && n.Arg("for_each") != nil
}

// loopLabel is what a loop's content reads its element by. One that a dynamic
// block makes has the label that stands there, written out.
func loopLabel(b *config.Block) string {
	if len(b.Labels) > 0 || b.Parent == nil {
		return b.Name()
	}
	name, _ := literalLabel(b.Parent)
	return name
}

// literalLabel is the only label of a dynamic block's blocks, where it is
// written out.
func literalLabel(dynamic *config.Block) (string, bool) {
	a := dynamic.Arg("labels")
	if a == nil {
		return "", false
	}
	list, diags := hcl.ExprList(a.Expr)
	if diags.HasErrors() || len(list) != 1 {
		return "", false
	}
	v, diags := list[0].Value(nil)
	if diags.HasErrors() || v.IsNull() || !v.IsKnown() || v.Type() != cty.String {
		return "", false
	}
	return v.AsString(), true
}

// inner checks the use of a name that the blocks around know.
func (c *checker) inner(b *config.Block, a *config.Arg, n inner, phase schema.Phase, path []string, at hcl.Range) {
	switch {
	case n.known > phase:
		c.report(notAvailable(n.word, n.known, phase, a, at), b)
	case n.has == nil: // a value
	case len(path) < 2:
		c.report(diag.New(diag.InvalidExpression, at, "%q needs a name after it: %s.%s.", n.word, n.word, n.has[0]), b)
	case !slices.Contains(n.has, path[1]):
		c.report(diag.New(diag.UnknownAttribute, at, "%s has no attribute %q. It has %s.", n.word, path[1], joined(n.has)).DidYouMean(path[1], n.has), b)
	}
}

func (c *checker) setup(s *Scope, b *config.Block, at hcl.Range) {
	if s.Parent != nil || s.Tree.Config.Root.First("setup") == nil {
		c.report(diag.New(diag.UnknownName, at, "There is no setup block here whose values could be read. What a library needs of it is handed in as an input of a task."), b)
	}
}

// Param is a parameter of a function block.
type Param struct {
	Name  string
	Range hcl.Range
}

// Params are the parameters of a function block; nil where it has none, or
// they are not written as plain names.
func Params(b *config.Block) []Param {
	a := b.Arg("params")
	if a == nil {
		return nil
	}
	list, diags := hcl.ExprList(a.Expr)
	if diags.HasErrors() {
		return nil
	}
	var all []Param
	for _, e := range list {
		name := hcl.ExprAsKeyword(e)
		if name == "" {
			return nil
		}
		all = append(all, Param{name, e.Range()})
	}
	return all
}

// ownFunction checks a call of a function that the scenario declares.
func (c *checker) ownFunction(s *Scope, b *config.Block, phase schema.Phase, own *config.Block, call *hclsyntax.FunctionCallExpr) {
	c.used[own] = true
	params := Params(own)
	switch {
	case len(call.Args) != len(params) && !call.ExpandFinal:
		form := call.Name + "("
		for i, p := range params {
			if i > 0 {
				form += ", "
			}
			form += p.Name
		}
		c.report(diag.New(diag.FunctionArguments, call.Range(), "%s is called with %d %s here; its form is %s).",
			call.Name, len(call.Args), plural(len(call.Args), "argument"), form).Relate("declared here", own.Range), b)
	case call.ExpandFinal:
		c.report(diag.New(diag.FunctionArguments, call.Range(), "A function of the scenario's own is called with its arguments one by one."), b)
	case phase == schema.Static && Draws(s.Of(own.Module), own):
		c.report(notStatic(call), b)
	}
}

// Draws reports whether a function block gives a new value each time: it
// calls, itself or through others, a function that draws or reads a clock. s is
// the scope of its module.
func Draws(s *Scope, own *config.Block) bool {
	known := s.Root().draws
	found, ok := known[own]
	a := own.Arg("result")
	if ok || a == nil {
		return found
	}
	known[own] = false // a circle is reported
	for _, call := range calls(a) {
		if fn, ok := stdlib.Lookup(call.Name); ok && fn.Phase == stdlib.User {
			found = true
		}
		if other := s.Function(call.Name); other != nil && Draws(s.Of(other.Module), other) {
			found = true
		}
	}
	known[own] = found
	return found
}

func calls(a *config.Arg) []*hclsyntax.FunctionCallExpr {
	node, ok := a.Expr.(hclsyntax.Node)
	if !ok {
		return nil
	}
	var all []*hclsyntax.FunctionCallExpr
	_ = hclsyntax.VisitAll(node, func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok {
			all = append(all, call)
		}
		return nil
	})
	return all
}

// circles reports functions that call themselves: evaluation would not end.
func (c *checker) circles(s *Scope) {
	state := map[*config.Block]int{} // 1: being followed, 2: done
	var follow func(b *config.Block)
	follow = func(b *config.Block) {
		state[b] = 1
		if a := b.Arg("result"); a != nil {
			for _, call := range calls(a) {
				other := s.Named("function", call.Name)
				switch {
				case other == nil:
				case state[other] == 1:
					c.report(diag.New(diag.Cycle, call.NameRange, "%s calls itself, directly or through others, so it would never end.", other.Title()), b)
					a.Bad, b.Broken = true, true
				case state[other] == 0:
					follow(other)
				}
			}
		}
		state[b] = 2
	}
	for _, name := range s.Names("function") {
		if b := s.Named("function", name); state[b] == 0 {
			follow(b)
		}
	}
}
