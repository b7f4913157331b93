package module

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"

	"throng/dsl/module/cache"
	"throng/dsl/module/lock"
	"throng/dsl/module/source"
	"throng/dsl/module/tree"
)

// VendorDir is the directory beside a scenario that holds copies of modules.
const VendorDir = "vendor"

// Shelf is where fetched modules lie: the scenario's vendor directory, then
// the cache.
type Shelf struct {
	dir   string // the scenario's
	Cache cache.Cache
}

// NewShelf is the shelf of the scenario in a directory.
func NewShelf(dir, cacheDir string) Shelf { return Shelf{dir, cache.At(cacheDir)} }

// From says where on a shelf a module lies.
type From string

const (
	Vendored From = "vendor"
	Cached   From = "cache"
)

// Find reads and verifies a locked module. One that is not there is
// fs.ErrNotExist, one that was changed a *tree.Changed; nothing stands in for
// a vendored one that was changed.
func (s Shelf) Find(m *lock.Module) (*tree.Files, From, error) {
	if dir := s.Vendored(m); dir != "" {
		files, err := tree.Verify(dir, m.Hash)
		if !errors.Is(err, fs.ErrNotExist) {
			return files, Vendored, err
		}
	}
	files, err := s.Cache.Open(m.Hash)
	return files, Cached, err
}

// Vendored is the directory that holds a module's copy, if it has one; "" for
// a module without a valid hash.
func (s Shelf) Vendored(m *lock.Module) string {
	sum, ok := tree.Hex(m.Hash)
	if !ok {
		return ""
	}
	name := readable(m.Key)
	if m.Version != "" {
		name += "-" + clean(m.Version)
	}
	return filepath.Join(s.dir, VendorDir, name+"-"+sum[:vendorSum])
}

// vendorSum is how many digits of its hash end a vendored module's name, so
// that its name says what must be in it.
const vendorSum = 16

// VendorHash are the digits of the hash that a vendored module's name ends in;
// false for a name that Vendored does not give.
func VendorHash(name string) (string, bool) {
	at := strings.LastIndexByte(name, '-')
	sum := name[at+1:]
	return sum, at > 0 && len(sum) == vendorSum && strings.Trim(sum, "0123456789abcdef") == ""
}

// IsVendored reports whether a directory is the copy of a module that throng
// vendor wrote, by its name.
func IsVendored(dir string) bool {
	_, ok := VendorHash(filepath.Base(dir))
	return ok && filepath.Base(filepath.Dir(dir)) == VendorDir
}

// readable is the last word of a key, as every file system takes it.
func readable(key string) string {
	s, err := source.Parse(key)
	if err != nil {
		return "module"
	}
	addr, _, _ := strings.Cut(s.Addr, "?")
	name := addr[strings.LastIndexByte(addr, '/')+1:]
	for _, ending := range []string{".git", ".zip", ".tgz", ".tar.gz"} {
		name = strings.TrimSuffix(name, ending)
	}
	if name = strings.Trim(clean(name), "-."); name == "" {
		return "module"
	}
	return name
}

// clean keeps lower-case letters, digits, dots and underscores.
func clean(name string) string {
	name = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			return r
		}
		return '-'
	}, strings.ToLower(name))
	return name[:min(len(name), 60)]
}

// NameOf is how what a source leads to is called: ADDRESS@VERSION, with what
// VersionOf says; an archive by its address alone.
func NameOf(s source.Source, m *lock.Module) string {
	s.Sub = ""
	of := VersionOf(s, m)
	s.Ref = ""
	if of == "" {
		return s.String()
	}
	return s.String() + "@" + of
}

// VersionOf says in a word what is used of a source: a version, a tag or
// branch, the begin of a commit or digest; "" of an archive, which has none.
func VersionOf(s source.Source, m *lock.Module) string {
	of := ""
	switch {
	case m.Version != "":
		of = m.Version
	case s.Ref != "":
		of = s.Ref
	case s.Kind == source.Git:
		of = m.Commit
	case s.Kind == source.OCI:
		of = m.Digest
	}
	if sum, ok := strings.CutPrefix(of, "sha256:"); ok {
		return "sha256:" + sum[:min(len(sum), 12)]
	}
	if len(of) >= 40 && strings.Trim(of, "0123456789abcdef") == "" {
		return of[:12]
	}
	return of
}
