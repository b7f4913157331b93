package stdlib_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/ext/tryfunc"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/plan"
	"throng/dsl/template"
	"throng/stdlib"
)

// frame is a user with a seeded source.
func frame(seed uint64) *plan.Frame {
	return &plan.Frame{Rand: rand.New(rand.NewPCG(seed, 7))}
}

// context has every function there is.
func context(t *testing.T, f *plan.Frame) *hcl.EvalContext {
	dir := t.TempDir()
	for name, content := range map[string]string{"greeting.txt": "hello\n", "greeting.tftpl": "hello, ${upper(name)}\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base := stdlib.Functions(stdlib.Dir(dir))
	maps.Copy(base, stdlib.TemplateFunctions(stdlib.Dir(dir), template.Renderer(base, nil)))
	fns := stdlib.FrameFunctions(base, f)
	fns["try"], fns["can"] = tryfunc.TryFunc, tryfunc.CanFunc
	return &hcl.EvalContext{Functions: fns}
}

func parse(t *testing.T, src string) hclsyntax.Expression {
	t.Helper()
	e, diags := hclsyntax.ParseExpression([]byte(src), "example", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%s: %s", src, diags)
	}
	return e
}

func eval(t *testing.T, ctx *hcl.EvalContext, src string) plan.Value {
	t.Helper()
	v, diags := parse(t, src).Value(ctx)
	if diags.HasErrors() {
		t.Fatalf("%s: %s", src, diags)
	}
	p, err := stdlib.FromCty(v)
	if err != nil {
		t.Fatalf("%s: %s", src, err)
	}
	return p
}

func same(a, b plan.Value) bool {
	return a.Equal(b) && string(a.AppendJSON(nil, false)) == string(b.AppendJSON(nil, false))
}

func TestExamples(t *testing.T) {
	ctx := context(t, frame(1))
	for _, f := range stdlib.Table {
		if f.WaitOnly {
			parse(t, f.Example)
			continue
		}
		got, want := eval(t, ctx, f.Example), eval(t, ctx, f.Result)
		switch {
		case f.Phase == stdlib.Static && !same(got, want):
			t.Errorf("%s = %s, the table says %s", f.Example, got.AppendJSON(nil, false), f.Result)
		case f.Phase == stdlib.User && got.TypeName() != want.TypeName():
			t.Errorf("%s is %s, the table says %s", f.Example, got.TypeName(), want.TypeName())
		}
	}
}

func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range stdlib.Table {
		if seen[f.Name] {
			t.Errorf("%s stands twice in the table", f.Name)
		}
		seen[f.Name] = true
		if !strings.HasPrefix(f.Signature, f.Name+"(") || !strings.Contains(f.Example, f.Name+"(") ||
			!strings.HasSuffix(f.Description, ".") || f.Category == "" || f.Result == "" && !f.WaitOnly {
			t.Errorf("%s: incomplete row %+v", f.Name, f)
		}
		switch {
		case f.Special:
			if f.Lower != nil || f.Bind != nil {
				t.Errorf("%s is special and has forms", f.Name)
			}
		case f.Lower == nil, (f.Bind != nil) != (f.Phase == stdlib.User):
			t.Errorf("%s lacks a form", f.Name)
		}
	}
	if _, ok := stdlib.Lookup("nothing"); ok || len(stdlib.Names()) != len(stdlib.Table) {
		t.Error("Lookup or Names disagree with the table")
	}
}

// opaque hides that an argument is constant.
type opaque struct{ v plan.Value }

func (o opaque) Eval(*plan.Frame) (plan.Value, error) { return o.v, nil }

