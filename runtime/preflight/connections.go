package preflight

import (
	"throng/dsl/plan"
	"throng/runtime/forecast"
)

// laneConns is how many connections a user has to a target that says nothing
// of it, where a parallel block asks for so many.
const laneConns = 6

// requestConns is how many connections for requests a user of a class may
// have: one to each target, more to those that its parallel blocks ask.
func requestConns(p *plan.Plan, k *plan.Class) (n int64) {
	most := map[int]int64{} // by target
	var walk func(steps []plan.Step, lanes int64)
	walk = func(steps []plan.Step, lanes int64) {
		for _, s := range steps {
			inside := lanes
			switch s := s.(type) {
			case *plan.Request:
				most[s.Target] = max(most[s.Target], min(lanes, limitOf(&p.Targets[s.Target])))
			case *plan.Parallel:
				inside = max(lanes, width(s))
			}
			for _, inner := range plan.Inner(s) {
				walk(inner, inside)
			}
		}
	}
	walk(k.Start, 1)
	walk(k.Stop, 1)
	k.EachTask(func(t *plan.Task) { walk(t.Steps, 1) })
	for _, each := range most {
		n += each
	}
	return n
}

// limitOf is the most connections a user has to a target. HTTP/2 needs one.
func limitOf(t *plan.Target) int64 {
	switch {
	case t.HTTP.Version == plan.HTTP2:
		return 1
	case t.HTTP.Connections > 0:
		return int64(t.HTTP.Connections)
	}
	return laneConns
}

// width is how many steps of a parallel block can be under way at once; what
// repeats may be any number.
func width(s *plan.Parallel) int64 {
	n := int64(len(s.Steps))
	for _, inner := range s.Steps {
		switch inner.(type) {
		case *plan.Loop, *plan.Repeat:
			n = 1 << 20
		}
	}
	if s.Limit > 0 {
		n = min(n, int64(s.Limit))
	}
	return max(1, n)
}

// mostConns is how many connections a user of any class may have, its sockets
// among them.
func mostConns(p *plan.Plan) int64 {
	most := int64(1)
	for i := range p.Classes {
		k := &p.Classes[i]
		most = max(most, requestConns(p, k)+int64(k.Sockets))
	}
	return most
}

// openConns is how many connections for requests a user of the open model may
// have.
func openConns(p *plan.Plan) (most int64) {
	for i := range p.Classes {
		if !isClosed(p, i) {
			most = max(most, requestConns(p, &p.Classes[i]))
		}
	}
	return most
}

// closedConns is how many connections the users of the closed model may have
// for requests at the peak; their sockets are counted by the forecast.
func closedConns(p *plan.Plan, f *forecast.Forecast) (n int64) {
	for i := range p.Classes {
		if isClosed(p, i) {
			n += f.Classes[i].Users * requestConns(p, &p.Classes[i])
		}
	}
	return n
}
