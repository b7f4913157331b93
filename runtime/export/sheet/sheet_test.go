package sheet

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"testing"
)

// TestFloat holds numbers against what Python 3 prints for them.
func TestFloat(t *testing.T) {
	for _, c := range []struct {
		v    float64
		want string
	}{
		{0, "0.0"}, {12, "12.0"}, {0.1, "0.1"}, {1.0 / 3, "0.3333333333333333"}, {1e15, "1000000000000000.0"},
		{9999999999999998, "9999999999999998.0"}, {1e16, "1e+16"}, {1e22, "1e+22"}, {1.5e300, "1.5e+300"}, {1e-4, "0.0001"}, {0.00009, "9e-05"}, {1.25e-7, "1.25e-07"},
		{-2.5, "-2.5"}, {5e-324, "5e-324"}, {math.NaN(), "nan"}, {math.Inf(1), "inf"}, {math.Inf(-1), "-inf"},
	} {
		if got := Float(c.v); got != c.want {
			t.Errorf("Float(%g) = %s, want %s", c.v, got, c.want)
		}
	}
}

func TestFieldsComeBack(t *testing.T) {
	fields := []string{"plain", "a,b", `say "hi"`, "two\nlines", "", " spaces ", "'", `\`}
	var b bytes.Buffer
	s := NewCRLF(&b)
	s.Line(fields...)
	if s.Err() != nil || !bytes.HasSuffix(b.Bytes(), []byte("\r\n")) {
		t.Fatalf("%q, %v", b.String(), s.Err())
	}
	got, err := csv.NewReader(&b).Read()
	if err != nil || !slices.Equal(got, fields) {
		t.Errorf("read back %q, %v", got, err)
	}
}

func TestTextIsNoFormula(t *testing.T) {
	for in, want := range map[string]string{
		"=cmd|'/c calc'!A1": "'=cmd|'/c calc'!A1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)",
		"\t=1": `\x09=1`, "\r\n": `\x0d\x0a`, "/=cmd": "/=cmd", "": "", "\x1b[2J": "␛[2J", "a\u202eb": `a\u202eb`,
	} {
		if got := Text(in); got != want {
			t.Errorf("Text(%q) = %q, want %q", in, got, want)
		}
	}
}
