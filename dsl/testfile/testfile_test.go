package testfile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/schema"
	"throng/dsl/testfile"
)

// parse reads a text that has no mistakes.
func parse(t *testing.T, name, src string) *testfile.File {
	t.Helper()
	f, found := testfile.Parse([]byte(src), name)
	if len(found) > 0 {
		t.Fatal(rendered(t, found, f))
	}
	return f
}

const shop = `
variables {
  size = 5
  name = upper("ann")
}
mock "api" {
  route "POST /login" {
    status  = 201
    headers = { X-Count = request.count, Gone = null }
    json    = { token = "t-${request.count}", of = request.json.email, size = var.size }
  }
  route "GET /items/:id" {
    times   = 2
    share   = "25%"
    latency = "20ms"
    body    = "${request.method} ${request.path} ${request.params.id} ${try(request.query.page, "first")} ${request.headers["x-a"]}"
  }
  route "/any/*rest" { fault = "reset" }
  route "GET /half" {
    fault   = "truncate"
    headers = { content-type = "text/json" }
    json    = [1, "<", null]
  }
  route "/" {}
}
mock "other" {
  route "/" { body = var.name }
}
run "plain" {
  targets = { api = mock.api, old = mock.other }
}
run "all of it" {
  command  = "run"
  profile  = "smoke"
  seed     = 18446744073709551615
  users    = 2
  duration = "2s"
  timeout  = "30s"
  snapshot = "all.snap"
  mask     = ["sent_at"]
  targets  = { api = mock.api }
  variables {
    size = 7
    more = [1, { a = 2 }]
  }
  assert {
    condition = run.plain.plan.seed == 1 && length(requests) > 0 && result.ok
  }
}
run "fails" {
  expect_errors = ["cycle", "unknown-name", "cycle"]
}
`

func TestDecode(t *testing.T) {
	f := parse(t, "lib/shop.throngtest.hcl", shop)
	if len(f.Runs) != 3 {
		t.Fatalf("%d runs", len(f.Runs))
	}
	plain, all, fails := &f.Runs[0], &f.Runs[1], &f.Runs[2]

	same(t, "defaults", plain.Command, testfile.Plan)
	same(t, "seed", plain.Seed, uint64(1))
	same(t, "timeout", plain.Timeout, time.Minute)
	same(t, "scenario", plain.Scenario, "lib")
	same(t, "targets", plain.Targets, map[string]string{"api": "api", "old": "other"})
	same(t, "site", plain.Site, testfile.Site{File: "lib/shop.throngtest.hcl", Line: 29})
	same(t, "needs nothing", len(plain.Needs()), 0)

	same(t, "command", all.Command, testfile.Load)
	same(t, "profile", all.Profile, "smoke")
	same(t, "seed", all.Seed, uint64(18446744073709551615))
	same(t, "users", all.Users, 2)
	same(t, "duration", all.Duration, 2*time.Second)
	same(t, "timeout", all.Timeout, 30*time.Second)
	same(t, "snapshot", all.Snapshot, filepath.Join("lib", "all.snap"))
	same(t, "mask", all.Mask, []string{"sent_at"})
	same(t, "needs", all.Needs(), []string{"plain"})
	same(t, "expected", fails.Expect, []string{"cycle", "unknown-name"})

	for _, c := range []struct {
		run  *testfile.Run
		want []bool
	}{{plain, []bool{true, false, false}}, {all, []bool{true, true, true}}} {
		for i, command := range []testfile.Command{testfile.Plan, testfile.Render, testfile.Load} {
			same(t, fmt.Sprintf("%s wants %s", c.run.Name, command), c.run.Wants(command), c.want[i])
		}
	}
}

