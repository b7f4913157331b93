package results

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
)

// marker finds out, tick by tick, what happened to a run.
type marker struct {
	plan   *plan.Plan
	list   []Mark
	begun  []bool          // by load
	broken []bool          // by SLA
	told   map[string]bool // alarms, without their figures
	state  outcome.State
}

func newMarker(p *plan.Plan) *marker {
	m := &marker{plan: p, begun: make([]bool, len(p.Profile.Loads)), broken: make([]bool, len(p.SLAs)), told: map[string]bool{}}
	if w := p.Profile.Warmup; w > 0 {
		m.list = append(m.list, Mark{At: w, Kind: MarkWarmup})
	}
	return m
}

func (m *marker) add(at time.Duration, kind MarkKind, name string) {
	m.list = append(m.list, Mark{At: at, Kind: kind, Name: name})
}

// look takes the next tick.
func (m *marker) look(t *tick) {
	for i := range t.SoFar.Loads {
		if i < len(m.begun) && !m.begun[i] && t.SoFar.Loads[i].State != outcome.Waiting {
			m.begun[i] = true
			m.stages(&m.plan.Profile.Loads[i], t.SoFar.Loads[i].Begin)
		}
	}
	for i := range m.broken {
		now := slices.Contains(t.Broken, i)
		switch {
		case now && !m.broken[i]:
			m.add(t.At, MarkBreach, m.plan.SLAs[i].Name)
		case !now && m.broken[i] && t.State != outcome.Done:
			m.add(t.At, MarkRecovery, m.plan.SLAs[i].Name)
		}
		m.broken[i] = now
	}
	for _, why := range t.SoFar.Health.Saturated {
		what, _, _ := strings.Cut(why, ":") // its figures change from second to second
		if !m.told[what] && len(m.told) < 100 {
			m.told[what] = true
			m.add(t.At, MarkAlarm, what)
		}
	}
	if t.State >= outcome.Stopping && m.state < outcome.Stopping && t.State != outcome.Done {
		m.add(t.At, MarkStop, "")
	}
	m.state = t.State
}

// stages marks when the stages of a load that has begun begin.
func (m *marker) stages(l *plan.Load, at time.Duration) {
	for i, s := range l.Stages {
		name := cmp.Or(s.Name, fmt.Sprintf("stage %d", i+1))
		if l.Name != "" {
			name = l.Name + "/" + name
		}
		if len(l.Stages) > 1 || s.Name != "" {
			m.add(at, MarkStage, name)
		}
		at += s.Over + s.Hold
	}
}

// marks are those of a run that has ended, in order.
func (m *marker) marks(o *outcome.Outcome) []Mark {
	list := slices.DeleteFunc(slices.Clone(m.list), func(k Mark) bool {
		return k.Kind == MarkStop || k.At > o.Elapsed
	})
	c := &o.Conditions
	if c.Aborted != "" {
		list = append(list, Mark{At: c.Ran, Kind: MarkAbort, Name: c.Aborted})
	}
	list = append(list, Mark{At: min(c.Ran, o.Elapsed), Kind: MarkStop, Name: c.Incomplete}, Mark{At: o.Elapsed, Kind: MarkEnd})
	return ordered(list)
}

// soFar are the marks of a run of which no more is known than until at.
func (m *marker) soFar(at time.Duration) []Mark {
	return ordered(slices.DeleteFunc(slices.Clone(m.list), func(k Mark) bool { return k.At > at }))
}

func ordered(list []Mark) []Mark {
	slices.SortStableFunc(list, func(a, b Mark) int { return cmp.Compare(a.At, b.At) })
	return list
}
