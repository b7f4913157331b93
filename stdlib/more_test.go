package stdlib_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
	"throng/stdlib"
)

// TestTerraform holds functions against what Terraform's documentation says
// of those of the same name.
func TestTerraform(t *testing.T) {
	ctx := context(t, nil)
	for src, want := range map[string]string{
		`cidrhost("10.12.112.0/20", 268)`:                                    `"10.12.113.12"`,
		`cidrhost("fd00:fd12:3456:7890:00a2::/72", 34)`:                      `"fd00:fd12:3456:7890::22"`,
		`cidrhost("10.0.0.0/8", -1)`:                                         `"10.255.255.255"`,
		`cidrnetmask("10.0.0.0/0")`:                                          `"0.0.0.0"`,
		`cidrnetmask("10.1.2.3/32")`:                                         `"255.255.255.255"`,
		`cidrsubnet("10.1.2.0/24", 4, 15)`:                                   `"10.1.2.240/28"`,
		`cidrsubnet("fd00:fd12:3456:7890::/56", 16, 162)`:                    `"fd00:fd12:3456:7800:a200::/72"`,
		`cidrsubnet("10.0.0.1/8", 0, 0)`:                                     `"10.0.0.0/8"`,
		`cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)`:                             `["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"]`,
		`cidrsubnets("fd00:fd12:3456:7890::/56", 16, 16, 16, 32)`:            `["fd00:fd12:3456:7800::/72","fd00:fd12:3456:7800:100::/72","fd00:fd12:3456:7800:200::/72","fd00:fd12:3456:7800:300::/88"]`,
		`cidrsubnets("10.1.0.0/16")`:                                         `[]`,
		`cidrcontains("10.0.0.0/8", "10.1.0.0/16")`:                          `true`,
		`cidrcontains("10.1.0.0/16", "10.0.0.0/8")`:                          `false`,
		`cidrcontains("10.1.0.0/16", "::1")`:                                 `false`,
		`transpose({"a" = ["1", "2"], "b" = ["2", "3"]})`:                    `{"1":["a"],"2":["a","b"],"3":["b"]}`,
		`transpose({})`:                                                      `{}`,
		`matchkeys([], [], ["a"])`:                                           `[]`,
		`matchkeys(["x", "y"], [1, 2], ["2"])`:                               `["y"]`,
		`setproduct(["a"], [])`:                                              `[]`,
		`setproduct(["app1", "app2"], ["development", "staging"])`:           `[["app1","development"],["app1","staging"],["app2","development"],["app2","staging"]]`,
		`chunklist(["a", "b", "c", "d", "e"], 2)`:                            `[["a","b"],["c","d"],["e"]]`,
		`coalescelist(["c", "d"], ["a"])`:                                    `["c","d"]`,
		`setsubtract(["a", "b", "c"], ["a", "c"])`:                           `["b"]`,
		`chomp("hello\r\n")`:                                                 `"hello"`,
		`indent(2, "[\n  foo,\n]\n")`:                                        `"[\n    foo,\n  ]\n  "`,
		`log(50, 10)`:                                                        `1.6989700043360185`,
		`timecmp("2017-11-22T01:00:00Z", "2017-11-22T00:00:00Z")`:            `1`,
		`timecmp("2017-11-22T01:00:00Z", "2017-11-22T00:00:00-01:00")`:       `0`,
		`urldecode("Hello+World%21")`:                                        `"Hello World!"`,
		`textencodebase64("Hello World", "UTF-16LE")`:                        `"SABlAGwAbABvACAAVwBvAHIAbABkAA=="`,
		`textdecodebase64("SABlAGwAbABvACAAVwBvAHIAbABkAA==", "UTF-16LE")`:   `"Hello World"`,
		`uuidv5("6ba7b810-9dad-11d1-80b4-00c04fd430c8", "www.terraform.io")`: `"a5008fae-b28c-5ba5-96cd-82b4c53552d6"`,
		`uuidv5("url", "https://www.terraform.io/")`:                         `"9db6f67c-dd95-5ea0-aa5b-e70e5c5f7cf5"`,
		`base64sha512("hello world")`:                                        `"MJ7MSJwS1utMxA9QyQLytNDtd+5RGnx6m808qG1M2G+YndNbxf9JlnDaNCVbRbDP2DDoH2Bdz33FVC6TrpzXbw=="`,
		`dirname("foo/bar/baz.txt")`:                                         `"foo/bar"`,
		`base64gunzip(base64gzip("héllo"))`:                                  `"héllo"`,
	} {
		if got := string(eval(t, ctx, src).AppendJSON(nil, false)); got != want {
			t.Errorf("%s = %s, want %s", src, got, want)
		}
	}
	for _, src := range []string{
		`cidrhost("10.0.0.0/24", 256)`, `cidrhost("10.0.0.0/24", -257)`, `cidrhost("10.0.0.0", 1)`, `cidrnetmask("::/8")`, `cidrsubnet("10.0.0.0/8", 25, 0)`,
		`cidrsubnet("10.0.0.0/8", 2, 4)`, `cidrsubnet("10.0.0.0/8", -1, 0)`, `cidrsubnets("10.0.0.0/30", 1, 1, 1)`, `cidrsubnets("255.255.255.254/31", 0, 1)`,
		`matchkeys(["a"], [], [])`, `urldecode("%zz")`, `urldecode("%ff")`, `base64gunzip("aGVsbG8=")`, `textencodebase64("世", "ISO-8859-1")`,
		`textencodebase64("a", "no-such")`, `textdecodebase64("/w==", "UTF-8")`, `uuidv5("none", "a")`, `timecmp("now", "then")`, `log(0, 2)`, `log(2, 1)`, `log(-1, 2)`,
	} {
		if v, diags := parse(t, src).Value(ctx); !diags.HasErrors() {
			t.Errorf("%s = %#v, want an error", src, v)
		}
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"outside": "secret", "in/a.json": "{}", "in/b/c.json": "\xff", "in/b/d/e.txt": "e", "in/large": strings.Repeat("x", stdlib.MaxText+1),
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../outside", filepath.Join(dir, "in/link")); err != nil {
		t.Fatal(err)
	}
	ctx := &hcl.EvalContext{Functions: stdlib.Functions(stdlib.Dir(filepath.Join(dir, "in")))}
	for src, want := range map[string]string{
		`fileexists("a.json")`: `true`, `fileexists("none")`: `false`, `fileexists("b/c.json")`: `true`, `filebase64("b/c.json")`: `"/w=="`,
		`fileset(".", "*.json")`: `["a.json"]`, `fileset(".", "**/*.json")`: `["a.json","b/c.json"]`, `fileset("b", "**")`: `["c.json","d/e.txt"]`,
		`fileset(".", "b/{c,x}.????")`: `["b/c.json"]`, `fileset("b/d", "*.json")`: `[]`, `fileset(".", "link")`: `[]`, `filemd5("a.json")`: `"99914b932bd37a50b983c5e7c90ae93b"`,
		`length(filesha512("large"))`: `128`,
	} {
		if got := string(eval(t, ctx, src).AppendJSON(nil, false)); got != want {
			t.Errorf("%s = %s, want %s", src, got, want)
		}
	}
	for src, want := range map[string]string{
		`fileexists("b")`: "not a regular file", `fileexists("../outside")`: "outside the scenario's directory", `fileexists("link")`: "cannot be read",
		`filesha256("../outside")`: "outside the scenario's directory", `filesha256("link")`: "a link that leads out of the directory", `filebase64("link")`: "cannot be read",
		`filebase64("large")`: "larger than 768 KiB", `filebase64("none")`: "there is no file", `fileset("..", "*")`: "outside", `fileset("none", "*")`: "no directory",
		`file("b/c.json")`: "not UTF-8",
	} {
		_, diags := parse(t, src).Value(ctx)
		if !diags.HasErrors() || !strings.Contains(diags.Error(), want) {
			t.Errorf("%s: %v, want %q", src, diags, want)
		}
	}
	nowhere := stdlib.Functions(nil)
	for _, name := range []string{"file", "fileexists", "filebase64", "filesha256"} {
		if v, err := nowhere[name].Call([]cty.Value{cty.StringVal("a.json")}); err == nil {
			t.Errorf("%s without a directory gives %#v", name, v)
		}
	}
}