// TestExamplesLowered evaluates every call in the examples of pure functions
// in both forms, and calls whose results depend on static collection types.
func TestExamplesLowered(t *testing.T) {
	ctx := context(t, frame(1))
	sources := []string{
		`concat(split(",", "a,b"), tolist([1]))`, `concat(tolist([1]), tolist(["a"]), [true])`, `coalesce(1, "a")`, `coalesce(null, "", 7)`,
		`merge(tomap({ a = 1 }), tomap({ b = "x" }))`, `lookup(tomap({ a = "1" }), "b", 2)`, `contains(toset(["b", "a"]), "a")`,
		`contains([tolist(["a"])], ["a"])`, `reverse(toset(["b", "a"]))`, `values(tomap({ a = 1, b = "c" }))`, `length(toset([1, 1]))`,
		`element(tolist([1, 2]), 3)`, `flatten([tolist([1]), ["a"]])`, `setunion(toset([1]), ["a"])`, `distinct(tolist([1, "1"]))`,
		`format("%05d|%3d|%d|%s%%", -7, -7, 12345678, 3)`, `format("%010d", 1234567890123)`, `format("%5s|%-5d|%+d", "a", 1, 2)`, `format("%d", "12")`,
		`format("%s %v", true, 1.5)`, `format("%[2]s %[1]s", "a", "b")`, `format("no verb")`, `format("%s", "a", "b")`, `format("%s")`, `format("%05d", 2.5)`,
	}
	for _, f := range stdlib.Table {
		if f.Phase == stdlib.Static {
			sources = append(sources, f.Example)
		}
	}
	calls := 0
	for _, src := range sources {
		_ = hclsyntax.VisitAll(parse(t, src), func(n hclsyntax.Node) hcl.Diagnostics {
			if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && !call.ExpandFinal {
				if row, _ := stdlib.Lookup(call.Name); row.Lower != nil {
					calls++
					compareForms(t, ctx, src, row, call)
				}
			}
			return nil
		})
	}
	if calls < 80 {
		t.Errorf("only %d calls compared", calls)
	}
}

// compareForms holds one call's lowered form, with the static types of its
// arguments, against HCL's evaluation.
func compareForms(t *testing.T, ctx *hcl.EvalContext, src string, row *stdlib.Function, call *hclsyntax.FunctionCallExpr) {
	t.Helper()
	var c stdlib.Call
	for _, a := range call.Args {
		v, _ := a.Value(ctx)
		p, err := stdlib.FromCty(v)
		if err != nil {
			t.Fatal(err)
		}
		c.Args = append(c.Args, opaque{p})
		c.Types = append(c.Types, v.Type())
	}
	node, err := row.Lower(c)
	if err != nil {
		t.Fatalf("%s: %s", src, err)
	}
	got, err := node.Eval(frame(1))
	v, diags := call.Value(ctx)
	if (err != nil) != diags.HasErrors() {
		t.Fatalf("%s: lowered %v, HCL %v", src, err, diags)
	}
	if err != nil {
		return
	}
	if want, _ := stdlib.FromCty(v); !same(got, want) {
		t.Errorf("%s lowered gives %s, HCL %s", src, got.AppendJSON(nil, false), want.AppendJSON(nil, false))
	}
}

