package live

import (
	"strings"
	"testing"

	"throng/runtime/report/reporttest"
	"throng/runtime/report/text"
)

// What does not judge a run is told while it runs, too.
func TestUnjudgedSLAsAreTold(t *testing.T) {
	for _, make := range []func() *reporttest.Run{reporttest.Unjudged, reporttest.Interrupted} {
		r := make()
		r.Plan.Unjudged = []string{"writes", "slow"}
		v := &view{plan: r.Plan, st: text.Style{}, history: newHistory(r.Plan)}
		v.take(r.Ticks[len(r.Ticks)-1])
		if s := strings.Join(v.frame(120, 24), "\n"); !strings.Contains(s, "2 not judged in this profile") || strings.Contains(s, "none declared") {
			t.Errorf("nothing of them in\n%s", s)
		}
	}
}
