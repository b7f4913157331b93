package html

import (
	"math"

	"throng/runtime/record"
)

// Bins are the steps of every drawn distribution: 138 from 10 µs to 60 s, each
// 12 % wider than the one before. The first and the last take what lies
// beyond.
const (
	bins     = 138
	binStart = 10_000 // ns
	binStep  = 1.12
)

// binOf is the bin of a time in nanoseconds.
func binOf(ns int64) int {
	if ns <= binStart {
		return 0
	}
	return min(bins-1, int(math.Log(float64(ns)/binStart)/math.Log(binStep)))
}

// binned counts a distribution by bin as pairs, bin and count, ascending and
// without empty ones. Each step of the histogram goes where its lower edge
// lies.
func binned(list []record.Bucket) []int64 {
	var out []int64
	for _, b := range list {
		bin := int64(binOf(b.From))
		if n := len(out); n > 0 && out[n-2] == bin {
			out[n-1] += b.Count
			continue
		}
		out = append(out, bin, b.Count)
	}
	return out
}

// joined adds pairs to others; both are ascending.
func joined(a, b []int64) []int64 {
	out := make([]int64, 0, len(a)+len(b))
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0] < b[0]:
			out, a = append(out, a[0], a[1]), a[2:]
		case len(a) == 0 || b[0] < a[0]:
			out, b = append(out, b[0], b[1]), b[2:]
		default:
			out, a, b = append(out, a[0], a[1]+b[1]), a[2:], b[2:]
		}
	}
	return out
}
