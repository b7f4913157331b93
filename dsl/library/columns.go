package library

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
)

// maxHead bounds what is read of a file of rows: its first one says what the
// columns are.
const maxHead = 1 << 20

// columns are the names of a data block's columns, sorted; none where they
// are not known before a run.
func (r *reader) columns(b *config.Block) []string {
	var names []string
	switch b.Labels[0].Text {
	case "csv":
		if names = r.static.texts(b.Arg("columns")); names == nil {
			names = r.csvHeader(b)
		}
	case "json":
		names = r.firstObject(b, true)
	case "ndjson":
		names = r.firstObject(b, false)
	case "inline":
		if a := b.Arg("rows"); a != nil {
			names = attributes(r.static.value(a.Expr).Type())
		}
	case "generated":
		if a := b.Arg("row"); a != nil {
			names = keys(a.Expr)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// attributes are the columns of rows of a type.
func attributes(ty cty.Type) []string {
	switch {
	case ty.IsTupleType() && ty.Length() > 0:
		ty = ty.TupleElementType(0)
	case ty.IsListType() || ty.IsSetType():
		ty = ty.ElementType()
	}
	if !ty.IsObjectType() {
		return nil
	}
	return slices.Collect(maps.Keys(ty.AttributeTypes()))
}

// keys are the names an object expression is written with.
func keys(e hcl.Expression) []string {
	pairs, diags := hcl.ExprMap(e)
	if diags.HasErrors() {
		return nil
	}
	var names []string
	for _, p := range pairs {
		if k, diags := p.Key.Value(nil); !diags.HasErrors() && k.IsWhollyKnown() && !k.IsNull() && k.Type() == cty.String {
			names = append(names, k.AsString())
		}
	}
	return names
}

func (r *reader) csvHeader(b *config.Block) []string {
	f := r.open(b)
	if f == nil {
		return nil
	}
	defer f.Close()
	rows := csv.NewReader(head(f))
	if comma, ok := r.static.text(b.Arg("delimiter")); ok && len([]rune(comma)) == 1 {
		rows.Comma = []rune(comma)[0]
	}
	names, err := rows.Read()
	if err != nil {
		return nil
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	return names
}

// firstObject are the keys of the first object of a list, or of a file that
// begins with one.
func (r *reader) firstObject(b *config.Block, listed bool) []string {
	f := r.open(b)
	if f == nil {
		return nil
	}
	defer f.Close()
	d := json.NewDecoder(head(f))
	if listed {
		if t, err := d.Token(); err != nil || t != json.Delim('[') {
			return nil
		}
	}
	var row map[string]json.RawMessage
	if d.Decode(&row) != nil {
		return nil
	}
	return slices.Collect(maps.Keys(row))
}

func head(f fs.File) io.Reader { return io.LimitReader(f, maxHead) }

// open opens a data block's file, nil where it cannot be read.
func (r *reader) open(b *config.Block) fs.File {
	name, ok := r.static.text(b.Arg("file"))
	if !ok || r.scope.Tree.Files == nil {
		return nil
	}
	name = path.Clean(filepath.ToSlash(name))
	info, err := fs.Stat(r.scope.Tree.Files, name)
	if err != nil || !info.Mode().IsRegular() {
		return nil // the compiler says what is wrong with it
	}
	f, err := r.scope.Tree.Files.Open(name)
	if err != nil {
		return nil
	}
	return f
}
