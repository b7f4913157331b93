package library

import (
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
)

func TestComments(t *testing.T) {
	for src, want := range map[string]string{
		"# One\n# two.\n\nlocals {}\n":  "One two.",
		"// One.\n\n":                   "One.",
		"\n# One.\n#\n# Two.\n\nx {}\n": "",
		"# One.\n#\n# Two.\n\nx {}\n":   "One.",
		"# Of the block.\nlocals {}\n":  "",
		"locals {}\n# Later.\n":         "",
		"## Title ##\n\n":               "Title ##",
		"":                              "",
	} {
		if got := heading([]byte(src)); got != want {
			t.Errorf("heading of %q: %q, want %q", src, got, want)
		}
	}
	for src, want := range map[string]string{
		"# One\n# two.\n#\n#   code\n@":      "One two.",
		"# Far.\n\n@":                        "",
		"locals {} # of that line\n# It.\n@": "It.",
		"  // It.\n  @":                      "It.",
		"#\n# It.\n@":                        "It.",
		"@":                                  "",
	} {
		at := strings.IndexByte(src, '@')
		if got := above([]byte(src), hcl.Pos{Byte: at}); got != want {
			t.Errorf("above in %q: %q, want %q", src, got, want)
		}
	}
}

// FuzzComments holds that what is found is one line without ends of white
// space, wherever it is looked for.
func FuzzComments(f *testing.F) {
	f.Add("# a\n// b\n\nx {}\n", 9)
	f.Fuzz(func(t *testing.T, src string, at int) {
		if at < 0 {
			return
		}
		for _, got := range []string{heading([]byte(src)), above([]byte(src), hcl.Pos{Byte: at})} {
			if strings.Contains(got, "\n") || strings.TrimSpace(got) != got {
				t.Errorf("%q", got)
			}
		}
	})
}
