package record

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// Geometry of every histogram: three digits over 64 ns steps up to 60 s. A
// value is known to 0.1 % from 64 µs up, and to 64 ns below, at 172 KB dense.
const (
	unitBits    = 6
	subBits     = 11 // HdrHistogram's sub-buckets for three digits: 2048
	highest     = 60_000_000_000
	significant = 3
)

func newDense() *hdr.Histogram        { return hdr.New(1<<unitBits, highest, significant) }
func newPacked() *hdr.PackedHistogram { return hdr.NewPacked(1<<unitBits, highest, significant) }

// tally is what is known exactly of a set of durations.
type tally struct {
	n, sum, min, max int64
}

func (t *tally) add(v int64) {
	if t.n == 0 || v < t.min {
		t.min = v
	}
	if v > t.max {
		t.max = v
	}
	t.n++
	t.sum += v
}

func (t *tally) merge(o *tally) {
	if o.n == 0 {
		return
	}
	if t.n == 0 || o.min < t.min {
		t.min = o.min
	}
	t.max = max(t.max, o.max)
	t.n += o.n
	if t.sum > math.MaxInt64-o.sum {
		t.sum = math.MaxInt64 // 292 years of waiting: from here on a lower bound
		return
	}
	t.sum += o.sum
}

// mean is the mean to the nearest nanosecond.
func (t *tally) mean() int64 {
	if t.n == 0 {
		return 0
	}
	q, r := t.sum/t.n, t.sum%t.n
	if r >= t.n-r {
		q++
	}
	return q
}

// dist is an immutable distribution: a tally and, where it is part of a
// Stats that left the recorder, the histogram. Of n values the largest
// beyond are in no bucket, because they are out of range.
type dist struct {
	tally
	beyond int64
	packed *hdr.PackedHistogram // nil when empty
}

// at is the value of a rank in 1..n. Beyond the histogram's range only the
// maximum is known; of the rest it reports a lower bound.
func (d *dist) at(rank int64) Latency {
	_, to := d.around(rank)
	return to
}

// around is what the value of a rank in 1..n lies between: the edges of its
// bucket, both inclusive.
func (d *dist) around(rank int64) (from, to Latency) {
	exactly := func(l Latency) (from, to Latency) { return l, l }
	switch {
	case rank <= 1:
		return exactly(Latency{Ns: d.min, Valid: true})
	case rank >= d.n:
		return exactly(Latency{Ns: d.max, Valid: true})
	case rank > d.n-d.beyond:
		return exactly(Latency{Ns: min(highest, d.max), Censored: true, Valid: true})
	}
	var bucket, seen int64
	d.packed.ForEachBucket(func(lowest, count int64) bool {
		bucket = lowest
		seen += count
		return seen < rank
	})
	within := func(ns int64) Latency { return Latency{Ns: min(max(ns, d.min), d.max), Valid: true} }
	return within(bucket), within(top(bucket))
}

func (d *dist) buckets() []Bucket {
	if d.n == 0 {
		return nil
	}
	var list []Bucket
	if d.packed != nil {
		list = make([]Bucket, 0, d.packed.Populated()+1)
		d.packed.ForEachBucket(func(lowest, count int64) bool {
			list = append(list, Bucket{From: lowest, To: top(lowest), Count: count})
			return true
		})
	}
	if d.beyond > 0 {
		list = append(list, Bucket{From: highest, To: max(highest, d.max), Count: d.beyond})
	}
	return list
}

// merge adds o, which is of a kind; its histogram to wide's if there is one.
// It must only be called on a dist that is still being built.
func (d *dist) merge(o *dist, k kind, wide *sums) {
	d.tally.merge(&o.tally)
	d.beyond += o.beyond
	switch {
	case o.packed == nil:
	case wide != nil:
		d.beyond += wide.add(k, o.packed)
	default:
		d.addPacked(o.packed)
	}
}

// addPacked adds the buckets of p. What the library refuses, which the equal
// geometries rule out, is kept as out of range: no sample is lost.
func (d *dist) addPacked(p *hdr.PackedHistogram) {
	if d.packed == nil {
		d.packed = newPacked()
	}
	d.beyond += d.packed.Merge(p)
}

// top is the highest value in the bucket that starts at lowest.
func top(lowest int64) int64 {
	doublings := bits.Len64(uint64(lowest)>>unitBits|(1<<subBits-1)) - subBits
	return lowest + 1<<(unitBits+doublings) - 1
}

// Rank is the nearest rank of quantile p among n values: ceil(p·n), kept in
// 1..n. p is taken as the decimal it is written as, so that p95 of 20 values
// is the 19th however 0.95 is represented.
func Rank(p float64, n int64) int64 {
	switch {
	case n <= 1 || !(p > 0):
		return min(n, 1)
	case p >= 1:
		return n
	}
	r, ok := new(big.Rat).SetString(strconv.FormatFloat(p, 'g', -1, 64))
	if !ok {
		return n
	}
	product := new(big.Int).Mul(r.Num(), big.NewInt(n))
	quotient, rest := product.QuoRem(product, r.Denom(), new(big.Int))
	rank := quotient.Int64()
	if rest.Sign() > 0 {
		rank++
	}
	return min(max(rank, 1), n)
}
