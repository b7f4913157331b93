package html

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// tables are those of what only some runs have.
func (b *builder) tables() []table {
	var list []table
	for _, t := range []table{b.groupTable(), b.messageTable(), b.timesTable(), b.metricTable(), b.classTable()} {
		if len(t.Rows) > 0 {
			t.footnotes()
			list = append(list, t)
		}
	}
	return list
}

func (b *builder) groupTable() table {
	t := table{ID: "group-table", Title: "Groups", Says: "Transactions of several requests; they are in no other figure.", Cols: append([]column{{Title: "SLA"}, {Title: "group"}}, append(figureColumns[:len(figureColumns):len(figureColumns)], column{Title: "p95 over the run", More: true, Plain: true})...)}
	for i := range b.r.Groups {
		t.Rows = append(t.Rows, b.requestRow(&b.r.Groups[i], len(b.r.Requests)+i))
	}
	return t
}

func (b *builder) messageTable() table {
	t := table{ID: "message-table", Title: "Sockets and streams", Says: "Messages over connections that stay open.", Cols: []column{
		{Title: "request"}, {Title: "ok", Num: true}, {Title: "in", Num: true}, {Title: "in/s", Num: true}, {Title: "out", Num: true}, {Title: "out/s", Num: true},
		{Title: "disconnects", Num: true}, {Title: "trouble", Plain: true},
	}}
	for i := range b.r.Requests {
		r := &b.r.Requests[i]
		m := r.Messages
		if m == nil {
			continue
		}
		out, outRate := number(m.Out), rateCell(m.OutRate)
		if !r.Socket() { // a stream is only heard
			out, outRate = cellView{Text: text.None}, cellView{Text: text.None}
		}
		trouble := m.Trouble()
		if c := m.ClosedBy(); c != "" && len(m.Losses) == 0 {
			trouble = strings.TrimPrefix(trouble+" · closed by "+c, " · ")
		}
		for i := range m.Losses {
			trouble += " · " + m.Losses[i].Why()
		}
		if trouble == "" {
			trouble = "none"
		}
		t.Rows = append(t.Rows, row{Slot: -1, Cells: []cellView{words(text.Clean(r.Name)), number(r.OK), number(m.In), rateCell(m.InRate), out, outRate, number(m.Disconnects), words(trouble)}})
	}
	return t
}

func (b *builder) timesTable() table {
	t := table{ID: "times-table", Title: "Other times", Says: "What was measured beside the response time: parts of it, and the life of sockets and streams.", Cols: []column{
		{Title: "request"}, {Title: "time"}, {Title: "n", Num: true}, {Title: "p50", Num: true}, {Title: "p95", Num: true}, {Title: "p99", Num: true}, {Title: "max", Num: true},
	}}
	for i := range b.r.Requests {
		r := &b.r.Requests[i]
		for k := range r.Measures {
			m := &r.Measures[k]
			if m.Samples == 0 && !m.Limited {
				continue
			}
			t.Rows = append(t.Rows, row{Slot: -1, Cells: []cellView{
				words(text.Clean(r.Name)), words(m.Measure), number(m.Samples),
				latencyCell(&m.Latency, "p50"), latencyCell(&m.Latency, "p95"), latencyCell(&m.Latency, "p99"), latencyCell(&m.Latency, "max"),
			}})
		}
	}
	return t
}

func (b *builder) metricTable() table {
	t := table{ID: "metric-table", Title: "Metrics", Says: "What requests recorded of their answers.", Cols: []column{{Title: "SLA"}, {Title: "metric"}, {Title: "n", Num: true}}}
	names := []string{"min", "mean", "p50", "p90", "p95", "p99", "max"}
	for _, n := range names {
		t.Cols = append(t.Cols, column{Title: n, Num: true})
	}
	for i := range b.r.Metrics {
		m := &b.r.Metrics[i]
		cells := []cellView{stateCell(stateOf(m.State)), words(text.Clean(m.Name)), number(m.Samples)}
		for k, n := range names {
			s, mark := m.Figure(n)
			c := cellView{Text: s, Mark: mark}
			if v := []*report.Num{m.Min, m.Mean, m.P50, m.P90, m.P95, m.P99, m.Max}[k]; v != nil {
				c.Value = value(float64(*v))
			}
			cells = append(cells, c)
		}
		t.Rows = append(t.Rows, row{Slot: -1, Cells: cells})
	}
	return t
}

