package forecast

import (
	"math"
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/pace"
)

// outlook is what will have happened by some moment of the run, by class.
type outlook struct {
	started    []float64 // users
	ended      []float64 // of these, before the moment
	iterations [][numAnswers]float64
	deferred   [][numAnswers]float64 // by series: what of it is behind a pause or wait
}

// outlook reckons it for a moment up to the planned end.
func (b *builder) outlook(until time.Duration) *outlook {
	o := b.nothing()
	for i := range b.plan.Profile.Loads {
		o.add(b.part(i, b.turn[i].length(until)))
	}
	for c := range b.plan.Classes {
		if n := b.plan.Classes[c].FixedCount; n > 0 && until > 0 {
			b.closed(o, fixed(n), 0, []int{c}, []float64{1}, until)
		}
	}
	return o
}

func (o *outlook) total(answer int) (sum float64) {
	for _, n := range o.iterations {
		sum += n[answer]
	}
	return sum
}

// fixed is the schedule of users beside the profile's.
func fixed(n int) []plan.Stage { return []plan.Stage{{Level: float64(n)}} }

// weighted are a load's classes that share it, as the engine sees them.
func (b *builder) weighted(l *plan.Load) (classes []int, weights []float64) {
	for _, c := range l.Classes {
		if b.plan.Classes[c].FixedCount == 0 {
			classes = append(classes, c)
			weights = append(weights, b.plan.WeightIn(l, c))
		}
	}
	return classes, weights
}

// maxSteps bounds how many single users, or turns of a split, are followed;
// beyond it many are reckoned as one.
const maxSteps = 1_000_000

// closed adds the lives of a closed load's users: who came last goes first. A
// user ends after most iterations; 0 is no bound.
func (b *builder) closed(o *outlook, stages []plan.Stage, most float64, classes []int, weights []float64, until time.Duration) {
	stages, each := thin(stages)
	split := pace.NewSplit(weights)
	type seat struct {
		class int
		since time.Duration
	}
	var seats []seat
	level := 0
	lived := func(s seat, at time.Duration) {
		h, life := b.habits[s.class], (at - s.since).Seconds()
		b.beat(o, s.class, each*(life-h.begins[assumed]))
		for a := range answers {
			begun := h.begun(a, life)
			if most > 0 {
				begun = math.Min(begun, most)
			}
			o.iterations[s.class][a] += each * begun
			for _, d := range h.deferred {
				o.deferred[d.series][a] += each * d.share * math.Min(begun, h.begun(a, life-d.after[a]))
			}
		}
	}
	for c := range pace.NewUsers(stages).Changes() {
		if c.At >= until {
			break
		}
		for ; level < c.Users; level++ {
			if level == len(seats) {
				seats = append(seats, seat{class: classes[split.Next()]})
			}
			seats[level].since = c.At
			o.started[seats[level].class] += each
		}
		for ; level > c.Users; level-- {
			o.ended[seats[level-1].class] += each
			lived(seats[level-1], c.At)
		}
	}
	for _, s := range seats[:level] {
		lived(s, until)
	}
}

// thin is a schedule whose users each stand for so many.
func thin(stages []plan.Stage) ([]plan.Stage, float64) {
	sum, from := 0.0, 0.0
	for _, s := range stages {
		sum += math.Abs(s.Level - from)
		from = s.Level
	}
	if sum <= maxSteps {
		return stages, 1
	}
	each := math.Ceil(sum / maxSteps)
	stages = slices.Clone(stages)
	for i := range stages {
		stages[i].Level = math.Round(stages[i].Level / each)
	}
	return stages, each
}

// open adds the arrivals of an open load, and the users that are expected to
// be made for them: as many as are busy at once at the highest rate.
func (b *builder) open(o *outlook, l *plan.Load, count int64, classes []int, weights []float64, until time.Duration) {
	made := 0.0
	users := make([]float64, len(classes))
	rate := peakRate(l.Stages, until)
	share := normal(weights)
	for i, n := range deal(weights, count) {
		c := classes[i]
		for a := range answers {
			o.iterations[c][a] += n
			for _, d := range b.habits[c].deferred {
				o.deferred[d.series][a] += d.share * n
			}
		}
		users[i] = math.Min(n, math.Max(1, float64(ceil(rate*share[i]*b.habits[c].busy[assumed]))))
		if l.Arrival == plan.ArriveUser {
			users[i] = n
		}
		made += users[i]
	}
	fit := 1.0
	if most := float64(l.MaxUsers); most > 0 && made > most && l.Arrival != plan.ArriveUser {
		fit = most / made
	}
	for i, c := range classes {
		o.started[c] += users[i] * fit
		life := users[i] * fit * b.stay(c)
		if l.Arrival != plan.ArriveUser && rate > 0 {
			life = users[i] * fit * float64(count) / rate // as long as it would last at the highest rate
		}
		b.beat(o, c, life)
	}
}

