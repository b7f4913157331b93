package live

import (
	"fmt"
	"math"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// slaLines are the rules that are not kept so far, worst first, at most n.
func (v *view) slaLines(width, n int) []string {
	table := &text.Table{Style: v.st, Indent: 1, Min: 8, Columns: []text.Column{
		{}, {Shrink: true}, {}, {Right: true}, {Right: true}, {Drop: 2}, {}, {Drop: 1},
	}}
	for i := range v.slas {
		s := &v.slas[i]
		if s.State == text.Pass || len(table.Rows) >= n {
			break
		}
		site := ""
		if s.Site != nil {
			site = v.st.Shorten(v.st.Text(text.Clean(fmt.Sprintf("%s:%d", s.Site.File, s.Site.Line))), 24)
		}
		table.Rows = append(table.Rows, []text.Cell{
			{Text: v.st.Symbol(s.State), Role: s.State.Role()}, {Text: v.st.Text(text.Clean(s.Title())), Role: text.Bold},
			{Text: v.st.Text(text.Clean(s.RuleText()))}, {Text: v.st.Text(s.MeasuredText()), Role: s.State.Role()},
			{Text: v.st.Text(relation(s))}, {Text: v.st.Text(distance(s, width))},
			{Text: v.st.Text(samples(s))}, {Text: site, Role: text.Dim},
		})
	}
	if len(table.Rows) == 0 {
		return nil
	}
	return table.Lines(width)[1:]
}

// relation is how the figure stands to the limit: "> 500 ms" when broken,
// "≤ 500 ms" when not, or when timeouts hide by how much.
func relation(s *report.SLA) string {
	limit := strings.TrimPrefix(s.LimitText(), "≥ ")
	broken := (s.State == text.Fail || s.State == text.Warn) && !hidden(s)
	if w := s.Windows; w != nil {
		broken = w.Run == text.Fail || w.Run == text.Warn
	}
	switch {
	case broken && s.Floor:
		return "< " + limit
	case broken:
		return "> " + limit
	case s.Floor:
		return "≥ " + limit
	}
	return "≤ " + limit
}

// hidden reports a figure that timeouts cut off before it reached the limit.
func hidden(s *report.SLA) bool { return s.Censored && s.Ratio != nil && *s.Ratio < 1 }

// distance is how far the rule is from its limit, with a picture where there
// is room.
func distance(s *report.SLA, width int) string {
	words := s.MarginText()
	if s.State == text.Inconclusive {
		words = "no proof yet"
	}
	if w := s.Windows; w != nil && w.Broken > 0 {
		return fmt.Sprintf("%d of %d windows broken", w.Broken, w.Whole)
	}
	if width < wide || s.Ratio == nil {
		return words
	}
	if hidden(s) {
		return text.Pad("cut off by timeouts", 2*barHalf+1, false)
	}
	return marginBar(float64(*s.Ratio)) + "  " + words
}

const barHalf = 8 // cells from a quarter of the limit to the limit, and on to four times

// marginBar places a figure beside its limit on a logarithmic scale.
func marginBar(ratio float64) string {
	bar := []rune("├" + strings.Repeat("─", 2*barHalf-1) + "┤")
	at := 0
	if ratio > 0 {
		at = barHalf + int(math.Round(max(-4, min(4, math.Log(ratio)/math.Log(4)))*barHalf))
	}
	switch { // next to the limit, but never on the wrong side of it
	case ratio > 1:
		at = max(at, barHalf+1)
	case ratio < 1:
		at = min(at, barHalf-1)
	}
	bar[barHalf] = '│'
	switch {
	case at >= len(bar):
		bar[len(bar)-1] = '▶'
	case at < 0:
		bar[0] = '●'
	default:
		bar[at] = '●'
	}
	return string(bar)
}

func samples(s *report.SLA) string {
	out := "n " + text.Count(s.Samples)
	if s.State == text.Inconclusive && s.Needed > s.Samples {
		out += " of " + text.Count(s.Needed) + " needed"
	}
	return out
}

// requestLines are the requests, worst first, in at most n lines; those that
// do not fit are counted in the last.
func (v *view) requestLines(list []report.Request, width, n int) []string {
	if n < 3 || len(list) == 0 {
		return nil
	}
	shown := list
	if len(list) > n-1 {
		shown = list[:n-2]
	}
	table := &text.Table{Style: v.st, Min: 24, Indent: 1, Columns: v.columns(width)}
	few := false
	for i := range shown {
		row := v.requestRow(&shown[i], width)
		for _, c := range row {
			few = few || c.Note != ""
		}
		table.Rows = append(table.Rows, row)
	}
	lines := table.Lines(width)
	if rest := list[len(shown):]; len(rest) > 0 {
		lines = append(lines, v.fold(rest, few, width))
	} else if few && len(lines) < n {
		note := v.st.Text("* too few samples to prove it")
		lines = append(lines, v.st.Paint(text.Dim, text.Pad(note, width, true)))
	}
	return lines
}

const rowCurve = 24 // cells of a request's sparkline

func (v *view) columns(width int) []text.Column {
	right := func(title string, drop int) text.Column { return text.Column{Title: title, Right: true, Drop: drop} }
	cols := []text.Column{{Title: "REQUEST, worst first", Shrink: true}}
	if width >= wide {
		cols = append(cols, right("sent", 5))
	}
	cols = append(cols, right("req/s", 3), right("err %", 0), right("p50", 1), right("p95", 0), right("p99", 2))
	if width >= wide {
		cols = append(cols, right("max", 4), text.Column{Title: text.Pad("p95, last "+fmt.Sprint(rowCurve)+" s", rowCurve, false)})
	}
	return append(cols, right("SLA", 0))
}

func (v *view) requestRow(r *report.Request, width int) []text.Cell {
	f := &r.Figures
	row := []text.Cell{{Text: v.st.Text(text.Clean(r.Name))}}
	if width >= wide {
		row = append(row, text.Cell{Text: text.Count(f.Samples)})
	}
	row = append(row, text.Cell{Text: v.st.Text(text.Rate(float64(f.Rate)))}, report.ErrorCell(v.st, f),
		report.LatencyCell(v.st, &f.Latency, "p50"), report.LatencyCell(v.st, &f.Latency, "p95"), report.LatencyCell(v.st, &f.Latency, "p99"))
	if width >= wide {
		row = append(row, report.LatencyCell(v.st, &f.Latency, "max"), text.Cell{Text: v.st.Text(v.rowCurve(r))})
	}
	return append(row, text.Cell{Text: v.st.Symbol(r.State), Role: r.State.Role()})
}

// rowCurve is a request's p95 over the last seconds.
func (v *view) rowCurve(r *report.Request) string {
	values := v.history.rows[r.Index]
	values = values[max(0, len(values)-rowCurve):]
	return text.Spark(values, most(values))
}

// fold says what is not shown: the count never lies.
func (v *view) fold(rest []report.Request, few bool, width int) string {
	var n [text.NoSLA + 1]int
	for i := range rest {
		n[rest[i].State]++
	}
	s := fmt.Sprintf(" … %d more: ", len(rest))
	var parts []string
	for state, count := range n {
		if count == len(rest) {
			s, parts = fmt.Sprintf(" … %d more, all ", count), []string{v.st.Symbol(text.State(state))}
			break
		}
		if count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, v.st.Symbol(text.State(state))))
		}
	}
	s = v.st.Text(s + strings.Join(parts, ", "))
	if note := v.st.Text("* too few samples to prove it"); few && text.Width(s)+2+text.Width(note) <= width {
		s += text.Pad(note, width-text.Width(s), true)
	}
	return v.st.Paint(text.Dim, v.st.Cut(s, width))
}

