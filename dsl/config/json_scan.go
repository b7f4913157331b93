package config

import (
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"throng/dsl/diag"
)

// maxValues bounds what one JSON file holds: each value becomes an
// expression many times its size.
const maxValues = 100_000

type jsonKind uint8

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
	jsonArray
	jsonObject
)

func (k jsonKind) String() string {
	return [...]string{"null", "a bool", "a number", "a string", "an array", "an object"}[k]
}

// jsonValue is one value of a JSON text, or the key of an object's member.
type jsonValue struct {
	kind       jsonKind
	start, end int          // its bytes in the file
	text       string       // of a string, decoded; of a number or bool, as it stands
	escaped    bool         // a string's text is not what stands in the file
	items      []*jsonValue // of an array
	members    []jsonMember // of an object, in the order of the text
}

type jsonMember struct{ key, value *jsonValue }

// jsonScanner reads a JSON text as RFC 8259 describes it. It keeps where
// everything stands, every digit of a number, and the order of keys, and
// refuses a key that stands twice. It stops at the first mistake.
type jsonScanner struct {
	src    string
	at     int
	depth  int
	values int
	found  *jsonProblem
}

// jsonProblem is why a text is refused, and where.
type jsonProblem struct {
	code       string
	start, end int
	detail     string
	first      *jsonValue // the first of two equal keys
}

// scanJSON reads the one value that src holds.
func scanJSON(src string) (*jsonValue, *jsonProblem) {
	s := &jsonScanner{src: src, at: len(src) - len(strings.TrimPrefix(src, "\uFEFF"))}
	v := s.value()
	s.space()
	if s.found == nil && s.at < len(src) {
		s.fail(diag.JSONSyntax, s.at, "The value is complete, and something follows it. A file holds one JSON object.")
	}
	return v, s.found
}

// fail keeps the first problem: from there on the text means nothing.
func (s *jsonScanner) fail(code string, start int, format string, args ...any) {
	if s.found == nil {
		s.found = &jsonProblem{code: code, start: start, end: max(s.at, start), detail: fmt.Sprintf(format, args...)}
	}
	s.at = len(s.src)
}

func (s *jsonScanner) space() {
	for s.at < len(s.src) && strings.IndexByte(" \t\r\n", s.src[s.at]) >= 0 {
		s.at++
	}
}

// next skips space and takes the byte c if it comes next.
func (s *jsonScanner) next(c byte) bool {
	s.space()
	if s.at == len(s.src) || s.src[s.at] != c {
		return false
	}
	s.at++
	return true
}

func (s *jsonScanner) value() *jsonValue {
	s.space()
	v := &jsonValue{start: s.at, end: s.at}
	if s.values++; s.values > maxValues {
		s.fail(diag.LimitExceeded, s.at, "A JSON file may hold at most %d values.", maxValues)
	}
	if s.at == len(s.src) {
		s.fail(diag.JSONSyntax, s.at, "The text ends where a value is expected.")
		return v
	}
	switch c := s.src[s.at]; {
	case c == '{':
		s.nested(v, s.object)
	case c == '[':
		s.nested(v, s.array)
	case c == '"':
		s.str(v)
	case c == '-' || '0' <= c && c <= '9':
		s.number(v)
	default:
		s.word(v)
	}
	v.end = s.at
	return v
}

func (s *jsonScanner) nested(v *jsonValue, read func(*jsonValue)) {
	if s.depth++; s.depth > maxDepth {
		s.fail(diag.LimitExceeded, s.at, "This is nested more than %d levels deep. It is not read further.", maxDepth)
		return
	}
	s.at++
	read(v)
	s.depth--
}

func (s *jsonScanner) array(v *jsonValue) {
	v.kind = jsonArray
	if s.next(']') {
		return
	}
	for s.found == nil {
		v.items = append(v.items, s.value())
		if s.next(']') {
			return
		}
		s.comma(v, ']', "an array")
	}
}

func (s *jsonScanner) object(v *jsonValue) {
	v.kind = jsonObject
	if s.next('}') {
		return
	}
	seen := map[string]*jsonValue{}
	for s.found == nil {
		s.space()
		key := &jsonValue{start: s.at}
		if s.at == len(s.src) || s.src[s.at] != '"' {
			s.fail(diag.JSONSyntax, s.at, "The key of an object must stand here, in double quotes.")
			return
		}
		s.str(key)
		key.end = s.at
		if first := seen[key.text]; first != nil && key.text != comment && s.found == nil {
			s.fail(diag.DuplicateKey, key.start, "The key %q stands twice in this object. For several blocks of one kind write an array of objects.", key.text)
			s.found.end, s.found.first = key.end, first
			return
		}
		seen[key.text] = key
		if !s.next(':') {
			s.fail(diag.JSONSyntax, s.at, "A colon must stand between a key and its value.")
			return
		}
		v.members = append(v.members, jsonMember{key, s.value()})
		if s.next('}') {
			return
		}
		s.comma(v, '}', "an object")
	}
}

// comma takes what separates two elements of v.
func (s *jsonScanner) comma(v *jsonValue, end byte, noun string) {
	switch {
	case s.found != nil:
	case !s.next(','):
		if s.at == len(s.src) {
			s.fail(diag.Unclosed, v.start, "The text ends before %s that begins here is closed with %q.", noun, end)
			s.found.end = v.start + 1
			return
		}
		s.fail(diag.JSONSyntax, s.at, "The elements of %s are separated by commas, and %q ends it. Neither stands here.", noun, end)
	case s.next(end):
		s.fail(diag.JSONSyntax, s.at-1, "After the last element of %s no comma may stand.", noun)
	}
}

