package compile

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
)

func TestParseRoute(t *testing.T) {
	for route, want := range map[string]string{
		"/":                        "/",
		"/a/:id":                   "/a/<id>",
		"/a/:id/b/*rest":           "/a/<id>/b/<rest…>",
		"/a:b/c":                   "/a:b/c", // a colon within a segment is text
		"/:":                       "/:",
		"/a/*":                     "/a/*",
		"/:a/:b":                   "/<a>/<b>",
		"//":                       "//",
		"/v1/users/me:resetPasswd": "/v1/users/me:resetPasswd",
	} {
		segments, problem := parseRoute(route)
		if problem != "" {
			t.Errorf("%s: %s", route, problem)
			continue
		}
		got := ""
		for _, s := range segments {
			switch {
			case s.many:
				got += "<" + s.param + "…>"
			case s.param != "":
				got += "<" + s.param + ">"
			}
			got += s.text
		}
		if got != want {
			t.Errorf("%s is cut into %s, want %s", route, got, want)
		}
	}
	for _, bad := range []string{"", "a", "http://a/", "/a?b", "/a#b", "/a b", "/{id}", "/:a/:a", "/:a.json", "/:a*"} {
		if _, problem := parseRoute(bad); problem == "" || !strings.HasSuffix(problem, ".") && !strings.HasSuffix(problem, "id\".") {
			t.Errorf("%q: %q", bad, problem)
		}
	}
}

func TestCheckVersion(t *testing.T) {
	for _, test := range []struct {
		constraint, have string
		met              bool
	}{
		{">= 0.1", "0.1.0", true}, {">= 0.1", "0.0.9", false}, {">= 0.1, < 2", "1.9.9", true}, {">= 0.1, < 2", "2.0.0", false},
		{"~> 1.2", "1.9.0", true}, {"~> 1.2", "2.0.0", false}, {"~> 1.2", "1.1.9", false},
		{"~> 1.2.3", "1.2.9", true}, {"~> 1.2.3", "1.3.0", false}, {"~> 1", "1.5", true}, {"~> 1", "2", false},
		{"1.2", "1.2.0", true}, {"= 1.2", "1.2.1", false}, {"!= 1.2", "1.2", false}, {"> 1", "1.0.1", true}, {"<= 1", "1.0.0", true},
		{">= 1", "v1.0.0-rc1", true}, {">= 99", "dev", true}, {"newest", "1.0.0", false}, {">> 1", "1.0.0", false}, {"", "1.0.0", false}, {">=", "1.0.0", false},
	} {
		if problem := checkVersion(test.constraint, test.have); (problem == "") != test.met {
			t.Errorf("%q for %s: %q", test.constraint, test.have, problem)
		}
	}
}

func TestGlob(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"a", "a", true}, {"a", "ab", false}, {"*", "", true}, {"a*", "ab", true}, {"*b", "ab", true}, {"a*c", "abc", true},
		{"a*c", "ab", false}, {"a*b*c", "aXbYc", true}, {"a*b*c", "acb", false}, {"a*a", "a", false}, {"**", "x", true},
		{"GET /*/x", "GET /a/b/x", true}, {"*.*", "a", false},
	} {
		if got := glob(test.pattern, test.text); got != test.want {
			t.Errorf("%q on %q: %t", test.pattern, test.text, got)
		}
	}
}

// TestSecrets lists what has to be masked: a text in every form in which it
// may be written, longest first, and nothing so short that masking it would
// garble what is shown.
func TestSecrets(t *testing.T) {
	c := &compiler{}
	c.keepSecretText(`p"w <1>`)
	c.keepSecretText("abc")
	c.keepSecretText("longer than the other")
	want := []string{
		"longer%20than%20the%20other", "longer than the other", `p\"w \u003c1\u003e`, "p%22w%20%3C1%3E", `p\"w <1>`, `p"w <1>`,
	}
	if diff := cmp.Diff(want, c.secrets.list()); diff != "" {
		t.Error(diff)
	}
}

func profileOf(t *testing.T, text string, change func(o *Options)) plan.Profile {
	t.Helper()
	src := "target \"a\" { base_url = \"http://a\" }\nuser \"u\" {\n  get \"/\" {}\n}\nsla \"s\" { p95 = \"1s\" }\n" + text
	o := Options{}
	if change != nil {
		change(&o)
	}
	p, diags := compileWith([]byte(src), o)
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	return p.Profile
}

func TestProfileChoice(t *testing.T) {
	two := "profile \"a\" {\n  users = 1\n  duration = \"1m\"\n}\nprofile \"b\" {\n  users = 2\n  duration = \"1m\"\n}\n"
	for _, test := range []struct {
		text, asked, want string
	}{
		{two, "b", "b"},
		{two + "scenario \"s\" { profile = \"a\" }\n", "", "a"},
		{two + "scenario \"s\" { profile = \"a\" }\n", "b", "b"},
	} {
		got := profileOf(t, test.text, func(o *Options) { o.Profile = test.asked })
		if got.Name != test.want {
			t.Errorf("asked for %q: %s", test.asked, got.Name)
		}
	}
}

func TestProfileIterationsOnly(t *testing.T) {
	p := profileOf(t, "profile \"p\" {\n  users = 4\n  spawn_rate = 2\n  iterations = 10\n}\n", nil)
	s := p.Loads[0].Stages[0]
	if p.Duration != 0 || p.Iterations != 10 || s.Hold != maxDuration || s.Over.Seconds() != 2 {
		t.Errorf("%+v %+v", p, s)
	}
}

func TestRampCutShort(t *testing.T) {
	p := profileOf(t, "profile \"p\" {\n  users = 100\n  spawn_rate = 1\n  duration = \"25s\"\n}\n", nil)
	if s := p.Loads[0].Stages[0]; s.Level != 25 || s.Over.Seconds() != 25 || s.Hold != 0 {
		t.Errorf("%+v", s)
	}
}
