// Package format lays scenario files out in the one canonical form. It moves
// white space only: comments, order and every token stay.
package format

import (
	"bytes"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
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
	if at, bad := notUTF8(src); bad { // which the lexer takes for part of a name at times
		r := hcl.Range{Filename: name, Start: at, End: at}
		return src, diag.Diagnostics{diag.New(diag.InvalidCharacter, r, "The file is not UTF-8: here stands the byte %#x.", src[at.Byte])}
	}
	return ended(hclwrite.Format(src)), nil
}

// notUTF8 is the first place of a text that is not UTF-8.
func notUTF8(src []byte) (at hcl.Pos, bad bool) {
	at = hcl.InitialPos
	for at.Byte < len(src) {
		r, size := utf8.DecodeRune(src[at.Byte:])
		if r == utf8.RuneError && size == 1 {
			return at, true
		}
		at.Byte += size
		at.Column++
		if r == '\n' {
			at.Line, at.Column = at.Line+1, 1
		}
	}
	return at, false
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
