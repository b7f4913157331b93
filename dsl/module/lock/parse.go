package lock

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module/constraint"
	"throng/dsl/module/tree"
)

// format is the version of the lock file's format that this package writes,
// and the newest it reads.
const format = 1

// maxFile bounds a lock file in bytes.
const maxFile = 1 << 20

// repair is what helps whatever is wrong with a lock file.
const repair = `"throng init" maintains this file: take it from version control again, or delete it and run "throng init", which then chooses every version anew.`

// Parse reads a lock file, which diagnostics call name. It is strict: what it
// does not know could be meant to forbid something. The file is nil when there
// are errors.
func Parse(src []byte, name string) (*File, diag.Diagnostics) {
	p := &parser{names: map[string]hcl.Range{}}
	p.file(src, name)
	for _, d := range p.diags {
		if d.Suggestion == "" && d.Code != diag.UnsupportedVersion {
			d.Suggestion = repair
		}
	}
	if p.diags.HasErrors() {
		return nil, p.diags
	}
	slices.SortFunc(p.found.Modules, func(a, b Module) int { return strings.Compare(a.Key, b.Key) })
	return &p.found, nil
}

type parser struct {
	found File
	names map[string]hcl.Range
	diags diag.Diagnostics
}

func (p *parser) file(src []byte, name string) {
	if len(src) > maxFile {
		p.diags.Append(diag.General(diag.LimitExceeded, "The lock file %s is larger than %d MiB.", name, maxFile>>20))
		return
	}
	if p.diags = config.CheckSyntax(src, name); p.diags.HasErrors() {
		return
	}
	file, found := hclsyntax.ParseConfig(src, name, hcl.InitialPos)
	body, ok := file.Body.(*hclsyntax.Body)
	if found.HasErrors() || !ok {
		p.diags = diag.FromHCL(found)
		return
	}
	if !p.version(body, name) {
		return
	}
	for _, b := range body.Blocks {
		p.module(b)
	}
}

// version reads the format, before all that depends on it.
func (p *parser) version(body *hclsyntax.Body, name string) bool {
	a := body.Attributes["format"]
	if a == nil {
		at := hcl.Range{Filename: name, Start: hcl.InitialPos, End: hcl.InitialPos}
		p.diags.Append(diag.New(diag.MissingArgument, at, "A lock file says which form it has: format = %d.", format))
		return false
	}
	v, found := a.Expr.Value(nil)
	n := 0
	if !found.HasErrors() && v.Type() == cty.Number && !v.IsNull() && v.IsKnown() {
		if f := v.AsBigFloat(); f.IsInt() && f.MantExp(nil) < 32 {
			i, _ := f.Int64()
			n = int(i)
		}
	}
	switch {
	case n > format:
		d := diag.New(diag.UnsupportedVersion, a.Expr.Range(), "The lock file was written by a newer throng: its format is %d, and this one reads %d.", n, format)
		d.Suggestion = "Use the version of throng that wrote it."
		p.diags.Append(d)
		return false
	case n < 1:
		p.diags.Append(diag.New(diag.InvalidValue, a.Expr.Range(), "The format is a whole number from 1 to %d.", format))
		return false
	}
	for _, other := range sorted(body.Attributes) {
		if other.Name != "format" {
			p.diags.Append(diag.New(diag.UnknownArgument, other.NameRange, "A lock file has no argument called %q.", other.Name))
		}
	}
	return true
}

func (p *parser) module(b *hclsyntax.Block) {
	if b.Type != "module" {
		p.diags.Append(diag.New(diag.UnknownBlock, b.TypeRange, "A lock file holds module blocks, and no %q.", b.Type))
		return
	}
	if len(b.Labels) != 1 || b.Labels[0] == "" {
		p.diags.Append(diag.New(diag.BlockLabels, b.DefRange(), "A module block of a lock file has one label, the source."))
		return
	}
	r := reader{p: p, title: fmt.Sprintf("module %q", b.Labels[0]), body: b.Body}
	before := len(p.diags)
	if first, ok := p.names[b.Labels[0]]; ok {
		r.add(diag.DuplicateBlock, b.LabelRanges[0], "The source %q is locked twice.", b.Labels[0]).Relate("first here", first)
		return
	}
	p.names[b.Labels[0]] = b.LabelRanges[0]
	for _, inner := range b.Body.Blocks {
		r.add(diag.UnknownBlock, inner.TypeRange, "A module block of a lock file holds no blocks.")
	}
	for _, a := range sorted(b.Body.Attributes) {
		if !slices.Contains(arguments, a.Name) {
			r.add(diag.UnknownArgument, a.NameRange, "A module block of a lock file has no argument called %q.", a.Name)
		}
	}
	m := Module{Key: b.Labels[0], Version: r.text("version"), Commit: r.text("commit"), Digest: r.text("digest"), Hash: r.text("hash")}
	m.Constraints = r.constraints()
	r.check(&m, b)
	if len(p.diags) == before {
		r.checksum(&m, b)
	}
	p.found.Modules = append(p.found.Modules, m)
}

