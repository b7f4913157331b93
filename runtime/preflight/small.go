package preflight

import (
	"throng/dsl/plan"
	"throng/runtime/forecast"
)

// Small reports that a plan is so small that Check will find nothing, without
// a forecast, which can take as long as a short run needs to begin. It errs
// on the side of false.
func Small(p *plan.Plan, m Machine) bool {
	c := &check{plan: p, machine: m}
	for i := range p.Targets {
		if len(p.Targets[i].HTTP.Sources) > 0 {
			return false
		}
	}
	var users, arrivals float64
	for i := range p.Classes {
		users += float64(p.Classes[i].FixedCount)
		if c.freshUsers(i) {
			return false
		}
	}
	for i := range p.Profile.Loads {
		l := &p.Profile.Loads[i]
		top := 0.0
		for _, s := range l.Stages {
			top = max(top, s.Level)
		}
		if l.Model == plan.Open {
			arrivals += top
			users += float64(l.MaxUsers)
			continue
		}
		users += top
	}
	fits := func(need float64, limit int64) bool { return limit <= 0 || need <= float64(limit) }
	// A closed user waits for its answers, so it makes no more requests than
	// the forecast's assumed time allows; those of an arrival are not counted
	// here, so arrivals are taken a hundred times.
	rate := users/forecast.Assumed.Seconds() + 100*arrivals
	sockets := 0
	for i := range p.Classes {
		sockets = max(sockets, p.Classes[i].Sockets)
	}
	return fits(users*float64(mostConns(p))*float64(c.ends())+filesBeside+float64(m.FilesTaken), m.Files) &&
		fits(users*float64(1+sockets), m.Ports) &&
		fits((users*float64(fullUser+sockets*socketCost)+beside)*4/3, m.Memory) &&
		(m.Cores <= 0 || rate*openCost < float64(m.Cores)*busy)
}
