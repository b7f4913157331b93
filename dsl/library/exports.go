package library

import (
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/resolve"
)

const hidden = "(sensitive value)"

func (r *reader) inputs() []Input {
	list := []Input{}
	for _, name := range r.scope.Names("variable") {
		list = append(list, r.input(r.scope.Named("variable", name)))
	}
	return list
}

// input reads a variable, or an input of a task.
func (r *reader) input(b *config.Block) Input {
	kind := typeOf(b.Arg("type"))
	in := Input{
		Name: b.Name(), Description: r.describe(b), Type: kind.String(), Typed: b.Arg("type") != nil,
		Required: b.Arg("default") == nil, Sensitive: r.true(b, "sensitive"), Nullable: true,
		Validations: []string{}, Site: r.site(b.Range), kind: kind,
	}
	if nullable, known := r.static.bool(b.Arg("nullable")); known {
		in.Nullable = nullable
	}
	if a := b.Arg("default"); a != nil {
		in.value = r.written(a)
		text := in.value
		if in.Sensitive && text != "null" && text != `""` { // those hide nothing
			text = hidden
		}
		in.Default = &text
	}
	for _, v := range b.Of("validation") {
		if a := v.Arg("condition"); a != nil {
			in.Validations = append(in.Validations, spaced(a.Module.Text(a.Expr.Range())))
		}
	}
	slices.Sort(in.Validations)
	return in
}

// written is an argument's value as HCL writes it, or its source where the
// value is not known.
func (r *reader) written(a *config.Arg) string {
	if a.Module == r.scope.Tree.Config { // elsewhere names mean something else
		if v := r.static.value(a.Expr); v.IsWhollyKnown() {
			return Literal(v)
		}
	}
	return spaced(a.Module.Text(a.Expr.Range()))
}

// spaced is a text on one line.
func spaced(text string) string { return strings.Join(strings.Fields(text), " ") }

func (r *reader) outputs() []Output {
	list := []Output{}
	for _, name := range r.scope.Exported("output") {
		b := r.scope.Named("output", name)
		o := Output{Name: name, Description: r.describe(b), Sensitive: r.true(b, "sensitive"), Site: r.site(b.Range), kind: typing{ty: cty.DynamicPseudoType}}
		if a := b.Arg("value"); a != nil {
			o.kind.ty = r.static.value(a.Expr).Type()
		}
		o.Type = o.kind.String()
		list = append(list, o)
	}
	return list
}

func (r *reader) exports() []Export {
	list := []Export{}
	for _, kind := range Kinds {
		for _, name := range r.scope.Exported(kind) {
			list = append(list, r.export(kind, r.scope.Named(kind, name)))
		}
	}
	return list
}

// export reads a block and, where it uses another, that one with it.
func (r *reader) export(kind string, b *config.Block) Export {
	e := Export{Kind: kind, Name: b.Name(), Description: r.describe(b), Site: r.site(b.Range)}
	whole, _ := resolve.Use(r.scope, b)
	switch kind {
	case "task":
		for _, in := range whole.Of("input") {
			e.Inputs = append(e.Inputs, r.input(in))
		}
		slices.SortFunc(e.Inputs, func(a, b Input) int { return strings.Compare(a.Name, b.Name) })
	case "sla":
		e.Match = r.match(whole)
	case "data":
		e.Columns = r.columns(whole)
		e.Sensitive = r.static.texts(whole.Arg("sensitive"))
		slices.Sort(e.Sensitive)
	case "function":
		for _, p := range resolve.Params(b) {
			e.Parameters = append(e.Parameters, p.Name)
		}
	}
	return e
}

// match is what an SLA selects by, an entry for each argument.
func (r *reader) match(b *config.Block) []string {
	m := b.First("match")
	if m == nil {
		return nil
	}
	var list []string
	for _, a := range m.Args {
		list = append(list, a.Name+" = "+r.written(a))
	}
	slices.Sort(list)
	return list
}

// describe is what a block says about itself: its description, else the
// comment above it.
func (r *reader) describe(b *config.Block) string {
	if text := r.text(b, "description"); text != "" {
		return spaced(text)
	}
	return above(b.Module.Sources[b.Range.Filename], b.Range.Start)
}

// head is the comment that a library begins with: that of main.hcl, or of
// its only file. A comment that belongs to the first block is none.
func (r *reader) head() string {
	sources := r.scope.Tree.Config.Sources
	only := ""
	for name := range sources {
		if r.site(hcl.Range{Filename: name}).File == "main.hcl" {
			return heading(sources[name])
		}
		only = name
	}
	if len(sources) == 1 {
		return heading(sources[only])
	}
	return ""
}