// TestDescribe: a plan's reader sees calls as they were written.
func TestDescribe(t *testing.T) {
	session := &plan.Slot{Name: "n"}
	for _, c := range []struct {
		name string
		args []plan.Expr
		want string
	}{
		{"randint", []plan.Expr{plan.Const{Value: plan.IntValue(1)}, plan.Const{Value: plan.IntValue(20)}}, "randint(1, 20)"},
		{"randint", []plan.Expr{plan.Const{Value: plan.IntValue(1)}, session}, "randint(1, session.n)"},
		{"uuid", nil, "uuid()"},
		{"pick", []plan.Expr{plan.Const{Value: plan.ListValue([]plan.Value{str("a"), str("b")})}}, `pick(["a","b"])`},
		{"upper", []plan.Expr{session}, "upper(session.n)"},
		{"hmac", []plan.Expr{plan.Const{Value: str("sha1")}, plan.Const{Value: str("s3cret"), Secret: true}, session}, `hmac("sha1", (sensitive), session.n)`},
		{"css", []plan.Expr{session, plan.Const{Value: str("p")}}, `css(session.n, "p")`},
		{"lower", []plan.Expr{plan.Const{Value: str(strings.Repeat("é", 100))}}, `lower("` + strings.Repeat("é", 100) + `")`},
	} {
		f, _ := stdlib.Lookup(c.name)
		node, err := f.Lower(stdlib.Call{Args: c.args})
		if err != nil {
			t.Fatal(err)
		}
		if got := plan.Describe(nil, node); got != c.want {
			t.Errorf("%s is described as %s, want %s", c.name, got, c.want)
		}
	}
}

// TestFakes: dates reach both ends, cards have a right check digit, and
// addresses seldom meet.
func TestFakes(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range sample(t, 500, "fake_date", str("2024-02-28"), str("2024-03-01")) {
		seen[v.Str()] = true
	}
	if len(seen) != 3 || !seen["2024-02-29"] {
		t.Errorf("dates drawn: %v", seen)
	}
	for _, v := range sample(t, 100, "fake_credit_card") {
		sum := 0
		for i, c := range v.Str() {
			digit := int(c - '0')
			if i%2 == 0 {
				digit = digit*2/10 + digit*2%10
			}
			sum += digit
		}
		if sum%10 != 0 {
			t.Errorf("%s has a wrong check digit", v.Str())
		}
	}
	distinct := map[string]bool{}
	for _, v := range sample(t, 1000, "fake_email") {
		distinct[v.Str()] = true
	}
	if len(distinct) < 990 {
		t.Errorf("of 1000 addresses only %d differ", len(distinct))
	}
}
