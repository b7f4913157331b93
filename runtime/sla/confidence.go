package sla

import (
	"fmt"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/report/text"
)

// A ceiling with a confidence is judged as what it says of all requests like
// these, not of the ones that were made. The samples beyond it are binomial,
// whatever the distribution, with at most its share where the limit holds. So
// it passes where so few beyond it would be a chance of at most half of what
// the confidence leaves, fails where so many would be, and is open between:
// the two ends of the interval that Ranks gives, decided by exact counts.

// tolerated is the share of samples that may be beyond a ceiling; ok is false
// where no confidence is asked for, or makes no difference.
func tolerated(r plan.Rule) (share float64, ok bool) {
	switch r.Metric {
	case plan.Quantile:
		share = 1 - r.Quantile
	case plan.ErrorRate:
		share = r.Limit
	}
	return share, r.Confidence > 0 && r.Confidence < 1 && !r.AtLeast && share > 0 && share < 1
}

// bounds are the counts beyond a ceiling, of n samples, up to which it is
// surely kept, and from which on it is surely broken. kept is -1 where n are
// too few for any pass.
func bounds(r plan.Rule, n int64) (kept, broken int64) {
	share, _ := tolerated(r)
	outside := (1 - r.Confidence) / 2
	return lowerRank(share, n, outside) - 1, n + 1 - lowerRank(1-share, n, outside)
}

// sure decides a rule with a confidence, of which bad samples of n are beyond
// its limit; said are the same figures in words.
func (j *Judgement) sure(r plan.Rule, bad, n int64, said string) {
	kept, broken := bounds(r, n)
	switch {
	case bad <= kept:
		j.State = Pass
	case bad >= broken:
		j.State = Fail
		j.Reason = fmt.Sprintf("%s; from %s on the limit is broken, %s", said, text.Count(broken), confident(r))
	case n < j.Needed:
		j.State = Inconclusive
		j.Reason = fmt.Sprintf("needs %s to be %s, has %s", count(j.Needed, "sample"), confident(r), text.Count(n))
	default:
		j.State = Inconclusive
		j.Reason = fmt.Sprintf("%s; to be %s, at most %s may, and from %s on the limit is broken", said, confident(r), text.Count(kept), text.Count(broken))
	}
}

// confident is how sure a rule is to be: "95 % sure".
func confident(r plan.Rule) string { return text.Limit(r.Confidence, text.Ratio) + " sure" }

// ceilingKept reports whether a ceiling is kept with bad samples of n beyond it.
func ceilingKept(r plan.Rule, bad, n int64) bool {
	if _, ok := tolerated(r); ok {
		kept, _ := bounds(r, n)
		return bad <= kept
	}
	if r.Metric == plan.Quantile {
		return bad <= n-record.Rank(r.Quantile, n)
	}
	return compareRatio(bad, n, decimal(r.Limit)) <= 0
}

// ceilingBroken reports whether an error rate's ceiling is broken by bad of n.
func ceilingBroken(r plan.Rule, bad, n int64) bool {
	if _, ok := tolerated(r); ok {
		_, broken := bounds(r, n)
		return bad >= broken
	}
	return !ceilingKept(r, bad, n)
}
