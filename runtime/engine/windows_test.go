package engine

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/sla"
)

// disturbed is a target that answers in 20 ms, and one call in ten in a
// second while it is disturbed.
func disturbed(from, to time.Duration) func(call) reply {
	var n atomic.Int64
	return func(c call) reply {
		if c.At >= from && c.At < to {
			if n.Add(1)%10 == 0 {
				return reply{after: sec}
			}
		}
		return reply{after: 20 * ms}
	}
}

// shop is 20 arrivals a second for ten minutes, of which each is judged by
// every SLA.
func shop(slas ...plan.SLA) builder {
	b := newPlan()
	b.class("u", 1, task("t", 1, plan.Wait{}, b.get("/", 0)))
	for _, s := range slas {
		s.Groups = []plan.Judged{{Row: -1, Series: []int{0}}}
		if s.Rules == nil {
			s.Rules = []plan.Rule{{Name: "p95", Metric: plan.Quantile, Quantile: 0.95, Limit: float64(500 * ms)}}
		}
		b.SLAs = append(b.SLAs, s)
	}
	return b.openLoad(600*sec, 200, plan.Stage{Level: 20, Hold: 600 * sec})
}

// disturbedRun runs the shop against a target that is disturbed from 300 s to
// 340 s.
func disturbedRun(t *testing.T, s plan.SLA, change ...func(*Engine, *Options)) *outcome.Outcome {
	t.Helper()
	return disturbedRunOf(t, []plan.SLA{s}, change...)
}

// disturbedRunOf is one run that several SLAs judge, each by itself: a
// judgement for each, since each has one rule.
func disturbedRunOf(t *testing.T, slas []plan.SLA, change ...func(*Engine, *Options)) (out *outcome.Outcome) {
	t.Helper()
	for i := range slas {
		slas[i].Name = fmt.Sprintf("s%d", i)
	}
	synctest.Test(t, func(t *testing.T) {
		out = do(t, shop(slas...), newFake(disturbed(300*sec, 340*sec)), change...)
	})
	if len(out.Judged) != len(slas) {
		t.Fatalf("%d judgements for %d SLAs", len(out.Judged), len(slas))
	}
	return out
}

// A disturbance of 40 s in ten minutes is 1 in 150 of all requests: the p95
// of the whole run never sees it.
func TestWindowSeesWhatTheWholeRunHides(t *testing.T) {
	if out := disturbedRun(t, plan.SLA{}); out.Verdict.State != sla.Pass {
		t.Fatalf("without a window: %v %q", out.Verdict.State, out.Verdict.Reasons)
	}
	out := disturbedRun(t, plan.SLA{Window: &plan.Window{Length: 30 * sec}})
	w := out.Judged[0].Windows
	if out.Verdict.State != sla.Fail || w.Run != sla.Pass {
		t.Fatalf("%v %q, the whole run %v", out.Verdict.State, out.Verdict.Reasons, w.Run)
	}
	// Windows begin at 0 s to 570 s. Of the 600 requests of one 30 may be
	// slow; of the 20 of a second of disturbance 2 are, and end in the next.
	if w.Whole != 571 || w.Decided != 571 {
		t.Errorf("%d windows, %d decided", w.Whole, w.Decided)
	}
	// 31 slow ones take 16 s of disturbance: windows that end at 317 s, and
	// begin up to 325 s, so that they end at 355 s.
	if w.Broken < 36 || w.Broken > 42 || w.Counted != w.Broken {
		t.Errorf("%d windows are broken, %d count", w.Broken, w.Counted)
	}
	if w.Worst.From < 300*sec || w.Worst.To > 342*sec || w.Worst.Samples < 590 || w.Worst.Over < 58 || w.Worst.Over > 62 {
		t.Errorf("the worst window is %+v", w.Worst)
	}
	if reason := out.Judged[0].Reason; !strings.HasPrefix(reason, "broken in ") || !strings.Contains(reason, " of 571 windows of 30 s; worst 5:0") {
		t.Errorf("%q", reason)
	}
}

