// Package module finds the libraries a scenario brings in and loads them into
// a tree. It follows `module` blocks and nothing else, and never evaluates an
// expression: a source is a literal.
package module

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/stdlib"
)

const (
	maxNesting = 16
	stdPrefix  = "std/"
)

// Tree is a module and the modules it calls.
type Tree struct {
	Path   string // "" for the scenario itself, else "module.NAME…"
	Name   string // of the directory or file it was loaded from, without ending
	Config *config.Module
	Call   *config.Block // the module block that brought it in; nil for the scenario
	Calls  map[string]*Tree
	Files  fs.FS  // the module's own directory: all that it may read
	Folder string // that directory on disk; "" for an embedded library
	missed bool   // a module it calls could not be loaded
	open   Opener
}

// Opener gives the files of a directory, named as sources of modules lead to
// it from the scenario's own.
type Opener func(dir string) fs.FS

// Broken reports whether something of the tree could not be read, so that
// what it declares is not known.
func (t *Tree) Broken() bool {
	broken := false
	t.Walk(func(m *Tree) { broken = broken || m.missed || m.Config.Broken })
	return broken
}

// Load reads the scenario at name, and every module below it.
func Load(name string) (*Tree, diag.Diagnostics) {
	cfg, diags := config.Load(name)
	if cfg == nil {
		return nil, diags
	}
	t, more := Grow(cfg, baseName(name), stdlib.Dir)
	return t, append(diags, more...)
}

// Grow reads every module below the scenario cfg, which is called name where
// it does not name itself, from the directories that open gives.
func Grow(cfg *config.Module, name string, open Opener) (*Tree, diag.Diagnostics) {
	t := &Tree{Name: name, Config: cfg, Files: open(cfg.Dir), Folder: cfg.Dir, open: open}
	return t, t.follow(nil)
}

// Sources are the texts of every file of the tree, by name.
func (t *Tree) Sources() map[string][]byte {
	all := map[string][]byte{}
	t.Walk(func(m *Tree) {
		for name, src := range m.Config.Sources {
			all[name] = src
		}
	})
	return all
}

// Walk visits the tree's modules, callers first, in order of their names.
func (t *Tree) Walk(visit func(*Tree)) {
	visit(t)
	names := make([]string, 0, len(t.Calls))
	for name := range t.Calls {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		t.Calls[name].Walk(visit)
	}
}

// follow loads the modules t calls. above holds the directories being loaded,
// outermost first, so that a circle ends in a message.
func (t *Tree) follow(above []string) diag.Diagnostics {
	t.Calls = map[string]*Tree{}
	above = append(slices.Clone(above), t.Config.Dir)
	var diags diag.Diagnostics
	for _, call := range t.Config.Root.Of("module") {
		child, ds := t.load(call, above)
		diags = append(diags, ds...)
		if child == nil {
			t.missed = true
		} else if t.Calls[call.Name()] == nil {
			t.Calls[call.Name()] = child
		}
	}
	return diags
}

func (t *Tree) load(call *config.Block, above []string) (*Tree, diag.Diagnostics) {
	arg := call.Arg("source")
	if arg == nil {
		return nil, nil // reported as a missing argument
	}
	value, hclDiags := arg.Expr.Value(nil)
	if hclDiags.HasErrors() || value.IsNull() || !value.IsKnown() || value.Type() != cty.String {
		return nil, diag.Diagnostics{diag.New(diag.NotConstant, arg.Expr.Range(),
			"A module's source is read before anything else, so it must be a plain string.").In(call.Title())}
	}
	source := value.AsString()
	child := &Tree{Call: call, Path: join(t.Path, call.Name()), open: t.open}
	cfg, dir, diags := t.fetch(child, source, arg.Expr.Range())
	if cfg == nil {
		return nil, located(diags, call, arg.Expr.Range())
	}
	switch {
	case slices.Contains(above, dir):
		return nil, diag.Diagnostics{diag.New(diag.Cycle, arg.Expr.Range(),
			"This module brings itself in: %s.", chain(append(above, dir))).In(call.Title())}
	case len(above) >= maxNesting:
		return nil, diag.Diagnostics{diag.New(diag.LimitExceeded, arg.Expr.Range(),
			"Modules may stand within each other %d deep.", maxNesting).In(call.Title())}
	}
	child.Config = cfg
	return child, append(diags, child.follow(above)...)
}

// chain shows directories, each bringing in the next.
func chain(dirs []string) string {
	shown := make([]string, len(dirs))
	for i, d := range dirs {
		shown[i] = fmt.Sprintf("%q", d)
	}
	return strings.Join(shown, " → ")
}

func (t *Tree) fetch(child *Tree, source string, at hcl.Range) (*config.Module, string, diag.Diagnostics) {
	switch {
	case strings.HasPrefix(source, stdPrefix):
		name := strings.TrimPrefix(source, stdPrefix)
		if !slices.Contains(stdlib.Libraries(), name) {
			d := diag.New(diag.UnknownReference, at, "There is no embedded library %q. There are: %s.", source, strings.Join(stdSources(), ", ")).In(child.Call.Title())
			return nil, "", diag.Diagnostics{d.DidYouMean(source, stdSources())}
		}
		child.Files, _ = fs.Sub(stdlib.Files(), source)
		cfg, diags := config.LoadFS(child.Files, ".", source)
		return cfg, source, diags
	case strings.HasPrefix(source, "./"), strings.HasPrefix(source, "../"), source == ".", source == "..":
		if strings.HasPrefix(t.Config.Dir, stdPrefix) {
			dir := path.Join(t.Config.Dir, source)
			child.Files, _ = fs.Sub(stdlib.Files(), dir)
			cfg, diags := config.LoadFS(child.Files, ".", dir)
			return cfg, dir, diags
		}
		dir := filepath.Join(t.Config.Dir, filepath.FromSlash(source))
		child.Files, child.Folder = t.open(dir), dir
		cfg, diags := config.LoadFS(child.Files, ".", filepath.ToSlash(dir))
		return cfg, filepath.ToSlash(dir), diags
	}
	d := diag.New(diag.UnknownReference, at, "%q is no source that throng knows. A source is a path that begins with ./ or ../, or an embedded library: %s.", source, strings.Join(stdSources(), ", "))
	if !strings.Contains(source, "://") {
		d.Suggestion = fmt.Sprintf("For a directory beside this one write %q.", "./"+source)
	}
	return nil, "", diag.Diagnostics{d.In(child.Call.Title())}
}

// located gives findings about a module as a whole the place of the call.
func located(diags diag.Diagnostics, call *config.Block, at hcl.Range) diag.Diagnostics {
	for _, d := range diags {
		if d.Subject == nil {
			d.Subject = &at
			d.Block = call.Title()
		}
	}
	return diags
}

func stdSources() []string {
	names := stdlib.Libraries()
	for i, n := range names {
		names[i] = stdPrefix + n
	}
	return names
}

func join(parent, name string) string {
	if parent == "" {
		return "module." + name
	}
	return parent + "." + name
}

// baseName is the last part of a path, without the ending of a file.
func baseName(name string) string {
	if abs, err := filepath.Abs(name); err == nil {
		name = abs
	}
	return strings.TrimSuffix(strings.TrimSuffix(filepath.Base(name), ".json"), ".hcl")
}
