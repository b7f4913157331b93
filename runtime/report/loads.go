package report

import (
	"fmt"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/report/text"
)

// LoadFigures are what one load of the profile came to.
type LoadFigures struct {
	Name     string `json:"name"`     // of the class it is for; "" for the load the classes share
	State    string `json:"state"`    // waiting, working or ended, when the run ended
	Began    *Ms    `json:"began_ms"` // from the first user; null if it did not begin
	Users    int64  `json:"users"`    // that were made
	Arrivals int64  `json:"arrivals"` // open model: that were due
	Missed   int64  `json:"missed"`   // of these, the ones nobody was free to make
}

// Loads are the schedules of a plan's profile, in its order.
func Loads(p *plan.Plan) []Load {
	list := make([]Load, 0, len(p.Profile.Loads))
	spans := p.Profile.Timetable()
	for i := range p.Profile.Loads {
		list = append(list, loadOf(p, &p.Profile.Loads[i], spans[i]))
	}
	return list
}

func loadOf(p *plan.Plan, l *plan.Load, s plan.Span) Load {
	out := Load{
		Name: l.Name, Model: l.Model.String(), MaxUsers: l.MaxUsers, Pooled: l.Pooled,
		Classes: make([]string, 0, len(l.Classes)), After: make([]string, 0, len(l.After)), Stages: make([]Stage, 0, len(l.Stages)),
		Delay: ms(l.Delay), Duration: ms(l.Duration), Begin: known(s.Begin), End: known(s.End),
		Iterations: l.Iterations, IterationsPerUser: l.IterationsPerUser,
	}
	if l.Model == plan.Open {
		out.Spacing, out.Arrival = l.Spacing.String(), l.Arrival.String()
	}
	for _, c := range l.Classes {
		out.Classes = append(out.Classes, p.Classes[c].Name)
	}
	for _, a := range l.After {
		out.After = append(out.After, p.Profile.Loads[a].Name)
	}
	for _, s := range l.Stages {
		out.Stages = append(out.Stages, Stage{Name: s.Name, Level: Num(s.Level), Over: ms(s.Over), Hold: ms(s.Hold)})
	}
	return out
}

// known is a planned time, nil where it is known only when it has come.
func known(t time.Duration) *Ms {
	if t == plan.Unknown {
		return nil
	}
	m := ms(t)
	return &m
}

func (b *builder) loads(list []outcome.Load) []LoadFigures {
	out := make([]LoadFigures, 0, len(list))
	for i, l := range list {
		if i < len(b.plan.Profile.Loads) {
			out = append(out, LoadFigures{
				Name: b.plan.Profile.Loads[i].Name, State: l.State.String(), Began: known(l.Begin),
				Users: l.Launched, Arrivals: l.Arrivals, Missed: l.Missed,
			})
		}
	}
	return out
}

// loads writes what each load came to, where there are several.
func (t *textWriter) loads() {
	if len(t.r.Loads) < 2 || len(t.r.Loads) != len(t.r.Plan.Loads) {
		return
	}
	table := &text.Table{Style: t.st, Min: 8, Columns: []text.Column{
		{Title: "LOAD", Shrink: true}, {Title: "of"}, {Title: "at most", Right: true}, {Title: "began", Right: true},
		{Title: "users made", Right: true, Drop: 1}, {Title: "arrivals", Right: true}, {Title: "missed", Right: true},
	}}
	for i := range t.r.Loads {
		l, p := &t.r.Loads[i], &t.r.Plan.Loads[i]
		open := p.Model == plan.Open.String()
		began, arrivals, missed, role := "never", "", "", text.Plain
		if l.Began != nil && l.State != outcome.Waiting.String() {
			began = text.Clock(time.Duration(*l.Began))
		}
		what, most := "users", text.Count(int64(peakOf(p)))
		if open {
			what, most = "arrivals", text.Rate(peakOf(p))+"/s"
			arrivals, missed = text.Count(l.Arrivals), text.Count(l.Missed)
			if l.Missed > 0 {
				role = text.WarnRole
			}
		}
		table.Rows = append(table.Rows, []text.Cell{
			{Text: t.outside(LoadName(p)), Role: text.Bold}, {Text: what}, {Text: most}, {Text: began},
			{Text: text.Count(l.Users)}, {Text: arrivals}, {Text: missed, Role: role},
		})
	}
	for _, l := range table.Lines(t.width) {
		t.line(l)
	}
	t.line("")
}

// LoadName is what a load is called in tables: its class, or who shares it.
func LoadName(l *Load) string {
	switch {
	case l.Name != "":
		return l.Name
	case len(l.Classes) == 1:
		return l.Classes[0]
	}
	return fmt.Sprintf("shared by %d", len(l.Classes))
}

func peakOf(l *Load) (level float64) {
	for _, s := range l.Stages {
		level = max(level, float64(s.Level))
	}
	return level
}
