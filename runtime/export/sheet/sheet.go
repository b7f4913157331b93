// Package sheet writes CSV for programs and for spreadsheets: names from
// outside are made harmless, numbers are written so that every reader gets
// back the same one.
//
// It knows fields and lines only: no run, no figures.
package sheet

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"throng/runtime/report/text"
)

// Writer writes lines of fields, quoted where RFC 4180 asks for it. The first
// error ends it; Err tells which.
type Writer struct {
	w   io.Writer
	end string
	buf []byte
	err error
}

// New writes lines that end in "\n".
func New(w io.Writer) *Writer { return &Writer{w: w, end: "\n"} }

// NewCRLF writes lines that end in "\r\n", as Python's csv module does.
func NewCRLF(w io.Writer) *Writer { return &Writer{w: w, end: "\r\n"} }

// Line writes one line. Its fields are Text, or what the other functions
// made; they are quoted here.
func (s *Writer) Line(fields ...string) {
	if s.err != nil {
		return
	}
	s.buf = s.buf[:0]
	for i, f := range fields {
		if i > 0 {
			s.buf = append(s.buf, ',')
		}
		s.buf = appendField(s.buf, f)
	}
	s.buf = append(s.buf, s.end...)
	if _, err := s.w.Write(s.buf); err != nil {
		s.err = fmt.Errorf("writing CSV: %w", err)
	}
}

// Err is the first error of all lines.
func (s *Writer) Err() error { return s.err }

func appendField(b []byte, f string) []byte {
	if !strings.ContainsAny(f, ",\"\r\n") {
		return append(b, f...)
	}
	b = append(b, '"')
	b = append(b, strings.ReplaceAll(f, `"`, `""`)...)
	return append(b, '"')
}

// Text is a text from outside: what cannot be seen is made visible, and what
// a spreadsheet would take for a formula gets an apostrophe in front, as
// OWASP advises against CSV injection.
func Text(s string) string {
	s = text.Clean(s)
	if s != "" && strings.IndexByte("=+-@", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// Float is a number as Python's repr writes it: the shortest form that reads
// back the same, always with a point or an exponent, the exponent only below
// 1e-4 or from 1e16 on.
func Float(v float64) string {
	switch {
	case math.IsNaN(v):
		return "nan"
	case math.IsInf(v, 1):
		return "inf"
	case math.IsInf(v, -1):
		return "-inf"
	}
	if a := math.Abs(v); a != 0 && (a < 1e-4 || a >= 1e16) {
		return strconv.FormatFloat(v, 'e', -1, 64)
	}
	s := strconv.FormatFloat(v, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// Int is a whole number.
func Int(n int64) string { return strconv.FormatInt(n, 10) }

// Number is a number without an exponent, whole ones without a point.
func Number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
