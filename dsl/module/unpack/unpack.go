// Package unpack writes what was fetched into one directory, and nothing
// anywhere else.
//
// An archive of a module is data from a stranger. So only regular files and
// the directories they need are written, through an os.Root, into a directory
// that was empty: no links, devices or special files, no name that leads out,
// means something to one system and nothing to another, or equals another
// name where case or the composition of letters is not told apart. Files are
// written as 0644, or 0755 where anybody may execute them; owners, times and
// attributes are dropped. A directory without files is dropped too, as it has
// no part in the hash of a tree. What is over the limits of package tree, or
// unpacks to more than 100 times its packed size, is refused. After an error
// the directory is empty again.
package unpack

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"throng/dsl/module/tree"
)

const (
	// MaxArchive is the size in bytes that an archive may have, packed, and
	// that a tar may have with its headers.
	MaxArchive = 2 * tree.MaxBytes

	maxRatio   = 100     // of a whole archive, unpacked to packed
	freeRatio  = 1 << 20 // bytes for which no ratio is asked
	maxEntries = 2 * tree.MaxFiles
)

// Writer writes the files of one tree.
type Writer struct {
	root    *os.Root
	seen    map[string]entry // by the name as every file system sees it
	entries int
	files   int
	bytes   int64
	packed  func() int64 // bytes read so far of what is packed; nil where nothing is
}

type entry struct {
	name string
	file bool
}

// Into opens dir, which must be there and empty, and calls write to fill it.
// An error of write, or a tree without a file, empties dir again.
func Into(dir string, write func(*Writer) error) (err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	names, err := list(root)
	if err != nil {
		return err
	}
	if len(names) > 0 {
		return fmt.Errorf("the directory %s is to be filled, but holds %q already", dir, names[0])
	}
	w := &Writer{root: root, seen: map[string]entry{}}
	if err = write(w); err == nil && w.files == 0 {
		err = errors.New("it holds no file")
	}
	if err != nil {
		return errors.Join(err, empty(root))
	}
	return nil
}

func list(root *os.Root) ([]string, error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	return d.Readdirnames(-1)
}

// empty takes everything out of a directory that Into filled.
func empty(root *os.Root) error {
	names, err := list(root)
	for _, name := range names {
		err = errors.Join(err, root.RemoveAll(name))
	}
	return err
}

// Dir takes notice of a directory. It is made when a file in it is.
func (w *Writer) Dir(name string) error {
	if err := w.count(); err != nil {
		return err
	}
	name = strings.TrimSuffix(name, "/")
	if err := CheckName(name); err != nil {
		return err
	}
	return w.claim(name, false)
}

// File writes a file of exactly size bytes.
func (w *Writer) File(name string, size int64, executable bool, content io.Reader) error {
	if err := w.count(); err != nil {
		return err
	}
	if err := CheckName(name); err != nil {
		return err
	}
	if w.files++; w.files > tree.MaxFiles {
		return fmt.Errorf("it holds more than %d files", tree.MaxFiles)
	}
	if size < 0 || size > tree.MaxBytes-w.bytes {
		return errTooLarge
	}
	if err := w.claim(name, true); err != nil {
		return err
	}
	mode := os.FileMode(0o644)
	if executable {
		mode = 0o755
	}
	if err := w.write(name, size, mode, content); err != nil {
		return fmt.Errorf("%s: %w", show(name), err)
	}
	return nil
}

var errTooLarge = fmt.Errorf("it is larger than %d MiB, which a module may not be", tree.MaxBytes>>20)

func (w *Writer) count() error {
	if w.entries++; w.entries > maxEntries {
		return fmt.Errorf("it holds more than %d entries", maxEntries)
	}
	return nil
}

// claim notes a name and the directories above it, and refuses one that some
// file system would take for another.
func (w *Writer) claim(name string, file bool) error {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if err := w.one(dir, false); err != nil {
			return err
		}
	}
	return w.one(name, file)
}

func (w *Writer) one(name string, file bool) error {
	key := folded(name)
	old, there := w.seen[key]
	switch {
	case !there:
		w.seen[key] = entry{name, file}
		return nil
	case old.name != name:
		return fmt.Errorf("%s and %s are one name where case, or the way letters are composed, is not told apart", show(old.name), show(name))
	case old.file && file:
		return fmt.Errorf("%s is in it twice", show(name))
	case old.file != file:
		return fmt.Errorf("%s is both a file and a directory", show(name))
	}
	return nil
}

func (w *Writer) write(name string, size int64, mode os.FileMode, content io.Reader) error {
	if dir := path.Dir(name); dir != "." {
		if err := w.root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	f, err := w.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	n, err := io.Copy(&bounded{w, f}, io.LimitReader(content, size+1))
	if err == nil && n != size {
		err = errors.New("its content is not as long as is said of it")
	}
	if err == nil {
		err = f.Chmod(mode) // whatever the umask
	}
	return errors.Join(err, f.Close())
}

// bounded holds what is written to the limits of the tree.
type bounded struct {
	w *Writer
	f *os.File
}

func (b *bounded) Write(p []byte) (int, error) {
	w := b.w
	w.bytes += int64(len(p))
	if w.bytes > tree.MaxBytes {
		return 0, errTooLarge
	}
	if w.packed != nil && w.bytes > freeRatio && w.bytes > maxRatio*w.packed() {
		return 0, fmt.Errorf("it unpacks to more than %d times its size, as no module does", maxRatio)
	}
	return b.f.Write(p)
}

// Empty takes everything out of a directory.
func Empty(dir string) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return empty(root)
}
