package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"throng/runtime/results"
)

func (a *app) reportCommand() *cobra.Command {
	var f runFlags
	var merge bool
	var page string
	cmd := &cobra.Command{
		Use:   "report DIR",
		Short: "Show the report of a run again",
		Long: `Shows the report of a run from the directory that throng run kept it in, and
ends with the exit code of its verdict: 0, 97, 99 or 130.

It is rebuilt from the run's journal, so it is there also for a run that was
broken off, by a crash or kill -9, but for its last second. Such a run is
judged by what was recorded; it is never a pass. What a whole run's directory
lacks is said on stderr.

--merge reads the directories of several processes that made the same plan at
the same time, and reports them as one run: counts, users and arrivals add up,
and the SLAs are judged anew.`,
		Example: "  throng report results/quickstart-smoke-20261122T114500Z\n  throng report --json results/baseline | jq .verdict\n  throng report --html page.html results/baseline\n  throng report --merge results/one results/two",
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return errors.New("name the directory of a run, such as one in results/")
			case len(args) > 1 && !merge:
				return errors.New("name one directory; --merge reads several as one run")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			read := func() (*results.Run, error) { return results.Open(args[0]) }
			if merge {
				read = func() (*results.Run, error) { return results.Together(args) }
			}
			run, err := read()
			if err != nil {
				return err
			}
			if page != "" {
				if err := a.writePage(page, run); err != nil {
					return err
				}
			}
			a.code = run.Report.Verdict.ExitCode
			if !merge && run.Broken == "" {
				a.missing(args[0])
			}
			return a.show(run.Report, &f)
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&merge, "merge", false, "read the directories of several processes of one plan as one run")
	flags.StringVar(&page, "html", "", "also write the HTML report to `FILE`, in place of what is there")
	flags.BoolVar(&f.json, "json", false, "print the summary as JSON on stdout")
	flags.BoolVar(&f.quiet, "quiet", false, "of the summary only the verdict")
	flags.BoolVar(&f.all, "all", false, "show every SLA, error and share in the summary")
	return cmd
}

// missing says which files of a whole run are not there, so that nobody takes
// its verdict for the exit code of a run that could not write them.
func (a *app) missing(dir string) {
	for _, name := range []string{pageName, summaryName} {
		if _, err := os.Lstat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(a.env.Stderr, "throng: %s is not in %s: it could not be written, which made the run end with an error, or was removed; the journal is whole, and so is the verdict\n", name, a.shown(dir))
		}
	}
}

// writePage writes the HTML report of a run.
func (a *app) writePage(file string, run *results.Run) error {
	var b bytes.Buffer
	tell := func(s string) { fmt.Fprintf(a.env.Stderr, "throng: %s\n", s) }
	if err := pageFile(tell).Write(&b, run); err != nil {
		return err
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the HTML report: %w", err)
	}
	return nil
}
