// Package tree knows what a module's directory may hold, and its hash.
package tree

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"golang.org/x/mod/sumdb/dirhash"
)

// Limits of a module, as it is fetched and as it is read.
const (
	MaxFiles = 10_000
	MaxBytes = 32 << 20
)

// Hash is "h1:" and the base64 SHA-256 of a summary of the files below fsys,
// as Go's checksum database and Terraform define it (x/mod's dirhash.Hash1).
// A file that is neither regular nor a directory is an error, and so is a
// tree beyond the limits.
func Hash(fsys fs.FS) (string, error) {
	var names []string
	total := int64(0)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a regular file", name)
		}
		names = append(names, name)
		if total += info.Size(); total > MaxBytes {
			return fmt.Errorf("it is larger than %d MiB", MaxBytes>>20)
		}
		if len(names) > MaxFiles {
			return fmt.Errorf("it holds more than %d files", MaxFiles)
		}
		return nil
	})
	if err == nil && len(names) == 0 {
		err = errors.New("it holds no file")
	}
	if err != nil {
		return "", err
	}
	hash, err := dirhash.Hash1(names, func(name string) (io.ReadCloser, error) { return fsys.Open(name) })
	return hash, err
}