func (b *builder) classTable() table {
	t := table{ID: "class-table", Title: "Users", Says: "What each class of users did.", Cols: append([]column{{Title: "users"}, {Title: "ran", Num: true}}, figureColumns...)}
	if len(b.r.Classes) < 2 {
		return t
	}
	for i := range b.r.Classes {
		c := &b.r.Classes[i]
		t.Rows = append(t.Rows, row{Slot: -1, Cells: append([]cellView{words(text.Clean(c.Name)), number(c.Users)}, figureCells(&c.Figures)...)})
		if c.StartFailed > 0 {
			t.Notes = append(t.Notes, fmt.Sprintf("! %s of %s failed to start", text.Count(c.StartFailed), text.Clean(c.Name)))
		}
	}
	return t
}

// phaseRow is where the time of a request's successes went.
type phaseRow struct {
	Name  string
	Total string
	Bar   template.HTML
	Says  string
	Opens string
}

func (b *builder) phases() []phaseRow {
	longest := report.Ms(0)
	sum := func(p *report.Phases) report.Ms { return p.DNS + p.Connect + p.TLS + p.Wait + p.Body }
	for i := range b.r.Requests {
		if p := b.r.Requests[i].Phases; p != nil {
			longest = max(longest, sum(p))
		}
	}
	var list []phaseRow
	for i := range b.r.Requests {
		r := &b.r.Requests[i]
		if r.Phases == nil || longest == 0 {
			continue
		}
		p := r.Phases
		var g svg
		says := phasesText(p)
		g.stretch(drawWidth, 10, "phases", "mean phases: "+says)
		x := 0.0
		for _, part := range partsOf(p) {
			w := drawWidth * float64(part.at) / float64(longest)
			g.rect("phase "+part.name, x, 0, w, 10)
			x += w
		}
		list = append(list, phaseRow{text.Clean(r.Name), text.Duration(float64(sum(p))), g.close(), says, counted(p.Connections, "connection") + " opened"})
	}
	return list
}

// part is a phase with its mean length.
type part struct {
	name string
	at   report.Ms
}

func partsOf(p *report.Phases) []part {
	return []part{{"dns", p.DNS}, {"connect", p.Connect}, {"tls", p.TLS}, {"wait", p.Wait}, {"body", p.Body}}
}

func phasesText(p *report.Phases) string {
	var says []string
	for _, part := range partsOf(p) {
		if part.at > 0 {
			says = append(says, part.name+" "+text.Duration(float64(part.at)))
		}
	}
	return strings.Join(says, " · ")
}

type errorSection struct {
	Says string
	Rows []errorRow
	Rest string
	Also []string // abandoned tasks, users that left
}

type errorRow struct {
	Count, What, Request, First, When, Hint, Site, Class string
	Bar                                                  template.HTML
	Sent, Answer                                         string
	Href                                                 string
}

// maxErrors is how many kinds of failures the page shows.
const maxErrors = 200

func (b *builder) errors() errorSection {
	var s errorSection
	list := b.r.Errors
	t := &b.r.Total
	switch {
	case len(list) == 0 && t.Samples > 0:
		s.Says = fmt.Sprintf("0 errors in %s.", counted(t.Samples, "request"))
	case len(list) == 0:
		s.Says = "No request was finished, so none failed."
	default:
		s.Says = fmt.Sprintf("%s of %s requests failed (%s %%), in %s. The first of each kind is shown with its answer; secrets are masked.",
			text.Count(t.Failed), text.Count(t.Samples), text.Percent(float64(t.ErrorRate)), counted(int64(len(list)), "kind"))
	}
	if t.Retried > 0 {
		s.Says += " " + text.Count(t.Retried) + " of the failures were tried again."
	}
	if len(list) > maxErrors {
		var n int64
		for i := range list[maxErrors:] {
			n += list[maxErrors+i].Count
		}
		s.Rest = fmt.Sprintf("%s more, %s: see summary.json", counted(int64(len(list)-maxErrors), "kind"), counted(n, "failure"))
		list = list[:maxErrors]
	}
	for i := range list {
		s.Rows = append(s.Rows, b.errorRow(&list[i]))
	}
	for _, a := range b.r.Abandoned {
		s.Also = append(s.Also, fmt.Sprintf("%s of %s abandoned: session.%s held nothing (%s)", counted(a.Count, "task"), text.Clean(a.Class), text.Clean(a.Value), site(a.Site)))
	}
	for _, l := range b.r.Leaves {
		s.Also = append(s.Also, fmt.Sprintf("%s left the %s early: %s (%s)", counted(l.Count, "user"), l.Left, text.Clean(l.Message), site(l.Site)))
	}
	return s
}

