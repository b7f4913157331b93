package text

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// State is what is known of an SLA or a request, in the order tables show
// them.
type State uint8

// States, worst first.
const (
	Fail State = iota
	Inconclusive
	Warn // a limit that only warns is broken
	Pass
	NoSLA
)

var stateWords = [...]string{"fail", "inconclusive", "warn", "pass", "none"}

func (s State) String() string { return stateWords[s] }

// MarshalText writes the state as a word.
func (s State) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the word back.
func (s *State) UnmarshalText(b []byte) error {
	for i, w := range stateWords {
		if w == string(b) {
			*s = State(i)
			return nil
		}
	}
	return fmt.Errorf("%q is no state: want one of %s", b, strings.Join(stateWords[:], ", "))
}

// Role is what a piece of text is for; a style gives it a colour. No role
// says anything its text does not.
type Role uint8

// Roles of text.
const (
	Plain Role = iota
	Bold
	Dim
	FailRole
	InconclusiveRole
	WarnRole
	PassRole
)

var codes = [...]string{"", "1", "2", "1;31", "35", "33", "36"}

// Style is how text may be decorated on the way out.
type Style struct {
	Color bool // colours and weights, as ANSI codes
	ASCII bool // nothing beyond ASCII
}

// Role is the role of a state's symbol and word.
func (s State) Role() Role {
	return [...]Role{FailRole, InconclusiveRole, WarnRole, PassRole, Dim}[s]
}

// Symbol stands for a state in a narrow place.
func (st Style) Symbol(s State) string {
	if st.ASCII {
		return [...]string{"FAIL", "??", "WARN", "ok", "-"}[s]
	}
	return [...]string{"✗", "?", "!", "✓", "–"}[s]
}

// Paint puts a role's colour around s, which must have its final width.
func (st Style) Paint(r Role, s string) string {
	if !st.Color || codes[r] == "" || s == "" {
		return s
	}
	return "\x1b[" + codes[r] + "m" + s + "\x1b[0m"
}

var ascii = strings.NewReplacer(
	"–", "-", "−", "-", "…", "...", "·", "-", "≥", ">=", "≤", "<=", "×", "x", "µ", "u", "→", "->",
	"✓", "ok", "✗", "FAIL", "␛", "<ESC>", "│", "|", "─", "-", "━", "=", "●", "#", "├", "|", "┤", "|",
	"▁", "_", "▂", ".", "▃", ":", "▄", "-", "▅", "=", "▆", "+", "▇", "*", "█", "#", "▶", ">",
)

// Text is s in the style's character set. It must come before any measuring
// of widths. What ASCII has no likeness for is written as its code point.
func (st Style) Text(s string) string {
	if !st.ASCII || isASCII(s) {
		return s
	}
	s = ascii.Replace(s)
	if isASCII(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if r < utf8.RuneSelf {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, `\u%04x`, r)
	}
	return b.String()
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Pad fills s with spaces to width cells, on the left when right is set.
func Pad(s string, width int, right bool) string {
	n := width - Width(s)
	if n <= 0 {
		return s
	}
	if right {
		return strings.Repeat(" ", n) + s
	}
	return s + strings.Repeat(" ", n)
}

// Prose lays a text out in lines of at most width cells, each behind an indent
// and painted by itself.
func (st Style) Prose(indent string, role Role, s string, width int) string {
	var b strings.Builder
	for _, line := range Wrap(st.Text(Clean(s)), width-len(indent)) {
		b.WriteString(indent + st.Paint(role, line) + "\n")
	}
	return b.String()
}
