// Package format lays scenario files out in the one canonical form. It moves
// white space only: comments, order and every token stay.
package format

import (
	"bytes"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// Source is src in canonical form: HCL's own indentation and spacing, and one
// newline at the end. Line endings stay as they are, since those within a
// heredoc are part of its text; a byte order mark goes. Formatting what it
// gives changes nothing. A text that is not HCL is reported and given back
// unchanged.
func Source(src []byte, name string) ([]byte, diag.Diagnostics) {
	if diags := config.CheckSyntax(src, name); diags.HasErrors() {
		return src, diags
	}
	return ended(hclwrite.Format(src)), nil
}

// ended is a text with one newline at its end, or nothing where it has no
// more than white space.
func ended(src []byte) []byte {
	end := "\n"
	if bytes.Contains(src, []byte("\r\n")) {
		end = "\r\n"
	}
	src = bytes.TrimRight(src, " \t\r\n")
	if len(src) == 0 {
		return nil
	}
	return append(src, end...)
}