func (b *builder) errorRow(e *report.Error) errorRow {
	first, last := time.Duration(e.First), time.Duration(e.Last)
	row := errorRow{
		Count: text.Count(e.Count), What: e.What(), Request: text.Clean(e.Request), First: text.Clock(first), When: text.Clock(first), Hint: text.Clean(e.Detail),
		Site: site(e.Site), Sent: lines(e.Example.Sent), Answer: lines(e.Example.Answer), Href: rangeLink(first-5*time.Second, last+5*time.Second),
	}
	if text.Clock(last) != row.When {
		row.When += "–" + text.Clock(last)
	}
	if row.Hint == "" {
		row.Hint = text.Style{}.Cut(text.Clean(strings.Join(strings.Fields(e.Example.Answer), " ")), 90)
	}
	if row.Hint == "" && e.Status > 0 {
		row.Hint = "(empty answer)"
	}
	if row.Request == "" {
		row.Request = "several requests"
	}
	if e.UserClass != "" {
		row.Class = text.Clean(e.UserClass + " / " + e.Task)
	}
	if row.Answer == "" && e.Status > 0 {
		row.Answer = "(empty)"
	}
	var g svg
	const w, h = 120.0, 10.0
	g.open(w, h, "when", "failures from "+text.Clock(first)+" to "+text.Clock(last))
	g.rect("run", 0, 4, w, 2)
	from, to := w*b.t.share(first), w*b.t.share(last)
	g.rect("span", min(from, w-3), 1, max(3, to-from), 8)
	row.Bar = g.close()
	return row
}

// lines cleans a text of several lines.
func lines(s string) string {
	list := strings.Split(strings.TrimRight(strings.ReplaceAll(s, "\r\n", "\n"), "\n"), "\n")
	for i, l := range list {
		list[i] = text.Clean(strings.ReplaceAll(l, "\t", "    "))
	}
	return strings.Join(list, "\n")
}

type mixSection struct {
	Says  string
	Table table
}

func (b *builder) mix() mixSection {
	s := mixSection{Says: "Nothing was declared that could be compared."}
	s.Table = table{ID: "mix-table", Title: "Mix", Cols: []column{
		{Title: "users / task"}, {Title: "declared %", Num: true}, {Title: "got %", Num: true}, {Title: "difference", Num: true}, {Title: "count", Num: true}, {Title: "of"}, {Title: "declared ○ got ●", Plain: true},
	}}
	most, worst := -1.0, (*report.Share)(nil)
	for i := range b.r.Mix {
		m := &b.r.Mix[i]
		diff, drawing := cellView{Text: text.None}, template.HTML("")
		if m.Declared != nil && m.Achieved != nil {
			d := float64(*m.Achieved - *m.Declared)
			diff = cellView{Text: points(d), Value: value(math.Abs(d))}
			if math.Abs(d) > most && *m.Declared != 1 {
				most, worst = math.Abs(d), m
			}
			drawing = dumbbell(float64(*m.Declared), float64(*m.Achieved))
		}
		declared := shareCell(m.Declared)
		if m.Fixed {
			declared = cellView{Text: "fixed"}
		}
		s.Table.Rows = append(s.Table.Rows, row{Slot: -1, Cells: []cellView{words(m.Name()), declared, shareCell(m.Achieved), diff, number(m.Count), words(m.Counted), {Drawing: drawing}}})
	}
	switch {
	case worst == nil:
	case most < 0.0005:
		s.Says = "As declared: no class or task is off by 0.1 % of the whole."
	default:
		s.Says = fmt.Sprintf("Largest difference: %s, declared %s %%, got %s %%.", worst.Name(), text.Percent(float64(*worst.Declared)), text.Percent(float64(*worst.Achieved)))
	}
	return s
}

