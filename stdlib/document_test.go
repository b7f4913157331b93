package stdlib_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/andybalholm/cascadia"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/net/html"

	"throng/dsl/plan"
	"throng/stdlib"
)

// call evaluates a function with values known only now.
func call(t testing.TB, name string, args ...plan.Value) (plan.Value, error) {
	t.Helper()
	f, ok := stdlib.Lookup(name)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	var c stdlib.Call
	for _, a := range args {
		c.Args = append(c.Args, opaque{a})
	}
	node, err := f.Lower(c)
	if err != nil {
		t.Fatal(err)
	}
	return node.Eval(nil)
}

const page = `<!DOCTYPE html>
<html lang=en><head><meta charset="utf-8"><title>Sign &amp; in</title>
<script>if (a < b) document.write("<input name=csrf value=wrong>")</script></head>
<body class="login">
<p>First<p class="note big">Sec<b>ond</b>
<form id=f action="/login?a=1&amp;b=2" method=post>
  <input type=hidden name=csrf value="x&quot;1"><input name='user'>
  <select name=s><option value=1>One<option value=2 selected>Two</select>
  <textarea name=t>  keep <b> </textarea>
</form>
<ul><li>a<ul><li>a1<li>a2</ul><li>b</ul>
<dl><dt>k<dd>v<dt>k2<dd>v2</dl>
<table><tr><th>Name<td>Ann<tr><td>x<td><table><tr><td>inner</table></table>
<!-- <input name=csrf value=comment> -->
<img src=a.png><br/><a href="/next">next<a href="/last">last</a>
<svg><circle id=c /><rect id=r /></svg><div id=after>after</div>`

func TestCSS(t *testing.T) {
	for _, c := range []struct{ selector, attribute, want string }{
		{"input[name=csrf]", "value", `["x\"1"]`},
		{"INPUT[name=csrf]", "VALUE", `["x\"1"]`},
		{"title", "", `["Sign & in"]`},
		{"body > p", "", `["First","Second"]`},
		{"p.note b", "", `["ond"]`},
		{"form", "action", `["/login?a=1&b=2"]`},
		{"option[selected]", "", `["Two"]`},
		{"select > option", "value", `["1","2"]`},
		{"textarea", "", `["keep <b>"]`},
		{"body > ul > li > ul > li", "", `["a1","a2"]`},
		{"body > ul > li:nth-child(2)", "", `["b"]`},
		{"dt + dd", "", `["v","v2"]`},
		{"body > table > tbody > tr > th", "", `["Name"]`},
		{"body > table > tbody > tr:nth-child(2) > td", "", `["x","inner"]`},
		{"table table td", "", `["inner"]`},
		{"a", "href", `["/next","/last"]`},
		{"a a", "href", `[]`},
		{"svg > rect", "id", `["r"]`},
		{"body > #after", "", `["after"]`},
		{"img, br", "src", `["a.png"]`},
		{"input", "value", `["x\"1"]`}, // the second has none
		{"html", "lang", `["en"]`},
		{"body.login > form", "id", `["f"]`},
		{"nothing", "", `[]`},
	} {
		args := []plan.Value{str(page), str(c.selector)}
		if c.attribute != "" {
			args = append(args, str(c.attribute))
		}
		all, err := call(t, "cssall", args...)
		if got := string(all.AppendJSON(nil, false)); err != nil || got != c.want {
			t.Errorf("cssall %s %s = %s, %v, want %s", c.selector, c.attribute, got, err, c.want)
			continue
		}
		first, err := call(t, "css", args...)
		if len(all.Items()) == 0 {
			if err != nil || first.Kind() != plan.Null {
				t.Errorf("css %s = %s, %v, want null", c.selector, first.Text(), err)
			}
		} else if err != nil || !first.Equal(all.Items()[0]) {
			t.Errorf("css %s = %s, %v, want %s", c.selector, first.Text(), err, all.Items()[0].Text())
		}
	}
	if v, err := call(t, "css", str(page), str("input[name=user]"), str("value")); err != nil || v.Kind() != plan.Null {
		t.Errorf("an absent attribute is %s, %v", v.TypeName(), err)
	}
}

const order = `<?xml version="1.0"?>
<o:order xmlns:o="urn:order" xmlns="urn:line" id="7">
  <!-- note --><line n="1"><sku> A&amp;1 </sku><price>2.50</price></line>
  <line n="2"><sku><![CDATA[<B>]]></sku><price>3</price></line>
</o:order>`

