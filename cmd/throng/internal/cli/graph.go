package cli

import (
	"errors"
	"maps"

	"github.com/spf13/cobra"

	"throng/dsl"
)

func (a *app) graphCommand() *cobra.Command {
	var f scenarioFlags
	var mermaid, asJSON bool
	cmd := &cobra.Command{
		Use:   "graph [SCENARIO]",
		Short: "Draw who uses what",
		Long: `Prints the scenario as a graph: which users each profile loads, the tasks
they do and with which weight, the requests of these and the targets they go
to, the data users read, what every SLA judges, and which blocks use others or
modules. All profiles are drawn unless --profile names one.

The graph is in DOT, the language of Graphviz. With --mermaid it is a Mermaid
flowchart, which code forges show in Markdown; with --json it is data.

The SCENARIO is the current directory when left out.`,
		Example: `  throng graph scenarios/quickstart | dot -Tsvg > quickstart.svg
  throng graph --mermaid --profile smoke`,
		Args:              oneScenario,
		ValidArgsFunction: scenarioCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			if mermaid && asJSON {
				return errors.New("--mermaid and --json are two forms of the graph: choose one")
			}
			g, err := a.draw(cmd, &f, scenarioArg(args))
			switch {
			case err != nil:
				return err
			case asJSON:
				return writeGraphJSON(a.env.Stdout, g)
			case mermaid:
				return writeMermaid(a.env.Stdout, g)
			}
			return writeDOT(a.env.Stdout, g)
		},
	}
	f.inputFlags(cmd)
	cmd.Flags().BoolVar(&mermaid, "mermaid", false, "print a Mermaid flowchart")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print nodes and edges as JSON")
	return cmd
}

// draw makes the graph, shows what was found, and ends the command when there
// are errors.
func (a *app) draw(cmd *cobra.Command, f *scenarioFlags, path string) (*dsl.Graph, error) {
	o, sources, diags := a.options(cmd, f, path)
	if diags.HasErrors() {
		a.diagnose(diags, sources)
		return nil, silent{ExitError}
	}
	g, r := dsl.Draw(path, o)
	if r.Sources == nil {
		r.Sources = map[string][]byte{}
	}
	maps.Copy(r.Sources, sources)
	a.diagnose(append(diags, r.Diagnostics...), r.Sources)
	if g == nil {
		return nil, silent{ExitError}
	}
	return g, nil
}
