package scenarios_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/library"
	"throng/dsl/module"
	"throng/runtime/changes"
	"throng/stdlib"
)

// std are the embedded libraries by name, as their sources say.
func std(t *testing.T) map[string]*library.API {
	t.Helper()
	all := map[string]*library.API{}
	for _, name := range stdlib.Libraries() {
		r := library.Read(filepath.Join("..", "stdlib", "std", name), module.Options{})
		if r.API == nil {
			var b strings.Builder
			_ = diag.WriteText(&b, r.Diagnostics, r.Sources, diag.Options{})
			t.Fatalf("std/%s:\n%s", name, b.String())
		}
		all[name] = r.API
	}
	return all
}

// Everything that the standard library hands out, and everything that it
// takes, is described, and what it takes has a type.
func TestStdIsDescribed(t *testing.T) {
	for name, api := range std(t) {
		if api.Description == "" {
			t.Errorf("std/%s does not say what it is", name)
		}
		if len(api.Exports) == 0 {
			t.Errorf("std/%s exports nothing", name)
		}
		if len(api.Targets) > 0 {
			t.Errorf("std/%s names a target: its callers do", name)
		}
		inputs := api.Inputs
		for _, e := range api.Exports {
			if e.Description == "" {
				t.Errorf("std/%s: %s %q has no description", name, e.Kind, e.Name)
			}
			inputs = append(inputs, e.Inputs...)
		}
		for _, in := range inputs {
			if !in.Typed || in.Description == "" {
				t.Errorf("std/%s: the input %q needs a type and a description", name, in.Name)
			}
		}
	}
}

// Every export of every library compiles where somebody uses it.
func TestStdIsUsable(t *testing.T) {
	for name, api := range std(t) {
		t.Run(name, func(t *testing.T) {
			dir := scenario(t, caller(name, api))
			compile(t, dir, dsl.Options{Profile: "own"})
			for _, e := range api.Exports {
				if e.Kind == "profile" {
					compile(t, dir, dsl.Options{Profile: e.Name})
				}
			}
		})
	}
}

