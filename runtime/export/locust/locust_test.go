package locust

import (
	"bytes"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/export/exporttest"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/results"
)

func write(t *testing.T, run *results.Run, o Options) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, f := range Files(run, o) {
		var b bytes.Buffer
		if err := f.Write(&b); err != nil {
			t.Fatal(err)
		}
		files[f.Suffix] = b.String()
	}
	return files
}

func read(t *testing.T, text string) (head []string, lines []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, fields := range all[1:] {
		line := map[string]string{}
		for i, f := range fields {
			line[all[0][i]] = f
		}
		lines = append(lines, line)
	}
	return all[0], lines
}

func TestGolden(t *testing.T) {
	for name, o := range map[string]Options{"current": {}, "full": {Full: true}, "legacy": {Legacy: true}} {
		for suffix, text := range write(t, exporttest.Run(reporttest.Interrupted()), o) {
			golden.Check(t, name+suffix, text)
		}
	}
	for suffix, text := range write(t, exporttest.Run(reporttest.Failed()), Options{}) {
		if suffix != "_stats_history.csv" {
			golden.Check(t, "failed"+suffix, text)
		}
	}
}

// TestColumns holds the heads of Locust 2.46 and 0.14, letter by letter.
func TestColumns(t *testing.T) {
	const percent = "50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%"
	run := exporttest.Run(reporttest.Interrupted())
	for _, c := range []struct {
		options Options
		suffix  string
		want    string
	}{
		{Options{}, "_stats.csv", "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s," + percent},
		{Options{}, "_stats_history.csv", "Timestamp,User Count,Type,Name,Requests/s,Failures/s," + percent + ",Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size"},
		{Options{}, "_failures.csv", "Method,Name,Error,Occurrences,First Seen,Last Seen"},
		{Options{}, "_exceptions.csv", "Count,Message,Traceback,Nodes"},
		{Options{Legacy: true}, "_requests.csv", "Method,Name,# requests,# failures,Median response time,Average response time,Min response time,Max response time,Average Content Size,Requests/s"},
		{Options{Legacy: true}, "_distribution.csv", "Name,# requests,50%,66%,75%,80%,90%,95%,98%,99%,100%"},
		{Options{Legacy: true}, "_failures.csv", "Method,Name,Error,Occurrences"},
	} {
		text := write(t, run, c.options)[c.suffix]
		head, _, _ := strings.Cut(text, "\n")
		if head != c.want+"\r" {
			t.Errorf("%s %+v begins\n%q, want\n%q", c.suffix, c.options, head, c.want)
		}
		if strings.Count(text, "\r\n") != strings.Count(text, "\n") {
			t.Errorf("%s has lines that do not end in CRLF", c.suffix)
		}
	}
}

// TestAggregatedIsTheSum holds order, sums and number formats.
func TestAggregatedIsTheSum(t *testing.T) {
	run := exporttest.Run(reporttest.Failed())
	_, lines := read(t, write(t, run, Options{})["_stats.csv"])
	last := lines[len(lines)-1]
	if last["Type"] != "" || last["Name"] != "Aggregated" {
		t.Fatalf("the last line is %v", last)
	}
	sorted := slices.IsSortedFunc(lines[:len(lines)-1], func(a, b map[string]string) int {
		return strings.Compare(a["Name"]+"\x00"+a["Type"], b["Name"]+"\x00"+b["Type"])
	})
	if !sorted {
		t.Error("lines are not sorted by name and type")
	}
	var requests, failures int64
	for _, l := range lines[:len(lines)-1] {
		requests += whole64(t, l["Request Count"])
		failures += whole64(t, l["Failure Count"])
	}
	total := run.Report.Total
	if requests != total.Samples || failures != total.Failed || whole64(t, last["Request Count"]) != requests || whole64(t, last["Failure Count"]) != failures {
		t.Errorf("%d requests, %d failures; the report has %d, %d, the last line %v", requests, failures, total.Samples, total.Failed, last)
	}
	if f := last["Requests/s"]; f != strconv.FormatFloat(float64(total.Rate), 'f', -1, 64) {
		t.Errorf("%s requests/s, the report has %v", f, total.Rate)
	}
	for _, l := range lines {
		for i := 1; i < len(percentiles) && l["50%"] != "N/A"; i++ {
			if whole64(t, l[percentiles[i-1].column]) > whole64(t, l[percentiles[i].column]) {
				t.Errorf("of %s, %s is more than %s", l["Name"], percentiles[i-1].column, percentiles[i].column)
			}
		}
		for _, column := range []string{"Average Response Time", "Average Content Size", "Requests/s", "Failures/s"} {
			if !strings.Contains(l[column], ".") {
				t.Errorf("%s of %s is %s: no float of Python", column, l["Name"], l[column])
			}
		}
	}
}