// arguments of a module block, in the order they are written.
var arguments = []string{"constraints", "version", "commit", "digest", "hash", "checksum"}

// reader reads the arguments of one module block.
type reader struct {
	p     *parser
	title string
	body  *hclsyntax.Body
}

func (r *reader) add(code string, at hcl.Range, format string, args ...any) *diag.Diagnostic {
	d := diag.New(code, at, format, args...).In(r.title)
	r.p.diags.Append(d)
	return d
}

// text is an argument that is a text in quotes, "" where it is not there.
func (r *reader) text(name string) string {
	a := r.body.Attributes[name]
	if a == nil {
		return ""
	}
	text, ok := literal(a.Expr)
	if !ok || text == "" {
		r.add(diag.WrongType, a.Expr.Range(), "%s is a text in quotes.", name)
	}
	return text
}

func (r *reader) constraints() []string {
	a := r.body.Attributes["constraints"]
	if a == nil {
		return nil
	}
	tuple, ok := a.Expr.(*hclsyntax.TupleConsExpr)
	if !ok {
		r.add(diag.WrongType, a.Expr.Range(), "constraints is a list of texts.")
		return nil
	}
	var all []string
	for _, e := range tuple.Exprs {
		text, ok := literal(e)
		if !ok {
			r.add(diag.WrongType, e.Range(), "constraints is a list of texts.")
			continue
		}
		if err := constraint.Check(text); err != nil {
			r.add(diag.InvalidValue, e.Range(), "%q is no version constraint, such as \"~> 1.2\".", text)
		}
		all = append(all, text)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// check holds the values against their forms.
func (r *reader) check(m *Module, b *hclsyntax.Block) {
	at := func(name string) hcl.Range { return r.body.Attributes[name].Expr.Range() }
	if m.Version != "" && !constraint.IsVersion(m.Version) {
		r.add(diag.InvalidValue, at("version"), "%q is no semantic version.", m.Version)
	}
	if m.Commit != "" && !isHex(m.Commit, 40) && !isHex(m.Commit, 64) {
		r.add(diag.InvalidValue, at("commit"), "%q is not the full name of a commit: 40 or 64 hexadecimal digits.", m.Commit)
	}
	if sum, ok := strings.CutPrefix(m.Digest, "sha256:"); m.Digest != "" && (!ok || !isHex(sum, 64)) {
		r.add(diag.InvalidValue, at("digest"), "%q is no digest: sha256: and 64 hexadecimal digits.", m.Digest)
	}
	if r.body.Attributes["hash"] == nil {
		r.add(diag.MissingArgument, b.DefRange(), "A module block of a lock file needs the hash of the module's files.")
	} else if _, ok := tree.Hex(m.Hash); m.Hash != "" && !ok {
		r.add(diag.InvalidValue, at("hash"), "%q is no hash of a module: h1: and 44 characters.", m.Hash)
	}
}

// checksum holds an entry that reads well against what was written.
func (r *reader) checksum(m *Module, b *hclsyntax.Block) {
	const again = `Take the lock file from version control again, or delete this entry and run "throng init", which then chooses its version anew.`
	a := r.body.Attributes["checksum"]
	if a == nil {
		r.add(diag.MissingArgument, b.DefRange(), "A module block of a lock file needs the checksum of what it says.").Suggestion = again
		return
	}
	if found := r.text("checksum"); found != "" && found != m.Checksum() {
		r.add(diag.ModuleChanged, a.Expr.Range(), "This entry of the lock file is not what \"throng init\" wrote: its checksum is %q, and that of what it says now is %q.", found, m.Checksum()).Suggestion = again
	}
}

func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}

// literal is a text in quotes without ${…}.
func literal(e hclsyntax.Expression) (string, bool) {
	t, ok := e.(*hclsyntax.TemplateExpr)
	if !ok || !t.IsStringLiteral() {
		return "", ok && len(t.Parts) == 0
	}
	v, found := t.Value(nil)
	return v.AsString(), !found.HasErrors()
}

// sorted are attributes in the order of the source.
func sorted(all hclsyntax.Attributes) []*hclsyntax.Attribute {
	list := make([]*hclsyntax.Attribute, 0, len(all))
	for _, a := range all {
		list = append(list, a)
	}
	slices.SortFunc(list, func(a, b *hclsyntax.Attribute) int { return a.SrcRange.Start.Byte - b.SrcRange.Start.Byte })
	return list
}
