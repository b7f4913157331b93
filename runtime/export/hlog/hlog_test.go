package hlog

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"

	"throng/dsl/plan"
	"throng/runtime/export/exporttest"
	"throng/runtime/record"
	"throng/runtime/report"
	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/results"
)

// short is a run of six seconds with failures of every speed.
func short(warmup time.Duration, open bool) *reporttest.Run {
	const ms = time.Millisecond
	return reporttest.Make(&reporttest.Script{
		Name: "short", Profile: "p", Seconds: 6, Warmup: warmup, Open: open, Health: reporttest.Healthy(),
		Routes: []reporttest.Route{
			{Method: "GET", Name: "/a b", Task: "t", PerSecond: 300, Median: 30 * ms, Spread: 3, Timeout: 0.05},
			{Method: "POST", Name: "/c", Task: "t", PerSecond: 90, Median: 5 * ms, Spread: 4, Burst: [2]int{2, 4}},
		},
	})
}

func write(t *testing.T, run *results.Run) []byte {
	t.Helper()
	return exporttest.Written(t, run, Write)
}

// TestGolden keeps the bytes, which another library's reader has read: see
// TestJava.
func TestGolden(t *testing.T) {
	golden.Check(t, "interrupted.hlog", string(write(t, exporttest.Run(reporttest.Interrupted()))))
}

// TestReadBack adds up what the Go library reads, and finds the figures of
// the report, as far as histograms have them.
func TestReadBack(t *testing.T) {
	for name, made := range map[string]*reporttest.Run{"failed": short(0, false), "warm-up": short(2*time.Second, false), "open": short(0, true)} {
		run := exporttest.Run(made)
		sums := map[string]*hdr.Histogram{}
		reader := hdr.NewHistogramLogReader(bytes.NewReader(write(t, run)))
		for {
			h, err := reader.NextIntervalHistogram()
			if err != nil {
				t.Fatal(err)
			}
			if h == nil {
				break
			}
			started := run.Report.Run.Started.UnixMilli()
			if h.StartTimeMs() < started || h.EndTimeMs()-h.StartTimeMs() != 1000 {
				t.Errorf("%s: a histogram of %d..%d ms, the run starts at %d", name, h.StartTimeMs(), h.EndTimeMs(), started)
			}
			if sums[h.Tag()] == nil {
				sums[h.Tag()] = hdr.New(64, 60_000_000_000, 3)
			}
			if dropped := sums[h.Tag()].Merge(h); dropped > 0 {
				t.Errorf("%s: %d values do not fit", name, dropped)
			}
		}
		var all int64
		for i, tag := range Tags(run.Rows) {
			s := run.Rows[i].Total
			ok, failed := count(sums[tag]), count(sums[tag+failedMark])
			if ok != s.OK || failed != s.Failed {
				t.Errorf("%s: %s has %d and %d failed, want %d and %d", name, tag, ok, failed, s.OK, s.Failed)
			}
			all += ok
			if got := distribution(sums[tag]); !slices.Equal(got, s.Buckets()) {
				t.Errorf("%s: %s has the distribution %v, want %v", name, tag, got, s.Buckets())
			}
		}
		if got := count(sums[""]); got != all || got != run.Report.Total.OK {
			t.Errorf("%s: %d without a tag, %d with, the report has %d", name, got, all, run.Report.Total.OK)
		}
	}
}

// distribution is that of h, in the form of record.
func distribution(h *hdr.Histogram) []record.Bucket {
	if h == nil {
		return nil
	}
	var list []record.Bucket
	for _, bar := range h.Distribution() {
		if bar.Count > 0 {
			list = append(list, record.Bucket{From: bar.From, To: bar.To, Count: bar.Count})
		}
	}
	return list
}

func count(h *hdr.Histogram) int64 {
	if h == nil {
		return 0
	}
	return h.TotalCount()
}

