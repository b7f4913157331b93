package cli

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"throng/runtime/compare"
	"throng/runtime/results"
	"throng/runtime/runs"
)

type compareFlags struct {
	baseline  []string
	format    string
	out       string
	tolerance string
	absolute  time.Duration
	failOn    string
	all       bool
}

var compareFormats = []string{"text", "json", "markdown", "html"}

func (a *app) compareCommand() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare [BASE] CANDIDATE...",
		Short: "Say whether a run is better or worse than another",
		Long: `Compares runs, from their results directories: for each request and SLA what
changed, how sure that is, and the word for it: better, worse, no difference,
or too few data. A run compared with a repeat of the same says no difference;
changes smaller than the noise, or than --tolerance, are none.

Two runs are the base and the candidate. With --baseline, which may be repeated,
all others are candidates: repeats of the same, from which it is learned what
runs differ by anyway. A directory of runs counts as all of them.

--fail-on worse exits 99 where something is worse, and 97 where that cannot be
told: too few data, an incomplete run, or a generator at its limit.`,
		Example: `  throng compare results/before results/after
  throng compare --baseline b1 --baseline b2 results/now --fail-on worse
  throng compare results/before results/after --format html -o comparison.html`,
		Args: cobra.ArbitraryArgs,
		RunE: func(_ *cobra.Command, args []string) error { return a.compare(&f, args) },
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&f.baseline, "baseline", nil, "compare with the run in `DIR`, or of that label in ./results; may be repeated")
	flags.StringVar(&f.format, "format", "text", "write it as `FORMAT`: "+strings.Join(compareFormats, ", "))
	flags.StringVarP(&f.out, "output", "o", "", "write to `FILE` instead of stdout")
	flags.StringVar(&f.tolerance, "tolerance", "5%", "the smallest change that matters: `SHARE` such as 5%")
	flags.DurationVar(&f.absolute, "tolerance-time", compare.DefaultAbsolute, "the smallest change of a time that matters")
	flags.StringVar(&f.failOn, "fail-on", "", "exit 99 where something is `WORD`: worse")
	flags.BoolVar(&f.all, "all", false, "show every figure, also those without a difference")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(compareFormats, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("fail-on", cobra.FixedCompletions([]string{"worse"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) compare(f *compareFlags, args []string) error {
	o, err := f.options()
	if err != nil {
		return err
	}
	base, now := f.baseline, args
	if len(base) == 0 {
		if len(args) != 2 {
			return fmt.Errorf("compare needs two runs, a base and a candidate, and got %d; several bases are given with --baseline\nSee %q", len(args), "throng compare --help")
		}
		base, now = args[:1], args[1:]
	}
	if len(now) == 0 {
		return errors.New("compare needs a run to compare with the --baseline")
	}
	from, err := openSide(base)
	if err != nil {
		return err
	}
	to, err := openSide(now)
	if err != nil {
		return err
	}
	c, err := compare.Compare(from, to, o)
	if err != nil {
		return err
	}
	if f.failOn != "" {
		switch {
		case len(c.Doubts) > 0:
			a.code = ExitInconclusive
		case c.Word == compare.Worse:
			a.code = ExitFailed
		}
	}
	return a.output(f.out, func(w io.Writer) error { return a.showComparison(f, w, c) })
}

func (f *compareFlags) options() (compare.Options, error) {
	o := compare.Options{Absolute: f.absolute}
	switch {
	case f.failOn != "" && f.failOn != "worse":
		return o, fmt.Errorf("--fail-on takes worse, and not %q", f.failOn)
	case !slices.Contains(compareFormats, f.format):
		return o, fmt.Errorf("--format takes %s, and not %q", strings.Join(compareFormats, ", "), f.format)
	case f.absolute <= 0:
		return o, fmt.Errorf("--tolerance-time must be more than nothing")
	}
	share, err := partOf(f.tolerance)
	if err != nil || share <= 0 || share >= 1 {
		return o, fmt.Errorf("--tolerance takes a share such as 5%%, above 0%% and below 100%%, and not %q", f.tolerance)
	}
	o.Relative = share
	return o, nil
}

func partOf(s string) (float64, error) {
	var v float64
	number, ok := strings.CutSuffix(strings.TrimSpace(s), "%")
	if !ok {
		return 0, errors.New("no share")
	}
	if _, err := fmt.Sscanf(number+"\n", "%g\n", &v); err != nil {
		return 0, err
	}
	return v / 100, nil
}

func (a *app) showComparison(f *compareFlags, w io.Writer, c *compare.Comparison) error {
	switch f.format {
	case "json":
		return compare.WriteJSON(w, c)
	case "markdown":
		return compare.WriteMarkdown(w, c)
	case "html":
		return compare.WriteHTML(w, c)
	}
	t := a.terminal(w)
	return compare.WriteText(w, c, compare.TextOptions{Style: t.Style, Width: t.Width(), All: f.all})
}

// openSide opens the runs of some directories; one that holds runs itself
// stands for all of them.
func openSide(dirs []string) (compare.Side, error) {
	s := compare.Side{Name: strings.Join(dirs, ", ")}
	for _, dir := range dirs {
		dir, err := runs.Resolve(resultsFolder, dir)
		if err != nil {
			return s, err
		}
		list := []string{dir}
		if inside := runsIn(dir); !isRun(dir) && len(inside) > 0 {
			list = inside
		}
		for _, d := range list {
			run, err := results.Open(d)
			if err != nil {
				return s, err
			}
			s.Runs = append(s.Runs, run)
		}
	}
	return s, nil
}

// runsIn are the runs in a directory.
func runsIn(dir string) (list []string) {
	found, _ := filepath.Glob(filepath.Join(dir, "*", results.JournalDir))
	for _, path := range found {
		list = append(list, filepath.Dir(path))
	}
	return list
}
