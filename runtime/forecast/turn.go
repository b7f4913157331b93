package forecast

import (
	"math"
	"time"

	"throng/dsl/plan"
	"throng/runtime/pace"
	"throng/runtime/report"
)

// turn is when a load is expected to be at work, from the first user.
type turn struct{ begin, end time.Duration }

// length is how much of a turn has passed by a moment of the run.
func (t turn) length(until time.Duration) time.Duration { return max(0, min(until, t.end)-t.begin) }

// turns finds when each load is expected to begin and to end: at its planned
// time, or earlier where its iterations are used up. What follows a load is
// expected to begin right at its end.
func (b *builder) turns() []turn {
	p := &b.plan.Profile
	list := make([]turn, len(p.Loads))
	done := make([]bool, len(p.Loads))
	bound := longest
	if p.Duration > 0 && !p.Floats {
		bound = p.Duration
	}
	var find func(i int) turn
	find = func(i int) turn {
		if done[i] {
			return list[i]
		}
		done[i] = true
		l := &p.Loads[i]
		t := turn{l.Delay, bound}
		for _, a := range l.After {
			t.begin = max(t.begin, find(a).end+l.Delay)
		}
		t.begin = min(t.begin, bound)
		if l.Duration > 0 {
			t.end = min(bound, t.begin+l.Duration)
		}
		list[i] = turn{t.begin, b.spentBy(i, t)}
		return list[i]
	}
	for i := range p.Loads {
		find(i)
	}
	return list
}

// spentBy is when a load's own iterations are expected to be used up, or its
// end where they are not.
func (b *builder) spentBy(i int, t turn) time.Duration {
	l := &b.plan.Profile.Loads[i]
	if l.Iterations <= 0 && l.IterationsPerUser <= 0 || t.end <= t.begin {
		return t.end
	}
	want := math.Inf(1)
	if l.Iterations > 0 {
		want = float64(l.Iterations)
	}
	if l.IterationsPerUser > 0 {
		want = math.Min(want, float64(l.IterationsPerUser*int64(peakUsers(l.Stages, t.end-t.begin))))
	}
	spent, ok := soonest(t.end-t.begin, func(d time.Duration) bool { return b.part(i, d).total(assumed) >= want-1e-6 })
	if !ok {
		return t.end
	}
	return t.begin + min(t.end-t.begin, roundUp(spent, time.Second))
}

// soonest is about when something comes to be true, up to a time; it stays
// true from then on.
func soonest(limit time.Duration, enough func(time.Duration) bool) (time.Duration, bool) {
	high := min(time.Second, limit)
	for high < limit && !enough(high) {
		high = min(2*high, limit)
	}
	if !enough(high) {
		return limit, false
	}
	low := high / 2
	if high <= time.Second {
		low = 0
	}
	for high-low > max(time.Millisecond, high/1000) {
		if mid := low + (high-low)/2; enough(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high, true
}

// planned is when the run is expected to end, but for what bounds all its
// iterations together.
func (b *builder) planned() time.Duration {
	p := &b.plan.Profile
	last, all := time.Duration(0), len(p.Loads) > 0
	for i := range p.Loads {
		ends := p.Loads[i].Ends()
		all = all && ends
		if ends {
			last = max(last, b.turn[i].end)
		}
	}
	switch {
	case p.Floats && last > 0:
		return last
	case p.Duration > 0 && all && last > 0:
		return min(p.Duration, last)
	case p.Duration > 0:
		return p.Duration
	}
	return longest
}

// part is what one load will have done after so much of its turn.
func (b *builder) part(i int, length time.Duration) *outlook {
	l := &b.plan.Profile.Loads[i]
	o := b.nothing()
	classes, weights := b.weighted(l)
	switch {
	case len(classes) == 0 || length <= 0:
	case l.Model == plan.Open:
		count := pace.NewArrivals(l.Stages, length).Count()
		if all := pace.Of(b.plan, i); l.Spacing == plan.Poisson && all.Duration() == length {
			count = all.Count() // as the seed has it
		}
		b.open(o, l, count, classes, weights, length)
	default:
		b.closed(o, l.Stages, float64(l.IterationsPerUser), classes, weights, length)
	}
	if l.Iterations > 0 {
		o.bound(float64(l.Iterations))
	}
	return o
}

func (b *builder) nothing() *outlook {
	n := len(b.plan.Classes)
	return &outlook{make([]float64, n), make([]float64, n), make([][numAnswers]float64, n), make([][numAnswers]float64, len(b.plan.Series))}
}

// add takes another outlook's doings over.
func (o *outlook) add(x *outlook) {
	for c := range x.started {
		o.started[c] += x.started[c]
		o.ended[c] += x.ended[c]
		for a := range answers {
			o.iterations[c][a] += x.iterations[c][a]
		}
	}
	for s := range x.deferred {
		for a := range answers {
			o.deferred[s][a] += x.deferred[s][a]
		}
	}
}

// bound cuts an outlook down to so many iterations.
func (o *outlook) bound(most float64) {
	expected := o.total(assumed)
	for a := range answers {
		total := o.total(a)
		if total <= most {
			continue
		}
		for _, list := range [][][numAnswers]float64{o.iterations, o.deferred} {
			for i := range list {
				if math.IsInf(total, 0) { // in the shares that are expected
					list[i][a] = product(list[i][assumed], most/math.Max(expected, 1e-9))
				} else {
					list[i][a] *= most / total
				}
			}
		}
	}
}

// together is what the loads come to at the busiest moment: users and
// arrivals wanted, and requests a second of each answer time.
func (b *builder) together() (users, arrivals float64, requests [numAnswers]float64) {
	var lines [][]Point
	var rates [][numAnswers]float64
	var alone [numAnswers]float64 // of fixed numbers of users
	add := func(line []Point, classes []int) {
		var rate [numAnswers]float64
		for _, c := range classes {
			for a := range answers {
				rate[a] += b.pace(c, a)
			}
		}
		lines, rates = append(lines, line), append(rates, rate)
	}
	for i := range b.plan.Profile.Loads {
		if classes, _ := b.weighted(&b.plan.Profile.Loads[i]); len(classes) > 0 && b.peak[i] > 0 {
			line := b.line(b.plan.Profile.Loads[i].Stages, b.turn[i])
			for k := range line {
				line[k].Level = min(1, line[k].Level/report.Num(b.peak[i]))
			}
			add(line, classes)
		}
	}
	for c := range b.plan.Classes {
		if b.plan.Classes[c].FixedCount > 0 {
			for a := range answers {
				alone[a] += b.pace(c, a)
			}
		}
	}
	requests = alone
	for _, line := range lines {
		for _, p := range line {
			for _, after := range []bool{false, true} {
				now := alone
				for i := range lines {
					share := level(lines[i], p.At, after)
					for a := range answers {
						now[a] += product(rates[i][a], share)
					}
				}
				for a := range answers {
					requests[a] = math.Max(requests[a], now[a])
				}
			}
		}
	}
	for _, c := range b.curves() {
		if c.Unit == unitArrivals {
			arrivals = c.Peak()
		} else {
			users = c.Peak()
		}
	}
	return users, arrivals, requests
}
