package prove

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/testfile"
	"throng/runtime/forecast"
)

// trial is one run under way.
type trial struct {
	o      *Options
	ctx    context.Context
	job    *job
	result *Result
	bad    bool // throng try or throng run would not have ended with 0
}

// error ends a run that could not be done.
func (t *trial) error(ds ...*diag.Diagnostic) {
	t.result.State = Errored
	t.result.Findings.Extend(ds)
}

// fail tells of something that is not as the file says.
func (t *trial) fail(d *diag.Diagnostic) {
	if t.result.State == Passed {
		t.result.State = Failed
	}
	t.result.Findings.Append(d)
}

func (t *trial) note(format string, args ...any) {
	t.result.Notes = append(t.result.Notes, fmt.Sprintf(format, args...))
}

// run does a run as far as its command goes, and checks what it showed.
func (t *trial) run() {
	run := t.job.run
	maps.Copy(t.result.Sources, t.job.file.Sources)
	compiled := t.compile()
	if len(run.Expect) > 0 {
		t.expect(compiled.Diagnostics)
		return
	}
	if compiled.Plan == nil {
		t.error(compiled.Diagnostics...)
		return
	}
	p := t.standIn(compiled.Plan)
	if p == nil || t.ctx.Err() != nil {
		return
	}
	t.see(p)
	if run.Wants(testfile.Render) && !t.send(p) {
		return
	}
	if t.ctx.Err() == nil {
		t.check(p)
	}
}

// compile makes the run's plan. What is given to its variables is what the
// file says over what the scenario's own files of values say: the environment
// has no part in it, so that a test is the same everywhere.
func (t *trial) compile() dsl.Result {
	run := t.job.run
	inputs, sources, diags := dsl.AutoValues(run.Scenario)
	maps.Copy(t.result.Sources, sources)
	o := dsl.Options{Profile: run.Profile, Inputs: map[string]dsl.Input{}, Seed: run.Seed, Tool: t.o.Tool, Modules: t.o.Modules}
	maps.Copy(o.Inputs, inputs)
	maps.Copy(o.Inputs, run.Inputs)
	if run.Users > 0 {
		o.Users = &run.Users
	}
	if run.Duration > 0 {
		d := run.Duration.String()
		o.Duration = &d
	}
	if diags.HasErrors() {
		return dsl.Result{Diagnostics: diags}
	}
	r := dsl.Compile(run.Scenario, o)
	maps.Copy(t.result.Sources, r.Sources)
	r.Diagnostics = append(diags, r.Diagnostics...)
	for _, d := range r.Diagnostics {
		t.inTest(d)
	}
	return r
}

// inTest gives advice that is about flags the words of a test file, and what
// has no place that of the run.
func (t *trial) inTest(d *diag.Diagnostic) {
	switch {
	case d.Code == diag.MissingVariable && d.Suggestion != "":
		d.Suggestion = "Give it a value in variables { … }, in the run or in the test file."
	case d.Code == diag.NoProfile && d.Subject == nil:
		d.Detail = strings.NewReplacer("--profile asks for", "The run asks for", "with --profile", "with profile = \"NAME\"", "give --users and --duration", "give the run users and duration").Replace(d.Detail)
		place := t.job.run.Problem("profile", d.Code, "")
		d.Subject, d.Block = place.Subject, place.Block
	}
}

// expect holds the errors of the compilation against those it must end in.
func (t *trial) expect(found diag.Diagnostics) {
	run := t.job.run
	t.result.Checked = true
	var codes []string
	for _, d := range found {
		if d.Severity == diag.Error && !slices.Contains(codes, d.Code) {
			codes = append(codes, d.Code)
		}
	}
	missing := without(run.Expect, codes)
	if len(codes) == 0 {
		t.fail(run.Problem("expect_errors", diag.TestFailed, "The compilation must end in %s, and it found no error.", listed(run.Expect)))
		return
	}
	if len(missing) > 0 {
		t.fail(run.Problem("expect_errors", diag.TestFailed, "The compilation must end in %s; of these it did not find %s.", listed(run.Expect), listed(missing)))
	}
	for _, d := range found {
		if d.Severity == diag.Error && !slices.Contains(run.Expect, d.Code) {
			t.fail(d)
		}
	}
}

// without is a without what stands in b.
func without(a, b []string) []string {
	var left []string
	for _, s := range a {
		if !slices.Contains(b, s) {
			left = append(left, s)
		}
	}
	return left
}

func listed(words []string) string { return strings.Join(words, ", ") }

// hostOf is the host by which a mock is reached. It is the same in every run,
// whatever port the mock listens on, and is never looked up.
func hostOf(mock string) string { return mock + ".mock" }

// standIn is the plan with the run's mocks in place of its targets; nil where
// the run says of a target what cannot be.
func (t *trial) standIn(p *plan.Plan) *plan.Plan {
	run := t.job.run
	var names []string
	for i := range p.Targets {
		names = append(names, p.Targets[i].Name)
	}
	hosts := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(run.Targets)) {
		if !slices.Contains(names, name) {
			t.error(run.Problem("targets", diag.UnknownReference, "The scenario has no target called %q. It has: %s.", name, listed(names)).DidYouMean(name, names))
		}
		hosts[name] = hostOf(run.Targets[name])
	}
	p = p.StandIn(hosts)
	for i := range p.Targets {
		target := &p.Targets[i]
		if run.Targets[target.Name] == "" && target.Example == "" && run.Wants(testfile.Render) {
			d := run.Problem("targets", diag.NotMocked, "The target %q leads to %s, and a test sends nothing to real servers.", target.Name, target.URL())
			d.Suggestion = fmt.Sprintf("Give it a mock: targets = { %s = mock.NAME }.", target.Name)
			t.error(d)
		}
	}
	if t.result.State == Errored {
		return nil
	}
	return p
}

// see keeps the plan as throng plan --json prints it.
func (t *trial) see(p *plan.Plan) {
	var b bytes.Buffer
	if err := forecast.WriteJSON(&b, forecast.New(p)); err != nil {
		t.error(diag.General(diag.Internal, "%s", err))
		return
	}
	t.job.seen.Plan = b.Bytes()
}
