package diag

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// checkOffsets proves that every highlight lies in its snippet.
func checkOffsets(t *testing.T, out []byte) {
	t.Helper()
	var doc jsonOutput
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	for _, d := range doc.Diagnostics {
		if s := d.Snippet; s != nil && (s.HighlightStartOffset < 0 || s.HighlightEndOffset < s.HighlightStartOffset || s.HighlightEndOffset > len(s.Code)) {
			t.Fatalf("highlight %d-%d of %d bytes", s.HighlightStartOffset, s.HighlightEndOffset, len(s.Code))
		}
	}
}

func TestCodes(t *testing.T) {
	kebab := regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)
	summaries := map[string]string{}
	for _, c := range Codes {
		if !kebab.MatchString(c.ID) {
			t.Errorf("%q is not kebab-case", c.ID)
		}
		if other, taken := summaries[c.Summary]; taken {
			t.Errorf("%s and %s share a summary", c.ID, other)
		}
		summaries[c.Summary] = c.ID
		if strings.HasSuffix(c.Summary, ".") || strings.ToUpper(c.Summary[:1]) != c.Summary[:1] || len(c.Summary) > 50 {
			t.Errorf("%s: summary %q", c.ID, c.Summary)
		}
		if !strings.HasSuffix(c.Explanation, ".") && !strings.HasSuffix(c.Explanation, "?") || len(c.Explanation) < 30 {
			t.Errorf("%s: explanation %q", c.ID, c.Explanation)
		}
	}
	if len(byID) != len(Codes) {
		t.Errorf("%d codes, %d distinct", len(Codes), len(byID))
	}
	src, err := os.ReadFile("ids.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`= "([^"]+)"`).FindAllSubmatch(src, -1) {
		if _, ok := Lookup(string(m[1])); !ok {
			t.Errorf("code %s is not in the table", m[1])
		}
	}
}

// TestHCLSummaries reads HCL's own source: every summary it can give has a
// code of ours.
func TestHCLSummaries(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/hashicorp/hcl/v2").Output()
	if err != nil || len(strings.TrimSpace(string(dir))) == 0 {
		t.Skip("the source of HCL is not at hand")
	}
	summary := regexp.MustCompile(`Summary:\s+"([^"]+)"`)
	seen := 0
	for _, sub := range []string{".", "hclsyntax", "json"} {
		files, _ := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), sub, "*.go"))
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range summary.FindAllSubmatch(src, -1) {
				seen++
				if _, ok := hclCodes[string(m[1])]; !ok {
					t.Errorf("%s: %q has no code", filepath.Base(file), m[1])
				}
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d summaries found", seen)
	}
	for s, code := range hclCodes {
		if _, ok := Lookup(code); !ok {
			t.Errorf("%q has the unknown code %q", s, code)
		}
	}
}

func TestSuggest(t *testing.T) {
	names := []string{"weight", "wait", "name", "fixed_count", "requests_per_second", "p95", "get"}
	for given, want := range map[string]string{
		"weigth": "weight", "Weight": "weight", "wiat": "wait", "fixed-count": "fixed_count",
		"request_per_second": "requests_per_second", "p96": "p95", "nmae": "name",
		"x": "", "": "", "weight": "", "zzz": "", "colour": "", strings.Repeat("w", 500): "",
	} {
		if got := Suggest(given, names); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", given, got, want)
		}
	}
}

func TestErrAndSort(t *testing.T) {
	place := func(file string, line, column int) hcl.Range {
		return hcl.Range{Filename: file, Start: hcl.Pos{Line: line, Column: column}}
	}
	var ds Diagnostics
	ds.Append(nil)
	if ds.Err() != nil || ds.HasErrors() {
		t.Error("no diagnostics are no error")
	}
	ds.Append(NewWarning(Unused, place("b.hcl", 2, 1), "W."))
	if ds.Err() != nil {
		t.Error("warnings are no error")
	}
	ds.Extend(Diagnostics{
		New(InvalidValue, place("b.hcl", 2, 5), "B."),
		New(InvalidValue, place("b.hcl", 10, 1), "C."),
		New(InvalidValue, place("a.hcl", 9, 9), "A."),
		General(NoProfile, "N."),
	})
	ds.Sort()
	var order string
	for _, d := range ds {
		order += d.Detail
	}
	if order != "N.A.W.B.C." {
		t.Errorf("order %s", order)
	}
	var failure *Failure
	if err := ds.Err(); !errors.As(err, &failure) || err.Error() != "No profile: N. (and 3 more)" {
		t.Errorf("Err() = %v", err)
	}
	if got := ds[1].line(); got != "a.hcl:9:9: Invalid value: A." {
		t.Errorf("line %q", got)
	}
}