func TestAllButSaves(t *testing.T) {
	cases := []struct {
		window plan.Window
		want   sla.State
	}{
		{plan.Window{Length: 30 * sec, AllBut: 50}, sla.Pass},
		{plan.Window{Length: 30 * sec, AllBut: 30}, sla.Fail},
		{plan.Window{Length: 30 * sec, For: 30 * sec}, sla.Fail},
		{plan.Window{Length: 30 * sec, For: 50 * sec}, sla.Pass},
	}
	var slas []plan.SLA
	for i := range cases {
		slas = append(slas, plan.SLA{Window: &cases[i].window})
	}
	for i, j := range disturbedRunOf(t, slas).Judged {
		if c := cases[i]; j.State != c.want || j.Windows.Broken == 0 {
			t.Errorf("%+v: %v %q", c.window, j.State, j.Reason)
		}
	}
}

// A maximum that is broken in windows that may be is broken over the whole
// run too: the windows alone decide.
func TestTolerantWindowsDecideAlone(t *testing.T) {
	rules := []plan.Rule{{Name: "max", Metric: plan.Max, Limit: float64(500 * ms)}}
	cases := []struct {
		allBut int64
		want   sla.State
	}{{100, sla.Pass}, {10, sla.Fail}, {0, sla.Fail}}
	var slas []plan.SLA
	for _, c := range cases {
		slas = append(slas, plan.SLA{Rules: rules, Window: &plan.Window{Length: 30 * sec, AllBut: c.allBut}})
	}
	for i, j := range disturbedRunOf(t, slas).Judged {
		if c := cases[i]; j.State != c.want || j.Windows.Run != sla.Fail {
			t.Errorf("all but %d: %v, the whole run %v", c.allBut, j.State, j.Windows.Run)
		}
	}
}

func TestRunsShorterThanAWindowProveNothing(t *testing.T) {
	out := disturbedRun(t, plan.SLA{Window: &plan.Window{Length: 30 * sec}}, func(e *Engine, o *Options) {
		if e == nil {
			return
		}
		time.AfterFunc(20*sec, e.Stop)
	})
	if out.Judged[0].State != sla.Inconclusive || out.Judged[0].Reason != "no whole window of 30 s has passed" {
		t.Errorf("%v %q", out.Judged[0].State, out.Judged[0].Reason)
	}
}

// The run ends when the SLA has been broken for as long as its grace, at each
// tick; in windows, as long as the latest is.
func TestAbortGrace(t *testing.T) {
	broken := plan.Rule{Name: "max", Metric: plan.Max, Limit: float64(500 * ms)}
	for _, c := range []struct {
		name     string
		s        plan.SLA
		from, to time.Duration // the run ends between them
	}{
		// The first slow answer comes after 300.45 s + 1 s; the tick of 302 s sees it.
		{"at once", plan.SLA{Abort: &plan.Abort{}}, 302 * sec, 302 * sec},
		{"after its grace", plan.SLA{Abort: &plan.Abort{Grace: 20 * sec}}, 322 * sec, 322 * sec},
		{"not before", plan.SLA{Abort: &plan.Abort{After: 330 * sec, Grace: 20 * sec}}, 330 * sec, 330 * sec},
		{"the windows get well again", plan.SLA{Window: &plan.Window{Length: 10 * sec}, Abort: &plan.Abort{Grace: 60 * sec}}, 600 * sec, 600 * sec},
		{"the windows stay broken", plan.SLA{Window: &plan.Window{Length: 10 * sec}, Abort: &plan.Abort{Grace: 30 * sec}}, 332 * sec, 332 * sec},
		{"a tolerance is left", plan.SLA{Window: &plan.Window{Length: 10 * sec, AllBut: 100}, Abort: &plan.Abort{}}, 600 * sec, 600 * sec},
		{"a tolerance is used up", plan.SLA{Window: &plan.Window{Length: 10 * sec, AllBut: 9}, Abort: &plan.Abort{}}, 311 * sec, 311 * sec},
	} {
		c.s.Rules = []plan.Rule{broken}
		out := disturbedRun(t, c.s)
		if out.Measured < c.from || out.Measured > c.to || (out.Conditions.Aborted == "s0") != (c.to < 600*sec) {
			t.Errorf("%s: ended at %v, aborted by %q", c.name, out.Measured, out.Conditions.Aborted)
		}
	}
}

