package user

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// script is a client that answers from a list, and keeps what it was sent.
type script struct {
	clock   *transport.Clock
	answers []transport.Result
	sent    []string
	n       int
}

func (s *script) Client() transport.Client { return s }
func (s *script) Cut()                     {}
func (s *script) Close()                   {}
func (s *script) Do(m *transport.Message, r *transport.Result) {
	if s.sent != nil {
		s.sent = append(s.sent, fmt.Sprintf("%s %s://%s (%s) %s\n%s\n%s", m.Method, m.Route.Scheme, m.Route.Addr, m.Host, m.URI, m.Header, m.Body))
	}
	*r = s.answers[min(s.n, len(s.answers)-1)]
	s.n++
	r.Start = s.clock.Now()
	r.Sent, r.FirstByte, r.End = r.Start, r.Start+1, r.Start+2
	r.BodySize = int64(len(r.Body))
}

func text(s string) plan.Expr { return plan.Const{Value: plan.StringValue(s)} }

func testPlan(r *plan.Request) *plan.Plan {
	return &plan.Plan{
		Seed:  1,
		Sites: make([]plan.Site, 50),
		Targets: []plan.Target{
			{Name: "api", Scheme: "http", Host: "api.test", Port: 80},
			{Name: "auth", Scheme: "https", Host: "auth.test", Port: 443},
			{Name: "v6", Scheme: "http", Host: "::1", Port: 8080},
		},
		Rows:    []plan.Row{{Method: "GET", Name: "/x/:id", Pattern: "/x/:id"}},
		Series:  []plan.Series{{}},
		Classes: []plan.Class{{Name: "u", Slots: []string{"a", "b"}, Tasks: []plan.Task{{Name: "t", Weight: 1, Steps: []plan.Step{r}}}}},
		Secrets: []string{"hunter22", ""},
	}
}

// once makes one request as a user would and returns the script, the user
// and the final snapshot.
func once(r *plan.Request, answers ...transport.Result) (*script, *User, flow, *record.Snapshot) {
	if r.Path == nil {
		r.Path = plan.Literal("/x/1")
	}
	if r.Method == "" {
		r.Method = "GET"
	}
	p := testPlan(r)
	s := &script{clock: transport.NewClock(), answers: answers, sent: []string{}}
	env := NewEnv(Config{Plan: p, Clock: s.clock, Factory: s})
	rec := record.New(record.Config{Series: 1, Rows: []int{0}, Shards: 1})
	u := New(env, ID{}, rec.Writer(0))
	f := u.request(r)
	return s, u, f, rec.Snapshot(time.Second, true)
}

func ok(status int, header ...string) transport.Result {
	h := ""
	for _, l := range header {
		h += l + "\r\n"
	}
	return transport.Result{Status: status, Proto: "HTTP/1.1", Header: []byte(h)}
}

