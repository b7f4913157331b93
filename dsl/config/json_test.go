package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/schema"
)

// TestJSONRanges holds that what stands within a string is found at its place
// in the file, escapes before it or not.
func TestJSONRanges(t *testing.T) {
	src := `{
  "locals": [{"a": "plain ${local.x} é ${local.y}"},
    {"b": "tab\t line\n \u00e9\ud83d\ude00 ${local.x} and \"${local.y}\""},
    {"c": "${upper(\"a\\n\", local.x)}"}, {"d": ["${local.x}", {"${local.x}": 1}]}, {"e": "\n${local.x[*].name}"}]
}`
	m, diags := config.Parse([]byte(src), "a.hcl.json")
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	found := 0
	for _, b := range m.Root.Blocks {
		for _, a := range b.Args {
			for _, v := range a.Expr.Variables() {
				at := v.SourceRange()
				text := string(at.SliceBytes([]byte(src)))
				if !strings.HasPrefix(text, "local.") || at.Filename != "a.hcl.json" {
					t.Errorf("%s: %q at %v", a.Name, text, at)
				}
				if line := strings.Count(src[:at.Start.Byte], "\n") + 1; at.Start.Line != line {
					t.Errorf("%s: line %d, not %d", a.Name, at.Start.Line, line)
				}
				found++
			}
		}
	}
	if found != 8 {
		t.Errorf("%d traversals", found)
	}
}

// TestJSONMistakes: each text is refused with the right code, once, at a
// place in the file.
func TestJSONMistakes(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 300)
	for src, code := range map[string]string{
		``:                                    diag.JSONSyntax,
		`[]`:                                  diag.JSONSyntax,
		`{`:                                   diag.JSONSyntax,
		`{"a"`:                                diag.JSONSyntax,
		`{"a": 1`:                             diag.Unclosed,
		`{} {}`:                               diag.JSONSyntax,
		`{"locals": {"a": 1,}}`:               diag.JSONSyntax,
		`{"locals": {"a": 01}}`:               diag.JSONSyntax,
		`{"locals": {"a": +1}}`:               diag.JSONSyntax,
		`{"locals": {"a": 1.}}`:               diag.JSONSyntax,
		`{"locals": {"a": tru}}`:              diag.JSONSyntax,
		`{"locals": {"a": "x` + "\n" + `"}}`:  diag.InvalidString,
		`{"locals": {"a": "\x"}}`:             diag.InvalidString,
		`{"locals": {"a": "\ud800"}}`:         diag.InvalidString,
		`{"locals": {"a": "\u12"}}`:           diag.InvalidString,
		`{"locals": {"a": "` + "\xff" + `"}}`: diag.InvalidCharacter,
		`{"locals": {"a": "x`:                 diag.Unclosed,
		`{"locals": {"a": 1, "a": 2}}`:        diag.DuplicateKey,
		`{"locals": {"a": 1e999999999}}`:      diag.LimitExceeded,
		`{"locals": {"a": "1e999999999"}}`:    diag.LimitExceeded,
		`{"locals": {"a b": 1}}`:              diag.InvalidName,
		`{"locals": 1}`:                       diag.JSONSyntax,
		`{"locals": [[]]}`:                    diag.JSONSyntax,
		`{"user": {"weight": 1}}`:             diag.JSONSyntax,
		`{"locals": {"a": "${"}}`:             diag.Syntax,
		`{"locals": {"a": "\n${1 +}"}}`:       diag.Syntax,
		`{"task": {"t": {"steps": {}}}}`:      diag.JSONSyntax,
		`{"task": {"t": {"steps": [1]}}}`:     diag.JSONSyntax,
		`{"task": {"t": {"steps": [{}]}}}`:    diag.JSONSyntax,
		`{"task": {"t": {"steps": [{"gt": {"/": {}}}]}}}`:             diag.UnknownBlock,
		`{"task": {"t": {"get": {"/a": {}, "/b": {}}}}}`:              diag.JSONSyntax,
		`{"task": {"t": {"get": {"/": {}}, "pause": {"for": "1s"}}}}`: diag.JSONSyntax,
		`{"task": {"t": {"get": {"/": {}}, "steps": []}}}`:            diag.JSONSyntax,
		`{"task": {"t": {"gett": {"/": {}}}}}`:                        diag.UnknownBlock,
		`{"task": {"t": {"descripton": "x"}}}`:                        diag.UnknownArgument,
		deep:                                                          diag.LimitExceeded,
	} {
		m, diags := config.Parse([]byte(src), "a.hcl.json")
		if len(diags) != 1 || diags[0].Code != code || diags[0].Subject == nil || diags[0].Subject.Filename != "a.hcl.json" {
			t.Errorf("%.60s: %v, want %s", src, diags.Err(), code)
		}
		broken := m.Broken
		for _, b := range m.Root.Blocks {
			broken = broken || b.Broken
		}
		if !broken {
			t.Errorf("%.60s: nothing says that it is broken", src)
		}
	}
}

