// Package resolve binds names. It builds the symbol table of every module,
// finds each name an expression mentions, holds it against the phase that the
// schema grants the argument, and expands `use`. It evaluates nothing.
package resolve

import (
	"maps"
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
)

// Scope is the names of one module.
type Scope struct {
	Tree     *module.Tree
	Parent   *Scope
	Children map[string]*Scope
	Locals   map[string]*config.Arg
	named    map[string]map[string]*config.Block // by type, then name
	names    map[string][]string                 // sorted, made when first asked for

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

// Refer finds the block of a kind that an argument names.
func (s *Scope) Refer(a *config.Arg, kind string) (Reference, diag.Diagnostics) {
	traversal, hclDiags := hcl.AbsTraversalForExpr(a.Expr)
	if hclDiags.HasErrors() {
		return Reference{}, diag.Diagnostics{diag.New(diag.WrongType, a.Expr.Range(),
			"%s takes the name of a %s, written without quotes: %s.NAME, or module.M.%s.NAME.", a.Name, kind, kind, kind)}
	}
	scope, steps := s, names(traversal)
	for len(steps) >= 2 && steps[0] == "module" {
		child := scope.Children[steps[1]]
		if child == nil {
			return Reference{}, diag.Diagnostics{diag.New(diag.UnknownReference, a.Expr.Range(), "There is no module called %q here.", steps[1]).
				DidYouMean(steps[1], slices.Sorted(maps.Keys(scope.Children)))}
		}
		scope, steps = child, steps[2:]
	}
	if len(steps) != 2 || steps[0] != kind {
		return Reference{}, diag.Diagnostics{diag.New(diag.UnknownReference, a.Expr.Range(),
			"%s takes the name of a %s: %s.NAME, or module.M.%s.NAME.", a.Name, kind, kind, kind)}
	}
	block := scope.Named(kind, steps[1])
	if block == nil {
		d := diag.New(diag.UnknownReference, a.Expr.Range(), "There is no %s called %q%s.", kind, steps[1], scope.where())
		return Reference{}, diag.Diagnostics{d.DidYouMean(steps[1], scope.Names(kind))}
	}
	return Reference{scope, block}, nil
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
