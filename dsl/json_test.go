package dsl_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"golang.org/x/tools/txtar"

	"throng/dsl"
	"throng/dsl/config"
	"throng/dsl/module"
	"throng/dsl/plan"
	"throng/dsl/schema"
)

// TestJSONEqual rewrites good scenarios into JSON syntax, file by file, and
// holds that they compile to the same plan.
func TestJSONEqual(t *testing.T) {
	names, err := filepath.Glob(filepath.Join("testdata", "good", "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range names {
		name, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			options, _ := unpack(t, archive)
			want := dumpWithoutSites(t, options)
			toJSON(t)
			if diff := cmp.Diff(want, dumpWithoutSites(t, options)); diff != "" {
				t.Errorf("-HCL +JSON:\n%s", diff)
			}
		})
	}
}

func dumpWithoutSites(t *testing.T, o dsl.Options) string {
	r := dsl.Compile(".", o)
	if r.Plan == nil {
		t.Fatalf("no plan:\n%s", rendered(t, r))
	}
	clear(r.Plan.Sites)
	var out bytes.Buffer
	if err := plan.Dump(&out, r.Plan); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// toJSON replaces every scenario file below the working directory. The lock
// file and vendored modules are none: their bytes count.
func toJSON(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path == module.VendorDir:
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".hcl" || !config.IsSource(d.Name()):
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, diags := hclsyntax.ParseConfig(src, path, hcl.InitialPos)
		if diags.HasErrors() {
			t.Fatal(diags)
		}
		c := converter{src}
		text := c.body(file.Body.(*hclsyntax.Body), schema.Root)
		var out bytes.Buffer
		if err := json.Indent(&out, []byte(text), "", "  "); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		if err := os.WriteFile(path+".json", out.Bytes(), 0o644); err != nil {
			return err
		}
		return os.Remove(path)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// converter writes HCL's tree in JSON syntax.
type converter struct{ src []byte }

func quote(s string) string {
	text, _ := json.Marshal(s)
	return string(text)
}

func (c converter) body(b *hclsyntax.Body, row *schema.Block) string {
	members := []string{`"//": "written by a test"`}
	attributes := slices.SortedFunc(maps.Values(b.Attributes), func(a, b *hclsyntax.Attribute) int { return a.SrcRange.Start.Byte - b.SrcRange.Start.Byte })
	for _, a := range attributes {
		members = append(members, quote(a.Name)+": "+c.argument(a.Expr, row.Arg(a.Name)))
	}
	if row.Nested("get") != nil || row.Nested("send") != nil {
		steps := make([]string, len(b.Blocks))
		for i, n := range b.Blocks {
			steps[i] = "{" + quote(n.Type) + ": " + c.block(n, row) + "}"
		}
		members = append(members, `"steps": [`+strings.Join(steps, ",")+"]")
		return "{" + strings.Join(members, ",") + "}"
	}
	kinds := map[string][]string{}
	for _, n := range b.Blocks {
		kinds[n.Type] = append(kinds[n.Type], c.block(n, row))
	}
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		all := kinds[kind]
		text := all[0]
		if len(all) > 1 {
			text = "[" + strings.Join(all, ",") + "]"
		}
		members = append(members, quote(kind)+": "+text)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (c converter) block(b *hclsyntax.Block, in *schema.Block) string {
	row := schema.Dynamic
	if nested := in.Nested(b.Type); nested != nil {
		row = nested.Block
	} else if b.Type == "dynamic" {
		content := *in.Nested(b.Labels[0]).Block
		content.Type, content.Labels = "content", nil
		with := *schema.Dynamic
		with.Blocks = []*schema.Nested{{Block: &content}}
		row = &with
	}
	text := c.body(b.Body, row)
	for i := len(b.Labels) - 1; i >= 0; i-- {
		text = "{" + quote(b.Labels[i]) + ": " + text + "}"
	}
	return text
}

func (c converter) text(e hclsyntax.Expression) string {
	r := e.Range()
	return string(r.SliceBytes(c.src))
}

func (c converter) argument(e hclsyntax.Expression, row *schema.Arg) string {
	if row != nil {
		switch row.Type {
		case schema.TypeExpr, schema.Reference:
			return quote(c.text(e))
		case schema.Names:
			list, ok := e.(*hclsyntax.TupleConsExpr)
			if !ok {
				return quote(c.text(e))
			}
			names := make([]string, len(list.Exprs))
			for i, name := range list.Exprs {
				names[i] = quote(c.text(name))
			}
			return "[" + strings.Join(names, ",") + "]"
		}
	}
	return c.value(e)
}

func (c converter) value(e hclsyntax.Expression) string {
	switch e := e.(type) {
	case *hclsyntax.LiteralValueExpr:
		return c.text(e)
	case *hclsyntax.TemplateExpr:
		if text, ok := c.template(e); ok {
			return quote(text)
		}
	case *hclsyntax.TupleConsExpr:
		items := make([]string, len(e.Exprs))
		for i, item := range e.Exprs {
			items[i] = c.value(item)
		}
		return "[" + strings.Join(items, ",") + "]"
	case *hclsyntax.ObjectConsExpr:
		items := make([]string, len(e.Items))
		for i, item := range e.Items {
			key := item.KeyExpr.(*hclsyntax.ObjectConsKeyExpr).Wrapped
			text := hcl.ExprAsKeyword(key)
			if quoted, ok := key.(*hclsyntax.TemplateExpr); ok {
				text, _ = c.template(quoted)
			} else if text == "" {
				text = "${" + c.text(key) + "}"
			}
			items[i] = quote(text) + ": " + c.value(item.ValueExpr)
		}
		return "{" + strings.Join(items, ",") + "}"
	}
	return quote("${" + c.text(e) + "}")
}

// template is a quoted template as the text that a JSON string holds; false
// where it has directives.
func (c converter) template(e *hclsyntax.TemplateExpr) (string, bool) {
	text := ""
	for _, part := range e.Parts {
		switch part := part.(type) {
		case *hclsyntax.LiteralValueExpr:
			if part.Val.Type() != cty.String {
				text += "${" + c.text(part) + "}"
				continue
			}
			text += strings.NewReplacer("${", "$${", "%{", "%%{").Replace(part.Val.AsString())
		case *hclsyntax.TemplateJoinExpr:
			return "", false
		case *hclsyntax.ConditionalExpr:
			if c.text(part)[0] == '%' {
				return "", false
			}
			text += "${" + c.text(part) + "}"
		default:
			text += "${" + c.text(part) + "}"
		}
	}
	return text, true
}