// scenario writes a scenario and gives its directory.
func scenario(t *testing.T, text string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// caller is a scenario that uses all of a library.
func caller(name string, api *library.API) string {
	var top, tasks, values strings.Builder
	fmt.Fprintf(&top, "module \"m\" {\n  source = \"std/%s\"\n}\n", name)
	top.WriteString("target \"api\" { base_url = \"http://127.0.0.1:8000\" }\n")
	tags := []string{"own"}
	for _, e := range api.Exports {
		switch e.Kind {
		case "user":
			fmt.Fprintf(&top, "user %q {\n  use = %s\n  get \"/own\" {}\n}\n", e.Name, e.Use("m"))
		case "task":
			fmt.Fprintf(&tasks, "  task %q {\n    call %q {\n      use  = %s\n      with = %s\n    }\n  }\n", e.Name, e.Name, e.Use("m"), given(&e))
		case "profile":
			fmt.Fprintf(&top, "profile %q { use = %s }\n", e.Name, e.Use("m"))
		case "sla":
			fmt.Fprintf(&top, "sla %q { use = %s }\n", e.Name, e.Use("m"))
			tags = append(tags, e.Match...)
		case "data":
			fmt.Fprintf(&values, "    %s = %s\n", e.Name, e.Use("m"))
		case "function":
			parameters := make([]string, len(e.Parameters))
			for i := range parameters {
				parameters[i] = `"1"`
				if e.Parameters[i] == "mean" {
					parameters[i] = `"1s"`
				}
			}
			fmt.Fprintf(&values, "    %s = module::m::%s(%s)\n", e.Name, e.Name, strings.Join(parameters, ", "))
		}
	}
	for i, tag := range tags { // tags = ["read"]
		tags[i] = `"` + strings.Trim(strings.TrimPrefix(tag, "tags = "), `["]`) + `"`
	}
	fmt.Fprintf(&top, "user \"own\" {\n  post \"/own\" {\n    tags = [%s]\n    json = {\n%s    }\n  }\n%s}\n", strings.Join(tags, ", "), values.String(), tasks.String())
	top.WriteString("profile \"own\" {\n  users    = 1\n  duration = \"1s\"\n}\nsla \"own\" { error_rate = \"1%\" }\n")
	return top.String()
}

// given are values for what a task has to be called with.
func given(e *library.Export) string {
	var all []string
	for _, in := range e.Inputs {
		if in.Required {
			all = append(all, in.Name+` = "/x"`)
		}
	}
	return "{ " + strings.Join(all, ", ") + " }"
}

// The examples of the libraries compile, and read as they would after
// `throng fmt`; so do the libraries.
func TestStdExamples(t *testing.T) {
	for _, dir := range holding(t, "../stdlib/std/*/examples/*/main.hcl", 6) {
		r := dsl.Validate(dir, dsl.Options{Tool: "0.1.0"})
		for _, d := range r.Diagnostics {
			t.Errorf("%s: %s: %s", dir, d.Summary, d.Detail)
		}
	}
	files, _ := filepath.Glob(filepath.FromSlash("../stdlib/std/*/*.hcl"))
	examples, _ := filepath.Glob(filepath.FromSlash("../stdlib/std/*/examples/*/*.hcl"))
	for _, file := range append(files, examples...) {
		src := read(t, file)
		if string(canonical(t, []byte(src), file)) != src {
			t.Errorf("%s is not in canonical form; run throng fmt", file)
		}
	}
	for _, name := range stdlib.Libraries() {
		if !slices.ContainsFunc(examples, func(file string) bool { return strings.Contains(filepath.ToSlash(file), "/"+name+"/examples/") }) {
			t.Errorf("std/%s has no example", name)
		}
	}
}

// The scenarios of the guides test what they did before they were built on
// the standard library: the same traffic, the same loads, the same limits,
// under every profile. What they were is kept in testdata/frozen.
func TestGuidesKeepTheirTraffic(t *testing.T) {
	for _, name := range []string{"orchestrator", "autoarr"} {
		frozen := filepath.Join("testdata", "frozen", name)
		was, is := dsl.Validate(frozen, dsl.Options{Tool: "0.1.0"}), dsl.Validate(name, dsl.Options{Tool: "0.1.0"})
		if !slices.Equal(was.Profiles, is.Profiles) || len(is.Profiles) < 8 {
			t.Errorf("%s: the profiles were %q and are %q", name, was.Profiles, is.Profiles)
		}
		_, before := dsl.Suite(frozen, dsl.Options{Seed: 1}, was.Profiles)
		_, now := dsl.Suite(name, dsl.Options{Seed: 1}, was.Profiles)
		if len(before) != len(was.Profiles) || len(now) != len(was.Profiles) {
			t.Fatalf("%s: %d plans and %d of %q", name, len(before), len(now), was.Profiles)
		}
		for i, profile := range was.Profiles {
			for _, d := range differences(changes.Between(before[i], now[i])) {
				t.Errorf("%s, profile %s: %s", name, profile, d)
			}
		}
		if before, now := statements(t, frozen), statements(t, name); now >= before {
			t.Errorf("%s was said in %d lines, and is in %d", name, before, now)
		}
	}
	other := changes.Between(compile(t, "autoarr", dsl.Options{Profile: "peak"}), compile(t, "autoarr", dsl.Options{Profile: "normal"}))
	if len(differences(other)) == 0 {
		t.Error("two different profiles do not differ")
	}
}

// differences are the changes of a plan, but for what is said about it.
func differences(c *changes.Changes) (list []string) {
	for _, g := range c.Groups {
		for _, change := range g.Changes {
			details := slices.DeleteFunc(slices.Clone(change.Details), func(d changes.Detail) bool { return d.Name == "description" })
			if change.Kind == changes.Changed && len(details) == 0 {
				continue
			}
			text := fmt.Sprintf("%s: %s %s %q", g.Name, change.Kind, change.What, change.Name)
			for _, d := range details {
				text += " " + d.Name
			}
			list = append(list, text)
		}
	}
	return list
}

// statements counts the lines of a scenario that say something.
func statements(t *testing.T, dir string) (n int) {
	t.Helper()
	files, _ := filepath.Glob(filepath.Join(dir, "*.hcl"))
	for _, file := range files {
		for _, line := range lines(read(t, file)) {
			if !strings.HasPrefix(line, "#") {
				n++
			}
		}
	}
	return n
}
