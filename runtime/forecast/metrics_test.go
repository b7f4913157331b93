package forecast

import (
	"slices"
	"strings"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/report"
)

// metered is the worked example, in which GET b records into two metrics, of
// which an SLA is about the first.
func metered(rules ...plan.Rule) *plan.Plan {
	m := operators()
	m.sla("read", "read", true, quantile("p99", .99, sec))
	b := m.Classes[0].Tasks[1].Steps[0].(*plan.Request)
	for _, name := range []string{"queued", "lines"} {
		id := m.series(plan.MetricSeries, 0, "GET b", "", name, nil)
		m.Rows[m.Series[id].Row].Unit = plan.UnitBytes
		b.Records = append(b.Records, plan.Record{Series: id, Value: plan.Const{Value: plan.IntValue(1)}})
	}
	for i := range rules {
		rules[i].Unit = plan.UnitBytes
	}
	queued := b.Records[0].Series
	m.SLAs = append(m.SLAs, plan.SLA{
		Name: "queue", Match: "metrics queued", Rules: rules, Site: m.site(120),
		Groups: []plan.Judged{{Row: m.Series[queued].Row, Series: []int{queued}}},
	})
	return m.load(baseline())
}

func TestMetricsAreNoTraffic(t *testing.T) {
	with, without := New(metered(quantile("p95", .95, 65536))), operators()
	without.sla("read", "read", true, quantile("p99", .99, sec))
	plain := New(without.load(baseline()))
	if with.Total.Expected != plain.Total.Expected || with.Total.PeakExpected != plain.Total.PeakExpected {
		t.Errorf("total %+v, without metrics %+v", with.Total, plain.Total)
	}
	if with.Classes[0].Expected != plain.Classes[0].Expected || with.Classes[0].PerIteration != plain.Classes[0].PerIteration {
		t.Errorf("%v requests of the class, without metrics %v", with.Classes[0].Expected, plain.Classes[0].Expected)
	}
	if len(with.Requests) != 3 || len(with.Groups) != 0 || len(with.Metrics) != 2 || len(with.Uncovered) != 0 || len(with.Surprises) != 0 {
		t.Fatalf("%d requests, %d groups, %d metrics, uncovered %v, surprises %+v", len(with.Requests), len(with.Groups), len(with.Metrics), with.Uncovered, with.Surprises)
	}
	for _, m := range with.Metrics {
		if m.Expected != with.Requests[1].Expected || m.Measured != with.Requests[1].Measured {
			t.Errorf("%s: %v values of %v requests", m.Name, m.Expected, with.Requests[1].Expected)
		}
	}
	if !slices.Equal(with.Metrics[0].SLAs, []string{"queue"}) || len(with.Metrics[1].SLAs) != 0 || !slices.Equal(with.Requests[1].SLAs, []string{"read"}) {
		t.Errorf("covered by %v, %v, %v", with.Metrics[0].SLAs, with.Metrics[1].SLAs, with.Requests[1].SLAs)
	}
	s := with.SLAs[1]
	if !s.Metrics || !slices.Equal(s.Requests, []string{"queued"}) || s.Rules[0].Words != "p95 ≤ 64 KiB" || s.Rules[0].Fewest != with.Requests[1].Measured {
		t.Errorf("%+v", s)
	}
	text := strings.Join(strings.Fields(write(t, with, report.TextOptions{Width: 120})), " ")
	for _, want := range []string{"METRICS a second expected SLA queued", "queue p95 ≤ 64 KiB 1 metric", "all 3 requests are covered by an SLA"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

func TestMetricsWithTooFewSamples(t *testing.T) {
	f := New(metered(quantile("p99_99", .9999, 65536)))
	if len(f.Surprises) != 1 || !strings.HasPrefix(f.Surprises[0].Text, "queue, p99_99 will rest on about ") {
		t.Errorf("%+v", f.Surprises)
	}
}
