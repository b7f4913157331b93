package report

import (
	"strings"
	"testing"

	"throng/runtime/report/golden"
	"throng/runtime/report/reporttest"
	"throng/runtime/report/schematest"
	"throng/runtime/report/text"
)

func TestMetricsGoldens(t *testing.T) {
	r := build(reporttest.Measured(), 99)
	for name, o := range map[string]TextOptions{
		"metrics-60": {Width: 60}, "metrics-80-ascii": {Width: 80, Style: text.Style{ASCII: true}}, "metrics-120": {Width: 120}, "metrics-all": {Width: 100, All: true},
	} {
		s := write(t, r, o)
		fits(t, s, o.Width, o.Style.ASCII)
		golden.Check(t, name+".txt", s)
	}
}

// What is recorded in a metric is no request: whatever counts requests is the
// same with and without.
func TestMetricsAreNotRequests(t *testing.T) {
	r := build(reporttest.Measured(), 99)
	if len(r.Requests) != 10 || len(r.Groups) != 0 || len(r.Series) != 10 || len(r.Metrics) != 6 {
		t.Errorf("%d requests, %d groups, %d series, %d metrics", len(r.Requests), len(r.Groups), len(r.Series), len(r.Metrics))
	}
	if r.Total.Samples != r.Books.Recorded || r.Books.Balance != 0 || r.Books.Lost != 0 {
		t.Errorf("%d samples in total, books %+v", r.Total.Samples, r.Books)
	}
	var users int64
	for i := range r.Classes {
		users += r.Classes[i].Samples
	}
	if users != r.Total.Samples {
		t.Errorf("the classes have %d samples, all requests %d", users, r.Total.Samples)
	}
}

func TestMetricsInTheSummary(t *testing.T) {
	s := schematest.Load(t, Schema)
	r := build(reporttest.Measured(), 99)
	data := summary(t, r)
	for _, f := range s.Check(t, "summary", data) {
		t.Error(f)
	}
	if m := unwanted.Find(data); m != nil {
		t.Errorf("%q is in the JSON", m)
	}
	back, err := ReadJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	if o := (TextOptions{All: true}); write(t, back, o) != write(t, r, o) {
		t.Error("the text changes on the way through JSON")
	}
	by := map[string]Metric{}
	for _, m := range r.Metrics {
		by[m.Name] = m
	}
	if m := by["queued"]; m.Unit != "ms" || *m.Max < 100 || *m.Max > 1000 || m.State != text.Fail && m.State != text.Warn {
		t.Errorf("queued, with a mean of 40 ms: %+v, max %v", m, *m.Max)
	}
	if m := by["never"]; m.Samples != 0 || m.Min != nil || m.P99 != nil || m.State != text.Inconclusive {
		t.Errorf("never: %+v", m)
	}
	if m := by["drift"]; *m.Min >= 0 || m.State != text.Pass {
		t.Errorf("drift: %+v, min %v", m, *m.Min)
	}
}
