package plan

import "time"

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

// Profile is how much load is offered, and for how long.
type Profile struct {
	Name        string
	Site        SiteID
	Description string
	Loads       []Load
	Duration    time.Duration // from the first user; the end of planned load
	Grace       time.Duration // how long running tasks may take after it
	Warmup      time.Duration // left out of the figures, by intended start
	Iterations  int64         // a bound beside Duration; 0 for none
}

// Load is one schedule and the classes that share it by weight.
type Load struct {
	Model    Model
	Classes  []int
	Stages   []Stage
	MaxUsers int // open model: how many users may be made
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
