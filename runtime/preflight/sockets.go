package preflight

import (
	"slices"

	"throng/dsl/plan"
	"throng/runtime/forecast"
)

// mostConnections is how many connections a user may have open: for requests
// so many, if it makes any, and one for each socket.
func mostConnections(p *plan.Plan, requests int64) int64 {
	most := int64(1)
	for i := range p.Classes {
		k := &p.Classes[i]
		n := int64(k.Sockets)
		if n == 0 || asks(k) {
			n += requests
		}
		most = max(most, n)
	}
	return most
}

// asks reports whether users of a class make requests beside their sockets.
func asks(k *plan.Class) (yes bool) {
	k.EachStep(func(s plan.Step) {
		_, is := s.(*plan.Request)
		yes = yes || is
	})
	return yes
}

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
		if asks(k) {
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
