package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/schematest"
	"throng/runtime/sla"
)

// prelude is a setup that made so many requests of which the last failed,
// with what it showed.
func prelude(p *plan.Plan, ok int, problem string) *outcome.Once {
	rec := record.New(record.Config{Series: len(p.Series), Shards: 1})
	w := rec.Writer(0)
	for range ok {
		w.Add(record.Sample{Series: 0, Status: 201, End: 5e6})
	}
	if problem != "" {
		w.Add(record.Sample{Series: 0, Status: 500, Class: plan.FailStatus, End: 5e6})
		w.Fail(record.Failure{Series: 0, Class: plan.FailStatus, Status: 500, Detail: "status 500", Site: 3,
			Sent: "POST /orgs", Answer: "HTTP/1.1 500\n\nno room for hunter2"})
	}
	return &outcome.Once{Plan: p, Elapsed: 120 * time.Millisecond, Problem: problem, Final: rec.Snapshot(time.Second, true)}
}

func joined(s string) string { return strings.Join(strings.Fields(s), " ") }

// A run whose setup failed shows what failed, and no empty tables.
func TestSetupFailureIsShown(t *testing.T) {
	run := reporttest.Passed()
	p := *run.Plan
	p.Secrets = []string{"hunter2"}
	const why = "the setup failed, so nothing was run: POST /orgs failed (status)"
	o := &outcome.Outcome{
		Final: &record.Snapshot{}, Setup: prelude(&p, 2, "POST /orgs failed (status)"),
		Teardown: &outcome.Once{Plan: &p, Problem: "it was skipped, since the run was cut", Final: &record.Snapshot{}},
		Verdict:  sla.Verdict{State: sla.Inconclusive, Reasons: []string{why}}, Conditions: sla.Conditions{Incomplete: why},
	}
	r := New(&p, o, Facts{ExitCode: 1})
	s := joined(write(t, r, TextOptions{}))
	for _, want := range []string{"NOT RUN orch", why, "SETUP ! POST /orgs failed (status)", "1 × 500", "(orch.hcl:71)", "no room for ***",
		"TEARDOWN ! it was skipped, since the run was cut", "NOT RUN exit 1"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in\n%s", want, s)
		}
	}
	for _, not := range []string{"hunter2", "REQUESTS", "MIX", "INCONCLUSIVE"} {
		if strings.Contains(s, not) {
			t.Errorf("%q is in\n%s", not, s)
		}
	}
	data := summary(t, r)
	if faults := schematest.Load(t, Schema).Check(t, "summary", data); len(faults) > 0 {
		t.Errorf("%q", faults)
	}
	back, err := ReadJSON(bytes.NewReader(data))
	if err != nil || back.Setup.Problem != "POST /orgs failed (status)" || back.Setup.Requests != 3 || back.Setup.Failed != 1 || len(back.Setup.Errors) != 1 {
		t.Errorf("%v, setup %+v", err, back.Setup)
	}
}

// Setup and teardown that went well take a line each; leaves and retried
// failures are counted.
func TestOnceLeavesAndRetries(t *testing.T) {
	run := reporttest.Failed()
	o := *run.Outcome
	o.Setup, o.Teardown = prelude(run.Plan, 2, ""), prelude(run.Plan, 1, "")
	o.Leaves = []outcome.Leave{{Class: 1, Site: 3, Reach: plan.FailureTask, Message: "no ticket", Count: 12}, {Reach: plan.FailureUser, Count: 1}}
	snap := *o.Final
	snap.Total = append([]*record.Stats(nil), snap.Total...)
	first := *snap.Total[0]
	first.Retried = 3
	snap.Total[0] = &first
	o.Final = &snap
	r := New(run.Plan, &o, Facts{})
	if r.Total.Retried != 3 || r.Leaves[0].Left != "task" || r.Leaves[1].Left != "user" {
		t.Errorf("%d retried, leaves %+v", r.Total.Retried, r.Leaves)
	}
	s := joined(write(t, r, TextOptions{}))
	for _, want := range []string{"SETUP 2 requests in 120 ms, in no other figure", "TEARDOWN 1 request in 120 ms",
		"LEFT 12 × the task early: no ticket (writer, orch.hcl:71)", "1 × the user early (", "3 of the failures were tried again"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in\n%s", want, s)
		}
	}
	if faults := schematest.Load(t, Schema).Check(t, "summary", summary(t, r)); len(faults) > 0 {
		t.Errorf("%q", faults)
	}
	if plain := write(t, build(run, 99), TextOptions{}); strings.Contains(plain, "LEFT") || strings.Contains(plain, "tried again") || strings.Contains(plain, "SETUP") {
		t.Errorf("what there is none of is shown:\n%s", plain)
	}
}

// Where each iteration has a fresh user, starts are counted, not users.
func TestFreshStartsAreShown(t *testing.T) {
	run := reporttest.Passed()
	o := *run.Outcome
	o.Classes = append([]outcome.ClassCount(nil), o.Classes...)
	o.Classes[1].Starts, o.Classes[1].StartFailed = 1204, 4
	if s := joined(write(t, New(run.Plan, &o, Facts{}), TextOptions{})); !strings.Contains(s, "! 4 of 1,204 starts of writer failed: each iteration has a fresh user") {
		t.Errorf("%s", s)
	}
}
