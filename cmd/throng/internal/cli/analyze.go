package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"throng/runtime/analyze"
	"throng/runtime/results"
)

// analyzeFlags are the flags of analyze beside those that choose a scenario's
// inputs.
type analyzeFlags struct {
	scenarioFlags
	scenario string
	bands    bool
	json     bool
	all      bool
	failOn   string
}

func (a *app) analyzeCommand() *cobra.Command {
	var f analyzeFlags
	cmd := &cobra.Command{
		Use:   "analyze RUN",
		Short: "Say what a run shows, what it means and where to look next",
		Long: `Reads a finished run and says what it shows: limits that are broken, by how
far, and what its course tells that no total does: errors that rise with load,
a slowdown, a knee, a spike that was not recovered from, two kinds of answers,
timeouts that hide the tail, a generator or a target at its limit. Each finding
comes with its figures, the test it rests on, what it usually means and what to
look at. What was looked for and not found is said too, and what could not be.

RUN is a results directory, or the CSV files that Locust writes, before 1.0
too: their directory, the prefix given to its --csv, or the file itself. Those
are held against built-in bands, or the SLAs of a --scenario.

The exit code is 0 whatever is found, unless --fail-on says otherwise.`,
		Example: `  throng analyze results/peak
  throng analyze results/peak --fail-on critical
  throng analyze locust/peak_stats.csv --scenario . --profile peak`,
		Args: oneRun,
		RunE: func(cmd *cobra.Command, args []string) error { return a.analyze(cmd, &f, args[0]) },
	}
	f.inputFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.scenario, "scenario", "", "judge CSV files by the SLAs of `SCENARIO`, which finds requests by method and name")
	flags.BoolVar(&f.bands, "bands", false, "judge by the built-in bands instead of the run's own SLAs")
	flags.BoolVar(&f.json, "json", false, "print the findings as JSON")
	flags.BoolVar(&f.all, "all", false, "show the test of every finding, and all advice")
	flags.StringVar(&f.failOn, "fail-on", "", "exit 99 where a finding is at least so severe: `SEVERITY` critical or high")
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions([]string{"critical", "high"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func oneRun(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s needs one run, and got %d\nSee %q", cmd.CommandPath(), len(args), cmd.CommandPath()+" --help")
	}
	return nil
}

func (a *app) analyze(cmd *cobra.Command, f *analyzeFlags, path string) error {
	if !slices.Contains([]string{"", "critical", "high"}, f.failOn) {
		return fmt.Errorf("--fail-on takes critical or high, and not %q", f.failOn)
	}
	if f.bands && f.scenario != "" {
		return errors.New("--bands and --scenario both say what to judge by: give one of them")
	}
	in, err := a.analyzed(cmd, f, path)
	if err != nil {
		return err
	}
	if f.bands {
		in.UseBands()
	}
	r := analyze.Analyze(in)
	if f.failOn != "" {
		switch {
		case r.Worst(analyze.Severity(f.failOn)):
			a.code = ExitFailed
		case r.Ended != "" || in.Doubtful():
			a.code = ExitInconclusive
		}
	}
	if f.json {
		return analyze.WriteJSON(a.env.Stdout, r)
	}
	t := a.terminal(a.env.Stdout)
	return analyze.WriteText(a.env.Stdout, r, analyze.Options{Style: t.Style, Width: t.Width(), All: f.all})
}

// analyzed reads what is to be analysed.
func (a *app) analyzed(cmd *cobra.Command, f *analyzeFlags, path string) (*analyze.Input, error) {
	if isRun(path) {
		if f.scenario != "" {
			return nil, fmt.Errorf("%s is a run with SLAs of its own, so --scenario has nothing to add", path)
		}
		run, err := results.Open(path)
		if err != nil {
			return nil, err
		}
		return analyze.FromRun(run)
	}
	in, err := analyze.FromLocust(path)
	if err != nil || f.scenario == "" {
		return in, err
	}
	f.shows = true
	r, err := a.compile(cmd, &f.scenarioFlags, f.scenario)
	if err != nil {
		return nil, err
	}
	in.UsePlan(r.Plan)
	return in, nil
}

// isRun reports whether a path is the directory of a run.
func isRun(path string) bool {
	info, err := os.Stat(filepath.Join(path, results.JournalDir))
	return err == nil && info.IsDir()
}

// output is where a command's result goes: the file, or stdout without one.
func (a *app) output(file string, write func(io.Writer) error) error {
	if file == "" {
		return write(a.env.Stdout)
	}
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	return finish(out, write)
}
