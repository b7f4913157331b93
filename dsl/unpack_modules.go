package dsl

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/module/lock"
	"throng/dsl/planfile"
)

// fetchedIn finds fetched modules among the texts of a plan file. Those are
// the ones that were verified when it was made, so no lock file is needed.
func fetchedIn(f *planfile.File, open module.Opener) module.Finder {
	return func(r *module.Request) (*module.Fetched, diag.Diagnostics) {
		for i := range f.Modules {
			if m := &f.Modules[i]; m.Key == r.Source.Key() {
				return &module.Fetched{
					Name: m.Name, Lock: lockOf(m),
					Open: func(dir string) fs.FS { return open((&module.Fetched{Name: m.Name}).Folder(dir)) },
				}, nil
			}
		}
		return nil, diag.Diagnostics{diag.New(diag.PlanMismatch, r.At(), "The plan file does not hold the module %s, which it needs. Make it anew.", r.Source.Key()).In(r.Call.Title())}
	}
}

func lockOf(m *planfile.Module) lock.Module {
	return lock.Module{Key: m.Key, Version: m.Version, Hash: m.Hash}
}

// fetchedOf is the fetched module that a directory of a plan file belongs to,
// and the directory in it; nil for any other directory.
func fetchedOf(f *planfile.File, folder string) (m *planfile.Module, dir string) {
	for i := range f.Modules {
		m := &f.Modules[i]
		rest, ok := strings.CutPrefix(folder, m.Name)
		switch {
		case !ok:
		case rest == "":
			return m, "."
		case strings.HasPrefix(rest, "//") && fs.ValidPath(rest[2:]):
			return m, rest[2:]
		}
	}
	return nil, ""
}

// locateFetched finds a file of a fetched module that is not stored, because
// it holds a sensitive value: in the scenario's vendor directory or the cache,
// where the whole module must be what it was.
func locateFetched(f *planfile.File, m *planfile.Module, dir, name string, o module.Options) (string, *diag.Diagnostic) {
	shelf, locked := module.NewShelf(f.Scenario.Dir, o.Cache), lockOf(m)
	_, from, err := shelf.Find(&locked)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", diag.General(diag.ModuleNotInstalled, "The plan is made of %s of %s, which holds a sensitive value and so is not stored in the plan file, and the module is not on this machine. Run %q where the scenario is.", name, m.Name, module.InitCommand(f.Scenario.Dir))
	case err != nil:
		return "", diag.General(diag.ModuleChanged, "%s", module.ChangedText(m.Name, "that the plan was made with", err))
	}
	root := shelf.Cache.Path(m.Hash)
	if from == module.Vendored {
		root = shelf.Vendored(&locked)
	}
	return filepath.Join(root, filepath.FromSlash(dir), filepath.FromSlash(name)), nil
}