// errorLines are the most frequent failures, at most n lines.
func (v *view) errorLines(width, n int) []string {
	groups := v.now.Snapshot.Errors
	if len(groups) == 0 || n < 1 {
		return nil
	}
	more := len(groups) - n
	if more > 0 {
		groups = groups[:n]
	}
	table := &text.Table{Style: v.st, Min: 20, Columns: []text.Column{{}, {Right: true}, {}, {Shrink: true}, {}, {}}}
	for i := range groups {
		e := report.Failure(v.plan, &groups[i])
		label, when := "", text.Clock(time.Duration(e.First))+" … "
		if i == 0 {
			label = "ERRORS"
		}
		if v.now.Elapsed-time.Duration(e.Last) < 3*time.Second {
			when += "now"
		} else {
			when += text.Clock(time.Duration(e.Last))
		}
		hint := ""
		if width >= wide {
			hint = v.st.Cut(v.st.Text(text.Clean(strings.Join(strings.Fields(e.Hint()), " "))), width/3)
		}
		table.Rows = append(table.Rows, []text.Cell{
			{Text: label, Role: text.Bold}, {Text: v.st.Text(text.Count(e.Count) + " ×")}, {Text: v.st.Text(e.What()), Role: text.FailRole},
			{Text: v.st.Text(text.Clean(e.Request))}, {Text: hint, Role: text.Dim}, {Text: v.st.Text(when), Role: text.Dim},
		})
	}
	lines := table.Lines(width)[1:]
	if more > 0 {
		last := &lines[len(lines)-1]
		if note := v.st.Text(fmt.Sprintf("+%d more", more)); visible(*last)+2+text.Width(note) <= width {
			*last += "  " + v.st.Paint(text.Dim, note)
		}
	}
	return lines
}
