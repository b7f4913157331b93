package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/forecast"
	"throng/runtime/preflight"
	"throng/runtime/report"
)

// planFlags are the flags of plan beside those of every scenario verb.
type planFlags struct {
	scenarioFlags
	json     bool
	out      string
	diff     string
	detailed bool
}

func (a *app) planCommand() *cobra.Command {
	var f planFlags
	cmd := &cobra.Command{
		Use:   "plan [SCENARIO]",
		Short: "Show what a run would do, before anything is sent",
		Long: `Compiles a scenario for one profile and shows who would do what: users over
time, the mix, the expected requests and by which reasoning, which SLA covers
which request, the data needed, and the hosts that would be touched. Nothing
is sent.

--out saves the plan in a file, and throng run FILE repeats exactly that; plan
and validate take the file too. --diff shows instead what changed since
another plan, which is a plan file, or the directory of an older version.

The SCENARIO is the current directory when left out.`,
		Example: `  throng plan scenarios/quickstart
  throng plan --profile spike --var base_url=http://127.0.0.1:8000
  throng plan --out baseline.plan
  throng plan --diff baseline.plan`,
		Args: oneScenario, ValidArgsFunction: scenarioCompletion,
		RunE: func(cmd *cobra.Command, args []string) error { return a.plan(cmd, &f, scenarioArg(args)) },
	}
	f.inputFlags(cmd)
	f.loadFlags(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.json, "json", false, "print the plan, or with --diff the changes, as JSON")
	flags.StringVar(&f.out, "out", "", "save the plan in `FILE`, for throng run FILE")
	flags.StringVar(&f.diff, "diff", "", "show what changed since `OTHER`, a plan file or a scenario")
	flags.BoolVar(&f.detailed, "detailed-exitcode", false, "with --diff: exit 4 if there are changes")
	return cmd
}

func (a *app) plan(cmd *cobra.Command, f *planFlags, path string) error {
	if f.detailed && f.diff == "" {
		return errors.New("--detailed-exitcode says whether there are changes, so it needs --diff OTHER")
	}
	f.shows = true
	r, err := a.planned(cmd, f, path)
	if err != nil {
		return err
	}
	if f.diff != "" {
		return a.diff(cmd, f, r.Plan)
	}
	return a.showPlan(r.Plan, f.json)
}

// planned makes the plan, and saves it where that is asked for.
func (a *app) planned(cmd *cobra.Command, f *planFlags, path string) (dsl.Result, error) {
	if f.out != "" {
		return a.pack(cmd, &f.scenarioFlags, path, f.out)
	}
	return a.compile(cmd, &f.scenarioFlags, path)
}

func (a *app) showPlan(p *plan.Plan, asJSON bool) error {
	fc := forecast.New(p)
	onThisMachine(p, fc, preflight.ThisMachine())
	if asJSON {
		return forecast.WriteJSON(a.env.Stdout, fc)
	}
	t := a.terminal(a.env.Stdout)
	return forecast.WriteText(a.env.Stdout, fc, report.TextOptions{Style: t.Style, Width: t.Width()})
}