// randomValue is a value of the shapes that make functions go wrong: equal
// and nearly equal texts, numbers as text, empty and mixed lists, nulls.
func randomValue(r *rand.Rand, depth int) plan.Value {
	texts := []string{"", "a", "b", "ab", "aab", "1", "12.5", "-3", "true", "a,b,,a", "/a+/", "%s-%d", "%05d|%3d|%%", "%v %q", "é世x", "x\r\ny",
		"<a&b>\u2028\"\\", "2026-01-02T03:04:05Z", "1m30s", "aGVsbG8=", "{\"a\":[1,2.50,null]}", "[0-9]+", "a=(.)", "YYYY", " a ", "1e3", "ff"}
	if depth <= 0 || r.IntN(3) > 0 {
		switch r.IntN(10) {
		case 0, 1, 2, 3:
			return plan.StringValue(texts[r.IntN(len(texts))])
		case 4, 5:
			return plan.IntValue(int64(r.IntN(7) - 2))
		case 6:
			v, _ := plan.ParseNumber([]string{"1.5", "-0.25", "123456789012345678901234567890", "1e300", "0.1"}[r.IntN(5)])
			return v
		case 7:
			return plan.BoolValue(r.IntN(2) == 0)
		case 8:
			return plan.NullValue()
		}
		return plan.IntValue(int64(r.Uint64()))
	}
	n := r.IntN(4)
	if r.IntN(3) == 0 {
		fields := make([]plan.Field, n)
		for i := range fields {
			fields[i] = plan.Field{Name: texts[r.IntN(6)], Value: randomValue(r, depth-1)}
		}
		return plan.ObjectValue(fields)
	}
	items := make([]plan.Value, n)
	uniform := randomValue(r, 0).Kind()
	for i := range items {
		items[i] = randomValue(r, depth-1)
		for range 20 {
			if items[i].Kind() == uniform || r.IntN(8) == 0 {
				break
			}
			items[i] = randomValue(r, depth-1)
		}
	}
	return plan.ListValue(items)
}

// exampleArgs are the arguments of the function's own call in its example.
func exampleArgs(t *testing.T, f stdlib.Function) []plan.Value {
	ctx := context(t, frame(1))
	var args []plan.Value
	_ = hclsyntax.VisitAll(parse(t, f.Example), func(n hclsyntax.Node) hcl.Diagnostics {
		if call, ok := n.(*hclsyntax.FunctionCallExpr); ok && call.Name == f.Name {
			for _, a := range call.Args {
				v, diags := a.Value(ctx)
				if diags.HasErrors() {
					t.Fatal(diags)
				}
				p, err := stdlib.FromCty(v)
				if err != nil {
					t.Fatal(err)
				}
				args = append(args, p)
			}
		}
		return nil
	})
	return args
}

// TestLoweredAgrees holds every pure function's lowered form against its cty
// form, over random arguments.
func TestLoweredAgrees(t *testing.T) {
	const rounds = 500
	tried, proven := 0, 0
	for _, f := range stdlib.Table {
		if f.Phase != stdlib.Static || f.Special {
			continue
		}
		tried++
		t.Run(f.Name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(11, 12))
			usual := exampleArgs(t, f)
			good := 0
			for range rounds {
				n := len(f.Impl.Params())
				if f.Impl.VarParam() != nil {
					n += r.IntN(4)
				}
				mixed := r.IntN(2) == 0 // with arguments as the function wants them
				args := make([]plan.Expr, n)
				in := make([]cty.Value, n)
				var shown []byte
				for i := range args {
					v := randomValue(r, 2)
					if mixed && i < len(usual) && r.IntN(8) > 0 {
						v = usual[i]
					}
					args[i] = opaque{v}
					if r.IntN(2) == 0 {
						args[i] = plan.Const{Value: v}
					}
					in[i], _ = stdlib.ToCty(v, cty.DynamicPseudoType)
					shown = append(v.AppendJSON(shown, false), ' ')
				}
				node, err := f.Lower(stdlib.Call{Args: args})
				var got plan.Value
				gotErr := err
				if err == nil {
					got, gotErr = node.Eval(nil)
				}
				var want plan.Value
				out, wantErr := f.Impl.Call(in)
				if wantErr == nil {
					want, wantErr = stdlib.FromCty(out)
				}
				if (gotErr == nil) != (wantErr == nil) || gotErr == nil && !same(got, want) {
					t.Fatalf("%s(%s)\nlowered %s, %v\nHCL     %s, %v", f.Name, shown, got.AppendJSON(nil, false), gotErr, want.AppendJSON(nil, false), wantErr)
				}
				if gotErr == nil {
					good++
				}
			}
			if good > 0 {
				proven++
			}
		})
	}
	if proven < tried {
		t.Errorf("of %d functions only %d accepted any of the random arguments", tried, proven)
	}
}

