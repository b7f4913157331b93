// Package resolve binds names. It builds the symbol table of every module,
// finds each name an expression mentions, holds it against the phase that the
// schema grants the argument, and expands `use`. It evaluates nothing.
package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/schema"
)

// Scope is the names of one module.
type Scope struct {
	Tree     *module.Tree
	Parent   *Scope
	Children map[string]*Scope
	Locals   map[string]*config.Arg
	named    map[string]map[string]*config.Block // by type, then name
	names    map[string][]string                 // sorted, made when first asked for
	each     instances

	// Of the whole tree, kept at its root.
	modules map[*config.Module]*Scope
	uses    map[*config.Block]*used
	draws   map[*config.Block]bool
}

// Build makes the scope of a module and of those it calls. A name declared
// twice is reported with both places.
func Build(tree *module.Tree) (*Scope, diag.Diagnostics) { return build(tree, nil) }

func build(tree *module.Tree, parent *Scope) (*Scope, diag.Diagnostics) {
	s := &Scope{
		Tree: tree, Parent: parent,
		Children: map[string]*Scope{}, Locals: map[string]*config.Arg{},
		named: map[string]map[string]*config.Block{}, names: map[string][]string{},
	}
	if parent == nil {
		s.modules, s.draws = map[*config.Module]*Scope{}, map[*config.Block]bool{}
	}
	s.Root().modules[tree.Config] = s
	var diags diag.Diagnostics
	for _, b := range tree.Config.Root.Blocks {
		if found := s.declare(b); len(diags) < maxFindings {
			diags = append(diags, found...)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tree.Calls)) {
		child, ds := build(tree.Calls[name], s)
		diags = append(diags, ds...)
		s.Children[name] = child
	}
	return s, diags
}

func (s *Scope) declare(b *config.Block) diag.Diagnostics {
	var diags diag.Diagnostics
	if b.Type == "locals" {
		for _, a := range b.Args {
			if first := s.Locals[a.Name]; first != nil {
				diags.Append(diag.New(diag.DuplicateName, a.NameRange, "The local value %q is declared twice.", a.Name).
					Relate("first declared here", first.NameRange))
				continue
			}
			s.Locals[a.Name] = a
		}
		return diags
	}
	if len(b.Labels) == 0 {
		return nil
	}
	name := b.Labels[len(b.Labels)-1]
	if b.Type != "scenario" && !hclIdentifier(name.Text) {
		diags.Append(diag.New(diag.InvalidName, name.Range,
			"%q cannot be used as a name: other blocks refer to it as %s.NAME, so it must begin with a letter and hold only letters, digits, - and _.", name.Text, root(b.Type)).In(b.Title()))
	}
	table := s.named[b.Type]
	if table == nil {
		table = map[string]*config.Block{}
		s.named[b.Type] = table
	}
	if first := table[name.Text]; first != nil {
		d := diag.New(diag.DuplicateName, name.Range, "Another %s is called %q already. Names are unique over all files of a scenario.", b.Type, name.Text).In(b.Title())
		diags.Append(d.Relate("first declared here", first.Range))
		return diags
	}
	table[name.Text] = b
	return diags
}

// Named is the block of a type with a name, or nil.
func (s *Scope) Named(kind, name string) *config.Block { return s.named[kind][name] }

// Names are the names declared for a type, sorted.
func (s *Scope) Names(kind string) []string {
	all, ok := s.names[kind]
	if !ok {
		all = slices.Clip(slices.Sorted(maps.Keys(s.named[kind])))
		s.names[kind] = all
	}
	return all
}

// Of is the scope a module's arguments are read in: anywhere in the tree that s belongs to.
func (s *Scope) Of(m *config.Module) *Scope { return s.Root().modules[m] }

// Root is the scope of the scenario itself.
func (s *Scope) Root() *Scope {
	for s.Parent != nil {
		s = s.Parent
	}
	return s
}

// root is the word expressions use for a type of block.
func root(kind string) string {
	if kind == "variable" {
		return "var"
	}
	return kind
}

