package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
)

// Whoever keeps a run hears of every tick, and the ticks add up to the run:
// the warm-up, what came after it, what ended in the grace, and the moment
// before the teardown.
func TestKeepHearsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0.1), b.get("/", 0)))
		b.closed(5500*ms, plan.Stage{Level: 5, Hold: 5500 * ms})
		b.Profile.Warmup, b.Profile.Grace = 1500*ms, 10*sec
		var kept []*outcome.Progress
		out := do(t, b, newFake(steady(700*ms)), func(_ *Engine, o *Options) {
			o.Keep = func(p *outcome.Progress) { kept = append(kept, p) }
		})
		var total, warmup *record.Stats
		at := time.Duration(0)
		for i, p := range kept {
			s := p.Snapshot
			if s.At-s.Window != at {
				t.Errorf("tick %d covers %v to %v, the one before ended at %v", i, s.At-s.Window, s.At, at)
			}
			at = s.At
			total, warmup = record.Merge(total, s.Recent[0]), record.Merge(warmup, s.RecentWarmup[0])
			c := p.SoFar.Conditions
			if c.Books.Balance() != 0 || c.Books.Succeeded != total.Count()+warmup.Count() || c.Ran > at {
				t.Errorf("tick %d: %+v of %d and %d", i, c, total.Count(), warmup.Count())
			}
			if p.SoFar.RunID != "run" || !p.SoFar.Started.Equal(out.Started) || len(p.SoFar.Classes) != 1 {
				t.Errorf("tick %d: %+v", i, p.SoFar)
			}
		}
		if n := len(kept); n < 6 || kept[n-1].SoFar != out || kept[n-1].State != outcome.Done || at != out.Elapsed {
			t.Fatalf("%d ticks until %v, the run lasted %v", len(kept), at, out.Elapsed)
		}
		if total.Count() != out.Final.Total[0].Count() || warmup.Count() != out.Final.Warmup[0].Count() || warmup.Count() == 0 {
			t.Errorf("%d and %d in the ticks, %d and %d in the end", total.Count(), warmup.Count(), out.Final.Total[0].Count(), out.Final.Warmup[0].Count())
		}
	})
}

// Before a teardown, which may take long, all that the run did has been kept.
func TestKeepBeforeTeardown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newOnce()
		var counts []int64
		out := r.run(t, t.Context(), steady(1200*ms), func(_ *Engine, o *Options) {
			sum := int64(0)
			o.Keep = func(p *outcome.Progress) {
				sum += p.Snapshot.Recent[0].Count()
				counts = append(counts, sum)
			}
		})
		if n := len(counts); n < 2 || counts[n-2] != out.Final.Total[0].Count() || counts[n-1] != counts[n-2] {
			t.Errorf("kept %v of %d", counts, out.Final.Total[0].Count())
		}
	})
}
