package user

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
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

// against does requests in order, as one user and over real sockets, against
// a server. other is a second declared target, at the same server by another
// name.
func against(t *testing.T, handler http.HandlerFunc, requests ...*plan.Request) (*User, *record.Snapshot) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	host, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	number, _ := strconv.Atoi(port)
	p := testPlan(requests[0])
	p.Targets = []plan.Target{
		{Name: "api", Scheme: "http", Host: host, Port: number, BasePath: "/v1"},
		{Name: "other", Scheme: "http", Host: "localhost", Port: number},
	}
	p.Classes[0].Tasks[0].Steps = nil
	for _, r := range requests {
		if r.Path == nil {
			r.Path = plan.Literal("/x")
		}
		if r.Method == "" {
			r.Method = "GET"
		}
		r.Timeout = time.Minute
		r.Redirects = 5
		p.Classes[0].Tasks[0].Steps = append(p.Classes[0].Tasks[0].Steps, r)
	}
	clock := transport.NewClock()
	factory := http1.New(http1.Config{Clock: clock})
	env := NewEnv(Config{Plan: p, Clock: clock, Factory: factory})
	rec := record.New(record.Config{Series: 1, Rows: []int{0}, Shards: 1})
	u := New(env, ID{}, rec.Writer(0))
	for _, r := range requests {
		u.request(r)
	}
	u.close()
	factory.Close()
	server.Close() // what its handlers noted is there now
	return u, rec.Snapshot(time.Second, true)
}

// wantErrors holds the failures of a run against their texts.
func wantErrors(t *testing.T, s *record.Snapshot, want ...string) {
	t.Helper()
	var got []string
	for _, e := range s.Errors {
		got = append(got, e.Class.String()+": "+e.Detail)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

func value(v plan.Value) plan.Expr { return plan.Const{Value: v} }

// What a server parses of a multipart body is what the parts say, to the byte.
func TestMultipart(t *testing.T) {
	big := make([]byte, 3<<20)
	rand.NewChaCha8([32]byte{1}).Read(big)
	small := []byte("\r\n--x\r\n\x00binary")
	list := plan.ListValue([]plan.Value{plan.StringValue("a"), plan.NullValue(), plan.IntValue(2)})
	body := &plan.Body{Kind: plan.BodyMultipart, ContentType: "multipart/form-data", Parts: []plan.BodyPart{
		{Name: "title", Value: text("Zoë & \"co\"\nline two")},
		{Name: "gone", Value: value(plan.NullValue())},
		{Name: "many", Value: value(list)},
		{Name: "photo", Bytes: big, Filename: plan.Literal("a \"b\".jpg"), ContentType: "image/jpeg"},
		{Name: "weird\"name", Value: text(""), ContentType: "application/json"},
		{Name: "empty", Bytes: []byte{}, Filename: plan.Literal("e.bin"), ContentType: "application/octet-stream"},
		{Name: "small", Bytes: small, Filename: plan.Literal("s.bin"), ContentType: "application/octet-stream"},
	}}
	want := []string{
		`form-data; name="title" ||` + "Zoë & \"co\"\nline two",
		`form-data; name="many" ||a`,
		`form-data; name="many" ||2`,
		`form-data; name="photo"; filename="a %22b%22.jpg" |image/jpeg|` + string(big),
		`form-data; name="weird%22name" |application/json|`,
		`form-data; name="empty"; filename="e.bin" |application/octet-stream|`,
		`form-data; name="small"; filename="s.bin" |application/octet-stream|` + string(small),
	}
	for _, c := range []struct{ own, kind string }{
		{"", "multipart/form-data"},
		{"application/json", "multipart/form-data"},
		{"Multipart/Related; boundary=mine", "multipart/related"},
		{"multipart/x\r\nEvil: 1", "multipart/form-data"},
	} {
		r := &plan.Request{Method: "POST", Body: body}
		if c.own != "" {
			r.Headers = []plan.Pair{{Name: "content-type", Value: text(c.own)}}
		}
		var got []string
		u, s := against(t, func(w http.ResponseWriter, req *http.Request) {
			kind, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
			if kind != c.kind || err != nil || len(req.Header.Values("Content-Type")) != 1 || req.Header.Get("Evil") != "" {
				t.Errorf("%s: headers %v", c.own, req.Header)
			}
			if req.ContentLength <= int64(len(big)) || req.TransferEncoding != nil {
				t.Errorf("Content-Length %d, encoding %v", req.ContentLength, req.TransferEncoding)
			}
			for m := multipart.NewReader(req.Body, params["boundary"]); ; {
				p, err := m.NextRawPart()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Error(err)
					return
				}
				content, _ := io.ReadAll(p)
				got = append(got, fmt.Sprintf("%s |%s|%s", p.Header.Get("Content-Disposition"), p.Header.Get("Content-Type"), content))
			}
			if rest, err := io.ReadAll(req.Body); len(rest) != 0 || err != nil {
				t.Errorf("%d bytes after the end, %v", len(rest), err)
			}
		}, r)
		wantErrors(t, s)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the server read\n%.2000s", c.own, diff)
		}
		if cap(u.env.benches.Get().(*bench).body) > 64<<10 {
			t.Error("a file was copied")
		}
	}
}

