package forecast

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// classes writes who comes.
func (t *textWriter) classes() {
	table := &text.Table{Min: 12, Columns: []text.Column{
		{Title: "WHO", Shrink: true}, {Title: "share %", Right: true}, {Title: "users", Right: true},
		{Title: "wait", Drop: 1}, {Title: "mean", Right: true, Drop: 3}, {Title: "req/s", Right: true, Drop: 4}, {Title: "requests", Right: true},
	}}
	for i := range t.f.Classes {
		c := &t.f.Classes[i]
		share := text.Percent(float64(c.Share))
		switch {
		case c.Off:
			share = "off"
		case c.Fixed > 0:
			share = "fixed"
		}
		none := text.Cell{Text: t.st.Text(text.None), Role: text.Dim}
		row := []text.Cell{{Text: t.outside(c.Name)}, {Text: share}, {Text: text.Count(c.Users)}, t.law(&c.Wait), t.mean(&c.Wait), none, none}
		if c.Off {
			row[2], row[3], row[4] = none, none, none
		} else {
			row[5] = text.Cell{Text: text.Rate(float64(c.PeakExpected))}
			row[6] = text.Cell{Text: about(float64(c.Expected))}
		}
		table.Rows = append(table.Rows, row)
	}
	t.table(table)
}

const maxLaw = 30 // cells a wait as written may take

func (t *textWriter) law(w *Wait) text.Cell {
	switch {
	case w.Law == "none":
		return text.Cell{Text: "none", Role: text.Dim}
	case w.Law == "mixed":
		return text.Cell{Text: "differs by task"}
	}
	return text.Cell{Text: t.st.Cut(t.outside(strings.Join(strings.Fields(w.Text), " ")), maxLaw)}
}

func (t *textWriter) mean(w *Wait) text.Cell {
	switch {
	case w.Law == "none":
		return text.Cell{Text: t.st.Text(text.None), Role: text.Dim}
	case w.Unknown != "":
		return text.Cell{Text: "unknown", Role: text.WarnRole}
	}
	return text.Cell{Text: t.st.Text(text.Duration(float64(w.Mean)))}
}

// tasks writes the traffic table of each class.
func (t *textWriter) tasks() {
	table := &text.Table{Min: minName, Columns: []text.Column{
		{Title: "TASKS", Shrink: true}, {Title: "weight", Right: true}, {Title: "share %", Right: true},
		{Title: "requests", Right: true}, {}, {Title: "times", Right: true},
	}}
	if slices.ContainsFunc(t.f.Classes, func(c Class) bool { return c.Wait.Law == "mixed" }) {
		table.Columns[4] = text.Column{Title: "wait", Drop: 1}
	}
	for i := range t.f.Classes {
		c := &t.f.Classes[i]
		name := t.outside(c.Name)
		if c.Off {
			name += " (off)"
		}
		table.Rows = append(table.Rows, []text.Cell{{Text: name, Role: text.Bold}, {Text: number(float64(c.TotalWeight)), Role: text.Dim}, {}, {}, {}, {}})
		t.fixedSteps(table, "start", c.Start, c)
		for k := range c.Tasks {
			t.task(table, &c.Tasks[k], c)
		}
		t.fixedSteps(table, "stop", c.Stop, c)
	}
	t.table(table)
}

