package dsl

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"

	"throng/dsl/compile"
	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/plan"
	"throng/dsl/planfile"
	"throng/dsl/resolve"
)

// Pack compiles the scenario at name as Compile does, and gives the plan file
// that makes the same plan again. The file is nil when there are errors.
func Pack(name string, o Options) (Result, *planfile.File) {
	var read reading
	tree, diags := module.Load(name, o.Modules)
	if tree != nil {
		read.watch(tree)
	}
	r := of(tree, diags, func(s *resolve.Scope, r *Result) {
		p, diags := compile.Compile(s, o)
		r.Plan = p
		r.Diagnostics.Extend(diags)
	})
	if r.Plan == nil {
		return r, nil
	}
	r.Plan.Dir = name
	p := &packer{tree: tree, plan: r.Plan, mask: r.Plan.Mask(), texts: map[string][]byte{}}
	p.hide()
	file := &planfile.File{Texts: p.texts, Manifest: planfile.Manifest{
		FormatVersion: planfile.FormatVersion, Tool: o.Tool,
		Scenario:  planfile.Scenario{Name: tree.Name, Dir: tree.Config.Dir},
		Options:   packOptions(o, r.Plan.Profile.Name),
		Seed:      strconv.FormatUint(r.Plan.Seed, 10),
		Variables: p.variables(o.Inputs),
		Modules:   p.modules(),
		Files:     p.files(&read),
		Digest:    digest(r.Plan),
	}}
	if config.IsSource(filepath.Base(name)) && filepath.Clean(name) != filepath.Clean(tree.Config.Dir) {
		file.Scenario.File = filepath.Base(name)
	}
	return r, file
}

func packOptions(o Options, profile string) planfile.Options {
	return planfile.Options{
		Profile: profile, Users: o.Users, SpawnRate: o.SpawnRate, Duration: o.Duration,
		Tags: o.Tags, ExcludeTags: o.ExcludeTags,
	}
}

// digest identifies a plan. It is made of its dump, which shows no sensitive
// value.
func digest(p *plan.Plan) string {
	h := sha256.New()
	_ = plan.Dump(h, p) // a hash takes every byte
	return hex.EncodeToString(h.Sum(nil))
}

// packer gathers what makes a plan, and leaves out what must not be stored.
type packer struct {
	tree    *module.Tree
	plan    *plan.Plan
	mask    *plan.Mask
	blanks  map[string][]hcl.Range // by source: defaults of sensitive variables
	defers  map[string]bool        // sources with a default that is sensitive and needed
	blanked map[string]bool        // variables of the scenario whose default is left out
	texts   map[string][]byte
}

// hide finds the defaults of sensitive variables. The scenario's own are
// blanked, since they can be given again; those of a library only where the
// caller gives another value.
func (p *packer) hide() {
	p.blanks, p.defers, p.blanked = map[string][]hcl.Range{}, map[string]bool{}, map[string]bool{}
	p.tree.Walk(func(m *module.Tree) {
		for _, b := range m.Config.Root.Of("variable") {
			secret, value := b.Arg("sensitive"), b.Arg("default")
			if secret == nil || value == nil || isFalse(secret.Expr) || isEmpty(value.Expr) {
				continue
			}
			at := value.Expr.Range()
			switch {
			case m.Path == "":
				p.blanked[b.Name()] = true
			case m.Call.Arg(b.Name()) == nil:
				p.defers[at.Filename] = true
			}
			p.blanks[at.Filename] = append(p.blanks[at.Filename], at)
		}
	})
}

func isFalse(e hcl.Expression) bool {
	v, diags := e.Value(nil)
	return !diags.HasErrors() && v.Type() == cty.Bool && v.IsKnown() && !v.IsNull() && v.False()
}

// isEmpty reports whether a default holds nothing worth hiding.
func isEmpty(e hcl.Expression) bool {
	v, diags := e.Value(nil)
	return !diags.HasErrors() && (v.IsNull() || v.RawEquals(cty.StringVal("")))
}

// blank writes null over a place in a source, and keeps its lines.
func blank(src []byte, at hcl.Range) {
	const null = "null"
	part := src[at.Start.Byte:at.End.Byte]
	word := len(part) >= len(null)
	for i := range part {
		switch {
		case word && i < len(null):
			part[i] = null[i]
		case part[i] != '\n' && part[i] != '\r':
			part[i] = ' '
		}
	}
	if !word {
		part[0] = '0'
	}
}

// modules are the fetched ones, by name.
func (p *packer) modules() []planfile.Module {
	byName := map[string]planfile.Module{}
	p.tree.Walk(func(m *module.Tree) {
		if f := m.Within; f != nil {
			byName[f.Name] = planfile.Module{Name: f.Name, Key: f.Lock.Key, Version: f.Lock.Version, Hash: f.Lock.Hash}
		}
	})
	var list []planfile.Module
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		list = append(list, byName[name])
	}
	return list
}

