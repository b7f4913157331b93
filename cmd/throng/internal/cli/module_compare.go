package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"throng/dsl"
	"throng/dsl/config"
	"throng/dsl/library"
	"throng/dsl/plan"
	"throng/runtime/changes"
)

// examplesDir holds a library's examples of use, each a scenario.
const examplesDir = "examples"

// exampleChange is what an upgrade changes in an example under a profile.
type exampleChange struct {
	Name    string           `json:"name"` // examples/basic
	Profile string           `json:"profile"`
	Changes *changes.Changes `json:"changes"`
}

// examplesOf are the names of a library's examples, sorted.
func examplesOf(dir string) []string {
	entries, _ := os.ReadDir(filepath.Join(dir, examplesDir)) // none where it cannot be read
	var names []string
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		files, _ := os.ReadDir(filepath.Join(dir, examplesDir, e.Name()))
		if slices.ContainsFunc(files, func(f fs.DirEntry) bool { return config.IsSource(f.Name()) }) {
			names = append(names, path.Join(examplesDir, e.Name()))
		}
	}
	return names
}

// libraryExample is what an example is compiled with: the same on every
// machine, so nothing of the environment.
func (a *app) libraryExample(name string) dsl.Options {
	inputs, _, _ := dsl.AutoValues(name)
	return dsl.Options{Tool: version(), Seed: 1, Inputs: inputs, Modules: a.moduleOptions()}
}

// checkExamples holds that there is an example, and that all of them are valid.
func (a *app) checkExamples(c *libraryCheck, dir string) {
	names := examplesOf(dir)
	if len(names) == 0 {
		c.add("error", nil, "There is no example of use. Write a scenario that brings the library in, in %s/basic/main.hcl: module \"…\" { source = \"../..\" }.", examplesDir)
	}
	for _, name := range names {
		at := filepath.Join(dir, filepath.FromSlash(name))
		r := dsl.Validate(at, a.libraryExample(at))
		a.diagnose(r.Diagnostics, r.Sources)
		if err := r.Diagnostics.Err(); err != nil {
			c.add("error", nil, "%s is not valid: %s", name, err)
		}
	}
}

// compareLibrary finds what a library is compared with, and compares.
func (a *app) compareLibrary(c *libraryCheck, dir string, f checkFlags) error {
	b, err := findBaseline(dir, f)
	if b == nil {
		return err
	}
	defer b.close()
	c.LastVersion = b.version
	r := library.Read(b.library(oldDir), a.moduleOptions())
	if r.API == nil {
		c.add("warning", nil, "Nothing was compared: %s cannot be read as a library: %s", b.name, b.hide(fmt.Sprint(r.Diagnostics.Err())))
		return nil
	}
	c.Against = b.name
	c.Changes = append(c.Changes, library.Compare(r.API, c.api)...)
	if err := a.oldExamples(c, dir, b); err != nil {
		return err
	}
	if err := a.newExamples(c, dir, b); err != nil {
		return err
	}
	library.Sort(c.Changes)
	c.Severity = library.Worst(c.Changes)
	if b.version != "" {
		c.NextVersion, err = library.Next(b.version, c.Severity)
	}
	return err
}

// oldExamples compiles the older version's examples with the library as it is
// now: what was valid for callers has to stay so.
func (a *app) oldExamples(c *libraryCheck, dir string, b *baseline) error {
	now := b.library(nowDir)
	if err := b.renew(dir); err != nil {
		return err
	}
	if r := library.Read(now, a.moduleOptions()); r.API == nil {
		c.add("warning", nil, "The examples of %s were not tried: the library is not complete without what stands beside it: %s", b.name, b.hide(fmt.Sprint(r.Diagnostics.Err())))
		return nil
	}
	if err := swapExamples(b.library(oldDir), now); err != nil {
		return err
	}
	for _, name := range examplesOf(now) {
		before, after := filepath.Join(b.library(oldDir), filepath.FromSlash(name)), filepath.Join(now, filepath.FromSlash(name))
		if dsl.Validate(before, a.libraryExample(before)).Diagnostics.HasErrors() {
			continue // it was not valid then
		}
		if err := dsl.Validate(after, a.libraryExample(after)).Diagnostics.Err(); err != nil {
			c.Changes = append(c.Changes, library.Change{Severity: library.Major, Kind: "example", Name: name,
				Sentence: fmt.Sprintf("%s, as it was in %s, is no longer valid: %s", name, b.name, b.hide(err.Error()))})
		}
	}
	return nil
}

// newExamples compiles each example with the older library and with the new
// one, and compares the plans.
func (a *app) newExamples(c *libraryCheck, dir string, b *baseline) error {
	if err := swapExamples(dir, b.library(oldDir)); err != nil {
		return err
	}
	for _, name := range examplesOf(dir) {
		at := filepath.Join(dir, filepath.FromSlash(name))
		profiles := dsl.Validate(at, a.libraryExample(at)).Profiles
		if len(profiles) == 0 {
			profiles = []string{""}
		}
		told := map[string]bool{}
		for _, profile := range profiles {
			was := a.examplePlan(b.library(oldDir), name, profile, b.name)
			is := a.examplePlan(dir, name, profile, "")
			if was == nil || is == nil {
				continue // it uses what is new, or is not valid
			}
			found := fresh(changes.Between(was, is), told, b)
			if found.Empty() {
				continue
			}
			c.Examples = append(c.Examples, exampleChange{name, profile, found})
			c.Changes = append(c.Changes, library.Change{Severity: library.Minor, Kind: "example", Name: name,
				Sentence: fmt.Sprintf("An upgrade changes what %s does under the profile %s: %s, listed below.", name, is.Profile.Name, counted(found.Count(), "change"))})
		}
	}
	return nil
}

// examplePlan is the plan of an example, nil where it has none; version says
// which one it is made with.
func (a *app) examplePlan(dir, name, profile, version string) *plan.Plan {
	at := filepath.Join(dir, filepath.FromSlash(name))
	o := a.libraryExample(at)
	o.Profile = profile
	p := dsl.Compile(at, o).Plan
	if p == nil {
		return nil
	}
	p.Dir = name
	if profile != "" {
		p.Dir += " (" + profile + ")"
	}
	if version != "" {
		p.Dir += " at " + version
	}
	return p
}

// fresh are the changes that were not told for another profile, with places as
// they are called in the library.
func fresh(c *changes.Changes, told map[string]bool, b *baseline) *changes.Changes {
	kept := []changes.Group{}
	for _, g := range c.Groups {
		g.Changes = slices.DeleteFunc(g.Changes, func(one changes.Change) bool {
			key := identity(g.Name, &one)
			seen := told[key]
			told[key] = true
			return seen
		})
		for _, one := range g.Changes {
			if one.Site != nil {
				one.Site.File = b.hide(one.Site.File)
			}
		}
		if len(g.Changes) > 0 {
			kept = append(kept, g)
		}
	}
	c.Groups = kept
	return c
}

// identity tells changes apart, wherever they stand.
func identity(group string, c *changes.Change) string {
	key := fmt.Sprintf("%q %q %q %q %q %q", group, c.Kind, c.What, c.Name, c.In, c.Was)
	for _, d := range c.Details {
		key += fmt.Sprintf(" %q %q %q", d.Name, textOf(d.Old), textOf(d.New))
	}
	return key
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return "=" + *s
}