func TestValueText(t *testing.T) {
	for want, v := range map[string]cty.Value{
		`"a\"b"`:                     cty.StringVal(`a"b`),
		"1.5":                        cty.NumberFloatVal(1.5),
		"null":                       cty.NullVal(cty.Number),
		"(sensitive value)":          cty.StringVal("x").Mark(1),
		"known only while users run": cty.DynamicVal,
		"a list of 2 elements":       cty.TupleVal([]cty.Value{cty.True, cty.Zero}),
		"an object with 1 attribute": cty.ObjectVal(map[string]cty.Value{"a": cty.StringVal("s").Mark(1)}),
		"a map of 0 elements":        cty.MapValEmpty(cty.String),
		"a set of 1 element":         cty.SetVal([]cty.Value{cty.True}),
	} {
		if got := ValueText(v); got != want {
			t.Errorf("ValueText(%#v) = %q, want %q", v, got, want)
		}
	}
	if got := ValueText(cty.StringVal(strings.Repeat("é", 500))); len(got) > 110 {
		t.Errorf("a long string is shown with %d bytes", len(got))
	}
}

// TestSecretsInFunctionErrors: a function's own error may quote its
// arguments, so it is withheld where one is sensitive.
func TestSecretsInFunctionErrors(t *testing.T) {
	fn := function.New(&function.Spec{
		Params: []function.Parameter{{Name: "s", Type: cty.String}},
		Type:   function.StaticReturnType(cty.String),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			return cty.NilVal, fmt.Errorf("cannot read %q", args[0].AsString())
		},
	})
	ctx := &hcl.EvalContext{
		Functions: map[string]function.Function{"f": fn},
		Variables: map[string]cty.Value{"secret": cty.StringVal("hunter2").Mark("x"), "open": cty.StringVal("berlin")},
	}
	for src, want := range map[string]string{"f(secret)": "withheld", "f(\"${open}-${secret}\")": "withheld", "f(open)": `cannot read "berlin"`} {
		expr, diags := hclsyntax.ParseExpression([]byte(src), "x.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, diags = expr.Value(ctx)
		out, err := JSON(FromHCL(diags), map[string][]byte{"x.hcl": []byte(src)})
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.ReplaceAll(string(out), `\"`, `"`); !strings.Contains(text, want) || strings.Contains(text, "hunter2") {
			t.Errorf("%s: want %q in\n%s", src, want, text)
		}
	}
}

// TestLimitsOfFunctions: a function that would do too much is shown as a
// limit, once, and the full stops of others are not doubled.
func TestLimitsOfFunctions(t *testing.T) {
	failing := func(err error) function.Function {
		return function.New(&function.Spec{Type: function.StaticReturnType(cty.String), Impl: func([]cty.Value, cty.Type) (cty.Value, error) {
			return cty.NilVal, err
		}})
	}
	ctx := &hcl.EvalContext{Functions: map[string]function.Function{
		"busy": failing(fmt.Errorf("within: %w", LimitError("It is too much."))), "stops": failing(errors.New("It stops.")), "waits": failing(errors.New("and so on...")),
	}}
	for src, want := range map[string]string{
		"[busy(), busy()]": LimitExceeded + " It is too much.",
		"stops()":          FunctionFailed + " Call to function \"stops\" failed: It stops.",
		"waits()":          FunctionFailed + " Call to function \"waits\" failed: and so on....",
	} {
		expr, diags := hclsyntax.ParseExpression([]byte(src), "x.hcl", hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		_, diags = expr.Value(ctx)
		ds := FromHCL(diags)
		if len(ds) != 1 || ds[0].Code+" "+ds[0].Detail != want || ds[0].Summary != Summary(ds[0].Code) {
			t.Errorf("%s: %v, want %q", src, ds.Err(), want)
		}
	}
}
