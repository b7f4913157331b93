package reference

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/library"
	"throng/dsl/library/readme"
	"throng/dsl/module"
	"throng/dsl/plan"
	"throng/stdlib"
)

// Std is the page of the embedded libraries, made of their sources. An error
// is one of reading them.
func Std() (string, error) {
	dir, err := os.MkdirTemp("", "throng-std-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, stdlib.Files()); err != nil {
		return "", err
	}
	b := page("The standard library")
	b.WriteString("Libraries that throng brings along, written in its own language. How to use them is told in\n[Use the standard library](../how-to/standard-library.md).\n\n")
	for _, name := range stdlib.Libraries() {
		fmt.Fprintf(b, "- [std/%s](#std%s)\n", name, name)
	}
	for _, name := range stdlib.Libraries() {
		if err := writeLibrary(b, filepath.Join(dir, "std", name), name); err != nil {
			return "", fmt.Errorf("std/%s: %w", name, err)
		}
	}
	return b.String(), nil
}

func writeLibrary(b *strings.Builder, dir, name string) error {
	r := library.Read(dir, module.Options{})
	if r.API == nil {
		return problem(r.Diagnostics)
	}
	example, err := os.ReadFile(filepath.Join(dir, "examples", "basic", "main.hcl"))
	if err != nil {
		return err
	}
	fmt.Fprintf(b, "\n## std/%s\n\n%s\n\nIts source is [stdlib/std/%s](../../stdlib/std/%s).\n\n", name, r.API.Description, name, name)
	section := readme.Section(r.API, "std/"+name, "")
	section = strings.ReplaceAll("\n"+section, "\n## ", "\n### ")
	section = strings.ReplaceAll(section, "\n```hcl\n", "\n```hcl fragment=top\n")
	fmt.Fprintln(b, strings.Trim(section, "\n"))
	if err := writeFigures(b, r.API); err != nil {
		return err
	}
	fmt.Fprintf(b, "\n### Example\n\n```hcl\n%s```\n", example)
	return nil
}

// writeFigures is a table of the loads and one of the limits that a library
// exports, as they are in the plans of somebody who uses them.
func writeFigures(b *strings.Builder, api *library.API) error {
	loads, slas := "", ""
	for _, e := range api.Exports {
		if e.Kind != "profile" && e.Kind != "sla" {
			continue
		}
		p, err := used(api.Name, &e)
		if err != nil {
			return err
		}
		if e.Kind == "profile" {
			loads += fmt.Sprintf("| %s | %s | %s |\n", code(e.Name), load(&p.Profile.Loads[0]), length(p.Profile.Duration))
		} else {
			slas += fmt.Sprintf("| %s | %s |\n", code(e.Name), limits(p.SLAs[0].Rules))
		}
	}
	if loads != "" {
		fmt.Fprintf(b, "\n### The loads\n\n| profile | users | lasts |\n| --- | --- | --- |\n%s", loads)
	}
	if slas != "" {
		fmt.Fprintf(b, "\n### The limits\n\n| SLA | limits |\n| --- | --- |\n%s", slas)
	}
	return nil
}

// used is the plan of a scenario that uses a profile or an SLA of std/NAME.
func used(name string, e *library.Export) (*plan.Plan, error) {
	dir, err := os.MkdirTemp("", "throng-std-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	other := "sla \"all\" { error_rate = \"1%\" }"
	if e.Kind == "sla" {
		other = "profile \"p\" {\n  users    = 1\n  duration = \"1s\"\n}"
	}
	tags := `["own"]`
	if len(e.Match) > 0 {
		tags = strings.TrimPrefix(e.Match[0], "tags = ")
	}
	source := fmt.Sprintf("module \"m\" {\n  source = \"std/%s\"\n}\ntarget \"api\" { base_url = \"http://127.0.0.1\" }\nuser \"u\" {\n  get \"/\" { tags = %s }\n}\n%s %q { use = %s }\n%s\n",
		name, tags, e.Kind, e.Name, e.Use("m"), other)
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(source), 0o600); err != nil {
		return nil, err
	}
	r := dsl.Compile(dir, dsl.Options{Tool: "0.1.0"})
	if r.Plan == nil {
		return nil, fmt.Errorf("%s %q: %w", e.Kind, e.Name, problem(r.Diagnostics))
	}
	return r.Plan, nil
}

// load is a load in words, a stage after the other.
func load(l *plan.Load) string {
	var stages []string
	for _, s := range l.Stages {
		word := fmt.Sprintf("%v", s.Level)
		if s.Over > 0 {
			word += " within " + length(s.Over)
		}
		if s.Hold > 0 {
			word += " for " + length(s.Hold)
		}
		stages = append(stages, word)
	}
	return strings.Join(stages, ", then ")
}

// length is a duration as the language writes it: "2m45s", "1h".
func length(d time.Duration) string {
	s := d.String()
	s = strings.Replace(s, "m0s", "m", 1)
	return strings.Replace(s, "h0m", "h", 1)
}

func limits(rules []plan.Rule) string {
	var list []string
	for _, r := range rules {
		value := length(time.Duration(r.Limit))
		if r.Metric == plan.ErrorRate {
			value = fmt.Sprintf("%.3g %%", 100*r.Limit)
		}
		limit := r.Name + " ≤ " + value
		if r.Warn {
			limit += " (warns)"
		}
		list = append(list, limit)
	}
	return strings.Join(list, ", ")
}

// problem is the first error among diagnostics.
func problem(diags diag.Diagnostics) error {
	for _, d := range diags {
		if d.Severity == diag.Error {
			return errors.New(d.Detail)
		}
	}
	return errors.New("it cannot be read")
}
