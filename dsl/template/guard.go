package template

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const (
	maxTokens     = 1000    // of one ${…} or %{…}: bounds its nest and its chains of operators
	maxDirectives = 1000    // %{…} in a template, which may all stand within each other
	maxMelding    = 1 << 30 // lines times bytes of a template: the parser joins lines one by one
	maxDigits     = 64
	maxExponent   = 400
)

// guard refuses templates that HCL's parser or evaluator cannot take: both
// recurse without a limit, and a stack overflow cannot be recovered from.
func guard(src []byte, name string) error {
	if lines := bytes.Count(src, []byte("\n")); lines*len(src) > maxMelding {
		return fmt.Errorf("%s is too long for a template: it has %d lines", name, lines)
	}
	tokens, _ := hclsyntax.LexTemplate(src, name, hcl.InitialPos)
	var within, directives, depth int
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenTemplateControl:
			directives++
			depth++
		case hclsyntax.TokenTemplateInterp:
			depth++
		case hclsyntax.TokenTemplateSeqEnd:
			if depth--; depth == 0 {
				within = 0
			}
		case hclsyntax.TokenNumberLit:
			if enormous(string(t.Bytes)) {
				return fmt.Errorf("%s holds a number of more than %d digits, or with an exponent above %d", at(t.Range), maxDigits, maxExponent)
			}
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit:
			if depth > 0 && enormous(strings.TrimSpace(string(t.Bytes))) {
				return fmt.Errorf("%s holds a text that reads as a number too large to compute with", at(t.Range))
			}
		}
		if depth > 0 {
			within++
		}
		if within > maxTokens || directives > maxDirectives {
			return fmt.Errorf("%s is nested more deeply, or has longer expressions, than anybody writes by hand", at(t.Range))
		}
	}
	return nil
}

// enormous reports whether a number would become megabytes when it is
// printed.
func enormous(lit string) bool {
	if lit == "" || strings.Trim(lit, "0123456789+-.eE") != "" {
		return false
	}
	mantissa, exponent, has := strings.Cut(strings.ToLower(lit), "e")
	if !has {
		return false
	}
	e, err := strconv.Atoi(exponent)
	return len(mantissa) > maxDigits || err != nil && exponent != "" || e > maxExponent || e < -maxExponent
}
