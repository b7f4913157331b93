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
	maxBad      = 100    // characters that HCL does not know
	maxDigits   = 64
	maxExponent = 400
	maxTokens   = 300_000 // words and signs in one file
	maxMelding  = 1 << 31 // lines of one text times its bytes: the parser joins them one by one
	maxFindings = 100     // a file of garbage has a finding for every byte
)

// guard looks at the tokens before the parser does. HCL's parser and
// evaluator recurse without a limit, and a stack overflow cannot be recovered
// from: a file of parentheses would end the process.
func guard(src []byte, name string) diag.Diagnostics {
	if diags := guardSize(src, name); diags != nil {
		return diags
	}
	if at, deep := nesting(src); deep {
		return diag.Diagnostics{tooDeep(hcl.Range{Filename: name, Start: at, End: at})}
	}
	if signs(src) > 3*maxTokens/2 { // a token takes a hundred bytes, so they are not even made
		return general(diag.LimitExceeded, fmt.Sprintf("%s holds more words and signs than a scenario's file may (%d). %s", name, maxTokens, dataElsewhere))
	}
	tokens, _ := hclsyntax.LexConfig(src, name, hcl.InitialPos)
	return guardTokens(tokens)
}

const dataElsewhere = "Rows belong in a file that a data block reads, a long text in one for file(…)."

// signs counts words and signs roughly, from above: those in texts and
// comments, too.
func signs(src []byte) int {
	n, word := 0, false
	for _, c := range src {
		inWord := c == '_' || '0' <= c && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80
		if c != ' ' && c != '\t' && c != '\r' && (!inWord || !word) {
			n++
		}
		word = inWord
	}
	return n
}

func guardSize(src []byte, name string) diag.Diagnostics {
	if len(src) > maxFile {
		return general(diag.LimitExceeded, fmt.Sprintf("%s is larger than %d MiB.", name, maxFile>>20))
	}
	return nil
}

// guardTokens bounds how deep the parser will go into an expression, and
// refuses numbers that would fill the memory.
func guardTokens(tokens hclsyntax.Tokens) diag.Diagnostics {
	if len(tokens) > maxTokens {
		return diag.Diagnostics{diag.New(diag.LimitExceeded, tokens[maxTokens].Range, "A file may hold at most %d words and signs. %s", maxTokens, dataElsewhere)}
	}
	levels := []level{{}}
	run, bad := 0, 0
	var text literal
	for _, t := range tokens {
		if problem := text.next(t); problem != "" {
			return diag.Diagnostics{diag.New(diag.LimitExceeded, text.at, "%s", problem)}
		}
		l := &levels[len(levels)-1]
		switch t.Type {
		case hclsyntax.TokenBang, hclsyntax.TokenMinus:
			run++
			l.operators++
		default:
			run = 0
		}
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOParen, hclsyntax.TokenOBrack, hclsyntax.TokenOQuote,
			hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
			l.operators++ // calls, indexes and directives can form a chain
			levels = append(levels, level{lines: t.Type == hclsyntax.TokenOBrace})
		case hclsyntax.TokenCBrace, hclsyntax.TokenCParen, hclsyntax.TokenCBrack, hclsyntax.TokenCQuote,
			hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
			if len(levels) > 1 {
				levels = levels[:len(levels)-1]
				levels[len(levels)-1].add(*l) // a chain may go on from within brackets
			}
		case hclsyntax.TokenQuestion:
			l.questions++
		case hclsyntax.TokenPlus, hclsyntax.TokenStar, hclsyntax.TokenSlash, hclsyntax.TokenPercent,
			hclsyntax.TokenAnd, hclsyntax.TokenOr, hclsyntax.TokenEqualOp, hclsyntax.TokenNotEqual,
			hclsyntax.TokenLessThan, hclsyntax.TokenLessThanEq, hclsyntax.TokenGreaterThan, hclsyntax.TokenGreaterThanEq,
			hclsyntax.TokenDot, hclsyntax.TokenDoubleColon:
			l.operators++
		case hclsyntax.TokenComma:
			*l = level{lines: l.lines}
		case hclsyntax.TokenNewline:
			if l.lines || len(levels) == 1 {
				*l = level{lines: l.lines}
			}
		case hclsyntax.TokenInvalid, hclsyntax.TokenBadUTF8:
			if bad++; bad > maxBad {
				return diag.Diagnostics{diag.New(diag.InvalidCharacter, t.Range, "This does not look like a text in HCL: more than %d characters of it mean nothing there.", maxBad)}
			}
		case hclsyntax.TokenNumberLit:
			if problem := numberProblem(string(t.Bytes)); problem != "" {
				return diag.Diagnostics{diag.New(diag.LimitExceeded, t.Range, "%s", problem)}
			}
		case hclsyntax.TokenQuotedLit, hclsyntax.TokenStringLit:
			if l.pieces, l.bytes = l.pieces+1, l.bytes+len(t.Bytes); l.pieces*l.bytes > maxMelding {
				return diag.Diagnostics{diag.New(diag.LimitExceeded, t.Range, "This text is too long to stand in a scenario. Put it into a file of its own and read it with file(…).")}
			}
		}
		if l := levels[len(levels)-1]; len(levels) > maxDepth || run > maxRun || l.questions > maxRun || l.operators > maxOperands {
			return diag.Diagnostics{tooDeep(t.Range)}
		}
	}
	return nil
}