func TestRender(t *testing.T) {
	list := plan.Const{Value: plan.ListValue([]plan.Value{plan.StringValue("a&b"), plan.NullValue(), plan.IntValue(2)})}
	null := plan.Const{Value: plan.NullValue()}
	for _, c := range []struct {
		name string
		r    plan.Request
		want string
	}{
		{"bare", plan.Request{}, "GET http://api.test:80 (api.test) /x/1\n\n"},
		{"an empty path", plan.Request{Path: plan.Literal("")}, "GET http://api.test:80 (api.test) /\n\n"},
		{"an IPv6 target", plan.Request{Target: 2}, "GET http://[::1]:8080 ([::1]:8080) /x/1\n\n"},
		{"query: a list repeats, null is left out", plan.Request{Query: []plan.Pair{{Name: "q[]", Value: list}, {Name: "n", Value: null}, {Name: "s", Value: text("ä ")}}},
			"GET http://api.test:80 (api.test) /x/1?q%5B%5D=a%26b&q%5B%5D=2&s=%C3%A4%20\n\n"},
		{"query after a constant one", plan.Request{Path: plan.Literal("/x?a=1"), Query: []plan.Pair{{Name: "b", Value: text("2")}}},
			"GET http://api.test:80 (api.test) /x?a=1&b=2\n\n"},
		{"headers", plan.Request{Headers: []plan.Pair{{Name: "A", Value: text("1")}, {Name: "N", Value: null}}, Host: text("other")},
			"GET http://api.test:80 (other) /x/1\nA: 1\r\n\n"},
		{"json", plan.Request{Method: "POST", Body: &plan.Body{ContentType: "application/json", Text: plan.Literal(`{"a":1}`)}},
			"POST http://api.test:80 (api.test) /x/1\nContent-Type: application/json\r\n\n{\"a\":1}"},
		{"a content type of one's own", plan.Request{Method: "POST", Headers: []plan.Pair{{Name: "content-type", Value: text("x/y")}},
			Body: &plan.Body{ContentType: "application/json", Text: plan.Literal("1")}},
			"POST http://api.test:80 (api.test) /x/1\ncontent-type: x/y\r\n\n1"},
		{"form", plan.Request{Method: "POST", Body: &plan.Body{Kind: plan.BodyForm, ContentType: "application/x-www-form-urlencoded",
			Form: []plan.Pair{{Name: "a", Value: text("1 2")}, {Name: "n", Value: null}, {Name: "b", Value: list}}}},
			"POST http://api.test:80 (api.test) /x/1\nContent-Type: application/x-www-form-urlencoded\r\n\na=1%202&b=a%26b&b=2"},
	} {
		s, _, f, snap := once(&c.r, ok(200))
		if f != goOn || len(s.sent) != 1 || snap.Total[0].OK != 1 {
			t.Errorf("%s: flow %d, sent %q", c.name, f, s.sent)
		} else if diff := cmp.Diff(c.want, s.sent[0]); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
}

func TestEmptyBodyIsNotNone(t *testing.T) {
	_, u, _, _ := once(&plan.Request{Method: "POST", Body: &plan.Body{Text: plan.Literal("")}}, ok(200))
	if u.message.Body == nil {
		t.Error("an empty body became none")
	}
}

func TestCannotBeRendered(t *testing.T) {
	object := plan.Const{Value: plan.ObjectValue(nil)}
	for name, r := range map[string]*plan.Request{
		"a line break in a header": {Headers: []plan.Pair{{Name: "A", Value: text("1\r\nB: 2")}}},
		"an object in a query":     {Query: []plan.Pair{{Name: "q", Value: object}}},
		"a Host with a space":      {Host: text("a b")},
		"an error": {Query: []plan.Pair{{Name: "q", Value: plan.Func(func(*plan.Frame) (plan.Value, error) {
			return plan.Value{}, errors.New("no")
		})}}},
	} {
		s, u, f, snap := once(r, ok(200))
		if len(s.sent) != 0 || f != goOn || snap.Total[0].ByClass[plan.FailExpression] != 1 || u.Counts.Failed.Load() != 1 {
			t.Errorf("%s: sent %q, flow %d", name, s.sent, f)
		}
	}
}

func TestSuccessRule(t *testing.T) {
	cond := func(v plan.Value, err error) plan.Expr {
		return plan.Func(func(*plan.Frame) (plan.Value, error) { return v, err })
	}
	yes, no := cond(plan.BoolValue(true), nil), cond(plan.BoolValue(false), nil)
	for _, c := range []struct {
		name    string
		status  int
		expects []plan.Expect
		class   plan.ErrorClass
		detail  string
	}{
		{"below 400", 399, nil, plan.OK, ""},
		{"400", 400, nil, plan.FailStatus, "status 400"},
		{"a status replaces that rule", 404, []plan.Expect{{Status: []plan.StatusRange{{Min: 404, Max: 404}}}}, plan.OK, ""},
		{"and refuses others", 200, []plan.Expect{{Status: []plan.StatusRange{{Min: 201, Max: 201}, {Min: 300, Max: 399}}}}, plan.FailStatus, "status 200, expected 201 or 300 to 399"},
		{"a condition adds to it", 500, []plan.Expect{{Condition: yes}}, plan.FailStatus, "status 500"},
		{"a condition that holds", 200, []plan.Expect{{Condition: yes}}, plan.OK, ""},
		{"one that does not", 200, []plan.Expect{{Condition: yes}, {Condition: no, Text: "a == b"}}, plan.FailExpect, "a == b does not hold"},
		{"its message", 200, []plan.Expect{{Condition: no, Message: text("lost\x1b[31m a hunter22")}}, plan.FailExpect, "lost\uFFFD[31m a (secret)"},
		{"null is not true", 200, []plan.Expect{{Condition: cond(plan.NullValue(), nil), Text: "x"}}, plan.FailExpect, "x is null, not true"},
		{"an error", 200, []plan.Expect{{Condition: cond(plan.Value{}, errors.New("bad"))}}, plan.FailExpression, "bad"},
		{"the first names the error", 200, []plan.Expect{{Condition: no, Text: "one"}, {Status: []plan.StatusRange{{Min: 1, Max: 2}}}}, plan.FailExpect, "one does not hold"},
	} {
		_, _, _, snap := once(&plan.Request{Expects: c.expects}, ok(c.status))
		if c.class == plan.OK {
			if snap.Total[0].OK != 1 {
				t.Errorf("%s: %+v", c.name, snap.Errors)
			}
			continue
		}
		if len(snap.Errors) != 1 || snap.Errors[0].Class != c.class || snap.Errors[0].Detail != c.detail {
			t.Errorf("%s: %+v", c.name, snap.Errors)
		}
	}
}

func TestCapture(t *testing.T) {
	body := []byte("token")
	alias := plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.ListValue([]plan.Value{plan.StringValue(unsafe.String(&f.Response.Body[0], len(f.Response.Body)))}), nil
	})
	res := ok(200)
	res.Body = body
	_, u, _, _ := once(&plan.Request{Captures: []plan.Capture{{Slot: 1, Name: "b", Value: alias}}}, res)
	copy(body, "XXXXX")
	if got := u.frame.Slots[1].Items()[0].Str(); got != "token" {
		t.Errorf("the captured value changed with the buffer: %q", got)
	}
	for _, v := range []plan.Value{{}, plan.NullValue()} {
		_, _, _, snap := once(&plan.Request{Captures: []plan.Capture{{Name: "b", Value: plan.Const{Value: v}}}}, ok(200))
		if snap.Total[0].ByClass[plan.FailCapture] != 1 || snap.Errors[0].Detail != "capture b found nothing" {
			t.Errorf("%s: %+v", v.TypeName(), snap.Errors)
		}
	}
}

