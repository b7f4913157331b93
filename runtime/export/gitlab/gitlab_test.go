package gitlab

import (
	"bytes"
	"encoding/json"
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

func write(t *testing.T, run *results.Run) []byte {
	t.Helper()
	return exporttest.Written(t, run, Write)
}

func TestGolden(t *testing.T) {
	for name, made := range map[string]*reporttest.Run{"failed": reporttest.Failed(), "empty": reporttest.Empty(), "unjudged": reporttest.Unjudged()} {
		golden.Check(t, name+".json", string(write(t, exporttest.Run(made))))
	}
}

// TestWidget reads what GitLab's widget reads, of a run that kept its times
// to first byte.
func TestWidget(t *testing.T) {
	rec := record.New(record.Config{Series: 1, Shards: 1, Beyond: [][]record.Beyond{{{Measure: plan.MeasureFirstByte}}}})
	for i := range int64(100) {
		rec.Writer(0).Add(record.Sample{Class: plan.OK, Sent: 1, First: 1 + i*1e6, End: i * 1e6, BytesIn: 1})
	}
	run := &results.Run{
		Report: &report.Report{Run: report.Run{Measured: report.Ms(10 * time.Second)}, Total: report.Figures{Samples: 100, OK: 100, Rate: 10}},
		Rows:   []results.Row{{Kind: plan.RequestSeries, Total: rec.Snapshot(time.Second, true).Total[0]}},
	}
	var got struct {
		Metrics struct {
			Checks   struct{ Passes, Fails int }
			HTTPReqs struct{ Rate float64 } `json:"http_reqs"`
			Waiting  map[string]float64     `json:"http_req_waiting"`
		}
	}
	if err := json.Unmarshal(write(t, run), &got); err != nil {
		t.Fatal(err)
	}
	m := got.Metrics
	near := func(v, want float64) bool { return v >= want && v < want*1.002 }
	if m.HTTPReqs.Rate != 10 || !near(m.Waiting["p(90)"], 89) || !near(m.Waiting["p(95)"], 94) {
		t.Errorf("%+v", m)
	}
	run = exporttest.Run(reporttest.Failed())
	if bytes.Contains(write(t, run), []byte("http_req_waiting")) {
		t.Error("times to first byte of a run that kept none")
	}
}
