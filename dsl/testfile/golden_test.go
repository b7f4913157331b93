package testfile_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"throng/dsl/diag"
	"throng/dsl/testfile"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// TestBad holds what is said about bad test files against the exact text. An
// archive holds one test file, what it needs beside it, and `want`.
func TestBad(t *testing.T) {
	archives(t, "bad", func(t *testing.T, f *testfile.File, found diag.Diagnostics) string {
		if len(found) == 0 {
			t.Error("nothing was found")
		}
		for _, d := range found {
			if _, known := diag.Lookup(d.Code); !known {
				t.Errorf("the code %q is not in the table", d.Code)
			}
		}
		return rendered(t, found, f)
	})
}

// TestCheck holds verdicts against their texts. An archive has what a run
// showed in files called RUN.plan.json, RUN.requests.json and RUN.result.json.
func TestCheck(t *testing.T) {
	archives(t, "check", func(t *testing.T, f *testfile.File, found diag.Diagnostics) string {
		if found.HasErrors() {
			t.Fatalf("the file is wrong:\n%s", rendered(t, found, f))
		}
		var out strings.Builder
		seen := map[string]testfile.Seen{}
		for i := range f.Runs {
			r := &f.Runs[i]
			seen[r.Name] = testfile.Seen{Plan: document(r.Name + ".plan"), Requests: document(r.Name + ".requests"), Result: document(r.Name + ".result")}
			for _, v := range r.Check(seen[r.Name], seen) {
				word := "pass"
				if !v.Pass {
					word = "FAIL: " + v.Message
				}
				fmt.Fprintf(&out, "%s line %d: %s\n", r.Name, v.Site.Line, word)
				if v.Pass != (v.Finding == nil) {
					t.Error("a finding and a pass, or neither")
				}
				if v.Finding != nil {
					out.WriteString(rendered(t, diag.Diagnostics{v.Finding}, f))
				}
			}
		}
		return out.String()
	})
}

func document(name string) json.RawMessage {
	text, err := os.ReadFile(name + ".json")
	if err != nil {
		return nil
	}
	return text
}

func rendered(t *testing.T, found diag.Diagnostics, f *testfile.File) string {
	t.Helper()
	var out bytes.Buffer
	if err := diag.WriteText(&out, found, f.Sources, diag.Options{Width: 100}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func archives(t *testing.T, folder string, got func(*testing.T, *testfile.File, diag.Diagnostics) string) {
	names, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range names {
		name, err := filepath.Abs(name)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			path, want := unpack(t, archive)
			f, found := testfile.Read(path)
			if f == nil {
				t.Fatalf("no file: %v", found.Err())
			}
			text := got(t, f, found)
			if *update {
				want.Data = []byte(text)
				if err := os.WriteFile(name, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), text); diff != "" {
				t.Errorf("-want +got; -update accepts it:\n%s", diff)
			}
		})
	}
}

// unpack writes an archive's files into a fresh working directory.
func unpack(t *testing.T, archive *txtar.Archive) (path string, want *txtar.File) {
	t.Chdir(t.TempDir())
	for i := range archive.Files {
		f := &archive.Files[i]
		if f.Name == "want" {
			want = f
			continue
		}
		if testfile.IsTestFile(f.Name) {
			path = f.Name
		}
		if err := os.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(f.Name, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want == nil {
		archive.Files = append(archive.Files, txtar.File{Name: "want"})
		want = &archive.Files[len(archive.Files)-1]
	}
	return path, want
}
