package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/diag"
)

const (
	maxDepth    = 200    // brackets, templates and blocks within each other
	maxRun      = 200    // ! and - in a row, ? in one expression
	maxOperands = 10_000 // operators in one expression
	maxDigits   = 64
	maxExponent = 400
)

// guard looks at the tokens before the parser does. HCL's parser recurses
// without a limit, and a stack overflow cannot be recovered from: a file of
// parentheses would end the process.
func guard(src []byte, name string) diag.Diagnostics {
	if len(src) > maxFile {
		return general(diag.LimitExceeded, fmt.Sprintf("%s is larger than %d MiB.", name, maxFile>>20))
	}
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	depth, run, questions, operators := 0, 0, 0, 0
	for _, t := range tokens {
		wasUnary := false
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOQuote,
			hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCQuote,
			hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			depth--
		case hclsyntax.TokenBang, hclsyntax.TokenMinus:
			run++
			operators++
			wasUnary = true
		case hclsyntax.TokenQuestion:
			questions++
		case hclsyntax.TokenPlus, hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPercent,
			hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual,
			hclsyntax.TokenDot:
			operators++
		case hclsyntax.TokenNewline:
			questions, operators = 0, 0
		case hclsyntax.TokenNumberLit:
			if problem := numberProblem(string(t.Bytes)); problem != "" {
				return diag.Diagnostics{diag.New(diag.LimitExceeded, t.Range, "%s", problem)}
			}
		}
		if !wasUnary {
			run = 0
		}
		if depth > maxDepth || run > maxRun || questions > maxRun || operators > maxOperands {
			return diag.Diagnostics{diag.New(diag.LimitExceeded, t.Range, "This is nested more deeply than anybody writes by hand (%d levels at most), so it is not read further.", maxDepth)}
		}
	}
	return nil
}

// numberProblem says why a number literal is refused, or "". Beyond these
// bounds a few bytes of source become megabytes when the number is printed.
func numberProblem(lit string) string {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(lit), "e")
	if len(mantissa) > maxDigits {
		return fmt.Sprintf("A number may have at most %d digits.", maxDigits)
	}
	if exponent != "" {
		if e, err := strconv.Atoi(exponent); err != nil || e > maxExponent || e < -maxExponent {
			return fmt.Sprintf("The exponent of a number may be at most %d.", maxExponent)
		}
	}
	return ""
}
