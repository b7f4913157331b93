package compare

import (
	"fmt"
	"io"
	"math"
	"strings"

	"throng/runtime/changes"
	"throng/runtime/report/text"
)

// TextOptions are for the text form. A width of 0 means 80.
type TextOptions struct {
	Style text.Style
	Width int
	All   bool // every figure, also those without a difference
}

// WriteText writes the comparison for people. No line is wider than the
// options allow.
func WriteText(w io.Writer, c *Comparison, o TextOptions) error {
	if o.Width <= 0 {
		o.Width = 80
	}
	t := &writer{st: o.Style, width: o.Width, all: o.All}
	t.write(c)
	if _, err := io.WriteString(w, t.b.String()); err != nil {
		return fmt.Errorf("writing the comparison: %w", err)
	}
	return nil
}

type writer struct {
	st    text.Style
	width int
	all   bool
	b     strings.Builder
}

func (t *writer) write(c *Comparison) {
	t.prose("", roles[c.Word], c.Says)
	t.prose("", text.Dim, sidesText(c))
	for _, d := range c.Doubts {
		t.prose("", text.InconclusiveRole, "In doubt: "+d+".")
	}
	t.plans(c)
	t.requests(c)
	t.slas(c)
	t.b.WriteString("\n")
	t.prose("", text.Dim, method(c))
}

var roles = map[Word]text.Role{Worse: text.FailRole, Better: text.PassRole, Same: text.Plain, Few: text.InconclusiveRole, Not: text.Dim}

// sidesText names both sides: "base: 2 runs, results/a … → candidate …".
func sidesText(c *Comparison) string {
	side := func(f Facts) string {
		s := f.Name
		var n int64
		for _, r := range f.Runs {
			n += r.Requests
		}
		if len(f.Runs) > 1 {
			s += fmt.Sprintf(", %d runs", len(f.Runs))
		}
		return s + ", " + text.Count(n) + " requests"
	}
	return "base " + side(c.Base) + " · candidate " + side(c.Now)
}

func (t *writer) plans(c *Comparison) {
	if c.Plans.Reason != "" {
		t.b.WriteString("\n")
		t.prose("", text.WarnRole, "Not the same plan: "+c.Plans.Reason+".")
	}
	if c.Plans.Changes != nil {
		var b strings.Builder
		_ = changes.WriteText(&b, c.Plans.Changes, changes.Options{Style: t.st, Width: t.width}) // a Builder takes everything
		t.b.WriteString(b.String())
	}
}

// requests shows a line for each request, and one for each figure that
// changed.
func (t *writer) requests(c *Comparison) {
	table := &text.Table{Style: t.st, Min: 12, Columns: []text.Column{
		{Title: "REQUEST", Shrink: true}, {Title: "figure"}, {Title: "base", Right: true}, {Title: "now", Right: true},
		{Title: "change", Right: true}, {Title: "95 %", Right: true, Drop: 1}, {Title: "word"},
	}}
	var rest int
	for i := range c.Requests {
		r := &c.Requests[i]
		shown := 0
		for k := range r.Figures {
			f := &r.Figures[k]
			if !t.all && !f.differs() && f != r.Telling() {
				continue
			}
			name := ""
			if shown++; shown == 1 {
				name = t.st.Text(text.Clean(r.Request))
			}
			table.Rows = append(table.Rows, t.row(name, f, r.OnlyIn))
		}
		if shown == 0 {
			rest++
		}
	}
	if len(table.Rows) > 0 {
		t.b.WriteString("\n")
		t.lines(table)
	}
	if rest > 0 {
		t.prose("", text.Dim, fmt.Sprintf("… %d more", rest))
	}
	if n := len(c.Unmade); n > 0 {
		t.prose("  ", text.Dim, made(c.Unmade, t.all))
	}
	for _, why := range c.reasons(func(r *Request, f *Change) bool { return t.all || f == r.Telling() }) {
		t.prose("  ", text.Dim, why)
	}
}

// made says which requests were made on neither side.
func made(list []string, all bool) string {
	if all {
		return "made on neither side: " + strings.Join(list, ", ")
	}
	return plural(len(list), "request") + " of the scenario made on neither side"
}

// reasons are why figures have their words, those that are alike in one line.
func (c *Comparison) reasons(shown func(*Request, *Change) bool) (lines []string) {
	of := map[string][]string{}
	var heads []string
	for i := range c.Requests {
		for k := range c.Requests[i].Figures {
			f := &c.Requests[i].Figures[k]
			if f.Reason == "" || !shown(&c.Requests[i], f) {
				continue
			}
			head, name := f.Figure+": "+f.Reason+": ", c.Requests[i].Request
			if f.needs > 0 {
				head, name = fmt.Sprintf("%s needs %s samples: ", f.Figure, text.Count(f.needs)), name+" has "+text.Count(f.has)
			}
			if of[head] == nil {
				heads = append(heads, head)
			}
			of[head] = append(of[head], name)
		}
	}
	for _, head := range heads {
		lines = append(lines, head+strings.Join(of[head], ", "))
	}
	return lines
}

// Telling is the figure that a request is known by: its p95 where that has the
// request's word, else the first that has. It is nil where there are none.
func (r *Request) Telling() *Change {
	var first *Change
	for i := range r.Figures {
		f := &r.Figures[i]
		if f.Word == r.Word && (first == nil || f.Figure == "p95") {
			first = f
		}
	}
	return first
}

func (f *Change) differs() bool { return f.Word == Worse || f.Word == Better }

