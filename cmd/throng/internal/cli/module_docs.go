package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"throng/dsl/library"
	"throng/dsl/library/readme"
)

func (a *app) moduleDocsCommand() *cobra.Command {
	var check, asJSON bool
	cmd := &cobra.Command{
		Use:   "docs [DIR]",
		Short: "Write what a library offers into its README.md",
		Long: `Writes a section of the README.md in DIR (the current directory when left
out): an example of use, and tables of inputs, outputs, targets and everything
that others use by name. What each of them is comes from its description, or
else from the comment above it. Private blocks are left out.

The section stands between two lines, and everything else is left alone:

  <!-- BEGIN THRONG DOCS source="oci://HOST/REPOSITORY" version="~> 1.0" -->
  <!-- END THRONG DOCS -->

source and version are what the example of use shows. A README.md without
these lines gets them at its end.`,
		Example:           "  throng module docs shop-library\n  throng module docs --check .\n  throng module docs --json . | jq .inputs",
		Args:              oneLibrary,
		ValidArgsFunction: directoryCompletion,
		RunE: func(_ *cobra.Command, args []string) error {
			api, err := a.library(libraryDir(args))
			switch {
			case err != nil:
				return err
			case asJSON:
				return a.printJSON(api)
			}
			return a.moduleDocs(libraryDir(args), api, check)
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing; show what would change, and exit 3 if there is something")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print what the library offers as JSON, and change nothing")
	return cmd
}

func (a *app) moduleDocs(dir string, api *library.API, check bool) error {
	page, err := documented(dir, api)
	switch {
	case err != nil:
		return err
	case page.old == page.text:
		return nil
	case check:
		if _, err := a.env.Stdout.Write(diff.Diff("old/"+readme.Name, []byte(page.old), "new/"+readme.Name, []byte(page.text))); err != nil {
			return err
		}
		return silent{ExitFormat}
	}
	if err := page.write(); err != nil {
		return err
	}
	fmt.Fprintln(a.env.Stdout, page.name)
	return nil
}

// readmePage is a README as it is and as it should be.
type readmePage struct{ name, old, text string }

// documented makes the README of a library anew.
func documented(dir string, api *library.API) (*readmePage, error) {
	p := &readmePage{name: filepath.Join(dir, readme.Name)}
	old, err := os.ReadFile(p.name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	p.old = string(old)
	if p.text, err = readme.Update(p.old, api); err != nil {
		return nil, fmt.Errorf("%s %w", p.name, err)
	}
	return p, nil
}

func (p *readmePage) write() error {
	if err := os.WriteFile(p.name, []byte(p.text), 0o666); err != nil {
		return fmt.Errorf("the section cannot be written: %w", err)
	}
	return nil
}
