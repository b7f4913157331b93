package plan

import "time"

// Metric is a figure an SLA limits.
type Metric uint8

// Metrics. Quantile needs Rule.Quantile.
const (
	Quantile Metric = iota
	Mean
	Max
	ErrorRate
	Throughput // requests a second
)

// SLA is a promise about some series.
type SLA struct {
	Name   string
	Site   SiteID
	Match  string   // the match block in words, "" for everything
	Groups []Judged // each is judged by itself
	Rules  []Rule
	Abort  *Abort
}

// Judged is a set of series judged together: a row's, or all of the match.
type Judged struct {
	Row    int // -1 for several rows
	Series []int
}

// Rule is one limit of an SLA.
type Rule struct {
	Site     SiteID
	Name     string // as written: "p95", "error_rate"
	Metric   Metric
	Quantile float64 // in 0..1
	Unit     Unit    // of the metrics it is about; UnitNone where it is about requests or groups
	Limit    float64 // nanoseconds, a ratio in 0..1, requests a second, or as the Unit is recorded
	AtLeast  bool    // the limit is a floor
	Warn     bool    // breaking it is a warning
	Override *Override
}

// Timed reports whether the rule's limit is a time, in nanoseconds: of
// answers, or of a metric that counts seconds.
func (r *Rule) Timed() bool {
	return r.Metric <= Max && (r.Unit == UnitNone || r.Unit == UnitSeconds)
}

// Override says that a limit is the profile's own.
type Override struct {
	Profile   string
	Otherwise *float64 // the limit in other profiles; nil where only this one has any
}

// Abort ends a run early when an SLA is broken After its start.
type Abort struct{ After time.Duration }
