package dsl

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"throng/dsl/compile"
	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/module"
	"throng/dsl/planfile"
	"throng/dsl/resolve"
)

// Unpack makes the plan that the plan file called name was made of, or says
// why it cannot: another version of throng, a file that is missing or
// changed, a sensitive value that is not given again, a plan that came out
// differently. Of o only what a plan file does not settle counts: the values
// from outside, the tool, consent. show says that the plan is only looked at,
// so that sensitive texts need not be given.
func Unpack(name string, o Options, show bool) Result {
	f, err := planfile.Open(name, o.Tool)
	if err != nil {
		return Result{Diagnostics: diag.Diagnostics{unreadable(name, err)}}
	}
	inputs, whole, diags := unpackInputs(f, o.Inputs, show)
	disk, ds := locate(f, name, o.Modules)
	diags.Extend(ds)
	seed, err := strconv.ParseUint(f.Seed, 10, 64)
	if err != nil {
		diags.Append(diag.General(diag.FileUnreadable, "%s cannot be used: its seed %q is no number.", name, f.Seed))
	}
	if diags.HasErrors() {
		return Result{Diagnostics: diags}
	}
	o.Profile, o.Users, o.SpawnRate, o.Duration = f.Options.Profile, f.Options.Users, f.Options.SpawnRate, f.Options.Duration
	o.Tags, o.ExcludeTags, o.Seed, o.Inputs = f.Options.Tags, f.Options.ExcludeTags, seed, inputs
	tree, ds := grow(f, disk)
	r := of(tree, ds, func(s *resolve.Scope, r *Result) {
		p, diags := compile.Compile(s, o)
		r.Plan = p
		r.Diagnostics.Extend(diags)
	})
	if r.Plan == nil {
		if !whole {
			askAgain(r.Diagnostics)
		}
		return r
	}
	r.Plan.Dir = f.Scenario.Dir
	if f.Scenario.File != "" {
		r.Plan.Dir = filepath.Join(f.Scenario.Dir, f.Scenario.File)
	}
	r.Plan.File = name
	if whole && digest(r.Plan) != f.Digest {
		r.Plan = nil
		r.Diagnostics.Append(diag.General(diag.PlanMismatch, "What %s holds does not give the plan it was made of: a file that is not stored in it has changed, a sensitive value has another form than before, or this is another build of throng %s. Make the plan file anew.", name, o.Tool))
	}
	return r
}

// askAgain says what to do about a rule that what stands for a sensitive
// value breaks.
func askAgain(diags diag.Diagnostics) {
	for _, d := range diags {
		if d.Code == diag.ValidationFailed && d.Suggestion == "" {
			d.Suggestion = "Sensitive values are not in the plan file. Give this one again, with THRONG_VAR_NAME or --var."
		}
	}
}

func unreadable(name string, err error) *diag.Diagnostic {
	var version *planfile.VersionError
	switch {
	case errors.As(err, &version):
		return diag.General(diag.UnsupportedVersion, "%s cannot be used: %s.", name, err)
	case errors.Is(err, fs.ErrNotExist):
		return diag.General(diag.FileNotFound, "There is no file %q.", name)
	}
	return diag.General(diag.FileUnreadable, "%s cannot be used: %s.", name, err)
}

// locate finds the files that are not stored: where they were, or beside the
// plan file; those of fetched modules where modules are. Their content must be
// what it was.
func locate(f *planfile.File, name string, o module.Options) (map[place]string, diag.Diagnostics) {
	found := map[place]string{}
	var diags diag.Diagnostics
	for _, e := range f.Files {
		if e.Stored {
			continue
		}
		if m, dir := fetchedOf(f, e.Dir); m != nil {
			at, d := locateFetched(f, m, dir, e.Path, o)
			found[place{e.Dir, e.Path}] = at
			diags.Append(d)
			continue
		}
		was := filepath.Join(e.Dir, filepath.FromSlash(e.Path))
		beside := filepath.Join(filepath.Dir(name), filepath.FromSlash(e.Path))
		at, sum := "", ""
		for _, candidate := range []string{was, beside} {
			s, err := sumOf(candidate, e.Size, e.SHA256 != "")
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				diags.Append(diag.General(diag.FileUnreadable, "%s, which the plan is made of, cannot be read: %s.", candidate, err))
				at = candidate
				break
			}
			if at, sum = candidate, s; sum == e.SHA256 {
				break
			}
		}
		switch {
		case at == "":
			diags.Append(diag.General(diag.FileNotFound, "The plan is made of the file %s, which is not stored in it, and is neither there nor beside the plan file as %s.", was, beside))
		case sum != e.SHA256 && !diags.HasErrors():
			diags.Append(diag.General(diag.PlanMismatch, "%s is not what it was when the plan was made: its SHA-256 begins with %.12s, and did with %.12s.", at, sum, e.SHA256))
		}
		found[place{e.Dir, e.Path}] = at
	}
	return found, diags
}