func TestPartsThatCannotBeSent(t *testing.T) {
	r := &plan.Request{Method: "POST", Body: &plan.Body{Kind: plan.BodyMultipart, Parts: []plan.BodyPart{{Name: "o", Value: value(plan.ObjectValue(nil))}}}}
	_, s := against(t, func(http.ResponseWriter, *http.Request) { t.Error("something was sent") }, r)
	wantErrors(t, s, "expression: part o: an object cannot be written into text")

	p := testPlan(r)
	bound := drawBoundaries(p)[r]
	if len(bound) < 32 {
		t.Fatalf("boundary %q", bound)
	}
	r.Body.Parts = []plan.BodyPart{{Name: "o", Value: text("--" + bound + "--")}}
	_, _, _, s = once(r, ok(200))
	wantErrors(t, s, "expression: part o holds the text that keeps this request's parts apart")

	r.Body.Parts = append(r.Body.Parts, plan.BodyPart{Name: "f", Bytes: []byte("x" + bound), Filename: plan.Literal("f")})
	if again := drawBoundaries(p)[r]; again == bound {
		t.Error("the boundary stands in a file")
	}
}

// A body of bytes goes out as it is, whatever its size, and is not copied.
func TestBytesBody(t *testing.T) {
	for _, n := range []int{0, 1, 16 << 10, 16<<10 + 1, 20 << 20} {
		content := make([]byte, n)
		rand.NewChaCha8([32]byte{2}).Read(content)
		u, s := against(t, func(_ http.ResponseWriter, req *http.Request) {
			got, err := io.ReadAll(req.Body)
			if err != nil || !bytes.Equal(got, content) || req.ContentLength != int64(n) || req.Header.Get("Content-Type") != "image/png" {
				t.Errorf("%d bytes: got %d, %v, Content-Length %d, %v", n, len(got), err, req.ContentLength, req.Header)
			}
		}, &plan.Request{Method: "PUT", Body: &plan.Body{Kind: plan.BodyBytes, ContentType: "image/png", Bytes: content, File: "a.png"}})
		wantErrors(t, s)
		if b := u.env.benches.Get().(*bench); cap(b.body) > 1024 {
			t.Errorf("%d bytes: the body was copied", n)
		}
	}
}

