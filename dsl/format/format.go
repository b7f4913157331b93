// Package format lays scenario files out in the one canonical form. It moves
// white space only: comments, order and every token stay.
package format

import (
	"github.com/hashicorp/hcl/v2/hclwrite"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// Source is src in canonical form. A text that is not HCL is reported and
// given back unchanged.
func Source(src []byte, name string) ([]byte, diag.Diagnostics) {
	if diags := config.CheckSyntax(src, name); diags.HasErrors() {
		return src, diags
	}
	return hclwrite.Format(src), nil
}
