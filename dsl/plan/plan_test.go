package plan_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
)

func encoded(t *testing.T, s string, enc plan.Encoding) string {
	t.Helper()
	got, problem := plan.AppendEncoded([]byte("before "), plan.StringValue(s), enc)
	if problem != "" {
		t.Fatalf("%q: %s", s, problem)
	}
	text, ok := strings.CutPrefix(string(got), "before ")
	if !ok {
		t.Fatalf("%q: what stood before is gone: %q", s, got)
	}
	return text
}

func TestPercentEncoding(t *testing.T) {
	for _, test := range []struct {
		enc      plan.Encoding
		in, want string
	}{
		{plan.EncSegment, "a-b._~9", "a-b._~9"},
		{plan.EncSegment, "a/b?c#d%", "a%2Fb%3Fc%23d%25"},
		{plan.EncSegment, "a:b@c!$'()*,", "a:b@c!$'()*,"},
		{plan.EncSegment, "é \x00", "%C3%A9%20%00"},
		{plan.EncPath, "lines/1 2/x", "lines/1%202/x"},
		{plan.EncPath, "a?b", "a%3Fb"},
		{plan.EncQuery, "a b&c=d+e/f:g", "a%20b%26c%3Dd%2Be%2Ff%3Ag"},
		{plan.EncQuery, "", ""},
	} {
		if got := encoded(t, test.in, test.enc); got != test.want {
			t.Errorf("%q in encoding %d is %q, want %q", test.in, test.enc, got, test.want)
		}
	}
}

func FuzzEncodings(f *testing.F) {
	for _, s := range []string{"", "a b", "é\u2028\xff", `"\/`, "\r\n\x00", "%2F", "a/../b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, enc := range []plan.Encoding{plan.EncSegment, plan.EncPath} {
			if back, err := url.PathUnescape(encoded(t, s, enc)); err != nil || back != s {
				t.Errorf("%q comes back as %q, %v", s, back, err)
			}
		}
		if text := encoded(t, s, plan.EncSegment); strings.ContainsAny(text, "/?#&= ") {
			t.Errorf("%q leaves its segment: %q", s, text)
		}
		query := encoded(t, s, plan.EncQuery)
		if values, err := url.ParseQuery("q=" + query); err != nil || values.Get("q") != s {
			t.Errorf("%q comes back from a query as %q, %v", s, values.Get("q"), err)
		}
		var back string
		if err := json.Unmarshal([]byte(`"`+encoded(t, s, plan.EncJSONText)+`"`), &back); err != nil || back != replaced(s) {
			t.Errorf("%q comes back from JSON as %q, %v", s, back, err)
		}
		if string(plan.AppendJSONString(nil, s, true)) != marshalled(t, s) {
			t.Errorf("%q is %s, and in encoding/json %s", s, plan.AppendJSONString(nil, s, true), marshalled(t, s))
		}
		header, problem := plan.AppendEncoded(nil, plan.StringValue(s), plan.EncHeader)
		if (problem == "") == strings.ContainsAny(s, "\r\n\x00") || problem == "" && string(header) != s {
			t.Errorf("%q as a header: %q, %s", s, header, problem)
		}
	})
}

// replaced is s with the replacement character for each byte that is not
// UTF-8.
func replaced(s string) string { return string([]rune(s)) }

