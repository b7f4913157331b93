package cli

import (
	"fmt"
	"slices"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/forecast"
	"throng/runtime/preflight"
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// preflight refuses a run that this machine cannot bear, and warns of what it
// may not. It reckons with users that keep their connections; whoever knows
// better can run anyway.
func (a *app) preflight(p *plan.Plan, m preflight.Machine, anyway bool) error {
	if preflight.Small(p, m) {
		return nil
	}
	var fatal []string
	hint := "to run all the same, give --anyway"
	for _, f := range preflight.Check(p, forecast.New(p), m) {
		if f.Error && !anyway {
			if f.Kind != "sources" {
				hint = "if its users do not keep their connections, give --anyway"
			}
			fatal = append(fatal, "this machine cannot make the load: "+text.Clean(f.Text))
			continue
		}
		fmt.Fprintf(a.env.Stderr, "throng: this machine may not make the load: %s\n", text.Clean(f.Text))
	}
	if len(fatal) > 0 {
		return fmt.Errorf("%s\nthrong: %s", strings.Join(fatal, "\nthrong: "), hint)
	}
	return nil
}

// onThisMachine puts what this machine is short of before all else that is
// worth knowing of a plan.
func onThisMachine(p *plan.Plan, f *forecast.Forecast, m preflight.Machine) {
	var list []forecast.Surprise
	for _, x := range preflight.Check(p, f, m) {
		end := "on this machine: "
		if x.Error {
			end = "on this machine the run would be refused: "
		}
		list = append(list, forecast.Surprise{Kind: "machine_" + x.Kind, Warning: true, Text: end + x.Text, Detail: []string{}, Site: (*report.Site)(nil)})
	}
	f.Surprises = slices.Concat(list, f.Surprises)
}