func hclIdentifier(s string) bool {
	if s == "" {
		return false
	}
	for i, r := range s {
		letter := r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= 0x80
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return true
}

// Reference is what a reference such as user.base or module.m.sla.read names.
type Reference struct {
	Scope *Scope
	Block *config.Block
}

// Refer finds the block of a kind that an argument names. There is none and no
// finding where the instances of a module are not known, which is reported.
func (s *Scope) Refer(a *config.Arg, kind string) (Reference, diag.Diagnostics) {
	return s.refer(a.Expr, kind, a.Name)
}

// refer is Refer for an expression; what says who names the block.
func (s *Scope) refer(e hcl.Expression, kind, what string) (none Reference, diags diag.Diagnostics) {
	fail := func(code, format string, args ...any) (Reference, diag.Diagnostics) {
		return none, diag.Diagnostics{diag.New(code, e.Range(), format, args...)}
	}
	traversal, hclDiags := hcl.AbsTraversalForExpr(e)
	switch {
	case hclDiags.HasErrors() && readsModule(e):
		return fail(diag.NotConstant, "What %s names is settled before any for_each, so the key of a module is written out: module.M[\"KEY\"].%s.NAME.", what, kind)
	case hclDiags.HasErrors():
		return fail(diag.WrongType, "%s takes the name of a %s, written without quotes: %s.NAME, or module.M.%s.NAME.", what, kind, kind, kind)
	}
	scope := s
	if traversal.RootName() == "module" {
		child, rest, d := s.Enter(traversal, diag.UnknownReference)
		switch {
		case d != nil:
			return none, diag.Diagnostics{d}
		case child == nil:
			return none, nil
		}
		scope, traversal = child, rest
	}
	steps := names(traversal)
	switch {
	case scope != s && len(steps) > 1 && steps[0] == "module":
		return none, diag.Diagnostics{nested(scope, steps[1], kind, e.Range())}
	case len(steps) != 2 || steps[0] != kind:
		return fail(diag.UnknownReference, "%s takes the name of a %s: %s.NAME, or module.M.%s.NAME.", what, kind, kind, kind)
	}
	block := scope.Named(kind, steps[1])
	switch {
	case block == nil:
		d := diag.New(diag.UnknownReference, e.Range(), "There is no %s called %q%s.", kind, steps[1], scope.where())
		known := scope.Names(kind)
		if scope != s {
			known = scope.Exported(kind)
		}
		if d.DidYouMean(steps[1], known); scope != s && d.Suggestion == "" {
			d.Detail += offered(kind, known)
		}
		return none, diag.Diagnostics{d}
	case scope != s && IsPrivate(block):
		return none, diag.Diagnostics{private(scope, block, e.Range())}
	}
	return Reference{scope, block}, nil
}

// offered says what there is of a kind in a library, where that is little
// enough to be said.
func offered(kind string, names []string) string {
	switch {
	case len(names) == 0:
		return fmt.Sprintf(" It offers no %s.", kind)
	case len(names) > 8:
		return ""
	}
	return fmt.Sprintf(" It offers %s.", strings.Join(names, ", "))
}

// readsModule reports whether an expression goes through a module, in a way
// that only its value would tell.
func readsModule(e hcl.Expression) bool {
	return slices.ContainsFunc(e.Variables(), func(t hcl.Traversal) bool { return t.RootName() == "module" })
}

// UseKind is the kind of block that use names in a block of a type.
func UseKind(word string) string {
	switch {
	case word == "call":
		return "task"
	case schema.IsRequest(word):
		return "request"
	}
	return word
}

func (s *Scope) where() string {
	if s.Tree.Path == "" {
		return ""
	}
	return " in " + s.Tree.Path
}

// names are the names along a traversal, as attributes or as texts in
// brackets; it stops at any other index.
func names(t hcl.Traversal) []string {
	var steps []string
	for _, step := range t {
		switch step := step.(type) {
		case hcl.TraverseRoot:
			steps = append(steps, step.Name)
		case hcl.TraverseAttr:
			steps = append(steps, step.Name)
		case hcl.TraverseIndex:
			if step.Key.Type() != cty.String {
				return steps
			}
			steps = append(steps, step.Key.AsString())
		default:
			return steps
		}
	}
	return steps
}
