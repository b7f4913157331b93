package runs

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"throng/runtime/report"
	"throng/runtime/report/text"
)

// brief is a run in the JSON form of lists. Null stands for what is not known.
type brief struct {
	Dir      string       `json:"dir"`
	Label    string       `json:"label"`
	State    State        `json:"state"`
	Problem  string       `json:"problem"`
	Verdict  *text.State  `json:"verdict"`
	Scenario string       `json:"scenario"`
	Profile  string       `json:"profile"`
	Started  *time.Time   `json:"started_at"`
	Elapsed  *report.Ms   `json:"elapsed_ms"`
	Users    int          `json:"peak_users"`
	Requests int64        `json:"requests"`
	Rate     *report.Num  `json:"rate_per_s"`
	Errors   *report.Num  `json:"error_rate_ratio"`
	P50      *report.Ms   `json:"p50_ms"`
	P95      *report.Ms   `json:"p95_ms"`
	P99      *report.Ms   `json:"p99_ms"`
	Bounds   []string     `json:"lower_bounds"` // of the three: the true value is at least the one given
	Limits   *limitCounts `json:"slas"`
}

type limitCounts struct {
	Failed       int `json:"failed"`
	Inconclusive int `json:"inconclusive"`
	Warned       int `json:"warned"`
	Passed       int `json:"passed"`
}

func briefOf(r *Run) brief {
	b := brief{Dir: r.Dir, Label: r.Label, State: r.State, Problem: r.Problem, Bounds: []string{}}
	rep := r.Report
	if rep == nil {
		return b
	}
	v, total := rep.Verdict, &rep.Total
	b.Verdict, b.Scenario, b.Profile = &v.State, rep.Plan.Scenario, rep.Plan.Profile
	b.Started, b.Elapsed, b.Users = &rep.Run.Started, &rep.Run.Elapsed, rep.Run.PeakUsers
	b.Requests, b.Rate = total.Samples, &total.Rate
	if total.Samples > 0 {
		b.Errors = &total.ErrorRate
	}
	b.P50, b.P95, b.P99 = total.Latency.P50, total.Latency.P95, total.Latency.P99
	for _, name := range total.Latency.Bounded {
		if name == "p50" || name == "p95" || name == "p99" {
			b.Bounds = append(b.Bounds, name)
		}
	}
	b.Limits = &limitCounts{v.Failed, v.Inconclusive, v.Warned, v.Passed}
	return b
}

// WriteJSON writes runs for programs: {"runs": [...]}, in the order given.
func WriteJSON(w io.Writer, list []Run) error {
	all := struct {
		Runs []brief `json:"runs"`
	}{Runs: []brief{}}
	for i := range list {
		all.Runs = append(all.Runs, briefOf(&list[i]))
	}
	data, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the runs: %w", err)
	}
	_, err = w.Write(append(data, '\n'))
	return err
}

// minName is what a label or profile keeps before columns are dropped.
const minName = 8

