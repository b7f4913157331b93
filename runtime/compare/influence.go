package compare

import (
	"math"

	"throng/dsl/plan"
	"throng/runtime/estimate"
	"throng/runtime/record"
)

// figure is what is compared of some requests.
type figure struct {
	name     string
	metric   plan.Metric
	quantile float64
	counter  *tally // what is counted instead of failures, or of requests
}

// tally is a counter of sockets and streams as a rule limits it.
type tally struct {
	of    plan.Counter
	share bool // of what could have been
}

// counted is what a rate or a share is of.
func (f figure) counted(s *record.Stats) (up, down float64) {
	switch {
	case s == nil:
		return 0, 0
	case f.counter == nil && f.metric == plan.ErrorRate:
		return float64(s.Failed), float64(s.Count())
	case f.counter == nil:
		return float64(s.Count()), 0
	case f.counter.share:
		return float64(s.Counter(f.counter.of)), float64(s.Base(f.counter.of))
	}
	return float64(s.Counter(f.counter.of)), float64(s.Count())
}

var figures = []figure{
	{name: "p50", metric: plan.Quantile, quantile: 0.50}, {name: "p95", metric: plan.Quantile, quantile: 0.95}, {name: "p99", metric: plan.Quantile, quantile: 0.99},
	{name: "mean", metric: plan.Mean}, {name: "error_rate", metric: plan.ErrorRate}, {name: "throughput", metric: plan.Throughput},
}

func (f figure) unit() string {
	switch f.metric {
	case plan.ErrorRate:
		return "ratio"
	case plan.Throughput:
		return "per_s"
	}
	return "ms"
}

// needs is how many samples a figure needs on each side: ten beyond a
// percentile.
func (f figure) needs() int64 {
	if f.metric == plan.Quantile {
		return max(20, int64(math.Ceil(10/min(f.quantile, 1-f.quantile)-1e-9)))
	}
	return 20
}

// samples is how many a figure has.
func (f figure) samples(m *material) int64 {
	switch up, down := f.counted(m.total); f.metric {
	case plan.ErrorRate:
		return int64(down)
	case plan.Throughput:
		return int64(up)
	}
	return m.total.Judged()
}

// estimated is a figure of one side: its value in ns, as a ratio or a second,
// and by run and block what the block adds to the error of it: of its
// logarithm, or of the ratio itself.
type estimated struct {
	value     float64
	bounded   bool
	influence [][]float64
	floor     float64 // variance that independent samples have: the blocks' may by chance seem less
}

// estimate reckons a figure. The influence of a block on a quantile is that
// of the share of samples below it, over the density there (Bahadur 1966;
// the density is taken over about the width that the share's own error spans, as
// Woodruff 1952 does);
// on a ratio it is the block's residual (Cochran, Sampling Techniques, 6.3).
func (f figure) estimate(m *material) estimated {
	switch f.metric {
	case plan.Quantile:
		return f.ofQuantile(m)
	case plan.Mean:
		n, sum := float64(m.total.Judged()), float64(m.total.JudgedSum())
		e := m.residuals(sum/n, n, func(s *record.Stats, _ float64) (float64, float64) {
			return float64(s.JudgedSum()), float64(s.Judged())
		})
		e.bounded = m.total.MeanLatency().Censored
		e.floor = squares(m.total, e.value) / (n * n * e.value * e.value)
		return e.ofLogarithm()
	case plan.ErrorRate:
		up, n := f.counted(m.total)
		e := m.residuals(up/n, n, func(s *record.Stats, _ float64) (float64, float64) { return f.counted(s) })
		p := min(1, (up+0.5)/(n+1)) // half a failure more may have come
		e.floor = p * (1 - p) / n
		return e
	}
	all, _ := f.counted(m.total)
	e := m.residuals(all/m.seconds, m.seconds, func(s *record.Stats, length float64) (float64, float64) {
		up, _ := f.counted(s)
		return up, length
	})
	return e.ofLogarithm()
}

// residuals are what each block is above or below a ratio, of all that the
// ratio is over.
func (m *material) residuals(ratio, of float64, parts func(s *record.Stats, length float64) (up, down float64)) estimated {
	e := estimated{value: ratio}
	for r, run := range m.runs {
		list := make([]float64, len(run))
		for k, s := range run {
			up, down := parts(s, m.lengths[r][k])
			list[k] = (up - ratio*down) / of
		}
		e.influence = append(e.influence, list)
	}
	return e
}

func (e estimated) ofLogarithm() estimated {
	for _, run := range e.influence {
		for k := range run {
			run[k] /= e.value
		}
	}
	return e
}

