package resolve

import (
	"github.com/hashicorp/hcl/v2"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// CheckArg holds one argument that stands in no file of the tree against the
// names it may use, as Check does for those of the tree.
func CheckArg(s *Scope, b *config.Block, a *config.Arg) diag.Diagnostics {
	c := &checker{used: map[any]bool{}}
	c.arg(s, b, a)
	return c.diags
}

// Path is the names a traversal goes through.
func Path(t hcl.Traversal) []string { return names(t) }
