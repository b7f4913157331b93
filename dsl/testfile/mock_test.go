package testfile_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"throng/dsl/diag"
	"throng/dsl/testfile"
)

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
