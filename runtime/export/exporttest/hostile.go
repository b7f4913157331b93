package exporttest

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"throng/runtime/report/reporttest"
	"throng/runtime/results"
)

// Hostile is a run whose names, messages and answers try to do something.
func Hostile() *results.Run {
	run := Run(reporttest.Hostile())
	broken := *run
	broken.Broken = "the journal ends with \x1b[31m<b>|@somebody #1"
	return &broken
}

// Printable fails the test where a text has something that acts instead of
// being seen. Line ends are fine.
func Printable(t *testing.T, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Error("the text is no UTF-8")
	}
	for i, r := range text {
		if r == '\n' || r == '\r' && strings.HasPrefix(text[i:], "\r\n") {
			continue
		}
		const joiner = 0x200d // within emojis
		if unicode.IsControl(r) || r != joiner && unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) {
			t.Fatalf("the text has %U behind %q", r, text[max(0, i-40):i])
		}
	}
}
