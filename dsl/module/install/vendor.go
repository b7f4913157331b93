package install

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/module/cache"
	"throng/dsl/module/tree"
	"throng/dsl/resolve"
)

// Vendoring is what Vendor did. Names are those of directories, sorted.
type Vendoring struct {
	Dir         string // the scenario's vendor directory
	Written     []string
	Kept        []string          // were there already
	Removed     []string          // were written for an earlier lock file
	Left        []string          // look like vendored modules that are no longer needed, and were changed
	Modules     map[string]string // directory to ADDRESS@VERSION, of those written and kept
	Diagnostics diag.Diagnostics
	Sources     map[string][]byte
}

// Vendor copies every locked module into the scenario's vendor directory. It
// fetches nothing. A directory is named after the hash of what is in it, so
// each appears whole, next to what was there before; only when all are there
// are those removed that are no longer needed, and of these only such as still
// hold exactly what was written.
func Vendor(scenario string, o module.Options) *Vendoring {
	v := &Vendoring{Modules: map[string]string{}}
	t, diags := module.Load(scenario, o)
	v.Diagnostics = diags
	if t == nil {
		return v
	}
	v.Sources, v.Diagnostics = t.Sources(), resolve.Traced(t, diags)
	if diags.HasErrors() {
		return v
	}
	v.Dir = filepath.Join(t.Config.Dir, module.VendorDir)
	if err := v.write(t, o); err != nil {
		v.Diagnostics.Append(diag.General(diag.FileUnreadable, "The modules cannot be copied into %s: %s.", v.Dir, err))
	}
	return v
}

func (v *Vendoring) write(t *module.Tree, o module.Options) error {
	shelf := module.NewShelf(t.Config.Dir, o.Cache)
	wanted := map[string]*module.Fetched{}
	t.Walk(func(m *module.Tree) {
		if m.Within != nil {
			wanted[filepath.Base(shelf.Vendored(&m.Within.Lock))] = m.Within
		}
	})
	if len(wanted) > 0 {
		if err := os.MkdirAll(v.Dir, 0o755); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if err := v.copy(name, wanted[name]); err != nil {
			return err
		}
		v.Modules[name] = wanted[name].Name
	}
	return v.tidy(wanted)
}

// copy writes one module beside where it goes, and moves it there.
func (v *Vendoring) copy(name string, f *module.Fetched) error {
	dir := filepath.Join(v.Dir, name)
	if _, err := tree.Verify(dir, f.Lock.Hash); err == nil {
		v.Kept = append(v.Kept, name)
		return nil
	}
	files, hash, err := tree.Read(f.Open("."))
	if err != nil || hash != f.Lock.Hash {
		return fmt.Errorf("%s changed while it was read", f.Name)
	}
	temp, err := cache.At(v.Dir).Temp()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	fresh := filepath.Join(temp, name)
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return err
	}
	if err := files.Write(fresh); err != nil {
		return err
	}
	if err := os.Rename(fresh, dir); err != nil {
		return err
	}
	v.Written = append(v.Written, name)
	return nil
}

// tidy removes vendored modules that are no longer needed.
func (v *Vendoring) tidy(wanted map[string]*module.Fetched) error {
	entries, err := os.ReadDir(v.Dir)
	if err != nil {
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	for _, e := range entries {
		sum, ours := module.VendorHash(e.Name())
		if wanted[e.Name()] != nil || !ours || !e.IsDir() {
			continue
		}
		dir := filepath.Join(v.Dir, e.Name())
		if !holds(os.DirFS(dir), sum) {
			v.Left = append(v.Left, e.Name())
			continue
		}
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
		v.Removed = append(v.Removed, e.Name())
	}
	if len(wanted) == 0 && len(v.Removed) == len(entries) && len(entries) > 0 {
		return os.Remove(v.Dir)
	}
	return nil
}

// holds reports whether a tree has a hash that begins with the digits sum.
func holds(fsys fs.FS, sum string) bool {
	hash, err := tree.Hash(fsys)
	digits, ok := tree.Hex(hash)
	return err == nil && ok && strings.HasPrefix(digits, sum)
}
