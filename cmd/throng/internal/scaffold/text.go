package scaffold

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Values that are written as HCL: nil, bool, int, float64, string, []any and
// these.
type (
	// expr is an expression, written as it is.
	expr string
	// object is written with its fields in their order.
	object []field
	field  struct {
		name  string
		value any
	}
)

// longest bounds the texts that are taken over from elsewhere.
const longest = 500

// literal is a value as HCL writes it. What HCL cannot write is null.
func literal(v any) string {
	switch v := v.(type) {
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		switch {
		case math.IsNaN(v) || math.IsInf(v, 0):
			return "0"
		case v == math.Trunc(v) && math.Abs(v) < 1e15:
			return strconv.FormatFloat(v, 'f', -1, 64)
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return quote(v)
	case expr:
		return string(v)
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			items[i] = literal(item)
		}
		return "[" + strings.Join(items, ", ") + "]"
	case object:
		if len(v) == 0 {
			return "{}"
		}
		if line := v.line(); len(line) <= 64 && !strings.Contains(line, "\n") {
			return line
		}
		var b strings.Builder
		b.WriteString("{\n")
		for _, f := range v {
			fmt.Fprintf(&b, "%s = %s\n", key(f.name), literal(f.value))
		}
		b.WriteString("}")
		return b.String()
	}
	return "null"
}

// line is an object on one line.
func (o object) line() string {
	items := make([]string, len(o))
	for i, f := range o {
		items[i] = key(f.name) + " = " + literal(f.value)
	}
	return "{ " + strings.Join(items, ", ") + " }"
}

// quote is a text as a quoted string of HCL.
func quote(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "")
	}
	if tooBig(untilSigil(s)) {
		s = "0"
	}
	var b strings.Builder
	b.WriteByte('"')
	for i, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case (r == '$' || r == '%') && strings.HasPrefix(s[i+1:], "{"):
			b.WriteRune(r)
			b.WriteRune(r)
		case (r == '$' || r == '%') && tooBig(untilSigil(s[i+1:])):
			fmt.Fprintf(&b, `\u%04x`, r) // where the lexer cuts, a number must not be left over
		case !unicode.IsPrint(r) && r <= 0xFFFF:
			fmt.Fprintf(&b, `\u%04x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// untilSigil is a text up to the next character that could begin a template
// sequence.
func untilSigil(s string) string {
	if i := strings.IndexAny(s, "$%"); i >= 0 {
		return s[:i]
	}
	return s
}

// tooBig reports whether a text is a number that the language would refuse
// even as a text, since an operator could turn it into one.
func tooBig(s string) bool {
	const most = 400
	s = strings.ToLower(strings.TrimSpace(s))
	_, exponent, _ := strings.Cut(s, "e")
	if exponent == "" || strings.Trim(s, "0123456789+-.e") != "" {
		return false
	}
	n, err := strconv.Atoi(exponent)
	return err != nil || n > most || n < -most
}

// key is the key of an attribute of an object.
func key(name string) string {
	switch name {
	case "for", "if", "in", "null", "true", "false":
		return quote(name)
	}
	if name != "" && name == ident(name) {
		return name
	}
	return quote(name)
}

// ident is a name made of a text: letters, digits, - and _, a letter first.
func ident(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '-' || r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteByte('_')
		}
	}
	name := strings.Trim(b.String(), "_-")
	switch {
	case name == "":
		return "x"
	case !unicode.IsLetter(rune(name[0])):
		return "x" + name
	}
	return name
}

// names gives each of several things a name of its own.
type names map[string]bool

func (n names) unique(name string) string {
	free := name
	for i := 2; n[free]; i++ {
		free = name + "_" + strconv.Itoa(i)
	}
	n[free] = true
	return free
}

// comment writes a text as comment lines of at most 76 columns, cut to a few.
func comment(b *strings.Builder, text string) {
	const width, most = 74, 4
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return ' '
		}
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	line, lines := "#", 0
	flush := func() bool {
		lines++
		if lines == most {
			b.WriteString(line + " …\n")
			return false
		}
		b.WriteString(line + "\n")
		return true
	}
	for _, word := range strings.Fields(text) {
		if runes := []rune(word); len(runes) > width-2 {
			word = string(runes[:width-3]) + "…"
		}
		if line != "#" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			if !flush() {
				return
			}
			line = "#"
		}
		line += " " + word
	}
	if line != "#" {
		b.WriteString(line + "\n")
	}
}

// sortedKeys are the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string {
	all := make([]string, 0, len(m))
	for k := range m {
		all = append(all, k)
	}
	sort.Strings(all)
	return all
}
