package report

import (
	"slices"
	"strconv"

	"throng/dsl/plan"
)

// facts says what was to be run.
func (b *builder) facts() PlanFacts {
	p := b.plan
	f := PlanFacts{
		Scenario: p.Scenario, Description: b.mask.Replace(p.Description), Dir: p.Dir,
		Profile: p.Profile.Name, Model: Model(p), Seed: strconv.FormatUint(p.Seed, 10),
		Duration: ms(p.Profile.Duration), Grace: ms(p.Profile.Grace), Warmup: ms(p.Profile.Warmup),
		Iterations: p.Profile.Iterations,
		Targets:    make([]Target, 0, len(p.Targets)), Variables: make([]Variable, 0, len(p.Variables)),
		Data: make([]DataFile, 0, len(p.Data)), Loads: Loads(p),
		Fallbacks: make([]Fallback, 0, len(p.Fallbacks)),
	}
	for i := range p.Targets {
		f.Targets = append(f.Targets, Target{Name: p.Targets[i].Name, URL: b.mask.Replace(p.Targets[i].URL())})
	}
	for _, v := range p.Variables {
		out := Variable{Name: v.Name, Value: b.mask.Replace(v.Value), Sensitive: v.Sensitive, Origin: v.Origin}
		if v.Sensitive {
			out.Value = ""
		}
		f.Variables = append(f.Variables, out)
	}
	for _, d := range p.Data {
		f.Data = append(f.Data, DataFile{Name: d.Name, File: d.File, SHA256: d.SHA256, Rows: d.Rows})
	}
	for _, fb := range p.Fallbacks {
		f.Fallbacks = append(f.Fallbacks, Fallback{Site: b.site(fb.Site), Reason: fb.Reason})
	}
	return f
}

// Model is the workload model of a plan: "closed", "open", or "mixed" where
// its loads differ.
func Model(p *plan.Plan) string {
	model := ""
	for i := range p.Profile.Loads {
		m := p.Profile.Loads[i].Model.String()
		if model != "" && model != m {
			return "mixed"
		}
		model = m
	}
	if model == "" {
		return plan.Closed.String()
	}
	return model
}

// open reports whether any load is of the open model, in which response time
// and service time differ.
func (b *builder) open() bool {
	return slices.ContainsFunc(b.plan.Profile.Loads, func(l plan.Load) bool { return l.Model == plan.Open })
}
