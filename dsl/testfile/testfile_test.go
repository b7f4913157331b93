package testfile_test

import (
	"errors"
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

func TestMocks(t *testing.T) {
	f := parse(t, "shop.throngtest.hcl", shop)
	plain, all := f.Runs[0].Mocks(), f.Runs[1].Mocks()
	same(t, "mocks of the run", []int{len(plain), len(all), len(f.Mocks)}, []int{2, 1, 2})
	routes := all[0].Routes

	login := routes[0]
	same(t, "method", login.Method+" "+login.Path, "POST /login")
	same(t, "times, share", []float64{float64(login.Times), login.Share}, []float64{0, 1})
	r := testfile.Request{Method: "POST", Path: "/login", Body: `{"email": "a@b"}`, Count: 3}
	same(t, "login", answer(t, login, r), `201 Content-Type=application/json X-Count=3: {"of":"a@b","size":7,"token":"t-3"}`)
	same(t, "the file's variables", answer(t, plain[0].Routes[0], r), `201 Content-Type=application/json X-Count=3: {"of":"a@b","size":5,"token":"t-3"}`)

	item := routes[1]
	same(t, "times, share", []float64{float64(item.Times), item.Share}, []float64{2, 0.25})
	same(t, "latency", item.Latency(), 20*time.Millisecond)
	r = testfile.Request{Method: "GET", Path: "/items/9", Params: map[string]string{"id": "9"}, Headers: map[string]string{"x-a": "b"}}
	same(t, "item", answer(t, item, r), "200: GET /items/9 9 first b")
	r.Query = map[string]string{"page": "2"}
	same(t, "item", answer(t, item, r), "200: GET /items/9 9 2 b")

	same(t, "reset", []any{routes[2].Method, routes[2].Fault, routes[2].Answer == nil}, []any{"", testfile.Reset, true})
	same(t, "truncate", routes[3].Fault, testfile.Truncate)
	same(t, "truncated answer", answer(t, routes[3], testfile.Request{}), `200 content-type=text/json: [1,"<",null]`)
	same(t, "nothing said", answer(t, routes[4], testfile.Request{}), "200: ")
	if routes[4].Latency != nil {
		t.Error("a latency that nobody asked for")
	}
}

func answer(t *testing.T, r testfile.Route, q testfile.Request) string {
	t.Helper()
	a, err := r.Answer(q)
	if err != nil {
		t.Fatal(err)
	}
	out := fmt.Sprint(a.Status)
	var headers []string
	for name, value := range a.Headers {
		headers = append(headers, " "+name+"="+value)
	}
	slices.Sort(headers)
	return out + strings.Join(headers, "") + ": " + string(a.Body)
}

// TestAnswerFails holds what is said when a request is not as a route
// expects.
func TestAnswerFails(t *testing.T) {
	f := parse(t, "t.throngtest.hcl", `
mock "api" {
  route "GET /:id" {
    status  = tonumber(request.params.id)
    headers = { X = request.headers["x"] }
    body    = request.json.name
  }
}
run "it" {
  targets = { api = mock.api }
}
`)
	route := f.Runs[0].Mocks()[0].Routes[0]
	for _, c := range []struct {
		name string
		r    testfile.Request
		want []string
	}{
		{"status", request("99", "a", `{"name": "x"}`), []string{"invalid-status"}},
		{"no number", request("x", "a", `{"name": "x"}`), []string{"function-arguments"}},
		{"header", request("200", "a\nb", `{"name": "x"}`), []string{"invalid-header"}},
		{"no JSON", request("200", "a", `{"name"`), []string{"null-value"}},
		{"two texts", request("200", "a", `{} {}`), []string{"null-value"}},
		{"too deep", request("200", "a", strings.Repeat("[", 5000)+strings.Repeat("]", 5000)), []string{"null-value"}},
		{"no name", request("200", "a", `{"nam": "x"}`), []string{"unknown-attribute"}},
		{"wrong body", request("200", "a", `{"name": [1]}`), []string{"wrong-type"}},
		{"all", testfile.Request{Params: map[string]string{"id": ""}}, []string{"function-arguments", "unknown-attribute", "null-value"}},
	} {
		_, err := route.Answer(c.r)
		var failure *diag.Failure
		if !errors.As(err, &failure) {
			t.Errorf("%s: %v is no *diag.Failure", c.name, err)
			continue
		}
		var got []string
		for _, d := range failure.Diagnostics {
			got = append(got, d.Code)
			same(t, c.name+": block", d.Block, `mock "api", route "GET /:id"`)
		}
		same(t, c.name, got, c.want)
	}
	if _, err := route.Answer(request("200", "a", `{"name": "x"}`)); err != nil {
		t.Error(err)
	}
}

func request(id, header, body string) testfile.Request {
	return testfile.Request{Params: map[string]string{"id": id}, Headers: map[string]string{"x": header}, Body: body}
}

// TestLatency holds that the draws follow from the seed and the route alone.
func TestLatency(t *testing.T) {
	const src = `
variables {
  most = "20ms"
}
mock "api" {
  route "GET /a" { latency = between("5ms", var.most) }
  route "GET /b" { latency = between("5ms", var.most) }
  route "GET /c" { latency = lognormal("5ms", "2ms") }
  route "GET /d" { latency = exponential("5ms") }
  route "GET /e" { latency = normal("5ms", "1ms") }
}
run "one" {
  targets = { api = mock.api }
}
run "two" {
  targets = { api = mock.api }
  seed    = 2
}
run "same" {
  targets = { api = mock.api }
}
`
	f := parse(t, "t.throngtest.hcl", src)
	draw := func(run, route int) []time.Duration {
		latency := f.Runs[run].Mocks()[0].Routes[route].Latency
		var all []time.Duration
		for range 50 {
			all = append(all, latency())
		}
		return all
	}
	for route := range 5 {
		same(t, "the same seed", draw(0, route), draw(2, route))
		if slices.Equal(draw(0, route), draw(1, route)) {
			t.Errorf("route %d: another seed draws the same", route)
		}
		if all := draw(0, route); slices.Max(all) == slices.Min(all) {
			t.Errorf("route %d draws one length only", route)
		}
	}
	if slices.Equal(draw(0, 0), draw(0, 1)) {
		t.Error("two routes draw the same")
	}
	for _, d := range draw(0, 0) {
		if d < 5*time.Millisecond || d > 20*time.Millisecond {
			t.Errorf("%s is not between 5ms and 20ms", d)
		}
	}
}

// TestConcurrent lets many goroutines ask one route; the race detector
// watches.
func TestConcurrent(t *testing.T) {
	f := parse(t, "t.throngtest.hcl", `
mock "api" {
  route "GET /:id" {
    latency = between("5ms", "20ms")
    json    = { ids = request.json.items[*].id, n = length([for x in request.json.items : x]), id = request.params.id }
  }
}
run "it" {
  targets = { api = mock.api }
}
`)
	route := f.Runs[0].Mocks()[0].Routes[0]
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 50 {
				id := fmt.Sprint(worker*1000 + i)
				a, err := route.Answer(testfile.Request{Params: map[string]string{"id": id}, Body: `{"items": [{"id": ` + id + `}]}`})
				want := `{"id":"` + id + `","ids":[` + id + `],"n":1}`
				if err != nil || string(a.Body) != want {
					t.Errorf("%s, %v; want %s", a.Body, err, want)
				}
				a.Headers["X"] = id // the caller's own
				route.Latency()
			}
		})
	}
	wg.Wait()
}

