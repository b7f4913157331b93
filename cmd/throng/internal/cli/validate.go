package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/planfile"
	"throng/runtime/report/text"
	"throng/runtime/transport"
)

// reachTimeout bounds how long `validate --reach` waits for a target.
const reachTimeout = 5 * time.Second

func (a *app) validateCommand() *cobra.Command {
	var f scenarioFlags
	var asJSON, reach bool
	cmd := &cobra.Command{
		Use:   "validate [SCENARIO]",
		Short: "Check a scenario without running it",
		Long: `Checks everything that can be known before a run: names, types, routes,
session values, weights, profiles, and that every SLA matches a request. All
profiles are checked unless --profile names one. Nothing is sent, except with
--reach, which asks each target for one answer.

The SCENARIO is the current directory when left out.`,
		Example: "  throng validate\n  throng validate scenarios/quickstart\n  throng validate --json | jq .diagnostics",
		Args:    oneScenario, ValidArgsFunction: scenarioCompletion,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.validate(cmd, &f, scenarioArg(args), asJSON, reach)
		},
	}
	f.inputFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print diagnostics as JSON on stdout")
	cmd.Flags().BoolVar(&reach, "reach", false, "also ask each target for one answer")
	return cmd
}

// oneScenario takes at most one scenario.
func oneScenario(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return fmt.Errorf("%s takes one scenario, and these are %d: %q", cmd.Name(), len(args), args)
	}
	return nil
}

func (a *app) validate(cmd *cobra.Command, f *scenarioFlags, path string, asJSON, reach bool) error {
	if planfile.Is(path) {
		return a.validatePlanFile(cmd, f, path, asJSON, reach)
	}
	o, sources, diags := a.options(cmd, f, path)
	r := dsl.Result{Diagnostics: diags, Sources: map[string][]byte{}}
	o.Sends = false // but for --reach
	if !diags.HasErrors() {
		r = dsl.Validate(path, o)
		r.Diagnostics = append(diags, r.Diagnostics...)
	}
	for name, src := range sources {
		r.Sources[name] = src
	}
	var unreached bool
	if reach && !r.Diagnostics.HasErrors() {
		o.Sends = true
		found := a.reach(path, o, r.Profiles)
		unreached = found.HasErrors()
		r.Diagnostics.Extend(found)
	}
	return a.validated(r, path, asJSON, !unreached)
}

// validated shows what was found, and says that all is well where it is.
func (a *app) validated(r dsl.Result, path string, asJSON, reached bool) error {
	if asJSON {
		if err := diag.WriteJSON(a.env.Stdout, r.Diagnostics, r.Sources); err != nil {
			return err
		}
	} else {
		a.diagnose(r.Diagnostics, r.Sources)
	}
	if r.Diagnostics.HasErrors() {
		return silent{ExitError}
	}
	if !asJSON && reached {
		fmt.Fprintf(a.env.Stdout, "%s is valid.\n", path)
	}
	return nil
}

// reach asks every target of a scenario for one answer. Any answer will do,
// whatever its status.
func (a *app) reach(path string, o dsl.Options, profiles []string) diag.Diagnostics {
	if o.Profile == "" && len(profiles) > 0 {
		if r := dsl.Compile(path, o); r.Plan == nil {
			o.Profile = profiles[0]
		}
	}
	r := dsl.Compile(path, o)
	if r.Plan == nil {
		return r.Diagnostics
	}
	return a.reachTargets(r.Plan)
}

// reachTargets asks every target of a plan for one answer.
func (a *app) reachTargets(p *plan.Plan) diag.Diagnostics {
	local, err := startExamples(p, exampleOptions{})
	if err != nil {
		return diag.Diagnostics{diag.General(diag.InvalidURL, "%s", err)}
	}
	defer local.close()
	factory := local.factory(p)(transport.NewClock())
	defer factory.Close()
	client := factory.Client()
	defer client.Close()
	var diags diag.Diagnostics
	for i := range p.Targets {
		t := &p.Targets[i]
		var result transport.Result
		client.Do(reachMessage(t), &result)
		if result.Class != plan.OK {
			diags.Append(diag.General(diag.Unreachable, "The target %q (%s) gave no answer: %s.", t.Name, t.URL(), text.Clean(result.Err.Error())))
			continue
		}
		fmt.Fprintf(a.env.Stderr, "target %s (%s) answered with status %d after %s\n", t.Name, t.URL(), result.Status, text.Duration(float64(result.End-result.Start)))
	}
	return diags
}

func reachMessage(t *plan.Target) *transport.Message {
	to := transport.RouteTo(t)
	return &transport.Message{
		Route: &to, Host: to.Host, Method: "GET",
		URI: []byte(t.BasePath + "/"), Header: []byte("User-Agent: throng/" + version() + "\r\nAccept: */*\r\n"), Timeout: reachTimeout,
	}
}