func marshalled(t *testing.T, s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestParseNumber(t *testing.T) {
	for in, want := range map[string]string{
		"0": "0", "-0": "0", "17": "17", "+5": "5", "9223372036854775807": "9223372036854775807", "9223372036854775808": "9223372036854775808",
		"1e3": "1000", "1E-2": "0.01", "12.50": "12.5", ".5": "0.5", "1e400": "1" + strings.Repeat("0", 400),
		"0.1": "0.1", "123456789012345678901234567890.5": "123456789012345678901234567890.5", "-1.5e+2": "-150",
	} {
		v, ok := plan.ParseNumber(in)
		if !ok || v.Text() != want {
			t.Errorf("%q is %.40s, %t; want %.40s", in, v.Text(), ok, want)
		}
	}
	for _, bad := range []string{
		"", " 1", "1 ", "x", "1e401", "1e-401", "1e600000000", "1e99999999999999999999", "Inf", "-inf", "NaN", "0x10", "1_000",
		"1p1000000000", "1P5", "--1", "1e", "e1", "1.2.3", "٣", strings.Repeat("9", 4097),
	} {
		if v, ok := plan.ParseNumber(bad); ok {
			t.Errorf("%.40q is read as %.40s", bad, v.Text())
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1", "-1.5e10", "1e400", "0.000", "1p5", "+.5"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, ok := plan.ParseNumber(s)
		if !ok {
			return
		}
		text := v.Text()
		if len(text) > 5000 {
			t.Fatalf("%q makes %d bytes", s, len(text))
		}
		if again, ok := plan.ParseNumber(text); len(text) <= 4096 && (!ok || again.Compare(v) != 0) {
			t.Errorf("%q is %q, which is read as %q, %t", s, text, again.Text(), ok)
		}
	})
}

func TestObjectValue(t *testing.T) {
	v := plan.ObjectValue([]plan.Field{{"b", plan.IntValue(1)}, {"a", plan.NullValue()}, {"b", plan.IntValue(2)}})
	if got, want := string(v.AppendJSON(nil, false)), `{"a":null,"b":2}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if v.Field("c").Kind() != plan.Missing || v.Field("b").Int64() != 2 {
		t.Error("fields are not found by name")
	}
}

func TestEqual(t *testing.T) {
	big := func(s string) plan.Value { v, _ := plan.ParseNumber(s); return v }
	list := func(v ...plan.Value) plan.Value { return plan.ListValue(v) }
	for _, test := range []struct {
		a, b plan.Value
		want bool
	}{
		{plan.NullValue(), plan.Value{}, true},
		{plan.NullValue(), plan.StringValue(""), false},
		{plan.IntValue(1), plan.StringValue("1"), false},
		{big("1.0"), plan.IntValue(1), true},
		{big("0.1"), big("1e-1"), true},
		{list(plan.IntValue(1)), list(big("1e0")), true},
		{list(), list(plan.NullValue()), false},
		{plan.BoolValue(false), plan.IntValue(0), false},
	} {
		if got := test.a.Equal(test.b); got != test.want || test.b.Equal(test.a) != test.want {
			t.Errorf("%s == %s is %t", test.a.AppendJSON(nil, false), test.b.AppendJSON(nil, false), got)
		}
	}
}

func TestAuthority(t *testing.T) {
	for want, target := range map[string]plan.Target{
		"http://a/x":               {Scheme: "http", Host: "a", Port: 80, BasePath: "/x"},
		"http://a:443":             {Scheme: "http", Host: "a", Port: 443},
		"https://[::1]":            {Scheme: "https", Host: "::1", Port: 443},
		"http://[::1]:8000":        {Scheme: "http", Host: "::1", Port: 8000},
		"example://quickstart/api": {Scheme: "http", Host: "quickstart.example", Port: 80, Example: "quickstart", BasePath: "/api"},
	} {
		if got := target.URL(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestHeaderValue(t *testing.T) {
	r := plan.Response{Header: []byte("Content-Type: text/html\r\nX-A:  1 \r\nx-a: 2\r\nnonsense\r\n")}
	if v, ok := r.HeaderValue("X-a"); !ok || v != "1" {
		t.Errorf("got %q, %t", v, ok)
	}
	if _, ok := r.HeaderValue("nonsense"); ok {
		t.Error("a line without a colon counts as a header")
	}
	var names []string
	r.EachHeader(func(name, value string) { names = append(names, name+"="+value) })
	if diff := cmp.Diff([]string{"Content-Type=text/html", "X-A=1", "x-a=2"}, names); diff != "" {
		t.Error(diff)
	}
}

func TestErrorClasses(t *testing.T) {
	seen := map[string]bool{}
	for c := plan.OK; c < plan.NumErrorClasses; c++ {
		name := c.String()
		if seen[name] || name == "" || name == "unknown" {
			t.Errorf("class %d is called %q", c, name)
		}
		seen[name] = true
		if back, ok := plan.ErrorClassNamed(name); ok != (c != plan.OK) || back != c {
			t.Errorf("%q is class %d, %t", name, back, ok)
		}
	}
}
