package compile

import (
	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

// Confidence of less than half says nothing, and no number of samples gives
// all of it.
const leastConfidence = 0.5

// confidence gives the rules of an SLA the confidence it asks for.
func (c *compiler) confidence(b *config.Block, rules []plan.Rule) {
	at := c.saying(b, "confidence")
	a := at.Arg("confidence")
	level, ok := c.ratio(at, "confidence")
	if a == nil || !ok {
		return
	}
	if level < leastConfidence || level >= 1 {
		c.fail(at, diag.OutOfRange, a.Expr.Range(), "A confidence is at least 50%% and less than 100%%: 95%% is usual, and no number of samples gives 100%%.")
		return
	}
	if w := c.saying(b, "window"); w.Arg("window") != nil {
		c.fail(at, diag.ConflictingArguments, a.Range, "confidence is about the run as a whole, and windows are judged by the samples in them: an SLA has one of the two. Make two SLAs of it.").
			Relate("the window is here", w.Arg("window").Range)
		return
	}
	used := false
	for i := range rules {
		r := &rules[i]
		if r.AtLeast || r.Metric != plan.Quantile && r.Metric != plan.ErrorRate {
			continue
		}
		if r.Metric == plan.ErrorRate && (r.Limit <= 0 || r.Limit >= 1) {
			c.fail(at, diag.OutOfRange, a.Range, "An error_rate of %g%% cannot be had with a confidence: however many requests succeed, one more may fail. Give %s a limit above 0%%, or an SLA without confidence.", r.Limit*100, b.Title())
			return
		}
		r.Confidence, used = level, true
	}
	if !used && len(rules) > 0 {
		c.warn(at, diag.Unused, a.Range, "confidence is about percentiles and error_rate, and %s limits neither in this profile.", b.Title())
	}
}
