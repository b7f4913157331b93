package dsl_test

import (
	"path/filepath"
	"testing"

	"throng/dsl"
)

// BenchmarkValidate is `throng validate` without its process: a scenario with
// all its profiles.
func BenchmarkValidate(b *testing.B) {
	for _, name := range []string{"quickstart", "orchestrator", "autoarr"} {
		path, err := filepath.Abs(filepath.Join("..", "scenarios", name))
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if r := dsl.Validate(path, dsl.Options{Tool: "0.1.0"}); r.Diagnostics.HasErrors() {
					b.Fatal(r.Diagnostics)
				}
			}
		})
	}
}
