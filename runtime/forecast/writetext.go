package forecast

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

const (
	defaultWidth = 80
	minWidth     = 60
	maxProse     = 100 // cells a sentence may take before it is broken
	labelWidth   = 11  // the column the sections' text begins at
	minName      = 20  // cells a name keeps before columns are dropped
)

// WriteText writes a forecast for people: what will be done to whom, when,
// by whom, how much of it, what judges it, and what to know before. No line
// is wider than the options allow. With o.All nothing is folded away.
func WriteText(w io.Writer, f *Forecast, o report.TextOptions) error {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	t := &textWriter{f: f, o: o, st: o.Style, width: max(o.Width, minWidth)}
	t.headline()
	t.inputs()
	t.load()
	t.classes()
	t.tasks()
	t.requests()
	t.slas()
	t.surprises()
	t.command("RUN", f.Run)
	if _, err := io.WriteString(w, t.b.String()); err != nil {
		return fmt.Errorf("writing the forecast: %w", err)
	}
	return nil
}

// textWriter lays out one forecast.
type textWriter struct {
	f     *Forecast
	o     report.TextOptions
	st    text.Style
	width int
	b     strings.Builder
}

func (t *textWriter) line(s string) {
	t.b.WriteString(strings.TrimRight(s, " "))
	t.b.WriteByte('\n')
}

// outside makes a string from outside fit to be shown.
func (t *textWriter) outside(s string) string { return t.st.Text(text.Clean(s)) }

// prose writes a sentence, broken at spaces, behind an indentation.
func (t *textWriter) prose(indent int, role text.Role, s string) {
	for _, l := range text.Wrap(t.st.Text(s), min(t.width, maxProse)-indent) {
		t.line(strings.Repeat(" ", indent) + t.st.Paint(role, l))
	}
}

func (t *textWriter) label(s string) string {
	return t.st.Paint(text.Bold, text.Pad(s, labelWidth, false))
}

// section writes a labelled sentence.
func (t *textWriter) section(label, s string) {
	for i, l := range text.Wrap(t.st.Text(s), min(t.width, maxProse)-labelWidth) {
		if i > 0 {
			label = ""
		}
		t.line(t.label(label) + l)
	}
}

// listing writes a table without titles behind a label.
func (t *textWriter) listing(label string, table *text.Table) {
	if len(table.Rows) == 0 {
		return
	}
	table.Style = t.st
	for _, l := range table.Lines(t.width - labelWidth)[1:] {
		t.line(t.label(label) + l)
		label = ""
	}
}

// table writes a table and an empty line.
func (t *textWriter) table(table *text.Table) {
	table.Style = t.st
	for _, l := range table.Lines(t.width) {
		t.line(l)
	}
	t.line("")
}

func (t *textWriter) headline() {
	f := t.f
	name := text.Clean(f.Scenario)
	if f.Profile != "" {
		name += " · " + text.Clean(f.Profile)
	}
	const indent = len("PLAN") + 2
	name = t.st.Cut(t.st.Text(name), t.width-indent)
	first := t.st.Paint(text.Bold, "PLAN") + "  " + t.st.Paint(text.Bold, name)
	sentence := t.st.Text(t.sentence())
	if indent+text.Width(name)+3+text.Width(sentence) <= t.width {
		t.line(first + "   " + sentence)
	} else {
		t.line(first)
		t.prose(indent, text.Plain, sentence)
	}
	for _, s := range []string{f.Description, f.ProfileDescription} {
		if s != "" {
			t.prose(indent, text.Plain, text.Clean(s))
		}
	}
	t.prose(indent, text.Dim, t.amount())
	t.line("")
}

// sentence is the load in a few words.
func (t *textWriter) sentence() string {
	f := t.f
	var parts []string
	if f.PeakArrivals > 0 {
		parts = append(parts, text.Rate(float64(f.PeakArrivals))+" arrivals/s")
	}
	if f.PeakUsers > 0 || f.PeakArrivals == 0 {
		parts = append(parts, plural(f.PeakUsers, "user"))
	}
	s := strings.Join(parts, " and ")
	if len(f.Loads) > 1 || len(f.Loads) == 1 && len(f.Loads[0].Stages) > 1 {
		s += " at the peak"
	}
	switch {
	case f.Floats || f.Duration > 0 && f.Ends < f.Duration && f.Iterations == 0:
		s += ", about " + span(time.Duration(f.Ends).Round(time.Second))
	case f.Duration > 0:
		s += ", " + span(time.Duration(f.Duration))
	default:
		s += fmt.Sprintf(", %s: about %s", plural(f.Iterations, "iteration"), span(time.Duration(f.Ends).Round(time.Second)))
	}
	return s + " (" + f.Model + " model)"
}

