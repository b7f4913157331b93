package user

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"throng/dsl/plan"
)

// hidden stands where something secret stood.
const hidden = "(secret)"

// mask hides secrets in texts that people will read.
type mask struct{ secrets *plan.Mask }

// text is s without secrets and without anything that could move a cursor
// or turn the writing round. Line breaks stay when lines is set.
func (m *mask) text(s string, lines bool) string {
	s = m.secrets.Replace(s)
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines, r == '\t':
			return r
		case r == '\r' && lines:
			return -1
		case r == '\n' || r == '\r':
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, string(utf8.RuneError)))
}

// private are the headers whose values are never shown.
var private = []string{
	"authorization", "cookie", "set-cookie", "proxy-authorization", "x-api-key", "x-auth-token",
}

func isPrivate(name string, more []plan.Pair) bool {
	name = strings.TrimSpace(name)
	for _, p := range private {
		if strings.EqualFold(p, name) {
			return true
		}
	}
	for i := range more {
		if more[i].Secret && strings.EqualFold(more[i].Name, name) {
			return true
		}
	}
	return false
}

// headers is a raw header block with the values of private headers hidden,
// also those of pairs that are marked secret.
func headers(dst, block []byte, pairs []plan.Pair) []byte {
	for len(block) > 0 {
		var line []byte
		line, block, _ = bytes.Cut(block, []byte("\r\n"))
		name, _, ok := bytes.Cut(line, []byte(":"))
		if ok && isPrivate(string(name), pairs) {
			dst = append(append(dst, name...), ": "+hidden...)
		} else {
			dst = append(dst, line...)
		}
		dst = append(dst, '\n')
	}
	return dst
}
