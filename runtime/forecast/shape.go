package forecast

import (
	"fmt"
	"math"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report"
	"throng/runtime/report/text"
)

// crowd is so many users at once that one wants to have meant it.
const crowd = 50

// crowds warns of the moment at which most users start within a second.
func (b *builder) crowds() {
	for i := range b.plan.Profile.Loads {
		l := &b.plan.Profile.Loads[i]
		classes, weights := b.weighted(l)
		if l.Model != plan.Closed || len(classes) == 0 {
			continue
		}
		n, at, instant := steepest(l.Stages, b.turn[i].length(b.end))
		if n < crowd || n == crowd && !instant {
			continue
		}
		when := fmt.Sprintf("%s users start within a second at %s", text.Count(int64(n)), text.Clock(b.turn[i].begin+at))
		if instant {
			when = fmt.Sprintf("%s users start at one instant, at %s", text.Count(int64(n)), text.Clock(b.turn[i].begin+at))
		}
		if s := stageName(l.Stages, at); s != "" {
			when += " (" + s + ")"
		}
		starts := 0.0
		share := normal(weights)
		for k, c := range classes {
			for s, x := range b.habits[c].start {
				if b.plan.Series[s].Kind == plan.RequestSeries {
					starts += share[k] * float64(n) * x
				}
			}
		}
		if starts > 0 {
			when += fmt.Sprintf(", with about %s of their start steps at once", plural(whole(starts), "request"))
		}
		b.warn("crowd", nil, nil, "%s; a spawn_rate or an over spreads them, if that is not meant", when)
	}
	for i := range b.plan.Classes {
		if n := b.plan.Classes[i].FixedCount; n >= crowd {
			b.warn("crowd", b.site(b.plan.Classes[i].Site), nil, "%s users of %s start at one instant, at 0:00: a fixed_count has no ramp", text.Count(int64(n)), b.plan.Classes[i].Name)
		}
	}
}

// steepest is the most users a schedule starts within a second, or at one
// instant where that is most of them, and when.
func steepest(stages []plan.Stage, until time.Duration) (n int, at time.Duration, instant bool) {
	from, t := 0.0, time.Duration(0)
	for _, s := range stages {
		if t >= until {
			break
		}
		rise := s.Level - from
		m, once := rise, true
		if s.Over > time.Second {
			m, once = rise*time.Second.Seconds()/s.Over.Seconds(), false
		} else if s.Over > 0 {
			once = false
		}
		if k := int(math.Round(m)); k > n {
			n, at, instant = k, t, once
		}
		from, t = s.Level, t+s.Over+s.Hold
	}
	return n, at, instant
}

func stageName(stages []plan.Stage, at time.Duration) string {
	t := time.Duration(0)
	for i, s := range stages {
		if at >= t && at < t+s.Over+s.Hold {
			switch {
			case s.Name != "":
				return "stage " + s.Name
			case len(stages) > 1:
				return fmt.Sprintf("stage %d", i+1)
			}
			return ""
		}
		t += s.Over + s.Hold
	}
	return ""
}

// ramps warns of full load that is never reached, or only for a moment.
func (b *builder) ramps() {
	loads := report.Loads(b.plan)
	for i := range b.plan.Profile.Loads {
		l := &b.plan.Profile.Loads[i]
		noun, top := "users", 0.0
		if l.Model == plan.Open {
			noun = "arrivals/s"
		}
		end := b.turn[i].length(b.end)
		sum, held := time.Duration(0), time.Duration(0)
		for _, s := range l.Stages {
			if s.Level > top {
				top, held = s.Level, 0
			}
			if s.Level == top {
				held += max(0, min(sum+s.Over+s.Hold, end)-min(sum+s.Over, end))
			}
			sum += s.Over + s.Hold
		}
		if n := len(l.Stages); n > 0 && l.Stages[n-1].Level == top && sum < end {
			held += end - sum
		}
		if len(l.Stages) == 0 {
			continue
		}
		early := b.spent || l.Stages[len(l.Stages)-1].Hold >= longest || l.Iterations > 0 || l.IterationsPerUser > 0
		of := ""
		if len(b.plan.Profile.Loads) > 1 {
			of = " of " + report.LoadName(&loads[i])
		}
		switch {
		case sum > end && !early && end < longest && end == 0:
			b.warn("schedule_cut", b.site(l.Site), nil, "the load%s would begin only when the run has ended", of)
		case sum > end && !early && end < longest:
			lasts := "the run lasts"
			if of != "" {
				lasts = "the load has"
			}
			b.warn("schedule_cut", b.site(l.Site), nil, "the stages%s take %s, and %s %s: what is planned after that does not happen", of, span(sum), lasts, span(end))
		case top > 0 && held == 0 && !early:
			b.warn("peak_not_held", b.site(l.Site), nil, "the peak%s of %s %s is reached for a moment only: no stage holds it, the ramp is as long as its stage", of, trimmed(top), noun)
		}
	}
}

func (b *builder) spentEarly() {
	p := &b.plan.Profile
	if !b.spent || p.Duration <= 0 || b.end >= p.Duration {
		return
	}
	b.warn("iterations", b.site(p.Site), nil, "%s are used up after about %s, so the run ends before its %s",
		plural(p.Iterations, "iteration"), span(b.end.Round(time.Second)), span(p.Duration))
}
