package user

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

func TestURL(t *testing.T) {
	var base string
	at := func(s string) plan.Expr {
		return plan.Func(func(*plan.Frame) (plan.Value, error) {
			return plan.StringValue(strings.ReplaceAll(s, "BASE", base)), nil
		})
	}
	go1 := func(s string) *plan.Request {
		return &plan.Request{URL: at(s), Headers: []plan.Pair{{Name: "Authorization", Value: text("t")}}}
	}
	first := &plan.Request{Path: plan.Literal("/v1/items/list?page=1")}
	paged := go1("?page=2")
	paged.Query = []plan.Pair{{Name: "size", Value: text("5")}}
	for _, c := range []struct {
		name     string
		requests []*plan.Request
		want     string // the last one, as the server sees it
		fails    string
	}{
		{"an absolute path", []*plan.Request{first, go1("/v1/items/7?a=b#f")}, "HOST /v1/items/7?a=b auth", ""},
		{"absolute", []*plan.Request{go1("BASE/v1/items/7")}, "HOST /v1/items/7 auth", ""},
		{"only a query: of the last answer", []*plan.Request{first, paged}, "HOST /v1/items/list?page=2&size=5 auth", ""},
		{"a name: beside the last answer", []*plan.Request{first, go1("17")}, "HOST /v1/items/17 auth", ""},
		{"a name without an answer: below the target's base", []*plan.Request{go1("items/17")}, "HOST /v1/items/17 auth", ""},
		{"spaces and umlauts", []*plan.Request{go1(" /ä b ")}, "HOST /%C3%A4%20b auth", ""},
		{"another target: no credentials", []*plan.Request{go1("http://LOCALHOST:PORT/in")}, "localhost:PORT /in none", ""},
		{"a foreign host", []*plan.Request{go1("http://evil.test/x")}, "", "redirect: url leads to http://evil.test, which is no declared target"},
		{"a foreign host without a scheme", []*plan.Request{go1("//evil.test/x")}, "", "redirect: url leads to http://evil.test, which is no declared target"},
		{"no web address", []*plan.Request{go1("mailto:a@b.c")}, "", "redirect: url leads to mailto:, which is no web address"},
		{"a user name", []*plan.Request{go1("http://a:b@HOST/x")}, "", "expression: url has a user name or password in it, which is not sent; an Authorization header can say it"},
		{"empty", []*plan.Request{go1(" ")}, "", "expression: url is empty"},
		{"null", []*plan.Request{{URL: value(plan.NullValue())}}, "", "expression: url is null"},
		{"rubbish", []*plan.Request{go1("http://[::1")}, "", "expression: url is no address"},
	} {
		got, host := "", ""
		fill := func(s string) string {
			_, port, _ := net.SplitHostPort(host)
			return strings.NewReplacer("HOST", host, "PORT", port).Replace(s)
		}
		for _, r := range c.requests {
			if of := r.URL; of != nil {
				r.URL = plan.Func(func(f *plan.Frame) (plan.Value, error) {
					host = f.Plan.Targets[0].Authority()
					base = "http://" + host
					v, err := of.Eval(f)
					if v.Kind() == plan.String {
						v = plan.StringValue(strings.NewReplacer("LOCALHOST:PORT", "localhost:"+strconv.Itoa(f.Plan.Targets[0].Port), "HOST", host).Replace(v.Str()))
					}
					return v, err
				})
			}
		}
		_, s := against(t, func(_ http.ResponseWriter, req *http.Request) {
			auth := "auth"
			if req.Header.Get("Authorization") == "" {
				auth = "none"
			}
			got = req.Host + " " + req.RequestURI + " " + auth
		}, c.requests...)
		if c.fails == "" {
			wantErrors(t, s)
		} else {
			wantErrors(t, s, c.fails)
		}
		if want := fill(c.want); got != want {
			t.Errorf("%s: got %q, want %q", c.name, got, want)
		}
	}
}

// Whoever needs no page keeps none.
func TestNoTrail(t *testing.T) {
	_, u, _, _ := once(&plan.Request{}, ok(200, "Content-Type: text/html"))
	if u.trail != nil {
		t.Error("a user that follows nothing remembers where it was")
	}
}

// What lanes fetch is theirs: after a parallel block the user is where it was
// before, and in it everybody begins there.
func TestTrailInLanes(t *testing.T) {
	var mu sync.Mutex
	got := map[string]int{}
	at := func(path string) *plan.Request {
		return &plan.Request{Method: "GET", Path: plan.Literal(path), KeepsPage: true, Timeout: time.Minute}
	}
	next := func() *plan.Request {
		return &plan.Request{Method: "GET", Path: plan.Literal("/"), URL: text("next"), Timeout: time.Minute}
	}
	first := at("/a/page")
	block := &plan.Parallel{Steps: []plan.Step{
		&plan.Group{Steps: []plan.Step{at("/b/1"), next()}}, &plan.Group{Steps: []plan.Step{at("/c/1"), next()}}, next(),
	}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got[r.URL.Path]++
	}))
	defer server.Close()
	p := testPlan(first)
	host, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	number, _ := strconv.Atoi(port)
	p.Targets = []plan.Target{{Name: "api", Scheme: "http", Host: host, Port: number}}
	p.Classes[0].Tasks[0].Steps = []plan.Step{first, block, next()}
	clock := transport.NewClock()
	factory := http1.New(http1.Config{Clock: clock})
	defer factory.Close()
	rec := record.New(record.Config{Series: 1, Shards: 1})
	u := New(NewEnv(Config{Plan: p, Clock: clock, Factory: factory}), ID{}, rec.Writer(0))
	if f := u.steps(p.Classes[0].Tasks[0].Steps); f != goOn {
		t.Errorf("flow %d", f)
	}
	u.close()
	want := map[string]int{"/a/page": 1, "/b/1": 1, "/b/next": 1, "/c/1": 1, "/c/next": 1, "/a/next": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzURL(f *testing.F) {
	for _, s := range []string{"/y", "//evil", "http://api.test/a b", "?x=\x7f", "..//..", "http://user:pw@api.test/", "\\\\x", "/%zz", "https://auth.test", "HTTP://API.TEST:80/#x", "http://[::1]:8080/x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		s, _, _, snap := once(&plan.Request{URL: text(address), Query: []plan.Pair{{Name: "q", Value: text("v")}}}, ok(200))
		if snap.Total[0].Count() != 1 {
			t.Fatal("not one sample")
		}
		for _, sent := range s.sent {
			first, _, _ := strings.Cut(sent, "\n")
			if strings.Count(first, " ") != 3 || !strings.HasSuffix(first, "q=v") || !(strings.HasPrefix(first, "GET http://api.test:80 ") || strings.HasPrefix(first, "GET https://auth.test:443 ") || strings.HasPrefix(first, "GET http://[::1]:8080 ")) {
				t.Fatalf("sent %q", first)
			}
			for _, b := range []byte(first) {
				if b < ' ' || b >= 0x7f {
					t.Fatalf("sent %q", first)
				}
			}
		}
	})
}
