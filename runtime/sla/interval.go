package sla

import (
	"math"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// Confidence is the level of the intervals that stand beside percentiles.
const Confidence = 0.95

// Interval is a two-sided confidence interval of a percentile, in the unit of
// its rule. An end that the samples cannot give is open: nothing is known on
// that side.
type Interval struct {
	Low, High float64
	OpenLow   bool // so few samples that the percentile may lie below all of them
	OpenHigh  bool // likewise above all of them, or timeouts reach this end
	Valid     bool // false where there is no percentile to be sure of
}

// Reaches reports whether the interval goes beyond a ceiling, so that the
// percentile met it but another run of the same may not.
func (i Interval) Reaches(limit float64) bool { return i.Valid && (i.OpenHigh || i.High > limit) }

// Ranks are the order statistics between which the quantile p lies with a
// probability of at least Confidence, whatever the distribution: the number B
// of n independent samples below the quantile is binomial, so
//
//	P(X(low) ≤ quantile ≤ X(high)) ≥ P(low ≤ B < high)
//
// and each end is the innermost rank that leaves at most 2.5 % outside. low
// of 0 and high of n+1 mean that no rank does. The formula is in Conover,
// Practical Nonparametric Statistics, "Confidence interval for a quantile",
// and in David and Nagaraja, Order Statistics, section 7.1.
//
// p must lie between 0 and 1.
func Ranks(p float64, n int64) (low, high int64) {
	if n <= 0 {
		return 0, n + 1
	}
	outside := (1 - Confidence) / 2
	low = lowerRank(p, n, outside)
	// Above the quantile the samples are binomial with 1−p: the upper rank is
	// the lower one, counted from the other end.
	return low, n + 1 - lowerRank(1-p, n, outside)
}

// lowerRank is the largest r with P(B < r) ≤ outside, where B counts n trials
// of probability p. It adds up probabilities from where they no longer matter,
// ten standard deviations below the mean.
func lowerRank(p float64, n int64, outside float64) int64 {
	mean := float64(n) * p
	k := max(0, int64(mean-10*math.Sqrt(mean*(1-p))-10))
	term := math.Exp(logBinomial(n, k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
	for sum := term; sum <= outside && k < n; sum += term {
		term *= float64(n-k) / float64(k+1) * p / (1 - p)
		k++
	}
	return k
}

// logBinomial is the logarithm of n choose k.
func logBinomial(n, k int64) float64 {
	log := func(x int64) float64 { l, _ := math.Lgamma(float64(x) + 1); return l }
	return log(n) - log(k) - log(n-k)
}

// interval is that of a latency's percentile. Its ends are the outer edges of
// the histogram's steps.
func interval(r plan.Rule, s *record.Stats) Interval {
	if !hasInterval(r) || s.Judged() == 0 {
		return Interval{}
	}
	low, high := Ranks(r.Quantile, s.Judged())
	from, _ := s.Around(low)
	_, to := s.Around(high)
	return Interval{
		Low: float64(from.Ns), OpenLow: !from.Valid, Valid: true,
		High: float64(to.Ns), OpenHigh: !to.Valid || to.Censored,
	}
}

// intervalOfValues is that of a metric's percentile.
func intervalOfValues(r plan.Rule, v *record.Values) Interval {
	if !hasInterval(r) || v.Count() == 0 {
		return Interval{}
	}
	low, high := Ranks(r.Quantile, v.Count())
	i := Interval{OpenLow: low < 1, OpenHigh: high > v.Count(), Valid: true}
	i.Low, _ = v.Around(low)
	_, i.High = v.Around(high)
	return i
}

func hasInterval(r plan.Rule) bool {
	return r.Metric == plan.Quantile && r.Quantile > 0 && r.Quantile < 1
}

// describe is an interval in words: "466 ms to 512 ms", "466 ms or more".
func (i Interval) describe(r plan.Rule) string {
	switch {
	case i.OpenLow && i.OpenHigh:
		return "open: too few samples"
	case i.OpenLow:
		return figure(r, i.High) + " or less"
	case i.OpenHigh:
		return figure(r, i.Low) + " or more"
	}
	return figure(r, i.Low) + " to " + figure(r, i.High)
}