// WriteList writes runs as a table with two lines each: the figures, and what
// was run and where it lies. The directory is never shortened, so that it can
// be copied; all else keeps to the width.
func WriteList(w io.Writer, list []Run, st text.Style, width int) error {
	table := &text.Table{Style: st, Min: minName, Columns: []text.Column{
		{Title: "VERDICT"}, {Title: "started (UTC)"}, {Title: "ran", Right: true, Drop: 1},
		{Title: "requests", Right: true, Drop: 2}, {Title: "err %", Right: true}, {Title: "p95", Right: true}, {Title: "label", Shrink: true},
	}}
	for i := range list {
		table.Rows = append(table.Rows, listRow(&list[i], st))
	}
	lines := table.Lines(width)
	var b strings.Builder
	writeLine(&b, lines[0])
	for i := range list {
		writeLine(&b, lines[i+1])
		writeLine(&b, "  "+whatAndWhere(&list[i], st))
	}
	if note := footnote(table.Rows); note != "" {
		writeLine(&b, note)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeLine(b *strings.Builder, s string) {
	b.WriteString(strings.TrimRight(s, " "))
	b.WriteByte('\n')
}

func listRow(r *Run, st text.Style) []text.Cell {
	word, role := r.verdict()
	none := text.Cell{Text: st.Text(text.None), Role: text.Dim}
	row := []text.Cell{{Text: word, Role: role}, none, none, none, none, none, {Text: st.Text(text.Clean(r.Label)), Role: text.Bold}}
	if rep := r.Report; rep != nil {
		row[1] = text.Cell{Text: clock(rep.Run.Started)}
		row[2] = text.Cell{Text: text.Clock(time.Duration(rep.Run.Elapsed))}
		row[3] = text.Cell{Text: text.Count(rep.Total.Samples)}
		row[4] = report.ErrorCell(st, &rep.Total)
		row[5] = report.LatencyCell(st, &rep.Total.Latency, "p95")
	}
	return row
}

// footnote explains the marks of figures, where rows have any.
func footnote(rows [][]text.Cell) string {
	for _, row := range rows {
		for _, c := range row {
			if c.Note == report.FewMark {
				return report.FewMark + " too few samples to prove it"
			}
		}
	}
	return ""
}

func clock(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }

// whatAndWhere names a run: what it ran, or why that is not known, and where
// it lies.
func whatAndWhere(r *Run, st text.Style) string {
	dir := st.Text(text.Clean(r.Dir))
	if r.Report == nil {
		return dir
	}
	return st.Cut(st.Text(text.Clean(r.Report.Plan.Scenario)+" · "+text.Clean(r.Report.Plan.Profile)), 40) + "  " + dir
}

// WriteSummary writes a line for each run, by profile, as the table of all
// profiles of a scenario, and below where each lies.
func WriteSummary(w io.Writer, list []Run, st text.Style, width int) error {
	var b strings.Builder
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].Report.Plan.Scenario == list[0].Report.Plan.Scenario {
			n++
		}
		summarise(&b, list[:n], st, width)
		if list = list[n:]; len(list) > 0 {
			b.WriteByte('\n')
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func summarise(b *strings.Builder, list []Run, st text.Style, width int) {
	scenario := st.Text(text.Clean(list[0].Report.Plan.Scenario))
	writeLine(b, st.Paint(text.Bold, st.Cut(scenario, width)))
	table := &text.Table{Style: st, Min: minName, Columns: []text.Column{
		{Title: "PROFILE", Shrink: true}, {Title: "VERDICT"}, {Title: "users", Right: true}, {Title: "requests", Right: true, Drop: 2},
		{Title: "req/s", Right: true}, {Title: "p50", Right: true, Drop: 1}, {Title: "p95", Right: true}, {Title: "p99", Right: true},
		{Title: "err %", Right: true}, {Title: "broken", Right: true},
	}}
	for i := range list {
		table.Rows = append(table.Rows, summaryRow(&list[i], st))
	}
	for _, l := range table.Lines(width) {
		writeLine(b, l)
	}
	if note := footnote(table.Rows); note != "" {
		writeLine(b, note)
	}
	b.WriteByte('\n')
	for i := range list {
		r := &list[i]
		writeLine(b, "  "+clock(r.Started())+"  "+st.Text(text.Clean(r.Dir)))
	}
}

func summaryRow(r *Run, st text.Style) []text.Cell {
	rep := r.Report
	word, role := r.verdict()
	v, l := rep.Verdict, &rep.Total.Latency
	return []text.Cell{
		{Text: st.Text(text.Clean(rep.Plan.Profile)), Role: text.Bold}, {Text: word, Role: role},
		{Text: text.Count(int64(rep.Run.PeakUsers))}, {Text: text.Count(rep.Total.Samples)}, {Text: st.Text(text.Rate(float64(rep.Total.Rate)))},
		report.LatencyCell(st, l, "p50"), report.LatencyCell(st, l, "p95"), report.LatencyCell(st, l, "p99"),
		report.ErrorCell(st, &rep.Total), {Text: fmt.Sprintf("%d of %d", v.Failed, v.Failed+v.Inconclusive+v.Warned+v.Passed)},
	}
}
