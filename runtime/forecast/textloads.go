package forecast

import (
	"fmt"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// loads tells what each load does, and the stages of those that have several.
func (t *textWriter) loads() {
	if len(t.f.Loads) == 1 {
		l := &t.f.Loads[0]
		manner := strings.Join(t.manner(l, false), ", ")
		if len(l.Stages) == 1 {
			t.section("LOAD", join(t.oneStage(l), manner))
			return
		}
		if manner != "" {
			t.section("LOAD", manner)
		}
		t.stages(l, "STAGE")
		return
	}
	label := "LOADS"
	for i := range t.f.Loads {
		l := &t.f.Loads[i]
		parts := []string{t.amountOf(l), t.when(l)}
		t.section(label, text.Clean(report.LoadName(l))+": "+join(append(parts, t.manner(l, true)...)...))
		label = ""
	}
	for i := range t.f.Loads {
		if l := &t.f.Loads[i]; len(l.Stages) > 1 {
			t.stages(l, "STAGE of "+text.Clean(report.LoadName(l)))
		}
	}
}

func join(parts ...string) string {
	kept := parts[:0:0]
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ", ")
}

// amountOf is a load in a few words: "5 users, one a second", "0 → 75
// arrivals/s in 2 stages".
func (t *textWriter) amountOf(l *report.Load) string {
	top := 0.0
	for _, s := range l.Stages {
		top = max(top, float64(s.Level))
	}
	s := t.level(l, top)
	switch {
	case len(l.Stages) > 1:
		return fmt.Sprintf("up to %s in %d stages", s, len(l.Stages))
	case l.Stages[0].Over > 0:
		return fmt.Sprintf("0 → %s over %s", s, span(time.Duration(l.Stages[0].Over)))
	}
	return s
}

// level is a number of users or arrivals with its noun.
func (t *textWriter) level(l *report.Load, n float64) string {
	if l.Model == "open" {
		return trimmed(n) + " arrivals/s"
	}
	return plural(int64(n), "user")
}

// when is the time a load is expected at work: "1:00–13:00".
func (t *textWriter) when(l *report.Load) string {
	begin, end := time.Duration(*l.Begin), time.Duration(*l.End)
	if begin >= end {
		return "never: the run ends before"
	}
	s := fmt.Sprintf("%s–%s", text.Clock(begin), text.Clock(end))
	if l.Iterations > 0 || l.IterationsPerUser > 0 {
		s = fmt.Sprintf("%s to about %s", text.Clock(begin), text.Clock(end))
	}
	if len(l.After) == 0 {
		return s
	}
	var names []string
	for _, a := range l.After {
		if a == "" {
			a = "the shared load"
		}
		names = append(names, text.Clean(a))
	}
	after := "after " + strings.Join(names, ", ")
	if l.Delay > 0 {
		after = span(time.Duration(l.Delay)) + " " + after
	}
	return s + " (" + after + ")"
}

// manner is how a load's arrivals come and what bounds it; the users it may
// make are told where there are several loads.
func (t *textWriter) manner(l *report.Load, several bool) (parts []string) {
	if l.Spacing == "poisson" {
		parts = append(parts, "spaced at random (Poisson)")
	}
	if l.Arrival == "user" {
		parts = append(parts, "each arrival a new user")
	}
	if l.MaxUsers > 0 && several {
		of := ""
		if l.Pooled {
			of = " of all loads together"
		}
		parts = append(parts, "at most "+plural(int64(l.MaxUsers), "user")+of)
	}
	if l.Iterations > 0 {
		parts = append(parts, "at most "+plural(l.Iterations, "iteration"))
	}
	if l.IterationsPerUser > 0 {
		parts = append(parts, plural(l.IterationsPerUser, "iteration")+" a user")
	}
	return parts
}

// oneStage is a load of one stage alone in its profile.
func (t *textWriter) oneStage(l *report.Load) string {
	s := l.Stages[0]
	level := t.level(l, float64(s.Level))
	end := time.Duration(t.f.Ends)
	ramp, hold := min(time.Duration(s.Over), end), max(0, end-time.Duration(s.Over))
	if ramp <= 0 {
		return fmt.Sprintf("%s from the start, for %s", level, span(end.Round(time.Second)))
	}
	return fmt.Sprintf("0 → %s over %s (%s), then %s at full load", level, span(ramp), change(0, float64(s.Level), ramp), span(hold.Round(time.Second)))
}
