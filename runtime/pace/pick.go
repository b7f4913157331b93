package pace

import (
	"math"
	"math/rand/v2"
	"sort"
)

// Weights maps the points of a circle, as 64-bit fractions of it, to indexes
// of weighted things: an arc each, as long as its share. It is immutable.
type Weights struct {
	ends []uint64 // of the arcs, exclusive
	last int      // the last thing with an arc; it also has the circle's end
}

// NewWeights gives an arc to each weight above zero. When none is, index 0
// has the whole circle.
func NewWeights(weights []float64) *Weights {
	w := &Weights{ends: make([]uint64, len(weights))}
	total := 0.0
	for i, x := range weights {
		if x > 0 {
			total += x
			w.last = i
		}
	}
	sum := 0.0
	for i, x := range weights {
		if x > 0 {
			sum += x
		}
		switch {
		case total == 0 || sum >= total:
			w.ends[i] = math.MaxUint64
		default:
			w.ends[i] = uint64(math.Ldexp(sum/total, 64))
		}
	}
	return w
}

// At is the index whose arc holds the point x.
func (w *Weights) At(x uint64) int {
	i := sort.Search(len(w.ends), func(i int) bool { return w.ends[i] > x })
	return min(i, w.last)
}

// Draw is an independent random draw.
func (w *Weights) Draw(r *rand.Rand) int { return w.At(r.Uint64()) }

// Steps around the circle, as 64-bit fractions. Both are badly approximable,
// so points a multiple of either apart spread evenly; and no whole multiples
// of them meet, so the users' sequences do not fall in step.
const (
	goldenStep = 0x9E3779B97F4A7C15 // (√5-1)/2: between the picks of a user
	silverStep = 0x6A09E667F3BCC909 // √2-1: between the first picks of users
)

// Sequence is a user's task picks as a low-discrepancy (Kronecker) sequence:
// each pick goes a golden section further round the circle, so that a user
// meets the declared mix as closely as its number of picks allows. Users
// start a silver section apart, so that many users with few picks meet it
// too.
type Sequence struct {
	weights *Weights
	x       uint64
}

// NewSequence is the sequence of the user with this ordinal among those that
// share the weights and the seed.
func NewSequence(w *Weights, seed uint64, ordinal int64) Sequence {
	return Sequence{w, Mix(seed) + uint64(ordinal)*silverStep}
}

// Next is the index picked next.
func (s *Sequence) Next() int {
	i := s.weights.At(s.x)
	s.x += goldenStep
	return i
}

// Mix hashes numbers into one whose bits all depend on all of theirs
// (splitmix64's finaliser over a running sum). It derives seeds.
func Mix(numbers ...uint64) uint64 {
	h := uint64(0)
	for _, n := range numbers {
		h += n + goldenStep
		h = (h ^ h>>30) * 0xBF58476D1CE4E5B9
		h = (h ^ h>>27) * 0x94D049BB133111EB
		h ^= h >> 31
	}
	return h
}
