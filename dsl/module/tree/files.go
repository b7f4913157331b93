package tree

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/dirhash"
)

// Files is a tree in memory, read once: what is used of it are the very bytes
// that were hashed. It is an fs.FS of regular, read-only files.
type Files struct {
	files map[string][]byte
	dirs  map[string][]fs.DirEntry // sorted by name
}

// Read takes a tree into memory. The hash is that of Hash, and so are the
// errors.
func Read(fsys fs.FS) (*Files, string, error) {
	names, err := list(fsys)
	if err != nil {
		return nil, "", err
	}
	t := &Files{files: map[string][]byte{}, dirs: map[string][]fs.DirEntry{}}
	left := int64(MaxBytes)
	for _, name := range names {
		text, err := read(fsys, name, left)
		if err != nil {
			return nil, "", err
		}
		left -= int64(len(text))
		t.files[name] = text
	}
	t.index()
	hash, err := dirhash.Hash1(names, func(name string) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(t.files[name])), nil
	})
	return t, hash, err
}

// read is a file of at most so many bytes, whatever its size was before.
func read(fsys fs.FS, name string, most int64) ([]byte, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, most+1))
	if err == nil && int64(len(text)) > most {
		err = errTooLarge
	}
	return text, err
}

// index makes the directories of the files' names.
func (t *Files) index() {
	t.dirs["."] = nil
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		entry := node{name: path.Base(name), size: int64(len(t.files[name]))}
		for dir := path.Dir(name); ; name, dir = dir, path.Dir(dir) {
			_, known := t.dirs[dir]
			t.dirs[dir] = append(t.dirs[dir], fs.FileInfoToDirEntry(entry))
			if known || dir == "." {
				break
			}
			entry = node{name: path.Base(dir), dir: true}
		}
	}
	for _, entries := range t.dirs {
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	}
}

// Size is the sum of the files' bytes.
func (t *Files) Size() int64 {
	total := int64(0)
	for _, text := range t.files {
		total += int64(len(text))
	}
	return total
}

// Open opens a file or a directory.
func (t *Files) Open(name string) (fs.File, error) {
	info, err := t.Stat(name)
	switch {
	case err != nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case info.IsDir():
		return &openDir{node: info.(node), left: t.dirs[name]}, nil
	}
	return &openFile{Reader: bytes.NewReader(t.files[name]), node: info.(node)}, nil
}

// Stat describes a file or a directory.
func (t *Files) Stat(name string) (fs.FileInfo, error) {
	if text, ok := t.files[name]; ok {
		return node{name: path.Base(name), size: int64(len(text))}, nil
	}
	if _, ok := t.dirs[name]; ok {
		return node{name: path.Base(name), dir: true}, nil
	}
	return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
}

// ReadDir lists a directory, sorted by name.
func (t *Files) ReadDir(name string) ([]fs.DirEntry, error) {
	entries, ok := t.dirs[name]
	if !ok {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
	}
	return slices.Clone(entries), nil
}

// Sub is the tree below a directory, which need not be there; a name that
// leads out of the tree is one that is not.
func (t *Files) Sub(dir string) (fs.FS, error) {
	prefix := dir + "/"
	if dir == "." {
		return t, nil
	}
	below := &Files{files: map[string][]byte{}, dirs: map[string][]fs.DirEntry{}}
	for name, text := range t.files {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			below.files[rest] = text
		}
	}
	if len(below.files) > 0 {
		below.index()
	}
	return below, nil
}

// Write writes the tree into a directory, which is there and empty. The files
// can only be read afterwards. Nothing is written outside of it, whatever the
// names mean on this system.
func (t *Files) Write(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
			return err
		}
		if err := write(root, name, t.files[name]); err != nil {
			return err
		}
	}
	return nil
}

func write(root *os.Root, name string, text []byte) error {
	file, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if closing := file.Close(); err == nil {
		err = closing
	}
	return err
}

// Changed says that a directory does not hold the tree it should.
type Changed struct {
	Dir         string
	Want, Found string // hashes; Found is "" where there is none
	Err         error  // why there is none, or nil
}

func (e *Changed) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s does not hold %s: %s", e.Dir, e.Want, e.Err)
	}
	return fmt.Sprintf("%s holds %s, and not %s", e.Dir, e.Found, e.Want)
}

// Verify reads the tree in a directory, which must have the hash. One that is
// not there is fs.ErrNotExist; any other is a *Changed.
func Verify(dir, hash string) (*Files, error) {
	if _, err := os.Lstat(dir); err != nil {
		return nil, err
	}
	files, found, err := Read(os.DirFS(dir))
	if err != nil || found != hash {
		return nil, &Changed{Dir: dir, Want: hash, Found: found, Err: err}
	}
	return files, nil
}

// node describes a file or a directory of a tree.
type node struct {
	name string
	size int64
	dir  bool
}

// Name is without the directory.
func (n node) Name() string { return n.name }

// Size is in bytes.
func (n node) Size() int64 { return n.size }

// Mode is that of what is only read.
func (n node) Mode() fs.FileMode {
	if n.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// ModTime is not kept.
func (n node) ModTime() time.Time { return time.Time{} }

// IsDir tells directories.
func (n node) IsDir() bool { return n.dir }

// Sys is nil.
func (n node) Sys() any { return nil }

type openFile struct {
	*bytes.Reader
	node node
}

// Stat describes the file.
func (f *openFile) Stat() (fs.FileInfo, error) { return f.node, nil }

// Close does nothing.
func (f *openFile) Close() error { return nil }

type openDir struct {
	node node
	left []fs.DirEntry
}

// Stat describes the directory.
func (d *openDir) Stat() (fs.FileInfo, error) { return d.node, nil }

// Close does nothing.
func (d *openDir) Close() error { return nil }

// Read fails: it is a directory.
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.node.name, Err: fs.ErrInvalid}
}

// ReadDir lists what is left of the directory, at most n entries if n > 0.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if n > 0 && len(d.left) == 0 {
		return nil, io.EOF
	}
	if n <= 0 || n > len(d.left) {
		n = len(d.left)
	}
	list := d.left[:n]
	d.left = d.left[n:]
	return slices.Clone(list), nil
}