// TestForms checks the form of what the random functions give.
func TestForms(t *testing.T) {
	ctx := context(t, frame(3))
	for src, form := range map[string]string{
		"uuid()":                             `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`,
		"ulid()":                             `^0[0-9A-HJKMNP-TV-Z]{25}$`,
		"randstring(12)":                     `^[0-9A-Za-z]{12}$`,
		"randhex(9)":                         `^[0-9a-f]{9}$`,
		"randbytes(5)":                       `^[0-9A-Za-z+/]{7}=$`,
		"length(base64encode(randbytes(0)))": `^0$`,
		"totp(\"GEZDGNBVGY3TQOJQ\", { digits = 8 })": `^[0-9]{8}$`,
		"fake_email()":       `^[a-z]+\.[a-z]+[0-9]+@example\.(com|net|org)$`,
		"fake_name()":        `^[A-Z][A-Za-z']+ [A-Z][A-Za-z']+$`,
		"fake_username()":    `^[a-z]+[0-9]+$`,
		"fake_phone()":       `^\+1[2-9][0-9]{2}55501[0-9]{2}$`,
		"fake_street()":      `^[0-9]+ [A-Za-z' ]+$`,
		"fake_zip()":         `^[0-9]{5}$`,
		"fake_word()":        `^[a-z]+$`,
		"fake_sentence(3)":   `^[A-Z][a-z]* [a-z]+ [a-z]+\.$`,
		"fake_paragraph(2)":  `^([A-Z][a-z]*( [a-z]+){3,13}\. ?){2}$`,
		"fake_ipv4()":        `^[0-9]{1,3}(\.[0-9]{1,3}){3}$`,
		"fake_url()":         `^https://[a-z]+\.example\.(com|net|org)/[a-z]+/[a-z]+$`,
		"fake_user_agent()":  `^Mozilla/5\.0 \([^)]+\) .*$`,
		"fake_credit_card()": `^424242[0-9]{10}$`,
		"fake_date(\"2024-02-28\", \"2024-03-01\")":                               `^2024-(02-2[89]|03-01)$`,
		"fake_date(\"2024-02-28T00:00:00+01:00\", \"2024-02-28T00:00:09+01:00\")": `^2024-02-28T00:00:0[0-9]\+01:00$`,
		"tostring(unixtime())":                              `^[0-9]{10}(\.[0-9]{1,6})?$`,
		"timestamp()":                                       `^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$`,
		"tostring(between(1, 2))":                           `^(1(\.[0-9]{1,9})?|2)$`,
		"tostring(constant(\"1d\"))":                        `^86400$`,
		"join(\",\", sort(shuffle([\"c\", \"a\", \"b\"])))": `^a,b,c$`,
	} {
		for range 50 {
			if got := eval(t, ctx, src).Text(); !regexp.MustCompile(form).MatchString(got) {
				t.Fatalf("%s = %q", src, got)
			}
		}
	}
}