// TestWork holds that an answer that would take forever is an error.
func TestWork(t *testing.T) {
	f := parse(t, "t.throngtest.hcl", `
mock "api" {
  route "GET /" {
    body = join("", [for a in range(length(split("", request.body))) : join("", [for b in range(length(split("", request.body))) : join("", [for c in range(length(split("", request.body))) : request.body])])])
  }
}
run "it" {
  targets = { api = mock.api }
}
`)
	_, err := f.Runs[0].Mocks()[0].Routes[0].Answer(testfile.Request{Body: strings.Repeat("x", 1000)})
	var failure *diag.Failure
	if !errors.As(err, &failure) || failure.Diagnostics[0].Code != diag.LimitExceeded {
		t.Errorf("%v", err)
	}
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

// TestMany reads a file of ten thousand routes and a thousand runs, and
// answers by the last.
func TestMany(t *testing.T) {
	var src strings.Builder
	src.WriteString("mock \"api\" {\n")
	for i := range 10_000 {
		fmt.Fprintf(&src, "route \"GET /r%d/:id\" {\njson = { id = request.params.id, n = %d }\n}\n", i, i)
	}
	src.WriteString("}\n")
	for i := range 1000 {
		fmt.Fprintf(&src, "run \"r%d\" {\ntargets = { api = mock.api }\n}\n", i)
	}
	f := parse(t, "many.throngtest.hcl", src.String())
	routes := f.Runs[999].Mocks()[0].Routes
	same(t, "last", answer(t, routes[9999], testfile.Request{Params: map[string]string{"id": "x"}}), `200 Content-Type=application/json: {"id":"x","n":9999}`)
}

// TestManyRequests judges a run of many requests with large bodies.
func TestManyRequests(t *testing.T) {
	f := parse(t, "t.throngtest.hcl", `
mock "api" {
  route "POST /" {}
}
run "it" {
  command = "run"
  targets = { api = mock.api }
  assert {
    condition = length(requests["POST /"]) == 5000
  }
  assert {
    condition = alltrue([for r in requests["POST /"] : r.json.n >= 0 && r.headers.accept == "*/*"])
  }
  assert {
    condition = length(toset([for r in requests["POST /"] : r.json.n % 10])) == 10
  }
  assert {
    condition = requests["POST /"][0].body == requests["POST /"][1].body
  }
}
`)
	var doc strings.Builder
	doc.WriteString(`{"POST /": [`)
	for i := range 5_000 {
		if i > 0 {
			doc.WriteString(",")
		}
		fmt.Fprintf(&doc, `{"method":"POST","path":"/","params":{},"query":{},"headers":{"accept":"*/*"},"body":"{\"n\": %d, \"pad\": \"%s\"}","count":%d}`, i, strings.Repeat("x", 200), i+1)
	}
	doc.WriteString("]}")
	verdicts := f.Runs[0].Check(testfile.Seen{Plan: []byte("{}"), Requests: []byte(doc.String()), Result: []byte("{}")}, nil)
	var got []bool
	for _, v := range verdicts {
		got = append(got, v.Pass)
		if v.Finding != nil && v.Finding.Code != diag.AssertionFailed {
			t.Error(rendered(t, diag.Diagnostics{v.Finding}, f))
		}
		if v.Finding != nil && len(rendered(t, diag.Diagnostics{v.Finding}, f)) > 4000 {
			t.Error("a finding of more than a screen")
		}
	}
	same(t, "verdicts", got, []bool{true, true, true, false})
}

// TestNothingSeen judges a run that showed nothing, and one whose documents
// are broken.
func TestNothingSeen(t *testing.T) {
	f := parse(t, "t.throngtest.hcl", `
run "before" {
  command = "render"
}
run "it" {
  command = "run"
  assert {
    condition = plan.seed == 1
  }
  assert {
    condition = length(requests) == 0
  }
  assert {
    condition = result.ok
  }
  assert {
    condition = run.before.plan.seed == 1
  }
}
`)
	for _, seen := range []testfile.Seen{{}, {Plan: []byte("{"), Requests: []byte("["), Result: []byte("null")}} {
		for i, v := range f.Runs[1].Check(seen, nil) {
			known := i == 1 && seen.Requests == nil // no requests at all
			if v.Pass != known || !known && v.Finding.Code != diag.NotAvailable {
				t.Errorf("assert %d of %+v: %+v", i, seen, v)
			}
		}
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
