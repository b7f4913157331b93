package forecast

import (
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
)

// metered is a plan in which one of two requests records into two metrics:
// one that an SLA is about, one that none is.
func metered(m *maker) {
	a, b := m.request(0, "a", "GET", "/a"), m.request(0, "b", "GET", "/b")
	for _, name := range []string{"queued", "lines"} {
		id := m.series(plan.MetricSeries, 0, "a", "", name, nil)
		m.Rows[m.Series[id].Row].Unit = plan.UnitNumber
		a.Records = append(a.Records, plan.Record{Series: id})
	}
	m.class("u", 1, task("a", 1, a), task("b", 3, b))
	queued := a.Records[0].Series
	m.SLAs = append(m.SLAs, plan.SLA{Name: "queue", Match: "metrics queued", Groups: []plan.Judged{{Row: m.Series[queued].Row, Series: []int{queued}}},
		Rules: []plan.Rule{{Name: "p95", Metric: plan.Quantile, Quantile: 0.95, Limit: 250, Unit: plan.UnitNumber}}})
}
