// Package locust writes a run as the four CSV files that Locust writes with
// --csv, so that what reads those reads ours: the same columns in the same
// order, the same number formats and line ends. Three things differ, for the
// better: percentiles are of nearest rank, where Locust rounds each time to
// two digits first; times are of successes and timeouts, where Locust mixes
// in how fast failures failed; and failures come most frequent first.
//
// Groups are left out: Locust has no such thing, and their times hold those
// of their requests, so whoever adds up the lines would count twice.
//
// The form is that of locust/stats.py as of Locust 2.46; Legacy is that of
// 0.14 and before.
package locust

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/export/sheet"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/results"
)

// File is one of the files, by what is behind the prefix in its name.
type File struct {
	Suffix string // "_stats.csv"
	Write  func(io.Writer) error
}

// Options say which of Locust's forms is meant.
type Options struct {
	// Full has a line for every request in each second of the history, as
	// --csv-full-history does, and not only for all of them together.
	Full bool
	// Legacy has the column names from before Locust 1.0, those of scripts
	// written for them beside ("Average", "Min", "Max", "Failure Rate"), and
	// the files _requests.csv and _distribution.csv.
	Legacy bool
}

// Files are the files of a run, in the order of Locust's documentation.
func Files(run *results.Run, o Options) []File {
	t := &table{run: run, legacy: o.Legacy}
	files := []File{
		{"_stats.csv", t.stats},
		{"_stats_history.csv", func(w io.Writer) error { return history(w, run, o) }},
		{"_failures.csv", t.failures},
		{"_exceptions.csv", t.exceptions},
	}
	if o.Legacy {
		files = append(files, File{"_requests.csv", t.requests}, File{"_distribution.csv", t.distribution})
	}
	return files
}

// percentiles are the columns of Locust, and the quantiles they stand for.
var percentiles = []struct {
	column string
	q      float64
}{
	{"50%", 0.5}, {"66%", 0.66}, {"75%", 0.75}, {"80%", 0.8}, {"90%", 0.9}, {"95%", 0.95}, {"98%", 0.98}, {"99%", 0.99},
	{"99.9%", 0.999}, {"99.99%", 0.9999}, {"100%", 1},
}

func percentileNames() []string {
	var names []string
	for _, p := range percentiles {
		names = append(names, p.column)
	}
	return names
}

// quantiles are the percentile columns of s: whole milliseconds, or N/A. A
// percentile that timeouts reach is at least as long as the time they were
// given, and as every percentile before it; the columns have no sign for
// "at least".
func quantiles(s *record.Stats) []string {
	fields := make([]string, 0, len(percentiles))
	before := int64(0)
	for _, p := range percentiles {
		l := s.Quantile(p.q)
		if p.q == 1 {
			l = s.MaxLatency()
		}
		l.Ns = max(l.Ns, before)
		before = l.Ns
		fields = append(fields, whole(l))
	}
	return fields
}

func whole(l record.Latency) string {
	if !l.Valid {
		return "N/A"
	}
	return sheet.Int(int64(math.Round(float64(l.Ns) / 1e6)))
}

// median is the same, but 0 where there is nothing, as in Locust.
func median(s *record.Stats) string {
	if l := s.Quantile(0.5); l.Valid {
		return whole(l)
	}
	return "0"
}

// line is a line of the table: a request, or all of them.
type line struct {
	method, name string
	stats        *record.Stats
}

const aggregated = "Aggregated"

// lines are a run's requests by name, then by method, as Locust sorts them.
// index tells which of the run's rows each is.
func lines(run *results.Run) (list []line, index []int) {
	for i := range run.Rows {
		if run.Rows[i].Kind == plan.RequestSeries {
			index = append(index, i)
		}
	}
	slices.SortStableFunc(index, func(a, b int) int {
		x, y := &run.Rows[a], &run.Rows[b]
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Method, y.Method))
	})
	for _, i := range index {
		r := &run.Rows[i]
		list = append(list, line{sheet.Text(r.Method), sheet.Text(r.Name), r.Total})
	}
	return list, index
}

// table is the run as a whole.
type table struct {
	run    *results.Run
	legacy bool
}

func (t *table) seconds() float64 { return time.Duration(t.run.Report.Run.Measured).Seconds() }

func (t *table) lines() []line {
	list, _ := lines(t.run)
	var all []*record.Stats
	for i := range list {
		all = append(all, list[i].stats)
	}
	return append(list, line{"", aggregated, record.Merge(all...)})
}

// ms are milliseconds as Locust writes a time that it did not round.
func ms(ns int64) string { return sheet.Float(float64(ns) / 1e6) }

func rate(n int64, seconds float64) string {
	if seconds <= 0 {
		return "0.0"
	}
	return sheet.Float(float64(n) / seconds)
}

// size is the mean number of bytes received for a request.
func size(s *record.Stats) string {
	if s.Count() == 0 {
		return "0.0"
	}
	return sheet.Float(float64(s.BytesIn) / float64(s.Count()))
}

func failed(s *record.Stats) int64 {
	if s == nil {
		return 0
	}
	return s.Failed
}

// figures are the columns between the counts and the percentiles.
func figures(s *record.Stats) []string {
	mean := "0.0"
	if s.MeanLatency().Valid {
		mean = ms(s.MeanLatency().Ns)
	}
	return []string{median(s), mean, least(s), longest(s), size(s)}
}

func least(s *record.Stats) string {
	switch {
	case s != nil && s.OK > 0:
		return ms(s.Min())
	case s.Judged() > 0: // timeouts only
		return ms(s.Quantile(0).Ns)
	}
	return "0"
}

func longest(s *record.Stats) string {
	if l := s.MaxLatency(); l.Valid {
		return ms(l.Ns)
	}
	return "0"
}

