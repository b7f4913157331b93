package dsl_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"throng/dsl"
	"throng/dsl/module"
	"throng/dsl/module/cache"
	"throng/dsl/module/lock"
	"throng/dsl/module/tree"
	"throng/dsl/planfile"
)

// installed writes a lock file for a library beside a scenario, and the
// library into a cache.
func installed(t *testing.T, scenario, key, cacheDir string, library fstest.MapFS) {
	t.Helper()
	files, hash, err := tree.Read(library)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cache.At(cacheDir).Put(files, hash); err != nil {
		t.Fatal(err)
	}
	locked := lock.File{Modules: []lock.Module{{Key: key, Version: "v1.0.0", Hash: hash}}}
	write(t, filepath.Join(scenario, lock.Name), string(locked.Bytes()))
}

const callsShop = `
module "shop" {
  source  = "git::https://git.example.com/shop.git//api"
  version = "1.0.0"
}
target "api" { base_url = "http://127.0.0.1:1" }
user "u" { use = module.shop.user.buyer }
profile "p" {
  users    = 1
  duration = "1m"
}
sla "all" { error_rate = "1%" }
`

// A plan file holds all of the fetched modules that the plan is made of, also
// their data and large files: it runs without cache, lock file and scenario.
func TestPlanFileHoldsFetchedModules(t *testing.T) {
	dir := t.TempDir()
	scenario, cacheDir := filepath.Join(dir, "load"), filepath.Join(dir, "cache")
	write(t, filepath.Join(scenario, "main.hcl"), callsShop)
	large := strings.Repeat("x", 3*planfile.MaxText/2)
	installed(t, scenario, "git::https://git.example.com/shop.git", cacheDir, fstest.MapFS{
		"api/main.hcl": {Data: []byte(`
module "common" { source = "../common" }
data "csv" "people" { file = "people.csv" }
user "buyer" {
  post "/login" { json = { name = data.people.name, note = module.common.note } }
  post "/large" { body_file = "large.txt" }
}
`)},
		"api/people.csv":       {Data: []byte("name\nann\nbob\n")},
		"api/large.txt":        {Data: []byte(large)},
		"api/unused.txt":       {Data: []byte("never read")},
		"common/main.hcl":      {Data: []byte("output \"note\" { value = file(\"deep/note.txt\") }\n")},
		"common/deep/note.txt": {Data: []byte("a note")},
	})
	options := dsl.Options{Seed: 3, Tool: "1.0.0", Modules: module.Options{Cache: cacheDir}}
	r, file := dsl.Pack(scenario, options)
	if file == nil {
		t.Fatal(rendered(t, r))
	}
	if slices.ContainsFunc(file.Files, func(e planfile.Entry) bool { return !e.Stored }) {
		t.Errorf("not all is stored: %+v", file.Files)
	}
	if len(file.Modules) != 1 || file.Modules[0].Name != "git::https://git.example.com/shop.git@v1.0.0" {
		t.Errorf("modules: %+v", file.Modules)
	}
	data, err := planfile.Encode(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("never read")) {
		t.Error("a file that was not read is stored")
	}
	name := filepath.Join(dir, "p.plan")
	write(t, name, string(data))
	for _, gone := range []string{scenario, cacheDir} {
		if err := os.RemoveAll(gone); err != nil {
			t.Fatal(err)
		}
	}
	back := dsl.Unpack(name, dsl.Options{Tool: "1.0.0"}, false)
	if back.Plan == nil {
		t.Fatal(rendered(t, back))
	}
	if got, want := dumped(t, back.Plan), dumped(t, r.Plan); got != want {
		t.Errorf("another plan:\n%s\nwant:\n%s", got, want)
	}
}

// What holds a sensitive value is in no plan file; of a fetched module it is
// found where modules are, and only if the module is what it was.
func TestSensitiveTextsOfFetchedModules(t *testing.T) {
	dir := t.TempDir()
	scenario, cacheDir := filepath.Join(dir, "load"), filepath.Join(dir, "cache")
	write(t, filepath.Join(scenario, "main.hcl"), callsShop)
	installed(t, scenario, "git::https://git.example.com/shop.git", cacheDir, fstest.MapFS{
		"api/main.hcl": {Data: []byte(`
variable "key" {
  sensitive = true
  default   = "canary-of-the-library"
}
user "buyer" {
  post "/login" { json = { key = var.key } }
}
`)},
	})
	modules := module.Options{Cache: cacheDir}
	r, file := dsl.Pack(scenario, dsl.Options{Seed: 3, Tool: "1.0.0", Modules: modules})
	if file == nil {
		t.Fatal(rendered(t, r))
	}
	data, err := planfile.Encode(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("canary-of-the-library")) {
		t.Error("the plan file holds the secret")
	}
	name := filepath.Join(dir, "p.plan")
	write(t, name, string(data))
	back := dsl.Unpack(name, dsl.Options{Tool: "1.0.0", Modules: modules}, false)
	if back.Plan == nil || dumped(t, back.Plan) != dumped(t, r.Plan) {
		t.Errorf("with the cache: %s", rendered(t, back))
	}
	back = dsl.Unpack(name, dsl.Options{Tool: "1.0.0"}, false)
	if back.Plan != nil || back.Diagnostics[0].Code != "module-not-installed" {
		t.Errorf("without the cache: %s", rendered(t, back))
	}
	inside := filepath.Join(cache.At(cacheDir).Path(file.Modules[0].Hash), "api", "main.hcl")
	if err := os.Chmod(inside, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, inside, "user \"buyer\" {\n  get \"/\" {}\n}\n")
	back = dsl.Unpack(name, dsl.Options{Tool: "1.0.0", Modules: modules}, false)
	if back.Plan != nil || back.Diagnostics[0].Code != "module-changed" {
		t.Errorf("with a changed cache: %s", rendered(t, back))
	}
}
