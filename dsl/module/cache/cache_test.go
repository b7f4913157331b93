package cache_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"throng/dsl/module/cache"
	"throng/dsl/module/tree"
)

func read(t *testing.T, text string) (*tree.Files, string) {
	t.Helper()
	files, hash, err := tree.Read(fstest.MapFS{"main.hcl": {Data: []byte(text)}, "d/x": {Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	return files, hash
}

func put(t *testing.T, c cache.Cache, files *tree.Files, hash string) bool {
	t.Helper()
	added, err := c.Put(files, hash)
	if err != nil {
		t.Fatal(err)
	}
	return added
}

// names are what a cache's directory holds.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestPutAndOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "when needed")
	c := cache.At(dir)
	files, hash := read(t, "a")
	if _, err := c.Open(hash); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	if !put(t, c, files, hash) || put(t, c, files, hash) {
		t.Error("it is new once")
	}
	back, err := c.Open(hash)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := fs.ReadFile(back, "main.hcl"); err != nil || string(text) != "a" {
		t.Errorf("%q, %v", text, err)
	}
	if got := names(t, dir); len(got) != 1 || len(got[0]) != 64 {
		t.Errorf("the cache holds %q", got)
	}
	if err := c.Drop(hash); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("dropped, and the cache holds %q", got)
	}
}

func TestNoCache(t *testing.T) {
	var none cache.Cache
	files, hash := read(t, "a")
	if _, err := none.Open(hash); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if _, err := none.Put(files, hash); err == nil {
		t.Error("something was kept nowhere")
	}
	if _, err := none.Temp(); err == nil {
		t.Error("a directory was made nowhere")
	}
	if c := cache.At(t.TempDir()); c.Path("../../etc") != "" {
		t.Error("what is no hash has a place")
	}
}

// One flipped bit is found, and the next Put replaces what was changed.
func TestChangedEntryIsReplaced(t *testing.T) {
	c := cache.At(t.TempDir())
	files, hash := read(t, "abc")
	put(t, c, files, hash)
	name := filepath.Join(c.Path(hash), "main.hcl")
	if err := os.Chmod(name, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte("abb"), 0o600); err != nil {
		t.Fatal(err)
	}
	var changed *tree.Changed
	if _, err := c.Open(hash); !errors.As(err, &changed) || changed.Dir != c.Path(hash) {
		t.Errorf("changed: %v", err)
	}
	if put(t, c, files, hash) {
		t.Error("what is replaced is not new")
	}
	if _, err := c.Open(hash); err != nil {
		t.Error(err)
	}
	if err := os.RemoveAll(c.Path(hash)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.Path(hash), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, c, files, hash)
	if _, err := c.Open(hash); err != nil {
		t.Errorf("a file stood in its place: %v", err)
	}
}

// Many at once put the same and other trees, some of them over changed ones:
// in the end each is there, whole and once.
func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	const trees, each = 4, 8
	var wg sync.WaitGroup
	var hashes []string
	for i := range trees {
		files, hash := read(t, fmt.Sprint(i))
		if i%2 == 0 {
			spoilt := cache.At(dir).Path(hash)
			if err := os.Mkdir(spoilt, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for range each {
			wg.Go(func() {
				if _, err := cache.At(dir).Put(files, hash); err != nil {
					t.Error(err)
				}
			})
		}
		hashes = append(hashes, hash)
	}
	wg.Wait()
	for _, hash := range hashes {
		if _, err := cache.At(dir).Open(hash); err != nil {
			t.Error(err)
		}
	}
	if got := names(t, dir); len(got) != trees {
		t.Errorf("the cache holds %q", got)
	}
}

// What a killed process left behind goes after a day, and not before.
func TestAbandonedDirectoriesGo(t *testing.T) {
	dir := t.TempDir()
	c := cache.At(dir)
	old, err := c.Temp()
	if err != nil {
		t.Fatal(err)
	}
	young, err := c.Temp()
	if err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-cache.Abandoned)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Temp(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(old); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the old one: %v", err)
	}
	if _, err := os.Stat(young); err != nil {
		t.Errorf("the young one: %v", err)
	}
}
