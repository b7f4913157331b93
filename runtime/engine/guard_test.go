package engine

import (
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

func TestRateGuard(t *testing.T) {
	p := &plan.Plan{
		Targets: []plan.Target{{Name: "free"}, {Name: "guarded", Guard: plan.Guard{MaxRate: 100}}},
		Rows:    []plan.Row{{Target: 0}, {Target: 1}, {Kind: plan.GroupSeries, Target: -1}},
		Series:  []plan.Series{{Row: 0}, {Row: 1}, {Kind: plan.GroupSeries, Row: 2}},
	}
	// Requests to the guarded target in each second, some of them warm-up.
	run := func(each ...int64) (ended int, why string) {
		g := rateGuard{}
		var total, warm int64
		for i, n := range each {
			total += n / 2
			warm += n - n/2
			s := &record.Snapshot{
				At:     time.Duration(i+1) * time.Second,
				Total:  []*record.Stats{{OK: 1e6 * int64(i)}, {OK: total / 2, Failed: total - total/2}, {OK: 1e6}},
				Warmup: []*record.Stats{nil, {OK: warm}, nil},
			}
			if why := g.look(p, s); why != "" {
				return i + 1, why
			}
		}
		return 0, ""
	}
	if at, why := run(100, 109, 110, 110, 100, 110); at != 0 {
		t.Errorf("ended after %d s (%s), although the rate stayed within its slack", at, why)
	}
	if at, _ := run(200, 200, 100, 200, 200, 50); at != 0 {
		t.Errorf("ended after %d s, although it was never over for three ticks in a row", at)
	}
	at, why := run(50, 120, 130, 140, 150)
	if at != 4 || !strings.Contains(why, `"guarded" got 140 requests a second`) {
		t.Errorf("ended after %d s (%q), want after the third second over the limit", at, why)
	}
}
