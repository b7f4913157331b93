package pace

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
	"time"

	"throng/dsl/plan"
)

// NewPoisson is NewArrivals with arrivals that come independently of one
// another: a Poisson process of the stages' rate, time stretched as the rate
// demands. The same seed gives the same arrivals.
//
// The process is drawn top down, so that no arrival needs those before it:
// how many there are is one draw, each half of them falls into the first half
// of the integral by a fair coin, and so on down to a few that lie evenly
// spread. Due remembers where it was last asked, so it is not for several
// goroutines.
func NewPoisson(stages []plan.Stage, until time.Duration, seed uint64) *Arrivals {
	a := NewArrivals(stages, until)
	if len(a.pieces) == 0 {
		return a
	}
	last := a.pieces[len(a.pieces)-1]
	p := &scatter{total: snap(last.before + last.area()), when: a.reach, seed: Mix(seed, poissonSalt)}
	a.count = poisson(p.total, p.source(0))
	a.scatter = p
	return a
}

// forever stands for no end: 146 years.
const forever = time.Duration(1) << 62

// Of is when the arrivals of a plan's load come, counted from its begin.
func Of(p *plan.Plan, load int) *Arrivals {
	l, until := &p.Profile.Loads[load], forever
	switch d := p.Profile.Duration; {
	case l.Duration > 0:
		until = l.Duration
	case d > 0 && !p.Profile.Floats:
		until = max(1, d-l.Delay)
	}
	if l.Spacing == plan.Poisson {
		return NewPoisson(l.Stages, until, Mix(p.Seed, uint64(load)))
	}
	return NewArrivals(l.Stages, until)
}

// poissonSalt keeps the draws of arrivals apart from others of the same seed.
const poissonSalt = 0x706f6973736f6e

// fewest is how many arrivals are not halved further, but drawn one by one.
const fewest = 32

// scatter is when the arrivals of a Poisson process come.
type scatter struct {
	total float64                              // of the integral
	when  func(integral float64) time.Duration // does not decrease but for rounding
	seed  uint64
	path  []branch        // from the whole down to the few at hand
	few   []time.Duration // when the few come, in order
}

// branch is a part of the integral and the arrivals in it.
type branch struct {
	node     uint64 // 1 is the whole, 2n and 2n+1 are the halves of n
	first, n int64
	from, to float64
}

func (s *scatter) source(node uint64) *rand.Rand {
	return rand.New(rand.NewPCG(s.seed, node))
}

// due is when arrival n of count comes.
func (s *scatter) due(n, count int64) time.Duration {
	for len(s.path) > 0 {
		b := s.path[len(s.path)-1]
		if b.first <= n && n < b.first+b.n {
			if b.n <= fewest {
				return s.few[n-b.first]
			}
			break
		}
		s.path = s.path[:len(s.path)-1]
	}
	if len(s.path) == 0 {
		s.path = append(s.path, branch{1, 0, count, 0, s.total})
	}
	b := s.path[len(s.path)-1]
	for b.n > fewest {
		b = s.half(b, n)
		s.path = append(s.path, b)
	}
	s.draw(b)
	return s.few[n-b.first]
}

// draw spreads the few arrivals of a branch evenly over its part.
func (s *scatter) draw(b branch) {
	s.few = s.few[:0]
	earliest, latest := s.when(b.from), s.when(b.to)
	r := s.source(b.node)
	for range b.n {
		at := s.when(b.from + (b.to-b.from)*r.Float64())
		s.few = append(s.few, max(earliest, min(at, latest)))
	}
	slices.Sort(s.few)
}

// half is the half of a branch that arrival n lies in.
func (s *scatter) half(b branch, n int64) branch {
	left := coins(b.n, s.source(b.node))
	middle := b.from + (b.to-b.from)/2
	if n < b.first+left {
		return branch{2 * b.node, b.first, left, b.from, middle}
	}
	return branch{2*b.node + 1, b.first + left, b.n - left, middle, b.to}
}

// counted is up to which number coins are thrown one by one. The normal law
// that stands for more differs from them by less than a thousandth part.
const counted = 1 << 20

// coins is how many of n fair coins fall on one side.
func coins(n int64, r *rand.Rand) (heads int64) {
	if n > counted {
		x := float64(n)/2 + math.Sqrt(float64(n))/2*r.NormFloat64()
		return min(n, max(0, int64(math.Round(x))))
	}
	for ; n >= 64; n -= 64 {
		heads += int64(bits.OnesCount64(r.Uint64()))
	}
	return heads + int64(bits.OnesCount64(r.Uint64()&(1<<n-1)))
}

// poisson draws how many arrivals there are where so many are expected: by
// exponential distances for few, else by transformed rejection (Hörmann 1993,
// "The transformed rejection method for generating Poisson random variables",
// algorithm PTRS).
func poisson(mean float64, r *rand.Rand) int64 {
	if mean < 10 {
		n := int64(0)
		for t := r.ExpFloat64(); t <= mean; t += r.ExpFloat64() {
			n++
		}
		return n
	}
	mean = math.Min(mean, math.MaxInt64/4)
	b := 0.931 + 2.53*math.Sqrt(mean)
	a := -0.059 + 0.02483*b
	inverse := 1.1239 + 1.1328/(b-3.4)
	fast := 0.9277 - 3.6224/(b-2)
	for {
		u := r.Float64() - 0.5
		v := 1 - r.Float64()
		us := 0.5 - math.Abs(u)
		k := math.Floor((2*a/us+b)*u + mean + 0.43)
		if us >= 0.07 && v <= fast {
			return int64(k)
		}
		if k < 0 || us < 0.013 && v > us {
			continue
		}
		gamma, _ := math.Lgamma(k + 1)
		if math.Log(v)+math.Log(inverse)-math.Log(a/(us*us)+b) <= k*math.Log(mean)-mean-gamma {
			return int64(k)
		}
	}
}
