package analyze

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// locustRows is a run of one request: 20 users from the begin, 10 requests a
// second, and a response time that doubles over five minutes.
func locustRows(seconds int) (count, failed []int64, mean []float64) {
	var sum float64
	var n, bad int64
	for t := range seconds + 1 {
		if t > 0 {
			n += 10
			if t%50 == 0 {
				bad++
			}
			sum += 10 * 100 * (1 + float64(t)/float64(seconds)) * (1 + 0.03*math.Sin(float64(t*t)))
		}
		count, failed = append(count, n), append(failed, bad)
		mean = append(mean, sum/math.Max(float64(n), 1))
	}
	return count, failed, mean
}

func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(strings.ReplaceAll(content, "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const locustStats = `Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response Time,Max Response Time,Average Content Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%
GET,/api/v1/shows,3000,6,150,150.4,90.1,4100.0,120.0,10.0,0.02,150,170,180,190,200,900,3000,3100,4100,4100,4100
POST,/posts,100,0,700,710.0,300.0,1900.0,12.0,0.3,0.0,700,900,1000,1100,1500,1800,1800,1900,1900,1900,1900
,Aggregated,3100,6,150,168.0,90.1,4100.0,116.0,10.3,0.02,150,170,180,190,210,1000,3000,3100,4100,4100,4100
`

func locustHistory(full bool) string {
	var b strings.Builder
	b.WriteString("Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%,Total Request Count,Total Failure Count,Total Median Response Time,Total Average Response Time,Total Min Response Time,Total Max Response Time,Total Average Content Size\n")
	count, failed, mean := locustRows(300)
	for i := range count {
		line := func(kind, name string) {
			fmt.Fprintf(&b, "%d,20,%s,%s,10.000000,0.020000,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,N/A,%d,%d,150,%v,90.1,4100.0,120.0\n", 1700000000+i, kind, name, count[i], failed[i], mean[i])
		}
		if full {
			line("GET", "/api/v1/shows")
		}
		line("", "Aggregated")
	}
	return b.String()
}

func TestLocustFiles(t *testing.T) {
	dir := writeFiles(t, map[string]string{"peak_stats.csv": locustStats, "peak_stats_history.csv": locustHistory(true), "peak_failures.csv": "Method,Name,Error,Occurrences\n"})
	for _, path := range []string{dir, filepath.Join(dir, "peak"), filepath.Join(dir, "peak_stats.csv"), filepath.Join(dir, "peak_stats_history.csv")} {
		if _, err := findStats(path); err != nil {
			t.Errorf("%s is not taken for files of Locust: %v", path, err)
		}
	}
	in, err := FromLocust(filepath.Join(dir, "peak"))
	if err != nil {
		t.Fatal(err)
	}
	shows := in.request("GET /api/v1/shows")
	if shows == nil || shows.Total.Count != 3000 || shows.Total.Failed != 6 || shows.Total.P95 != 900e6 || shows.Total.Mean != 150.4e6 {
		t.Fatalf("read %+v", shows)
	}
	if n := len(in.Stretches); n < 100 || n > most {
		t.Errorf("%d stretches", n)
	}
	var count, failed int64
	for _, c := range shows.Cells {
		count, failed = count+c.Count, failed+c.Failed
	}
	if count < 2950 || count > 3000 || failed != 6 {
		t.Errorf("the course has %d requests and %d failures", count, failed)
	}
	r := Analyze(in)
	// A read is a read, whatever its path contains: 500 and 1000 ms.
	want := map[string]Severity{"GET /api/v1/shows p95": Critical, "GET /api/v1/shows p99": Critical}
	for _, f := range r.Findings {
		if f.Kind != "budget" {
			continue
		}
		key := f.Request + " " + f.Evidence[0].Name
		if want[key] != f.Severity {
			t.Errorf("unexpected: %s %s", f.Severity, f.Says)
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
	if !slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Kind == "slowdown" && f.Request == "GET /api/v1/shows" }) {
		t.Error("the slowdown is not found")
	}
	for _, c := range r.Checks {
		if (c.Kind == "modes" || c.Kind == "stall" || c.Kind == "bottleneck" || c.Kind == "timeouts") && c.State != Unknown {
			t.Errorf("%s is %s, though the files cannot tell", c.Kind, c.State)
		}
	}
}

// Without the full history the sum of all requests has a course.
func TestLocustAggregatedHistory(t *testing.T) {
	dir := writeFiles(t, map[string]string{"x_stats.csv": locustStats, "x_stats_history.csv": locustHistory(false)})
	in, err := FromLocust(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(Analyze(in).Findings, func(f Finding) bool { return f.Kind == "slowdown" && f.Request == "all requests" }) {
		t.Error("the slowdown is not found")
	}
}

// The columns of before 1.0, as the older analysers read them.
func TestLocustOldColumns(t *testing.T) {
	dir := writeFiles(t, map[string]string{"old_stats.csv": `"Type","Name","# requests","# failures","Median response time","Average response time","Min response time","Max response time","Average Content Size","Requests/s","Requests Failed/s","50%","66%","75%","80%","90%","95%","98%","99%","99.9%","99.99%","99.999%","100%"
"GET","/slow",1000,60,300,310.0,10,9000,100,10.0,0.6,300,400,450,500,600,700,800,900,9000,9000,9000,9000
"None","Aggregated",1000,60,300,310.0,10,9000,100,10.0,0.6,300,400,450,500,600,700,800,900,9000,9000,9000,9000
`})
	in, err := FromLocust(dir)
	if err != nil {
		t.Fatal(err)
	}
	r := in.request("GET /slow")
	if r == nil || r.Total.Count != 1000 || r.Total.Failed != 60 || r.Total.Mean != 310e6 || r.Total.Max != 9000e6 {
		t.Fatalf("read %+v", r)
	}
	var says []string
	for _, f := range Analyze(in).Findings {
		says = append(says, string(f.Severity)+" "+f.Evidence[0].Name)
	}
	if !slices.Equal(says, []string{"critical error_rate", "high p95"}) {
		t.Errorf("found %q", says)
	}
}

// A column that is missing, or a field that is no number, is named.
func TestLocustFaults(t *testing.T) {
	for want, stats := range map[string]string{
		`has no column "Request Count", nor "# requests"; its columns are: Type, Name, Requests`: "Type,Name,Requests\nGET,/,3\n",
		`has no column "95%"`:                                    strings.ReplaceAll(locustStats, ",95%,", ",p95,"),
		`line 2, column "Request Count": "many" is no count`:     strings.Replace(locustStats, "3000,6", "many,6", 1),
		`line 2, column "95%": "?" is no number of milliseconds`: strings.Replace(locustStats, ",900,", ",?,", 1),
		`3001 failures of 3000 requests`:                         strings.Replace(locustStats, "3000,6", "3000,3001", 1),
		`has no rows`:                                            strings.SplitAfter(locustStats, "\n")[0],
		`is empty`:                                               "",
		`is no CSV file of Locust`:                               "Type,Name\n\"GET\n",
	} {
		dir := writeFiles(t, map[string]string{"x_stats.csv": stats})
		if _, err := FromLocust(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
	for path, want := range map[string]string{
		t.TempDir(): "holds no run and no *_stats.csv",
		"/nowhere":  "neither /nowhere nor /nowhere_stats.csv",
	} {
		if _, err := FromLocust(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}
