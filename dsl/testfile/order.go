package testfile

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"

	"throng/dsl/config"
	"throng/dsl/diag"
)

// order finds which runs each reads. A run reads those above it only, so that
// the order of a file is one in which its runs can be done.
func (d *decoder) order() {
	for i := range d.file.Runs {
		r := &d.file.Runs[i]
		for _, n := range r.block.Of("assert") {
			for _, a := range n.Args {
				for _, t := range a.Expr.Variables() {
					if name := runNamed(t); name != "" && !slices.Contains(r.needs, name) {
						r.needs = append(r.needs, name)
					}
				}
			}
		}
		slices.Sort(r.needs)
	}
}

// runNamed is the run that a traversal reads, "" for none.
func runNamed(t hcl.Traversal) string {
	if t.RootName() != "run" || len(t) < 2 {
		return ""
	}
	return stepName(t[1])
}

func (f *File) run(name string) (*Run, int) {
	i := slices.IndexFunc(f.Runs, func(r Run) bool { return r.Name == name })
	if i < 0 {
		return nil, -1
	}
	return &f.Runs[i], i
}

// placeOfAssert is what the asserts of a run may read.
func (d *decoder) placeOfAssert(r *Run) place {
	anything := func(hcl.Traversal) *diag.Diagnostic { return nil }
	return place{
		"var":  ofVariables(r.own, r.block, "run"),
		"plan": anything,
		"requests": func(t hcl.Traversal) *diag.Diagnostic {
			return r.shows("requests", t.SourceRange(), "This run")
		},
		"result": func(t hcl.Traversal) *diag.Diagnostic { return r.shows("result", t.SourceRange(), "This run") },
		"run":    func(t hcl.Traversal) *diag.Diagnostic { return d.otherRun(r, t) },
	}
}

// showing is the command from which on each of a run's documents is known.
var showing = map[string]Command{"plan": Plan, "requests": Render, "result": Load}

// shows reports a document that the run's command does not lead to.
func (r *Run) shows(root string, at hcl.Range, subject string) *diag.Diagnostic {
	needed := showing[root]
	if r.Wants(needed) || r.block.Broken {
		return nil
	}
	does := map[Command]string{Plan: "only compiles the scenario", Render: "only shows the requests of one user"}[r.Command]
	found := diag.New(diag.NotAvailable, at, "%s %s, so it has no %s.", subject, does, root)
	found.Suggestion = fmt.Sprintf("Write command = %q in it.", needed)
	return found
}

// otherRun is the rule of run.
func (d *decoder) otherRun(r *Run, t hcl.Traversal) *diag.Diagnostic {
	at, name := t.SourceRange(), runNamed(t)
	if name == "" {
		return diag.New(diag.InvalidExpression, at, "Which run is meant has to be written out: run.NAME, or run[\"a name\"].")
	}
	other, index := d.file.run(name)
	_, own := d.file.run(r.Name)
	switch {
	case other == nil:
		found := diag.New(diag.UnknownReference, at, "There is no run called %q in this file.", name)
		return found.DidYouMean(name, slices.Sorted(maps.Keys(d.runs)))
	case index == own:
		found := diag.New(diag.Cycle, at, "The run %q reads itself.", name)
		found.Suggestion = "What this run shows is read without its name: plan, requests, result."
		return found
	case index > own:
		if path := d.path(other, r.Name, nil); path != nil {
			return diag.New(diag.Cycle, at, "These runs wait for each other: %s.", strings.Join(append([]string{quote(r.Name)}, path...), " → "))
		}
		return diag.New(diag.NotAvailable, at, "A run reads those that stand above it, and %q stands below. Move it up.", name).Relate("it stands here", other.block.Range)
	case other.block.Arg("expect_errors") != nil:
		return diag.New(diag.NotAvailable, at, "The run %q ends in errors, so there is nothing to read of it.", name)
	case len(t) < 3 || stepName(t[2]) == "":
		return diag.New(diag.InvalidExpression, at, "Say what is read of the run %q: its plan, requests or result.", name)
	}
	word := stepName(t[2])
	if _, ok := showing[word]; !ok {
		known := slices.Sorted(maps.Keys(showing))
		return diag.New(diag.UnknownAttribute, at, "Of a run one can read %s.", strings.Join(known, ", ")).DidYouMean(word, known)
	}
	return other.shows(word, at, fmt.Sprintf("The run %q", name))
}

// path is how a run leads to another, by what each reads; nil where it does
// not.
func (d *decoder) path(from *Run, to string, seen map[string]bool) []string {
	if seen == nil {
		seen = map[string]bool{}
	}
	seen[from.Name] = true
	for _, name := range from.needs {
		if name == to {
			return []string{quote(from.Name), quote(to)}
		}
		if next, _ := d.file.run(name); next != nil && !seen[name] {
			if rest := d.path(next, to, seen); rest != nil {
				return append([]string{quote(from.Name)}, rest...)
			}
		}
	}
	return nil
}

func quote(s string) string { return fmt.Sprintf("%q", s) }

// besideTests is the scenario of a run that names none: the test file's
// directory, or the one above where tests have a folder of their own.
func (d *decoder) besideTests() string {
	dir := d.file.dir
	if full, err := filepath.Abs(dir); err == nil && filepath.Base(full) == folder && !holdsScenario(dir) {
		return filepath.Join(dir, "..")
	}
	return dir
}

func holdsScenario(dir string) bool {
	entries, _ := os.ReadDir(dir)
	return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return !e.IsDir() && config.IsSource(e.Name()) })
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
