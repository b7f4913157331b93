package forecast

import (
	"fmt"
	"math"
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
	case w.Ignored:
		return text.Cell{Text: "not used", Role: text.Dim}
	case w.Unknown != "":
		return text.Cell{Text: "unknown", Role: text.WarnRole}
	}
	return text.Cell{Text: t.st.Text(text.Duration(float64(w.Mean)))}
}

// tasks writes the traffic table of each class, and below each task of
// several steps what they are.
func (t *textWriter) tasks() {
	w := &taskWriter{textWriter: t, table: &text.Table{Style: t.st, Min: 30, Columns: []text.Column{
		{Title: "TASKS", Shrink: true}, {Title: "weight", Right: true}, {Title: "share %", Right: true},
		{Title: "requests", Right: true, Drop: 2}, {}, {Title: "times", Right: true},
	}}}
	if slices.ContainsFunc(t.f.Classes, func(c Class) bool { return c.Wait.Law == "mixed" }) {
		w.table.Columns[4] = text.Column{Title: "wait", Drop: 1}
	}
	for i := range t.f.Classes {
		w.class(&t.f.Classes[i])
	}
	lines := w.table.Lines(t.width)
	t.line(lines[0])
	for i, l := range lines[1:] {
		t.line(l)
		for _, d := range w.details[i] {
			t.line(t.st.Paint(text.Dim, t.st.Cut(d, t.width)))
		}
	}
	t.line("")
}

// taskWriter collects the traffic table and what stands between its rows.
type taskWriter struct {
	*textWriter
	table   *text.Table
	details [][]string
}

func (w *taskWriter) row(cells ...text.Cell) {
	w.table.Rows = append(w.table.Rows, cells)
	w.details = append(w.details, nil)
}

func (w *taskWriter) detail(indent int, s string) {
	last := len(w.details) - 1
	w.details[last] = append(w.details[last], strings.Repeat(" ", indent)+s)
}

func (w *taskWriter) class(c *Class) {
	name := w.outside(c.Name)
	if c.Off {
		name += " (off)"
	}
	w.row(text.Cell{Text: name, Role: text.Bold}, text.Cell{Text: number(float64(c.TotalWeight)), Role: text.Dim},
		text.Cell{}, text.Cell{}, text.Cell{}, text.Cell{})
	w.once("start", c.Start, c)
	for i := range c.Tasks {
		w.task(&c.Tasks[i], c)
	}
	w.once("stop", c.Stop, c)
}

func (w *taskWriter) task(k *Task, c *Class) {
	name := w.outside(k.Name)
	if n := len(k.Sequence); n > 0 {
		name += ", " + k.within(n)
	}
	share := text.Percent(float64(k.Share))
	if k.Off {
		share = "off"
	}
	wait := text.Cell{}
	if c.Wait.Law == "mixed" {
		wait = w.law(&k.Wait)
	}
	times := text.Cell{Text: about(float64(k.Iterations))}
	if c.Off || k.Off {
		times = text.Cell{}
	}
	w.row(text.Cell{Text: "  " + name}, text.Cell{Text: number(float64(k.Weight))}, text.Cell{Text: share},
		text.Cell{Text: text.Count(int64(k.Requests))}, wait, times)
	for i := range k.Sequence {
		w.entry(i, k)
	}
	w.next(4, k)
	if !k.plain() {
		w.steps(4, k.Steps)
	}
}

// next says what follows what in a Markov chain.
func (w *taskWriter) next(indent int, k *Task) {
	for _, f := range k.Next {
		var to []string
		for _, s := range f.Tasks {
			to = append(to, w.outside(s.Task)+" "+text.Percent(float64(s.Share))+" %")
		}
		w.detail(indent, "after "+w.outside(f.After)+": "+strings.Join(to, ", "))
	}
}

// within says how the tasks within one are done.
func (k *Task) within(n int) string {
	tasks := plural(int64(n), "task")
	switch {
	case !k.Set:
		return tasks + " in order"
	case k.Picks > 0:
		return tasks + ", " + number(float64(k.Picks)) + " picks"
	}
	return tasks + ", until it is left"
}

// entry writes a task within one, in one line where it has one request.
func (w *taskWriter) entry(i int, outer *Task) {
	k := &outer.Sequence[i]
	s := fmt.Sprintf("%d. %s", i+1, w.outside(k.Name))
	if outer.Set {
		s = fmt.Sprintf("%s %%  %s", text.Percent(float64(k.Share)), w.outside(k.Name))
	}
	if len(k.Steps) == 1 && k.Steps[0].Kind == "request" {
		if !k.plain() {
			s += ": " + w.outside(k.Steps[0].Name)
		}
		w.detail(4, s)
		return
	}
	w.detail(4, s)
	w.steps(7, k.Steps)
	for j := range k.Sequence {
		w.entry(j, k)
	}
	w.next(7, k)
}

// plain reports a stand-alone request, which is called like its task.
func (k *Task) plain() bool { return len(k.Steps) == 1 && k.Steps[0].Name == k.Name }

