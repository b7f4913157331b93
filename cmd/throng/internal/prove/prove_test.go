package prove

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/testfile"
	"throng/runtime/outcome"
	"throng/runtime/transport"
	"throng/runtime/transport/anyhttp"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/http1"
)

const scenario = `
target "api" { base_url = "https://api.example.com" }
user "u" {
  get "/x" {}
}
profile "smoke" {
  users    = 1
  duration = "1s"
}
`

// file is a test file beside the scenario.
func file(t *testing.T, text string) *testfile.File {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(scenario), 0o644); err != nil {
		t.Fatal(err)
	}
	f, diags := testfile.Parse([]byte(text), filepath.Join(dir, "a"+testfile.Suffix))
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	return f
}

// serve reaches mocks over the network, as throng does.
func serve(p *plan.Plan, mocks map[string]netip.AddrPort) (*Network, error) {
	return &Network{
		Factory: func(clock *transport.Clock) transport.Factory {
			return anyhttp.New(http1.Config{Clock: clock, Dialer: dial.New(dial.Config{Clock: clock, Served: mocks, Guard: p.MayDial})})
		},
		Close: func() {},
	}, nil
}

func options() Options {
	return Options{Parallel: 4, Tool: "0.1.0", Serve: serve, ExitCode: func(*outcome.Outcome) int { return 0 }}
}

// prove gives the results of all runs, by name.
func prove(t *testing.T, ctx context.Context, f *testfile.File, o Options) (*Summary, map[string]*Result) {
	t.Helper()
	results := map[string]*Result{}
	var sum *Summary
	done := make(chan struct{})
	go func() {
		defer close(done)
		sum = Run(ctx, []*testfile.File{f}, o, func(r *Result) { results[r.Run.Name] = r })
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Minute):
		t.Fatal("the runs do not end")
	}
	return sum, results
}

// render is a run of a file that sends one request.
func render(name, more string) string {
	return fmt.Sprintf("run %q {\n  command = \"render\"\n  targets = { api = mock.api }\n  %s\n}\n", name, more)
}

const mockAPI = "mock \"api\" {\n  route \"GET /x\" {}\n}\n"

// Exactly as many runs go on at the same time as there may.
func TestParallel(t *testing.T) {
	text := mockAPI
	for i := range 9 {
		text += render(fmt.Sprint("r", i), "")
	}
	const bound = 3
	var mu sync.Mutex
	now, most := 0, 0
	full := make(chan struct{})
	o := options()
	o.Parallel = bound
	o.Serve = func(p *plan.Plan, mocks map[string]netip.AddrPort) (*Network, error) {
		mu.Lock()
		now++
		if most = max(most, now); now == bound && most == bound {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		mu.Unlock()
		<-full // that many are under way, or the test does not end
		n, err := serve(p, mocks)
		n.Close = func() {
			mu.Lock()
			defer mu.Unlock()
			now--
		}
		return n, err
	}
	sum, _ := prove(t, t.Context(), file(t, text), o)
	if !sum.OK() || sum.Counts[Passed] != 9 || sum.Unchecked != 9 || most != bound {
		t.Errorf("%+v, at most %d at a time", sum, most)
	}
}

// A defect ends the run that meets it, and no other; a run that cannot be
// reached neither.
func TestCrash(t *testing.T) {
	text := mockAPI + "mock \"boom\" {\n  route \"GET /x\" {}\n}\nmock \"shut\" {\n  route \"GET /x\" {}\n}\n" + render("fine", "") +
		strings.ReplaceAll(render("crash", ""), "mock.api", "mock.boom") + strings.ReplaceAll(render("shut", ""), "mock.api", "mock.shut")
	o := options()
	o.Serve = func(p *plan.Plan, mocks map[string]netip.AddrPort) (*Network, error) {
		switch {
		case mocks["boom.mock:80"].IsValid():
			panic("out of luck")
		case mocks["shut.mock:80"].IsValid():
			return nil, errors.New("no such network")
		}
		return serve(p, mocks)
	}
	sum, results := prove(t, t.Context(), file(t, text), o)
	if sum.OK() || results["fine"].State != Passed {
		t.Errorf("%+v", sum)
	}
	for name, want := range map[string]string{"crash": "out of luck", "shut": "No such network."} {
		r := results[name]
		if r.State != Errored || len(r.Findings) != 1 || r.Findings[0].Code != diag.Internal || !strings.HasPrefix(r.Findings[0].Detail, want) {
			t.Errorf("%s: %s, %v", name, r.State, r.Findings.Err())
		}
	}
}

// An interrupt cuts what is under way, and skips the rest.
func TestInterrupt(t *testing.T) {
	text := "mock \"api\" {\n  route \"GET /x\" { fault = \"hang\" }\n}\n" + render("first", "") + render("second", "") +
		render("third", "assert { condition = length(run.first.requests[\"GET /x\"]) == 1 }")
	ctx, cancel := context.WithCancel(t.Context())
	o := options()
	o.Parallel = 1
	o.Serve = func(p *plan.Plan, mocks map[string]netip.AddrPort) (*Network, error) {
		cancel()
		return serve(p, mocks)
	}
	sum, results := prove(t, ctx, file(t, text), o)
	if !sum.Interrupted || sum.OK() || sum.Counts[Skipped] != 3 {
		t.Errorf("%+v", sum)
	}
	for name, r := range results {
		if len(r.Notes) == 0 {
			t.Errorf("%s does not say why", name)
		}
	}
}

// A run waits for those it reads, with one place for all; a filter takes them
// along.
func TestNeeds(t *testing.T) {
	reads := func(name string) string {
		return fmt.Sprintf("assert { condition = length(run.%s.requests[\"GET /x\"]) == length(requests[\"GET /x\"]) }", name)
	}
	text := mockAPI + render("a", "") + render("b", reads("a")) + render("c", reads("b")) + render("d", "")
	o := options()
	o.Parallel = 1
	sum, results := prove(t, t.Context(), file(t, text), o)
	if !sum.OK() || len(results) != 4 || !results["c"].Checked || results["a"].Checked {
		t.Errorf("%+v", sum)
	}
	o.Filter = regexp.MustCompile(`throngtest\.hcl/c$`)
	sum, results = prove(t, t.Context(), file(t, text), o)
	if !sum.OK() || len(results) != 3 || sum.Filtered != 1 || results["d"] != nil {
		t.Errorf("%+v", sum)
	}
	o.Filter = regexp.MustCompile("nothing")
	if sum, _ = prove(t, t.Context(), file(t, text), o); sum.OK() || sum.Ran() != 0 {
		t.Errorf("%+v", sum)
	}
}

// A compilation that ends as it must is a pass.
func TestErrorsAsExpected(t *testing.T) {
	f := file(t, mockAPI+"run \"a\" {\n  profile       = \"x\"\n  expect_errors = [\"no-profile\"]\n}\n")
	sum, results := prove(t, t.Context(), f, options())
	if !sum.OK() || !results["a"].Checked {
		t.Errorf("%+v: %v", sum, results["a"].Findings.Err())
	}
}
