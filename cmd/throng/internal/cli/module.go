package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"throng/dsl/library"
)

func (a *app) moduleCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "module COMMAND",
		Short: "Make, check, document and publish a library",
		Long: `A library is a directory of *.hcl files that others bring in with a module
block: users, tasks, request templates, profiles, SLAs, targets, data and
functions to use by name, with typed inputs and outputs.

  throng module new DIR          a library to start from
  throng module docs DIR         write what it offers into its README.md
  throng module check DIR        is it fit to be published, and as what version?
  throng module package DIR      one file of it, the same bytes each time
  throng module publish DIR REF  put it into an OCI registry, or tag it in git`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.moduleNewCommand(), a.moduleDocsCommand(), a.moduleCheckCommand(), a.modulePackageCommand(), a.modulePublishCommand())
	return cmd
}

// libraryDir is the directory that a verb of module is given, the current one
// without.
func libraryDir(args []string) string {
	if len(args) == 0 {
		return "."
	}
	return args[0]
}

// oneLibrary takes at most one directory.
func oneLibrary(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one library, and these are %d: %q", cmd.Name(), len(args), args)
	}
	return nil
}

// directoryCompletion completes the one directory a verb takes.
func directoryCompletion(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// library reads a library, and ends the command where it cannot be.
func (a *app) library(dir string) (*library.API, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file, and a library is a directory", dir)
	}
	r := library.Read(dir, a.moduleOptions())
	a.diagnose(r.Diagnostics, r.Sources)
	if r.API == nil {
		return nil, silent{ExitError}
	}
	return r.API, nil
}

// printJSON writes a value for programs.
func (a *app) printJSON(v any) error {
	e := json.NewEncoder(a.env.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return errors.New("stdout is closed")
	}
	return nil
}
