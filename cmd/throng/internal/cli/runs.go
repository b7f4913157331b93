package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/spf13/cobra"

	"throng/runtime/report/text"
	"throng/runtime/runs"
	"throng/stdlib"
)

func (a *app) runsCommand() *cobra.Command {
	var asJSON bool
	list := func(_ *cobra.Command, args []string) error { return a.listRuns(args, asJSON) }
	cmd := &cobra.Command{
		Use:   "runs [DIR]",
		Short: "List, label, summarise and remove stored runs",
		Long: `Lists the runs that are stored in a results directory, which is ./results where
none is named, newest first: verdict, begin, length, requests, share of errors,
p95 of all requests, label, what was run and where it lies.

A run without an end is listed as broken off, or as under way while its journal
still grows. Runs in the directory of a suite are listed, too; links are not
followed.`,
		Example: "  throng runs\n  throng runs --json | jq -r '.runs[] | select(.verdict == \"fail\").dir'",
		Args:    cobra.MaximumNArgs(1),
		RunE:    list,
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the runs as JSON on stdout")
	cmd.AddCommand(a.runsShow(), a.runsLabel(), a.runsPrune(), a.runsSummary())
	return cmd
}

// stored are the runs in some results directories, or in the default one,
// which need not be there.
func stored(dirs []string) ([]runs.Run, error) {
	if len(dirs) > 0 {
		return runs.List(dirs...)
	}
	if _, err := os.Lstat(resultsFolder); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return runs.List(resultsFolder)
}

func (a *app) listRuns(dirs []string, asJSON bool) error {
	list, err := stored(dirs)
	if err != nil {
		return err
	}
	if asJSON {
		return runs.WriteJSON(a.env.Stdout, list)
	}
	if len(list) == 0 {
		return a.noRuns(dirs)
	}
	t := a.terminal(a.env.Stdout)
	return runs.WriteList(a.env.Stdout, list, t.Style, t.Width())
}

// noRuns says that there is nothing to show. It goes to stderr, so that a
// pipe gets nothing.
func (a *app) noRuns(dirs []string) error {
	where := "./" + resultsFolder
	if len(dirs) > 0 {
		where = a.shown(dirs[0])
	}
	_, err := fmt.Fprintf(a.env.Stderr, "There are no runs in %s; throng run keeps each in a directory of its own.\n", where)
	return err
}

// shown is a path as it can be written on a terminal.
func (a *app) shown(path string) string {
	return a.terminal(a.env.Stderr).Style.Text(text.Clean(path))
}

func (a *app) runsShow() *cobra.Command {
	cmd := a.reportCommand() // it is the same
	report := cmd.RunE
	cmd.Use = "show RUN"
	cmd.Short = "Show the report of a stored run"
	cmd.Long = "Shows the report of a run, as throng report does. RUN is its directory, or the\nlabel of a run in ./results."
	cmd.Example = "  throng runs show baseline\n  throng runs show results/quickstart-smoke-20261122T114500Z"
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		dirs := make([]string, len(args))
		for i, arg := range args {
			var err error
			if dirs[i], err = runs.Resolve(resultsFolder, arg); err != nil {
				return err
			}
		}
		return report(cmd, dirs)
	}
	return cmd
}

func (a *app) runsLabel() *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "label RUN NAME",
		Short: "Give a run a label, such as baseline",
		Long: `Gives a run a label. Of the runs in one results directory at most one has it: it
is moved to another run with --force only. A run has one label; none takes it
away. Labelled runs are never pruned, and throng runs show takes the label in
place of the directory.

The pages of later runs of the profile show what changed against the run that
is labelled baseline.

The label stands in a file of the run's directory, and goes where that goes.`,
		Example: "  throng runs label results/shop-baseline-20261122T114500Z baseline\n  throng runs label results/after baseline --force\n  throng runs label baseline none",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("name the directory of a run and its label, or none in place of a label")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			dir, err := runs.Resolve(resultsFolder, args[0])
			if err != nil {
				return err
			}
			if args[1] == runs.NoLabel {
				return runs.Unlabel(dir)
			}
			from, err := runs.Label(dir, args[1], force)
			if err != nil {
				return err
			}
			for _, d := range from {
				fmt.Fprintf(a.env.Stderr, "The label %s was taken from %s.\n", args[1], a.shown(d))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "take the label from the run that has it")
	return cmd
}

