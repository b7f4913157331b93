package http1

import (
	"encoding/binary"
	"math"
	"throng/runtime/transport/dial"
)

// field is a header field that decides about framing or the connection.
type field uint8

const (
	other field = iota
	contentLength
	transferEncoding
	connection
)

// lines is what the framing fields of one header block said.
type lines struct {
	length          int64 // -1: no Content-Length
	chunked         bool
	close, persists bool // options of Connection
}

// fields reads field lines up to the empty line and leaves them, with what
// they say about framing, in the answer.
func (d *reader) fields() error {
	start := d.pos
	l := lines{length: -1}
	last := other
	for n := 0; ; n++ {
		from := d.pos
		line, err := d.line()
		if err != nil {
			return err
		}
		if len(line) == 0 {
			d.answer.header = d.buf[start:from]
			return d.settle(&l)
		}
		if line[0] == ' ' || line[0] == '\t' {
			// A folded line. It is obsolete, but only one that would change
			// the framing is worth refusing an answer for.
			if n == 0 || last != other || !text(line) {
				return errFolded
			}
			continue
		}
		name, value, ok := splitField(line)
		if !ok {
			return badField(line)
		}
		last = fieldNamed(name)
		if last != other {
			if err := l.take(last, value); err != nil {
				return err
			}
		}
	}
}

// take reads one framing field.
func (l *lines) take(f field, value []byte) error {
	switch f {
	case contentLength:
		n, ok := parseLength(value)
		if !ok || l.length >= 0 {
			return badLength(value)
		}
		l.length = n
	case transferEncoding:
		if l.chunked || !equalFold(value, "chunked") {
			return badEncoding(value)
		}
		l.chunked = true
	case connection:
		l.options(value)
	}
	return nil
}

// options reads the comma-separated options of a Connection field.
func (l *lines) options(value []byte) {
	for len(value) > 0 {
		i := 0
		for i < len(value) && value[i] != ',' {
			i++
		}
		switch option := trim(value[:i]); {
		case equalFold(option, "close"):
			l.close = true
		case equalFold(option, "keep-alive"):
			l.persists = true
		}
		value = value[min(i+1, len(value)):]
	}
}

// settle checks a header block as a whole and stores it.
func (d *reader) settle(l *lines) error {
	a := &d.answer
	old := a.proto == "HTTP/1.0"
	switch {
	case l.chunked && l.length >= 0:
		return errBothFramings
	case l.chunked && old:
		return errChunkedOld
	}
	a.keep = !l.close && (!old || l.persists)
	switch {
	case l.chunked:
		a.framing = chunks
	case l.length >= 0:
		a.framing, a.length = fixed, l.length
	default:
		a.framing, a.length = closed, 0
	}
	return nil
}

// frame applies what overrides the header: answers that have no body.
func (d *reader) frame(method string) error {
	a := &d.answer
	if method == "HEAD" || a.status == 204 || a.status == 304 {
		a.framing = none
	}
	switch a.framing {
	case fixed:
		if a.length > d.maxBody && !d.toSink() {
			return dial.TooLarge(d.maxBody)
		}
	case closed:
		a.keep = false
	}
	return nil
}

// toSink reports whether the answer's body goes to a sink.
func (d *reader) toSink() bool { return d.streamed && d.answer.status/100 == 2 }

func fieldNamed(name []byte) field {
	switch len(name) {
	case len("connection"):
		if equalFold(name, "connection") {
			return connection
		}
	case len("content-length"):
		if equalFold(name, "content-length") {
			return contentLength
		}
	case len("transfer-encoding"):
		if equalFold(name, "transfer-encoding") {
			return transferEncoding
		}
	}
	return other
}

// splitField cuts "Name: value" and trims the value. The name must be a token
// that reaches to the colon.
func splitField(line []byte) (name, value []byte, ok bool) {
	i := 0
	for i < len(line) && tokenByte[line[i]] {
		i++
	}
	if i == 0 || i == len(line) || line[i] != ':' {
		return nil, nil, false
	}
	value = trim(line[i+1:])
	return line[:i], value, text(value)
}

// parseLength reads a Content-Length: decimal digits, one number.
func parseLength(s []byte) (int64, bool) {
	if len(s) == 0 {
		return 0, false
	}
	var n int64
	for _, b := range s {
		if b < '0' || b > '9' || n > (math.MaxInt64-9)/10 {
			return 0, false
		}
		n = 10*n + int64(b-'0')
	}
	return n, true
}

func trim(s []byte) []byte {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	for len(s) > 0 && (s[len(s)-1] == ' ' || s[len(s)-1] == '\t') {
		s = s[:len(s)-1]
	}
	return s
}

// equalFold compares s with t, which is in lower case.
func equalFold(s []byte, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i, b := range s {
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != t[i] {
			return false
		}
	}
	return true
}

// text reports whether s may be a field's value: no NUL and no CR. Other
// control bytes are wrong too, but RFC 9110 lets a recipient keep them.
func text(s []byte) bool {
	for len(s) >= 8 {
		if below(binary.LittleEndian.Uint64(s), 0x20) {
			break
		}
		s = s[8:]
	}
	for _, b := range s {
		if b == 0 || b == '\r' {
			return false
		}
	}
	return true
}

// below reports whether a byte of x is less than n, which is at most 0x80.
func below(x, n uint64) bool {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	return (x-ones*n)&^x&tops != 0
}

// printable reports whether s has no control bytes but tabs.
func printable(s []byte) bool {
	for _, b := range s {
		if b < ' ' && b != '\t' || b == 0x7f {
			return false
		}
	}
	return true
}

// tokenByte has the characters of a token (RFC 9110, section 5.6.2).
var tokenByte = func() (t [256]bool) {
	const marks = "!#$%&'*+-.^_`|~"
	for i := range len(marks) {
		t[marks[i]] = true
	}
	for b := '0'; b <= '9'; b++ {
		t[b] = true
	}
	for b := 'a'; b <= 'z'; b++ {
		t[b], t[b-'a'+'A'] = true, true
	}
	return t
}()