// TestInputs gives a test's variables to the compiler, as its own options do.
func TestInputs(t *testing.T) {
	f := parse(t, "lib/shop.throngtest.hcl", shop)
	same(t, "file", names(f.Runs[0].Inputs), []string{"name", "size"})
	same(t, "run", names(f.Runs[1].Inputs), []string{"more", "name", "size"})
	same(t, "origin", f.Runs[1].Inputs["size"].Origin, "lib/shop.throngtest.hcl:43")
	same(t, "origin beneath", f.Runs[1].Inputs["name"].Origin, "lib/shop.throngtest.hcl:4")

	dir := t.TempDir()
	scenario := `
variable "size" { type = number }
variable "more" { type = any }
variable "name" { type = string }
target "api" { base_url = "http://127.0.0.1:8000" }
user "u" {
  get "/" { query = { a = "${var.name}-${var.size}-${var.more[1].a}" } }
}
profile "p" {
  users    = 1
  duration = "1m"
}
sla "all" { error_rate = "1%" }
`
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(scenario), 0o600); err != nil {
		t.Fatal(err)
	}
	r := dsl.Compile(dir, dsl.Options{Inputs: f.Runs[1].Inputs})
	if r.Plan == nil {
		t.Fatal(r.Diagnostics.Err())
	}
	var got []string
	for _, v := range r.Plan.Variables {
		got = append(got, v.Name+"="+v.Value)
	}
	same(t, "variables", got, []string{`more=[1,{"a":2}]`, `name="ANN"`, "size=7"})
	missing := dsl.Compile(dir, dsl.Options{Inputs: map[string]dsl.Input{"siz": f.Runs[1].Inputs["size"], "size": f.Runs[1].Inputs["size"], "more": f.Runs[1].Inputs["more"], "name": f.Runs[1].Inputs["name"]}})
	for _, d := range missing.Diagnostics {
		if d.Code == diag.UndeclaredVariable && d.Subject.Start.Line == 43 {
			return
		}
	}
	t.Errorf("no diagnostic points at the test file's line: %v", missing.Diagnostics.Err())
}