func (t *textWriter) task(table *text.Table, k *Task, c *Class) {
	name := k.Name
	if len(k.Sequence) > 0 {
		name += fmt.Sprintf(", %s in order", plural(int64(len(k.Sequence)), "task"))
	}
	row := []text.Cell{
		{Text: "  " + t.outside(name)}, {Text: number(float64(k.Weight))}, {Text: text.Percent(float64(k.Share))},
		{Text: text.Count(int64(k.Requests))}, {}, {Text: about(float64(k.Iterations))},
	}
	if k.Off {
		row[2].Text = "off"
	}
	if c.Wait.Law == "mixed" {
		row[4] = t.law(&k.Wait)
	}
	table.Rows = append(table.Rows, row)
	if len(k.Sequence) > 0 {
		for s := range k.Sequence {
			entry := &k.Sequence[s]
			t.detail(table, 4, fmt.Sprintf("%d. %s%s", s+1, t.outside(entry.Name), t.alone(entry)))
			if t.alone(entry) == "" && (len(entry.Steps) > 1 || entry.Steps[0].Name != entry.Name) {
				t.steps(table, 7, entry.Steps)
			}
		}
		return
	}
	if len(k.Steps) > 1 || len(k.Steps) == 1 && k.Steps[0].Name != k.Name {
		t.steps(table, 4, k.Steps)
	}
}

// alone is the only step of a task in a sequence, unless the task is called
// like it.
func (t *textWriter) alone(k *Task) string {
	if len(k.Steps) == 1 && k.Steps[0].Name != k.Name && k.Steps[0].Kind == "request" {
		return ": " + t.outside(k.Steps[0].Name)
	}
	return ""
}

func (t *textWriter) detail(table *text.Table, indent int, s string) {
	table.Rows = append(table.Rows, []text.Cell{{Text: strings.Repeat(" ", indent) + s, Role: text.Dim}, {}, {}, {}, {}, {}})
}

func (t *textWriter) steps(table *text.Table, indent int, steps []Step) {
	for i := range steps {
		s := &steps[i]
		words := t.outside(s.Name)
		switch s.Kind {
		case "pause":
			words = t.st.Text("pause, " + text.Duration(float64(s.Pause)) + " on average")
		case "group":
			words = "group " + words
		}
		t.detail(table, indent+2*s.Depth, words)
	}
}

// fixedSteps writes what a user does once, before or after its tasks.
func (t *textWriter) fixedSteps(table *text.Table, name string, steps []Step, c *Class) {
	n := 0
	for i := range steps {
		if steps[i].Kind == "request" {
			n++
		}
	}
	if n == 0 {
		return
	}
	table.Rows = append(table.Rows, []text.Cell{
		{Text: "  " + name + ", once a user"}, {}, {}, {Text: text.Count(int64(n))}, {}, {Text: text.Count(c.Started)},
	})
	t.steps(table, 4, steps)
}

