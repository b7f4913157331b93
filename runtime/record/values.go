package record

import (
	"cmp"
	"math"
	"slices"
)

// Values are the figures of a metric of the scenario's own: of what requests
// recorded, not of the requests. They are immutable once in a Snapshot. Every
// method treats a nil *Values as one without a value.
//
// A value is any finite number, in whatever the metric counts. Count, minimum
// and maximum are exact, and so are the counts beyond configured limits; the
// mean is exact to the last digit or two of a float64. Quantiles are values
// that were recorded, at most 0.1 % above the true one.
type Values struct {
	Over []int64 // per configured limit: values above it

	n        int64
	min, max float64
	sum      preciseSum
	limits   []float64
	buckets  []bucket // ascending
}

// bucket is one step of the distribution.
type bucket struct {
	key int32
	tier
}

// tier is what is known of the values in a bucket.
type tier struct {
	n   int64
	top float64 // the largest of them
}

// Geometry of the distribution: 1024 steps between a magnitude and its
// double, from 1e-9 to 1e18 of either sign. Magnitudes outside of this share
// the first or the last step. A metric has as many buckets as it needs, at
// most 184,000.
const (
	mantissaBits = 10
	keyShift     = 52 - mantissaBits
)

var (
	leastKey = int32(math.Float64bits(1e-9) >> keyShift)
	mostKey  = int32(math.Float64bits(1e18)>>keyShift) - leastKey
)

// keyOf numbers the buckets so that they sort as their values do.
func keyOf(v float64) int32 {
	k := int32(math.Float64bits(math.Abs(v)) >> keyShift)
	k = min(max(k-leastKey, 0), mostKey)
	if v < 0 {
		return -1 - k
	}
	return k
}

// leastOf is the smallest value a bucket can hold.
func leastOf(key int32) float64 {
	edge := func(k int32) float64 { return math.Float64frombits(uint64(k+leastKey) << keyShift) }
	switch {
	case key < -mostKey:
		return math.Inf(-1)
	case key < 0:
		return -edge(-key)
	case key == 0:
		return 0
	}
	return edge(key)
}

// preciseSum is a sum of float64s with twice their digits (Knuth's TwoSum),
// so that neither its size nor the order of the summands shows in a mean.
type preciseSum struct{ high, low float64 }

func (s *preciseSum) add(v float64) {
	t := s.high + v
	back := t - s.high
	s.low += (s.high - (t - back)) + (v - back)
	s.high = t
}

func (s *preciseSum) merge(o preciseSum) {
	s.add(o.high)
	s.low += o.low
}

// Count is the number of values.
func (v *Values) Count() int64 {
	if v == nil {
		return 0
	}
	return v.n
}

// Min is the smallest value; 0 without one.
func (v *Values) Min() float64 {
	if v == nil {
		return 0
	}
	return v.min
}

// Max is the largest value; 0 without one.
func (v *Values) Max() float64 {
	if v == nil {
		return 0
	}
	return v.max
}

// Mean is the mean of all values; 0 without one.
func (v *Values) Mean() float64 {
	if v.Count() == 0 {
		return 0
	}
	mean := (v.sum.high + v.sum.low) / float64(v.n)
	if math.IsNaN(mean) {
		return v.max // the sum is beyond every float64
	}
	return min(max(mean, v.min), v.max)
}

// Sum is the total of all values in two parts, the second being what the
// first cannot hold. Parts of several Values add up without loss of digits.
func (v *Values) Sum() (high, low float64) {
	if v == nil {
		return 0, 0
	}
	return v.sum.high, v.sum.low
}

// Quantile is the value of nearest rank ceil(p·n); false without a value. It
// errs upwards by at most 0.1 %, or 1e-9 where that is more, up to magnitudes
// of 1e18; beyond, only the maximum is known. It never leaves the exact
// minimum and maximum, and where all values within 0.1 % are equal, it is exact.
func (v *Values) Quantile(p float64) (float64, bool) {
	if v.Count() == 0 || math.IsNaN(p) {
		return 0, false
	}
	rank := Rank(p, v.n)
	if rank <= 1 {
		return v.min, true
	}
	for i := range v.buckets {
		if rank -= v.buckets[i].n; rank <= 0 {
			return v.buckets[i].top, true
		}
	}
	return v.max, true
}

// Around is what the value of a rank in 1..Count lies between, both
// inclusive: the step of the distribution it is in.
func (v *Values) Around(rank int64) (from, to float64) {
	if v.Count() == 0 || rank < 1 || rank > v.n {
		return 0, 0
	}
	if rank == 1 {
		return v.min, v.min
	}
	for _, b := range v.buckets {
		if rank -= b.n; rank > 0 {
			continue
		}
		if b.n == 1 {
			return b.top, b.top
		}
		return max(leastOf(b.key), v.min), b.top
	}
	return v.max, v.max
}

// OverAt is the exact number of values above a limit. It reports false when
// the limit was not configured for every series in v.
func (v *Values) OverAt(limit float64) (int64, bool) {
	if v == nil {
		return 0, false
	}
	if i := slices.Index(v.limits, limit); i >= 0 {
		return v.Over[i], true
	}
	return 0, false
}

