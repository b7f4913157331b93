package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// Measured is the distribution of one part of a request's time, or of the
// life of its socket or stream.
type Measured struct {
	Measure  string  `json:"measure"`
	Limited  bool    `json:"limited"` // an SLA asks for it
	Samples  int64   `json:"samples"`
	TimedOut int64   `json:"timed_out"` // part of samples: given up before it came to its end
	Latency  Latency `json:"latency"`
}

// Messages is what was counted of a socket, or of the stream of a request.
type Messages struct {
	In          int64        `json:"received"` // messages or events
	Out         int64        `json:"sent"`
	InRate      Num          `json:"received_per_s"`
	OutRate     Num          `json:"sent_per_s"`
	BytesIn     int64        `json:"received_bytes"`
	BytesOut    int64        `json:"sent_bytes"`
	Asked       int64        `json:"asked"`      // sent, and want a reply
	Unanswered  int64        `json:"unanswered"` // of these
	Late        int64        `json:"late"`       // replies after their timeout
	OutOfOrder  int64        `json:"out_of_order"`
	Duplicated  int64        `json:"duplicated"`
	Lost        int64        `json:"lost"`
	Disconnects int64        `json:"disconnects"` // that were not ours
	Reconnects  int64        `json:"reconnects"`
	Closes      []CloseCount `json:"closes"` // by close code
	Losses      []Loss       `json:"losses"` // why connections ended that were not ours to end, most frequent first
}

// CloseCount counts the connections that ended with one close code.
type CloseCount struct {
	Code  int   `json:"code"`
	Count int64 `json:"count"`
}

// Loss is one way in which connections ended, and how many did.
type Loss struct {
	Code   int    `json:"code"` // close code; 0 of a stream
	Detail string `json:"detail"`
	Count  int64  `json:"count"`
	First  Ms     `json:"first_ms"` // on the run's clock
	Last   Ms     `json:"last_ms"`
}

// losses are those of each row.
func (b *builder) losses(groups []record.ErrorGroup) [][]Loss {
	rows := make([][]Loss, len(b.plan.Rows))
	for i := range groups {
		g := &groups[i]
		if int(g.Series) >= len(b.plan.Series) {
			continue
		}
		row := &rows[b.plan.Series[g.Series].Row]
		*row = append(*row, Loss{Code: g.Status, Detail: b.mask.Replace(g.Detail), Count: g.Count, First: Ms(g.First), Last: Ms(g.Last)})
	}
	return rows
}

// measures are the times of a row beside its response time; limited are those
// that SLAs ask for.
func (b *builder) measures(s *record.Stats, limited []bool) []Measured {
	list := []Measured{}
	for m := plan.MeasureService; m < plan.NumMeasures; m++ {
		view := s.Of(m)
		if view == nil && !limited[m] {
			continue
		}
		out := Measured{Measure: m.String(), Limited: limited[m], Samples: view.Count(), Latency: latency(view, view.Quantile)}
		if view != nil {
			out.TimedOut = view.Censored
		}
		list = append(list, out)
	}
	return list
}

// limited are the measures that SLAs ask for, by row.
func (b *builder) limited() [][]bool {
	rows := make([][]bool, len(b.plan.Rows))
	for i := range rows {
		rows[i] = make([]bool, plan.NumMeasures)
	}
	for i := range b.plan.SLAs {
		s := &b.plan.SLAs[i]
		for _, g := range s.Groups {
			if g.Row >= 0 {
				rows[g.Row][s.Measure] = true
			}
		}
	}
	return rows
}

// streams are the rows whose answers are read as streams.
func (b *builder) streams() []bool {
	rows := make([]bool, len(b.plan.Rows))
	for i := range b.plan.Classes {
		b.plan.Classes[i].EachStep(func(s plan.Step) {
			if r, ok := s.(*plan.Request); ok && r.Stream != nil {
				rows[b.plan.Series[r.Series].Row] = true
			}
		})
	}
	return rows
}

// messages are what was counted of a row; nil where nothing was, but for a
// stream that was asked for: that it brought nothing is worth a line.
func (b *builder) messages(s *record.Stats, stream bool, losses []Loss) *Messages {
	any := stream && s.Count() > 0
	for c := range plan.CountDecoded {
		any = any || s.Counter(c) != 0
	}
	if !any && len(s.Closes()) == 0 && len(losses) == 0 {
		return nil
	}
	m := &Messages{
		In: s.Counter(plan.CountIn), Out: s.Counter(plan.CountOut), BytesIn: s.Counter(plan.CountBytesIn), BytesOut: s.Counter(plan.CountBytesOut),
		Asked: s.Counter(plan.CountAsked), Unanswered: s.Counter(plan.CountUnanswered), Late: s.Counter(plan.CountLate),
		OutOfOrder: s.Counter(plan.CountOutOfOrder), Duplicated: s.Counter(plan.CountDuplicated), Lost: s.Counter(plan.CountLost),
		Disconnects: s.Counter(plan.CountDisconnects), Reconnects: s.Counter(plan.CountReconnects), Closes: []CloseCount{}, Losses: append([]Loss{}, losses...),
	}
	if seconds := b.measured.Seconds(); seconds > 0 {
		m.InRate, m.OutRate = Num(float64(m.In)/seconds), Num(float64(m.Out)/seconds)
	}
	for _, c := range s.Closes() {
		m.Closes = append(m.Closes, CloseCount{Code: c.Status, Count: c.Count})
	}
	return m
}