// files lists everything that was read, sources first.
func (p *packer) files(read *reading) []planfile.Entry {
	entries := []planfile.Entry{}
	have, fetched := map[place]bool{}, map[string]bool{}
	p.tree.Walk(func(m *module.Tree) {
		if m.Folder == "" {
			return // embedded: of throng's own version
		}
		fetched[m.Folder] = m.Within != nil
		for _, name := range slices.Sorted(maps.Keys(m.Config.Sources)) {
			at := place{m.Folder, path.Base(name)}
			if have[at] {
				continue
			}
			have[at] = true
			src := bytes.Clone(m.Config.Sources[name])
			if !p.defers[name] {
				for _, r := range p.blanks[name] {
					blank(src, r)
				}
			}
			entries = append(entries, p.entry(at, src, p.defers[name]))
		}
	})
	var others []place
	for at := range read.files {
		if !have[at] {
			others = append(others, at)
		}
	}
	slices.SortFunc(others, func(a, b place) int {
		return cmp.Or(strings.Compare(a.dir, b.dir), strings.Compare(a.path, b.path))
	})
	for _, at := range others {
		n := read.files[at]
		if n.text == nil || p.isData(n.sum) && !fetched[at.dir] {
			entries = append(entries, planfile.Entry{Dir: at.dir, Path: at.path, SHA256: n.sum, Size: n.size})
			continue
		}
		entries = append(entries, p.entry(at, n.text, false))
	}
	return entries
}

func (p *packer) isData(sum string) bool {
	return slices.ContainsFunc(p.plan.Data, func(d plan.Data) bool { return d.SHA256 == sum })
}

// entry stores a text, unless something sensitive stands in it.
func (p *packer) entry(at place, text []byte, secret bool) planfile.Entry {
	e := planfile.Entry{Dir: at.dir, Path: at.path}
	if secret || p.mask.Replace(string(text)) != string(text) {
		return e
	}
	e.SHA256, e.Size, e.Stored = planfile.Sum(text), int64(len(text)), true
	p.texts[e.SHA256] = text
	return e
}

// variables are those with another value than their default, and those that
// are not stored.
func (p *packer) variables(inputs map[string]Input) []planfile.Variable {
	list := []planfile.Variable{}
	for _, v := range p.plan.Variables {
		input, given := inputs[v.Name]
		stored := planfile.Variable{Name: v.Name, Origin: v.Origin}
		switch {
		case !given && !p.blanked[v.Name]:
			continue
		case v.Sensitive || p.blanked[v.Name] || !p.keep(&stored, input):
			stored = planfile.Variable{Name: v.Name, Origin: v.Origin, Ask: true, Typed: p.typed(v.Name)}
		}
		list = append(list, stored)
	}
	return list
}

// keep stores a value, unless something sensitive stands in it.
func (p *packer) keep(v *planfile.Variable, input Input) bool {
	if input.Arg == nil {
		v.Text = &input.Text
		return p.mask.Replace(input.Text) == input.Text
	}
	value, _ := input.Arg.Expr.Value(nil) // it was evaluated before
	text, err := ctyjson.SimpleJSONValue{Value: value}.MarshalJSON()
	if err != nil || p.mask.Replace(string(text)) != string(text) {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v.Null = value.IsNull()
	return d.Decode(&v.Value) == nil
}

// typed reports whether a variable takes something else than a text.
func (p *packer) typed(name string) bool {
	for _, b := range p.tree.Config.Root.Of("variable") {
		if a := b.Arg("type"); b.Name() == name && a != nil {
			return hcl.ExprAsKeyword(a.Expr) != "string"
		}
	}
	return false
}

// asked is the value that stands for a sensitive one where a plan is only
// shown.
const asked = compile.NotGiven

// unpackInputs are the stored values, and those given again for what was not
// stored. Where a plan is only shown, texts that are missing are stood in
// for, and whole is false.
func unpackInputs(f *planfile.File, given map[string]Input, show bool) (inputs map[string]Input, whole bool, diags diag.Diagnostics) {
	inputs, whole = map[string]Input{}, true
	stored := map[string]bool{}
	for _, v := range f.Variables {
		stored[v.Name] = v.Ask
		again, ok := given[v.Name]
		switch {
		case !v.Ask:
			input, err := unpackInput(v)
			if err != nil {
				diags.Append(diag.General(diag.FileUnreadable, "The value of var.%s in the plan file cannot be read: %s.", v.Name, err))
			}
			inputs[v.Name] = input
		case ok:
			again.Origin = v.Origin
			inputs[v.Name] = again
		case show && !v.Typed:
			whole = false
			inputs[v.Name] = Input{Text: asked, Origin: v.Origin}
		default:
			d := diag.General(diag.MissingVariable, "The variable %q is sensitive, so its value is not in the plan file.", v.Name)
			d.Suggestion = "Give it again: with the environment variable THRONG_VAR_" + v.Name + ", --var " + v.Name + "=…, or a --var-file."
			diags.Append(d)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if ask := stored[name]; ask || strings.HasPrefix(given[name].Origin, "THRONG_VAR_") {
			continue
		}
		diags.Append(diag.General(diag.PlanMismatch, "%s sets var.%s, and a plan file keeps the values it was made with. Only sensitive values are given again.", given[name].Origin, name))
	}
	return inputs, whole, diags
}

func unpackInput(v planfile.Variable) (Input, error) {
	if v.Text != nil {
		return Input{Text: *v.Text, Origin: v.Origin}, nil
	}
	value := cty.NullVal(cty.DynamicPseudoType)
	if !v.Null {
		text, err := json.Marshal(v.Value)
		if err != nil {
			return Input{}, err
		}
		ty, err := ctyjson.ImpliedType(text)
		if err != nil {
			return Input{}, err
		}
		if value, err = ctyjson.Unmarshal(text, ty); err != nil {
			return Input{}, err
		}
	}
	at := hcl.Range{Filename: v.Origin}
	return Input{Origin: v.Origin, Arg: &config.Arg{Name: v.Name, Expr: hcl.StaticExpr(value, at), Range: at, NameRange: at}}, nil
}