func (t *writer) row(name string, f *Change, only string) []text.Cell {
	word := string(f.Word)
	if only != "" {
		word = "only in " + only
	}
	base, now, change, interval := f.Texts()
	cells := []text.Cell{{Text: name}, {Text: f.Figure}, {Text: base}, {Text: now}, {Text: change}, {Text: interval}, {Text: word, Role: roles[f.Word]}}
	for i := range cells {
		cells[i].Text = t.st.Text(cells[i].Text)
	}
	return cells
}

// Texts are the figure on both sides, its change, and what that lies between,
// for people.
func (f *Change) Texts() (base, now, change, interval string) {
	base, now = value(f.Base, f.Unit), value(f.Now, f.Unit)
	if f.Bounded && f.Now != nil {
		now = "≥ " + now
	}
	return base, now, f.part(f.Change), f.interval()
}

// value writes a figure with its unit.
func value(v *Num, unit string) string {
	switch {
	case v == nil:
		return text.None
	case unit == "ratio":
		return text.Figure(float64(*v), text.Ratio)
	case unit == "per_s":
		return text.Figure(float64(*v), text.PerSecond)
	case unit == "ms":
		return text.Duration(float64(*v) * 1e6)
	}
	return text.Figure(float64(*v), text.Number)
}

// part writes a change: "+9.8 %", of an error rate "+1.2 pt".
func (f *Change) part(v *Num) string {
	if v == nil {
		return text.None
	}
	sign, unit := "+", " %"
	if *v < 0 {
		sign = "−"
	}
	if f.Unit == "ratio" {
		unit = " pt"
	}
	s := text.Percent(math.Abs(float64(*v)))
	if x := math.Abs(float64(*v)); x >= 9.995 {
		s = text.Count(int64(math.Round(x * 100)))
	}
	if s == "0" || strings.HasPrefix(s, "<") {
		sign = ""
	}
	return sign + s + unit
}

func (f *Change) interval() string {
	if f.Low == nil || f.High == nil {
		return text.None
	}
	return strings.TrimSuffix(strings.TrimSuffix(f.part(f.Low), " %"), " pt") + " … " + f.part(f.High)
}

func (t *writer) slas(c *Comparison) {
	table := &text.Table{Style: t.st, Min: 12, Columns: []text.Column{
		{Title: "SLA"}, {Title: "request", Shrink: true}, {Title: "limit", Right: true, Drop: 2}, {Title: "state"}, {Title: "change", Right: true}, {Title: "95 %", Right: true, Drop: 1}, {Title: "word"},
	}}
	for i := range c.SLAs {
		s := &c.SLAs[i]
		row := []text.Cell{{Text: text.Clean(s.SLA + " " + s.Rule)}, {Text: text.Clean(s.Request)}, {Text: s.LimitText()}, {Text: s.StatesText()}, {Text: s.Change.part(s.Change.Change)}, {Text: s.Change.interval()}, {Text: string(s.Change.Word), Role: roles[s.Change.Word]}}
		for k := range row {
			row[k].Text = t.st.Text(row[k].Text)
		}
		table.Rows = append(table.Rows, row)
	}
	if len(table.Rows) > 0 {
		t.b.WriteString("\n")
		t.lines(table)
	}
}

// LimitText is the limit as it was declared.
func (s *SLA) LimitText() string {
	switch v := float64(s.Limit); s.Unit {
	case "ratio":
		return text.Limit(v, text.Ratio)
	case "per_s":
		return text.Limit(v, text.PerSecond)
	case "ms":
		return text.Limit(math.Round(v*1e6), text.Nanoseconds)
	case "bytes":
		return text.Limit(v, text.Size)
	default:
		return text.Limit(v, text.Number)
	}
}

// StatesText is what became of a rule: one word where that is the same on both
// sides.
func (s *SLA) StatesText() string {
	word := func(state string) string {
		switch state {
		case "":
			return text.None
		case text.Inconclusive.String():
			return "unproven"
		}
		return state
	}
	if s.Was == s.Is {
		return word(s.Is)
	}
	return word(s.Was) + " → " + word(s.Is)
}

// method says what the words rest on.
func method(c *Comparison) string {
	if c.Tests == 0 {
		return "Nothing could be compared, so nothing is said to be better or worse."
	}
	s := fmt.Sprintf("Better and worse are changes of at least %s and %s that chance makes in at most %s of comparisons without any, all %s together.",
		text.Percent(float64(c.Relative))+" %", text.Duration(float64(c.Absolute)*1e6), text.Percent(1-float64(c.Confidence))+" %", plural(c.Tests, "figure"))
	if len(c.Noise) == 0 {
		return s + " Each side is judged by what its own seconds vary; what differs between repeats is not known, so keep several runs as a base."
	}
	var list []string
	for _, n := range c.Noise {
		if n.Figure == "p50" || n.Figure == "p95" {
			list = append(list, n.Figure+" "+text.Percent(float64(n.Between))+" %")
		}
	}
	return s + " Repeats differ, beyond what their samples explain, by " + strings.Join(list, " and ") + "; that is taken into account."
}

func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return text.Count(int64(n)) + " " + one + "s"
}

func (t *writer) lines(table *text.Table) {
	for _, line := range table.Lines(t.width) {
		t.b.WriteString(line + "\n")
	}
}

func (t *writer) prose(indent string, role text.Role, s string) {
	t.b.WriteString(t.st.Prose(indent, role, s, min(t.width, 100)))
}
