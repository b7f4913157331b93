package config

import (
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/diag"
)

// ReadExpression reads an expression that stands in no file of a scenario,
// and says what is wrong with it. Ranges are those in src, under name.
func ReadExpression(src []byte, name string) (hclsyntax.Expression, diag.Diagnostics) {
	if diags := guard(src, name); diags.HasErrors() {
		return nil, diags
	}
	e, hclDiags := hclsyntax.ParseExpression(src, name, hcl.InitialPos)
	if hclDiags.HasErrors() {
		return nil, untilBrokenString(diag.FromHCL(hclDiags))
	}
	if d := doubling(e); d != nil {
		return nil, diag.Diagnostics{d}
	}
	return metered(e), nil
}

// Incomplete reports whether a text ends within brackets or a heredoc, so
// that further lines may make an expression of it. A quote that is not closed
// is a mistake, since no quoted string goes beyond its line.
func Incomplete(src []byte) bool {
	if _, deep := nesting(src); deep || len(src) > maxFile {
		return false
	}
	tokens, _ := hclsyntax.LexExpression(src, "", hcl.InitialPos)
	var open []hclsyntax.TokenType
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOHeredoc,
			hclsyntax.TokenOQuote, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			open = append(open, t.Type)
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCHeredoc,
			hclsyntax.TokenCQuote, hclsyntax.TokenTemplateSeqEnd:
			if len(open) == 0 {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	for _, t := range open {
		if t == hclsyntax.TokenOQuote {
			return false
		}
	}
	return len(open) > 0
}