// deal is how many of n turns each weighted thing gets, exactly.
func deal(weights []float64, n int64) []float64 {
	counts := make([]float64, len(weights))
	if n <= maxSteps {
		split := pace.NewSplit(weights)
		for range n {
			counts[split.Next()]++
		}
		return counts
	}
	for i, share := range normal(weights) {
		counts[i] = share * float64(n) // within one of what it gets
	}
	return counts
}

// moments are when a schedule's straight pieces begin and end, up to a time,
// each with the moment just before it.
func moments(stages []plan.Stage, until time.Duration) []time.Duration {
	list := []time.Duration{0}
	t := time.Duration(0)
	add := func(d time.Duration) {
		if d > 0 && t < until {
			t += d
			list = append(list, min(t, until)-1)
			if t < until {
				list = append(list, t)
			}
		}
	}
	for _, s := range stages {
		add(s.Over)
		if s.Over <= 0 && s.Hold <= 0 && t < until {
			list = append(list, t)
		}
		add(s.Hold)
	}
	return list
}

// peakRate is the highest rate of arrivals, up to a time.
func peakRate(stages []plan.Stage, until time.Duration) (rate float64) {
	arrivals := pace.NewArrivals(stages, until)
	for _, t := range moments(stages, until) {
		rate = math.Max(rate, arrivals.Rate(t))
	}
	for _, s := range stages {
		if math.Abs(rate-s.Level) <= 1e-6*s.Level {
			rate = s.Level // the last nanosecond of a ramp to it
		}
	}
	return rate
}

// peakUsers is the highest number of users wanted, up to a time.
func peakUsers(stages []plan.Stage, until time.Duration) (n int) {
	users := pace.NewUsers(stages)
	for _, t := range moments(stages, until) {
		n = max(n, users.At(t))
	}
	return n
}

// longest is what a run without an end counts as.
const longest = 366 * 24 * time.Hour

// horizon finds when no more work is begun: at the planned end, or when the
// plan's iterations are used up. It sets b.end and b.spent.
func (b *builder) horizon() {
	p := &b.plan.Profile
	b.turn = b.turns()
	b.end = b.planned()
	if p.Iterations > 0 {
		enough := func(t time.Duration) bool { return b.outlook(t).total(assumed) >= float64(p.Iterations) }
		if spent, ok := soonest(b.end, enough); ok {
			b.end, b.spent = min(b.end, roundUp(spent, time.Second)), true
		}
	}
	for i := range b.turn {
		b.turn[i] = turn{min(b.turn[i].begin, b.end), min(b.turn[i].end, b.end)}
	}
}

// whole is the outlook on the whole run. Where its iterations are bounded
// there are that many, however fast the answers.
func (b *builder) whole() *outlook {
	o := b.outlook(b.end)
	if b.spent {
		part := 0.0
		if total := o.total(assumed); total > 0 && !math.IsInf(total, 0) {
			part = float64(b.plan.Profile.Iterations) / total
		}
		for _, list := range [][][numAnswers]float64{o.iterations, o.deferred} {
			for i := range list {
				n := product(list[i][assumed], part)
				list[i] = [numAnswers]float64{n, n}
			}
		}
	}
	copy(o.ended, o.started)
	return o
}

// counts are how often each series happens in an outlook.
func (b *builder) counts(o *outlook) [][numAnswers]float64 {
	list := make([][numAnswers]float64, len(b.plan.Series))
	for c, h := range b.habits {
		for s := range list {
			for a := range answers {
				list[s][a] += b.aside(o, c, s) + product(o.iterations[c][a], h.prompt[s])
			}
		}
	}
	for s := range list {
		for a := range answers {
			list[s][a] += o.deferred[s][a]
		}
	}
	return list
}

// aside is how often a class's start and stop steps make a series happen.
func (b *builder) aside(o *outlook, class, series int) float64 {
	h := b.habits[class]
	return o.started[class]*h.start[series] + o.ended[class]*h.stop[series]
}
