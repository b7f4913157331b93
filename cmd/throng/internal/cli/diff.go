package cli

import (
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/dsl/planfile"
	"throng/runtime/changes"
)

// diff shows what changed since the plan that --diff names.
func (a *app) diff(cmd *cobra.Command, f *planFlags, now *plan.Plan) error {
	r := a.older(cmd, f)
	if r.Plan == nil { // warnings about an older version are of no use any more
		a.diagnose(r.Diagnostics, r.Sources)
		fmt.Fprintf(a.env.Stderr, "throng: %s gives no plan to compare with\n", f.diff)
		return silent{ExitError}
	}
	c := changes.Between(r.Plan, now)
	if f.detailed && !c.Empty() {
		a.code = ExitChanged
	}
	if f.json {
		return changes.WriteJSON(a.env.Stdout, c)
	}
	t := a.terminal(a.env.Stdout)
	return changes.WriteText(a.env.Stdout, c, changes.Options{Style: t.Style, Width: t.Width()})
}

// older is the plan to compare with, under the same flags and values as far
// as it knows them.
func (a *app) older(cmd *cobra.Command, f *planFlags) dsl.Result {
	if planfile.Is(f.diff) {
		values, sources, _ := a.given(f.values) // what is wrong with them was shown for the new plan
		for name, v := range values {
			v.Origin = "THRONG_VAR_" + name // what a plan file does not ask for is ignored then
			values[name] = v
		}
		o := a.settings(cmd, &f.scenarioFlags)
		o.Inputs = a.environment()
		maps.Copy(o.Inputs, values)
		return withSources(dsl.Unpack(f.diff, o, true), sources)
	}
	o, sources, diags := a.options(cmd, &f.scenarioFlags, f.diff)
	declared := dsl.Declared(f.diff)
	maps.DeleteFunc(o.Inputs, func(name string, _ dsl.Input) bool { return !slices.Contains(declared, name) })
	r := dsl.Result{Diagnostics: diags}
	if !diags.HasErrors() {
		r = dsl.Compile(f.diff, o)
	}
	return withSources(r, sources)
}