func (t *textWriter) amount() string {
	s := fmt.Sprintf("about %s if an answer takes %s", plural(whole(float64(t.f.Total.Expected)), "request"), span(time.Duration(t.f.Assumed)))
	n := 0
	for i := range t.f.Surprises {
		if t.f.Surprises[i].Warning {
			n++
		}
	}
	if n > 0 {
		s += fmt.Sprintf(" · %s worth knowing, below", plural(int64(n), "thing"))
	}
	return s + " · nothing is sent yet"
}

// inputs say what is touched and what was given.
func (t *textWriter) inputs() {
	f := t.f
	table := &text.Table{Columns: []text.Column{{}, {Shrink: true}, {Drop: 1}}, Min: minName}
	for i := range f.Targets {
		g := &f.Targets[i]
		what := ""
		if g.Example != "" {
			what = "the example API that throng brings along"
		}
		table.Rows = append(table.Rows, []text.Cell{
			{Text: t.outside(g.Name)}, {Text: t.outside(g.URL)}, {Text: t.st.Text(what), Role: text.Dim},
		})
		for _, s := range g.Settings {
			role := text.Dim
			if s.Name == "tls insecure" {
				role = text.WarnRole
			}
			table.Rows = append(table.Rows, []text.Cell{{Text: ""}, {Text: t.outside(s.Name + " " + s.Value), Role: role}, {Text: ""}})
		}
	}
	t.listing(verb(len(f.Targets), "TARGET", "TARGETS"), table)
	table = &text.Table{Columns: []text.Column{{}, {Shrink: true}, {Drop: 1}}, Min: minName}
	for i := range f.Variables {
		v := &f.Variables[i]
		cell := text.Cell{Text: t.outside(v.Value)}
		if v.Sensitive {
			cell = text.Cell{Text: "(sensitive)", Role: text.Dim}
		}
		table.Rows = append(table.Rows, []text.Cell{{Text: t.outside(v.Name)}, cell, {Text: t.outside(v.Origin), Role: text.Dim}})
	}
	t.listing("VARIABLES", table)
	t.data()
	s := fmt.Sprintf("%s · grace %s", f.Seed, span(time.Duration(f.Grace)))
	if f.Warmup > 0 {
		s += fmt.Sprintf(" · warm-up %s, left out of the figures", span(time.Duration(f.Warmup)))
	}
	if f.Iterations > 0 {
		s += fmt.Sprintf(" · at most %s", plural(f.Iterations, "iteration"))
	}
	t.section("SEED", s)
	t.line("")
}

func (t *textWriter) data() {
	table := &text.Table{Columns: []text.Column{{Shrink: true}, {Right: true}, {Right: true}, {Drop: 2}, {Drop: 1}}, Min: 12}
	for i := range t.f.Data {
		d := &t.f.Data[i]
		role := text.Plain
		if d.Short && (d.Order == "unique" || d.Then != "recycle") {
			role = text.WarnRole
		}
		per := "per " + d.Per
		if d.Per == "shared" {
			per = "shared"
		}
		table.Rows = append(table.Rows, []text.Cell{
			{Text: t.outside(d.Name)}, {Text: rowsOf(d)}, {Text: about(float64(d.Needed)) + " needed", Role: role},
			{Text: d.Order + ", " + per}, {Text: t.outside(cmp.Or(d.File, d.From)), Role: text.Dim},
		})
	}
	t.listing("DATA", table)
}

// surprises writes what is worth knowing, warnings first.
func (t *textWriter) surprises() {
	if len(t.f.Surprises) == 0 {
		return
	}
	t.line(t.st.Paint(text.Bold, "WORTH KNOWING"))
	for i := range t.f.Surprises {
		s := &t.f.Surprises[i]
		mark, role := "· ", text.Dim
		if s.Warning {
			mark, role = "! ", text.WarnRole
		}
		words := text.Clean(s.Text)
		if s.Site != nil {
			words += text.Clean(fmt.Sprintf("  (%s:%d)", s.Site.File, s.Site.Line))
		}
		mark = t.st.Text(mark)
		for _, l := range text.Wrap(t.st.Text(words), min(t.width, maxProse)-2) {
			t.line(t.st.Paint(role, mark) + l)
			mark = "  "
		}
		const most = 12 // details of one finding; the rest is in the JSON
		for i, d := range s.Detail {
			if !t.o.All && s.Kind != "fallback" {
				break
			}
			if i == most && !t.o.All && len(s.Detail) > most+1 {
				t.line(t.st.Paint(text.Dim, fmt.Sprintf("    … and %d more, in plan --json", len(s.Detail)-most)))
				break
			}
			t.line(t.st.Paint(text.Dim, "    "+t.st.Cut(t.outside(d), t.width-4)))
		}
	}
	t.line("")
}

// command writes a command line, broken so that a shell still reads it.
func (t *textWriter) command(label, s string) {
	for _, l := range text.Command(t.outside(s), t.width-labelWidth) {
		t.line(t.label(label) + l)
		label = ""
	}
}
