package report

import (
	"fmt"
	"slices"
	"strings"

	"throng/runtime/report/text"
)

// Marks and footnotes of latency figures.
const (
	FewMark = "*"
	fewNote = "* too few samples to prove it"
	cutNote = "≥ reached by timeouts: the true value is at least this"
)

// Figure is one of a latency's figures by its JSON name ("p95", "max"), for
// people: the text, and the mark of a percentile with too few samples.
func (l *Latency) Figure(name string) (s, mark string) {
	v := map[string]*Ms{
		"min": l.Min, "mean": l.Mean, "p50": l.P50, "p90": l.P90, "p95": l.P95, "p99": l.P99, "p999": l.P999, "max": l.Max,
	}[name]
	if v == nil {
		return text.None, ""
	}
	s = text.Duration(float64(*v))
	if slices.Contains(l.Bounded, name) {
		s = text.AtLeast(float64(*v))
	}
	if slices.Contains(l.TooFew, name) {
		mark = FewMark
	}
	return s, mark
}

// LatencyCell is a figure as a table's cell.
func LatencyCell(st text.Style, l *Latency, name string) text.Cell {
	s, mark := l.Figure(name)
	c := text.Cell{Text: st.Text(s), Note: mark}
	if s == text.None {
		c.Role = text.Dim
	}
	return c
}

// ErrorCell is an error rate as a table's cell, without the percent sign.
func ErrorCell(st text.Style, f *Figures) text.Cell {
	if f.Samples == 0 {
		return text.Cell{Text: st.Text(text.None), Role: text.Dim}
	}
	return text.Cell{Text: st.Text(text.Percent(float64(f.ErrorRate)))}
}

// figureColumns are the columns all tables of figures share. Those with a
// number are left out first where it is narrow.
var figureColumns = []text.Column{
	{Title: "sent", Right: true, Drop: 5}, {Title: "req/s", Right: true, Drop: 3}, {Title: "err %", Right: true},
	{Title: "p50", Right: true, Drop: 1}, {Title: "p95", Right: true}, {Title: "p99", Right: true, Drop: 2},
	{Title: "max", Right: true, Drop: 4},
}

func (t *textWriter) figureCells(f *Figures) []text.Cell {
	return []text.Cell{
		{Text: text.Count(f.Samples)}, {Text: t.st.Text(text.Rate(float64(f.Rate)))}, ErrorCell(t.st, f),
		LatencyCell(t.st, &f.Latency, "p50"), LatencyCell(t.st, &f.Latency, "p95"),
		LatencyCell(t.st, &f.Latency, "p99"), LatencyCell(t.st, &f.Latency, "max"),
	}
}

const minName = 20 // cells a name keeps before columns are dropped

// requests writes a table of requests or groups, worst first; requests end
// with their total.
func (t *textWriter) requests(title string, list []Request, total bool) {
	if len(list) == 0 {
		return
	}
	if total && t.r.Total.Samples == 0 {
		t.section(title, "no request was finished and counted")
		t.line("")
		return
	}
	table := &text.Table{Style: t.st, Min: minName}
	table.Columns = append(table.Columns, text.Column{Title: title + ", worst first", Shrink: true})
	table.Columns = append(append(table.Columns, figureColumns...), text.Column{Title: "SLA", Right: true})
	unmade := 0
	for i := range list {
		if list[i].unmade() && !t.o.All {
			unmade++
			continue
		}
		row := append([]text.Cell{{Text: t.outside(list[i].Name)}}, t.figureCells(&list[i].Figures)...)
		state := list[i].State
		table.Rows = append(table.Rows, append(row, text.Cell{Text: t.st.Symbol(state), Role: state.Role()}))
	}
	if total {
		row := append([]text.Cell{{Text: "TOTAL", Role: text.Bold}}, t.figureCells(&t.r.Total)...)
		table.Rows = append(table.Rows, append(row, text.Cell{}))
	}
	rest := ""
	if unmade > 0 {
		rest = text.Count(int64(unmade)) + " more of the scenario, not made in this run (--all lists them)"
	}
	t.table(table, rest)
}

// unmade reports whether a request was not made, and nothing was promised of
// it.
func (r *Request) unmade() bool { return r.Samples == 0 && r.State == text.NoSLA }

// users writes a line for each user class, when there are several or some
// users could not start.
func (t *textWriter) users() {
	c := t.r.Classes
	failed := slices.ContainsFunc(c, func(c Class) bool { return c.StartFailed > 0 })
	few := len(c) < 2 && !t.o.All || t.r.Total.Samples == 0
	if few && !failed {
		return
	}
	table := &text.Table{Style: t.st, Min: 12}
	table.Columns = append([]text.Column{{Title: "USERS", Shrink: true}, {Title: "ran", Right: true}}, figureColumns...)
	var idle []string
	for i := range c {
		if c[i].Users == 0 && c[i].Starts == 0 && !t.o.All {
			idle = append(idle, text.Clean(c[i].Name))
			continue
		}
		row := []text.Cell{{Text: t.outside(c[i].Name)}, {Text: text.Count(c[i].Users)}}
		table.Rows = append(table.Rows, append(row, t.figureCells(&c[i].Figures)...))
	}
	rest := ""
	if len(idle) > 0 {
		rest = "not in this run: " + strings.Join(idle, ", ")
	}
	t.table(table, rest)
	for i := range c {
		switch {
		case c[i].StartFailed > 0 && c[i].Starts > c[i].Users:
			t.prose(0, text.WarnRole, fmt.Sprintf("! %s of %s of %s failed: each iteration has a fresh user", text.Count(c[i].StartFailed), count(c[i].Starts, "start"), text.Clean(c[i].Name)))
		case c[i].StartFailed > 0:
			t.prose(0, text.WarnRole, "! "+count(c[i].StartFailed, "user")+" of "+text.Clean(c[i].Name)+" could not start: a start step failed")
		}
	}
	if failed {
		t.line("")
	}
}

// table writes a table, what else is to be said below it, the footnotes its
// marks need unless they were written already, and an empty line.
func (t *textWriter) table(table *text.Table, rest ...string) {
	few, bounded := false, false
	for _, row := range table.Rows {
		for _, c := range row[1:] {
			few = few || c.Note == FewMark
			bounded = bounded || strings.HasPrefix(c.Text, t.st.Text("≥ "))
		}
	}
	for _, l := range table.Lines(t.width) {
		t.line(l)
	}
	for _, s := range rest {
		if s != "" {
			t.prose(2, text.Dim, s)
		}
	}
	if few && !t.fewNoted {
		t.fewNoted = true
		t.prose(2, text.Dim, fewNote)
	}
	if bounded && !t.cutNoted {
		t.cutNoted = true
		t.prose(2, text.Dim, cutNote)
	}
	t.line("")
}