func (w *taskWriter) steps(indent int, steps []Step) {
	for i := range steps {
		s := &steps[i]
		words := w.outside(s.Name)
		switch s.Kind {
		case "pause":
			words = w.st.Text("pause, " + text.Duration(float64(s.Pause)) + " on average")
		case "request":
		default:
			words = strings.TrimSpace(s.Kind + " " + words)
		}
		w.detail(indent+2*s.Depth, words)
	}
}

// once writes what a user does once, before or after its tasks.
func (w *taskWriter) once(name string, steps []Step, c *Class) {
	if len(steps) == 0 {
		return
	}
	n := asked(steps)
	of, times := "a user", c.Started
	if c.Life == "iteration" {
		of, times = "an iteration", int64(math.Round(float64(c.Iterations)))
	}
	w.row(text.Cell{Text: "  " + name + ", once " + of}, text.Cell{}, text.Cell{}, text.Cell{Text: text.Count(int64(n))},
		text.Cell{}, text.Cell{Text: text.Count(times)})
	w.steps(4, steps)
}

// asked are the requests among steps, and the openings and messages of
// sockets; not those of handlers and beats.
func asked(steps []Step) (n int) {
	within := -1 // depth of the handler or beat at hand
	for i := range steps {
		s := &steps[i]
		if within >= 0 && s.Depth > within {
			continue
		}
		within = -1
		switch s.Kind {
		case "on_message", "every":
			within = s.Depth
		case "request", "websocket", "send", "receive":
			n++
		}
	}
	return n
}

// number is a weight as it was written.
func number(x float64) string {
	s := fmt.Sprintf("%.3f", x)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// requests writes what is sent, in the scenario's order, and what covers it.
func (t *textWriter) requests() {
	t.rows("REQUESTS", t.f.Requests, true)
	t.rows("GROUPS", t.f.Groups, false)
	t.rows("METRICS", t.f.Metrics, false)
	t.sockets()
}

// sockets writes which sockets are opened, and how much is sent over them.
func (t *textWriter) sockets() {
	if len(t.f.Sockets) == 0 {
		return
	}
	table := &text.Table{Min: minName, Columns: []text.Column{
		{Title: "SOCKETS", Shrink: true}, {Title: "user", Shrink: true, Drop: 1}, {Title: "open at most", Right: true}, {Title: "sent/s", Right: true},
	}}
	for i := range t.f.Sockets {
		s := &t.f.Sockets[i]
		table.Rows = append(table.Rows, []text.Cell{
			{Text: t.outside(s.Name)}, {Text: t.outside(s.User)}, {Text: text.Count(s.Open)}, {Text: text.Rate(float64(s.Sent))},
		})
	}
	t.table(table)
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
	return text.Cell{Text: t.st.Cut(t.outside(s), max(18, t.width-52))}
}

// slas writes what is promised, what it will rest on, and what nobody
// promised anything about.
func (t *textWriter) slas() {
	f := t.f
	if len(f.SLAs) == 0 {
		t.section("SLA", "none judges this profile")
		t.unjudged()
		t.line("")
		return
	}
	table := &text.Table{Min: 8, Columns: []text.Column{
		{Title: "SLA", Shrink: true}, {Title: "limit"}, {Title: "judges", Drop: 2}, {Title: "samples", Right: true}, {Title: "needed", Right: true},
		{Title: "", Drop: 3}, {Title: "declared at", Drop: 1},
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
	t.scopes()
	for i := range f.SLAs {
		if s := &f.SLAs[i]; s.Abort != nil {
			t.prose(2, text.Dim, fmt.Sprintf("%s ends the run %s after %s", text.Clean(s.Name), s.patience(), span(time.Duration(*s.Abort))))
		}
	}
	t.overrides()
	t.unjudged()
	t.prose(2, text.Plain, t.coverage())
	t.line("")
}

func (t *textWriter) unjudged() {
	if len(t.f.Unjudged) > 0 {
		t.prose(2, text.Plain, report.Unjudged(t.f.Unjudged))
	}
}

// overrides tells which limits are this profile's own, and what they are
// otherwise.
func (t *textWriter) overrides() {
	for i := range t.f.SLAs {
		for _, r := range t.f.SLAs[i].Rules {
			if r.Profile == "" {
				continue
			}
			other := "no other profile has it"
			if r.Otherwise != "" {
				other = "otherwise " + r.Otherwise
			}
			words := r.Words
			if r.Warning {
				words += " (warns)"
			}
			t.prose(2, text.Dim, fmt.Sprintf("%s: %s (profile %s; %s)", text.Clean(t.f.SLAs[i].Name), words, text.Clean(r.Profile), other))
		}
	}
}

func (t *textWriter) rule(s *SLA, r *Rule, first bool) []text.Cell {
	name, judges := "", ""
	if first {
		name = t.outside(s.Name)
		noun := map[bool]string{false: "request", true: "metric"}[s.Metrics]
		judges = plural(int64(len(s.Requests)), noun)
		switch {
		case s.Each:
			judges = "each of " + judges
		case len(s.Requests) > 1:
			judges += " together"
		}
		if len(s.Requests) == 1 {
			judges = "1 " + noun
		}
	}
	samples := about(float64(r.Fewest))
	if lo, hi := samples, about(float64(r.Highest)); lo != hi {
		samples = lo + "–" + hi
	}
	if r.Unknown {
		samples = text.None
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
