package compile

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
)

// assigned visits the session values that a block captures or sets, and those
// of the tasks it calls.
func (k *classBuilder) assigned(b *config.Block, visit func(name string, at hcl.Range)) {
	k.unread = k.c.assigned(b, visit) || k.unread
}

// assignments are the session values that a called task assigns.
type assignments struct {
	names   []assignment // each once, the first place
	unclear bool         // some capture is not written out
}

type assignment struct {
	name string
	at   hcl.Range
}

// assigned visits what a block assigns, and says whether that may not be all.
func (c *compiler) assigned(b *config.Block, visit func(name string, at hcl.Range)) (unclear bool) {
	if a := b.Arg("capture"); a != nil {
		unclear = !isObject(a.Expr)
		if object, ok := a.Expr.(*hclsyntax.ObjectConsExpr); ok {
			for _, i := range object.Items {
				if name := hcl.ExprAsKeyword(i.KeyExpr); name != "" {
					visit(name, i.KeyExpr.Range())
				}
			}
		}
	}
	switch b.Type {
	case "set":
		for _, a := range b.Args {
			visit(a.Name, a.NameRange)
		}
	case "call":
		called := c.assignedBy(b)
		unclear = unclear || called.unclear
		for _, a := range called.names {
			visit(a.name, a.at)
		}
	}
	for _, n := range b.Blocks {
		unclear = c.assigned(n, visit) || unclear
	}
	return unclear
}

// assignedBy is what a call's task assigns, found out once: tasks that call
// others twice would be walked twice as often at every level.
func (c *compiler) assignedBy(call *config.Block) *assignments {
	ref, ok := c.callee(call)
	if !ok {
		return &assignments{}
	}
	if known := c.assigns[ref.Block]; known != nil {
		return known
	}
	found := &assignments{}
	c.assigns[ref.Block] = found // of a task that calls itself, which is reported
	seen := map[string]bool{}
	found.unclear = c.assigned(c.expanded(ref), func(name string, at hcl.Range) {
		if !seen[name] {
			seen[name] = true
			found.names = append(found.names, assignment{name, at})
		}
	})
	return found
}

// leaves reports whether something in a block says leave "task", or more.
func (c *compiler) leaves(b *config.Block) bool {
	switch b.Type {
	case "leave":
		return true
	case "call":
		ref, ok := c.callee(b)
		if !ok {
			return false
		}
		found, known := c.leaving[ref.Block]
		if !known {
			c.leaving[ref.Block] = false // of a task that calls itself
			found = c.leaves(c.expanded(ref))
			c.leaving[ref.Block] = found
		}
		if found {
			return true
		}
	}
	for _, n := range b.Blocks {
		if c.leaves(n) {
			return true
		}
	}
	return false
}
