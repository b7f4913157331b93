package report

import (
	"math"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/record"
)

// A request is slow when it took more than slowFactor times the median of its
// like, and what is usual is known from so many successes on.
const (
	slowFactor = 10
	usualFrom  = 10
)

// Stalls are the slow requests of the users of a class in the closed model,
// and an estimate of how many requests these users did not make meanwhile. No
// figure of the run holds such a request.
type Stalls struct {
	Class    string `json:"class"`
	UserTime Ms     `json:"user_time_ms"`  // how long its users were there, added up
	Slow     int64  `json:"slow_requests"` // took more than 10 times the median of their like
	Longer   Ms     `json:"longer_ms"`     // how much longer than the median these took, added up
	Pace     *Num   `json:"pace_per_s"`    // requests a user made in a second of the rest of its time; null where unknown
	NotMade  *int64 `json:"not_made"`      // the estimate: pace × longer; null where the pace is unknown
}

// stalls reckons by how much the closed model under-samples stalls. A user
// that waits for a slow answer does not make the requests it would have made
// at its usual pace:
//
//	longer   = Σ (duration − median) over the slow requests of the class
//	pace     = requests / (user time − longer)
//	not made ≈ pace × longer
//
// It is an estimate: requests of the open model are due whatever happens,
// while here users set the pace, and nobody knows how they would have gone
// on. It is left out for classes with parallel steps, whose users wait for
// several answers at once.
func (b *builder) stalls(o *outcome.Outcome, snap *record.Snapshot) []Stalls {
	list := []Stalls{}
	for c := range b.plan.Classes {
		lived := countsOf(o, c).Lived
		if lived <= 0 || b.ofOpenLoad(c) || b.plan.Classes[c].InParallel() {
			continue
		}
		out := Stalls{Class: b.plan.Classes[c].Name, UserTime: ms(lived)}
		var requests int64
		var longer time.Duration
		for i, s := range snap.Total {
			if series := &b.plan.Series[i]; series.Class != c || series.Kind != plan.RequestSeries {
				continue
			}
			n, d := s.Slow(slowFactor, usualFrom)
			requests += s.Count()
			out.Slow += n
			longer += d
		}
		out.Longer = ms(longer)
		if rest := lived - longer; requests > 0 && rest > 0 {
			pace := float64(requests) / rest.Seconds()
			missing := int64(math.Round(pace * longer.Seconds()))
			out.Pace, out.NotMade = num(pace), &missing
		}
		list = append(list, out)
	}
	return list
}

// ofOpenLoad reports whether a class's users come by arrivals.
func (b *builder) ofOpenLoad(class int) bool {
	if b.plan.Classes[class].FixedCount > 0 {
		return false
	}
	for i := range b.plan.Profile.Loads {
		l := &b.plan.Profile.Loads[i]
		for _, c := range l.Classes {
			if c == class && l.Model == plan.Open {
				return true
			}
		}
	}
	return false
}
