package webform

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/andybalholm/cascadia"
)

var from = &url.URL{Scheme: "http", Host: "shop.test", Path: "/a/b", RawQuery: "c=d"}

func sent(t *testing.T, page, selector string) string {
	t.Helper()
	f, err := Read([]byte(page), from, selector)
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	return string(AppendURLEncoded(nil, f.Entries()))
}

// What a form sends when nobody touches it, by the HTML Standard.
func TestEntries(t *testing.T) {
	for _, c := range []struct{ name, page, want string }{
		{"kinds", `<form><input name=a value=1><input type=HIDDEN name=b value=2><input type=email name=c>`, "a=1&b=2&c="},
		{"no name, an empty name", `<form><input value=1><input name="" value=2><input name=a>`, "a="},
		{"buttons", `<form><button name=a value=1></button><input type=submit name=b value=2><input type=image name=c><input type=reset name=d><button type=button name=e>`, ""},
		{"ticks", `<form><input type=checkbox name=a><input type=checkbox name=b checked><input type=radio name=c value=1><input type=radio name=c value=2 checked=checked>`, "b=on&c=2"},
		{"a file", `<form><input type=file name=f value="C:\x">`, "f="},
		{"disabled", `<form><input name=a disabled><fieldset disabled><legend><input name=b><fieldset><input name=c></fieldset></legend><legend><input name=d></legend><input name=e></fieldset><input name=g>`, "b=&c=&g="},
		{"line breaks in a line", "<form><input name=a value='x\ny\rz'><input type=hidden name=b value='x\ny'>", "a=xyz&b=x%0D%0Ay"},
		{"charset", `<form><input type=hidden name=_charset_><input type=color name=c>`, "_charset_=UTF-8&c=%23000000"},
		{"textarea", "<form><textarea name=a>\n x<b>&amp;\n</textarea><textarea name=b></textarea>", "a=+x%3Cb%3E%26%0D%0A&b="},
		{"select: the first", `<form><select name=a><option disabled>x<option> y  z </option><option>w</select>`, "a=y+z"},
		{"select: the last selected", `<form><select name=a><option selected>x<option value="" selected>y<option selected disabled>z</select>`, "a="},
		{"select: several lines, none selected", `<form><select name=a size=3><option>x</select>`, ""},
		{"select: none can be chosen", `<form><select name=a><optgroup disabled><option>x</optgroup></select>`, ""},
		{"select: multiple", `<form><select name=a multiple><option selected>x<optgroup><option selected>y<option>z</select>`, "a=x&a=y"},
		{"select: in groups", `<form><select name=a><optgroup label=l><option value=1>x<optgroup label=m><option value=2 selected>y</select>`, "a=2"},
		{"outside, by id", `<input name=a form=f><form id=f><input name=b><input name=c form=other></form><input name=d>`, "a=&b="},
		{"in a table", `<table><form><tr><td><input name=a></td></tr><tr><td><input name=b></td></tr></form></table><input name=c>`, "a=&b="},
		{"misnested: until its end tag", `<div><form><input name=a></div><input name=b></form><input name=c>`, "a=&b="},
		{"never ended", `<div><form><input name=a></div><p><input name=b>`, "a=&b="},
		{"forms do not nest", `<form><input name=a><form action=/x><input name=b></form><input name=c>`, "a=&b="},
		{"templates are not on the page", `<form><template><form><input name=a></form><input name=b></template><input name=c></form>`, "c="},
		{"nor what scripts write, comments, datalists", `<form><script>document.write("<input name=a>")</script><!-- <input name=b> --><datalist><option>x<input name=c></datalist><textarea name=d><input name=e></textarea>`, "d=%3Cinput+name%3De%3E"},
		{"drawings", `<form><svg><title><input name=a></title><style/></svg><input name=b>`, "a=&b="},
		{"entities and encoding", `<form><input name="a&lt;[]" value="&auml; *-._~">`, "a%3C%5B%5D=%C3%A4+*-._%7E"},
	} {
		if got := sent(t, c.page, ""); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestFind(t *testing.T) {
	const page = `<div id=top><form id=a><input name=x></form></div><form name=b><p class=k><input name=y><p class=k></form><form action="/c?t=1"></form><form></form>`
	for selector, want := range map[string]string{
		"#a": "x=", "form[name=b]": "y=", ".k": "y=", "[name=y]": "y=", "form:has([name=x])": "x=", "#a, #a input": "x=",
	} {
		if got := sent(t, page, selector); got != want {
			t.Errorf("%s: got %q, want %q", selector, got, want)
		}
	}
	for selector, want := range map[string]string{
		"":      `the page has 4 forms, so say which one with form = …: form#a, form[name="b"], form[action="/c"], form`,
		"#top":  `no form of the page is found by "#top"; it has form#a, form[name="b"], form[action="/c"], form`,
		"input": `"input" finds 2 forms, not one: form#a, form[name="b"]`,
		"..":    `".." is no CSS selector: expected identifier, found . instead`,
	} {
		if _, err := Read([]byte(page), from, selector); err == nil || err.Error() != want {
			t.Errorf("%s: %v", selector, err)
		}
	}
}

func TestWhere(t *testing.T) {
	for _, c := range []struct{ page, method, action, encoding string }{
		{`<form>`, "GET", "http://shop.test/a/b?c=d", URLEncoded},
		{`<base href="/z/"><form action=" ">`, "GET", "http://shop.test/a/b?c=d", URLEncoded},
		{`<form method=Post action="x?y#f" enctype="MULTIPART/form-data">`, "POST", "http://shop.test/a/x?y", Multipart},
		{`<base href="/z/"><base href="/no/"><form method=dialog action="x" enctype=text/plain>`, "DIALOG", "http://shop.test/z/x", PlainText},
		{`<base href="http://[">` + `<form method=put action="//cdn.test/x" enctype=odd>`, "GET", "http://cdn.test/x", URLEncoded},
	} {
		f, err := Read([]byte(c.page), from, "")
		if err != nil {
			t.Errorf("%s: %v", c.page, err)
		} else if f.Method != c.method || f.Action.String() != c.action || f.Encoding != c.encoding {
			t.Errorf("%s: %s %s %s", c.page, f.Method, f.Action, f.Encoding)
		}
	}
}

func TestFill(t *testing.T) {
	f, _ := Read([]byte(`<form><input name=a value=1><input type=checkbox name=b value=x><input type=checkbox name=b value=y checked><input name=c><input name=a value=2><button name=go value=1>`), from, "")
	if !f.Check("go", true) || f.Check("a", true) || f.Check("none", true) || f.Has("none") {
		t.Error("what can be checked and pressed")
	}
	f.Set("a", "3", "4")
	f.Check("b", true)
	f.Set("c")
	if got, want := string(AppendURLEncoded(nil, f.Entries())), "a=3&a=4&b=x&go=1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f.Check("b", false)
	if got, want := string(AppendURLEncoded(nil, f.Entries())), "a=3&a=4&go=1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := f.Names(2); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("names %v", got)
	}
}

// hostile are pages that cost a careless reader dearly.
func hostile() map[string]string {
	const size = 256 << 10
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	return map[string]string{
		"deep":             fill("<div>"),
		"forms in depth":   fill("<form><div>"),
		"formatting":       fill("<b><p>"),
		"formatting, ends": fill("<a><b><i></a>"),
		"tables":           "<form>" + fill("<table>"),
		"a huge select":    "<form><select name=a>" + fill("<option>"),
		"selects":          "<form>" + fill("<select name=a>"),
		"groups":           "<form><select name=a>" + fill("<optgroup>"),
		"controls":         "<form>" + fill("<input name=a>"),
		"many names":       "<form>" + fill("<input name=a&#1;&#2;>"),
		"fieldsets":        "<form>" + strings.Repeat("<fieldset disabled>", 200) + fill("<input name=a>"),
		"no legend":        "<form><fieldset disabled>" + fill("<p><input name=a>"),
		"attributes":       "<form><input " + fill("a "),
		"one attribute":    "<form><input name=" + fill("a"),
		"end tags":         "<form>" + strings.Repeat("<div>", 250) + fill("</p>"),
		"ids":              fill("<form id=a></form>"),
		"references":       fill("<input form=a>") + "<form id=a>",
		"a comment":        "<form><!--" + fill("-"),
		"entities":         "<form><textarea name=a>" + fill("&nosuch"),
		"an open tag":      fill("<"),
		"scripts":          fill("<script>"),
		"templates":        "<form>" + fill("<template>"),
	}
}

// What a selector finds is what cascadia, which is slow, finds.
func TestSelector(t *testing.T) {
	const page = `<div class="a b"><p id=x>1<span data-k="v w">2</span><em>3</em></p><p>4</p><ul><li>5<li class=b>6<ul><li>7</ul></ul></div><div><p class=b>8</p><form name="a>b,c d"><input></form></div>`
	p, err := parse([]byte(page))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"*", "p", "div p", "div > p", "p + p", "p ~ ul", "div li li", "div > ul li > ul > li", ".a span, .b", " div\t>\n p.b ", "#x span ~ em", "p+ul>li+li",
		`form[name="a>b,c d"] input`, `[data-k~=w]`, "li:nth-child(2n + 1)", "div:has(form) p", "div:not(.a) > *", `#\78  span`, "p:not(:has(span), #y)", "ul ul, ul > li, form", "html body div", "em + span", "a b c d",
	} {
		s, err := newSelector(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		group, _ := cascadia.ParseGroup(text)
		got, err := s.all(p.doc)
		if want := cascadia.QueryAll(p.doc, group); !slices.Equal(got, want) || err != nil {
			t.Errorf("%q: found %d, want %d", text, len(got), len(want))
		}
	}
	if _, err := newSelector(strings.Repeat("a ", maxLinks+1)); err == nil {
		t.Error("a very long selector")
	}
}

// A page of the largest size that is kept is read in little time and memory,
// however it is made. The limit leaves a slow, shared machine much room.
func TestHostile(t *testing.T) {
	for name, page := range hostile() {
		for _, selector := range []string{"", "div div div div form, form input[name=a]", "* ~ * + *, form:nth-of-type(2)"} {
			begun := time.Now()
			if f, err := Read([]byte(page), from, selector); err == nil {
				f.Names(10)
				AppendURLEncoded(nil, f.Entries())
			} else if len(err.Error()) > 1000 {
				t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
			}
			took := time.Since(begun)
			t.Logf("%s, %q: %v", name, selector, took)
			if took > time.Minute {
				t.Errorf("%s, %q: %v", name, selector, took)
			}
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, page := range hostile() {
		f.Add(page[:min(len(page), 500)], "form")
	}
	f.Add(`<form action="x" method=post><input name=a><select name=b><option>c`, "")
	f.Fuzz(func(t *testing.T, page, selector string) {
		if len(page) > 64<<10 || len(selector) > 100 {
			t.Skip()
		}
		form, err := Read([]byte(page), from, selector)
		if err != nil {
			return
		}
		if !form.Action.IsAbs() || form.Action.Fragment != "" {
			t.Fatalf("action %s", form.Action)
		}
		for _, name := range form.Names(100) {
			if !form.Has(name) {
				t.Fatalf("%q is and is not there", name)
			}
			form.Set(name, "v")
		}
		values, err := url.ParseQuery(string(AppendURLEncoded(nil, form.Entries())))
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range values {
			if len(form.Names(1000)) < 100 && (len(v) != 1 || v[0] != "v") {
				t.Fatalf("%q = %q", name, v)
			}
		}
	})
}