// sumOf is the SHA-256 of a regular file, and of no more than can be equal
// to one of the given size; "" where none is wanted.
func sumOf(name string, size int64, want bool) (string, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", errors.New("it is no regular file")
	case !want:
		return "", nil
	}
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(file, size+1)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// grow reads the sources from a plan file as module.Load does from disk.
func grow(f *planfile.File, disk map[place]string) (*module.Tree, diag.Diagnostics) {
	open := func(dir string) fs.FS { return &stored{file: f, dir: dir, disk: disk} }
	var cfg *config.Module
	var diags diag.Diagnostics
	if s := f.Scenario; s.File != "" {
		cfg, diags = config.LoadFile(open(s.Dir), s.File, s.Dir)
	} else {
		cfg, diags = config.LoadFS(open(s.Dir), ".", s.Dir)
	}
	if cfg == nil {
		return nil, diags
	}
	tree, more := module.Grow(cfg, f.Scenario.Name, open, fetchedIn(f, open))
	return tree, append(diags, more...)
}

// stored is a module's directory as a plan file holds it.
type stored struct {
	file *planfile.File
	dir  string
	disk map[place]string // where the files are that are not stored
}

func (s *stored) entry(name string) (*planfile.Entry, error) {
	for i := range s.file.Files {
		if e := &s.file.Files[i]; e.Dir == s.dir && e.Path == name {
			return e, nil
		}
	}
	return nil, fs.ErrNotExist
}

// Open opens a file that the plan was made of.
func (s *stored) Open(name string) (fs.File, error) {
	e, err := s.entry(name)
	switch {
	case err != nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	case !e.Stored:
		return os.Open(s.disk[place{s.dir, name}])
	}
	return &storedFile{Reader: bytes.NewReader(s.file.Texts[e.SHA256]), info: info{e}}, nil
}

// Stat describes a file that the plan was made of.
func (s *stored) Stat(name string) (fs.FileInfo, error) {
	e, err := s.entry(name)
	switch {
	case err != nil:
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	case !e.Stored:
		return os.Stat(s.disk[place{s.dir, name}])
	}
	return info{e}, nil
}

// ReadDir lists a directory, files only.
func (s *stored) ReadDir(name string) ([]fs.DirEntry, error) {
	var list []fs.DirEntry
	known := false
	for i := range s.file.Files {
		e := &s.file.Files[i]
		if e.Dir != s.dir {
			continue
		}
		known = known || name == "." || strings.HasPrefix(e.Path, name+"/")
		if path.Dir(e.Path) == name {
			list = append(list, fs.FileInfoToDirEntry(info{e}))
		}
	}
	if !known {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	return list, nil
}

type storedFile struct {
	*bytes.Reader
	info info
}

// Stat describes the file.
func (f *storedFile) Stat() (fs.FileInfo, error) { return f.info, nil }

// Close does nothing.
func (f *storedFile) Close() error { return nil }

// info describes an entry as a regular file.
type info struct{ e *planfile.Entry }

// Name is the file's name without its directory.
func (i info) Name() string { return path.Base(i.e.Path) }

// Size is in bytes.
func (i info) Size() int64 { return i.e.Size }

// Mode is that of a file that is only read.
func (i info) Mode() fs.FileMode { return 0o444 }

// ModTime is not kept.
func (i info) ModTime() time.Time { return time.Time{} }

// IsDir is false.
func (i info) IsDir() bool { return false }

// Sys is nil.
func (i info) Sys() any { return nil }
