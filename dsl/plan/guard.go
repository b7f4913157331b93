package plan

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// Guard is what a target declares so that nobody loads the wrong system by
// mistake.
type Guard struct {
	Environment string   // what the target is, such as "production"
	Hosts       []string // where it may lead: names, "*.suffix", addresses, networks; none: anywhere
	MaxUsers    int      // users that may be about it at once; 0: any number
	MaxRate     float64  // arrivals a second; 0: any rate
	Consent     bool     // whoever runs the plan has allowed what the guard forbids
}

// Production reports whether the target is marked as one that serves its
// real users.
func (g *Guard) Production() bool {
	word := strings.ToLower(g.Environment)
	return word == "production" || word == "prod" || word == "live"
}

// Names reports whether the guard lets a host pass by its name, or by its
// address where it is one.
func (g *Guard) Names(host string) bool {
	if len(g.Hosts) == 0 {
		return true
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip, err := netip.ParseAddr(host)
	return slices.ContainsFunc(g.Hosts, func(pattern string) bool {
		if err == nil {
			return covers(pattern, ip)
		}
		ok, _ := path.Match(strings.ToLower(pattern), host)
		return ok
	})
}

// Networks reports whether the guard lists addresses, which a name is held
// against only when it is resolved.
func (g *Guard) Networks() bool {
	return slices.ContainsFunc(g.Hosts, func(pattern string) bool {
		_, isAddr := netip.ParseAddr(pattern)
		_, isNet := netip.ParsePrefix(pattern)
		return isAddr == nil || isNet == nil
	})
}

// covers reports whether an address, or a network, holds ip.
func covers(pattern string, ip netip.Addr) bool {
	if one, err := netip.ParseAddr(pattern); err == nil {
		return one == ip.Unmap()
	}
	network, err := netip.ParsePrefix(pattern)
	return err == nil && network.Contains(ip.Unmap())
}

// MayDial is why the plan's guards forbid a connection to a host at an
// address that its name was resolved to, or nil. A host of no target is
// forbidden, too. The zero address is one that is not known, as through a
// proxy.
func (p *Plan) MayDial(host string, ip netip.Addr) error {
	known := false
	for i := range p.Targets {
		t := &p.Targets[i]
		if !strings.EqualFold(t.Host, host) {
			continue
		}
		known = true
		g := &t.Guard
		if g.Consent || t.Example != "" || g.Names(host) || slices.ContainsFunc(g.Hosts, func(n string) bool { return covers(n, ip) }) {
			return nil
		}
	}
	if !known {
		return fmt.Errorf("%s is the host of no declared target", host)
	}
	if !ip.IsValid() {
		return fmt.Errorf("%s is resolved by its proxy, so that the addresses among allowed_hosts of its target say nothing", host)
	}
	return fmt.Errorf("%s is at %s, which allowed_hosts of its target does not cover", host, ip)
}
