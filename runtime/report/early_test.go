package report

import (
	"strings"
	"testing"

	"throng/runtime/report/reporttest"
	"throng/runtime/sla"
)

// Why a run ended early is said once, among the reasons or above them.
func TestAnIncompleteRunSaysWhyOnce(t *testing.T) {
	const why = "the data ran out"
	for _, told := range []bool{false, true} {
		run := reporttest.Passed()
		o := run.Outcome
		o.Conditions.Incomplete = why
		if told {
			o.Verdict = sla.Decide(run.Plan, o.Judged, o.Conditions)
		}
		var b strings.Builder
		if err := WriteText(&b, New(run.Plan, o, Facts{}), TextOptions{}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), why); n != 1 {
			t.Errorf("it is said %d times:\n%s", n, b.String())
		}
	}
}
