// Package bundle makes the package of a library: one zip file whose bytes
// depend on the names and contents of its files and on nothing else, so that
// whoever packs the same files gets the same digest.
//
// Left out are what begins with a dot, directories called results or vendor,
// and what the file .throngignore names. Tests stay: they document.
//
// The package must know neither HCL nor where packages go.
package bundle

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"throng/dsl/module/tree"
	"throng/dsl/module/unpack"
)

// Archive is a packed library.
type Archive struct {
	Zip    []byte
	SHA256 string   // of Zip, in hexadecimal digits
	Hash   string   // h1:… of the files, as a lock file records it
	Files  []string // their names, sorted
}

// Pack packs the library whose directory fsys is. A link, or anything else
// that is neither a file nor a directory, is an error, and so is what those
// who fetch the package would refuse (see package unpack). except names files
// that are left out beside the others, such as the package itself.
func Pack(fsys fs.FS, except ...string) (*Archive, error) {
	names, err := files(fsys)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return slices.Contains(except, name) })
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	total := 0
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be read: %w", name, err)
		}
		if total += len(data); total > tree.MaxBytes {
			return nil, fmt.Errorf("the library is larger than %d MiB, the most that a module may be; .throngignore says what is left out", tree.MaxBytes>>20)
		}
		if err := add(w, name, data); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	hash, err := unpacked(b.Bytes())
	if err != nil {
		return nil, fmt.Errorf("the library cannot be packed: %w", err)
	}
	sum := sha256.Sum256(b.Bytes())
	return &Archive{Zip: b.Bytes(), SHA256: hex.EncodeToString(sum[:]), Hash: hash, Files: names}, nil
}

// unpacked unpacks a package as those who fetch it do, and gives the hash of
// what comes out.
func unpacked(data []byte) (hash string, err error) {
	dir, err := os.MkdirTemp("", "throng-package-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := unpack.Zip(data, dir); err != nil {
		return "", err
	}
	return tree.Hash(os.DirFS(dir))
}

// firstDay is 1 January 1980, where zip's calendar begins.
const firstDay = 1<<5 | 1

// add writes a file as it is: what a compressor makes of it may change with
// its version.
func add(w *zip.Writer, name string, data []byte) error {
	h := &zip.FileHeader{
		Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data),
		CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data)),
	}
	h.ModifiedDate = firstDay //lint:ignore SA1019 CreateRaw writes this time and no other
	const unicode = 0x800
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			h.Flags = unicode
		}
	}
	h.SetMode(0o644)
	f, err := w.CreateRaw(h)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return err
}

// files are the names of the files that are packed, sorted.
func files(fsys fs.FS) ([]string, error) {
	ignored, err := readIgnore(fsys)
	if err != nil {
		return nil, err
	}
	var names []string
	err = fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return fmt.Errorf("%s cannot be read: %w", name, err)
		case name == ".":
			return nil
		case left(name, d.IsDir()) || ignored.match(name, d.IsDir()):
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		case d.IsDir():
			return nil
		case d.Type()&fs.ModeSymlink != 0:
			return fmt.Errorf("%s is a link, and a package holds none: put the file itself there, or name it in %s", name, IgnoreName)
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is neither a file nor a directory: remove it, or name it in %s", name, IgnoreName)
		}
		if names = append(names, name); len(names) > tree.MaxFiles {
			return fmt.Errorf("the library holds more than %d files, the most that a module may; %s says what is left out", tree.MaxFiles, IgnoreName)
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

// left reports whether a name never belongs to a package.
func left(name string, dir bool) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, ".") || dir && (base == "results" || base == "vendor")
}
