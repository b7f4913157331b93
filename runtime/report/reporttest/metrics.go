package reporttest

import (
	"math"
	"math/rand/v2"
	"slices"

	"throng/dsl/plan"
)

// Measured is a run with metrics of every unit: of their SLAs one is broken,
// one lacks samples, and the others are kept. The last metric has no value.
func Measured() *Run {
	about := func(unit plan.Unit, rules ...plan.Rule) []plan.Rule {
		rules = slices.Clone(rules)
		for i := range rules {
			rules[i].Unit = unit
		}
		return rules
	}
	list := calm()
	first := len(list) // series and row of the first metric
	warn := rule("p99", 0.1*second)
	warn.Warn = true
	return Make(&Script{
		Name: "orchestrator", Profile: "peak", Routes: list, Seconds: 75, Health: Healthy(),
		Metrics: []Metric{
			{Name: "queued", Unit: plan.UnitSeconds, Of: 7, Value: func(r *rand.Rand) float64 { return math.Round(r.ExpFloat64() * 4e7) }},
			{Name: "lines", Unit: plan.UnitNumber, Of: 0, Value: func(r *rand.Rand) float64 { return float64(r.IntN(2500)) }},
			{Name: "weight", Unit: plan.UnitBytes, Of: 0, Value: func(r *rand.Rand) float64 { return math.Round(65000 * (1 + r.Float64())) }},
			{Name: "cache_misses", Unit: plan.UnitRatio, Of: 3, Value: func(r *rand.Rand) float64 { return r.Float64() / 20 }},
			{Name: "drift", Unit: plan.UnitNumber, Of: 4, Value: func(r *rand.Rand) float64 { return r.NormFloat64() / 500 }},
			{Name: "never", Unit: plan.UnitSeconds, Of: 0},
		},
		SLAs: []plan.SLA{
			{Name: "queue", Match: "metrics queued", Site: 2, Groups: each(first), Rules: about(plan.UnitSeconds, rule("p95", 0.2*second), warn)},
			{Name: "counts", Match: "metrics lines, drift", Site: 3, Groups: each(first+1, first+4), Rules: about(plan.UnitNumber, rule("max", 2000), rule("p50", 1250))},
			{Name: "size", Match: "metrics weight", Site: 4, Groups: joint(first + 2), Rules: about(plan.UnitBytes, rule("p90", 131072))},
			{Name: "cache", Match: "metrics cache_misses", Site: 5, Groups: each(first + 3), Rules: about(plan.UnitRatio, rule("p99", 0.05))},
			{Name: "nothing", Match: "metrics never", Site: 6, Groups: each(first + 5), Rules: about(plan.UnitSeconds, rule("p95", second))},
			{Name: "all", Site: 6, Groups: joint(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), Rules: []plan.Rule{rule("p99", 8*second)}},
		},
	})
}
