package compile

import (
	"slices"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
	"throng/dsl/resolve"
	"throng/stdlib"
)

// reading is what an expression reads, found out once for it and for all that
// it is made of: lowering asks at every node.
type reading struct {
	roots []string // first names of what it reads, without those settled before the run
	draws bool     // it calls a function that draws or reads a clock
}

var nothing reading // of an expression that reads nothing of a run

// settled reports whether the expression reads only what is known before the
// run, bound being the names of for_each.
func (r *reading) settled(bound *config.Binding) bool {
	return !r.draws && !slices.ContainsFunc(r.roots, func(root string) bool { return !bound.Has(root) })
}

// readingOf is what e reads. An expression belongs to one module, whose
// functions are those of s.
func (c *compiler) readingOf(e hclsyntax.Node, s *resolve.Scope) *reading {
	r := c.reading[e]
	if r == nil {
		w := &readingWalker{c: c, scope: s}
		_ = hclsyntax.Walk(e, w)
		r = c.reading[e]
	}
	return r
}

// readingWalker notes what every node below one reads, from the leaves up.
type readingWalker struct {
	c     *compiler
	scope *resolve.Scope
	open  []reading
}

func (w *readingWalker) Enter(n hclsyntax.Node) hcl.Diagnostics {
	var r reading
	switch n := n.(type) {
	case *hclsyntax.ScopeTraversalExpr:
		switch root := rootOf(n.Traversal); root {
		case "var", "local", "path", "module":
		default:
			r.roots = []string{root}
		}
	case *hclsyntax.FunctionCallExpr:
		if fn, found := stdlib.Lookup(n.Name); found {
			r.draws = fn.Phase != stdlib.Static
		} else if own := w.scope.Function(n.Name); own != nil {
			r.draws = resolve.Draws(w.scope.Of(own.Module), own)
		}
	}
	w.open = append(w.open, r)
	return nil
}

func (w *readingWalker) Exit(n hclsyntax.Node) hcl.Diagnostics {
	last := len(w.open) - 1
	r := w.open[last]
	w.open = w.open[:last]
	if within, ok := n.(hclsyntax.ChildScope); ok { // not the names that a loop makes
		r.roots = slices.DeleteFunc(slices.Clone(r.roots), func(root string) bool {
			_, local := within.LocalNames[root]
			return local
		})
	}
	if _, node := n.(hclsyntax.Expression); node {
		w.c.reading[n] = &nothing
		if len(r.roots) > 0 || r.draws {
			w.c.reading[n] = &r
		}
	}
	if last > 0 {
		outer := &w.open[last-1]
		outer.draws = outer.draws || r.draws
		for _, root := range r.roots {
			if !slices.Contains(outer.roots, root) {
				outer.roots = append(slices.Clip(outer.roots), root)
			}
		}
	}
	return nil
}
