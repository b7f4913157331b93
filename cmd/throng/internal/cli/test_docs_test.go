package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The guide to tests shows a library with its tests: blocks with test=NAME
// file=PATH behind their language. They are laid out as they are written and
// pass, once the snapshots are made.
func TestDocumentedTests(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../../docs/how-to/test-a-library.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	blocks := regexp.MustCompile("(?ms)^```terraform test=shop file=(\\S+)\n(.*?)^```").FindAllSubmatch(text, -1)
	for _, b := range blocks {
		name := filepath.Join(dir, filepath.FromSlash(string(b[1])))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, b[2], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	throng := func(args ...string) (int, string) {
		var out bytes.Buffer
		env := System()
		env.Stdout, env.Stderr = &out, &out
		return Main(args, env), out.String()
	}
	if code, out := throng("fmt", "--check", dir); code != ExitPass {
		t.Errorf("fmt: %d\n%s", code, out)
	}
	if code, out := throng("test", "--update", dir); code != ExitPass || !strings.Contains(out, "wrote ") {
		t.Errorf("test --update: %d\n%s", code, out)
	}
	code, out := throng("test", "--verbose", dir)
	if code != ExitPass || strings.Contains(out, "wrote ") || !strings.Contains(out, "6 passed  ") || len(blocks) != 6 {
		t.Errorf("test, %d blocks: %d\n%s", len(blocks), code, out)
	}
}
