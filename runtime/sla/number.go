package sla

import (
	"math/big"
	"strconv"

	"throng/dsl/plan"
	"throng/runtime/report/text"
)

// decimal is f as the number it is written as, so that a limit of 7 % and 7
// failures in 100 are equal, which as binary fractions they are not.
func decimal(f float64) *big.Rat {
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
	if !ok {
		return new(big.Rat) // NaN and infinities; the compiler lets none through
	}
	return r
}

// compareRatio compares a/b, b > 0, with limit, without rounding.
func compareRatio(a, b int64, limit *big.Rat) int {
	return new(big.Rat).SetFrac64(a, b).Cmp(limit)
}

// unitOf is what a rule's limit and figures are counted in.
func unitOf(r plan.Rule) text.Unit {
	switch {
	case r.Metric == plan.ErrorRate, r.Metric == plan.Tally && r.Scale == plan.Share, r.Unit == plan.UnitRatio:
		return text.Ratio
	case perTime(&r):
		return text.PerSecond
	case r.Metric == plan.Tally, r.Unit == plan.UnitNumber:
		return text.Number
	case r.Unit == plan.UnitBytes:
		return text.Size
	}
	return text.Nanoseconds
}

// limit is a rule's limit as it was declared.
func limit(r plan.Rule) string { return text.Limit(r.Limit, unitOf(r)) }

// figure is what was measured, on the side of the rule's limit where it was.
func figure(r plan.Rule, v float64) string { return text.Beside(v, r.Limit, unitOf(r)) }

// count is an exact number of things.
func count(n int64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return text.Count(n) + " " + noun
}

// ofAll is "28 of 301".
func ofAll(n, all int64) string { return text.Count(n) + " of " + text.Count(all) }
