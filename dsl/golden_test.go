package dsl_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

var update = flag.Bool("update", false, "rewrite the expectations in testdata")

// An archive of testdata holds a scenario's files; `options`, one a line, as
// the command line would give them; and `want`. Where the files declare no
// target, user, profile or sla, an ordinary one is added, so that a case
// shows only what it is about; the option `bare` leaves the files alone.
var ordinary = []struct{ word, text string }{
	{"target", "target \"api\" {\n  base_url = \"http://127.0.0.1:8000\"\n}\n"},
	{"user", "user \"u\" {\n  get \"/\" {}\n}\n"},
	{"profile", "profile \"p\" {\n  users    = 1\n  duration = \"1m\"\n}\n"},
	{"sla", "sla \"all\" { error_rate = \"1%\" }\n"},
}

// TestGood holds the plans of good scenarios against their dumps.
func TestGood(t *testing.T) {
	archives(t, "good", func(t *testing.T, r dsl.Result) string {
		var out bytes.Buffer
		if len(r.Diagnostics) > 0 {
			out.WriteString(rendered(t, r))
		}
		if r.Plan == nil {
			t.Fatalf("no plan:\n%s", out.String())
		}
		if err := plan.Dump(&out, r.Plan); err != nil {
			t.Fatal(err)
		}
		return out.String()
	})
}

// TestBad holds what is said about bad scenarios against the exact text.
func TestBad(t *testing.T) {
	archives(t, "bad", func(t *testing.T, r dsl.Result) string {
		if len(r.Diagnostics) == 0 {
			t.Error("nothing was found")
		}
		if r.Diagnostics.HasErrors() != (r.Plan == nil) {
			t.Error("a plan and errors at once, or neither")
		}
		for _, d := range r.Diagnostics {
			if _, known := diag.Lookup(d.Code); !known {
				t.Errorf("the code %q is not in the table", d.Code)
			}
		}
		return rendered(t, r)
	})
}

func rendered(t *testing.T, r dsl.Result) string {
	var out bytes.Buffer
	if err := diag.WriteText(&out, r.Diagnostics, r.Sources, diag.Options{Width: 100}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func archives(t *testing.T, folder string, got func(*testing.T, dsl.Result) string) {
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
			options, want := unpack(t, archive)
			text := got(t, dsl.Compile(".", options))
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

// unpack writes an archive's files into a fresh working directory, and gives
// the options and the expectation.
func unpack(t *testing.T, archive *txtar.Archive) (o dsl.Options, want *txtar.File) {
	t.Chdir(t.TempDir())
	o = dsl.Options{Seed: 1, Tool: "0.1.0", Inputs: map[string]dsl.Input{}}
	bare := false
	var all strings.Builder
	for i := range archive.Files {
		f := &archive.Files[i]
		switch f.Name {
		case "want":
			want = f
		case "options":
			for line := range strings.Lines(string(f.Data)) {
				name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
				bare = bare || name == "bare"
				option(t, &o, name, value)
			}
		default:
			if err := os.MkdirAll(filepath.Dir(f.Name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(f.Name, f.Data, 0o644); err != nil {
				t.Fatal(err)
			}
			all.Write(f.Data)
		}
	}
	if want == nil {
		archive.Files = append(archive.Files, txtar.File{Name: "want"})
		want = &archive.Files[len(archive.Files)-1]
	}
	if !bare {
		addOrdinary(t, "\n"+all.String())
	}
	return o, want
}

func addOrdinary(t *testing.T, given string) {
	text := ""
	for _, b := range ordinary {
		if !strings.Contains(given, "\n"+b.word+" ") {
			text += b.text
		}
	}
	if err := os.WriteFile("ordinary.hcl", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func option(t *testing.T, o *dsl.Options, name, value string) {
	number := func() float64 {
		f, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	switch name {
	case "bare":
	case "profile":
		o.Profile = value
	case "var":
		k, v, _ := strings.Cut(value, "=")
		o.Inputs[k] = dsl.Input{Text: v, Origin: "--var"}
	case "users":
		n := int(number())
		o.Users = &n
	case "spawn_rate":
		f := number()
		o.SpawnRate = &f
	case "duration":
		o.Duration = &value
	case "tags":
		o.Tags = strings.Split(value, ",")
	case "exclude_tags":
		o.ExcludeTags = strings.Split(value, ",")
	case "tool":
		o.Tool = value
	default:
		t.Fatalf("unknown option %q", name)
	}
}
