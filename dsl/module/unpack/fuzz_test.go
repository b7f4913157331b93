package unpack

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throng/dsl/module/fetch/fetchtest"
	"throng/dsl/module/tree"
)

// contained holds that unpacking wrote within its directory alone, what it
// may write there, and nothing where it failed.
func contained(t *testing.T, unpack func(dir string) error) {
	p := newPlace(t)
	outside := func() string {
		var kept []string
		for line := range strings.Lines(snapshot(t, p.outer)) {
			if !strings.HasPrefix(line, "deep/module/") {
				kept = append(kept, line)
			}
		}
		return strings.Join(kept, "")
	}
	before := outside()
	err := unpack(p.dir)
	if after := outside(); after != before {
		t.Fatalf("it wrote outside:\n%s\nwas\n%s", after, before)
	}
	if err != nil {
		if left := snapshot(t, p.dir); strings.Count(left, "\n") != 1 {
			t.Fatalf("it failed (%v) and left\n%s", err, left)
		}
		return
	}
	walk := func(name string, d fs.DirEntry, err error) error {
		if err != nil || name == p.dir {
			return err
		}
		rel, _ := filepath.Rel(p.dir, name)
		if bad := CheckName(filepath.ToSlash(rel)); bad != nil {
			t.Fatal(bad)
		}
		if info, err := d.Info(); err != nil || !d.IsDir() && info.Mode()&^0o111 != 0o644 {
			t.Fatalf("%s is %v (%v)", rel, info.Mode(), err)
		}
		return nil
	}
	if err := filepath.WalkDir(p.dir, walk); err != nil {
		t.Fatal(err)
	}
	if _, err := tree.Hash(os.DirFS(p.dir)); err != nil {
		t.Fatalf("it has no hash: %v", err)
	}
}

func FuzzZip(f *testing.F) {
	files := map[string]string{"main.hcl": "a", "lib/data.csv": "b,c\n"}
	good := fetchtest.Zip(files)
	for _, seed := range [][]byte{
		good, stored(f, "ok", "content"), zipOf(f, "../x", "y"), zipOf(f, "a/", "", "A/b", "y"), overlap(zipOf(f, "one", "1", "two", "2")),
		hidden(f), end64(good), between(good), flag(good, 1), cutShort(good),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		contained(t, func(dir string) error { return Zip(archive, dir) })
	})
}

// FuzzTar feeds what is in the gzip: a fuzzer would not get past its checksum.
func FuzzTar(f *testing.F) {
	for _, seed := range [][]byte{
		tarOf(f, "main.hcl", "a", "lib/", entryDir, "lib/data.csv", "b,c\n"), tarOf(f, "../x", "y"), tarOf(f, "ü/"+strings.Repeat("long", 40), "y"), {}, make([]byte, 1024),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		contained(t, func(dir string) error { return TarGz(bytes.NewReader(gz(t, archive)), dir) })
	})
}
