package live

import (
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// messageLines are the sockets and streams, at most n lines: what has come
// and gone a second so far, how long the pings or the first events take, and
// what went wrong.
func (v *view) messageLines(list []report.Request, width, n int) []string {
	table := &text.Table{Style: v.st, Min: 16, Indent: 1, Columns: []text.Column{
		{Shrink: true}, {Right: true}, {Right: true}, {Drop: 1}, {Drop: 2},
	}}
	for i := range list {
		r := &list[i]
		if r.Messages == nil || len(table.Rows) >= n {
			continue
		}
		out := ""
		if r.Socket() {
			out = text.Rate(float64(r.Messages.OutRate)) + "/s out"
		}
		trouble := r.Messages.Trouble()
		role := text.WarnRole
		if trouble == "" {
			trouble, role = "nothing lost", text.Dim
		}
		table.Rows = append(table.Rows, []text.Cell{
			{Text: v.st.Text(text.Clean(r.Name))}, {Text: v.st.Text(text.Rate(float64(r.Messages.InRate)) + "/s in")}, {Text: v.st.Text(out)},
			{Text: v.st.Text(v.pulse(r)), Role: text.Dim}, {Text: v.st.Cut(v.st.Text(trouble), max(20, width/3)), Role: role},
		})
	}
	if len(table.Rows) == 0 {
		return nil
	}
	return table.Lines(width)[1:]
}

// pulse is the p95 of the times that say best how a socket or stream fares.
func (v *view) pulse(r *report.Request) string {
	for _, name := range []string{"ping", "first_event"} {
		for i := range r.Measures {
			if m := &r.Measures[i]; m.Measure == name && m.Samples > 0 {
				s, _ := m.Latency.Figure("p95")
				return name + " p95 " + s
			}
		}
	}
	return ""
}