// TestJSONForms accepts what the documentation promises.
func TestJSONForms(t *testing.T) {
	for _, src := range []string{
		`{"//": "a comment", "locals": {"//": 1, "a": 12345678901234567890.123456789}}`,
		"\ufeff{\r\n}", `{"locals": null, "user": []}`,
		`{"task": {"t": {"steps": [{"//": "x", "get": {"/": {}}}, {"pause": {"for": "1s"}}, {"get": [{"/": {}}, {"/b": {}}]}]}}}`,
		`{"task": {"t": {"get": [{"/a": {}}, {"/b": {}}], "tags": "x"}}}`,
		`{"user": {"u": {"get": {"/a": {}, "/b": {"expect": [{"status": 200}, {"status": 201}]}}, "task": {"t": {"get": {"/": {}}}}, "start": {"get": {"/": {}}}}}}`,
		`{"user": {"u": {"dynamic": {"get": {"for_each": ["/a"], "iterator": "p", "labels": ["${p.value}"], "content": {"weight": 2}}}}}}`,
		`{"variable": {"x": {"type": "list(string)"}}, "data": {"csv": {"a": {"file": "a.csv"}}}}`,
	} {
		if _, diags := config.Parse([]byte(src), "a.hcl.json"); len(diags) > 0 {
			t.Errorf("%s: %v", src, diags.Err())
		}
	}
}

// TestJSONExpressions: strings that are one interpolation, or name a thing,
// are that expression.
func TestJSONExpressions(t *testing.T) {
	m, diags := config.Parse([]byte(`{"locals": {"a": "${local.b}", "b": "x", "c": "a${local.b}"}, "user": {"u": {"use": "user.base"}}}`), "a.hcl.json")
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	locals, user := m.Root.First("locals"), m.Root.First("user")
	for _, e := range []any{locals.Arg("a").Expr, user.Arg("use").Expr} {
		if _, ok := e.(*hclsyntax.ScopeTraversalExpr); !ok {
			t.Errorf("%T", e)
		}
	}
	for _, name := range []string{"b", "c"} {
		if _, ok := locals.Arg(name).Expr.(*hclsyntax.TemplateExpr); !ok {
			t.Errorf("%s is a %T", name, locals.Arg(name).Expr)
		}
	}
}

// TestSchemaFitsJSON: where a word is both an argument and a block of one
// block, or has a meaning of its own in JSON syntax, a key would be ambiguous.
// A step may be called as an argument: it stands in "steps".
func TestSchemaFitsJSON(t *testing.T) {
	step := schema.Root.Nested("user").Nested("task").Nested("group")
	schema.Walk(func(b *schema.Block) {
		for _, a := range b.Args {
			if b.Nested(a.Name) != nil && step.Nested(a.Name) == nil || a.Name == "steps" {
				t.Errorf("%s in %s is ambiguous in JSON syntax", a.Name, b.Type)
			}
		}
		if b.Nested("steps") != nil {
			t.Errorf("a block called steps in %s is ambiguous in JSON syntax", b.Type)
		}
	})
}

func TestIsSource(t *testing.T) {
	for name, want := range map[string]bool{
		"a.hcl": true, "a.hcl.json": true, "a.json": false, ".a.hcl.json": false,
		"a.vars.hcl.json": false, "a.vars.hcl": false, "a.throngtest.hcl.json": false, "a.hcl.bak": false,
	} {
		if config.IsSource(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "a.hcl.json")
	if err := os.WriteFile(file, []byte(`{"locals": {"a": 1}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, file} {
		if m, diags := config.Load(name); diags.HasErrors() || len(m.Root.Blocks) != 1 {
			t.Errorf("%v", diags.Err())
		}
	}
}

func TestJSONValues(t *testing.T) {
	values, diags := config.ParseValues([]byte(`{"base_url": "http://a", "n": 2}`), "a.vars.hcl.json")
	if diags.HasErrors() || len(values) != 2 || values["n"] == nil {
		t.Errorf("%v %v", values, diags.Err())
	}
}