func TestRedirects(t *testing.T) {
	to := func(status int, location string) transport.Result { return ok(status, "location: "+location) }
	post := func(limit int) plan.Request {
		return plan.Request{Method: "POST", Redirects: limit, Body: &plan.Body{ContentType: "t/t", Text: plan.Literal("b")},
			Headers: []plan.Pair{{Name: "Authorization", Value: text("t")}, {Name: "Cookie", Value: text("c")}, {Name: "A", Value: text("a")}}}
	}
	const rest = "Authorization: t\r\nCookie: c\r\nA: a\r\n"
	for _, c := range []struct {
		name    string
		r       plan.Request
		answers []transport.Result
		last    string // sent last
		class   plan.ErrorClass
		hops    int
	}{
		{"0: the 3xx is the answer", post(0), []transport.Result{to(302, "/y")}, "POST http://api.test:80 (api.test) /x/1\n" + rest + "Content-Type: t/t\r\n\nb", plan.OK, 1},
		{"302 becomes GET", post(5), []transport.Result{to(302, "/y?z=1#f"), ok(200)}, "GET http://api.test:80 (api.test) /y?z=1\n" + rest + "\n", plan.OK, 2},
		{"relative", post(5), []transport.Result{to(301, "2"), to(303, "../w"), ok(200)}, "GET http://api.test:80 (api.test) /w\n" + rest + "\n", plan.OK, 3},
		{"307 keeps all", post(5), []transport.Result{to(307, "http://api.test/y"), ok(200)}, "POST http://api.test:80 (api.test) /y\n" + rest + "Content-Type: t/t\r\n\nb", plan.OK, 2},
		{"HEAD stays", plan.Request{Method: "HEAD", Redirects: 5}, []transport.Result{to(302, "/y"), ok(200)}, "HEAD http://api.test:80 (api.test) /y\n\n", plan.OK, 2},
		{"another target: no credentials", post(5), []transport.Result{to(308, "HTTPS://Auth.test/in"), ok(200)}, "POST https://auth.test:443 (auth.test) /in\nA: a\r\nContent-Type: t/t\r\n\nb", plan.OK, 2},
		{"a foreign host", post(5), []transport.Result{to(302, "http://evil.test/")}, "", plan.FailRedirect, 1},
		{"another port", post(5), []transport.Result{to(302, "http://api.test:81/")}, "", plan.FailRedirect, 1},
		{"another scheme", post(5), []transport.Result{to(302, "ftp://api.test/")}, "", plan.FailRedirect, 1},
		{"beyond the limit", post(2), []transport.Result{to(302, "/y")}, "", plan.FailRedirect, 3},
		{"no Location", post(2), []transport.Result{ok(302)}, "", plan.FailRedirect, 1},
		{"no address", post(2), []transport.Result{to(302, "http://[::1")}, "", plan.FailRedirect, 1},
		{"304 is no redirect", post(2), []transport.Result{ok(304)}, "", plan.OK, 1},
		{"a space and an umlaut in it", post(2), []transport.Result{to(302, "/a b?c=ä d"), ok(200)}, "GET http://api.test:80 (api.test) /a%20b?c=%C3%A4%20d\n" + rest + "\n", plan.OK, 2},
		{"the last answer counts", post(2), []transport.Result{to(302, "/y"), ok(404)}, "", plan.FailStatus, 2},
	} {
		s, u, _, snap := once(&c.r, c.answers...)
		if len(s.sent) != c.hops || c.last != "" && s.sent[len(s.sent)-1] != c.last {
			t.Errorf("%s: sent %q", c.name, s.sent)
		}
		if got := snap.Total[0]; got.Count() != 1 || got.ByClass[c.class] != 1 {
			t.Errorf("%s: %+v", c.name, snap.Errors)
		}
		if u.Counts.Begun.Load() != 1 {
			t.Errorf("%s: begun %d times", c.name, u.Counts.Begun.Load())
		}
	}
}

