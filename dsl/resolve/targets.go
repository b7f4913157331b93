package resolve

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/schema"
)

// Handed is one entry of a module block's targets: which of the caller's
// targets stands for the library's of this name.
type Handed struct {
	Name string
	At   hcl.Range // of the name
	Expr hcl.Expression
	Key  hclsyntax.Expression // of target[KEY]; nil where the target is written out
}

// Targets are the entries of a module block's targets; false where they are
// not written out.
func Targets(a *config.Arg) ([]Handed, bool) {
	pairs, diags := hcl.ExprMap(a.Expr)
	if diags.HasErrors() {
		return nil, false
	}
	var all []Handed
	for _, p := range pairs {
		v, diags := p.Key.Value(nil)
		if diags.HasErrors() || v.IsNull() || v.Type() != cty.String {
			return nil, false
		}
		h := Handed{Name: v.AsString(), At: p.Key.Range(), Expr: p.Value}
		if e, ok := p.Value.(*hclsyntax.IndexExpr); ok {
			if t, diags := hcl.AbsTraversalForExpr(e.Collection); !diags.HasErrors() && len(t) == 1 && t.RootName() == "target" {
				h.Key = e.Key
			}
		}
		all = append(all, h)
	}
	return all, true
}

// Handed is the block that an entry of targets names, for one that is written
// out; s is the module of the block that holds it.
func (s *Scope) Handed(h Handed) (Reference, diag.Diagnostics) {
	return s.refer(h.Expr, "target", h.Name)
}

// targets checks the targets that a module block hands its library.
func (c *checker) targets(s *Scope, b *config.Block, a *config.Arg) {
	all, ok := Targets(a)
	if !ok {
		c.report(diag.New(diag.WrongType, a.Expr.Range(), "targets is written out: { NAME = target.OWN }, the library's name on the left and one of this module's targets on the right."), b)
		a.Bad = true
		return
	}
	child := s.Children[b.Name()]
	seen := map[string]hcl.Range{}
	for _, h := range all {
		before := len(c.diags)
		if first, twice := seen[h.Name]; twice {
			c.report(diag.New(diag.DuplicateKey, h.At, "The target %q is given twice.", h.Name), b).Relate("the first one is here", first)
		}
		seen[h.Name] = h.At
		c.handedName(b, child, h)
		if h.Key != nil {
			for _, t := range h.Key.Variables() {
				c.traversal(s, b, a, schema.Static, t)
			}
			c.functions(s, b, schema.Static, schema.String, h.Key)
		} else {
			ref, diags := s.Handed(h)
			c.used[ref.Block] = true
			for _, d := range diags {
				c.report(d, b)
			}
		}
		a.Bad = a.Bad || len(c.diags) > before
	}
}

// handedName holds the name of an entry against the library's targets.
func (c *checker) handedName(b *config.Block, child *Scope, h Handed) {
	if child == nil {
		return // it could not be loaded
	}
	switch declared := child.Named("target", h.Name); {
	case declared == nil:
		c.report(diag.New(diag.UnknownReference, h.At, "The library has no target called %q%s.", h.Name, child.where()).
			DidYouMean(h.Name, child.Exported("target")), b)
	case IsPrivate(declared):
		c.report(private(child, declared, h.At), b)
	}
}