func (s *jsonScanner) word(v *jsonValue) {
	for s.at < len(s.src) && (s.src[s.at]|0x20 >= 'a' && s.src[s.at]|0x20 <= 'z' || s.src[s.at] == '_') {
		s.at++
	}
	switch v.text = s.src[v.start:s.at]; v.text {
	case "null":
	case "true", "false":
		v.kind = jsonBool
	case "":
		s.fail(diag.JSONSyntax, v.start, "A value begins with {, [, a double quote or a digit, or is true, false or null.")
	default:
		s.fail(diag.JSONSyntax, v.start, "%q is no JSON value. A string stands in double quotes, an expression in \"${…}\".", shortened(v.text))
	}
}

// shortened is a text of the author's, cut to what a message can hold.
func shortened(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}

func (s *jsonScanner) number(v *jsonValue) {
	v.kind = jsonNumber
	digits := func() bool {
		from := s.at
		for s.at < len(s.src) && '0' <= s.src[s.at] && s.src[s.at] <= '9' {
			s.at++
		}
		return s.at > from
	}
	any := func(of string) bool {
		if s.at < len(s.src) && strings.IndexByte(of, s.src[s.at]) >= 0 {
			s.at++
			return true
		}
		return false
	}
	any("-")
	good := any("0") || digits()
	if any(".") {
		good = digits() && good
	}
	if any("eE") {
		any("+-")
		good = digits() && good
	}
	v.text = s.src[v.start:s.at]
	if !good || s.at < len(s.src) && strings.IndexByte("0123456789.+-_", s.src[s.at]) >= 0 {
		s.fail(diag.JSONSyntax, v.start, "This is no JSON number: digits without leading zeros, and perhaps a fraction and an exponent.")
		return
	}
	if problem := numberProblem(v.text); problem != "" {
		s.fail(diag.LimitExceeded, v.start, "%s", problem)
	}
}

// str reads a string from its opening quote on.
func (s *jsonScanner) str(v *jsonValue) {
	v.kind = jsonString
	s.at++
	from := s.at
	for s.at < len(s.src) {
		switch c := s.src[s.at]; {
		case c == '"':
			raw := s.src[from:s.at]
			s.at++
			s.decode(v, raw, from)
			return
		case c == '\\':
			v.escaped = true
			s.at += 2
		case c < 0x20:
			s.fail(diag.InvalidString, s.at, "A line break or control character cannot stand in a JSON string. A line break is written \\n.")
			return
		default:
			s.at++
		}
	}
	s.at = len(s.src)
	s.fail(diag.Unclosed, v.start, "The string that begins here is not closed with a double quote.")
	s.found.end = v.start + 1
}

func (s *jsonScanner) decode(v *jsonValue, raw string, from int) {
	if !utf8.ValidString(raw) {
		s.fail(diag.InvalidCharacter, v.start, "The string holds bytes that are not UTF-8.")
		return
	}
	v.text = raw
	if !v.escaped {
		return
	}
	text, _, bad := unescape(raw, false)
	if bad >= 0 {
		s.at = min(from+bad+2, len(s.src))
		s.fail(diag.InvalidString, from+bad, "This escape has no meaning in JSON. There are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uNNNN.")
		return
	}
	v.text = text
}

var jsonEscapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// unescape decodes the inside of a JSON string. With origins set it gives,
// for each byte of the text and for its end, the offset in raw where that
// byte comes from. bad is where an escape without meaning stands, or -1.
func unescape(raw string, wanted bool) (text string, origins []int, bad int) {
	var out strings.Builder
	add := func(s string, from int, literal bool) {
		out.WriteString(s)
		for i := 0; wanted && i < len(s); i++ {
			if literal {
				origins = append(origins, from+i)
			} else {
				origins = append(origins, from)
			}
		}
	}
	for i := 0; i < len(raw); {
		if raw[i] != '\\' {
			n := strings.IndexByte(raw[i:], '\\')
			if n < 0 {
				n = len(raw) - i
			}
			add(raw[i:i+n], i, true)
			i += n
			continue
		}
		s, n := escape(raw[i:])
		if n == 0 {
			return "", nil, i
		}
		add(s, i, false)
		i += n
	}
	if wanted {
		origins = append(origins, len(raw))
	}
	return out.String(), origins, -1
}

// escape decodes the escape that raw begins with, and says how long it is: 0
// where it means nothing.
func escape(raw string) (text string, n int) {
	if len(raw) < 2 {
		return "", 0
	}
	if c, ok := jsonEscapes[raw[1]]; ok {
		return string(rune(c)), 2
	}
	r, ok := unit(raw)
	if !ok {
		return "", 0
	}
	if !utf16.IsSurrogate(r) {
		return string(r), 6
	}
	second, ok := unit(raw[6:])
	if r = utf16.DecodeRune(r, second); !ok || r == utf8.RuneError {
		return "", 0
	}
	return string(r), 12
}

// unit is the UTF-16 unit of an escape \uNNNN.
func unit(raw string) (rune, bool) {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range []byte(raw[2:6]) {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if '0' <= c && c <= '9' {
			digit = int(c - '0')
		} else if digit < 10 {
			return 0, false
		}
		r = r<<4 | rune(digit)
	}
	return r, true
}
