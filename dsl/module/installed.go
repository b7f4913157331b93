package module

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"throng/dsl/diag"
	"throng/dsl/module/constraint"
	"throng/dsl/module/lock"
	"throng/dsl/module/tree"
)

// installed finds what the lock file names, in the vendor directory and the
// cache. It reads the lock file when it is first needed.
type installed struct {
	shelf    Shelf
	scenario string // as it was named
	lock     *lock.File
	name     string // of the lock file
	missing  bool   // there is no lock file
	read     bool
	texts    map[string][]byte
	found    map[string]*shelved // by key; nil for what was reported
}

// shelved is a module that was found and verified.
type shelved struct {
	fetched *Fetched
	files   *tree.Files
}

// ReadLock reads the lock file of the scenario in a directory. Where there is
// none the file is empty, and src nil. The file is nil when there are errors.
func ReadLock(dir string) (f *lock.File, name string, src []byte, diags diag.Diagnostics) {
	name = filepath.Join(dir, lock.Name)
	src, err := os.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &lock.File{}, name, nil, nil
	case err != nil:
		return nil, name, nil, diag.Diagnostics{diag.General(diag.FileUnreadable, "The lock file %s cannot be read: %s.", name, err)}
	}
	f, diags = lock.Parse(src, name)
	return f, name, src, diags
}

// InitCommand is what to type to have a scenario's modules fetched.
func InitCommand(scenario string) string { return fmt.Sprintf("throng init %s", scenario) }

func (l *installed) find(r *Request) (*Fetched, diag.Diagnostics) {
	if !l.read {
		l.read, l.found = true, map[string]*shelved{}
		file, name, src, diags := ReadLock(l.shelf.dir)
		l.lock, l.name, l.missing = file, name, src == nil
		l.texts = map[string][]byte{name: src}
		if diags.HasErrors() {
			return nil, diags
		}
	}
	if l.lock == nil {
		return nil, nil
	}
	key := r.Source.Key()
	m := l.lock.Of(key)
	if d := l.unlocked(r, key, m); d != nil {
		return nil, l.refused(d, r)
	}
	if f, known := l.found[key]; known {
		if f == nil {
			return nil, nil
		}
		return r.Within(f.fetched, f.files)
	}
	files, from, err := l.shelf.Find(m)
	if err != nil {
		l.found[key] = nil
		return nil, l.refused(l.unusable(r, m, from, err), r)
	}
	f := &Fetched{Name: NameOf(r.Source, m), Lock: *m, Open: OpenIn(files)}
	l.found[key] = &shelved{f, files}
	return r.Within(f, files)
}

// OpenIn opens the directories of a tree.
func OpenIn(files *tree.Files) Opener {
	return func(dir string) fs.FS {
		below, _ := files.Sub(dir)
		return below
	}
}

func (l *installed) refused(d *diag.Diagnostic, r *Request) diag.Diagnostics {
	d.Block = r.Call.Title()
	if d.Suggestion == "" {
		d.Suggestion = fmt.Sprintf("Run %q, which fetches modules and maintains the lock file.", InitCommand(l.scenario))
	}
	return diag.Diagnostics{d}
}

// unlocked says what the lock file does not have for a request.
func (l *installed) unlocked(r *Request, key string, m *lock.Module) *diag.Diagnostic {
	switch {
	case l.missing:
		return diag.New(diag.ModuleNotInstalled, r.At(), "%s has not been fetched: there is no lock file %s that says which version of it to use.", key, l.name)
	case m == nil:
		return diag.New(diag.LockOutdated, r.At(), "The lock file %s has no entry for %s.", l.name, key)
	case r.Constraint != "" && m.Version == "":
		return diag.New(diag.LockOutdated, r.ConstraintAt(), "A version %s of %s is asked for, and the lock file %s holds none.", r.Constraint, key, l.name)
	case r.Constraint != "" && !constraint.Meets(m.Version, []string{r.Constraint}):
		return diag.New(diag.LockOutdated, r.ConstraintAt(), "The lock file %s holds version %s of %s, which does not meet %q.", l.name, m.Version, key, r.Constraint)
	}
	return nil
}

// unusable says why a locked module cannot be used.
func (l *installed) unusable(r *Request, m *lock.Module, from From, err error) *diag.Diagnostic {
	name := NameOf(r.Source, m)
	if errors.Is(err, fs.ErrNotExist) {
		return diag.New(diag.ModuleNotInstalled, r.At(), "%s is locked, and is not on this machine: neither in %s nor in the cache.", name, filepath.Join(l.shelf.dir, VendorDir))
	}
	d := diag.New(diag.ModuleChanged, r.At(), "%s", ChangedText(name, l.name, err))
	if from == Vendored {
		d.Suggestion = VendorRepair(l.shelf.Vendored(m), l.scenario)
	}
	return d
}

// VendorRepair says what to do about a vendored module that was changed.
func VendorRepair(dir, scenario string) string {
	return fmt.Sprintf("Take %s from version control again, or delete it and run %q.", dir, "throng vendor "+scenario)
}

// ChangedText says that the files of a module are not those that were locked.
func ChangedText(name, lockName string, err error) string {
	var changed *tree.Changed
	switch {
	case !errors.As(err, &changed):
		return fmt.Sprintf("%s cannot be read: %s.", name, err)
	case changed.Err != nil:
		return fmt.Sprintf("What %s holds is not %s as it was locked: %s. The lock file %s wants %s.", changed.Dir, name, strings.TrimSuffix(changed.Err.Error(), "."), lockName, changed.Want)
	}
	return fmt.Sprintf("What %s holds is not %s as it was locked: its files have the hash %s, and the lock file %s wants %s.", changed.Dir, name, changed.Found, lockName, changed.Want)
}