func (f figure) ofQuantile(m *material) estimated {
	at := m.total.Quantile(f.quantile)
	n := float64(m.total.Judged())
	e := m.residuals(f.quantile, n, func(s *record.Stats, _ float64) (float64, float64) {
		return float64(upTo(s, at.Ns)), float64(s.Judged())
	})
	width := max(2*spread(flat(e.influence)), min(f.quantile, 1-f.quantile)/4, 1/n)
	low, high := max(f.quantile-width, 0.5/n), min(f.quantile+width, 1-0.5/n)
	from, to := m.total.Quantile(low), m.total.Quantile(high)
	slope := 0.0 // of the logarithm of the quantile, over the share
	if from.Ns > 0 && to.Ns > from.Ns && !to.Censored {
		slope = math.Log(float64(to.Ns)/float64(from.Ns)) / (high - low)
	}
	for _, run := range e.influence {
		for k := range run {
			run[k] *= -slope
		}
	}
	e.floor = slope * slope * f.quantile * (1 - f.quantile) / n
	e.value, e.bounded = float64(at.Ns), at.Censored
	return e
}

// upTo counts the successes that took no longer.
func upTo(s *record.Stats, ns int64) (n int64) {
	for _, b := range s.Buckets() {
		if b.From > ns {
			break
		}
		n += b.Count
	}
	return n
}

func flat(runs [][]float64) (list []float64) {
	for _, r := range runs {
		list = append(list, r...)
	}
	return list
}

// spread is the standard deviation of the sum of a series that resembles
// itself.
func spread(series []float64) float64 {
	v, _ := variance(series)
	return math.Sqrt(v)
}

// variance is that of the sum of a series, and its degrees of freedom. Blocks
// that resemble the next and the one after it make it larger and the degrees
// fewer: batch means (Law and Carson 1979) with what is left between batches
// added. So does a series whose spread a few blocks carry, by its kurtosis
// (Satterthwaite 1946).
func variance(series []float64) (v, degrees float64) {
	n := float64(len(series))
	if n < 2 {
		return 0, 0
	}
	mean := estimate.Mean(series)
	fourth := 0.0
	for _, x := range series {
		square := (x - mean) * (x - mean)
		v, fourth = v+square, fourth+square*square
	}
	together := 1.0
	for lag := 1; lag <= 2; lag++ {
		// So few values make it seem smaller than it is by about (1+4ρ)/n.
		rho := estimate.Correlation(series, lag)
		if rho += (1 + 4*max(0, rho)) / n; rho <= 0 {
			break
		}
		together += 2 * min(rho, 0.9)
	}
	degrees = n - 1
	if fourth > 0 { // a few blocks that carry it all are not many: a normal series has 3·v²/n
		degrees = min(degrees, max(1, 3*v*v/fourth-1))
	}
	return v * n / (n - 1) * together, max(1, degrees/together)
}

// difference is the candidate's estimate less the base's, with its error.
type difference struct {
	by, error, degrees float64
}

// between takes the difference of two estimates: logarithms, but for an error
// rate.
func (f figure) between(a, b estimated, paired bool) difference {
	d := difference{by: math.Log(b.value / a.value)}
	if f.metric == plan.ErrorRate {
		d.by = b.value - a.value
	}
	blocks := func(e estimated) []float64 { // of all runs of a side together
		sum := make([]float64, len(e.influence[0]))
		for _, run := range e.influence {
			for k, v := range run {
				sum[k] += v
			}
		}
		return sum
	}
	za, zb := blocks(a), blocks(b)
	if paired {
		for k := range za {
			zb[k] -= za[k]
		}
		v, degrees := variance(zb)
		d.error, d.degrees = math.Sqrt(max(v, a.floor+b.floor)), degrees
		return d
	}
	va, na := variance(za)
	vb, nb := variance(zb)
	d.error, d.degrees = math.Sqrt(va+vb), 1
	if va+vb > 0 {
		d.degrees = (va + vb) * (va + vb) / (va*va/na + vb*vb/nb)
	}
	d.error = max(d.error, math.Sqrt(a.floor+b.floor))
	return d
}

// squares are the squared distances of successes from a value.
func squares(s *record.Stats, from float64) (sum float64) {
	for _, b := range s.Buckets() {
		d := float64(b.From+b.To)/2 - from
		sum += float64(b.Count) * d * d
	}
	return sum
}

// slower is the chance that a value of b is longer than one of a.
func slower(a, b *record.Stats) *Num {
	if a == nil || b == nil || a.OK == 0 || b.OK == 0 {
		return nil
	}
	left, right := a.Buckets(), b.Buckets()
	var below, n, sum float64
	i := 0
	for _, x := range right {
		for i < len(left) && left[i].From < x.From {
			below += float64(left[i].Count)
			i++
		}
		ties := 0.0
		if i < len(left) && left[i].From == x.From {
			ties = float64(left[i].Count)
		}
		sum += float64(x.Count) * (below + ties/2)
		n += float64(x.Count)
	}
	all := 0.0
	for _, x := range left {
		all += float64(x.Count)
	}
	return num(sum / n / all)
}
