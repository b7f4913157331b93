package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

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
	c.Against, c.LastVersion = b.name, b.version
	r := library.Read(b.library, a.moduleOptions())
	if r.API == nil {
		c.add("warning", nil, "Nothing was compared: %s cannot be read as a library: %s", b.name, b.hide(r.Diagnostics.Err().Error()))
		return nil
	}
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

// baseline is an older version of a library.
type baseline struct {
	name    string // as it is shown
	version string // where the name is one
	library string // its directory
	temp    string // to be removed afterwards
}

func (b *baseline) close() { _ = os.RemoveAll(b.temp) }

// hide takes the directories of the comparison out of a text, so that files
// are called as in the library.
func (b *baseline) hide(text string) string {
	for _, dir := range []string{b.library, filepath.Join(b.temp, nowDir)} {
		text = strings.ReplaceAll(text, filepath.ToSlash(dir)+"/", "")
	}
	return text
}

// nowDir is where a library stands with the examples of an older version.
const nowDir = "now"

// findBaseline copies what a library is compared with into a directory; nil
// where there is nothing.
func findBaseline(dir string, f checkFlags) (*baseline, error) {
	if f.against == "none" {
		return nil, nil
	}
	temp, err := os.MkdirTemp("", "throng-check-")
	if err != nil {
		return nil, err
	}
	b := &baseline{temp: temp}
	found, err := b.fill(dir, f.against, f.version)
	if err != nil || !found {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *baseline) fill(dir, against, planned string) (found bool, err error) {
	old := filepath.Join(b.temp, "old")
	if err := os.Mkdir(old, 0o755); err != nil {
		return false, err
	}
	if info, err := os.Stat(against); against != "" && err == nil && info.IsDir() {
		b.name, b.library = against, old
		return true, copyTree(against, old)
	}
	repo := openRepository(dir)
	switch {
	case repo == nil && against != "":
		return false, fmt.Errorf("--against %s: there is no such directory, and %s is in no git repository", against, dir)
	case repo == nil:
		return false, nil
	case against == "":
		if against, err = repo.lastVersion(planned); err != nil || against == "" {
			return false, err
		}
	}
	commit, err := repo.commit(against)
	if err != nil {
		return false, fmt.Errorf("--against: %w", err)
	}
	if err := repo.export(commit, old); err != nil {
		return false, fmt.Errorf("%s: %w", against, err)
	}
	b.name, b.library = against, filepath.Join(old, filepath.FromSlash(repo.inside))
	if _, err := library.Next(against, library.Patch); err == nil {
		b.version = against
	}
	if _, err := os.Stat(b.library); errors.Is(err, fs.ErrNotExist) {
		return false, nil // the library is younger
	}
	return true, nil
}

// copyTree copies a directory's files into another one. Links, .git and
// results are left out.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, name)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "results") && rel != ".":
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, rel), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), text, 0o644)
	})
}

// oldExamples compiles the older version's examples with the library as it is
// now: what was valid for callers has to stay so.
func (a *app) oldExamples(c *libraryCheck, dir string, b *baseline) error {
	now := filepath.Join(b.temp, nowDir)
	if err := copyTree(dir, now); err != nil {
		return err
	}
	if r := library.Read(now, a.moduleOptions()); r.API == nil {
		c.add("warning", nil, "The examples of %s were not tried: the library is not complete without what stands beside it: %s", b.name, b.hide(r.Diagnostics.Err().Error()))
		return nil
	}
	if err := swapExamples(b.library, now); err != nil {
		return err
	}
	for _, name := range examplesOf(now) {
		before, after := filepath.Join(b.library, filepath.FromSlash(name)), filepath.Join(now, filepath.FromSlash(name))
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
	if err := swapExamples(dir, b.library); err != nil {
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
			was := a.examplePlan(b.library, name, profile, b.name)
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

// swapExamples gives a library the examples of another version of it.
func swapExamples(from, to string) error {
	to = filepath.Join(to, examplesDir)
	if err := os.RemoveAll(to); err != nil {
		return err
	}
	err := copyTree(filepath.Join(from, examplesDir), to)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it has none
	}
	return err
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