func (t *table) stats(w io.Writer) error {
	out := sheet.NewCRLF(w)
	head := []string{"Type", "Name", "Request Count", "Failure Count", "Median Response Time", "Average Response Time",
		"Min Response Time", "Max Response Time", "Average Content Size", "Requests/s", "Failures/s"}
	if t.legacy {
		head = []string{"Type", "Name", "# requests", "# failures", "Median response time", "Average response time",
			"Min response time", "Max response time", "Average Content Size", "Requests/s", "Requests Failed/s"}
	}
	head = append(head, percentileNames()...)
	if t.legacy {
		head = append(head, "Median", "Average", "Min", "Max", "Failure Rate")
	}
	out.Line(head...)
	for _, l := range t.lines() {
		s := l.stats
		fields := append([]string{l.method, l.name, sheet.Int(s.Count()), sheet.Int(failed(s))}, figures(s)...)
		fields = append(fields, rate(s.Count(), t.seconds()), rate(failed(s), t.seconds()))
		fields = append(fields, quantiles(s)...)
		if t.legacy {
			f := figures(s)
			fields = append(fields, f[0], f[1], f[2], f[3], rate(failed(s), float64(s.Count())))
		}
		out.Line(fields...)
	}
	return out.Err()
}

// requests is the table of Locust before 0.14.
func (t *table) requests(w io.Writer) error {
	out := sheet.NewCRLF(w)
	out.Line("Method", "Name", "# requests", "# failures", "Median response time", "Average response time",
		"Min response time", "Max response time", "Average Content Size", "Requests/s")
	for _, l := range t.lines() {
		method := cmp.Or(l.method, "None")
		fields := append([]string{method, l.name, sheet.Int(l.stats.Count()), sheet.Int(failed(l.stats))}, figures(l.stats)...)
		out.Line(append(fields, rate(l.stats.Count(), t.seconds()))...)
	}
	return out.Err()
}

// distribution is the other table of Locust before 0.14.
func (t *table) distribution(w io.Writer) error {
	out := sheet.NewCRLF(w)
	shown := []int{0, 1, 2, 3, 4, 5, 6, 7, len(percentiles) - 1}
	head := []string{"Name", "# requests"}
	for _, i := range shown {
		head = append(head, percentiles[i].column)
	}
	out.Line(head...)
	for _, l := range t.lines() {
		name := l.name
		if l.method != "" {
			name = l.method + " " + name
		}
		fields, all := []string{name, sheet.Int(l.stats.Count())}, quantiles(l.stats)
		for _, i := range shown {
			fields = append(fields, all[i])
		}
		out.Line(fields...)
	}
	return out.Err()
}

// failures has a line for each kind of failure. Its text looks like the repr
// of an exception, as Locust's does: the class of the failure, and in
// brackets the status and what else is known.
func (t *table) failures(w io.Writer) error {
	out := sheet.NewCRLF(w)
	head := []string{"Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"}
	if t.legacy {
		head = head[:4]
	}
	out.Line(head...)
	rep := t.run.Report
	for i := range rep.Errors {
		e := &rep.Errors[i]
		method, name := t.request(e.Request)
		fields := []string{method, name, sheet.Text(errorText(e)), sheet.Int(e.Count), t.clock(e.First), t.clock(e.Last)}
		out.Line(fields[:len(head)]...)
	}
	return out.Err()
}

// request splits the label of a request.
func (t *table) request(label string) (method, name string) {
	for i := range t.run.Rows {
		if r := &t.run.Rows[i]; r.Label == label {
			return sheet.Text(r.Method), sheet.Text(r.Name)
		}
	}
	return "", sheet.Text(label)
}

// clock is a time of the run as Locust writes one.
func (t *table) clock(at report.Ms) string {
	return t.run.Report.Run.Started.Add(time.Duration(at)).UTC().Format("2006-01-02T15:04:05Z")
}

func errorText(e *report.Error) string {
	var args []string
	if e.Status != 0 {
		args = append(args, strconv.Itoa(e.Status))
	}
	if e.Detail != "" {
		args = append(args, quote(e.Detail))
	}
	return e.Class + "(" + strings.Join(args, ", ") + ")"
}

// quote writes a text as Python's repr does.
func quote(s string) string {
	s = strings.ReplaceAll(s, `\`, `\\`)
	if strings.Contains(s, "'") && !strings.Contains(s, `"`) {
		return `"` + s + `"`
	}
	return "'" + strings.ReplaceAll(s, "'", `\'`) + "'"
}

// exceptions has what went wrong in the scenario itself, as Locust has what
// its script raised: expressions that could not be evaluated, tasks that
// ended because a value was missing, and defects of throng.
func (t *table) exceptions(w io.Writer) error {
	out := sheet.NewCRLF(w)
	out.Line("Count", "Message", "Traceback", "Nodes")
	rep := t.run.Report
	for i := range rep.Errors {
		e := &rep.Errors[i]
		if e.Class != plan.FailExpression.String() && e.Class != plan.FailInternal.String() {
			continue
		}
		out.Line(sheet.Int(e.Count), sheet.Text(cmp.Or(e.Detail, e.Class)), sheet.Text(place(e.Site, e.Request)), "local")
	}
	for _, a := range rep.Abandoned {
		out.Line(sheet.Int(a.Count), sheet.Text(fmt.Sprintf("session.%s was missing", a.Value)), sheet.Text(place(a.Site, a.Class)), "local")
	}
	return out.Err()
}

// place is a line of the scenario, and whose it is.
func place(s *report.Site, whose string) string {
	if s == nil {
		return "in " + whose
	}
	return fmt.Sprintf("%s:%d, in %s", s.File, s.Line, whose)
}