// A body that is sent again after a redirect is whole.
func TestPartsAreSentAgain(t *testing.T) {
	n := 0
	r := &plan.Request{Method: "POST", Body: &plan.Body{Kind: plan.BodyMultipart, ContentType: "multipart/form-data",
		Parts: []plan.BodyPart{{Name: "f", Bytes: make([]byte, 100_000), Filename: plan.Literal("f"), ContentType: "a/b"}}}}
	_, s := against(t, func(w http.ResponseWriter, req *http.Request) {
		n++
		f, _, err := req.FormFile("f")
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := io.ReadAll(f); len(got) != 100_000 {
			t.Errorf("%d: %d bytes", n, len(got))
		}
		if n == 1 {
			http.Redirect(w, req, "/again", http.StatusTemporaryRedirect)
		}
	}, r)
	if wantErrors(t, s); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// What people see of a failed request with parts: names and sizes, no secret.
func TestBodiesInExamples(t *testing.T) {
	for _, c := range []struct {
		name string
		r    plan.Request
		want string
	}{
		{"bytes", plan.Request{Body: &plan.Body{Kind: plan.BodyBytes, Bytes: make([]byte, 5000), File: "a.png"}}, "(5000 bytes of a.png)"},
		{"generated", plan.Request{Body: &plan.Body{Kind: plan.BodyBytes, Bytes: make([]byte, 7)}}, "(7 bytes)"},
		{"parts", plan.Request{Body: &plan.Body{Kind: plan.BodyMultipart, ContentType: "multipart/form-data", Parts: []plan.BodyPart{
			{Name: "title", Value: text("hello hunter22")}, {Name: "pin", Value: text("1234"), Secret: true},
			{Name: "f", Bytes: make([]byte, 9), Filename: plan.Literal("f.bin")},
			{Name: "g", Bytes: make([]byte, 9), Filename: plan.Literal("secret name"), Secret: true}}}},
			"part title: hello (secret)\npart pin: (secret)\npart f: (9 bytes of f.bin)\npart g: (9 bytes of (secret))\n"},
	} {
		c.r.Method = "POST"
		_, _, _, snap := once(&c.r, ok(500))
		if _, body, _ := strings.Cut(snap.Errors[0].Sent, "\n\n"); body != c.want {
			t.Errorf("%s: %q", c.name, body)
		}
	}
}

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

const loginPage = `<!doctype html><title>x</title><base href="/v1/auth/">
<form id=search action="/search"><input name=q></form>
<form id=login method=post action="in?next=%2Fhome">
  <input type=hidden name=csrf value="a&amp;b c">
  <input name=user value=nobody><input type=password name=pw>
  <input type=checkbox name=remember value=yes><input type=radio name=r value=1><input type=radio name=r value=2 checked>
  <select name=lang><option>en<option selected value=de>German</select>
  <textarea name=note>
one
two</textarea>
  <input name=off value=1 disabled><button name=go value=now>Go</button>
</form>`

func TestSubmit(t *testing.T) {
	page := &plan.Request{KeepsPage: true, Path: plan.Literal("/start")}
	submit := func(form string, fields ...plan.Pair) *plan.Request {
		r := &plan.Request{Method: "POST", Path: plan.Literal("/v1/auth/in"), Submit: &plan.Submit{Fields: fields}}
		if form != "" {
			r.Submit.Form = text(form)
		}
		return r
	}
	get := submit("#search", plan.Pair{Name: "q", Value: text("ä b")})
	get.Method, get.Path = "GET", plan.Literal("/search")
	wrong := submit("#login")
	wrong.Path = plan.Literal("/v1/auth/out")
	pair := func(name string, v plan.Value) plan.Pair { return plan.Pair{Name: name, Value: value(v)} }
	for _, c := range []struct {
		name  string
		r     *plan.Request
		want  string
		fails string
	}{
		{"as it stands", submit("#login"),
			"POST /v1/auth/in?next=%2Fhome csrf=a%26b+c&user=nobody&pw=&r=2&lang=de&note=one%0D%0Atwo", ""},
		{"filled in", submit("input[name=csrf]", pair("user", plan.StringValue("eve")), pair("remember", plan.BoolValue(true)), pair("r", plan.IntValue(1)),
			pair("lang", plan.NullValue()), pair("note", plan.ListValue([]plan.Value{plan.StringValue("a"), plan.StringValue("b")})), pair("go", plan.BoolValue(true)), pair("off", plan.StringValue("on"))),
			"POST /v1/auth/in?next=%2Fhome csrf=a%26b+c&user=eve&pw=&remember=yes&r=1&note=a&note=b&off=on&go=now", ""},
		{"get", get, "GET /search?q=%C3%A4+b ", ""},
		{"an unknown field", submit("#login", pair("email", plan.StringValue("x"))), "",
			`expression: the form has no field "email"; it has csrf, user, pw, remember, r, lang, note, off, go`},
		{"which form", submit(""), "", "expression: the page has 2 forms, so say which one with form = …: form#search, form#login (the page is /login)"},
		{"no such form", submit("form.otp"), "", `expression: no form of the page is found by "form.otp"; it has form#search, form#login (the page is /login)`},
		{"both", submit("form"), "", `expression: "form" finds 2 forms, not one: form#search, form#login (the page is /login)`},
		{"not a selector", submit("form["), "", `expression: "form[" is no CSS selector: expected identifier, found EOF instead (the page is /login)`},
		{"another method", submit("#search"), "", "expression: the form is sent with GET, this request says POST"},
		{"another route", wrong, "", `expression: the form leads to "/v1/auth/in", not to /v1/auth/out`},
	} {
		got := ""
		u, s := against(t, func(w http.ResponseWriter, req *http.Request) {
			switch req.URL.Path {
			case "/start":
				http.Redirect(w, req, "/login", http.StatusFound)
			case "/login":
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				_, _ = io.WriteString(w, loginPage)
			case "/json":
				w.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(w, "{}")
			default:
				body, _ := io.ReadAll(req.Body)
				got = req.Method + " " + req.RequestURI + " " + string(body)
				if req.Method == "POST" && req.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
					t.Errorf("%s: %v", c.name, req.Header)
				}
			}
		}, page, &plan.Request{KeepsPage: true, Path: plan.Literal("/json")}, c.r)
		if c.fails == "" {
			wantErrors(t, s)
		} else {
			wantErrors(t, s, c.fails)
		}
		if got != c.want {
			t.Errorf("%s: got\n%s, want\n%s", c.name, got, c.want)
		}
		u.renew()
		if u.trail != nil {
			t.Error("another user has this one's page")
		}
	}
}

