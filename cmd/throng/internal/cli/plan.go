package cli

import (
	"github.com/spf13/cobra"

	"throng/runtime/forecast"
	"throng/runtime/report"
)

func (a *app) planCommand() *cobra.Command {
	var f scenarioFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan SCENARIO",
		Short: "Show what a run would do, before anything is sent",
		Long: `Compiles a scenario for one profile and shows who would do what: users over
time, the mix, the expected requests and by which reasoning, which SLA covers
which request, the data needed, and the hosts that would be touched. Nothing
is sent.`,
		Example: "  throng plan scenarios/quickstart\n  throng plan --profile spike --var base_url=http://127.0.0.1:8000 .",
		Args:    oneScenario,
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := a.compile(cmd, &f, args[0])
			if err != nil {
				return err
			}
			fc := forecast.New(r.Plan)
			if asJSON {
				return forecast.WriteJSON(a.env.Stdout, fc)
			}
			t := a.terminal(a.env.Stdout)
			return forecast.WriteText(a.env.Stdout, fc, report.TextOptions{Style: t.Style, Width: t.Width()})
		},
	}
	f.inputFlags(cmd)
	f.loadFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	return cmd
}
