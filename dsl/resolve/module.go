package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
)

// instances are the scopes that a module with for_each stands for.
type instances struct {
	known bool // they have been made, or cannot be: then there are none
	bad   bool // for_each is wrong, which is reported
	keys  []string
	byKey map[string]*Scope
}

// Each reports whether a module has for_each: then its scope stands for its
// instances, and only their values are ever computed.
func (s *Scope) Each() bool {
	return s.Tree.Call != nil && s.Tree.Call.Arg("for_each") != nil && s.Tree.Call.Key == ""
}

// Instantiate makes the instances of a module with for_each, one for each
// element; bad says that the elements cannot be told, which is reported. It
// comes before references are followed for values, and after Check.
func (s *Scope) Instantiate(keys []string, elements []config.Binding, bad bool) {
	s.each = instances{known: true, bad: bad, keys: keys, byKey: map[string]*Scope{}}
	for i, key := range keys {
		name := "[" + strconv.Quote(key) + "]"
		tree := copyTree(s.Tree, s.Tree.Call.Bind(name, elements[i]), s.Tree.Path+name)
		s.each.byKey[key], _ = build(tree, s.Parent) // what is wrong with it has been said of s
	}
}

// Instantiated reports whether Instantiate has been called.
func (s *Scope) Instantiated() bool { return s.each.known }

// Instance is the instance with a key, or nil.
func (s *Scope) Instance(key string) *Scope { return s.each.byKey[key] }

// Keys are the keys of the instances, in their order.
func (s *Scope) Keys() []string { return s.each.keys }

// Called are the modules that s calls, in the order of their names, with the
// instances of those that have for_each.
func (s *Scope) Called() []*Scope {
	var all []*Scope
	for _, name := range s.childNames() {
		child := s.Children[name]
		if !child.Each() {
			all = append(all, child)
			continue
		}
		for _, key := range child.each.keys {
			all = append(all, child.each.byKey[key])
		}
	}
	return all
}

// Fresh forgets what an earlier compilation of the same tree has made of it.
func (s *Scope) Fresh() {
	s.uses = nil
	s.forget()
}

func (s *Scope) forget() {
	s.each = instances{}
	for _, child := range s.Children {
		child.forget()
	}
}

// Weight is how many blocks and arguments a module holds, with those of the
// modules it calls.
func (s *Scope) Weight() int {
	n := s.Tree.Config.Root.Weight()
	for _, child := range s.Children {
		n += child.Weight()
	}
	return n
}

func (s *Scope) childNames() []string { return slices.Sorted(maps.Keys(s.Children)) }

// copyTree is a module with blocks of its own, brought in by call; its texts
// and files are shared.
func copyTree(t *module.Tree, call *config.Block, path string) *module.Tree {
	out, cfg := *t, *t.Config
	cfg.Root = copyBlock(t.Config.Root, nil, &cfg)
	out.Path, out.Call, out.Config, out.Calls = path, call, &cfg, map[string]*module.Tree{}
	for _, inner := range cfg.Root.Of("module") {
		if sub := t.Calls[inner.Name()]; sub != nil && out.Calls[inner.Name()] == nil {
			out.Calls[inner.Name()] = copyTree(sub, inner, path+strings.TrimPrefix(sub.Path, t.Path))
		}
	}
	return &out
}

func copyBlock(b, parent *config.Block, m *config.Module) *config.Block {
	out := *b
	out.Parent, out.Module = parent, m
	out.Args = make([]*config.Arg, len(b.Args))
	for i, a := range b.Args {
		own := *a
		own.Module = m
		out.Args[i] = &own
	}
	out.Blocks = make([]*config.Block, len(b.Blocks))
	for i, n := range b.Blocks {
		out.Blocks[i] = copyBlock(n, &out, m)
	}
	return &out
}

