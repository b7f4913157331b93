// Package module finds the libraries a scenario brings in and loads them into
// a tree. It follows `module` blocks and nothing else, and never evaluates an
// expression: a source is a literal. It fetches nothing: what is not on this
// machine, locked and unchanged, is reported.
package module

import (
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module/lock"
	"throng/dsl/module/source"
	"throng/stdlib"
)

// Options say where modules are found.
type Options struct {
	Cache string // directory of fetched modules; "" for none, so that only vendored ones are found
}

// Tree is a module and the modules it calls.
type Tree struct {
	Path   string // "" for the scenario itself, else "module.NAME…"
	Name   string // of the directory or file it was loaded from, without ending
	Config *config.Module
	Call   *config.Block // the module block that brought it in; nil for the scenario
	Source source.Source // what that block says; of the scenario nothing
	Calls  map[string]*Tree
	Files  fs.FS    // the module's own directory: all that it may read
	Folder string   // that directory: on disk, or Fetched.Folder of a fetched module; "" for an embedded library
	Within *Fetched // what it was fetched with; nil for local and embedded modules
	missed bool     // a module it calls could not be loaded
	origin *origin
	dir    string // in its origin
	texts  map[string][]byte
}

// Opener gives the files of a directory. Of the scenario and its local
// modules the name is the one that sources lead to from the scenario's own;
// of what was fetched it is the path in it, with slashes, "." for all.
type Opener func(dir string) fs.FS

// Fetched is what a source led to.
type Fetched struct {
	Name string      // how it is called in diagnostics: ADDRESS@VERSION
	Lock lock.Module // its entry in the lock file
	Open Opener
}

// Folder is the name of a directory in what was fetched: ADDRESS@VERSION//DIR.
func (f *Fetched) Folder(dir string) string {
	if dir == "." {
		return f.Name
	}
	return f.Name + "//" + dir
}

// Finder finds what was fetched from a source. Without a finding and without
// diagnostics the module is left out in silence: it was reported before.
type Finder func(*Request) (*Fetched, diag.Diagnostics)

// Broken reports whether something of the tree could not be read, so that
// what it declares is not known.
func (t *Tree) Broken() bool {
	broken := false
	t.Walk(func(m *Tree) { broken = broken || m.missed || m.Config.Broken })
	return broken
}

// Load reads the scenario at name, and every module below it. Modules that
// had to be fetched are those of its lock file, verified by their hashes.
func Load(name string, o Options) (*Tree, diag.Diagnostics) {
	cfg, diags := config.Load(name)
	if cfg == nil {
		return nil, diags
	}
	found := &installed{shelf: NewShelf(cfg.Dir, o.Cache), scenario: name}
	t, more := Grow(cfg, baseName(name), stdlib.Dir, found.find)
	t.texts = found.texts
	return t, append(diags, more...)
}

// Grow reads every module below the scenario cfg, which is called name where
// it does not name itself: local ones from the directories that open gives,
// fetched ones where find finds them.
func Grow(cfg *config.Module, name string, open Opener, find Finder) (*Tree, diag.Diagnostics) {
	t := &Tree{Name: name, Config: cfg, Files: open(cfg.Dir), Folder: cfg.Dir, dir: filepath.ToSlash(filepath.Clean(cfg.Dir)), origin: &origin{open: open}}
	g := &growth{find: find}
	return t, g.follow(t, nil)
}

// Sources are the texts of every file of the tree, and of its lock file where
// that was read, by name.
func (t *Tree) Sources() map[string][]byte {
	all := map[string][]byte{}
	t.Walk(func(m *Tree) {
		for name, src := range m.Config.Sources {
			all[name] = src
		}
		for name, src := range m.texts {
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
