package preflight

import (
	"slices"

	"throng/dsl/plan"
	"throng/runtime/forecast"
)

// heldSockets is how many connections the users of the closed model are sure
// to hold beside one each: the sockets that they open when they start stay
// open, and one who makes requests, too, has a connection for these.
func heldSockets(p *plan.Plan, f *forecast.Forecast) (n int64) {
	for i := range p.Classes {
		k := &p.Classes[i]
		if k.Sockets == 0 || k.Lifetime == plan.LifetimeIteration || !isClosed(p, i) {
			continue
		}
		each := int64(-1)
		for _, s := range k.Start {
			if _, ok := s.(*plan.Socket); ok {
				each++
			}
		}
		if requestConns(p, k) > 0 {
			each++
		}
		n += max(0, each) * f.Classes[i].Users
	}
	return n
}

// isClosed reports whether a class's users are there by themselves, and not
// as arrivals need them.
func isClosed(p *plan.Plan, class int) bool {
	return p.Classes[class].FixedCount > 0 || slices.ContainsFunc(p.Profile.Loads, func(l plan.Load) bool {
		return l.Model == plan.Closed && slices.Contains(l.Classes, class)
	})
}
