package dsl

import (
	"throng/dsl/compile"
	"throng/dsl/plan"
	"throng/dsl/resolve"
)

// Suite makes the plans of several profiles of the scenario at path, in the
// order named; with no name, of all it declares. What the profiles share is
// read and compiled once. There are no plans when there are errors in any;
// the result's own Plan is the first.
func Suite(path string, o Options, names []string) (Result, []*plan.Plan) {
	var plans []*plan.Plan
	r := run(path, o, func(s *resolve.Scope, r *Result) {
		made, diags := compile.Suite(s, o, names)
		r.Diagnostics.Extend(diags)
		for _, p := range made {
			p.Dir = path
		}
		if plans = made; len(made) > 0 {
			r.Plan = made[0]
		}
	})
	if r.Plan == nil {
		return r, nil
	}
	return r, plans
}
