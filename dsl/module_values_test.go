package dsl_test

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/dsl/planfile"
)

const libraryValues = `
variable "prefix" { default = "P" }
locals { tail = "-${lower(var.prefix)}" }
output "label" { value = "in ${var.prefix}" }
data "csv" "people" { file = "people.csv" }
function "sku" {
  params = [name]
  result = "${var.prefix}-${upper(name)}${local.tail}"
}
function "twice" {
  params = [name]
  result = join("+", [for i in range(2) : sku("${name}${i}")])
}
`

const callerValues = `
module "lib" { source = "./lib" }
module "each" {
  source   = "./lib"
  for_each = toset(["a", "b"])
  prefix   = each.key
}
target "api" { base_url = "http://127.0.0.1:8000" }
function "own" {
  params = [x]
  result = module::lib::sku(x)
}
user "u" {
  session = { list = ["x", "y"] }
  post "/" {
    json = [
      module::lib::sku(user.id), own(user.id), [for x in session.list : module::lib::twice(x)],
      module.lib.data.people.name, [for x in session.list : "${x}${module.each["b"].data.people.name}${module.each["b"].label}"],
      [for x in session.list : [for k, m in module.each : "${k}${m.label}${x}"]],
    ]
  }
}
profile "p" {
  users    = 1
  duration = "1m"
}
sla "all" { error_rate = "1%" }
`

func libraryFiles(t testing.TB) string {
	dir := t.TempDir()
	write(t.(*testing.T), filepath.Join(dir, "main.hcl"), callerValues)
	write(t.(*testing.T), filepath.Join(dir, "lib", "main.hcl"), libraryValues)
	write(t.(*testing.T), filepath.Join(dir, "lib", "people.csv"), "name\nann\nbob\n")
	return dir
}

// Functions and rows of libraries have the same values wherever they are
// evaluated: before the run, lowered, and by HCL while users run.
func TestLibraryValues(t *testing.T) {
	dir := libraryFiles(t)
	console, r, _ := dsl.OpenConsole(dir, dsl.Options{Seed: 1, Tool: "0.1.0"}, nil)
	if r.Diagnostics.HasErrors() {
		t.Fatal(r.Diagnostics.Err())
	}
	for src, want := range map[string]string{
		`module::lib::sku("lamp")`:                                      `"P-LAMP-p"`,
		`module::lib::twice("x")`:                                       `"P-X0-p+P-X1-p"`,
		`module::lib::sku(user.id)`:                                     `"P-U-0-p"`,
		`[for x in [user.id] : module::lib::twice(x)]`:                  `["P-U-00-p+P-U-01-p"]`,
		`own(user.id)`:                                                  `"P-U-0-p"`,
		`module.lib.data.people.name`:                                   `"ann"`,
		`module.lib.data.people`:                                        `{name="ann"}`,
		`[for x in ["!"] : "${module.each["a"].data.people.name}${x}"]`: `["ann!"]`,
		`[for x in [user.id] : "${module.each["b"].label}${module.each["b"].data.people.name}${module.lib.label}${x}"]`: `["in bannin Pu-0"]`,
		`[for k, m in module.each : "${k}: ${m.label}"]`:                                                                `["a: in a","b: in b"]`,
		`[for x in [user.id] : [for k, m in module.each : "${m.label}${x}${module.each[k].label}"]]`:                    `[["in au-0in a","in bu-0in b"]]`,
		`module.each`: `{a={label="in a"}b={label="in b"}}`,
	} {
		value, _, diags := console.Eval([]byte(src), "expression")
		if diags.HasErrors() {
			t.Errorf("%s: %v", src, diags.Err())
		} else if got := strings.Join(strings.Fields(value), ""); got != strings.Join(strings.Fields(want), "") {
			t.Errorf("%s is %s, want %s", src, value, want)
		}
	}
}

