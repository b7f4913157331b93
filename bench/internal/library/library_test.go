package library_test

import (
	"testing"

	"throng/bench/internal/library"
	"throng/dsl"
	"throng/dsl/diag"
)

// BenchmarkValidateLibrary is `throng validate` without its process, of a
// library of 1,000 files.
func BenchmarkValidateLibrary(b *testing.B) {
	dir := b.TempDir()
	if err := library.Write(dir, 1000); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if r := dsl.Validate(dir, dsl.Options{Tool: "0.1.0"}); r.Diagnostics.HasErrors() {
			b.Fatal(r.Diagnostics.Err())
		}
	}
}

// TestLibrary: the library that is measured is valid, and nothing in it is
// idle.
func TestLibrary(t *testing.T) {
	for _, files := range []int{16, 60} {
		dir := t.TempDir()
		if err := library.Write(dir, files); err != nil {
			t.Fatal(err)
		}
		r := dsl.Validate(dir, dsl.Options{Tool: "0.1.0"})
		for _, d := range r.Diagnostics {
			t.Errorf("%d files: %s: %s", files, diag.Summary(d.Code), d.Detail)
		}
		if len(r.Sources) != files {
			t.Errorf("%d files, want %d", len(r.Sources), files)
		}
	}
}
