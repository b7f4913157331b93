package compile

import (
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/tools/txtar"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// FuzzCompile compiles any text: diagnostics or a plan, never a panic, and in
// bounded time. The archives of the language's tests are its seeds.
func FuzzCompile(f *testing.F) {
	for _, folder := range []string{"good", "bad"} {
		names, err := filepath.Glob(filepath.Join("..", "testdata", folder, "*.txtar"))
		if err != nil || len(names) == 0 {
			f.Fatalf("no seeds: %v", err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			src := []byte("target \"api\" { base_url = \"http://a\" }\n")
			for _, file := range txtar.Parse(text).Files {
				if filepath.Ext(file.Name) == ".hcl" && filepath.Dir(file.Name) == "." {
					src = append(src, file.Data...)
				}
			}
			f.Add(src)
		}
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		start := time.Now()
		p, diags := compileText(src)
		if took := time.Since(start); took > time.Minute {
			t.Errorf("it took %s", took)
		}
		if (p == nil) != diags.HasErrors() {
			t.Errorf("a plan and errors at once, or neither: %v", diags.Err())
		}
		for _, d := range diags {
			if _, known := diag.Lookup(d.Code); !known || d.Detail == "" {
				t.Errorf("a finding without code or words: %+v", d)
			}
		}
		if p != nil {
			if err := plan.Dump(io.Discard, p); err != nil {
				t.Error(err)
			}
		}
	})
}

// compileText compiles one text that stands for a whole scenario.
func compileText(src []byte) (*plan.Plan, diag.Diagnostics) {
	return compileWith(src, Options{Seed: 1})
}

func compileWith(src []byte, o Options) (*plan.Plan, diag.Diagnostics) {
	scope, diags := scopeOf(src)
	if scope == nil {
		return nil, diags
	}
	p, more := Compile(scope, o)
	diags.Extend(more)
	if diags.HasErrors() {
		p = nil
	}
	return p, diags
}

// scopeOf reads a text and checks its names; nil where it cannot be read.
func scopeOf(src []byte) (*resolve.Scope, diag.Diagnostics) {
	cfg, diags := config.Parse(src, "main.hcl")
	if cfg.Broken {
		return nil, diags
	}
	tree := &module.Tree{Config: cfg, Files: fstest.MapFS{
		"accounts.csv": {Data: []byte("email,password\na@example.com,secret\n")},
		"rows.json":    {Data: []byte(differentialRows)},
	}}
	scope, more := resolve.Build(tree)
	diags.Extend(more)
	diags.Extend(resolve.Check(scope))
	return scope, diags
}