// Only what was due in the stage is judged, also where it ended after it.
func TestStages(t *testing.T) {
	spike := []plan.StageTime{{Name: "spike", Begin: 300 * sec, End: 340 * sec}}
	calm := []plan.StageTime{{Name: "calm", Begin: 10 * sec, End: 300 * sec}, {Name: "after", Begin: 340 * sec, End: 600 * sec}}
	cases := []struct {
		s       plan.SLA
		want    sla.State
		samples int64
	}{
		{plan.SLA{Stages: spike}, sla.Fail, 800},
		{plan.SLA{Stages: calm}, sla.Pass, 5800 + 5200},
		{plan.SLA{Stages: spike, Window: &plan.Window{Length: 20 * sec}}, sla.Fail, 800},
		{plan.SLA{Stages: calm, Window: &plan.Window{Length: 20 * sec}}, sla.Pass, 5800 + 5200},
		{plan.SLA{Stages: spike, Rules: []plan.Rule{{Name: "requests_per_second", Metric: plan.Throughput, Limit: 20, AtLeast: true}}}, sla.Pass, 800},
		{plan.SLA{Stages: spike, Rules: []plan.Rule{{Name: "requests_per_second", Metric: plan.Throughput, Limit: 20.01, AtLeast: true}}}, sla.Fail, 800},
	}
	var slas []plan.SLA
	for _, c := range cases {
		slas = append(slas, c.s)
	}
	for i, j := range disturbedRunOf(t, slas).Judged {
		c := cases[i]
		if j.State != c.want || j.Samples != c.samples {
			t.Errorf("%+v: %v, %d samples, %q", c.s.Stages, j.State, j.Samples, j.Reason)
		}
		if w := j.Windows; w != nil && c.want == sla.Pass && w.Whole != (290-20+1)+(260-20+1) {
			t.Errorf("%d windows", w.Whole)
		} else if w != nil && c.want == sla.Fail && w.Whole != 21 {
			t.Errorf("%d windows", w.Whole)
		}
	}
}

// A target that hangs when the load ends is slow in the last window, although
// nothing of it ends in any; where it never answers, nobody knows.
func TestHangAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		name  string
		takes time.Duration
		want  sla.State
	}{{"answers in the grace", 8 * sec, sla.Fail}, {"never answers", 25 * sec, sla.Inconclusive}} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(func(x call) reply {
				if x.At >= 595*sec {
					return reply{after: c.takes}
				}
				return reply{after: 20 * ms}
			})
			out := do(t, shop(plan.SLA{Window: &plan.Window{Length: 30 * sec}}), f)
			j := out.Judged[0]
			if j.State != c.want || j.Windows.Run != sla.Pass || j.Windows.Whole != 571 || j.Windows.Broken+j.Windows.Doubtful != 1 {
				t.Errorf("%s: %v %q, %+v", c.name, j.State, j.Reason, j.Windows)
			}
		})
	}
}

// What began in a stage and ended after it counts in the stage's last window,
// and not in one of the stage after it.
func TestHangAtTheEndOfAStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stages := []plan.StageTime{{Name: "a", Begin: 100 * sec, End: 200 * sec}, {Name: "b", Begin: 300 * sec, End: 400 * sec}}
		f := newFake(func(c call) reply {
			if c.At >= 195*sec && c.At < 200*sec {
				return reply{after: 20 * sec}
			}
			return reply{after: 20 * ms}
		})
		out := do(t, shop(plan.SLA{Stages: stages, Window: &plan.Window{Length: 30 * sec}}), f)
		w := out.Judged[0].Windows
		if out.Judged[0].State != sla.Fail || w.Broken != 1 || w.Whole != 2*71 || w.Worst.To != 200*sec || w.Worst.Over != 100 || w.Worst.Samples != 600 {
			t.Errorf("%v %+v", out.Judged[0].State, w)
		}
	})
}
