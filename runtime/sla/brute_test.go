package sla

import (
	"cmp"
	"math"
	"math/big"
	"slices"
	"time"

	"throng/dsl/plan"
)

// brute judges every window by itself from the events, by definition: sorted
// samples and rational numbers.
func (c *windowCase) brute() (State, Windowed) {
	length := int(c.window.Length / time.Second)
	edge := func(i int) bool { return i == 0 || !c.missing[i-1] && !c.late[i-1] }
	var ends []int
	for end := length; end <= len(c.ticks); end++ {
		begin := time.Duration(end-length) * time.Second
		if edge(end) && edge(end-length) && begin >= c.warmup && time.Duration(end)*time.Second <= c.until {
			ends = append(ends, end)
		}
	}
	var w Windowed
	var row []int
	for i, end := range ends {
		to, cut := end, int64(0)
		if i == len(ends)-1 && c.rule.Metric != plan.Throughput {
			to, cut = len(c.ticks), c.cut
		}
		found := bruteWindow(c.rule, c.window.Length, c.events(end-length, to), c.missedIn(end-length, to), cut)
		w.Whole++
		switch found {
		case kept:
			w.Decided++
		case broken:
			w.Decided++
			w.Broken++
			row = append(row, end)
		case doubtful:
			w.Doubtful++
		}
		if found == broken && i < len(ends)-1 {
			continue
		}
		if n := len(row); n > 0 && time.Duration(row[n-1]-row[0])*time.Second >= c.window.For {
			w.Counted += int64(n)
		}
		row = nil
	}
	switch {
	case w.Counted > c.window.AllBut:
		return Fail, w
	case w.Whole == 0 || 10*w.Decided < 9*w.Whole || w.Counted+w.Doubtful > c.window.AllBut:
		return Inconclusive, w
	}
	return Pass, w
}

func (c *windowCase) events(from, to int) (list []event) {
	for _, h := range c.ticks[from:to] {
		if c.rule.Unit != plan.UnitNone {
			list = append(list, h.values...)
			continue
		}
		list = append(list, h.requests...)
	}
	return list
}

func (c *windowCase) missedIn(from, to int) (sum int64) {
	for _, n := range c.missed[from:to] {
		sum += n
	}
	return sum
}

// bruteWindow asks what a window says, and what it would say had all that is
// unknown of it been bad.
func bruteWindow(r plan.Rule, length time.Duration, events []event, missed, cut int64) finding {
	if r.Unit != plan.UnitNone {
		return bruteValues(r, events, missed, cut)
	}
	var times []int64 // a timeout sorts after all successes
	var failed, local, timeouts, sum int64
	const beyondAll = int64(1) << 60
	for _, e := range events {
		switch {
		case e.class == plan.OK:
			times, sum = append(times, e.took), sum+e.took
			continue
		case e.class == plan.FailTimeout:
			times, sum, timeouts = append(times, beyondAll), sum+e.took, timeouts+1
		case e.class.Local():
			local++
		}
		failed++
	}
	slices.Sort(times)
	all, n := int64(len(events)), int64(len(times))
	limit := decimal(r.Limit)
	switch r.Metric {
	case plan.Throughput:
		rate := big.NewRat(all, int64(length/time.Second))
		return holds(r.AtLeast == (rate.Cmp(limit) >= 0) || rate.Cmp(limit) == 0)
	case plan.ErrorRate:
		switch {
		case all == 0:
			return few
		case local == 0 && big.NewRat(failed, all).Cmp(limit) > 0, local > 0 && local < all && big.NewRat(failed-local, all-local).Cmp(limit) > 0:
			return broken
		case local > 0, big.NewRat(failed+cut, all+cut).Cmp(limit) > 0:
			return doubtful
		}
		return kept
	case plan.Mean:
		switch {
		case n == 0:
			return few
		case big.NewRat(sum, n).Cmp(decimal(nanoseconds(r))) > 0:
			return broken
		case timeouts+cut > 0:
			return doubtful
		}
		return kept
	case plan.Max:
		switch {
		case n == 0:
			return few
		case float64(times[n-1]) > r.Limit:
			return broken
		case cut > 0:
			return doubtful
		}
		return kept
	}
	if n < Needed(r) {
		return few
	}
	if float64(rankOf(times, r.Quantile)) > r.Limit {
		return broken
	}
	for range missed + cut {
		times = append(times, beyondAll)
	}
	if float64(rankOf(times, r.Quantile)) > r.Limit {
		return doubtful
	}
	return kept
}

func bruteValues(r plan.Rule, events []event, missed, cut int64) finding {
	var values []float64
	for _, e := range events {
		values = append(values, e.value)
	}
	slices.Sort(values)
	n := int64(len(values))
	switch {
	case n < Needed(r):
		return few
	case r.Metric == plan.Max && values[n-1] > r.Limit, r.Metric == plan.Quantile && rankOf(values, r.Quantile) > r.Limit:
		return broken
	case r.Metric == plan.Max && cut > 0:
		return doubtful
	case r.Metric == plan.Max:
		return kept
	case r.Metric == plan.Quantile:
		for range missed + cut {
			values = append(values, math.Inf(1))
		}
		if rankOf(values, r.Quantile) > r.Limit {
			return doubtful
		}
		return kept
	}
	exact := new(big.Rat)
	for _, v := range values {
		exact.Add(exact, new(big.Rat).SetFloat64(v))
	}
	mean, _ := exact.Quo(exact, new(big.Rat).SetInt64(n)).Float64()
	switch {
	case mean > r.Limit:
		return broken
	case cut > 0:
		return doubtful
	}
	return kept
}

// rankOf is the value of nearest rank, found by rationals.
func rankOf[T cmp.Ordered](sorted []T, q float64) T {
	n := int64(len(sorted))
	k := int64(1)
	for big.NewRat(k, n).Cmp(decimal(q)) < 0 {
		k++
	}
	return sorted[k-1]
}

func holds(is bool) finding {
	if is {
		return kept
	}
	return broken
}
