package engine

import (
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
)

// Monitor watches the generator itself; *health.Monitor is the real one.
// Tests in virtual time, where the machine's own lateness means nothing,
// bring another.
type Monitor interface {
	StartLag(due, began int64)
	Report(tightest time.Duration) health.Report
	Stop() health.Report
}

// tightest is the smallest latency limit of a plan's SLAs; 0 without one.
func tightest(p *plan.Plan) time.Duration {
	least := time.Duration(0)
	for i := range p.SLAs {
		for _, r := range p.SLAs[i].Rules {
			if r.Unit != plan.UnitNone {
				continue // a figure of the target's own: our lateness is not in it
			}
			switch r.Metric {
			case plan.Quantile, plan.Mean, plan.Max:
				if d := time.Duration(r.Limit); d > 0 && (least == 0 || d < least) {
					least = d
				}
			}
		}
	}
	return least
}
