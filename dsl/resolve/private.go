package resolve

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/schema"
)

// IsPrivate reports whether a block says private = true.
func IsPrivate(b *config.Block) bool {
	is, _ := privacy(b)
	return is
}

// privacy is what a block says of who may name it; good is false where it is
// not written out as true or false.
func privacy(b *config.Block) (is, good bool) {
	if !b.Schema.Exported || b.Arg("private") == nil {
		return false, true
	}
	v, diags := b.Arg("private").Expr.Value(nil)
	good = !diags.HasErrors() && !v.IsNull() && v.IsKnown() && v.Type() == cty.Bool
	return good && v.True(), good
}

// Exported are the names of a kind that a module hands out, sorted.
func (s *Scope) Exported(kind string) []string {
	var all []string
	for _, name := range s.Names(kind) {
		if !IsPrivate(s.Named(kind, name)) {
			all = append(all, name)
		}
	}
	return all
}

// private says that a block of a module cannot be named from outside.
func private(of *Scope, b *config.Block, at hcl.Range) *diag.Diagnostic {
	return diag.New(diag.Private, at, "%s is private to %s.", b.Title(), of.Tree.Path).Relate("declared here", b.Range)
}

// nested says that a library's own modules cannot be gone through from
// outside; kind is what was asked for, "" for an output.
func nested(of *Scope, inner, kind string, at hcl.Range) *diag.Diagnostic {
	d := diag.New(diag.Private, at, "What a library brings in is its own, so nothing goes through %s to its module.%s.", of.Tree.Path, inner)
	switch b := schema.Root.Nested(kind); {
	case kind == "data":
		d.Suggestion = "The library can hand rows on with a data block of its own."
	case b != nil && b.Exported && b.Arg("use") != nil:
		d.Suggestion = "The library hands it on with a block of its own: " + kind + " \"NAME\" { use = module." + inner + "." + kind + ".NAME }."
	default:
		d.Suggestion = "The library hands a value on with an output of its own: output \"NAME\" { value = module." + inner + ".NAME }."
	}
	relateCall(d, of, inner)
	return d
}

// relateCall shows where a module brings another one in.
func relateCall(d *diag.Diagnostic, of *Scope, inner string) {
	if of == nil {
		return
	}
	if child := of.Children[inner]; child != nil {
		d.Relate("it is brought in here", child.Tree.Call.Range)
	}
}

// exports checks what a block says of who may name it, and the names that only
// a library's blocks cannot have.
func (c *checker) exports(s *Scope, b *config.Block) {
	if _, good := privacy(b); !good {
		c.report(diag.New(diag.NotConstant, b.Arg("private").Expr.Range(), "Who may name a block is read before anything is evaluated, so private is written out: true or false."), b)
		b.Arg("private").Bad = true
	}
	if len(b.Labels) == 0 {
		return
	}
	name, at := b.Name(), b.Labels[len(b.Labels)-1].Range
	switch {
	case b.Type == "output" && (name == "data" || name == "module"):
		c.report(diag.New(diag.ReservedName, at, "module.M.%s has a meaning of its own, so no output can be called %q.", name, name), b)
	case b.Type == "variable" && s.Parent != nil && moduleArg(name):
		c.report(diag.New(diag.ReservedName, at, "A module block has an argument called %q of its own, so no library can have an input of this name. Give the variable another one.", name), b)
	}
}

// moduleArg reports whether a module block has an argument of its own with
// this name.
func moduleArg(name string) bool { return schema.Root.Nested("module").Arg(name) != nil }
