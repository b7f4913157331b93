package plan

import (
	"strings"
	"unicode/utf8"
)

// Encoding says how a template part is written into the text around it.
type Encoding uint8

// How a part's value is encoded.
const (
	EncText     Encoding = iota // as it is
	EncJSON                     // as a JSON value
	EncJSONText                 // as text within a JSON string
	EncSegment                  // percent-encoded, one path segment
	EncPath                     // percent-encoded, slashes kept
	EncQuery                    // percent-encoded for a query or a form, space as %20
	EncHeader                   // as it is; line breaks and NUL are an error
)

// Part is a literal, or an expression when Expr is not nil.
type Part struct {
	Lit  string
	Expr Expr
	Enc  Encoding
	Site SiteID
}

// Template is a text of literals and expressions, appended to a buffer.
type Template struct {
	Parts  []Part
	Secret bool // holds a sensitive value: never shown
}

// Literal is a template that is only text.
func Literal(s string) *Template {
	if s == "" {
		return &Template{}
	}
	return &Template{Parts: []Part{{Lit: s}}}
}

// Add appends a part, joining neighbouring literals.
func (t *Template) Add(p Part) {
	if p.Expr == nil {
		if p.Lit == "" {
			return
		}
		if n := len(t.Parts); n > 0 && t.Parts[n-1].Expr == nil {
			t.Parts[n-1].Lit += p.Lit
			return
		}
	}
	t.Parts = append(t.Parts, p)
}

// Const is the text of a template that holds no expression.
func (t *Template) Const() (string, bool) {
	switch {
	case len(t.Parts) == 0:
		return "", true
	case len(t.Parts) == 1 && t.Parts[0].Expr == nil:
		return t.Parts[0].Lit, true
	}
	return "", false
}

// Append renders the template into dst.
func (t *Template) Append(f *Frame, dst []byte) ([]byte, error) {
	var err error
	for i := range t.Parts {
		p := &t.Parts[i]
		if p.Expr == nil {
			dst = append(dst, p.Lit...)
			continue
		}
		if dst, err = p.append(f, dst); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// AppendText makes a template an Appender.
func (t *Template) AppendText(f *Frame, dst []byte) ([]byte, error) { return t.Append(f, dst) }

// YieldsString makes a template an Appender.
func (t *Template) YieldsString() bool { return true }

// Eval renders the template into a string value.
func (t *Template) Eval(f *Frame) (Value, error) {
	b, err := t.Append(f, nil)
	if err != nil {
		return Value{}, err
	}
	return StringValue(string(b)), nil
}

func (p *Part) append(f *Frame, dst []byte) ([]byte, error) {
	var problem string
	if a, ok := p.Expr.(Appender); ok {
		start := len(dst)
		dst, err := a.AppendText(f, dst)
		if err != nil || p.Enc == EncText {
			return dst, err
		}
		dst, problem = encode(dst, start, p.Enc, a.YieldsString())
		return dst, p.problem(problem)
	}
	v, err := p.Expr.Eval(f)
	if err != nil {
		return dst, err
	}
	dst, problem = AppendEncoded(dst, v, p.Enc)
	return dst, p.problem(problem)
}

func (p *Part) problem(text string) error {
	if text == "" {
		return nil
	}
	return &EvalError{Site: p.Site, Class: FailExpression, Message: text}
}

// AppendEncoded appends v in an encoding. The second result says, in words,
// why a value cannot stand there, and is empty when it can.
func AppendEncoded(dst []byte, v Value, enc Encoding) ([]byte, string) {
	start := len(dst)
	if enc == EncJSON {
		return v.AppendJSON(dst, false), ""
	}
	dst, ok := v.AppendText(dst)
	if !ok {
		return dst[:start], v.TypeName() + " cannot be written into text"
	}
	return encode(dst, start, enc, v.kind == String)
}

// encode encodes the text dst[start:] in place; quoted says that it is the
// text of a string, not of a number or bool.
func encode(dst []byte, start int, enc Encoding, quoted bool) ([]byte, string) {
	switch enc {
	case EncJSON:
		if quoted {
			return quoteJSON(dst, start), ""
		}
	case EncJSONText:
		if quoted && !plainJSON(dst[start:]) {
			dst = quoteJSON(dst, start)
			return append(dst[:start], dst[start+1:len(dst)-1]...), ""
		}
	case EncHeader:
		if strings.ContainsAny(string(dst[start:]), "\r\n\x00") {
			return dst[:start], "a header value must not contain line breaks"
		}
	case EncSegment, EncPath, EncQuery:
		return percentEncode(dst, start, enc), ""
	}
	return dst, ""
}

// quoteJSON makes the text dst[start:] a JSON string, which most texts become
// by their quotes alone.
func quoteJSON(dst []byte, start int) []byte {
	if !plainJSON(dst[start:]) {
		text := string(dst[start:])
		return AppendJSONString(dst[:start], text, false)
	}
	dst = append(dst, '"', '"')
	copy(dst[start+1:], dst[start:len(dst)-2])
	dst[start] = '"'
	return dst
}

// plainJSON reports whether a text needs no escapes within a JSON string.
func plainJSON(text []byte) bool {
	for _, b := range text {
		if b < 0x20 || b >= utf8.RuneSelf || b == '"' || b == '\\' {
			return false
		}
	}
	return true
}

// percentEncode encodes dst[start:] in place where it can, after RFC 3986:
// unreserved characters stay, and what each component allows beside them.
func percentEncode(dst []byte, start int, enc Encoding) []byte {
	extra := 0
	for _, b := range dst[start:] {
		if !keeps(b, enc) {
			extra += 2
		}
	}
	if extra == 0 {
		return dst
	}
	end := len(dst)
	for range extra {
		dst = append(dst, 0)
	}
	for r, w := end-1, len(dst)-1; r >= start; r-- {
		b := dst[r]
		if keeps(b, enc) {
			dst[w] = b
			w--
			continue
		}
		dst[w] = "0123456789ABCDEF"[b&0xF]
		dst[w-1] = "0123456789ABCDEF"[b>>4]
		dst[w-2] = '%'
		w -= 3
	}
	return dst
}

func keeps(b byte, enc Encoding) bool {
	switch {
	case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9':
		return true
	}
	switch b {
	case '-', '.', '_', '~':
		return true
	case '/':
		return enc == EncPath
	case ':', '@', '!', '$', '\'', '(', ')', '*', ',':
		return enc != EncQuery
	}
	return false
}
