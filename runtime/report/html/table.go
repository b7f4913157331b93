package html

import (
	"html/template"
	"strconv"
	"strings"
	"time"

	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// table is a table of figures. On a narrow screen its rows become cards.
type table struct {
	ID, Title, Says string
	Cols            []column
	Rows            []row
	Foot            []row
	Notes           []string
	Filter          bool // it can be searched and has chips of states
}

type column struct {
	Title, Hint string
	Num         bool // figures, right-aligned
	More        bool // shown on a narrow screen only when the row is open
	Plain       bool // cannot be sorted by
}

type row struct {
	Slot  int // its place in the charts' data; -1 for none
	Line  int
	State state
	Cells []cellView
}

// cellView is one cell. Value is what it sorts by, "" for nothing.
type cellView struct {
	Text, Mark, Value, Class, Sub string
	State                         *state
	Drawing                       template.HTML
}

// placed is a cell with what it takes of its column.
type placed struct {
	Cell          cellView
	Title, Column string
}

func cellsOf(r row, cols []column) []placed {
	list := make([]placed, 0, len(r.Cells))
	for i, c := range r.Cells {
		p := placed{Cell: c}
		if i < len(cols) {
			p.Title = cols[i].Title
			if cols[i].Num {
				p.Column = "num"
			}
			if cols[i].More {
				p.Column += " more"
			}
			if c.Text == text.None || c.Text+string(c.Drawing) == "" && c.State == nil {
				p.Column += " none"
			}
		}
		list = append(list, p)
	}
	return list
}

func words(s string) cellView { return cellView{Text: s, Value: s} }

func number(n int64) cellView {
	return cellView{Text: text.Count(n), Value: strconv.FormatInt(n, 10)}
}

func rateCell(x report.Num) cellView {
	return cellView{Text: text.Rate(float64(x)), Value: value(float64(x))}
}

func shareCell(x *report.Num) cellView {
	if x == nil {
		return cellView{Text: text.None}
	}
	return cellView{Text: text.Percent(float64(*x)), Value: value(float64(*x))}
}

func stateCell(s state) cellView { return cellView{State: &s, Value: strconv.Itoa(s.Rank)} }

func latencyCell(l *report.Latency, name string) cellView {
	s, mark := l.Figure(name)
	v := map[string]*report.Ms{"min": l.Min, "mean": l.Mean, "p50": l.P50, "p90": l.P90, "p95": l.P95, "p99": l.P99, "p999": l.P999, "max": l.Max}[name]
	c := cellView{Text: s, Mark: mark}
	if v != nil {
		c.Value = strconv.FormatInt(int64(*v), 10)
	}
	return c
}

// value is a number a script reads back.
func value(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// notes are the footnotes that a table's marks need.
func (t *table) footnotes() {
	few, bounded := false, false
	for _, list := range [][]row{t.Rows, t.Foot} {
		for _, r := range list {
			for _, c := range r.Cells {
				few = few || c.Mark == report.FewMark
				bounded = bounded || strings.HasPrefix(c.Text, "≥ ")
			}
		}
	}
	if few {
		t.Notes = append(t.Notes, "* too few samples to prove it")
	}
	if bounded {
		t.Notes = append(t.Notes, "≥ reached by timeouts: the true value is at least this")
	}
}

// requestSection is the table of requests.
type requestSection struct {
	Says  string
	Table table
	Chips []chip
}

// chip filters a table by state.
type chip struct {
	State state
	Count int
}

var figureColumns = []column{
	{Title: "sent", Num: true, More: true}, {Title: "req/s", Num: true, More: true}, {Title: "failed", Num: true, More: true}, {Title: "err %", Num: true},
	{Title: "p50", Num: true, More: true}, {Title: "p95", Num: true}, {Title: "p99", Num: true, More: true}, {Title: "max", Num: true, More: true},
}

func figureCells(f *report.Figures) []cellView {
	err := cellView{Text: text.None}
	if f.Samples > 0 {
		err = shareCell(&f.ErrorRate)
	}
	cells := []cellView{
		number(f.Samples), rateCell(f.Rate), number(f.Failed), err,
		latencyCell(&f.Latency, "p50"), latencyCell(&f.Latency, "p95"), latencyCell(&f.Latency, "p99"), latencyCell(&f.Latency, "max"),
	}
	if f.Failed > 0 {
		cells[2].Class, cells[3].Class = "bad", "bad"
	}
	return cells
}

func (b *builder) requests() requestSection {
	s := requestSection{Table: table{ID: "request-table", Title: "Requests", Filter: true}}
	s.Table.Cols = append([]column{{Title: "SLA"}, {Title: "request"}}, append(figureColumns[:len(figureColumns):len(figureColumns)], column{Title: "p95 over the run", More: true, Plain: true})...)
	counts := make(map[text.State]int)
	for i := range b.r.Requests {
		r := &b.r.Requests[i]
		counts[r.State]++
		s.Table.Rows = append(s.Table.Rows, b.requestRow(r, i))
	}
	for st := text.Fail; st <= text.NoSLA; st++ {
		if counts[st] > 0 {
			s.Chips = append(s.Chips, chip{stateOf(st), counts[st]})
		}
	}
	total := row{Slot: -1, Cells: append([]cellView{{}, words("All requests")}, figureCells(&b.r.Total)...)}
	total.Cells = append(total.Cells, b.spark(func(k *bucket) *cell { return &k.total }))
	s.Table.Foot = []row{total}
	s.Table.footnotes()
	s.Says = b.requestsSay(counts)
	return s
}

func (b *builder) requestRow(r *report.Request, line int) row {
	st := stateOf(r.State)
	out := row{Slot: b.slots[line], Line: line, State: st, Cells: []cellView{stateCell(st), words(text.Clean(r.Name))}}
	out.Cells[1].Class = "name"
	if len(b.r.Plan.Targets) > 1 && r.Target != "" {
		out.Cells[1].Sub = text.Clean(r.Target)
	}
	out.Cells = append(out.Cells, figureCells(&r.Figures)...)
	spark := cellView{}
	if out.Slot >= 0 {
		i := b.order[out.Slot]
		spark = b.spark(func(k *bucket) *cell { return &k.rows[i] })
	}
	out.Cells = append(out.Cells, spark)
	return out
}

func (b *builder) requestsSay(counts map[text.State]int) string {
	n := len(b.r.Requests)
	if b.r.Total.Samples == 0 {
		return "No request was finished and counted."
	}
	s := counted(int64(n), "request") + ", worst first"
	if counts[text.Fail] > 0 {
		verb := " break a limit"
		if counts[text.Fail] == 1 {
			verb = " breaks a limit"
		}
		s += "; of these " + text.Count(int64(counts[text.Fail])) + verb
	}
	unmade := 0
	for i := range b.r.Requests {
		if b.r.Requests[i].Samples == 0 {
			unmade++
		}
	}
	if unmade > 0 {
		s += "; " + text.Count(int64(unmade)) + " of the scenario’s were not made"
	}
	return s + ". Open one for its own timeline, distribution and phases."
}

// sparkPoints is how many points a sparkline has at most.
const sparkPoints = 60

// spark draws a request's p95 over the run in a corner's space. A point is
// the highest of its buckets: a stall must not be averaged away.
func (b *builder) spark(of func(*bucket) *cell) cellView {
	const w, h = 120.0, 20.0
	n := len(b.t.buckets)
	step := max(1, (n+sparkPoints-1)/sparkPoints)
	var list []int64
	var most int64
	for i := 0; i < n; i += step {
		var v int64
		for k := i; k < min(n, i+step); k++ {
			if c := of(&b.t.buckets[k]); c.p95.Valid {
				v = max(v, c.p95.Ns)
			}
		}
		list, most = append(list, v), max(most, v)
	}
	if most == 0 {
		return cellView{Text: text.None}
	}
	var g svg
	g.open(w, h, "spark", "p95 over the run, at most "+text.Duration(float64(most)))
	g.printf(`<path d="%s"/>`, curve(len(list), func(i int) float64 { return (float64(i) + 0.5) * w / float64(len(list)) }, func(i int) (float64, bool) {
		return 1 + (h-2)*(1-float64(list[i])/float64(most)), list[i] > 0
	}))
	return cellView{Drawing: g.close()}
}

// stageTable says what each stage came to.
func (b *builder) stageTable() table {
	t := table{ID: "stage-table", Title: "Stages", Cols: []column{
		{Title: "stage"}, {Title: "from"}, {Title: "to"}, {Title: "users", Num: true}, {Title: "requests", Num: true}, {Title: "req/s", Num: true},
		{Title: "err %", Num: true}, {Title: "p50", Num: true}, {Title: "p95", Num: true}, {Title: "p99", Num: true}, {Title: "max", Num: true},
	}}
	for i := range b.t.stages {
		st := &b.t.stages[i]
		r := row{Slot: -1, Cells: []cellView{words(text.Clean(st.name)), clockCell(st.from), clockCell(st.to), number(int64(st.users)), number(st.total.Count())}}
		rate := cellView{Text: text.None}
		if st.seconds > 0 {
			rate = rateCell(report.Num(float64(st.total.Count()) / st.seconds.Seconds()))
		}
		errors := cellView{Text: text.None}
		if n := st.total.Count(); n > 0 {
			share := report.Num(float64(st.total.Failed) / float64(n))
			errors = shareCell(&share)
		}
		r.Cells = append(r.Cells, rate, errors, quantileCell(st.total.Quantile(0.5)), quantileCell(st.total.Quantile(0.95)), quantileCell(st.total.Quantile(0.99)), quantileCell(st.total.MaxLatency()))
		t.Rows = append(t.Rows, r)
		if st.warmup && len(t.Notes) == 0 {
			t.Notes = append(t.Notes, "The warm-up is shown here and in the charts, and is in no other figure.")
		}
	}
	t.footnotes()
	return t
}

func clockCell(d time.Duration) cellView {
	return cellView{Text: text.Clock(d), Value: value(d.Seconds())}
}

func quantileCell(l record.Latency) cellView {
	switch {
	case !l.Valid:
		return cellView{Text: text.None}
	case l.Censored:
		return cellView{Text: text.AtLeast(float64(l.Ns)), Value: strconv.FormatInt(l.Ns, 10)}
	}
	return cellView{Text: text.Duration(float64(l.Ns)), Value: strconv.FormatInt(l.Ns, 10)}
}