func TestXPath(t *testing.T) {
	for _, c := range []struct{ doc, path, first, all string }{
		{order, "/o:order/@id", `"7"`, `["7"]`},
		{order, "//line/sku", `"A&1"`, `["A&1","<B>"]`},
		{order, "//line[@n='2']/price", `"3"`, `["3"]`},
		{order, "//line[price > 2.6]/@n", `"2"`, `["2"]`},
		{order, "count(//line)", `2`, ""},
		{order, "sum(//price)", `5.5`, ""},
		{order, "//line/@n = '2'", `true`, ""},
		{order, "string(//line[2]/price)", `"3"`, ""},
		{order, "concat(//price, '€')", `"2.50€"`, ""},
		{order, "number(//nothing)", `null`, ""},
		{order, "//nothing", `null`, `[]`},
		{order, "//comment()", `"note"`, `["note"]`},
		{page, "//input[@name='csrf']/@value", `"x\"1"`, `["x\"1"]`},
		{page, "//form//option", `"One"`, `["One","Two"]`},
		{page, "//body/ul/li[2]", `"b"`, `["b"]`},
		{page, "//title/text()", `"Sign & in"`, `["Sign & in"]`},
		{`<p>a<p>b`, "//p", `"a"`, `["a","b"]`},              // no XML
		{`<li>a</li><li>b</li>`, "//li", `"a"`, `["a","b"]`}, // no root
		{`<a>&nbsp;x</a>`, "//a", `"x"`, `["x"]`},            // an entity of HTML
		{``, "//a", `null`, `[]`},
		{"\ufeff" + `<a>1</a>`, "/a", `"1"`, `["1"]`},
		{"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>", "/a", `"é"`, `["é"]`},
	} {
		v, err := call(t, "xpath", str(c.doc), str(c.path))
		if got := string(v.AppendJSON(nil, false)); err != nil || got != c.first {
			t.Errorf("xpath %s = %s, %v, want %s", c.path, got, err, c.first)
		}
		v, err = call(t, "xpathall", str(c.doc), str(c.path))
		if got := string(v.AppendJSON(nil, false)); c.all == "" && err == nil || c.all != "" && (err != nil || got != c.all) {
			t.Errorf("xpathall %s = %s, %v, want %s", c.path, got, err, c.all)
		}
	}
}

func TestGJSON(t *testing.T) {
	const doc = `{"items":[{"id":1,"open":true,"t":"a\u00e9"},{"id":12345678901234567890,"open":false}],"n":null,"f":1.50,"o":{"b":[true,{}],"a":""}}`
	for path, want := range map[string]string{
		"items.#": "2", "items.0.t": `"aé"`, "items.1.id": "12345678901234567890", "items.#.id": "[1,12345678901234567890]",
		"items.#(open==true).id": "1", "items.#(open==true)#.id": "[1]", "n": "null", "f": "1.5", "o": `{"a":"","b":[true,{}]}`,
		"missing": "null", "items.7": "null", "items.#(id==9)": "null", "items|@reverse|0.open": "false", "": "null",
	} {
		v, err := call(t, "gjson", str(doc), str(path))
		if got := string(v.AppendJSON(nil, false)); err != nil || got != want {
			t.Errorf("gjson %q = %s, %v, want %s", path, got, err, want)
		}
	}
	for _, text := range []string{"", "<html>", "not json"} {
		if v, err := call(t, "gjson", str(text), str("a.b")); err != nil || v.Kind() != plan.Null {
			t.Errorf("gjson of %q = %s, %v", text, v.TypeName(), err)
		}
	}
}

