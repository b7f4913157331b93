package bundle

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"throng/dsl/module/tree"
)

func file(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }

func TestPack(t *testing.T) {
	lib := fstest.MapFS{
		"main.hcl": file("output \"x\" { value = 1 }\n"), "README.md": file("# x\n"), "basic.throngtest.hcl": file(""),
		"examples/basic/main.hcl": file("a"), "examples/basic/results/run-1/summary.json": file("b"), "examples/basic/vendor/x/main.hcl": file("c"),
		"data/größe.csv": file("d"), "results": file("a file called so"), "vendor/lib/main.hcl": file("e"),
		".git/config": file("f"), ".gitignore": file("g"), ".throng.lock.hcl": file("h"),
		".throngignore": file("# what nobody needs\n*.log\n/notes.md\ndata/raw/\nbuild/\n"),
		"a.log":         file("i"), "data/b.log": file("j"), "notes.md": file("k"), "data/notes.md": file("kept"),
		"data/raw/c.csv": file("l"), "examples/data/raw/c.csv": file("kept"), "deep/build/x": file("m"), "other/build": file("a file called so"),
	}
	a, err := Pack(lib)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"README.md", "basic.throngtest.hcl", "data/größe.csv", "data/notes.md", "examples/basic/main.hcl",
		"examples/data/raw/c.csv", "main.hcl", "other/build", "results",
	}
	if !slices.Equal(a.Files, want) {
		t.Errorf("files %q, want %q", a.Files, want)
	}
	z, err := zip.NewReader(bytes.NewReader(a.Zip), int64(len(a.Zip)))
	if err != nil {
		t.Fatal(err)
	}
	unpacked := fstest.MapFS{}
	for _, f := range z.File {
		if f.Method != zip.Store || f.Mode() != 0o644 || f.Modified.Year() != 1980 {
			t.Errorf("%s: method %d, mode %s, time %s", f.Name, f.Method, f.Mode(), f.Modified)
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r) // checks the sum
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if got := lib[f.Name]; got == nil || string(got.Data) != string(text) {
			t.Errorf("%s holds %q", f.Name, text)
		}
		unpacked[f.Name] = file(string(text))
	}
	if hash, err := tree.Hash(unpacked); err != nil || hash != a.Hash {
		t.Errorf("hash %s, want %s: %v", a.Hash, hash, err)
	}
}

// The bytes depend on names and contents alone.
func TestPackIsDeterministic(t *testing.T) {
	dirs := []string{t.TempDir(), t.TempDir()}
	names := []string{"main.hcl", "sub/a.csv", "sub/b.csv"}
	for i, dir := range dirs {
		if i == 1 {
			slices.Reverse(names)
		}
		for _, n := range names {
			p := filepath.Join(dir, filepath.FromSlash(n))
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, []byte("text of "+path.Base(n)), fs.FileMode(0o600+i*0o155)); err != nil {
				t.Fatal(err)
			}
		}
	}
	var sums []string
	for _, dir := range dirs {
		if err := os.WriteFile(filepath.Join(dir, "out.zip"), []byte(dir), 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := Pack(os.DirFS(dir), "out.zip")
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, a.SHA256)
	}
	// The digest is fixed for good: another one would make everybody's
	// packages differ from those of the version before.
	const want = "7f81eaad9384474220f2e423c30d0413c04d2d07155fa162907199ebde9013a9"
	if sums[0] != want || sums[1] != want {
		t.Errorf("digests %q, want %s", sums, want)
	}
}

func TestPackRefuses(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("main.hcl", filepath.Join(dir, "link.hcl")); err != nil {
		t.Skip("this system has no links: ", err)
	}
	if _, err := Pack(os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "link.hcl is a link") {
		t.Errorf("a link: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, IgnoreName), []byte("link.hcl\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if a, err := Pack(os.DirFS(dir)); err != nil || !slices.Equal(a.Files, []string{"main.hcl"}) {
		t.Errorf("a link that is left out: %v", err)
	}
	for what, c := range map[string]struct {
		lib  fstest.MapFS
		want string
	}{
		"nothing": {fstest.MapFS{".hidden": file("x")}, "it holds no file"},
		"a pipe":  {fstest.MapFS{"pipe": {Mode: fs.ModeNamedPipe}}, "neither a file nor a directory"},
		"large":   {fstest.MapFS{"a": {Data: make([]byte, tree.MaxBytes)}, "b": file("x")}, "larger than 32 MiB"},
		"rules":   {fstest.MapFS{"a": file("x"), IgnoreName: file("\n!a\n")}, "line 2"},
		"a name":  {fstest.MapFS{"aux.hcl": file("x")}, "device on Windows"},
		"cases":   {fstest.MapFS{"a.hcl": file("x"), "A.hcl": file("x")}, "one name where case"},
		"folder":  {fstest.MapFS{"a": file("x"), IgnoreName + "/b": file("")}, "has to be a file"},
	} {
		if _, err := Pack(c.lib); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}

func TestIgnore(t *testing.T) {
	for _, bad := range []string{"!x", "a/**/b", "[", "/", "[a"} {
		if _, err := parseIgnore("# first\n" + bad + "\n"); err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%q: %v", bad, err)
		}
	}
	rs, err := parseIgnore(" *.tmp \r\n\n#x\ndocs/*.md\n/top\nonly/\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"a.tmp": true, "deep/b.tmp": true, "docs/x.md": true, "deep/docs/x.md": false, "docs/deep/x.md": false,
		"top": true, "deep/top": false, "only": false, "x": false, "#x": false,
	} {
		if got := rs.match(name, false); got != want {
			t.Errorf("the file %s: %v", name, got)
		}
	}
	if !rs.match("deep/only", true) {
		t.Error("the directory deep/only is kept")
	}
}

// FuzzIgnore holds that no text makes a pattern fail where it is used.
func FuzzIgnore(f *testing.F) {
	f.Add("*.log\n/a/b/\n[a-z]?", "a/b/c.log")
	f.Fuzz(func(t *testing.T, text, name string) {
		rs, err := parseIgnore(text)
		if err != nil {
			if rs != nil {
				t.Error("rules beside an error")
			}
			return
		}
		for _, r := range rs {
			if _, err := path.Match(r.pattern, name); err != nil {
				t.Errorf("%q: %v", r.pattern, err)
			}
		}
		if rs.match(name, false) && !rs.match(name, true) {
			t.Error("left out as a file and not as a directory")
		}
	})
}