func TestCookies(t *testing.T) {
	login := &plan.Request{Redirects: 5, Method: "POST", Path: plan.Literal("/auth/login")}
	s, u, _, _ := once(login,
		ok(302, "Location: /home", "Set-Cookie: sid=1; Path=/; HttpOnly", "set-cookie: deep=2", "Set-Cookie: tls=3; Path=/; Secure"),
		ok(200, "Set-Cookie: sid=4; Path=/", "Set-Cookie: evil=1; Domain=other.test", "Set-Cookie: wide=5; Domain=.api.test"),
		ok(200, "Set-Cookie: sid=; Path=/; Max-Age=0"), ok(200))
	get := func(path string, headers ...plan.Pair) {
		u.request(&plan.Request{Method: "GET", Path: plan.Literal(path), Headers: headers})
	}
	get("/auth/me")
	get("/authentic", plan.Pair{Name: "cookie", Value: text("mine=1")})
	get("/auth/me")
	want := []string{
		"POST http://api.test:80 (api.test) /auth/login\n\n",
		"GET http://api.test:80 (api.test) /home\nCookie: sid=1\r\n\n",
		"GET http://api.test:80 (api.test) /auth/me\nCookie: deep=2; sid=4; wide=5\r\n\n",
		"GET http://api.test:80 (api.test) /authentic\ncookie: mine=1\r\n\n",
		"GET http://api.test:80 (api.test) /auth/me\nCookie: deep=2; wide=5\r\n\n",
	}
	if diff := cmp.Diff(want, s.sent); diff != "" {
		t.Error(diff)
	}
	var flood []string
	for i := range 1000 {
		flood = append(flood, fmt.Sprintf("Set-Cookie: c%d=x", i))
	}
	if _, u, _, _ = once(&plan.Request{}, ok(200, flood...)); len(u.jar.list) != maxCookies {
		t.Errorf("%d cookies kept", len(u.jar.list))
	}
}

func TestOnlySecretsAreHidden(t *testing.T) {
	res := ok(500, "Set-Cookie: sid=1", "X: y")
	res.Body = []byte("your hunter22\x00\nand aHVudGVyMjI=")
	r := &plan.Request{Method: "POST", Path: plan.Literal("/x/hunter22"), Query: []plan.Pair{{Name: "k", Value: text("v"), Secret: true}},
		Headers: []plan.Pair{{Name: "authorization", Value: text("Bearer zzz")}, {Name: "X-Mine", Value: text("zzz"), Secret: true}, {Name: "A", Value: text("seen")}},
		Body:    &plan.Body{Text: plan.Literal("pass=hunter22")}}
	_, _, _, snap := once(r, res)
	e := snap.Errors[0]
	if want := "POST /x/(secret)?(secret)\nHost: api.test\nauthorization: (secret)\nX-Mine: (secret)\nA: seen\n\npass=(secret)"; e.Sent != want {
		t.Errorf("sent:\n%s\nwant:\n%s", e.Sent, want)
	}
	if want := "HTTP/1.1 500\nSet-Cookie: (secret)\nX: y\n\nyour (secret)\uFFFD\nand (secret)"; e.Answer != want {
		t.Errorf("answer:\n%s\nwant:\n%s", e.Answer, want)
	}
}

func TestExamplesAreBounded(t *testing.T) {
	r := &plan.Request{Path: plan.Literal("/"), Method: "GET"}
	p := testPlan(r)
	s := &script{clock: transport.NewClock(), answers: []transport.Result{ok(500)}}
	env := NewEnv(Config{Plan: p, Clock: s.clock, Factory: s})
	rec := record.New(record.Config{Series: 1, Shards: 1})
	u := New(env, ID{}, rec.Writer(0))
	for range 5 * maxExamples {
		u.request(r)
	}
	if got := env.series[0].examples.Load(); got != maxExamples {
		t.Errorf("%d examples", got)
	}
}