// level is what has been counted of one expression between brackets. lines
// says that a newline ends an expression there.
type level struct {
	questions, operators int
	pieces, bytes        int // of a text: its literal parts, each line being one
	lines                bool
}

func (l *level) add(inner level) {
	l.questions += inner.questions
	l.operators += inner.operators
}

// nesting is a first look at the bare bytes: tokens cost a hundred bytes
// each, so a file of nothing but brackets is refused before it is cut up.
func nesting(src []byte) (at hcl.Pos, deep bool) {
	const most = 1000 * maxDepth // texts and comments may hold brackets too
	depth := 0
	at = hcl.InitialPos
	for i, c := range src {
		switch c {
		case '(', '[', '{':
			if depth++; depth > most {
				at.Byte, at.Column = i, i-strings.LastIndexByte(string(src[:i]), '\n')
				return at, true
			}
		case ')', ']', '}':
			depth--
		case '\n':
			at.Line++
		}
	}
	return at, false
}

func tooDeep(at hcl.Range) *diag.Diagnostic {
	return diag.New(diag.LimitExceeded, at, "This is nested more deeply, or is a longer chain, than anybody writes by hand (%d levels, %d operators in one expression at most). It is not read further.", maxDepth, maxOperands)
}

// numberProblem says why a number is refused, or "": beyond these bounds a
// few bytes of source become megabytes when the number is printed.
func numberProblem(lit string) string {
	mantissa, exponent, _ := strings.Cut(strings.ToLower(lit), "e")
	if len(mantissa) > maxDigits {
		return fmt.Sprintf("A number may have at most %d digits.", maxDigits)
	}
	if exponent == "" {
		return ""
	}
	if e, err := strconv.Atoi(exponent); err != nil || e > maxExponent || e < -maxExponent {
		return fmt.Sprintf("The exponent of a number may be at most %d.", maxExponent)
	}
	return ""
}

// literal is a part of a text between interpolations, as far as it can be a
// number. Its tokens are joined, since the lexer begins a new one at a %.
type literal struct {
	text  strings.Builder
	at    hcl.Range
	words bool // it holds what no number does
}

// next takes in a token, and says what is wrong with the literal that ends
// before it.
func (l *literal) next(t hclsyntax.Token) string {
	if t.Type != hclsyntax.TokenQuotedLit && t.Type != hclsyntax.TokenStringLit {
		problem := ""
		if l.text.Len() > 0 && !l.words {
			problem = hiddenNumber(l.text.String())
		}
		*l = literal{at: l.at}
		return problem
	}
	if l.text.Len() == 0 {
		l.at = t.Range
	}
	l.words = l.words || strings.Trim(string(t.Bytes), numeric+" \t\r\n") != ""
	if !l.words {
		l.text.Write(t.Bytes)
	}
	return ""
}

const numeric = "0123456789+-.eE"

// hiddenNumber is numberProblem for a text, which an operator may turn into
// a number. A text of digits alone may be longer: an order number, say.
func hiddenNumber(text string) string {
	text = strings.TrimSpace(text)
	_, exponent, has := strings.Cut(strings.ToLower(text), "e")
	if !has || exponent == "" || strings.Trim(text, numeric) != "" {
		return ""
	}
	return numberProblem("1e" + exponent)
}