func whole64(t *testing.T, s string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPercentilesAreReal has ten times, 10 ms to 100 ms: Locust says that
// their median is 60.
func TestPercentilesAreReal(t *testing.T) {
	run := tiny(t, func(add func(at, took time.Duration, class plan.ErrorClass)) {
		for i := range 10 {
			add(time.Duration(i)*time.Second, time.Duration(i+1)*10*time.Millisecond, plan.OK)
		}
	})
	_, lines := read(t, write(t, run, Options{})["_stats.csv"])
	for column, want := range map[string]string{
		"50%": "50", "66%": "70", "75%": "80", "80%": "80", "90%": "90", "95%": "100", "100%": "100", "Median Response Time": "50",
		"Average Response Time": "55.0", "Min Response Time": "10.0", "Max Response Time": "100.0", "Average Content Size": "512.0", "Requests/s": "0.5",
	} {
		if got := lines[0][column]; got != want {
			t.Errorf("%s is %s, want %s", column, got, want)
		}
	}
}

// TestNothingMeasured says N/A as Locust does, and 0 where it does.
func TestNothingMeasured(t *testing.T) {
	files := write(t, exporttest.Run(reporttest.Empty()), Options{Full: true})
	_, lines := read(t, files["_stats.csv"])
	l := lines[len(lines)-1]
	for column, want := range map[string]string{"Request Count": "0", "Median Response Time": "0", "Average Response Time": "0.0", "Min Response Time": "0", "50%": "N/A", "100%": "N/A", "Requests/s": "0.0"} {
		if l[column] != want {
			t.Errorf("%s is %s, want %s", column, l[column], want)
		}
	}
}

// TestHistory has a request a second: rates are over the ten seconds before
// the last two.
func TestHistory(t *testing.T) {
	run := tiny(t, func(add func(at, took time.Duration, class plan.ErrorClass)) {
		for i := range 20 {
			class := plan.OK
			if i%2 == 1 {
				class = plan.FailStatus
			}
			add(time.Duration(i)*time.Second, time.Duration(i+1)*10*time.Millisecond, class)
		}
	})
	_, lines := read(t, write(t, run, Options{})["_stats_history.csv"])
	if len(lines) != 20 {
		t.Fatalf("%d lines, want 20", len(lines))
	}
	for i, want := range map[int]string{0: "0.000000", 3: "1.000000", 19: "1.000000"} {
		if got := lines[i]["Requests/s"]; got != want {
			t.Errorf("second %d: %s requests/s, want %s", i, got, want)
		}
	}
	if got := lines[19]["Failures/s"]; got != "0.500000" {
		t.Errorf("%s failures/s", got)
	}
	if got, want := lines[0]["Timestamp"], strconv.FormatInt(run.Report.Run.Started.Unix()+1, 10); got != want {
		t.Errorf("the first timestamp is %s, want %s", got, want)
	}
	if l := lines[19]; l["100%"] != "190" || l["Total Request Count"] != "20" || l["Total Max Response Time"] != "190.0" {
		t.Errorf("the last line is %v", l)
	}
	_, full := read(t, write(t, run, Options{Full: true})["_stats_history.csv"])
	if l := full[len(full)-1]; len(full) != 40 || l["Name"] != "Aggregated" || l["50%"] != "150" {
		t.Errorf("%d lines, the last %v: want percentiles of the last ten seconds", len(full), l)
	}
	_, thin := read(t, write(t, exporttest.Thinned(run, 4), Options{})["_stats_history.csv"])
	if l := thin[len(thin)-1]; l["Requests/s"] != "1.000000" || l["Total Request Count"] != "20" {
		t.Errorf("of a thinned run, the last line is %v", l)
	}
}

func TestFailures(t *testing.T) {
	run := exporttest.Run(reporttest.Failed())
	_, lines := read(t, write(t, run, Options{})["_failures.csv"])
	var n int64
	for _, l := range lines {
		n += whole64(t, l["Occurrences"])
		if _, err := time.Parse(time.RFC3339, l["First Seen"]); err != nil || !strings.HasSuffix(l["Last Seen"], "Z") {
			t.Errorf("seen from %s to %s", l["First Seen"], l["Last Seen"])
		}
	}
	if n != run.Report.Total.Failed {
		t.Errorf("%d failures, the report has %d", n, run.Report.Total.Failed)
	}
	for want, e := range map[string]report.Error{
		"status(503)": {Class: "status", Status: 503}, `expect(200, "it's wrong")`: {Class: "expect", Status: 200, Detail: "it's wrong"},
		`timeout('a\\b "c" \'d\'')`: {Class: "timeout", Detail: `a\b "c" 'd'`}, "reset()": {Class: "reset"},
	} {
		if got := errorText(&e); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// TestExceptions are of the scenario, not of the target.
func TestExceptions(t *testing.T) {
	run := *exporttest.Run(reporttest.Failed())
	rep := *run.Report
	rep.Errors = append(slices.Clone(rep.Errors), report.Error{Request: "GET /x", Class: "expression", Count: 3, Detail: "=no key", Site: &report.Site{File: "main.hcl", Line: 7}})
	rep.Abandoned = []report.Abandoned{{Class: "reader", Value: "token", Count: 2}}
	run.Report = &rep
	_, lines := read(t, write(t, &run, Options{})["_exceptions.csv"])
	want := []map[string]string{
		{"Count": "3", "Message": "'=no key", "Traceback": "main.hcl:7, in GET /x", "Nodes": "local"},
		{"Count": "2", "Message": "session.token was missing", "Traceback": "in reader", "Nodes": "local"},
	}
	if len(lines) != 2 {
		t.Fatalf("%v", lines)
	}
	for i, l := range lines {
		for k, v := range want[i] {
			if l[k] != v {
				t.Errorf("line %d: %s is %q, want %q", i, k, l[k], v)
			}
		}
	}
}

// tiny is a run of one request, GET /x, in 20 seconds.
func tiny(t *testing.T, play func(add func(at, took time.Duration, class plan.ErrorClass))) *results.Run {
	t.Helper()
	rec := record.New(record.Config{Series: 1, Shards: 1})
	w := rec.Writer(0)
	var samples []record.Sample
	play(func(at, took time.Duration, class plan.ErrorClass) {
		samples = append(samples, record.Sample{Class: class, Intended: int64(at), Start: int64(at), End: int64(at + took), BytesIn: 512})
	})
	var seconds []*results.Second
	var total *record.Stats
	for sec := range 20 {
		at := time.Duration(sec) * time.Second
		for _, s := range samples {
			if time.Duration(s.Start) == at {
				w.Add(s)
			}
		}
		stats := rec.Snapshot(at+time.Second, false).Recent[0]
		total = record.Merge(total, stats)
		seconds = append(seconds, &results.Second{At: at, Length: time.Second, Users: 3, Rows: []*record.Stats{stats}})
	}
	rep := &report.Report{Run: report.Run{Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Measured: report.Ms(20 * time.Second)}}
	return &results.Run{
		Report: rep, Rows: []results.Row{{Kind: plan.RequestSeries, Method: "GET", Name: "/x", Label: "GET /x", Total: total}},
		Each: func(visit func(*results.Second) error) error {
			for _, s := range seconds {
				c := *s
				c.Rows = slices.Clone(s.Rows)
				if err := visit(&c); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
