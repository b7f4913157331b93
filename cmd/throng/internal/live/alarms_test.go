package live

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/report/reporttest"
)

// The moment a signal of the generator turns bad it is told, once, with when,
// on a terminal above the block and elsewhere as a line.
func TestASignalThatTurnsBadIsToldAtOnce(t *testing.T) {
	r := reporttest.Passed()
	var lines bytes.Buffer
	v := &view{plan: r.Plan, history: newHistory(r.Plan)}
	p := &plain{w: &lines, view: v}
	b := &block{view: &view{plan: r.Plan, history: newHistory(r.Plan)}, size: func() (int, int) { return 80, 24 }}
	at := func(sec int, saturated ...string) (urgent bool) {
		tick := &outcome.Progress{State: outcome.Running, Elapsed: time.Duration(sec) * time.Second,
			Snapshot: &record.Snapshot{}, Health: health.Report{Cores: 2, Saturated: saturated}}
		p.take(message{kind: aTick, progress: tick})
		return b.take(message{kind: aTick, progress: tick})
	}
	at(1)
	if at(2) {
		t.Error("nothing has happened, and it is urgent")
	}
	if !at(12, "The process was short of CPU: it used 91 % of 2 cores, since 7s.") {
		t.Error("a signal that turns bad is urgent")
	}
	if at(13, "The process was short of CPU: it used 95 % of 2 cores, since 7s.") {
		t.Error("it is told again")
	}
	at(20, "Steps began late: 30ms, since 20s.", "The process was short of CPU: it used 95 % of 2 cores, since 7s.")
	want := []string{"0:12 generator SATURATED: The process was short of CPU: it used 91 % of 2 cores, since 7s.", "0:20 generator SATURATED: Steps began late: 30ms, since 20s."}
	if strings.Join(b.above, "\n") != strings.Join(want, "\n") {
		t.Errorf("above the block: %q", b.above)
	}
	for _, w := range want {
		if strings.Count(lines.String(), w) != 1 {
			t.Errorf("%q is not told once in\n%s", w, lines.String())
		}
	}
	if !strings.HasPrefix(lines.String(), "0:01 closed model\n") {
		t.Errorf("the model is not named first: %s", lines.String())
	}
}
