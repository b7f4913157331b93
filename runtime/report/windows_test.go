package report

import (
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/schematest"
	"throng/runtime/report/text"
	"throng/runtime/sla"
)

// windowedRun is a calm run of which one rule is broken in some windows of a
// stage, and another kept in all.
func windowedRun() *reporttest.Run {
	r := reporttest.Passed()
	broken, kept := &r.Plan.SLAs[2], &r.Plan.SLAs[3]
	broken.Stages = []plan.StageTime{{Name: "spike", Begin: 20 * time.Second, End: 60 * time.Second}}
	broken.Window = &plan.Window{Length: 30 * time.Second}
	kept.Window = &plan.Window{Length: 10 * time.Second, AllBut: 2}
	for i := range r.Outcome.Judged {
		j := &r.Outcome.Judged[i]
		switch j.SLA {
		case 2:
			j.State = sla.Fail
			j.Windows = &sla.Windowed{Whole: 11, Decided: 11, Broken: 3, Counted: 3, Run: sla.Pass,
				Worst: sla.Stretch{From: 24 * time.Second, To: 54 * time.Second, Samples: 210, Over: 57, Figure: 57.0 / 210, Valid: true}}
			j.Reason = j.Windows.Words(broken.Rules[0], *broken.Window)
		case 3:
			j.Windows = &sla.Windowed{Whole: 56, Decided: 56, Run: sla.Pass,
				Worst: sla.Stretch{From: 10 * time.Second, To: 20 * time.Second, Samples: 80, Over: 1, Figure: 1.0 / 80, Valid: true}}
		}
	}
	return r
}

func TestWindowsInTheText(t *testing.T) {
	s := write(t, build(windowedRun(), 99), TextOptions{Width: 160, All: true})
	for _, want := range []string{
		"slow (spike)", "p95 in 30 s",
		"broken in 3 of 11 windows of 30 s; worst 0:24–0:54: 57 of 210 took longer than 5.00 s (27.1 %)",
		"max in 10 s", "kept in 56 windows of 10 s; worst 0:10–0:20: 1 of 80 took longer than 400 ms (1.2 %)",
	} {
		if !strings.Contains(strings.Join(strings.Fields(s), " "), want) {
			t.Errorf("%q is not in\n%s", want, s)
		}
	}
	fits(t, s, 160, false)
}

func TestWindowsInTheSummary(t *testing.T) {
	r := build(windowedRun(), 99)
	schema := schematest.Load(t, Schema)
	for _, fault := range schema.Check(t, "", summary(t, r)) {
		t.Error(fault)
	}
	for i := range r.SLAs {
		s := &r.SLAs[i]
		switch {
		case s.Name == "slow":
			w := s.Windows
			if len(s.Stages) != 1 || s.Window.Length != Ms(30*time.Second) || w.Broken != 3 || w.Run != text.Pass || w.Worst.From != Ms(24*time.Second) || w.Worst.Unit != "ratio" {
				t.Errorf("%+v %+v", s, w)
			}
		case s.Name == "write" && s.Windows == nil, s.Name == "all" && (s.Windows != nil || s.Window != nil):
			t.Errorf("%+v", s)
		}
	}
}

// A figure of the whole run that is beyond its limit stays there, also where
// the windows that decide alone let it pass.
func TestTolerantWindowsDoNotTouchTheFigure(t *testing.T) {
	r := &plan.Rule{Metric: plan.Quantile, Quantile: 0.5, Limit: 100}
	j := sla.Judgement{State: sla.Pass, Measured: 120, Valid: true, Windows: &sla.Windowed{Run: sla.Fail}}
	if got := within(j, r); got != 120 {
		t.Errorf("%v", got)
	}
}
