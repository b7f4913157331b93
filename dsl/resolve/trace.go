package resolve

import (
	"slices"

	"github.com/hashicorp/hcl/v2"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
)

// Traced adds to findings about a library's content where the library is
// brought in, unless they show a place of its caller already.
func Traced(root *module.Tree, diags diag.Diagnostics) diag.Diagnostics {
	if len(diags) == 0 || len(root.Calls) == 0 {
		return diags
	}
	homes, callers := map[string]*module.Tree{}, map[*module.Tree]*module.Tree{}
	root.Walk(func(t *module.Tree) {
		for file := range t.Config.Sources {
			if homes[file] == nil {
				homes[file] = t
			}
		}
		for _, called := range t.Calls {
			callers[called] = t
		}
	})
	for _, d := range diags {
		if d.Subject == nil {
			continue
		}
		home := homes[d.Subject.Filename]
		if home == nil || home == root || slices.ContainsFunc(d.Related, func(r diag.Related) bool { return homes[r.Range.Filename] != home }) {
			continue
		}
		d.Relate("brought in here", home.Call.Range)
		top := home
		for callers[top] != root {
			top = callers[top]
		}
		if top != home {
			d.Relate("and that here", top.Call.Range)
		}
	}
	return diags
}

// Home is the module whose file a name is: nil where none is of the tree.
func (s *Scope) Home(file string) *Scope {
	if _, own := s.Tree.Config.Sources[file]; own {
		return s
	}
	for _, name := range s.childNames() {
		if home := s.Children[name].Home(file); home != nil {
			return home
		}
	}
	return nil
}

// Place is config.Block's Place for the block in which a range of the module's
// files stands.
func (s *Scope) Place(at hcl.Range) string {
	place := ""
	var look func(b *config.Block)
	look = func(b *config.Block) {
		within := func(r hcl.Range) bool {
			return r.Filename == at.Filename && r.Start.Byte <= at.Start.Byte && at.End.Byte <= r.End.Byte
		}
		if within(b.Range) || slices.ContainsFunc(b.Args, func(a *config.Arg) bool { return within(a.Range) }) {
			place = b.Place(at)
		}
		for _, n := range b.Blocks {
			look(n)
		}
	}
	look(s.Tree.Config.Root)
	return place
}