func names(inputs map[string]dsl.Input) []string {
	var all []string
	for name := range inputs {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// TestJSONSyntax reads a test file in JSON.
func TestJSONSyntax(t *testing.T) {
	f := parse(t, "t.throngtest.hcl.json", `{
  "variables": {"size": 5},
  "mock": {"api": {"route": {"GET /items/:id": {"json": {"id": "${request.params.id}", "size": "${var.size}"}}}}},
  "run": {"it": {"command": "render", "targets": {"api": "${mock.api}"}, "assert": [{"condition": "${length(requests[\"GET /items/:id\"]) == 2}"}]}}
}`)
	r := &f.Runs[0]
	same(t, "targets", r.Targets, map[string]string{"api": "api"})
	route := r.Mocks()[0].Routes[0]
	same(t, "answer", answer(t, route, testfile.Request{Params: map[string]string{"id": "1"}}), `200 Content-Type=application/json: {"id":"1","size":5}`)
	verdict := r.Check(testfile.Seen{Plan: []byte("{}"), Requests: []byte(`{"GET /items/:id": [{}, {}]}`)}, nil)
	same(t, "passes", []any{len(verdict), verdict[0].Pass}, []any{1, true})
}

func TestDiscover(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{
		"b.throngtest.hcl", "a.throngtest.hcl.json", "main.hcl", ".hidden.throngtest.hcl", "throngtest.hcl",
		"tests/c.throngtest.hcl", "tests/deeper/d.throngtest.hcl", "examples/e.throngtest.hcl",
	} {
		put(t, filepath.Join(dir, name), `run "it" {}`)
	}
	if err := os.Mkdir(filepath.Join(dir, "f.throngtest.hcl"), 0o700); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, path := range testfile.Discover(dir) {
		name, _ := filepath.Rel(dir, path)
		got = append(got, filepath.ToSlash(name))
	}
	same(t, "found", got, []string{"a.throngtest.hcl.json", "b.throngtest.hcl", "tests/c.throngtest.hcl"})
	same(t, "nowhere", len(testfile.Discover(filepath.Join(dir, "nowhere"))), 0)

	f, found := testfile.Read(filepath.Join(dir, "tests", "c.throngtest.hcl"))
	if found.HasErrors() {
		t.Fatal(found.Err())
	}
	same(t, "the folder above", f.Runs[0].Scenario, dir)
	put(t, filepath.Join(dir, "tests", "main.hcl"), "")
	f, _ = testfile.Read(filepath.Join(dir, "tests", "c.throngtest.hcl"))
	same(t, "a scenario in tests", f.Runs[0].Scenario, filepath.Join(dir, "tests"))
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ path, code string }{
		{filepath.Join(dir, "nowhere.throngtest.hcl"), diag.FileNotFound},
		{dir, diag.FileUnreadable},
	} {
		f, found := testfile.Read(c.path)
		if f != nil || len(found) != 1 || found[0].Code != c.code {
			t.Errorf("%s: %v", c.path, found.Err())
		}
	}
	large := filepath.Join(dir, "large.throngtest.hcl")
	put(t, large, strings.Repeat("#\n", 1<<20))
	if f, found := testfile.Read(large); f != nil || found[0].Code != diag.FileUnreadable {
		t.Errorf("a large file: %v", found.Err())
	}
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestProblem(t *testing.T) {
	f := parse(t, "t.throngtest.hcl", "mock \"api\" {\n  route \"/\" {}\n}\nrun \"it\" {\n  targets = { api = mock.api }\n}\n")
	r := &f.Runs[0]
	for argument, line := range map[string]int{"targets": 5, "profile": 4} {
		d := r.Problem(argument, diag.UnknownReference, "There is no %q.", "x")
		same(t, argument, []any{d.Subject.Start.Line, d.Block, d.Detail}, []any{line, `run "it"`, `There is no "x".`})
	}
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", what, diff)
	}
}

// TestExamples reads the examples of the table, each where it stands.
func TestExamples(t *testing.T) {
	const mock = "mock \"api\" {\n  route \"GET /items/:id\" {}\n  route \"POST /login\" {}\n}\n"
	within := map[string]string{
		"variables": "%s\n\nrun \"it\" {}\n",
		"mock":      "%s\n\nrun \"it\" {\n  targets = { api = mock.api }\n}\n",
		"route":     "mock \"api\" {\n%s\n}\n\nrun \"it\" {\n  targets = { api = mock.api }\n}\n",
		"socket":    "mock \"api\" {\n%s\n}\n\nrun \"it\" {\n  targets = { api = mock.api }\n}\n",
		"send":      "mock \"api\" {\n%s\n}\n\nrun \"it\" {\n  targets = { api = mock.api }\n}\n",
		"reply":     "mock \"api\" {\n%s\n}\n\nrun \"it\" {\n  targets = { api = mock.api }\n}\n",
		"run":       mock + "%s\n",
		"assert":    mock + "run \"it\" {\n  command = \"render\"\n  targets = { api = mock.api }\n%s\n}\n",
	}
	seen := map[string]bool{}
	var visit func(b *schema.Block)
	visit = func(b *schema.Block) {
		for _, n := range b.Blocks {
			if seen[n.Type] {
				continue
			}
			seen[n.Type] = true
			src := fmt.Sprintf(within[n.Type], n.Example)
			parse(t, n.Type+".throngtest.hcl", src)
			for _, a := range n.Args {
				if a.Doc == "" || !strings.HasSuffix(a.Doc, ".") {
					t.Errorf("%s in %s has no sentence about it", a.Name, n.Type)
				}
			}
			visit(n.Block)
		}
	}
	visit(schema.TestFile)
	same(t, "blocks", len(seen), len(within))
}

// TestRunsAtOnce serves and judges all runs of a file at the same time; the
// race detector watches.
func TestRunsAtOnce(t *testing.T) {
	f := parse(t, "shop.throngtest.hcl", shop)
	seen := testfile.Seen{Plan: []byte(`{"seed": 1}`), Requests: []byte(`{"GET /": [{}]}`), Result: []byte(`{"ok": true}`)}
	var wg sync.WaitGroup
	for i := range 4 * len(f.Runs) {
		r := &f.Runs[i%len(f.Runs)]
		wg.Go(func() {
			for _, m := range r.Mocks() {
				for _, route := range m.Routes {
					if route.Answer != nil {
						_, _ = route.Answer(testfile.Request{Body: "{}"})
					}
				}
			}
			for _, v := range r.Check(seen, map[string]testfile.Seen{"plain": seen}) {
				if !v.Pass {
					t.Errorf("%s: %s", r.Name, v.Finding.Detail)
				}
			}
		})
	}
	wg.Wait()
}
