package unpack

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"throng/dsl/module/fetch/fetchtest"
	"throng/dsl/module/tree"
)

// place is a directory to unpack into, beside files that must stay as they
// are.
type place struct{ outer, dir string }

func newPlace(t testing.TB) place {
	t.Helper()
	outer := t.TempDir()
	p := place{outer, filepath.Join(outer, "deep", "module")}
	for _, dir := range []string{p.dir, filepath.Join(outer, "sibling")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(outer, "sibling", "canary"), []byte("as it was"), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// snapshot is what lies below a directory: names, modes, contents and times.
func snapshot(t testing.TB, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		fmt.Fprintf(&b, "%s %s", filepath.ToSlash(rel), info.Mode())
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			fmt.Fprintf(&b, " %q", text)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// refused holds that unpacking fails with a message, and leaves everything as
// it was: nothing written outside of the directory, and nothing left in it.
func refused(t *testing.T, want string, unpack func(dir string) error) {
	t.Helper()
	p := newPlace(t)
	before := snapshot(t, p.outer)
	err := unpack(p.dir)
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("the error is %q, want …%s…", err, want)
	}
	if err != nil && strings.ContainsAny(err.Error(), "\x00\x1b\n\r\u202e") {
		t.Errorf("the error holds what a terminal would obey: %q", err)
	}
	if after := snapshot(t, p.outer); after != before {
		t.Errorf("it left something:\n%s\nwas\n%s", after, before)
	}
}

func TestGoodArchives(t *testing.T) {
	files := map[string]string{"main.hcl": "a", "lib/data.csv": "b,c\n", "lib/ünï/.gitignore": "", ".github/x": "y"}
	want := `. drwxr-xr-x
.github drwxr-xr-x
.github/x -rw-r--r-- "y"
lib drwxr-xr-x
lib/data.csv -rw-r--r-- "b,c\n"
lib/ünï drwxr-xr-x
lib/ünï/.gitignore -rw-r--r-- ""
main.hcl -rw-r--r-- "a"
`
	for name, unpack := range map[string]func(dir string) error{
		"zip":        func(dir string) error { return Zip(fetchtest.Zip(files), dir) },
		"tar":        func(dir string) error { return TarGz(bytes.NewReader(fetchtest.TarGz(files)), dir) },
		"zip of git": func(dir string) error { return Zip(gitArchive(t, files, "zip"), dir) },
		"tar of git": func(dir string) error { return TarGz(bytes.NewReader(gitArchive(t, files, "tar.gz")), dir) },
		"tar of a directory": func(dir string) error {
			return TarGz(bytes.NewReader(tgz(t, "./", entryDir, "./main.hcl", "a", "./lib/", entryDir, "./lib/data.csv", "b,c\n",
				"./lib/ünï/", entryDir, "lib/ünï/.gitignore", "", "./empty/", entryDir, ".github/x", "y")), dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			if err := unpack(p.dir); err != nil {
				t.Fatal(err)
			}
			if got := snapshot(t, p.dir); runtime.GOOS != "windows" && got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if _, err := tree.Hash(os.DirFS(p.dir)); err != nil {
				t.Error(err)
			}
		})
	}
}

func gitArchive(t *testing.T, files map[string]string, format string) []byte {
	t.Helper()
	repo := fetchtest.NewRepo(t, "x")
	repo.Commit(files)
	cmd := exec.Command("git", "archive", "--format="+format, "main")
	cmd.Dir = repo.Dir
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestModes shows that a mode says no more than whether to execute.
func TestModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	for mode, want := range map[fs.FileMode]fs.FileMode{0o000: 0o644, 0o600: 0o644, 0o777: 0o755, 0o100: 0o755, 0o1666: 0o644} {
		var z bytes.Buffer
		w := zip.NewWriter(&z)
		h := &zip.FileHeader{Name: "x"}
		h.SetMode(mode)
		if _, err := w.CreateHeader(h); err != nil {
			t.Fatal(err)
		}
		_ = w.Close()
		for name, unpack := range map[string]func(string) error{
			"zip": func(dir string) error { return Zip(z.Bytes(), dir) },
			"tar": func(dir string) error {
				return TarGz(bytes.NewReader(tgz(t, &tar.Header{Name: "x", Typeflag: tar.TypeReg, Mode: int64(mode), Uid: 7, Gid: 7}, "")), dir)
			},
		} {
			p := newPlace(t)
			if err := unpack(p.dir); err != nil {
				t.Fatal(name, err)
			}
			info, err := os.Stat(filepath.Join(p.dir, "x"))
			if err != nil || info.Mode() != want {
				t.Errorf("%s: %v becomes %v (%v), want %v", name, mode, info.Mode(), err, want)
			}
		}
	}
}

func TestDirectoryInUse(t *testing.T) {
	p := newPlace(t)
	if err := os.WriteFile(filepath.Join(p.dir, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	before := snapshot(t, p.outer)
	if err := Zip(fetchtest.Zip(map[string]string{"y": ""}), p.dir); err == nil || !strings.Contains(err.Error(), "already") {
		t.Error(err)
	}
	if snapshot(t, p.outer) != before {
		t.Error("it changed a directory that was in use")
	}
	if err := Zip(nil, filepath.Join(p.dir, "none")); err == nil {
		t.Error("a directory that is not there is taken")
	}
}

// entryDir stands for the content of a directory.
const entryDir = "\x00dir"

// tarOf packs pairs: a name or a *tar.Header, and a content.
func tarOf(t testing.TB, pairs ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		content := pairs[i+1].(string)
		h, ok := pairs[i].(*tar.Header)
		if !ok {
			h = &tar.Header{Typeflag: tar.TypeReg, Name: pairs[i].(string), Mode: 0o644}
			if content == entryDir {
				h.Typeflag, content = tar.TypeDir, ""
			}
		}
		h.Size = int64(len(content))
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gz(t testing.TB, parts ...[]byte) []byte {
	t.Helper()
	return gzLevel(t, gzip.BestSpeed, parts...)
}

func gzLevel(t testing.TB, level int, parts ...[]byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		if _, err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func tgz(t testing.TB, pairs ...any) []byte { return gz(t, tarOf(t, pairs...)) }

func crc(content string) uint32 { return crc32.ChecksumIEEE([]byte(content)) }
