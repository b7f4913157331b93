package library_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"throng/dsl/diag"
	"throng/dsl/library"
	"throng/dsl/library/readme"
	"throng/dsl/module"
	"throng/dsl/schema"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// archive is an archive of testdata: files of libraries, and what is wanted.
type archive struct {
	name string
	*txtar.Archive
}

func archives(t *testing.T, pattern string) []archive {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	var all []archive
	for _, name := range names {
		a, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, archive{name, a})
	}
	return all
}

// write unpacks the files whose names begin with prefix.
func (a archive) write(t *testing.T, prefix string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range a.Files {
		rest, ok := strings.CutPrefix(f.Name, prefix)
		if !ok || strings.HasPrefix(f.Name, "want") {
			continue
		}
		path := filepath.Join(dir, filepath.FromSlash(rest))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// holds holds a text against the archive's file called want.
func (a archive) holds(t *testing.T, want, got string) {
	t.Helper()
	for i := range a.Files {
		if a.Files[i].Name != want {
			continue
		}
		if *update {
			a.Files[i].Data = []byte(got)
			if err := os.WriteFile(a.name, txtar.Format(a.Archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(string(a.Files[i].Data), got); diff != "" {
			t.Errorf("%s, %s (-want +got):\n%s", a.name, want, diff)
		}
		return
	}
	t.Errorf("%s holds no %s", a.name, want)
}

func read(t *testing.T, dir string) *library.API {
	t.Helper()
	r := library.Read(dir, module.Options{})
	if r.API == nil {
		var out bytes.Buffer
		_ = diag.WriteText(&out, r.Diagnostics, r.Sources, diag.Options{Width: 100})
		t.Fatalf("the library cannot be read:\n%s", out.String())
	}
	return r.API
}

// TestRead holds what is read of libraries, and the section of their README,
// against testdata/read_*.txtar.
func TestRead(t *testing.T) {
	for _, a := range archives(t, "read_*.txtar") {
		t.Run(filepath.Base(a.name), func(t *testing.T) {
			api := read(t, a.write(t, "lib/"))
			text, err := json.MarshalIndent(api, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			a.holds(t, "want.json", string(text)+"\n")
			a.holds(t, "want.md", readme.Section(api, "oci://registry.example.com/libraries/shop", "~> 1.2"))
		})
	}
}

// TestCompare holds the changes between two versions of libraries against
// testdata/compare_*.txtar.
func TestCompare(t *testing.T) {
	for _, a := range archives(t, "compare_*.txtar") {
		t.Run(filepath.Base(a.name), func(t *testing.T) {
			old, now := read(t, a.write(t, "old/")), read(t, a.write(t, "new/"))
			old.Name, now.Name = "lib", "lib"
			changes := library.Compare(old, now)
			var b strings.Builder
			for _, c := range changes {
				b.WriteString(string(c.Severity) + " [" + c.Kind + " " + c.Name + "] " + c.Sentence + "\n")
				if was := regexp.MustCompile(` is gone|no longer needs|needs no|is described`); c.Site == nil && !was.MatchString(c.Sentence) {
					t.Errorf("no place: %s", c.Sentence)
				}
			}
			a.holds(t, "want", b.String())
			if same := library.Compare(now, now); len(same) != 0 {
				t.Errorf("a library differs from itself: %v", same)
			}
		})
	}
}

func TestReadReportsErrors(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte("output \"x\" {\n  value = local.nothing\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r := library.Read(dir, module.Options{})
	if r.API != nil || !r.Diagnostics.HasErrors() || len(r.Sources) != 1 {
		t.Errorf("%v, %v", r.API, r.Diagnostics)
	}
	if r := library.Read(filepath.Join(dir, "nowhere"), module.Options{}); r.API != nil || !r.Diagnostics.HasErrors() {
		t.Errorf("a directory that is not there: %v", r.Diagnostics)
	}
}

func TestNext(t *testing.T) {
	for _, c := range []struct {
		last  string
		worst library.Severity
		want  string
	}{
		{"1.2.3", library.Major, "2.0.0"}, {"1.2.3", library.Minor, "1.3.0"}, {"v1.2.3", library.Patch, "v1.2.4"},
		{"0.4.1", library.Major, "0.5.0"}, {"v0.4.1", library.Minor, "v0.4.2"}, {"0.4.1", library.Patch, "0.4.2"},
		{"2.0.0-rc.1", library.Major, "2.0.0"},
	} {
		if got, err := library.Next(c.last, c.worst); err != nil || got != c.want {
			t.Errorf("Next(%s, %s) = %s, %v, want %s", c.last, c.worst, got, err, c.want)
		}
	}
	for _, no := range []string{"latest", "1.2", "2", "", "vv1.2.3"} {
		if _, err := library.Next(no, library.Patch); err == nil {
			t.Errorf("%q is taken for a version", no)
		}
	}
	for v, want := range map[string]string{"1.2.3": "~> 1.2", "v0.4.1": "~> 0.4.1", "2.0.0-rc.1": "2.0.0-rc.1", "x": ""} {
		if got := library.Compatible(v); got != want {
			t.Errorf("Compatible(%s) = %q, want %q", v, got, want)
		}
	}
	for _, c := range []struct {
		a, b string
		want bool
	}{{"1.9.0", "v1.10.0", true}, {"v2.0.0", "1.9.0", false}, {"1.0.0", "1.0.0", false}} {
		if got, err := library.Below(c.a, c.b); err != nil || got != c.want {
			t.Errorf("Below(%s, %s) = %v, %v", c.a, c.b, got, err)
		}
	}
}

// TestKinds holds that every kind of block that a library hands out is read.
func TestKinds(t *testing.T) {
	var exported []string
	for _, n := range schema.Root.Blocks {
		if n.Exported && n.Type != "output" {
			exported = append(exported, n.Type)
		}
	}
	slices.Sort(exported)
	known := slices.Sorted(slices.Values(library.Kinds))
	if !slices.Equal(exported, known) {
		t.Errorf("the schema hands out %q, and read are %q", exported, known)
	}
}