// TestJava has the reference implementation read the log.
func TestJava(t *testing.T) {
	const jar = "/usr/share/java/hdrhistogram.jar"
	if _, err := os.Stat(jar); err != nil {
		t.Skip("needs HdrHistogram for Java (libhdrhistogram-java)")
	}
	java, err := exec.LookPath("java")
	if err != nil {
		t.Skip("needs java (default-jre-headless)")
	}
	run := exporttest.Run(short(0, false))
	file := filepath.Join(t.TempDir(), "run.hlog")
	if err := os.WriteFile(file, write(t, run), 0o600); err != nil {
		t.Fatal(err)
	}
	tags := Tags(run.Rows)
	for tag, want := range map[string]*record.Stats{"": merged(run), tags[0]: run.Rows[0].Total} {
		args := []string{"-cp", jar, "org.HdrHistogram.HistogramLogProcessor", "-i", file, "-outputValueUnitRatio", "1000000"}
		if tag != "" {
			args = append(args, "-tag", tag)
		}
		out, err := exec.Command(java, args...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		found := regexp.MustCompile(`#\[Max\s*=\s*([\d.]+), Total count\s*=\s*(\d+)\]`).FindStringSubmatch(string(out))
		if found == nil {
			t.Fatalf("no sum in\n%s", out)
		}
		if found[2] != itoa(want.OK) {
			t.Errorf("tag %q: Java counts %s, want %d", tag, found[2], want.OK)
		}
		p50 := regexp.MustCompile(`(?m)^\s*([\d.]+)\s+0\.500000000000`).FindStringSubmatch(string(out))
		if p50 == nil || !near(t, p50[1], float64(want.Quantile(0.5).Ns)/1e6) {
			t.Errorf("tag %q: Java's median is %v ms, want %v ns (timeouts aside)", tag, p50, want.Quantile(0.5).Ns)
		}
	}
}

func merged(run *results.Run) *record.Stats {
	var list []*record.Stats
	for i := range run.Rows {
		list = append(list, run.Rows[i].Total)
	}
	return record.Merge(list...)
}

func TestTags(t *testing.T) {
	rows := []results.Row{{Label: "GET /a b"}, {Label: "GET /a,b"}, {Label: "GET /a_b"}, {Label: "x!failed"}, {Label: ""}, {Label: " "}, {Label: "a\nb\x1b\u2028\u2003c"}}
	seen := map[string]bool{}
	for i, tag := range Tags(rows) {
		if tag == "" || strings.ContainsAny(tag, ", \r\n\t\u2003") || strings.HasSuffix(tag, failedMark) || seen[tag] {
			t.Errorf("%q has the tag %q", rows[i].Label, tag)
		}
		seen[tag] = true
	}
}

// TestBeyond has a time longer than the histograms reach.
func TestBeyond(t *testing.T) {
	rec := record.New(record.Config{Series: 1, Shards: 1})
	rec.Writer(0).Add(record.Sample{Class: plan.OK, End: int64(90 * time.Second)})
	rec.Writer(0).Add(record.Sample{Class: plan.OK, End: int64(time.Second)})
	stats := rec.Snapshot(time.Second, true).Total[0]
	run := &results.Run{
		Report: &report.Report{Run: report.Run{Started: time.Unix(1e9, 0)}}, Rows: []results.Row{{Label: "GET /", Total: stats}},
		Each: func(visit func(*results.Second) error) error {
			return visit(&results.Second{Length: time.Second, Rows: []*record.Stats{stats}})
		},
	}
	text := write(t, run)
	if !bytes.Contains(text, []byte("#[1 times beyond 60 s")) || !bytes.Contains(text, []byte(",1.000,90000.000,")) {
		t.Errorf("%s", text)
	}
	h, err := hdr.NewHistogramLogReader(bytes.NewReader(text)).NextIntervalHistogram()
	if err != nil || h.TotalCount() != 2 {
		t.Errorf("%v, %v", h, err)
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func near(t *testing.T, text string, want float64) bool {
	t.Helper()
	got, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return got > want*0.97 && got < want*1.03
}
