package cli

import (
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"throng/dsl/module/install"
)

func (a *app) vendorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "vendor [DIR]",
		Short: "Copy the fetched libraries beside a scenario",
		Long: `Copies every module that a scenario's lock file names into its directory
vendor, one directory each. Commands look there before they look in the cache,
so a scenario with its vendor directory in version control needs neither cache
nor network. What is there is verified like all else: a file that was changed
is an error, and nothing stands in for it.

Nothing is fetched: run throng init first. Copies that are no longer needed are
removed, unless they were changed; whatever else is in vendor stays.`,
		Example:           "  throng vendor\n  throng vendor load",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: scenarioCompletion,
		RunE:              func(_ *cobra.Command, args []string) error { return a.vendor(scenarioArg(args)) },
	}
}

func (a *app) vendor(scenario string) error {
	v := install.Vendor(scenario, a.moduleOptions())
	a.diagnose(v.Diagnostics, v.Sources)
	if v.Diagnostics.HasErrors() {
		return silent{ExitError}
	}
	out := a.env.Stdout
	if len(v.Modules) == 0 {
		fmt.Fprintf(out, "%s brings in no modules from elsewhere: there is nothing to copy.\n", scenario)
	}
	list(out, "written", v.Dir, v.Written)
	list(out, "is there", v.Dir, v.Kept)
	list(out, "removed", v.Dir, v.Removed)
	list(out, "left: no longer needed, but changed since it was written", v.Dir, v.Left)
	return nil
}

// list prints one line for each directory.
func list(w io.Writer, what, dir string, names []string) {
	for _, name := range names {
		fmt.Fprintf(w, "%s  %s\n", filepath.Join(dir, name), what)
	}
}
