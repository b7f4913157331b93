// Package sla turns a snapshot and the plan's rules into judgements, and
// judgements and the state of the books into the verdict. It never sees a
// sample. What it knows of earlier snapshots stands in Windows and Aborts.
package sla

import "time"

// State is what is known of a rule or of a whole run.
type State uint8

// States, from worst to best known. Zero samples are never a pass.
const (
	Fail State = iota
	Inconclusive
	Pass
)

func (s State) String() string { return [...]string{"FAIL", "INCONCLUSIVE", "PASS"}[s] }

// Judgement is one rule of one SLA applied to one judged set of series.
type Judgement struct {
	SLA, Group, Rule int // indexes into Plan.SLAs, SLA.Groups, SLA.Rules
	State            State
	Warn             bool    // the rule is a warning: it never decides the verdict
	Measured         float64 // in the rule's unit: ns, a ratio, a rate, or what its metrics count
	Valid            bool    // false when there was nothing to measure
	Censored         bool    // the true value is at least Measured: timeouts reach the percentile
	Samples          int64
	Needed           int64 // samples below which the rule cannot pass
	Over             int64 // samples beyond the limit (latency, metrics), failures (error_rate)
	Timeouts         int64 // of Samples: timed out, so nobody knows how long they would have taken
	Interval         Interval
	Windows          *Windowed // nil where the SLA has no window, or nothing looked at them
	Reason           string    // one clause, when not Pass: "17 of 210 took longer"
}

// Margin is measured divided by limit; above 1 is a breach of a ceiling.
func (j Judgement) Margin(limit float64) float64 {
	if limit == 0 {
		return 0
	}
	return j.Measured / limit
}

// Books is the account of every request that was meant to happen. It
// balances when Intended = Succeeded + Failed + Missed + InFlight.
type Books struct {
	Intended  int64 // requests begun, and arrivals that were due
	Succeeded int64
	Failed    int64
	Missed    int64 // arrivals nobody was free to make
	InFlight  int64 // cut off at the stop, before their end
}

// Balance is Intended minus everything accounted for; 0 when in order.
func (b Books) Balance() int64 { return b.Intended - b.Succeeded - b.Failed - b.Missed - b.InFlight }

// Conditions are the circumstances, beside the rules, that a pass needs.
type Conditions struct {
	Books         Books
	Recorded      int64    // samples in the snapshot; must equal Succeeded + Failed
	Backward      int64    // samples that ended before they began
	LocalFailures int64    // failures of this machine, not of the target
	Forbidden     int64    // of the LocalFailures: connections that a target's guard forbade
	Stuck         int64    // tasks that could go on no further, outside of any request
	StuckWhy      string   // why the first of them could not
	UsersStarted  int64    // users whose start steps were begun
	UsersFailed   int64    // users whose start steps failed
	Saturated     []string // why the generator cannot be trusted; empty when it can
	Interrupted   bool     // stopped by the person who ran it
	Aborted       string   // the SLA that ended the run early; "" if none
	Incomplete    string   // why the run ended before its planned end, otherwise; "" if it did not

	// What a pass is printed with, and decides nothing.
	Ran       time.Duration // until no new work was begun
	Planned   time.Duration // the planned end; 0 where only iterations bound the run
	Generator string        // the figures by which the generator kept up: "CPU 18 % of 2 cores, …"
}

// Verdict is the answer a run ends with.
type Verdict struct {
	State   State
	Reasons []string // what decided it, most important first; a pass lists what it rests on
	Beside  []string // those of the reasons that belong to no rule
}
