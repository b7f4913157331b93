package forecast

import (
	"strings"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/report"
)

func TestMeasuresAndCountersAreNamed(t *testing.T) {
	m := operators()
	m.sla("connecting", "", false, quantile("p95", .95, 100*1e6))
	m.SLAs[0].Measure = plan.MeasureConnect
	m.sla("answering", "", false, quantile("p99", .99, sec))
	m.SLAs[1].Measure = plan.MeasureFirstByte
	m.sla("talking", "", false,
		plan.Rule{Name: "unanswered", Metric: plan.Tally, Counter: plan.CountUnanswered, Scale: plan.Share, Limit: 0.01},
		plan.Rule{Name: "disconnects", Metric: plan.Tally, Counter: plan.CountDisconnects, Scale: plan.Absolute, Limit: 3},
		plan.Rule{Name: "sent_per_second", Metric: plan.Tally, Counter: plan.CountOut, Scale: plan.PerSecond, Limit: 10, AtLeast: true})
	f := New(m.load(baseline()))
	var words []string
	for i := range f.SLAs {
		for _, r := range f.SLAs[i].Rules {
			words = append(words, r.Words)
			if known := f.SLAs[i].Name == "answering"; r.Unknown == known || known != (r.Fewest > 0) || r.Short > 0 {
				t.Errorf("%s: %+v", r.Words, r)
			}
		}
	}
	want := "p95 of connect ≤ 100 ms|p99 of first_byte ≤ 1.00 s|unanswered ≤ 1 %|disconnects ≤ 3|sent_per_second ≥ 10/s"
	if got := strings.Join(words, "|"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if len(f.Surprises) != 0 {
		t.Errorf("%+v", f.Surprises)
	}
	text := strings.Join(strings.Fields(write(t, f, report.TextOptions{Width: 120})), " ")
	for _, w := range []string{"connecting p95 of connect ≤ 100 ms 3 requests together – 59", "disconnects ≤ 3"} {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not in\n%s", w, text)
		}
	}
}
