package stdlib

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Dir is a directory as a scenario may read it. Neither ".." nor a symbolic
// link leads out of it. "" is a directory in which nothing can be read.
func Dir(name string) fs.FS {
	if name == "" {
		return nil
	}
	return dir(name)
}

type dir string

// Open opens a file or directory below the directory.
func (d dir) Open(name string) (fs.File, error) {
	root, err := d.root("open", name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Open(filepath.FromSlash(name))
}

// Stat says what a name stands for without opening it: to open a pipe would
// wait for a writer.
func (d dir) Stat(name string) (fs.FileInfo, error) {
	root, err := d.root("stat", name)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	return root.Stat(filepath.FromSlash(name))
}

func (d dir) root(op, name string) (*os.Root, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	return os.OpenRoot(string(d))
}

// OfLibrary are files that errors call those of a library, and not those of
// the scenario.
func OfLibrary(files fs.FS) fs.FS {
	if files == nil {
		return nil
	}
	return libraryFiles{files}
}

type libraryFiles struct{ fs.FS }

// Stat says what a name stands for as the files themselves do.
func (l libraryFiles) Stat(name string) (fs.FileInfo, error) { return fs.Stat(l.FS, name) }

// ReadDir lists a directory as the files themselves do.
func (l libraryFiles) ReadDir(name string) ([]fs.DirEntry, error) { return fs.ReadDir(l.FS, name) }

// ownerOf says in a word whose files these are.
func ownerOf(files fs.FS) string {
	if _, ok := files.(libraryFiles); ok {
		return "library"
	}
	return "scenario"
}
