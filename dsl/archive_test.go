package dsl_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/dsl/planfile"
)

// Every option either is stored in a plan file, or is given again when it is
// used. A new one has to be sorted here, and in Pack and Unpack.
func TestEveryOptionIsSorted(t *testing.T) {
	stored := []string{"Profile", "Users", "SpawnRate", "Duration", "Seed", "Tags", "ExcludeTags", "Inputs"}
	again := []string{"Tool", "Allow", "Sends", "Modules"}
	for i := range reflect.TypeFor[dsl.Options]().NumField() {
		name := reflect.TypeFor[dsl.Options]().Field(i).Name
		if slices.Contains(stored, name) == slices.Contains(again, name) {
			t.Errorf("is Options.%s stored in a plan file, or given again?", name)
		}
		if _, kept := reflect.TypeFor[planfile.Options]().FieldByName(name); !kept && slices.Contains(stored, name) && name != "Seed" && name != "Inputs" {
			t.Errorf("Options.%s has no place in a plan file", name)
		}
	}
}

const packed = `
variable "n" { default = [1] }
variable "secret" {
  sensitive = true
  default   = "a-secret-default"
}
variable "object" {
  type    = object({ a = number, b = optional(string, "x"), c = list(bool) })
  default = { a = 1, c = [] }
}
module "m" { source = "../lib" }
target "api" { base_url = "http://127.0.0.1:1" }
user "u" {
  get "/" {
    headers = { Note = file("note.txt") }
    json    = [var.n, var.object, module.m.value]
  }
  post "/" { json = var.secret }
}
profile "p" {
  users    = 1
  duration = "1m"
}
profile "q" {
  users    = 2
  duration = "1m"
}
sla "all" { error_rate = "1%" }
`

func dumped(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := plan.Dump(&b, p); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// What a plan file gives is the plan it was made of, though nothing of the
// scenario is left.
func TestUnpackGivesThePackedPlan(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "load", "main.hcl"), packed)
	write(t, filepath.Join(dir, "load", "note.txt"), "a note")
	write(t, filepath.Join(dir, "lib", "main.hcl"), "output \"value\" { value = file(\"deep/text.txt\") }\n")
	write(t, filepath.Join(dir, "lib", "deep", "text.txt"), "of the library")
	write(t, filepath.Join(dir, "x.vars.hcl"), "n = [1.5, \"a\", null, { b = 12345678901234567890 }]\nobject = { a = 2, c = [true] }\n")
	inputs, _, diags := dsl.ReadValues(filepath.Join(dir, "x.vars.hcl"))
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	inputs["secret"] = dsl.Input{Text: "s3cret-given", Origin: "THRONG_VAR_secret"}
	users, rate, duration := 7, 2.5, "90s"
	r, file := dsl.Pack(filepath.Join(dir, "load"), dsl.Options{Profile: "q", Inputs: inputs, Users: &users, SpawnRate: &rate, Duration: &duration, Seed: 1 << 63, Tool: "1.0.0"})
	if file == nil {
		t.Fatal(r.Diagnostics.Err())
	}
	data, err := planfile.Encode(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(data, []byte("s3cret-given")) || bytes.Contains(data, []byte("a-secret-default")) {
		t.Error("the plan file holds the secret")
	}
	name := filepath.Join(dir, "q.plan")
	write(t, name, string(data))
	for _, gone := range []string{"load", "lib"} {
		if err := os.RemoveAll(filepath.Join(dir, gone)); err != nil {
			t.Fatal(err)
		}
	}
	given := map[string]dsl.Input{"secret": {Text: "s3cret-given", Origin: "--var"}}
	back := dsl.Unpack(name, dsl.Options{Inputs: given, Tool: "1.0.0"}, false)
	if back.Plan == nil {
		t.Fatal(back.Diagnostics.Err())
	}
	if got, want := dumped(t, back.Plan), dumped(t, r.Plan); got != want {
		t.Errorf("another plan:\n%s\nwant:\n%s", got, want)
	}
	if back.Plan.File != name {
		t.Errorf("the plan is of %q", back.Plan.File)
	}
	for _, c := range []struct {
		name, want string
		tool       string
		given      map[string]dsl.Input
	}{
		{"no secret", "missing-variable", "1.0.0", nil},
		{"more", "plan-mismatch", "1.0.0", map[string]dsl.Input{"secret": given["secret"], "n": {Text: "[]", Origin: "--var"}}},
		{"other version", "unsupported-version", "1.0.1", given},
	} {
		r := dsl.Unpack(name, dsl.Options{Inputs: c.given, Tool: c.tool}, false)
		if r.Plan != nil || len(r.Diagnostics) == 0 || r.Diagnostics[0].Code != c.want {
			t.Errorf("%s: %v, want %s", c.name, r.Diagnostics.Err(), c.want)
		}
	}
	if r := dsl.Unpack(name, dsl.Options{Tool: "1.0.0"}, true); r.Plan == nil {
		t.Errorf("it cannot be shown: %v", r.Diagnostics.Err())
	}

	// Sources that no longer give the plan are refused, though the file is whole.
	for sum, text := range file.Texts {
		if strings.Contains(string(text), "a note") {
			delete(file.Texts, sum)
			text = []byte("b note")
			file.Texts[planfile.Sum(text)] = text
			for i := range file.Files {
				if file.Files[i].SHA256 == sum {
					file.Files[i].SHA256 = planfile.Sum(text)
				}
			}
		}
	}
	forged, err := planfile.Encode(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, string(forged))
	if r := dsl.Unpack(name, dsl.Options{Inputs: given, Tool: "1.0.0"}, false); r.Plan != nil || r.Diagnostics[0].Code != "plan-mismatch" {
		t.Errorf("a forged text: %v", r.Diagnostics.Err())
	}
}

// What files of values hold is in no snippet: a misspelled name may be that of
// a sensitive variable.
func TestValuesAreNotShown(t *testing.T) {
	for name, text := range map[string]string{
		"a.vars.hcl":      "# secret-1\npasword = \"secret-2\"\nlist = [\n  \"secret-3\",\n]\nbare = secret-4\n",
		"b.vars.hcl":      "pasword = \"secret-2\n",
		"c.vars.hcl.json": "{\n  \"pasword\": \"secret-2\",\n  \"list\": [\n    \"secret-3\"\n  ]\n}\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		write(t, path, text)
		_, sources, diags := dsl.ReadValues(path)
		shown := string(sources[path])
		for _, d := range diags {
			shown += d.Detail + d.Suggestion
		}
		if strings.Contains(shown, "secret") || !strings.Contains(shown, "pasword") {
			t.Errorf("%s:\n%s", name, shown)
		}
	}
}
