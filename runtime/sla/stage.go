package sla

import (
	"slices"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
)

// phases numbers the different sets of stages that SLAs are about: of gives
// each SLA its own, -1 where it is about the whole run.
func phases(p *plan.Plan) (list [][]plan.StageTime, of []int) {
	of = make([]int, len(p.SLAs))
	for i := range p.SLAs {
		of[i] = -1
		stages := p.SLAs[i].Stages
		if stages == nil {
			continue
		}
		of[i] = slices.IndexFunc(list, func(known []plan.StageTime) bool { return slices.Equal(known, stages) })
		if of[i] < 0 {
			of[i] = len(list)
			list = append(list, stages)
		}
	}
	return list, of
}

// Phases are the parts of the run that must be kept by themselves for Judge
// to decide p's rules about stages. zero is the first user's time on the
// run's clock.
func Phases(p *plan.Plan, zero int64) []record.Phase {
	sets, of := phases(p)
	list := make([]record.Phase, len(sets))
	for k, set := range sets {
		list[k].Series = make([]bool, len(p.Series))
		for _, s := range plan.Stretches(set) {
			list[k].Spans = append(list[k].Spans, record.Span{From: zero + int64(s.Begin), To: zero + int64(s.End)})
		}
	}
	for i := range p.SLAs {
		if of[i] < 0 {
			continue
		}
		for _, g := range p.SLAs[i].Groups {
			for _, series := range g.Series {
				list[of[i]].Series[series] = true
			}
		}
	}
	return list
}

// total is what of a snapshot the SLAs of a phase judge; -1 is the whole run.
// It is nil where the snapshot was taken without the phase.
func total(s *record.Snapshot, phase int) []*record.Stats {
	switch {
	case phase < 0:
		return s.Total
	case phase < len(s.Phases):
		return s.Phases[phase].Total
	}
	return make([]*record.Stats, len(s.Total))
}

// recent is the same of what came since the snapshot before.
func recent(s *record.Snapshot, phase int) []*record.Stats {
	switch {
	case phase < 0:
		return s.Recent
	case phase < len(s.Phases):
		return s.Phases[phase].Recent
	}
	return make([]*record.Stats, len(s.Recent))
}

// lasted is the time an SLA's throughput is reckoned over, of elapsed after
// the warm-up.
func lasted(p *plan.Plan, s *plan.SLA, elapsed time.Duration) (sum time.Duration) {
	if s.Stages == nil {
		return elapsed
	}
	now := p.Profile.Warmup + elapsed
	for _, span := range plan.Stretches(s.Stages) {
		sum += max(0, min(span.End, now)-span.Begin)
	}
	return sum
}
