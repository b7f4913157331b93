package dsl_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throng/dsl"
)

// libraryTree writes a scenario that brings in so many modules, of some seven
// blocks each: every tenth is brought in by the scenario, and brings in nine
// others. Values, targets, tasks and users go through both levels.
func libraryTree(tb testing.TB, modules int) string {
	tb.Helper()
	dir := tb.TempDir()
	write := func(name string, text *strings.Builder) {
		path := filepath.Join(dir, name, "main.hcl")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	var root strings.Builder
	root.WriteString("target \"api\" { base_url = \"http://127.0.0.1:8000\" }\n")
	root.WriteString("profile \"p\" {\n  users = 1\n  duration = \"1m\"\n}\nsla \"all\" { error_rate = \"1%\" }\n")
	root.WriteString("user \"all\" {\n  get \"/\" {}\n")
	for i := 0; i < modules; i += 10 {
		fmt.Fprintf(&root, "  task \"t%d\" { use = module.m%d.task.browse }\n", i, i)
	}
	root.WriteString("}\n")
	for i := 0; i < modules; i += 10 {
		fmt.Fprintf(&root, "module \"m%d\" {\n  source = \"./m%d\"\n  number = %d\n  targets = { api = target.api }\n}\n", i, i, i)
		fmt.Fprintf(&root, "user \"u%d\" {\n  use = module.m%d.user.buyer\n  get \"/own%d\" { query = { q = module.m%d.total } }\n}\n", i, i, i, i)
		var outer strings.Builder
		library(&outer, i)
		sum := "var.number"
		for j := i + 1; j < min(i+10, modules); j++ {
			fmt.Fprintf(&outer, "module \"m%d\" {\n  source = \"../m%d\"\n  number = var.number + %d\n  targets = { api = target.api }\n}\n", j, j, j)
			sum += fmt.Sprintf(" + module.m%d.total", j)
			var inner strings.Builder
			library(&inner, j)
			inner.WriteString("output \"total\" { value = local.doubled }\n")
			write(fmt.Sprintf("m%d", j), &inner)
		}
		fmt.Fprintf(&outer, "output \"total\" { value = %s }\n", sum)
		write(fmt.Sprintf("m%d", i), &outer)
	}
	write("", &root)
	return dir
}

func library(b *strings.Builder, i int) {
	fmt.Fprintf(b, `variable "number" {
  type = number
  validation {
    condition     = var.number >= 0
    error_message = "number must not be negative."
  }
}
locals { doubled = var.number * 2 }
target "api" {}
user "buyer" {
  abstract = true
  get "/m%[1]d" { query = { n = local.doubled } }
  task "own" { use = task.browse }
}
task "browse" {
  get "/m%[1]d/items/:id" { params = { id = sku(user.index) } }
}
request "create" { tags = ["write"] }
function "sku" {
  params = [n]
  result = "m%[1]d-${n}-${var.number}"
}
sla "read" { p95 = "${var.number + 1}ms" }
`, i)
}

// BenchmarkLibraryTree is `throng validate` on trees of libraries: 300 modules
// hold some 2,900 blocks and take well below a second, and time grows with
// their number.
func BenchmarkLibraryTree(b *testing.B) {
	for _, modules := range []int{30, 300, 1000} {
		b.Run(fmt.Sprint(modules), func(b *testing.B) {
			dir := libraryTree(b, modules)
			b.ReportAllocs()
			for b.Loop() {
				if r := dsl.Validate(dir, dsl.Options{Tool: "0.1.0"}); r.Diagnostics.HasErrors() {
					b.Fatal(r.Diagnostics.Err())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*modules), "µs/module")
		})
	}
}

// One library with for_each is not read again for each of its instances.
func BenchmarkInstances(b *testing.B) {
	for _, instances := range []int{30, 300, 1000} {
		b.Run(fmt.Sprint(instances), func(b *testing.B) {
			dir := b.TempDir()
			var lib, root strings.Builder
			library(&lib, 0)
			fmt.Fprintf(&root, "target \"api\" { base_url = \"http://127.0.0.1:8000\" }\nmodule \"m\" {\n  source = \"./lib\"\n  for_each = toset([for i in range(%d) : tostring(i)])\n  number = each.key\n  targets = { api = target.api }\n}\n", instances)
			root.WriteString("user \"u\" { use = module.m[\"7\"].user.buyer }\nprofile \"p\" {\n  users = 1\n  duration = \"1m\"\n}\nsla \"all\" { error_rate = \"1%\" }\n")
			for name, text := range map[string]string{"main.hcl": root.String(), "lib/main.hcl": lib.String()} {
				path := filepath.Join(dir, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					b.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			for b.Loop() {
				if r := dsl.Validate(dir, dsl.Options{Tool: "0.1.0"}); r.Diagnostics.HasErrors() {
					b.Fatal(r.Diagnostics.Err())
				}
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*instances), "µs/instance")
		})
	}
}
