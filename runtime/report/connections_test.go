package report

import (
	"slices"
	"strings"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/report/reporttest"
)

// With HTTP/2 requests and connections are told apart; else nothing is said.
func TestConnectionsAreToldApart(t *testing.T) {
	told := func(v plan.HTTPVersion) []string {
		run := reporttest.Passed()
		run.Plan.Targets = slices.Clone(run.Plan.Targets)
		for i := range run.Plan.Targets {
			run.Plan.Targets[i].HTTP.Version = v
		}
		notes := New(run.Plan, run.Outcome, Facts{}).Notes
		return slices.DeleteFunc(notes, func(n string) bool { return !strings.Contains(n, "http version") })
	}
	if n := told(plan.HTTP1); len(n) != 0 {
		t.Errorf("of HTTP/1.1: %q", n)
	}
	n := told(plan.HTTP2)
	if len(n) != 1 || !strings.Contains(n[0], `http version "2": `) || !strings.Contains(n[0], " opened for them") {
		t.Errorf("of HTTP/2: %q", n)
	}
}
