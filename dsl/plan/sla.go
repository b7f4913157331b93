package plan

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Metric is a figure an SLA limits.
type Metric uint8

// Metrics. Quantile needs Rule.Quantile.
const (
	Quantile Metric = iota
	Mean
	Max
	ErrorRate
	Throughput // requests a second
	Tally      // how much of Rule.Counter there may be, or a second
)

// SLA is a promise about some series.
type SLA struct {
	Name    string
	Site    SiteID
	Match   string      // the match block in words, "" for everything
	Stages  []StageTime // only what began in one of them is judged; nil for the whole run
	Window  *Window     // nil: judged over all of it at once
	Measure Measure     // which times its limits are about
	Groups  []Judged    // each is judged by itself
	Rules   []Rule
	Abort   *Abort
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
	Counter  Counter // of a Tally
	Scale    Scale   // what a Tally's limit is
	Unit     Unit    // of the metrics it is about; UnitNone where it is about requests or groups
	Limit    float64 // nanoseconds, a ratio in 0..1, requests a second, or as the Unit is recorded
	AtLeast  bool    // the limit is a floor
	// Confidence, in 0..1, is how sure a percentile or error rate must be to
	// keep its ceiling, or to break it; 0: the samples themselves are judged.
	Confidence float64
	Warn       bool // breaking it is a warning
	Override   *Override
}

// Scale is what the limit of a Tally is.
type Scale uint8

// Scales.
const (
	Absolute  Scale = iota // a number
	Share                  // a ratio in 0..1 of what could have been; see Counter.Base
	PerSecond              // a number a second
)

var scaleNames = [...]string{"absolute", "share", "per_second"}

func (s Scale) String() string { return scaleNames[s] }

// Base is the counter that a share of c is taken of: of the questions for
// what is unanswered and late, else of the messages that came, with the lost
// ones where c is that. It is c itself where no share makes sense.
func (c Counter) Base() Counter {
	switch c {
	case CountUnanswered, CountLate:
		return CountAsked
	case CountOutOfOrder, CountDuplicated, CountLost:
		return CountIn
	}
	return c
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
	Scale     Scale    // of that, for a Tally
}

// StageTime is a stage that an SLA is about: its name, with the user's before it
// where it is of that user's own load ("writer/spike"), and its time, counted
// from the first user. The warm-up is left out of it.
type StageTime struct {
	Name       string
	Begin, End time.Duration
}

// Window says that each limit must hold in every stretch of the run of this
// Length, and not over the whole run alone. Stretches begin a second apart.
type Window struct {
	Length time.Duration
	AllBut int64         // so many of them may be broken
	For    time.Duration // broken ones count only where they follow on one another for so long
}

// Tolerant reports whether some windows may be broken. Then they alone
// decide: the whole run contains what is tolerated.
func (w *Window) Tolerant() bool { return w.AllBut > 0 || w.For > 0 }

// Abort ends a run early: when an SLA is broken, and has been for all of
// Grace, but not before After.
type Abort struct{ After, Grace time.Duration }

// Stretches are the times that stages cover together, in order and apart.
func Stretches(stages []StageTime) []Span {
	sorted := slices.SortedFunc(slices.Values(stages), func(a, b StageTime) int { return cmp.Compare(a.Begin, b.Begin) })
	var list []Span
	for _, s := range sorted {
		if n := len(list); n > 0 && s.Begin <= list[n-1].End {
			list[n-1].End = max(list[n-1].End, s.End)
			continue
		}
		list = append(list, Span{s.Begin, s.End})
	}
	return list
}

// Count is how many windows lie in stretches of the run. They begin and end
// at whole steps.
func (w *Window) Count(stretches []Span, step time.Duration) (n int64) {
	for _, s := range stretches {
		first, last := (s.Begin+step-1)/step, (s.End-w.Length)/step
		if s.End >= w.Length && last >= first {
			n += int64(last-first) + 1
		}
	}
	return n
}

// StageNames are the stages an SLA is about, in words; "" for the whole run.
func (s *SLA) StageNames() string {
	names := make([]string, len(s.Stages))
	for i := range s.Stages {
		names[i] = s.Stages[i].Name
	}
	return strings.Join(names, ", ")
}
