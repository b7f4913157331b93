package template_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/template"
	"throng/stdlib"
)

func context(t testing.TB, dir string) *hcl.EvalContext {
	t.Helper()
	base := stdlib.Functions(stdlib.Dir(dir))
	maps.Copy(base, stdlib.TemplateFunctions(stdlib.Dir(dir), template.Renderer(base, nil)))
	return &hcl.EvalContext{Functions: base, Variables: map[string]cty.Value{
		"unknown": cty.DynamicVal, "secret": cty.StringVal("s3cret").Mark("sensitive"),
		"huge": cty.StringVal("1e600000000"), "long": cty.StringVal(strings.Repeat("a", 2000)),
	}}
}

func value(t testing.TB, ctx *hcl.EvalContext, src string) (cty.Value, error) {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(src), "test", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatal(diags)
	}
	v, diags := e.Value(ctx)
	if diags.HasErrors() {
		return v, diags
	}
	return v, nil
}

func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTemplates(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "order.tftpl", "{\n%{ for i, l in lines ~}\n  \"${i}\": ${jsonencode(l)},\n%{ endfor ~}\n  \"total\": ${total}%{ if gift }, \"gift\": true%{ endif }\n}\n")
	write(t, dir, "lone", "${n}")
	write(t, dir, "plain", "no ${\"$\"}{x} but $${y}")
	ctx := context(t, dir)
	for src, want := range map[string]string{
		`templatefile("order.tftpl", { lines = ["a", { b = 1 }], total = 2.50, gift = true })`: "{\n  \"0\": \"a\",\n  \"1\": {\"b\":1},\n  \"total\": 2.5, \"gift\": true\n}\n",
		`templatefile("lone", { n = 7 })`:                                             "7",
		`templatefile("plain", {})`:                                                   "no ${x} but ${y}",
		`templatestring("$${upper(a)}-$${b[0]}", { a = "x", b = [1] })`:               "X-1",
		`templatestring("%%{ if a }yes%%{ else }no%%{ endif }", tomap({ a = true }))`: "yes",
	} {
		v, err := value(t, ctx, src)
		if err != nil || v.AsString() != want {
			t.Errorf("%s = %#v, %v, want %q", src, v, err, want)
		}
	}
	v, err := value(t, ctx, `templatestring("$${a}", { a = unknown })`)
	if err != nil || v.IsKnown() || v.Type() != cty.String {
		t.Errorf("of unknown values: %#v, %v", v, err)
	}
	if v, err := value(t, ctx, `templatestring("$${a}", { a = secret })`); err != nil || !v.IsMarked() {
		t.Errorf("of a sensitive value: %#v, %v", v, err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "bad", "line one\n${ 1 + }\n")
	write(t, dir, "missing", "a\nb ${nam}\n")
	write(t, dir, "draws", "${uuid()}")
	write(t, dir, "nested", `${templatefile("nested", {})}`)
	write(t, dir, "unknown", "${no_such()}")
	write(t, dir, "type", "\n\n${upper([])}")
	write(t, dir, "list", "${l}")
	write(t, dir, "large", "%{ for x in l }${x}%{ endfor }")
	write(t, dir, "deep", strings.Repeat("${(", 5000))
	write(t, dir, "brackets", "${"+strings.Repeat("(", 100_000))
	write(t, dir, "chain", "${1"+strings.Repeat("+1", 2000)+"}")
	write(t, dir, "ifs", strings.Repeat("%{ if true }", 5000)+strings.Repeat("%{ endif }", 5000))
	write(t, dir, "number", "${1e600000000}")
	write(t, dir, "text number", `${"1e600000000" + 1}`)
	write(t, dir, "lines", strings.Repeat("\n", 1<<20))
	ctx := context(t, dir)
	for src, want := range map[string]string{
		`templatefile("bad", {})`:                                      "bad:2: ",
		`templatefile("missing", { name = 1 })`:                        "missing:2 reads nam, and its values have none of that name; they have name",
		`templatefile("draws", {})`:                                    "calls uuid, which cannot stand in a template",
		`templatefile("nested", {})`:                                   "calls templatefile, which cannot stand in a template",
		`templatefile("unknown", {})`:                                  "there is no function of that name",
		`templatefile("type", {})`:                                     "type:3: ",
		`templatefile("list", { l = [1] })`:                            "makes a value that is no text",
		`templatefile("list", { l = null })`:                           "makes null",
		`templatefile("large", { l = [for i in range(1000) : long] })`: "more than 1 MiB",
		`templatefile("none", {})`:                                     "there is no file",
		`templatefile("../bad", {})`:                                   "outside the scenario's directory",
		`templatefile("bad", [])`:                                      "must be an object",
		`templatefile("deep", {})`:                                     "nested more deeply",
		`templatefile("brackets", {})`:                                 "nested more deeply",
		`templatefile("chain", {})`:                                    "longer expressions",
		`templatefile("ifs", {})`:                                      "nested more deeply",
		`templatefile("number", {})`:                                   "exponent above 400",
		`templatefile("text number", {})`:                              "too large to compute with",
		`templatefile("lines", {})`:                                    "too long",
		`templatestring("$${n + 1}", { n = huge })`:                    "too large or too small",
		`templatestring("$${n[0] + 1}", { n = [huge] })`:               "too large or too small",
	} {
		v, err := value(t, ctx, src)
		if err == nil {
			t.Errorf("%s gives a value of type %s", src, v.Type().FriendlyName())
		} else if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %.300v, want %q", src, err, want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"a ${x} b", "%{ for i in l }${i}%{ endfor }", "$${x}", "%{ if x == \"a\" ~}\n y %{ else } z %{ endif }", "${join(\",\", l...)}", "${{a=1}[\"a\"]}"} {
		f.Add(s)
	}
	ctx := context(f, "")
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<12 {
			t.Skip()
		}
		_, _ = ctx.Functions["templatestring"].Call([]cty.Value{cty.StringVal(src), cty.ObjectVal(map[string]cty.Value{
			"x": cty.StringVal("a"), "l": cty.TupleVal([]cty.Value{cty.NumberIntVal(1), cty.StringVal("b")}),
		})})
	})
}
