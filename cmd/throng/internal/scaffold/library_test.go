package scaffold

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throng/dsl"
	"throng/dsl/library"
	"throng/dsl/module"
)

// A library of any name can be read and has an example that is valid.
func TestLibrary(t *testing.T) {
	for _, name := range []string{"shop", `my "shop"`, "${x}", "1", "über-shop", "NAME IDENT", "-->", "a\nb", ""} {
		files, err := Library(name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		dir := filepath.Join(t.TempDir(), "library")
		if err := WriteTree(dir, files); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		r := library.Read(dir, module.Options{})
		if r.API == nil || r.API.Name != name && name != "" {
			t.Errorf("%q: %+v, %v", name, r.API, r.Diagnostics.Err())
		}
		if err := dsl.Validate(filepath.Join(dir, "examples", "basic"), dsl.Options{Tool: "0.1.0"}).Diagnostics.Err(); err != nil {
			t.Errorf("%q: the example: %v", name, err)
		}
	}
}

func TestWriteTreeRefuses(t *testing.T) {
	files, err := Library("shop")
	if err != nil {
		t.Fatal(err)
	}
	for _, there := range []string{"README.md", ".throngignore", "main.hcl", "other.hcl", "examples/basic/main.hcl"} {
		dir := t.TempDir()
		name := filepath.Join(dir, filepath.FromSlash(there))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := WriteTree(dir, files); err == nil || !strings.Contains(err.Error(), "nothing is ever overwritten") {
			t.Errorf("beside %s: %v", there, err)
		}
		written := 0
		for _, f := range files {
			if text, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(f.Name))); err == nil && string(text) != "mine" {
				written++
			}
		}
		if written > 0 {
			t.Errorf("beside %s %d files were written", there, written)
		}
	}
}
