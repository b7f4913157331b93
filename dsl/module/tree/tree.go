// Package tree knows what a module's directory may hold, and its hash.
package tree

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

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
	names, err := list(fsys)
	if err != nil {
		return "", err
	}
	return dirhash.Hash1(names, func(name string) (io.ReadCloser, error) { return fsys.Open(name) })
}

// list names the files of a tree that Hash takes.
func list(fsys fs.FS) ([]string, error) {
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
			return errTooLarge
		}
		if len(names) > MaxFiles {
			return fmt.Errorf("it holds more than %d files", MaxFiles)
		}
		return nil
	})
	if err == nil && len(names) == 0 {
		err = errors.New("it holds no file")
	}
	return names, err
}

var errTooLarge = fmt.Errorf("it is larger than %d MiB", MaxBytes>>20)

// Hex is the SHA-256 in a hash that Hash made, as 64 hexadecimal digits, which
// every file system takes for a name; false for any other text.
func Hex(hash string) (string, bool) {
	text, ok := strings.CutPrefix(hash, "h1:")
	sum, err := base64.StdEncoding.Strict().DecodeString(text)
	if !ok || err != nil || len(sum) != 32 || base64.StdEncoding.EncodeToString(sum) != text {
		return "", false
	}
	return hex.EncodeToString(sum), true
}
