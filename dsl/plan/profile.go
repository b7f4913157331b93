package plan

import (
	"slices"
	"time"
)

// Model is how load is offered.
type Model uint8

// Workload models.
const (
	Closed Model = iota // so many users, each waiting for its answers
	Open                // so many arrivals, however slow the answers
)

func (m Model) String() string {
	if m == Open {
		return "open"
	}
	return "closed"
}

// Spacing is how arrivals lie in time about their rate.
type Spacing uint8

// Ways to space arrivals.
const (
	Even    Spacing = iota // at equal distances
	Poisson                // independent of one another, as strangers come
)

func (s Spacing) String() string { return [...]string{"even", "poisson"}[s] }

// Arriving is what comes with an arrival of the open model.
type Arriving uint8

// What an arrival brings.
const (
	ArriveIteration Arriving = iota // one task by an idle user
	ArriveUser                      // a new user: start, one task, stop
)

func (a Arriving) String() string { return [...]string{"iteration", "user"}[a] }

// Profile is how much load is offered, and for how long.
type Profile struct {
	Name        string
	Site        SiteID
	Description string
	Loads       []Load
	Duration    time.Duration // from the first user; the planned end of load, 0 where it is not known before
	// Floats says that Duration is what the loads add up to, and that some of
	// them follow others or end with their iterations: the run ends when the
	// last load has ended that has an end of its own. Otherwise it ends at
	// Duration, whatever the loads still want.
	Floats     bool
	Grace      time.Duration // how long running tasks may take after the end
	Warmup     time.Duration // left out of the figures, by intended start
	Iterations int64         // a bound beside Duration, on all loads together; 0 for none
}

// Load is one schedule and the classes that share it by weight. Its stages
// and its Duration count from its own begin.
type Load struct {
	Name     string // of the class it is for; "" for the profile's own load
	Site     SiteID
	Model    Model
	Classes  []int
	Stages   []Stage
	After    []int         // the loads it follows: it begins when they have ended and their users have gone
	Delay    time.Duration // before its begin, from the first user or from the end of those it follows
	Duration time.Duration // 0: until the end of the profile
	MaxUsers int           // open model: how many users may be made
	Pooled   bool          // MaxUsers is the profile's, and shared with all other loads that are Pooled
	Spacing  Spacing       // open model
	Arrival  Arriving      // open model

	Iterations        int64 // a bound on the tasks its users begin; 0 for none
	IterationsPerUser int64 // closed model: how many tasks a user begins before it ends; 0 for no bound
}

// Ends reports whether a load has an end of its own, at a time or with its
// iterations.
func (l *Load) Ends() bool { return l.Duration > 0 || l.Iterations > 0 || l.IterationsPerUser > 0 }

// WeightIn is the weight a class has among those that share a load. A load of
// its own is all for its class, whatever weight that has in others.
func (p *Plan) WeightIn(l *Load, class int) float64 {
	switch c := &p.Classes[class]; {
	case c.FixedCount > 0:
		return 0
	case l.Name != "":
		return 1
	default:
		return c.Weight
	}
}

// Runs reports whether a class has users under the plan's profile: a fixed
// number of them, or a part in a load.
func (p *Plan) Runs(class int) bool {
	return p.Classes[class].FixedCount > 0 ||
		slices.ContainsFunc(p.Profile.Loads, func(l Load) bool { return slices.Contains(l.Classes, class) })
}

// Stage is a straight piece of a schedule: Over leads from the level before
// (0 at first) to Level, Hold stays there. Level counts users in the closed
// model and arrivals a second in the open one.
type Stage struct {
	Name  string
	Level float64
	Over  time.Duration
	Hold  time.Duration
}

// Unknown stands for a time that is known only when it has come.
const Unknown time.Duration = -1

// Span is when a load is planned to be at work, counted from the first user.
// A load may end earlier than planned, with its iterations.
type Span struct {
	Begin time.Duration // Unknown where it follows a load whose end is
	End   time.Duration // Unknown where nothing but iterations ends it
}

// Timetable is when each load of the profile is planned to be at work. What
// follows another load is planned to begin right at that one's end.
func (p *Profile) Timetable() []Span {
	spans := make([]Span, len(p.Loads))
	done := make([]bool, len(p.Loads))
	var plan func(i int) Span
	plan = func(i int) Span {
		if done[i] {
			return spans[i]
		}
		done[i] = true // also where loads follow each other in a circle, which the compiler refuses
		l := &p.Loads[i]
		s := Span{Begin: l.Delay, End: Unknown}
		for _, a := range l.After {
			switch end := plan(a).End; {
			case end == Unknown:
				s.Begin = Unknown
			case s.Begin != Unknown:
				s.Begin = max(s.Begin, end+l.Delay)
			}
		}
		switch {
		case l.Duration > 0 && s.Begin != Unknown:
			s.End = s.Begin + l.Duration
		case !l.Ends() && p.Duration > 0:
			s.End = p.Duration
		}
		if p.Duration > 0 && !p.Floats {
			s.Begin, s.End = clip(s.Begin, p.Duration), clip(s.End, p.Duration)
		}
		spans[i] = s
		return s
	}
	for i := range p.Loads {
		plan(i)
	}
	return spans
}

// clip is a planned time, or the end of the run where that comes first.
func clip(t, end time.Duration) time.Duration {
	if t == Unknown {
		return t
	}
	return min(t, end)
}