func TestRequestDoesNotAllocate(t *testing.T) {
	slot := &plan.Slot{Index: 0, Name: "a"}
	r := &plan.Request{Method: "POST", Timeout: time.Second,
		Path:    &plan.Template{Parts: []plan.Part{{Lit: "/x/"}, {Expr: slot, Enc: plan.EncSegment}}},
		Query:   []plan.Pair{{Name: "page", Value: slot}},
		Headers: []plan.Pair{{Name: "Accept", Value: text("application/json")}},
		Body:    &plan.Body{ContentType: "application/json", Text: &plan.Template{Parts: []plan.Part{{Lit: `{"a":`}, {Expr: slot, Enc: plan.EncJSON}, {Lit: "}"}}}},
		Expects: []plan.Expect{{Status: []plan.StatusRange{{Min: 200, Max: 299}}}},
	}
	p := testPlan(r)
	s := &script{clock: transport.NewClock(), answers: []transport.Result{ok(200)}}
	env := NewEnv(Config{Plan: p, Clock: s.clock, Factory: s})
	rec := record.New(record.Config{Series: 1, Shards: 1})
	u := New(env, ID{}, rec.Writer(0))
	u.frame.Slots[0] = plan.IntValue(17)
	u.request(r)
	if n := testing.AllocsPerRun(1000, func() { u.request(r) }); n != 0 {
		t.Errorf("%v allocations a request", n)
	}
}

func FuzzLocation(f *testing.F) {
	for _, s := range []string{"/y", "//evil", "http://api.test/a b", "?x=\x7f", "..//..", "http://user:pw@api.test/", "\\\\x", "/%zz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, location string) {
		if strings.ContainsAny(location, "\r\n") {
			t.Skip()
		}
		s, _, _, snap := once(&plan.Request{Redirects: 1}, ok(302, "Location: "+location), ok(200))
		if snap.Total[0].Count() != 1 {
			t.Fatal("not one sample")
		}
		for _, sent := range s.sent {
			first, _, _ := strings.Cut(sent, "\n")
			if strings.Count(first, " ") != 3 || !(strings.Contains(first, "api.test") || strings.Contains(first, "auth.test") || strings.Contains(first, "[::1]")) {
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

func BenchmarkRequest(b *testing.B) {
	r := &plan.Request{Method: "GET", Path: plan.Literal("/health"), Headers: []plan.Pair{{Name: "Accept", Value: text("application/json")}}}
	p := testPlan(r)
	s := &script{clock: transport.NewClock(), answers: []transport.Result{ok(200)}}
	env := NewEnv(Config{Plan: p, Clock: s.clock, Factory: s})
	rec := record.New(record.Config{Series: 1, Shards: 1})
	u := New(env, ID{}, rec.Writer(0))
	b.ReportAllocs()
	for b.Loop() {
		u.request(r)
	}
}

// Each exchange of a request that was redirected is timed by itself; one that
// was not redirected has none, whatever it answered, and a hop that timed out
// counts as beyond every limit.
func TestHops(t *testing.T) {
	late := transport.Result{Class: plan.FailTimeout}
	for _, c := range []struct {
		what           string
		redirects      int
		answers        []transport.Result
		hops, censored int64
	}{
		{"none", 5, []transport.Result{ok(200)}, 0, 0},
		{"two", 5, []transport.Result{ok(302, "Location: /a"), ok(303, "Location: /b"), ok(404)}, 3, 0},
		{"not followed", 0, []transport.Result{ok(302, "Location: /a")}, 0, 0},
		{"too many", 1, []transport.Result{ok(302, "Location: /a"), ok(302, "Location: /b")}, 1, 0},
		{"the second is late", 5, []transport.Result{ok(302, "Location: /a"), late}, 2, 1},
		{"late at once", 5, []transport.Result{late}, 0, 0},
	} {
		_, _, _, snap := once(&plan.Request{Redirects: c.redirects}, c.answers...)
		view := snap.Total[0].Of(plan.MeasureHop)
		var hops, censored int64
		if view != nil {
			hops, censored = view.Count(), view.Censored
		}
		if hops != c.hops || censored != c.censored {
			t.Errorf("%s: %d hops, %d of them timed out", c.what, hops, censored)
		}
	}
}
