package sla

import (
	"math/big"
	"strings"
	"testing"

	"throng/dsl/plan"
)

// atMost is the chance of at most k among n, each with chance p, in exact
// fractions.
func atMost(k, n int64, p *big.Rat) *big.Rat {
	rest := new(big.Rat).Sub(big.NewRat(1, 1), p)
	power := func(x *big.Rat, e int64) *big.Rat {
		all := big.NewRat(1, 1)
		for range e {
			all.Mul(all, x)
		}
		return all
	}
	sum := new(big.Rat)
	for i := range k + 1 {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(n, i))
		sum.Add(sum, term.Mul(term, new(big.Rat).Mul(power(p, i), power(rest, n-i))))
	}
	return sum
}

// Bounds are those of the exact binomial law: one more beyond the limit, and
// a pass would be too likely by chance; one less, and a failure would.
func TestBoundsAreExact(t *testing.T) {
	one := big.NewRat(1, 1)
	for _, rule := range []plan.Rule{
		{Metric: plan.Quantile, Quantile: 0.95, Confidence: 0.95},
		{Metric: plan.Quantile, Quantile: 0.5, Confidence: 0.99},
		{Metric: plan.ErrorRate, Limit: 0.02, Confidence: 0.9},
	} {
		share, ok := tolerated(rule)
		if !ok {
			t.Fatalf("%+v", rule)
		}
		p, half := decimal(share), new(big.Rat).Quo(new(big.Rat).Sub(one, decimal(rule.Confidence)), big.NewRat(2, 1))
		if rule.Metric == plan.Quantile {
			p = new(big.Rat).Sub(one, decimal(rule.Quantile))
		}
		least := int64(0)
		for n := int64(1); n <= 200; n += 1 + n/7 {
			kept, broken := bounds(rule, n)
			if kept >= 0 && least == 0 {
				least = n
			}
			if kept >= 0 && atMost(kept, n, p).Cmp(half) > 0 || atMost(kept+1, n, p).Cmp(half) <= 0 {
				t.Errorf("%+v, n = %d: a pass is up to %d", rule, n, kept)
			}
			from := func(k int64) *big.Rat { return new(big.Rat).Sub(one, atMost(k-1, n, p)) }
			if broken <= n && from(broken).Cmp(half) > 0 || from(broken-1).Cmp(half) <= 0 {
				t.Errorf("%+v, n = %d: a failure is from %d on", rule, n, broken)
			}
			if (kept >= 0) != (n >= Needed(rule)) {
				t.Errorf("%+v: %d are needed, and with %d up to %d pass", rule, Needed(rule), n, kept)
			}
			j := Judgement{Needed: Needed(rule)}
			for bad := range n + 1 {
				j.sure(rule, bad, n, "so many")
				want := Inconclusive
				switch {
				case bad <= kept:
					want = Pass
				case bad >= broken:
					want = Fail
				}
				if j.State != want || (want == Pass) != ceilingKept(rule, bad, n) || (want == Fail) != ceilingBroken(rule, bad, n) {
					t.Fatalf("%+v, %d of %d: %v, want %v", rule, bad, n, j.State, want)
				}
			}
		}
	}
}

// Where a confidence says nothing, the samples decide as without it.
func TestConfidenceOfOtherRules(t *testing.T) {
	for _, rule := range []plan.Rule{
		{Metric: plan.Max, Confidence: 0.95}, {Metric: plan.Mean, Confidence: 0.95}, {Metric: plan.Throughput, Confidence: 0.95},
		{Metric: plan.Quantile, Quantile: 1, Confidence: 0.95}, {Metric: plan.ErrorRate, Confidence: 0.95}, {Metric: plan.ErrorRate, Limit: 1, Confidence: 0.95},
		{Metric: plan.Quantile, Quantile: 0.9, Confidence: 0.95, AtLeast: true}, {Metric: plan.Quantile, Quantile: 0.9},
	} {
		if _, ok := tolerated(rule); ok {
			t.Errorf("%+v is judged with a confidence", rule)
		}
	}
	if s := describe(plan.MeasureResponse, plan.Rule{Name: "p95", Metric: plan.Quantile, Quantile: 0.95, Limit: 5e8, Confidence: 0.95}); !strings.HasSuffix(s, "500 ms (95 % sure)") {
		t.Errorf("%q", s)
	}
}
