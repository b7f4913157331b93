package scaffold

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"throng/dsl"
	"throng/dsl/diag"
)

// valid holds that files written to a directory are a scenario without any
// finding but those allowed.
func valid(t *testing.T, files []File) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made")
	if err := Write(dir, files); err != nil {
		t.Fatal(err)
	}
	r := dsl.Validate(dir, dsl.Options{Tool: "0.1.0"})
	var text strings.Builder
	for _, f := range files {
		text.Write(f.Text)
	}
	if len(r.Diagnostics) > 0 {
		var out strings.Builder
		if err := diag.WriteText(&out, r.Diagnostics, r.Sources, diag.Options{Width: 100}); err != nil {
			t.Fatal(err)
		}
		t.Errorf("what was written is not valid:\n%s\n%s", out.String(), text.String())
	}
	again, err := formatted(append([]File(nil), files...)...)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again {
		if string(again[i].Text) != string(files[i].Text) {
			t.Errorf("%s is not in canonical form", files[i].Name)
		}
	}
	return text.String()
}

func TestStarter(t *testing.T) {
	for _, name := range []string{"shop", `a "b" ${c}`, "été", " "} {
		files, err := Starter(name)
		if err != nil {
			t.Fatal(err)
		}
		text := valid(t, files)
		if !strings.Contains(text, "scenario "+quote(name)) {
			t.Errorf("the scenario is not called %q", name)
		}
		for line := range strings.Lines(text) {
			if len([]rune(strings.TrimRight(line, "\n"))) > 80 {
				t.Errorf("a line of more than 80 columns: %s", line)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	files := []File{{"main.hcl", []byte("a")}, {"users.hcl", []byte("b")}}
	for name, there := range map[string]string{"another file": "other.hcl", "a JSON file": "main.hcl.json", "the file": "main.hcl"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, there), []byte("kept"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := Write(dir, files); err == nil || !strings.Contains(err.Error(), "nothing is ever overwritten") {
				t.Errorf("got %v", err)
			}
			if got, _ := os.ReadFile(filepath.Join(dir, there)); string(got) != "kept" {
				t.Errorf("%s was overwritten: %q", there, got)
			}
			entries, err := os.ReadDir(dir)
			if err != nil || len(entries) != 1 {
				t.Errorf("something was written: %v (%v)", entries, err)
			}
		})
	}
}

func TestWriteKeepsOtherFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd [name]*")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, []File{{"main.hcl", []byte("a")}}); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, []File{{"more.hcl", []byte("a")}}); err == nil {
		t.Error("a directory with a scenario was written to")
	}
}

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"a":              `"a"`,
		`"\`:             `"\"\\"`,
		"${a} %{b} $c %": `"$${a} %%{b} $c %"`,
		"\n\t\x00":       `"\n\t\u0000"`,
		"\xff":           `"` + "\uFFFD" + `"`,
		"1e999":          `"0"`,
		"1e-999":         `"0"`,
		"1e5":            `"1e5"`,
	} {
		if got := quote(in); got != want {
			t.Errorf("%q becomes %s, want %s", in, got, want)
		}
	}
}

func TestIdent(t *testing.T) {
	for in, want := range map[string]string{"pets": "pets", "Pet store!": "Pet_store", "1st": "x1st", "": "x", "été": "t", "a/b/c": "a_b_c", "-a-": "a"} {
		if got := ident(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
