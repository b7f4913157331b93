package journal

import (
	"fmt"
	"io"
	"os"
)

// Files is the directory a journal lies in. It is an interface so that tests
// can let any operation fail.
type Files interface {
	// Create makes a file that does not exist yet.
	Create(name string) (File, error)
	Open(name string) (io.ReadCloser, error)
	Rename(from, to string) error
	Remove(name string) error
	// Names are the names of the directory's files, in any order.
	Names() ([]string, error)
}

// File is a file that is being written.
type File interface {
	io.WriteCloser
	Sync() error
}

// InDir is a directory of the operating system. Nothing outside of it is
// touched, whatever links lie in it.
func InDir(root *os.Root) Files { return dir{root} }

type dir struct{ root *os.Root }

func (d dir) Create(name string) (File, error) {
	return d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}

func (d dir) Open(name string) (io.ReadCloser, error) { return d.root.Open(name) }
func (d dir) Rename(from, to string) error            { return d.root.Rename(from, to) }
func (d dir) Remove(name string) error                { return d.root.Remove(name) }

func (d dir) Names() ([]string, error) {
	f, err := d.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Readdirnames(-1)
}

func segmentName(n int) string { return fmt.Sprintf("journal-%06d.ndjson", n) }

// segmentNumber is the number in a segment's name; false for other files.
func segmentNumber(name string) (int, bool) {
	var n int
	if _, err := fmt.Sscanf(name, "journal-%d.ndjson", &n); err != nil || n < 0 || segmentName(n) != name {
		return 0, false
	}
	return n, true
}
