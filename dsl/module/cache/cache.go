// Package cache keeps fetched modules on this machine. Each is in a directory
// named by the hash of its tree, so nothing in the cache is ever out of date;
// what was changed there is found by that hash. Any number of processes may
// use one cache at the same time.
package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"throng/dsl/module/tree"
)

// Cache is a directory of modules; the zero value holds nothing.
type Cache struct{ dir string }

// At is the cache in a directory, which is made when it is first written to.
func At(dir string) Cache { return Cache{dir} }

// Path is where a tree of this hash is kept; "" where that is no hash, or
// there is no cache.
func (c Cache) Path(hash string) string {
	name, ok := tree.Hex(hash)
	if !ok || c.dir == "" {
		return ""
	}
	return filepath.Join(c.dir, name)
}

// Open reads and verifies a tree. One that is not there is fs.ErrNotExist,
// one that was changed a *tree.Changed.
func (c Cache) Open(hash string) (*tree.Files, error) {
	dir := c.Path(hash)
	if dir == "" {
		return nil, fs.ErrNotExist
	}
	return tree.Verify(dir, hash)
}

// Put keeps a tree under its hash, and reports whether it was not there
// before. One that was changed is replaced. The tree appears whole or not at
// all.
func (c Cache) Put(files *tree.Files, hash string) (added bool, err error) {
	dir := c.Path(hash)
	if dir == "" {
		return false, errors.New("the user has no cache directory")
	}
	if _, err = tree.Verify(dir, hash); err == nil {
		return false, nil
	}
	missing := errors.Is(err, fs.ErrNotExist)
	made, err := c.Temp()
	if err != nil {
		return false, err
	}
	defer func() { _ = os.RemoveAll(made) }()
	fresh := filepath.Join(made, "fresh")
	if err := os.Mkdir(fresh, 0o755); err != nil {
		return false, err
	}
	if err := files.Write(fresh); err != nil {
		return false, fmt.Errorf("writing a module into the cache: %w", err)
	}
	if err := replace(dir, fresh, hash, made); err != nil {
		return false, fmt.Errorf("putting a module into the cache: %w", err)
	}
	return missing, nil
}

// replace moves fresh to dir, and what was changed there to a place in temp.
// Other processes may do the same: whoever is faster put the same there.
func replace(dir, fresh, hash, temp string) (err error) {
	for attempt := range 100 {
		_, found := tree.Verify(dir, hash)
		switch {
		case found == nil:
			return nil
		case !errors.Is(found, fs.ErrNotExist):
			spoilt := filepath.Join(temp, fmt.Sprint("spoilt", attempt))
			if err = os.Rename(dir, spoilt); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
		if err = os.Rename(fresh, dir); err == nil {
			return nil
		}
	}
	return err
}

// Drop takes a tree out of the cache.
func (c Cache) Drop(hash string) error {
	dir := c.Path(hash)
	if dir == "" {
		return nil
	}
	made, err := c.Temp()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(made) }()
	return os.Rename(dir, filepath.Join(made, "dropped"))
}

const tempPrefix = ".tmp-"

// Abandoned is the age at which a temporary directory has no owner any more:
// whoever makes one needs it for less.
const Abandoned = 24 * time.Hour

// Temp makes a directory on the cache's disk, which is the caller's to remove.
func (c Cache) Temp() (string, error) {
	if c.dir == "" {
		return "", errors.New("the user has no cache directory")
	}
	if err := os.MkdirAll(c.dir, 0o700); err != nil {
		return "", err
	}
	c.Sweep()
	return os.MkdirTemp(c.dir, tempPrefix)
}

// Sweep removes what killed processes left behind.
func (c Cache) Sweep() {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), tempPrefix) {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) >= Abandoned {
			_ = os.RemoveAll(filepath.Join(c.dir, e.Name()))
		}
	}
}