// number is a weight as it was written.
func number(x float64) string {
	s := fmt.Sprintf("%.3f", x)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

const maxSLANames = 28 // cells the names of SLAs may take in a table

// requests writes what is sent, in the scenario's order, and what covers it.
func (t *textWriter) requests() {
	t.rows("REQUESTS", t.f.Requests, true)
	t.rows("GROUPS", t.f.Groups, false)
}

func (t *textWriter) rows(title string, list []Request, total bool) {
	if len(list) == 0 {
		return
	}
	table := &text.Table{Min: minName, Columns: []text.Column{
		{Title: title, Shrink: true}, {Title: "share %", Right: true}, {Title: "req/s", Right: true, Drop: 1}, {Title: "expected", Right: true}, {Title: "SLA"},
	}}
	if !total {
		table.Columns[1].Title, table.Columns[2].Title = "", "a second"
	}
	several := len(t.f.Targets) > 1
	for i := range list {
		r := &list[i]
		name := t.outside(r.Name)
		if several && total {
			name = t.outside(r.Target) + " " + name
		}
		row := []text.Cell{
			{Text: name}, {Text: text.Percent(float64(r.Share))}, {Text: text.Rate(float64(r.PeakExpected))},
			{Text: about(float64(r.Expected))}, t.coveredBy(r),
		}
		if !total {
			row[1].Text = ""
		}
		if r.Off {
			row[1], row[2] = text.Cell{Text: "off"}, text.Cell{}
		}
		table.Rows = append(table.Rows, row)
	}
	if total {
		table.Rows = append(table.Rows, []text.Cell{
			{Text: "TOTAL", Role: text.Bold}, {Text: "100"}, {Text: text.Rate(float64(t.f.Total.PeakExpected))},
			{Text: about(float64(t.f.Total.Expected))}, {},
		})
	}
	t.table(table)
}

func (t *textWriter) coveredBy(r *Request) text.Cell {
	switch {
	case len(r.SLAs) == 0 && r.Off:
		return text.Cell{}
	case len(r.SLAs) == 0:
		return text.Cell{Text: "none", Role: text.WarnRole}
	}
	s := strings.Join(r.SLAs, ", ")
	if r.Partly {
		s += " (partly)"
	}
	return text.Cell{Text: t.st.Cut(t.outside(s), maxSLANames)}
}

// slas writes what is promised, what it will rest on, and what nobody
// promised anything about.
func (t *textWriter) slas() {
	f := t.f
	if len(f.SLAs) == 0 {
		t.section("SLA", "none judges this profile")
		t.line("")
		return
	}
	table := &text.Table{Min: 8, Columns: []text.Column{
		{Title: "SLA", Shrink: true}, {Title: "limit"}, {Title: "judges"}, {Title: "samples", Right: true}, {Title: "needed", Right: true},
		{Title: "", Drop: 2}, {Title: "declared at", Drop: 1},
	}}
	for i := range f.SLAs {
		s := &f.SLAs[i]
		for k := range s.Rules {
			table.Rows = append(table.Rows, t.rule(s, &s.Rules[k], k == 0))
		}
	}
	lines := table
	lines.Style = t.st
	for _, l := range lines.Lines(t.width) {
		t.line(l)
	}
	for i := range f.SLAs {
		if s := &f.SLAs[i]; s.Abort != nil {
			t.prose(2, text.Dim, fmt.Sprintf("%s ends the run when it is broken after %s", text.Clean(s.Name), span(time.Duration(*s.Abort))))
		}
	}
	t.prose(2, text.Plain, t.coverage())
	t.line("")
}

func (t *textWriter) rule(s *SLA, r *Rule, first bool) []text.Cell {
	name, judges := "", ""
	if first {
		name = t.outside(s.Name)
		judges = plural(int64(len(s.Requests)), "request")
		switch {
		case s.Each:
			judges = "each of " + judges
		case len(s.Requests) > 1:
			judges += " together"
		}
		if len(s.Requests) == 1 {
			judges = "1 request"
		}
	}
	samples := about(float64(r.Fewest))
	if lo, hi := samples, about(float64(r.Highest)); lo != hi {
		samples = lo + "–" + hi
	}
	role, mark := text.Plain, ""
	if r.Short > 0 {
		role, mark = text.WarnRole, "!"
	}
	words := r.Words
	if r.Warning {
		words += " (warns)"
	}
	return []text.Cell{
		{Text: name, Role: text.Bold}, {Text: t.outside(words)}, {Text: judges}, {Text: t.st.Text(samples), Role: role},
		{Text: text.Count(r.Needed)}, {Text: mark, Role: text.WarnRole}, {Text: t.at(r.Site), Role: text.Dim},
	}
}

func (t *textWriter) at(s *report.Site) string {
	if s == nil {
		return ""
	}
	return t.st.Shorten(t.outside(fmt.Sprintf("%s:%d", s.File, s.Line)), 28)
}

// coverage says which requests no SLA covers.
func (t *textWriter) coverage() string {
	sent := 0
	for i := range t.f.Requests {
		if !t.f.Requests[i].Off {
			sent++
		}
	}
	none := slices.Clone(t.f.Uncovered)
	for i := range none {
		none[i] = text.Clean(none[i])
	}
	if len(none) == 0 {
		if sent == 1 {
			return "the one request is covered by an SLA"
		}
		return fmt.Sprintf("all %d requests are covered by an SLA", sent)
	}
	if len(none) == sent {
		return "no SLA covers any of the requests"
	}
	return fmt.Sprintf("no SLA covers %d of %s: %s", len(none), plural(int64(sent), "request"), strings.Join(none, ", "))
}
