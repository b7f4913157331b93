package pace

import (
	"iter"
	"math"
	"math/bits"
	"sort"
	"time"

	"throng/dsl/plan"
)

// Users is the schedule of a closed load: how many users are wanted when.
// Levels are whole users; a fractional one counts as the whole below it.
// After the last stage the last level stays.
//
// In a ramp from a up to b over d, user k (0-based, a <= k < b) starts at
// d·(k-a)/(b-a): the first at once, the rest evenly. In a ramp from a down to
// b the k-th to go (1 <= k <= a-b) goes at d·k/(a-b).
type Users struct {
	pieces []level
	end    time.Duration
}

// level is a straight piece of the schedule. It stands until the next one's
// start.
type level struct {
	start, length time.Duration
	from, to      int
	stage         int
}

// Change is a moment at which the number of wanted users changes.
type Change struct {
	At    time.Duration
	Users int // from At on
}

// NewUsers is the schedule stages describe, from 0 users at 0.
func NewUsers(stages []plan.Stage) *Users {
	u := &Users{}
	from := 0
	for i, s := range stages {
		to := whole(s.Level)
		u.pieces = append(u.pieces, level{u.end, max(0, s.Over), from, to, i})
		u.end += max(0, s.Over)
		if s.Hold > 0 {
			u.pieces = append(u.pieces, level{u.end, s.Hold, to, to, i})
			u.end += s.Hold
		}
		from = to
	}
	return u
}

func whole(f float64) int {
	switch {
	case !(f >= 1):
		return 0
	case f >= math.MaxInt32:
		return math.MaxInt32
	}
	return int(f)
}

// Duration is the sum of all stages.
func (u *Users) Duration() time.Duration { return u.end }

// At is how many users are wanted at t; 0 before the start.
func (u *Users) At(t time.Duration) int {
	if i := u.piece(t); i >= 0 {
		return u.pieces[i].at(t)
	}
	return 0
}

// Stage is the index of the stage t falls into.
func (u *Users) Stage(t time.Duration) int {
	if i := u.piece(t); i >= 0 {
		return u.pieces[i].stage
	}
	return 0
}

// Next is the first change after t; false when there is none. A t below 0
// asks for the first change of all.
func (u *Users) Next(t time.Duration) (Change, bool) {
	now, i := 0, u.piece(t)
	if i >= 0 {
		p := u.pieces[i]
		now = p.at(t)
		if at, ok := p.next(now); ok && (i+1 == len(u.pieces) || at < u.pieces[i+1].start) {
			return Change{at, p.at(at)}, true
		}
	}
	for i++; i < len(u.pieces); i++ {
		p := u.pieces[i]
		if i+1 < len(u.pieces) && u.pieces[i+1].start == p.start {
			continue // a jump that the next piece starts on top of
		}
		if n := p.at(p.start); n != now {
			return Change{p.start, n}, true
		}
		if at, ok := p.next(now); ok && (i+1 == len(u.pieces) || at < u.pieces[i+1].start) {
			return Change{at, p.at(at)}, true
		}
	}
	return Change{}, false
}

// Changes are all changes in order.
func (u *Users) Changes() iter.Seq[Change] {
	return func(yield func(Change) bool) {
		for c, ok := u.Next(-1); ok && yield(c); {
			c, ok = u.Next(c.At)
		}
	}
}

// piece is the index of the last piece that has begun at t, or -1.
func (u *Users) piece(t time.Duration) int {
	return sort.Search(len(u.pieces), func(i int) bool { return u.pieces[i].start > t }) - 1
}

func (p level) at(t time.Duration) int {
	x := t - p.start
	switch {
	case x >= p.length:
		return p.to
	case p.to > p.from:
		return p.from + min(p.to-p.from, int(mulDiv(x, p.to-p.from, p.length))+1)
	}
	return p.from - int(mulDiv(x, p.from-p.to, p.length))
}

// next is when the level changes from now, which it has inside this piece.
func (p level) next(now int) (time.Duration, bool) {
	switch {
	case now == p.to:
		return 0, false
	case p.to > p.from:
		return p.start + share(p.length, now-p.from, p.to-p.from), true
	}
	return p.start + share(p.length, p.from-now+1, p.from-p.to), true
}

// mulDiv is floor(x·n/d) without overflow, for 0 <= x < d and n >= 0.
func mulDiv(x time.Duration, n int, d time.Duration) int64 {
	hi, lo := bits.Mul64(uint64(x), uint64(n))
	q, _ := bits.Div64(hi, lo, uint64(d))
	return int64(q)
}

// share is ceil(d·k/n) without overflow, for 0 <= k <= n: never earlier than
// the exact time.
func share(d time.Duration, k, n int) time.Duration {
	if k >= n {
		return d
	}
	hi, lo := bits.Mul64(uint64(d), uint64(k))
	q, r := bits.Div64(hi, lo, uint64(n))
	if r > 0 {
		q++
	}
	return time.Duration(q)
}
