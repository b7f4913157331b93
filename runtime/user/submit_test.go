package user

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
)

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
