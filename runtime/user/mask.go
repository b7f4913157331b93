package user

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"throng/dsl/plan"
)

// hidden stands where something secret stood.
const hidden = "(secret)"

// mask hides secrets in texts that people will read.
type mask struct{ secrets *strings.Replacer }

// newMask hides each secret as it is, as URLs and JSON write it, and in
// base64. Longer forms go first, so that none is left behind in part.
func newMask(secrets []string) *mask {
	var forms []string
	for _, s := range secrets {
		if s == "" {
			continue
		}
		quoted := string(plan.AppendJSONString(nil, s, false))
		query, _ := plan.AppendEncoded(nil, plan.StringValue(s), plan.EncQuery)
		path, _ := plan.AppendEncoded(nil, plan.StringValue(s), plan.EncSegment)
		forms = append(forms, s, quoted[1:len(quoted)-1], string(query), string(path), url.QueryEscape(s),
			base64.StdEncoding.EncodeToString([]byte(s)), base64.RawURLEncoding.EncodeToString([]byte(s)))
	}
	slices.SortFunc(forms, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	var pairs []string
	for _, f := range slices.Compact(forms) {
		pairs = append(pairs, f, hidden)
	}
	return &mask{strings.NewReplacer(pairs...)}
}

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