func TestSubmitElsewhere(t *testing.T) {
	for _, c := range []struct{ html, fails string }{
		{`<form method=post action="http://evil.test/x">`, "redirect: the form leads to http://evil.test, which is no declared target"},
		{`<form method=post action="http://[">`, `expression: the form's action "http://[" is no address (the page is /x)`},
		{`<form method=post action="/x" enctype=text/plain>`, "expression: the form is sent as text/plain, which throng does not do"},
		{`<form method=dialog action="/x">`, "expression: the form is sent with DIALOG, this request says POST"},
		{`<p>no form`, "expression: the page has no form (the page is /x)"},
		{strings.Repeat("x", 300<<10) + `<form>`, "expression: the page has no form (in its first 262144 bytes; the rest of a page is not kept)"},
		{`<form method=get>` + strings.Repeat("x", 300<<10), "expression: the form is sent with GET, this request says POST"},
		{strings.Repeat("<b>", 60_000) + "<form>", "expression: the page has more than 50,000 elements and texts (the page is /x)"},
	} {
		_, s := against(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, c.html)
		}, &plan.Request{KeepsPage: true}, &plan.Request{Method: "POST", Submit: &plan.Submit{}})
		wantErrors(t, s, c.fails)
	}
	_, s := against(t, func(http.ResponseWriter, *http.Request) {}, &plan.Request{Method: "POST", Submit: &plan.Submit{}})
	wantErrors(t, s, "expression: there is no form to submit: this user has been given no HTML page yet")
}

// A form that sends parts is parsed by a server as it was filled in.
func TestSubmitParts(t *testing.T) {
	const page = `<form method=post enctype="multipart/form-data"><input name=a value="1"><input type=file name=f><textarea name=t>x
y</textarea></form>`
	got := url.Values{}
	_, s := against(t, func(w http.ResponseWriter, req *http.Request) {
		if req.Method == "GET" {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, page)
			return
		}
		if err := req.ParseMultipartForm(1 << 20); err != nil {
			t.Error(err)
			return
		}
		got = req.MultipartForm.Value
		if f := req.MultipartForm.File["f"]; len(f) != 0 && (f[0].Filename != "" || f[0].Size != 0) {
			t.Errorf("file %+v", f[0])
		}
	}, &plan.Request{KeepsPage: true}, &plan.Request{Method: "POST", Submit: &plan.Submit{Fields: []plan.Pair{{Name: "a", Value: text("Zoë")}}},
		Headers: []plan.Pair{{Name: "Content-Type", Value: text("application/json")}}})
	wantErrors(t, s)
	want := url.Values{"a": {"Zoë"}, "t": {"x\r\ny"}, "f": {""}} // net/http takes a file without a name for a value
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
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