// Socket reports whether the request is the handshake of a socket.
func (r *Request) Socket() bool { return r.Method == "WS" }

// Trouble says what went wrong with messages and connections; "" for nothing.
func (m *Messages) Trouble() string {
	var parts []string
	for _, c := range []struct {
		n    int64
		word string
	}{
		{m.Unanswered, "unanswered"}, {m.Late, "late"}, {m.Lost, "lost"}, {m.OutOfOrder, "out of order"}, {m.Duplicated, "duplicated"},
	} {
		if c.n != 0 {
			parts = append(parts, text.Count(c.n)+" "+c.word)
		}
	}
	if m.Disconnects > 0 {
		s := count(m.Disconnects, "disconnect")
		if m.Reconnects > 0 {
			s += ", " + text.Count(m.Reconnects) + " reconnected"
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " · ")
}

// closed says with which codes connections ended.
func (m *Messages) closed() string {
	list := slices.Clone(m.Closes)
	slices.SortStableFunc(list, func(a, b CloseCount) int { return int(min(1, max(-1, b.Count-a.Count))) })
	parts := make([]string, len(list))
	for i, c := range list {
		parts[i] = strconv.Itoa(c.Code) + " × " + text.Count(c.Count)
	}
	return strings.Join(parts, ", ")
}

// maxLosses is how many ways in which a row's connections ended are shown,
// unless all are asked for.
const maxLosses = 4

// Why says how connections ended, of that one way.
func (l *Loss) Why() string {
	s := text.Count(l.Count) + " × "
	if l.Code != 0 {
		s += strconv.Itoa(l.Code) + ": "
	}
	return s + text.Clean(l.Detail) + " (" + span(l.First, l.Last) + ")"
}

// losses says below a row why its connections ended.
func (t *textWriter) losses(m *Messages) {
	shown := m.Losses
	if len(shown) > maxLosses && !t.o.All {
		shown = shown[:maxLosses]
	}
	for i := range shown {
		t.prose(4, text.Dim, shown[i].Why())
	}
	if rest := len(m.Losses) - len(shown); rest > 0 {
		t.prose(4, text.Dim, fmt.Sprintf("… %s more  (--all lists them)", plural(rest, "way")))
	}
}

// messages writes the table of sockets and streams, with what went wrong
// below each.
func (t *textWriter) messages() {
	table := &text.Table{Style: t.st, Min: 16, Columns: []text.Column{
		{Title: "SOCKETS, STREAMS", Shrink: true}, {Title: "ok", Right: true, Drop: 3}, {Title: "in", Right: true, Drop: 1},
		{Title: "in/s", Right: true}, {Title: "out", Right: true, Drop: 2}, {Title: "out/s", Right: true}, {Title: "disconnects", Right: true, Drop: 4},
	}}
	var details []string
	var of []*Messages
	for i := range t.r.Requests {
		r := &t.r.Requests[i]
		m := r.Messages
		if m == nil {
			continue
		}
		out, rate := text.Count(m.Out), text.Rate(float64(m.OutRate))
		if !r.Socket() {
			out, rate = text.None, text.None // a stream is only heard
		}
		table.Rows = append(table.Rows, []text.Cell{
			{Text: t.outside(r.Name)}, {Text: text.Count(r.OK)}, {Text: text.Count(m.In)}, {Text: t.st.Text(text.Rate(float64(m.InRate)))},
			{Text: t.st.Text(out)}, {Text: t.st.Text(rate)}, {Text: text.Count(m.Disconnects)},
		})
		detail := m.Trouble()
		if c := m.closed(); c != "" && len(m.Losses) == 0 {
			detail = strings.TrimPrefix(detail+" · closed by "+c, " · ")
		}
		details, of = append(details, detail), append(of, m)
	}
	if len(table.Rows) == 0 {
		return
	}
	lines := table.Lines(t.width)
	t.line(lines[0])
	for i, l := range lines[1:] {
		t.line(l)
		if i >= len(of) {
			continue
		}
		if details[i] != "" {
			t.prose(4, text.Plain, details[i])
		}
		t.losses(of[i])
	}
	t.line("")
}

// times writes the table of what is measured beside response times: what an
// SLA asks for, and what sockets and streams have.
func (t *textWriter) times() {
	table := &text.Table{Style: t.st, Min: minName, Columns: []text.Column{
		{Title: "TIMES", Shrink: true}, {Title: "", Right: false}, {Title: "n", Right: true, Drop: 3},
		{Title: "p50", Right: true}, {Title: "p95", Right: true}, {Title: "p99", Right: true, Drop: 1}, {Title: "max", Right: true, Drop: 2},
	}}
	for i := range t.r.Requests {
		r := &t.r.Requests[i]
		name := r.Name
		for k := range r.Measures {
			m := &r.Measures[k]
			if of, _ := plan.MeasureNamed(m.Measure); of <= plan.MeasureBody && !m.Limited && !t.o.All {
				continue
			}
			table.Rows = append(table.Rows, []text.Cell{
				{Text: t.outside(name)}, {Text: m.Measure}, {Text: text.Count(m.Samples)},
				LatencyCell(t.st, &m.Latency, "p50"), LatencyCell(t.st, &m.Latency, "p95"), LatencyCell(t.st, &m.Latency, "p99"), LatencyCell(t.st, &m.Latency, "max"),
			})
			name = ""
		}
	}
	if len(table.Rows) > 0 {
		t.table(table)
	}
}