// TestHostileDocuments: what a target sends can neither eat the memory nor
// the time of the machine it is read on. Each text is about half a megabyte.
func TestHostileDocuments(t *testing.T) {
	const size = 1 << 19
	var attributes strings.Builder
	for i := range size / 10 {
		fmt.Fprintf(&attributes, " a%d=%d", i, i)
	}
	var formatting strings.Builder
	for i := range 400 {
		fmt.Fprintf(&formatting, "<b a=%d>", i)
	}
	fill := func(s string) string { return strings.Repeat(s, size/len(s)) }
	texts := map[string]string{
		"deep elements": fill("<div>"), "deep xml": "<?xml version='1.0'?>" + fill("<a>"), "many elements": fill("<p>"), "many rows": "<table>" + fill("<tr><td>"),
		"formatting": "<p>" + formatting.String() + fill("<p>x"), "end tags": "x" + fill("</foo>x"), "comments": "<a>" + fill("<!---->"),
		"attributes": "<p" + attributes.String() + ">", "selects": fill("<select><option>"), "half a tag": fill("<"), "quotes": fill(`<a b="`),
		"svg": "<svg>" + fill("<style><b>"), "entities": `<!DOCTYPE a [<!ENTITY b "` + fill("x") + `">]><a>&b;&b;&b;</a>`, "html again": fill("<html a=1><body b=2>"),
		"siblings": "<html>" + strings.Repeat("<p>x", 49_000), "rows": "<a>" + strings.Repeat("<a>x</a>", 30_000) + "</a>",
		"nested inputs": "<html>" + strings.Repeat("<div>", 480) + strings.Repeat("<input>", 50_000),
		"json deep":     fill("["), "json objects": fill(`{"a":`), "json flat": "[" + fill("1,") + "1]", "json numbers": `{"a":1e600000000}`, "json strings": fill(`"\`),
	}
	for what, text := range texts {
		for _, c := range [][]string{
			{"css", "p b"}, {"cssall", "a ~ b, p + p"}, {"xpath", "//b[1]"}, {"xpathall", "//p/@a"}, {"xpath", "count(//*)"},
			{"css", "form div div div div input"}, {"css", "i ~ p ~ p ~ p"}, {"css", "p:nth-last-of-type(2n+1)"}, {"xpath", "//p[last()]"},
			{"xpathall", "//a/preceding-sibling::a[1]"}, {"gjson", "a"}, {"gjson", "#.a"}, {"gjson", "@pretty"}, {"gjson", "@this|0"},
		} {
			if strings.HasPrefix(what, "json") != (c[0] == "gjson") {
				continue
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			v, err := call(t, c[0], str(text), str(c[1]))
			runtime.ReadMemStats(&after)
			if mib := (after.TotalAlloc - before.TotalAlloc) >> 20; mib > 256 {
				t.Errorf("%s, %s %s: %d MiB", what, c[0], c[1], mib)
			}
			if err == nil && len(v.AppendJSON(nil, false)) > 16<<20 {
				t.Errorf("%s, %s %s: a result of %d bytes", what, c[0], c[1], len(v.AppendJSON(nil, false)))
			}
		}
	}
	for _, name := range []string{"css", "xpath"} {
		if _, err := call(t, name, str(texts["deep elements"]), str("div")); err == nil || !strings.Contains(err.Error(), "nests deeper") {
			t.Errorf("%s of a deep page: %v", name, err)
		}
		if _, err := call(t, name, str(texts["many elements"]), str("p")); err == nil || !strings.Contains(err.Error(), "more than 100,000") {
			t.Errorf("%s of a page of many elements: %v", name, err)
		}
	}
	for _, path := range []string{strings.Repeat("a.", 1000), "@tostr|@tostr|@tostr|@tostr|@tostr", strings.Repeat("[@this]", 3)} {
		if _, err := call(t, "gjson", str("{}"), str(path)); err == nil {
			t.Errorf("gjson takes the path %.40s", path)
		}
	}
}

// TestNullAttribute: null asks for the text, as leaving the argument out does.
func TestNullAttribute(t *testing.T) {
	f, _ := stdlib.Lookup("css")
	v, err := f.Impl.Call([]cty.Value{cty.StringVal("<p class=a>text"), cty.StringVal("p"), cty.NullVal(cty.String)})
	if err != nil || v.AsString() != "text" {
		t.Errorf("a null attribute: %#v, %v", v, err)
	}
}

func FuzzCSS(f *testing.F) {
	f.Add(page, "input[name=csrf]")
	f.Add("<table><td>", "table > tbody > tr > td:nth-child(1)")
	f.Add("<p><b><i></b></i><svg><a/>", ":not(p):has(a), b ~ i")
	const simple = `<!DOCTYPE html><html><head></head><body><div id=a class=x><p id=b>1</p><p id=c class=x></p></div><div id=d><ul id=e><li id=f></li><li id=g></li></ul></div></body></html>`
	f.Fuzz(func(t *testing.T, text, selector string) {
		bounded(t, text, selector, "css", "cssall")
		if len(selector) <= 200 {
			sameAsCascadia(t, simple, selector)
		}
	})
}

// sameAsCascadia holds the selectors' joints against cascadia's own.
func sameAsCascadia(t *testing.T, text, selector string) {
	t.Helper()
	m, err := cascadia.ParseGroup(selector)
	if err != nil {
		return
	}
	got, err := call(t, "cssall", str(text), str(selector), str("id"))
	if err != nil {
		return
	}
	// A page without misnested formatting is the same tree for both readers.
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var want []plan.Value
	for _, n := range cascadia.QueryAll(doc, m) {
		for _, a := range n.Attr {
			if a.Key == "id" {
				want = append(want, str(a.Val))
			}
		}
	}
	if !got.Equal(plan.ListValue(want)) {
		t.Errorf("%s: %s, cascadia finds %s", selector, got.AppendJSON(nil, false), plan.ListValue(want).AppendJSON(nil, false))
	}
}

func TestSelectorJoints(t *testing.T) {
	const text = `<!DOCTYPE html><html id=h><head><title id=t>x</title></head><body id=b><div id=d1 class="x y"><p id=p1>1</p><p id=p2 class=x>2</p><span id=s1></span>
<p id=p3>3</p><div id=d2><p id=p4 data-a="a > b, c">4</p><ul id=u><li id=l1>a</li><li id=l2 class=y>b</li><li id=l3>c</li></ul></div></div>
<div id=d3><p id=p5>5</p><span id=a:b>s</span></div><table id=tb><tbody id=tbo><tr id=r1><td id=c1></td><td id=c2></td></tr></tbody></table></body></html>`
	steps := []string{"*", "div", "p", ".x", "#d1", "li", "span", "[data-a='a > b, c']", ":not(.x, .y)", "li:nth-child(2n+1)", "p:first-of-type", "td", `#a\:b`, `#a\3a b`, "div:has(> p + p)", `[data-a="a > b, c"]`}
	joints := []string{" ", ">", " + ", "~", " , ", "\n>\t"}
	for _, a := range steps {
		sameAsCascadia(t, text, a)
		for i, j := range joints {
			for _, b := range steps {
				sameAsCascadia(t, text, a+j+b)
				sameAsCascadia(t, text, a+j+b+joints[(i+1)%len(joints)]+"*"+joints[(i+3)%len(joints)]+a)
			}
		}
	}
}

func FuzzXPath(f *testing.F) {
	f.Add(order, "//line[@n='2']/price")
	f.Add(page, "concat(//a, substring('x', 1, 2))")
	f.Add("<a/>", "/a | //b[position() = last()]")
	f.Fuzz(func(t *testing.T, text, path string) { bounded(t, text, path, "xpath", "xpathall") })
}

func FuzzGJSON(f *testing.F) {
	f.Add(`{"a":[1,{"b":null}]}`, "a.#(b!=1)#.b")
	f.Add(`[1,"\u00e9"]`, "@reverse|0")
	f.Add(`{"a":{"b":[1,2]}}`, "{a.b,c:a}")
	f.Fuzz(func(t *testing.T, text, path string) { bounded(t, text, path, "gjson") })
}

func FuzzRegex(f *testing.F) {
	f.Add("code=([^&]+)", "/cb?code=x1&state=2")
	f.Add("(?P<a>x*)*y", "xxxxxxxxxxxx")
	f.Fuzz(func(t *testing.T, pattern, text string) { bounded(t, pattern, text, "regex", "regexall") })
}

// bounded evaluates functions with texts of a size that fuzzing keeps fast. A
// panic or a hang is what it looks for, and that a path known before the run
// is judged like one that is not.
func bounded(t *testing.T, a, b string, names ...string) {
	if len(a) > 1<<16 || len(b) > 200 && len(names) > 0 && names[0] != "regex" {
		t.Skip()
	}
	for _, name := range names {
		v, err := call(t, name, str(a), str(b))
		f, _ := stdlib.Lookup(name)
		node, lowering := f.Lower(stdlib.Call{Args: []plan.Expr{plan.Const{Value: str(a)}, plan.Const{Value: str(b)}}})
		if lowering != nil {
			if err == nil {
				t.Fatalf("%s is refused before the run (%v), and works in it", name, lowering)
			}
			continue
		}
		w, again := node.Eval(nil)
		if (err == nil) != (again == nil) || err == nil && !same(v, w) {
			t.Fatalf("%s: %v, %v; with constants %v, %v", name, v.Text(), err, w.Text(), again)
		}
	}
}

func BenchmarkDocuments(b *testing.B) {
	row := `<tr class=row><td><a href="/item/1">Item <b>one</b></a></td><td>12.50</td></tr>`
	big := "<html><body><form><input name=csrf value=x1></form><table>" + strings.Repeat(row, 200) + "</table></body></html>"
	feed := "<feed>" + strings.Repeat("<entry><id>1</id><title>Item</title></entry>", 200) + "</feed>"
	doc := `{"items":[` + strings.Repeat(`{"id":1,"name":"one"},`, 200) + `{"id":2,"name":"two"}]}`
	for _, c := range [][3]string{
		{"css", big, "input[name=csrf]"}, {"cssall", big, "tr.row a"}, {"xpath", feed, "//entry[3]/title"}, {"gjson", doc, "items.#(id==2).name"},
	} {
		b.Run(c[0], func(b *testing.B) {
			f, _ := stdlib.Lookup(c[0])
			node, err := f.Lower(stdlib.Call{Args: []plan.Expr{opaque{str(c[1])}, plan.Const{Value: str(c[2])}}})
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(c[1])))
			b.ReportAllocs()
			for b.Loop() {
				_, _ = node.Eval(nil)
			}
		})
	}
}
