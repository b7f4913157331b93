package module

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throng/dsl/diag"
)

// Libraries that bring in each other many times over end in one message, long
// before they fill memory.
func TestModulesThatMultiply(t *testing.T) {
	const each = 20 // so that 20 + 20² + 20³ would be read
	dir := t.TempDir()
	for name, calls := range map[string]string{".": "./a", "a": "../b", "b": "../c", "c": ""} {
		var text strings.Builder
		for i := 0; i < each && calls != ""; i++ {
			fmt.Fprintf(&text, "module \"m%d\" {\n  source = %q\n}\n", i, calls)
		}
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name, "main.hcl"), []byte(text.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, diags := Load(dir, Options{})
	if len(diags) != 1 || diags[0].Code != diag.LimitExceeded || diags[0].Subject == nil {
		t.Fatalf("%d findings: %v", len(diags), diags.Err())
	}
	modules := -1 // the scenario itself is none
	tree.Walk(func(*Tree) { modules++ })
	if modules != maxModules || !tree.Broken() {
		t.Errorf("%d modules are read", modules)
	}
}