// MergeValues adds up the figures of several metrics' series. Nils are
// skipped; nothing gives nil, and a single one is returned as it is. Limits
// are kept where every input has them.
func MergeValues(list ...*Values) *Values {
	var only, sum *Values
	for _, v := range list {
		switch {
		case v.Count() == 0:
		case only == nil:
			only = v
		default:
			if sum == nil {
				sum = only.clone()
			}
			sum.merge(v)
		}
	}
	if sum == nil {
		return only
	}
	return sum
}

func (v *Values) clone() *Values {
	c := *v
	c.Over, c.limits = slices.Clone(v.Over), slices.Clone(v.limits)
	return &c // merging replaces buckets, and changes none
}

// merge adds o to v, which is still being built.
func (v *Values) merge(o *Values) {
	v.min, v.max = min(v.min, o.min), max(v.max, o.max)
	v.n += o.n
	v.sum.merge(o.sum)
	v.mergeOver(o)
	v.buckets = mergeBuckets(v.buckets, o.buckets)
}

func (v *Values) mergeOver(o *Values) {
	var limits []float64
	var over []int64
	for i, limit := range v.limits {
		if n, ok := o.OverAt(limit); ok {
			limits, over = append(limits, limit), append(over, v.Over[i]+n)
		}
	}
	v.limits, v.Over = limits, over
}

func mergeBuckets(a, b []bucket) []bucket {
	all := make([]bucket, 0, max(len(a), len(b)))
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].key < b[0].key:
			all, a = append(all, a[0]), a[1:]
		case a[0].key > b[0].key:
			all, b = append(all, b[0]), b[1:]
		default:
			both := tier{a[0].n + b[0].n, max(a[0].top, b[0].top)}
			all = append(all, bucket{a[0].key, both})
			a, b = a[1:], b[1:]
		}
	}
	return append(append(all, a...), b...)
}

// valueCell is what a shard has on one metric's series since the last
// snapshot.
type valueCell struct {
	Values // without buckets
	tiers  map[int32]tier
}

func (c *valueCell) add(v float64) {
	if c.n == 0 {
		c.min, c.max = v, v
	}
	c.min, c.max = min(c.min, v), max(c.max, v)
	c.n++
	c.sum.add(v)
	for i, limit := range c.limits {
		if v <= limit {
			break
		}
		c.Over[i]++
	}
	key := keyOf(v)
	t := c.tiers[key]
	if t.n == 0 {
		t.top = v
	}
	c.tiers[key] = tier{t.n + 1, max(t.top, v)}
}

// Record books a value of a metric. intended is that of the request it was
// taken from; a value of the warm-up is in no figure. It waits for nothing
// but the shard's mutex, and allocates only when a series or a step of its
// distribution is new to the shard. It panics when the series is not one of
// the plan's, and counts nothing that is not finite.
func (w *Writer) Record(series int32, value float64, intended int64) {
	config := &w.recorder.config
	if intended < config.WarmupEnd || math.IsNaN(value) || math.IsInf(value, 0) {
		return
	}
	w.shard.mu.Lock()
	defer w.shard.mu.Unlock()
	if w.shard.values == nil {
		w.shard.values = make([]*valueCell, config.Series)
	}
	c := w.shard.values[series]
	if c == nil {
		c = newValueCell(config.limits(int(series)))
		w.shard.values[series] = c
	}
	c.add(value)
}

func newValueCell(limits []float64) *valueCell {
	return &valueCell{Values: Values{limits: limits, Over: make([]int64, len(limits))}, tiers: map[int32]tier{}}
}

func (c *Config) limits(series int) []float64 {
	if series < len(c.Limits) {
		return c.Limits[series]
	}
	return nil
}

// collectValues empties a metric series' cells in every shard; nil when all
// were empty.
func (r *Recorder) collectValues(series int) *Values {
	var list []*Values
	for _, sh := range r.shards {
		if c := sh.takeValues(series, &r.spare); c != nil {
			list = append(list, c.settle())
			clear(c.tiers)
			r.spare = c.tiers
		}
	}
	return MergeValues(list...)
}

// takeValues takes a cell's content and leaves an empty one with the spare
// map in its place.
func (sh *shard) takeValues(series int, spare *map[int32]tier) *valueCell {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.values == nil || sh.values[series] == nil || sh.values[series].n == 0 {
		return nil
	}
	c := sh.values[series]
	next := newValueCell(c.limits)
	if *spare != nil {
		next.tiers, *spare = *spare, nil
	}
	sh.values[series] = next
	return c
}

// settle is the content of a cell in the form a snapshot keeps.
func (c *valueCell) settle() *Values {
	v := c.Values
	v.buckets = make([]bucket, 0, len(c.tiers))
	for key, t := range c.tiers {
		v.buckets = append(v.buckets, bucket{key, t})
	}
	slices.SortFunc(v.buckets, func(a, b bucket) int { return cmp.Compare(a.key, b.key) })
	return &v
}