// Enter follows module.NAME, or module.NAME["KEY"] where NAME has for_each, at
// the head of a traversal: the module's scope and the steps that are left. What
// is wrong is said with a code; without scope and finding it has been said
// elsewhere. While instances are not made, their module stands for any.
func (s *Scope) Enter(t hcl.Traversal, code string) (child *Scope, rest hcl.Traversal, d *diag.Diagnostic) {
	at, path := t.SourceRange(), names(t)
	if len(path) < 2 {
		return nil, nil, diag.New(code, at, "\"module\" needs the name of a module after it: module.NAME.")
	}
	name := path[1]
	child, rest = s.Children[name], t[2:]
	if child == nil {
		return nil, nil, diag.New(code, at, "There is no module called %q here.", name).DidYouMean(name, s.childNames())
	}
	key, indexed := index(rest)
	switch {
	case !child.Each() && !indexed:
		return child, rest, nil
	case !child.Each():
		d = diag.New(code, at, "module.%s has no for_each, so there is one of it and no key to give: write module.%s.NAME.", name, name)
	case !indexed && len(rest) > 0:
		d = diag.New(code, at, "module.%s has for_each, so it stands for several: say which one, module.%s[\"KEY\"].%s.%s", name, name, path[2], child.keyList())
	case !indexed || !child.each.known:
		return child, rest[min(len(rest), 1):], nil
	case child.each.bad:
		return nil, nil, nil
	case key.Type() == cty.String && child.each.byKey[key.AsString()] != nil:
		return child.each.byKey[key.AsString()], rest[1:], nil
	default:
		d = diag.New(code, at, "module.%s has no instance with the key %s.%s", name, diag.ValueText(key), child.keyList())
		if key.Type() == cty.String {
			d.DidYouMean(key.AsString(), child.each.keys)
		}
	}
	return nil, nil, d.Relate("it is brought in here", child.Tree.Call.Range)
}

// index is the key that a traversal begins with.
func index(t hcl.Traversal) (key cty.Value, ok bool) {
	if len(t) == 0 {
		return cty.NilVal, false
	}
	step, ok := t[0].(hcl.TraverseIndex)
	return step.Key, ok
}

// keyList says which keys there are, as far as that is known.
func (s *Scope) keyList() string {
	const most = 10
	keys := s.each.keys
	switch {
	case !s.each.known:
		return ""
	case len(keys) == 0:
		return " Its for_each is empty, so there is none."
	case len(keys) > most:
		return fmt.Sprintf(" It has %s and %d more.", quoted(keys[:most]), len(keys)-most)
	}
	return fmt.Sprintf(" It has %s.", quoted(keys))
}

func quoted(words []string) string {
	all := make([]string, len(words))
	for i, w := range words {
		all[i] = diag.ValueText(cty.StringVal(w))
	}
	return strings.Join(all, ", ")
}

// RowsOf is the data block that data.NAME or module.M.data.NAME reads at the
// head of a traversal, and the steps that are left; nil where there is none.
func (s *Scope) RowsOf(t hcl.Traversal) (block *config.Block, rest hcl.Traversal) {
	if t.RootName() == "module" {
		child, left, d := s.Enter(t, diag.UnknownName)
		if d != nil || child == nil || len(left) == 0 {
			return nil, nil
		}
		s, t = child, left
	}
	if path := names(t); len(path) > 1 && path[0] == "data" {
		return s.Named("data", path[1]), t[2:]
	}
	return nil, nil
}

// ReadsRows reports whether a traversal of module… reads rows of a library.
func ReadsRows(t hcl.Traversal) bool {
	if t.RootName() != "module" || len(t) < 3 {
		return false
	}
	t = t[2:]
	if _, indexed := index(t); indexed {
		t = t[1:]
	}
	path := names(t)
	return len(path) > 0 && path[0] == "data"
}

// Function is the function block that a call's name means: a module's own, or
// module::M::NAME; nil where there is none that may be called.
func (s *Scope) Function(name string) *config.Block {
	owner, inner, ok := s.owner(name)
	if !ok {
		return s.Named("function", name)
	}
	if owner == nil || owner.Each() {
		return nil
	}
	b := owner.Named("function", inner)
	if b == nil || IsPrivate(b) {
		return nil
	}
	return b
}

// owner takes apart module::M::NAME; false for a name without a module.
func (s *Scope) owner(name string) (child *Scope, inner string, ok bool) {
	path := strings.Split(name, "::")
	if len(path) != 3 || path[0] != "module" {
		return nil, "", false
	}
	return s.Children[path[1]], path[2], true
}
