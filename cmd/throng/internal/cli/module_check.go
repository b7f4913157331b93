package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"throng/dsl/library"
	"throng/dsl/library/bundle"
	"throng/dsl/module/lock"
	"throng/dsl/module/source"
)

// checkFlags are the flags of module check.
type checkFlags struct {
	against string // a directory or a git reference; "" for the last version
	version string // the one that is planned; "" for none
	json    bool
}

func (a *app) moduleCheckCommand() *cobra.Command {
	var f checkFlags
	cmd := &cobra.Command{
		Use:   "check [DIR]",
		Short: "Check that a library is fit to be published",
		Long: `Checks the library in DIR (the current directory when left out) as its callers
will find it: everything it offers is described, its inputs have types, there
is an example of use and every one below examples/ is valid, and README.md is
what throng module docs makes of it.

Then it compares it with the last version: the highest tag vX.Y.Z of the git
repository that leads to the current commit, or what --against names. It says
what changed for callers, compiles each example with the old library and the
new one, and shows what an upgrade changes in traffic, load and limits, and
what the next version has to be at least. A change that breaks callers is an
error, unless --version says that the next version is one that may.

  major   callers' files that were valid may no longer be
  minor   they stay valid; there is more, or what they do differs
  patch   nothing but words

Before 1.0.0 the second number stands for what the first means later. The
exit code is 1 where there are errors.`,
		Example:           "  throng module check shop-library\n  throng module check --version 2.0.0 .\n  throng module check --against main . --json | jq .next_version",
		Args:              oneLibrary,
		ValidArgsFunction: directoryCompletion,
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.checkLibrary(libraryDir(args), f)
			if err != nil {
				return err
			}
			if err := a.showCheck(c, f.json); err != nil {
				return err
			}
			if !c.OK {
				return silent{ExitError}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&f.against, "against", "", "compare with `OTHER`, a git reference or a directory; none for nothing")
	cmd.Flags().StringVar(&f.version, "version", "", "the `VERSION` that is planned, such as 2.0.0")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the findings and changes as JSON")
	return cmd
}

// checkVersion is the version of the JSON form of a libraryCheck. The first
// number changes when a reader of the old form would misread the new one.
const checkVersion = "1.0"

// libraryCheck is what module check found. It is also its JSON form.
type libraryCheck struct {
	FormatVersion string           `json:"format_version"`
	Name          string           `json:"name"`
	Dir           string           `json:"dir"`
	OK            bool             `json:"ok"` // there is no error among the findings
	Findings      []libraryFinding `json:"findings"`
	Against       string           `json:"against"`         // what it was compared with; "" for nothing
	Changes       []library.Change `json:"changes"`         // for callers, the severest first
	Examples      []exampleChange  `json:"examples"`        // what an upgrade changes in them
	Severity      library.Severity `json:"severity"`        // of the severest change; "" where nothing was compared
	LastVersion   string           `json:"last_version"`    // "" where what it was compared with has none
	NextVersion   string           `json:"next_version"`    // at least; "" without a last one
	Planned       string           `json:"planned_version"` // --version
	api           *library.API
}

// libraryFinding is something that keeps a library from being fit, or should
// be looked at.
type libraryFinding struct {
	Severity string        `json:"severity"` // error or warning
	Message  string        `json:"message"`
	Site     *library.Site `json:"site"` // null for what stands nowhere
}

func (c *libraryCheck) add(severity string, at *library.Site, format string, args ...any) {
	c.Findings = append(c.Findings, libraryFinding{severity, fmt.Sprintf(format, args...), at})
	c.OK = c.OK && severity != "error"
}

// checkLibrary does the whole check. The error is for what keeps it from being
// done.
func (a *app) checkLibrary(dir string, f checkFlags) (*libraryCheck, error) {
	if f.version != "" {
		if _, err := library.Next(f.version, library.Patch); err != nil {
			return nil, fmt.Errorf("--version %w", err)
		}
	}
	api, err := a.library(dir)
	if err != nil {
		return nil, err
	}
	c := &libraryCheck{FormatVersion: checkVersion, Name: api.Name, Dir: dir, OK: true, Findings: []libraryFinding{},
		Changes: []library.Change{}, Examples: []exampleChange{}, Planned: f.version, api: api}
	c.described(api)
	c.modules(dir, api)
	if page, err := documented(dir, api); err != nil {
		c.add("error", nil, "%s.", err)
	} else if page.old != page.text {
		c.add("error", nil, "README.md does not say what the library offers now. Run %q.", "throng module docs "+dir)
	}
	if _, err := bundle.Pack(os.DirFS(dir)); err != nil {
		c.add("error", nil, "Nobody could fetch the library: %s.", err)
	}
	a.checkExamples(c, dir)
	if err := a.compareLibrary(c, dir, f); err != nil {
		return nil, err
	}
	c.judge()
	return c, nil
}

// described holds that everything a caller may name says what it is, and every
// input what it takes.
func (c *libraryCheck) described(api *library.API) {
	if api.Description == "" {
		c.add("error", nil, "The library says nothing about itself. Give it a scenario block with a description, or begin main.hcl with a comment and an empty line.")
	}
	c.inputs("", api.Inputs)
	say := func(kind, name, description string, at *library.Site) {
		if description == "" {
			c.add("error", at, "The %s %q says nothing about itself. Give it a description, or put a comment above it.", kind, name)
		}
	}
	for i := range api.Outputs {
		say("output", api.Outputs[i].Name, api.Outputs[i].Description, &api.Outputs[i].Site)
	}
	for i := range api.Exports {
		e := &api.Exports[i]
		say(e.Kind, e.Name, e.Description, &e.Site)
		c.inputs(" of the task \""+e.Name+"\"", e.Inputs)
	}
	if len(api.Exports)+len(api.Outputs) == 0 {
		c.add("error", nil, "The library offers nothing: it has no output, and no block that others could use.")
	}
}

func (c *libraryCheck) inputs(of string, list []library.Input) {
	for i := range list {
		in := &list[i]
		if in.Description == "" {
			c.add("error", &in.Site, "The input %q%s says nothing about itself. Give it a description.", in.Name, of)
		}
		if !in.Typed {
			c.add("error", &in.Site, "The input %q%s has no type, so that any value is taken. Write type = any if that is meant.", in.Name, of)
		}
	}
}

// modules holds that what a library brings in itself is the same for
// everybody.
func (c *libraryCheck) modules(dir string, api *library.API) {
	remote := false
	for i := range api.Modules {
		m := &api.Modules[i]
		s, err := source.Parse(m.Source)
		if err != nil || !s.Remote() {
			continue
		}
		remote = true
		if m.Version == "" && s.NoVersion() == "" {
			c.add("warning", &m.Site, "The module %q takes whatever version is the latest. Say which ones will do, such as version = \"~> 1.2\".", m.Name)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, lock.Name)); remote && errors.Is(err, os.ErrNotExist) {
		c.add("error", nil, "There is no lock file %s, which says what the library was checked with. Run %q.", lock.Name, "throng init "+dir)
	}
}

// judge holds the changes against the version that is planned.
func (c *libraryCheck) judge() {
	if c.Severity == "" {
		return
	}
	breaking := 0
	for _, change := range c.Changes {
		if change.Severity == library.Major {
			breaking++
		}
	}
	switch {
	case c.LastVersion == "" && breaking > 0:
		c.add("error", nil, "%s since %s would break callers.", counted(breaking, "change"), c.Against)
	case c.LastVersion == "":
	case c.Planned == "" && breaking > 0:
		c.add("error", nil, "%s since %s would break callers. The next version has to be at least %s: take them back, or say that it is planned, with --version %s.", counted(breaking, "change"), c.LastVersion, c.NextVersion, c.NextVersion)
	case c.Planned == "":
	default:
		if low, _ := library.Below(c.Planned, c.NextVersion); low {
			c.add("error", nil, "The version %s is too low: after %s the next one has to be at least %s, since the severest change is %s.", c.Planned, c.LastVersion, c.NextVersion, c.Severity)
		}
	}
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