// What users evaluate of libraries while a run goes on is shared by them, and
// none changes it.
func TestLibraryValuesOfManyUsers(t *testing.T) {
	r := dsl.Compile(libraryFiles(t), dsl.Options{Seed: 1, Tool: "0.1.0"})
	if r.Plan == nil {
		t.Fatal(r.Diagnostics.Err())
	}
	body := r.Plan.Classes[0].Tasks[0].Steps[0].(*plan.Request).Body.Text
	want := `["P-U-0-p","P-U-0-p",["P-X0-p+P-X1-p","P-Y0-p+P-Y1-p"],"ann",["xannin b","yannin b"],[["ain ax","bin bx"],["ain ay","bin by"]]]`
	var users sync.WaitGroup
	for range 8 {
		users.Go(func() {
			f := &plan.Frame{
				Plan: r.Plan, Rand: rand.New(rand.NewPCG(1, 0)), User: plan.UserInfo{ID: "u-0", Class: "u"},
				Rows: make([]int, len(r.Plan.Data)), Private: make([]any, len(r.Plan.Fallbacks)),
				Slots: make([]plan.Value, len(r.Plan.Classes[0].Slots)),
			}
			for _, init := range r.Plan.Classes[0].Initial {
				f.Slots[init.Slot], _ = init.Value.Eval(f)
			}
			for range 20 {
				got, err := body.Append(f, nil)
				if err != nil || string(got) != want {
					t.Errorf("%s, %v; want %s", got, err, want)
					return
				}
			}
		})
	}
	users.Wait()
}

// A plan file of a scenario with libraries and their instances gives the plan
// back.
func TestLibraryPlanFile(t *testing.T) {
	r, file := dsl.Pack(libraryFiles(t), dsl.Options{Seed: 1, Tool: "0.1.0"})
	if file == nil {
		t.Fatal(r.Diagnostics.Err())
	}
	data, err := planfile.Encode(file)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "p.plan")
	write(t, name, string(data))
	back := dsl.Unpack(name, dsl.Options{Tool: "0.1.0"}, false)
	if back.Plan == nil {
		t.Fatal(back.Diagnostics.Err())
	}
	if got, want := dumped(t, back.Plan), dumped(t, r.Plan); got != want {
		t.Errorf("another plan:\n%s\nwant:\n%s", got, want)
	}
}

// A symbolic link in a library's directory leads nowhere outside of it.
func TestLibraryLinks(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "secret.txt"), "of the scenario")
	write(t, filepath.Join(dir, "main.hcl"), "module \"lib\" { source = \"./lib\" }\ntarget \"api\" { base_url = \"http://127.0.0.1:8000\" }\nuser \"u\" { use = module.lib.user.buyer }\nprofile \"p\" {\n  users = 1\n  duration = \"1m\"\n}\n")
	write(t, filepath.Join(dir, "lib", "main.hcl"), `
locals {
  a = file("link.txt")
  b = file("up/secret.txt")
}
check "nothing_listed" {
  condition     = length(fileset("up", "*")) > 0
  error_message = "Nothing is seen there."
}
data "csv" "rows" { file = "link.txt" }
user "buyer" {
  get "/" { body_file = "up/secret.txt" }
  post "/" {
    part "x" { file = "link.txt" }
  }
}
`)
	for name, to := range map[string]string{"link.txt": "../secret.txt", "up": ".."} {
		if err := os.Symlink(to, filepath.Join(dir, "lib", name)); err != nil {
			t.Fatal(err)
		}
	}
	r := dsl.Compile(dir, dsl.Options{Tool: "0.1.0"})
	lines := map[int]bool{}
	for _, d := range r.Diagnostics {
		if d.Subject != nil && strings.HasSuffix(d.Subject.Filename, "lib/main.hcl") {
			lines[d.Subject.Start.Line] = true
		}
	}
	for _, line := range []int{3, 4, 7, 10, 12, 14} {
		if !lines[line] {
			t.Errorf("nothing is said of line %d: %v", line, r.Diagnostics.Err())
		}
	}
	for _, text := range r.Sources {
		if strings.Contains(string(text), "of the scenario") {
			t.Error("the file outside was read")
		}
	}
}

// What a tree of libraries takes grows with the number of modules, and no
// faster: one allocation for each two of them would be found.
func TestLibraryTreeIsLinear(t *testing.T) {
	allocations := func(modules int) float64 {
		dir := libraryTree(t, modules)
		return testing.AllocsPerRun(1, func() {
			if r := dsl.Validate(dir, dsl.Options{Tool: "0.1.0"}); r.Diagnostics.HasErrors() {
				t.Fatal(r.Diagnostics.Err())
			}
		})
	}
	few, many := allocations(20), allocations(200)
	if many > 10*few { // a part of few does not grow at all
		t.Errorf("20 modules take %.0f allocations, and 200 take %.2f times as many", few, many/few)
	}
}
