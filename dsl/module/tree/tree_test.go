package tree_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/mod/sumdb/dirhash"

	"throng/dsl/module/tree"
)

var sample = fstest.MapFS{
	"main.hcl":         {Data: []byte("user \"u\" {}\n")},
	"data/people.csv":  {Data: []byte("name\na\n")},
	"data/deep/x":      {Data: []byte("x")},
	"data/deep/y":      {Data: nil},
	"zebra/and/so/on":  {Data: []byte("z")},
	"an-other/file.md": {Data: []byte("# x")},
}

// The hash is Go's and Terraform's h1, so that any tool of theirs can check it.
func TestHashIsDirhash(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, sample); err != nil {
		t.Fatal(err)
	}
	want, err := dirhash.HashDir(dir, "", dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	hash, err := tree.Hash(os.DirFS(dir))
	if err != nil || hash != want {
		t.Errorf("Hash gives %s (%v), dirhash %s", hash, err, want)
	}
	files, hash, err := tree.Read(os.DirFS(dir))
	if err != nil || hash != want {
		t.Fatalf("Read gives %s (%v), dirhash %s", hash, err, want)
	}
	if again, err := tree.Hash(files); err != nil || again != want {
		t.Errorf("what was read has the hash %s (%v)", again, err)
	}
}

func TestFilesIsAFileSystem(t *testing.T) {
	files, _, err := tree.Read(sample)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range sample {
		names = append(names, name)
	}
	if err := fstest.TestFS(files, names...); err != nil {
		t.Error(err)
	}
	below, err := files.Sub("data")
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(below, "people.csv", "deep/x", "deep/y"); err != nil {
		t.Error(err)
	}
	for _, name := range []string{"../main.hcl", "main.hcl", "/people.csv", ""} {
		if _, err := below.Open(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Open(%q) below: %v", name, err)
		}
	}
	none, _ := files.Sub("nowhere")
	if _, err := fs.ReadDir(none, "."); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
}

func TestWrittenFilesAreTheSame(t *testing.T) {
	files, hash, err := tree.Read(sample)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := files.Write(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Verify(dir, hash); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(filepath.Join(dir, "data", "people.csv"))
	if err != nil || info.Mode().Perm()&0o222 != 0 {
		t.Errorf("a file can be written to: %v, %v", info.Mode(), err)
	}
}

// Whatever bit is flipped and whatever is added, taken away or renamed, the
// tree is another one.
func TestVerifyFindsEveryChange(t *testing.T) {
	_, hash, err := tree.Read(sample)
	if err != nil {
		t.Fatal(err)
	}
	copyOf := func() string {
		dir := t.TempDir()
		if err := os.CopyFS(dir, sample); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	changed := func(what, dir string) {
		t.Helper()
		var c *tree.Changed
		if _, err := tree.Verify(dir, hash); !errors.As(err, &c) || c.Want != hash || c.Found == hash || c.Dir != dir {
			t.Errorf("%s: %v", what, err)
		}
	}
	for name, file := range sample {
		for bit := range len(file.Data) * 8 {
			if bit%7 != 0 {
				continue
			}
			dir := copyOf()
			spoilt := append([]byte{}, file.Data...)
			spoilt[bit/8] ^= 1 << (bit % 8)
			write(t, filepath.Join(dir, name), string(spoilt))
			changed(name, dir)
		}
	}
	dir := copyOf()
	write(t, filepath.Join(dir, "more.hcl"), "")
	changed("a file more", dir)
	dir = copyOf()
	remove(t, filepath.Join(dir, "data/deep/y"))
	changed("an empty file less", dir)
	dir = copyOf()
	if err := os.Rename(filepath.Join(dir, "main.hcl"), filepath.Join(dir, "Main.hcl")); err != nil {
		t.Fatal(err)
	}
	changed("renamed", dir)
	dir = copyOf()
	remove(t, filepath.Join(dir, "main.hcl"))
	if err := os.Symlink("data/people.csv", filepath.Join(dir, "main.hcl")); err != nil {
		t.Fatal(err)
	}
	changed("a link", dir)
	changed("an empty directory", t.TempDir())
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "x")
	changed("a file", file)
	if _, err := tree.Verify(filepath.Join(t.TempDir(), "none"), hash); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nothing: %v", err)
	}
}

func TestLimits(t *testing.T) {
	large := fstest.MapFS{"a": {Data: make([]byte, tree.MaxBytes)}, "b": {Data: []byte("x")}}
	if _, _, err := tree.Read(large); err == nil || !strings.Contains(err.Error(), "32 MiB") {
		t.Errorf("too many bytes: %v", err)
	}
	delete(large, "b")
	if _, _, err := tree.Read(large); err != nil {
		t.Errorf("as many bytes as may be: %v", err)
	}
	if _, _, err := tree.Read(fstest.MapFS{}); err == nil {
		t.Error("an empty tree has a hash")
	}
}

func TestHex(t *testing.T) {
	_, hash, err := tree.Read(sample)
	if err != nil {
		t.Fatal(err)
	}
	name, ok := tree.Hex(hash)
	if !ok || len(name) != 64 || strings.Trim(name, "0123456789abcdef") != "" {
		t.Errorf("Hex(%s) is %q, %v", hash, name, ok)
	}
	last := hash[len(hash)-2] // of its six bits the last two are padding
	for _, bad := range []string{"", "h1:", hash[3:], "h2:" + hash[3:], hash + "=", hash[:len(hash)-1], strings.ToUpper(hash), " " + hash,
		hash[:20] + "\n" + hash[20:], hash[:len(hash)-2] + string(last+1) + "="} {
		if name, ok := tree.Hex(bad); ok {
			t.Errorf("Hex(%q) is %q", bad, name)
		}
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
}
