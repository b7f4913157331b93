package plan

import "slices"

// StandIn is the plan with other servers in place of some of its targets: to
// has by the name of a target the host that it is reached at, over http and
// its port. What comes behind the host in the target's address stays, and so
// does how HTTP is spoken there; TLS, proxy, sources and resolving are the real
// target's, and so is its guard, save for its limits of load. A name that the
// plan has no target of has no effect.
func (p *Plan) StandIn(to map[string]string) *Plan {
	other := *p
	other.Targets = slices.Clone(p.Targets)
	for i := range other.Targets {
		t := &other.Targets[i]
		host, ok := to[t.Name]
		if !ok {
			continue
		}
		t.Scheme, t.Host, t.Port, t.Example, t.TLS = "http", host, 80, "", nil
		t.HTTP.Proxy, t.HTTP.Sources, t.HTTP.DNS = nil, nil, DNS{}
		t.Guard = Guard{MaxUsers: t.Guard.MaxUsers, MaxRate: t.Guard.MaxRate}
	}
	if p.Once != nil {
		once := *p.Once.Plan
		once.Targets = other.Targets
		other.Once = &Once{Plan: &once}
	}
	return &other
}
