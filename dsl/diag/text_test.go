package diag

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s differs (-want +got):\n%s", file, d)
	}
}

const mainHCL = `user "operator" {
  weight = 30
	weigth	= 12
  name = "世界" + wrong
  body = {
    a = 1
    b = 2
  }
}

user "operator" {}
`

// at is the range of the nth occurrence (from 0) of text in src.
func at(t *testing.T, name, src, text string, n int) hcl.Range {
	t.Helper()
	from := 0
	for range n {
		from += strings.Index(src[from:], text) + 1
	}
	i := strings.Index(src[from:], text)
	if i < 0 {
		t.Fatalf("%q is not in the source", text)
	}
	i += from
	pos := func(b int) hcl.Pos {
		line := strings.Count(src[:b], "\n") + 1
		column := len([]rune(src[strings.LastIndex(src[:b], "\n")+1:b])) + 1
		return hcl.Pos{Line: line, Column: column, Byte: b}
	}
	return hcl.Range{Filename: name, Start: pos(i), End: pos(i + len(text))}
}

func sampleDiagnostics(t *testing.T) (Diagnostics, map[string][]byte) {
	where := func(text string, n int) hcl.Range { return at(t, "main.hcl", mainHCL, text, n) }
	long := `x = "` + strings.Repeat("abcdefghij", 40) + `" ` + "\x1b[31m" + `!` + "\u202e" + strings.Repeat(" tail", 60) + "\n"
	body := where("body = {\n    a = 1\n    b = 2\n  }", 0)
	dup := New(DuplicateName, where(`user "operator"`, 1), "A user called %q is declared already. Give one of them another name.", "operator").
		Relate("first declared here", where(`user "operator"`, 0))
	wide := New(UnknownName, where("wrong", 0), "Nothing is called %q.", "wrong").In(`user "operator"`)
	wide.Values = []Value{{"var.count", "12"}, {"var.password", "(sensitive value)"}}
	ctx := New(WrongType, where("b = 2", 0), "b must be a string:\n  b = \"2\"\nThis sentence is long enough to be wrapped at the width that was asked for, with 世界 in it and some more words.")
	ctx.Context = &body
	elsewhere := hcl.Range{Filename: "gone.hcl", Start: hcl.Pos{Line: 3, Column: 1}, End: hcl.Pos{Line: 3, Column: 9}}
	ds := Diagnostics{
		dup,
		ctx,
		New(UnknownArgument, where("weigth", 0), "A user block has no argument called %q.", "weigth").In(`user "operator"`).
			DidYouMean("weigth", []string{"wait", "weight", "name"}),
		wide,
		NewWarning(Unused, elsewhere, "Nothing reads local.x."),
		NewWarning(Unused, elsewhere, "Nothing reads local.x."),
		New(InvalidCharacter, at(t, "long.hcl", long, "\x1b", 0), "An escape character stands here."),
		General(NoProfile, "The scenario has no profile."),
		New(EmptyBlock, body, "The block says nothing."),
	}
	return ds, map[string][]byte{"main.hcl": []byte(mainHCL), "long.hcl": []byte(long)}
}

func TestTextGolden(t *testing.T) {
	for name, o := range map[string]Options{
		"plain.txt":  {},
		"narrow.txt": {Width: 50, ASCII: true},
		"color.txt":  {Color: true},
	} {
		ds, sources := sampleDiagnostics(t)
		var b strings.Builder
		if err := WriteText(&b, ds, sources, o); err != nil {
			t.Fatal(err)
		}
		golden(t, name, []byte(b.String()))
		if !o.Color && strings.ContainsAny(b.String(), "\x1b\u202e") {
			t.Errorf("%s holds control characters", name)
		}
	}
}

func TestJSONGolden(t *testing.T) {
	ds, sources := sampleDiagnostics(t)
	got, err := JSON(ds, sources)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "sample.json", got)
}

func TestHCLGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/hcl/*.hcl")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{
		"var": cty.ObjectVal(map[string]cty.Value{
			"name":   cty.StringVal("berlin"),
			"list":   cty.ListVal([]cty.Value{cty.NumberIntVal(1)}),
			"secret": cty.StringVal("hunter2").Mark("sensitive"),
			"later":  cty.UnknownVal(cty.String),
			"null":   cty.NullVal(cty.String),
		}),
	}}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(file)
		f, diags := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
		if !diags.HasErrors() {
			attrs, more := f.Body.JustAttributes()
			diags = append(diags, more...)
			for _, a := range attrs {
				_, more := a.Expr.Value(ctx)
				diags = append(diags, more...)
			}
		}
		var b strings.Builder
		if err := WriteText(&b, FromHCL(diags), map[string][]byte{name: src}, Options{}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "hunter2") {
			t.Errorf("%s shows a sensitive value", name)
		}
		golden(t, "hcl/"+strings.TrimSuffix(name, ".hcl")+".txt", []byte(b.String()))
	}
}

func TestCap(t *testing.T) {
	var ds Diagnostics
	for i := range MaxShown + 7 {
		ds.Append(General(InvalidValue, "Value %d.", i))
	}
	var b strings.Builder
	if err := WriteText(&b, ds, nil, Options{}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "Error: "); n != MaxShown || !strings.HasSuffix(b.String(), "… and 7 more\n") {
		t.Errorf("%d shown, ends with %q", n, b.String()[max(0, b.Len()-40):])
	}
}

func FuzzWriteText(f *testing.F) {
	f.Add([]byte(mainHCL), 3, 2, 35, 3, 8, 41, 1, 9, 60)
	f.Add([]byte("a\r\n\tb\x00\xff世"), 2, 1, 4, -1, 7, 900, 0, 5, -4)
	f.Fuzz(func(t *testing.T, src []byte, l1, c1, b1, l2, c2, b2, l3, l4, width int) {
		r := hcl.Range{Filename: "f", Start: hcl.Pos{Line: l1, Column: c1, Byte: b1}, End: hcl.Pos{Line: l2, Column: c2, Byte: b2}}
		ctx := hcl.Range{Filename: "f", Start: hcl.Pos{Line: l3}, End: hcl.Pos{Line: l4}}
		d := New(Syntax, r, "%s", src)
		d.Context = &ctx
		d.Relate(string(src), ctx)
		ds := Diagnostics{d}
		sources := map[string][]byte{"f": src}
		var b strings.Builder
		if err := WriteText(&b, ds, sources, Options{Width: width}); err != nil {
			t.Fatal(err)
		}
		for _, c := range b.String() {
			if c < ' ' && c != '\n' {
				t.Fatalf("control character %q in the output", c)
			}
		}
		out, err := JSON(ds, sources)
		if err != nil {
			t.Fatal(err)
		}
		checkOffsets(t, out)
	})
}