type pruneFlags struct {
	keep   int
	older  string
	dryRun bool
	json   bool
}

func (a *app) runsPrune() *cobra.Command {
	var f pruneFlags
	cmd := &cobra.Command{
		Use:   "prune [DIR]",
		Short: "Remove old runs",
		Long: `Removes runs from a results directory, which is ./results where none is named,
and shows which: those beyond the newest --keep that are also older than
--older; one of the two must be given.

Labelled runs stay, and do not count; so does what may still be under way, what
cannot be read, and whatever is no run. A link is never followed. The directory
of a run is removed with all that is in it.`,
		Example: "  throng runs prune --keep 20 --dry-run\n  throng runs prune --keep 5 --older 30d",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("keep") && f.older == "" {
				return errors.New("say what is to stay: --keep 20, or what is to go: --older 30d")
			}
			return a.pruneRuns(&f, args)
		},
	}
	flags := cmd.Flags()
	flags.IntVar(&f.keep, "keep", 0, "keep the newest `N` runs without a label")
	flags.StringVar(&f.older, "older", "", "remove only runs that began so `LONG` ago, such as 30d")
	flags.BoolVar(&f.dryRun, "dry-run", false, "show what would be removed, and remove nothing")
	flags.BoolVar(&f.json, "json", false, "print the removed runs as JSON on stdout")
	return cmd
}

func (f *pruneFlags) rule() (runs.Rule, error) {
	if f.keep < 0 {
		return runs.Rule{}, fmt.Errorf("--keep takes a number from 0 on, and not %d", f.keep)
	}
	rule := runs.Rule{Keep: f.keep}
	if f.older != "" {
		age, err := stdlib.ParseDuration(f.older)
		if err != nil {
			return rule, fmt.Errorf("--older: %w", err)
		}
		rule.Before = time.Now().Add(-age)
	}
	return rule, nil
}

func (a *app) pruneRuns(f *pruneFlags, args []string) error {
	rule, err := f.rule()
	if err != nil {
		return err
	}
	dir := resultsFolder
	if len(args) > 0 {
		dir = args[0]
	}
	excess, err := runs.Excess(dir, rule)
	if err != nil {
		return err
	}
	gone, err := removeRuns(excess, f.dryRun)
	if showing := a.showPruned(f, gone); err == nil {
		err = showing
	}
	return err
}

// removeRuns removes runs one after another, and gives those that are gone.
func removeRuns(list []runs.Run, dryRun bool) ([]runs.Run, error) {
	if dryRun {
		return list, nil
	}
	for i, r := range list {
		if err := runs.Remove(r); err != nil {
			return list[:i], err
		}
	}
	return list, nil
}

func (a *app) showPruned(f *pruneFlags, gone []runs.Run) error {
	if f.json {
		return runs.WriteJSON(a.env.Stdout, gone)
	}
	word := "removed"
	if f.dryRun {
		word = "to be removed"
	}
	if len(gone) == 0 {
		_, err := fmt.Fprintf(a.env.Stderr, "Nothing %s.\n", word)
		return err
	}
	t := a.terminal(a.env.Stdout)
	if err := runs.WriteList(a.env.Stdout, gone, t.Style, t.Width()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.env.Stdout, "\n%d %s\n", len(gone), word)
	return err
}

func (a *app) runsSummary() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "summary [DIR...]",
		Short: "Show the newest run of each profile, a line each",
		Long: `Shows the newest run of each profile of each scenario, from one or several
results directories, a line each: verdict, most users, requests, throughput,
percentiles of all requests, share of errors, and how many of the SLAs' limits
are broken.`,
		Example: "  throng runs summary\n  throng runs summary --json ci/results",
		RunE: func(_ *cobra.Command, args []string) error {
			list, err := stored(args)
			if err != nil {
				return err
			}
			list = runs.Newest(list)
			if asJSON {
				return runs.WriteJSON(a.env.Stdout, list)
			}
			if len(list) == 0 {
				return a.noRuns(args)
			}
			t := a.terminal(a.env.Stdout)
			return runs.WriteSummary(a.env.Stdout, list, t.Style, t.Width())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the runs as JSON on stdout")
	return cmd
}
