package pace

import (
	"math"
	"sort"
	"time"

	"throng/dsl/plan"
)

// whisker is how near a whole number an integral counts as that number: it
// takes the place of the digits that rates such as 156/m lose in binary.
const whisker = 1e-9

// Arrivals is the schedule of an open load. Its rate is a piecewise straight
// line, and arrival n (0-based) is due when the integral of the rate leaves
// n: the first as soon as there is a rate at all. There are as many arrivals
// as the whole integral has whole units, so 2000/s for 10 s is exactly 20,000,
// half a millisecond apart.
//
// At a constant rate the spacing is even; where the rate is 0 nothing is due.
type Arrivals struct {
	pieces  []slope
	count   int64
	end     time.Duration
	scatter *scatter // of arrivals that are not evenly spaced
}

// slope is a straight piece of the rate. It stands until the next one's start.
type slope struct {
	start, length time.Duration
	from, to      float64 // arrivals a second at its start and end
	before        float64 // integral up to its start
	stage         int
}

// NewArrivals is the schedule stages describe, with a rate of 0 before them.
// With until above 0 it covers exactly that long: what lies beyond is cut
// off, and if the stages end before it, the last rate stays until then.
func NewArrivals(stages []plan.Stage, until time.Duration) *Arrivals {
	a := &Arrivals{}
	from, sum := 0.0, 0.0
	add := func(length time.Duration, from, to float64, stage int) {
		if until > 0 && a.end+length > until {
			cut := until - a.end
			to = from + (to-from)*(cut.Seconds()/length.Seconds())
			length = cut
		}
		if length <= 0 {
			return
		}
		p := slope{a.end, length, from, to, sum, stage}
		a.pieces = append(a.pieces, p)
		a.end += length
		sum = snap(sum + p.area())
	}
	for i, s := range stages {
		to := s.Level
		if !(to > 0) || math.IsInf(to, 0) {
			to = 0
		}
		add(s.Over, from, to, i)
		add(s.Hold, to, to, i)
		from = to
	}
	add(until-a.end, from, from, max(0, len(stages)-1))
	a.count = int64(math.Min(math.Floor(sum), math.MaxInt64/2))
	return a
}

// snap is f, or the whole number it misses by a whisker.
func snap(f float64) float64 {
	if r := math.Round(f); math.Abs(f-r) <= whisker*math.Max(1, math.Abs(r)*1e-6) {
		return r
	}
	return f
}

// Count is how many arrivals there are.
func (a *Arrivals) Count() int64 { return a.count }

// Duration is how long the schedule lasts.
func (a *Arrivals) Duration() time.Duration { return a.end }

// Due is when arrival n is due, to the nearest nanosecond; false beyond the
// last one. It never decreases as n grows.
func (a *Arrivals) Due(n int64) (time.Duration, bool) {
	if n < 0 || n >= a.count {
		return 0, false
	}
	if a.scatter != nil {
		return a.scatter.due(n, a.count), true
	}
	return a.reach(float64(n)), true
}

// reach is when the integral leaves want.
func (a *Arrivals) reach(want float64) time.Duration {
	i := sort.Search(len(a.pieces), func(i int) bool { return a.pieces[i].before > want }) - 1
	return a.pieces[i].reach(want)
}

// Rate is the arrivals a second at t; 0 outside the schedule.
func (a *Arrivals) Rate(t time.Duration) float64 {
	if i := a.piece(t); i >= 0 && t < a.end {
		return a.pieces[i].rate(t)
	}
	return 0
}

// Integral is how many arrivals have become due before t, as a real number.
func (a *Arrivals) Integral(t time.Duration) float64 {
	i := a.piece(min(t, a.end))
	if i < 0 {
		return 0
	}
	p := a.pieces[i]
	p.to = p.rate(min(t, a.end))
	p.length = min(t, a.end) - p.start
	return snap(p.before + p.area())
}

// Stage is the index of the stage t falls into.
func (a *Arrivals) Stage(t time.Duration) int {
	if i := a.piece(t); i >= 0 {
		return a.pieces[i].stage
	}
	return 0
}

// piece is the index of the last piece that has begun at t, or -1.
func (a *Arrivals) piece(t time.Duration) int {
	return sort.Search(len(a.pieces), func(i int) bool { return a.pieces[i].start > t }) - 1
}

func (p slope) area() float64 { return (p.from + p.to) / 2 * p.length.Seconds() }

func (p slope) rate(t time.Duration) float64 {
	return p.from + (p.to-p.from)*(float64(t-p.start)/float64(p.length))
}

// reach is when the integral reaches want inside this piece. It solves
// from·x + a·x²/2 = m in the form that does not subtract near-equals.
func (p slope) reach(want float64) time.Duration {
	m := want - p.before
	if m <= 0 {
		return p.start
	}
	var x float64
	if p.from == p.to {
		x = m / p.from
	} else {
		a := (p.to - p.from) / p.length.Seconds()
		x = 2 * m / (p.from + math.Sqrt(math.Max(0, p.from*p.from+2*a*m)))
	}
	return p.start + min(p.length, time.Duration(math.Round(x*1e9)))
}
