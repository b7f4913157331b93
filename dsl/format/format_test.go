package format

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"golang.org/x/tools/txtar"
)

// lexed is a token without its place.
type lexed struct {
	Type hclsyntax.TokenType
	Text string
}

// meaning is every token of a text but the newlines between its lines. The
// line end that HCL counts to a comment is none of the comment's.
func meaning(src []byte) []lexed {
	src = bytes.TrimPrefix(src, []byte("\ufeff"))
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	var all []lexed
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenNewline, hclsyntax.TokenEOF:
			continue
		case hclsyntax.TokenComment:
			// The last line's comment may end with the file, and its blanks are white space there.
			all = append(all, lexed{t.Type, strings.TrimRight(string(t.Bytes), " \t\r\n")})
			continue
		}
		all = append(all, lexed{t.Type, string(t.Bytes)})
	}
	return all
}

// keepsMeaning holds what Source promises of one text.
func keepsMeaning(t *testing.T, src []byte) {
	t.Helper()
	once, diags := Source(bytes.Clone(src), "a.hcl")
	if diags.HasErrors() {
		if !bytes.Equal(once, src) {
			t.Fatalf("a text that is not HCL was changed:\n%q\n%q", src, once)
		}
		return
	}
	twice, diags := Source(bytes.Clone(once), "a.hcl")
	if diags.HasErrors() {
		t.Fatalf("the canonical form of %q is not HCL: %q", src, once)
	}
	if !bytes.Equal(once, twice) {
		t.Fatalf("formatting twice changes it again:\n%q\n%q\n%q", src, once, twice)
	}
	if diff := cmp.Diff(meaning(src), meaning(once)); diff != "" {
		t.Fatalf("tokens have changed in %q:\n%s", src, diff)
	}
}

var layouts = []struct{ name, src, want string }{
	{"arguments align", "a=1\nlonger   = 2 # why\n", "a      = 1\nlonger = 2 # why\n"},
	{"blocks indent", "user \"u\" {\nget \"/\"   {}\n\t}\n", "user \"u\" {\n  get \"/\" {}\n}\n"},
	{"brackets indent", "a=[\n1,\n2]\n", "a = [\n  1,\n2]\n"},
	{"the end of the file", "a = 1", "a = 1\n"},
	{"lines at the end", "a = 1\n\n \n", "a = 1\n"},
	{"lines between stay", "a = 1\n\n\nb = 2\n", "a = 1\n\n\nb = 2\n"},
	{"nothing", " \n\n", ""},
	{"heredocs stay", "a = <<-EOT\n      x  \n  EOT\n", "a = <<-EOT\n      x  \n  EOT\n"},
	{"comments stay", "#a\n//b\n/* c\n d*/ a=1\n", "#a\n//b\n/* c\n d*/ a = 1\n"},
	{"line endings stay", "a=1\r\nbb=2\r\n", "a  = 1\r\nbb = 2\r\n"},
	{"a byte order mark goes", "\ufeffa=1\n", "a = 1\n"},
}

func TestSource(t *testing.T) {
	for _, c := range layouts {
		t.Run(c.name, func(t *testing.T) {
			got, diags := Source([]byte(c.src), "a.hcl")
			if diags.HasErrors() || string(got) != c.want {
				t.Errorf("%q becomes %q, want %q (%v)", c.src, got, c.want, diags)
			}
			keepsMeaning(t, []byte(c.src))
		})
	}
}

func TestSourceRefuses(t *testing.T) {
	src := []byte("user \"u\" {\n  weight=1\n")
	got, diags := Source(src, "a.hcl")
	if !diags.HasErrors() || !bytes.Equal(got, src) {
		t.Errorf("an unclosed block became %q, with %v", got, diags)
	}
}

// TestRepository holds the promises for every scenario file of the
// repository, also for those in the archives of tests.
func TestRepository(t *testing.T) {
	found := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		src, err := os.ReadFile(path)
		switch {
		case err != nil:
			return nil // gone since: tests of other packages write here too
		case strings.HasSuffix(path, ".hcl"):
			found++
			t.Run(path, func(t *testing.T) { keepsMeaning(t, src) })
		case strings.HasSuffix(path, ".txtar"):
			for _, f := range txtar.Parse(src).Files {
				if strings.HasSuffix(f.Name, ".hcl") {
					found++
					t.Run(path+"/"+f.Name, func(t *testing.T) { keepsMeaning(t, f.Data) })
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 50 {
		t.Errorf("only %d scenario files were found", found)
	}
}

func FuzzSource(f *testing.F) {
	for _, c := range layouts {
		f.Add([]byte(c.src))
	}
	for _, s := range []string{
		"a = x ? y : z\n", "a = { b = 1, c : 2 }\n", "a = \"${ var.x }%{ if x }y%{ endif }\"\n",
		"a = [for k, v in x : v... if v != null]\n", "a = -1\nb = !x\nc = a -1\n", "user u {}\n", "a = f(\n  1,\n  x...\n)\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 4096 {
			return // the parser's own bounds are not what is looked for
		}
		keepsMeaning(t, src)
	})
}