// TestUnknown type-checks: with unknown arguments every function gives an
// unknown value, and with wrong ones an error.
func TestUnknown(t *testing.T) {
	ctx := &hcl.EvalContext{
		Functions: stdlib.CheckFunctions(stdlib.Functions(nil)),
		Variables: map[string]cty.Value{"x": cty.DynamicVal},
	}
	for src, ty := range map[string]cty.Type{
		"randint(1, x)":           cty.Number,
		"randint(1, 6)":           cty.Number,
		"uuid()":                  cty.String,
		"pick(x)":                 cty.DynamicPseudoType,
		"upper(x)":                cty.String,
		"length(x)":               cty.Number,
		"format(\"%d\", x)":       cty.String,
		"split(\",\", x)":         cty.List(cty.String),
		"jsondecode(x)":           cty.DynamicPseudoType,
		"concat(x, [1])":          cty.DynamicPseudoType,
		"startswith(x, \"a\")":    cty.Bool,
		"seconds(x)":              cty.Number,
		"coalesce(x, 1)":          cty.DynamicPseudoType,
		"between(\"1s\", \"2s\")": cty.Number,
	} {
		v, diags := parse(t, src).Value(ctx)
		if diags.HasErrors() {
			t.Errorf("%s: %s", src, diags)
		} else if v.IsKnown() || v.Type() != ty {
			t.Errorf("%s = %#v, want an unknown %s", src, v, ty.FriendlyName())
		}
	}
	for _, src := range []string{
		"randint(6, 1)", "randint(1)", "pick([])", "pick(1)", "weighted({})", "weighted({a = -1})", "weighted({a = 0})", "between(\"3s\", \"1s\")",
		"constant(\"3 apples\")", "exponential(-1)", "randstring(-1)", "randstring(1e9)", "uuid(1)", "upper([])", "normal(null, 1)",
		"file(\"greeting.txt\")", "startswith(1)", "randfloat(2, 1)", "randint(1.5, 2)",
		"sample([1], 2)", "sample([1], -1)", "randhex(-1)", "randbytes(1e7)", "poisson(-1)", "poisson(1e10)", "zipf(2, 1, 1)", "zipf(1, 2, -1)", "zipf(1, 1e18, 1)",
		"pareto(\"1s\", 0)", "lognormal(-1, 1)", "fake_sentence(0)", "fake_date(\"2025-01-02\", \"2025-01-01\")", "fake_date(\"2025-01-02\", \"2025-01-01T00:00:00Z\")",
		"totp(\"1\")", "totp()", "totp(\"GEZDGNBVGY3TQOJQ\", {}, {})", "totp(\"GEZDGNBVGY3TQOJQ\", { digits = 11 })", "totp(\"GEZDGNBVGY3TQOJQ\", { colour = 1 })",
		"hmac(\"sha3\", \"k\", \"t\")", "hmac(\"sha1\", \"k\")", "hmac(\"sha1\", \"k\", \"t\", \"hex\", \"hex\", 1)", "jwt({}, \"k\", { alg = \"none\" })",
		"jwt({}, \"k\", { alg = \"RS256\" })", "jwt([], \"k\")", "basicauth(\"a:b\", \"c\")", "css(\"<p>\", \"p[\")", "xpath(\"<p/>\", \"//[\")",
	} {
		if v, diags := parse(t, src).Value(ctx); !diags.HasErrors() {
			t.Errorf("%s = %#v, want an error", src, v)
		}
	}
}

func TestMarks(t *testing.T) {
	ctx := context(t, frame(1))
	ctx.Variables = map[string]cty.Value{"secret": cty.StringVal("s3cret").Mark("sensitive")}
	for _, src := range []string{`upper(secret)`, `format("%s!", secret)`, `jsonencode({ a = secret })`, `md5(secret)`, `replace(secret, "s", "t")`,
		`join("", [secret])`, `length(secret)`,
		`jwt({ sub = "a" }, secret)`, `jwt({ sub = secret }, "k")`, `hmac("sha256", secret, "text")`, `hmac("sha256", "key", secret)`,
		`basicauth("ann", secret)`, `hotp("GEZDGNBVGY3TQOJQ", length(secret))`, `urldecode(secret)`, `uuidv5("dns", secret)`,
		`templatestring("$${a}", { a = secret })`, `gjson("{\"a\":1}", secret)`, `css(secret, "p")`, `sample([secret], 1)`, `base64gzip(secret)`, `pick([secret])`, `randstring(length(secret))`, `coalesce(secret, "x")`} {
		v, diags := parse(t, src).Value(ctx)
		if diags.HasErrors() {
			t.Errorf("%s: %s", src, diags)
		} else if !v.ContainsMarked() {
			t.Errorf("%s loses the mark of a sensitive value", src)
		}
	}
}