// points is a difference of two shares in percentage points.
func points(d float64) string {
	if math.Abs(d) < 0.0005 {
		return "0"
	}
	sign := "+"
	if d < 0 {
		sign, d = "−", -d
	}
	return fmt.Sprintf("%s%.1f", sign, d*100)
}

func dumbbell(declared, achieved float64) template.HTML {
	const w, h = 140.0, 16.0
	var g svg
	g.open(w, h, "dumbbell", fmt.Sprintf("declared %s %%, got %s %%", text.Percent(declared), text.Percent(achieved)))
	x := func(v float64) float64 { return 7 + (w-14)*v }
	g.line("axis", 7, h/2, w-7, h/2)
	g.line("link", x(declared), h/2, x(achieved), h/2)
	g.printf(`<circle class="got" cx="%s" cy="%s" r="3.5"/><circle class="declared" cx="%s" cy="%s" r="5.5"/>`, f(x(achieved)), f(h/2), f(x(declared)), f(h/2))
	return g.close()
}

type healthSection struct {
	State  state
	Says   string
	Faults []string
	Facts  []fact
	Models []string
	Notes  []string
}

func (b *builder) health() healthSection {
	g := &b.r.Generator
	s := healthSection{State: stateOf(text.Pass), Says: "The generator kept up: what was measured is the target's doing.", Models: b.words.Models}
	if !g.OK {
		s.State, s.Says = stateOf(text.Warn), "The generator did not keep up: figures may be its own doing, not the target's."
		s.Faults = append(s.Faults, g.Saturated...)
		if g.LocalFailures > 0 {
			s.Faults = append(s.Faults, counted(g.LocalFailures, "failure")+" of this machine, not of the target")
		}
	}
	if b.run.Broken != "" && g.OK {
		s.State, s.Says = incomplete, "As far as is known, the generator kept up."
	}
	for i := range s.Faults {
		s.Faults[i] = capital(text.Clean(s.Faults[i]))
	}
	for i := range s.Models {
		s.Models[i] = capital(text.Clean(s.Models[i])) + "."
	}
	for _, n := range b.r.Notes {
		s.Notes = append(s.Notes, capital(text.Clean(n)))
	}
	percentOf := func(x report.Num) string { return text.Percent(float64(x)) + " %" }
	dur := func(x report.Ms) string { return text.Duration(float64(x)) }
	s.Facts = []fact{
		{"CPU", fmt.Sprintf("%s mean, %s at most, of %s", percentOf(g.CPU), percentOf(g.CPUPeak), counted(int64(g.Cores), "core"))},
		{"Start lag", fmt.Sprintf("median %s, p99 %s, at most %s: from when a step was due to when it began", dur(g.StartLagP50), dur(g.StartLagP99), dur(g.StartLagMax))},
		{"Tick lag", "p99 " + dur(g.TickLagP99)}, {"Scheduler", "p99 " + dur(g.SchedP99)},
		{"Garbage collection", fmt.Sprintf("longest pause %s, %s in all", dur(g.GCPauseMax), dur(g.GCPauseTotal))},
		{"Memory", text.Bytes(g.MemoryPeak) + " at most"}, {"Goroutines", text.Count(int64(g.Goroutines)) + " at most"},
		{"Books", strings.TrimPrefix(b.words.Books, "books ")}, {"Clamped samples", text.Count(g.Clamped)},
	}
	if n := g.Network; n != nil {
		s.Facts = append(s.Facts, fact{"TCP, whole machine", fmt.Sprintf("%s sent, %s sent again, %s by listeners, %s for full buffers",
			counted(n.SegmentsOut, "segment"), text.Count(n.Retransmitted), counted(n.ListenDrops, "drop"), counted(n.BufferPressed, "drop"))})
	}
	return s
}
