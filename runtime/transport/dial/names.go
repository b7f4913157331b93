package dial

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"throng/dsl/plan"
)

// names resolves hosts for all users.
type names struct {
	resolver *net.Resolver // nil: net.DefaultResolver

	mu    sync.Mutex
	known map[string]*name
}

// name is what is kept of one host.
type name struct {
	addrs []netip.Addr
	at    int64  // when they were asked for, on the clock
	turn  uint64 // connections begun in rotation
}

// lookup gives the addresses of a host in the order in which they are to be
// tried, and whether it had to ask for them.
func (n *names) lookup(ctx context.Context, host string, dns plan.DNS, now int64) (addrs []netip.Addr, asked bool, err error) {
	addrs, ok := n.recall(host, dns.TTL, now)
	if !ok {
		r := n.resolver
		if r == nil {
			r = net.DefaultResolver
		}
		if addrs, err = r.LookupNetIP(ctx, "ip", host); err != nil {
			return nil, true, err
		}
		for i := range addrs {
			addrs[i] = addrs[i].Unmap()
		}
		if dns.Order != plan.DNSFirst {
			slices.SortFunc(addrs, netip.Addr.Compare)
		}
		n.keep(host, dns, addrs, now)
	}
	return n.order(host, dns.Order, addrs), !ok, nil
}

// recall gives a host's addresses if they are known for less than ttl.
func (n *names) recall(host string, ttl time.Duration, now int64) ([]netip.Addr, bool) {
	if ttl <= 0 {
		return nil, false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	k := n.known[host]
	if k == nil || k.addrs == nil || now-k.at >= int64(ttl) {
		return nil, false
	}
	return k.addrs, true
}

func (n *names) keep(host string, dns plan.DNS, addrs []netip.Addr, now int64) {
	if dns.TTL <= 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	k := n.entry(host)
	k.addrs, k.at = addrs, now
}

func (n *names) entry(host string) *name {
	k := n.known[host]
	if k == nil {
		k = &name{}
		if n.known == nil {
			n.known = map[string]*name{}
		}
		n.known[host] = k
	}
	return k
}

// order is a copy of addrs that begins where the next connection does.
func (n *names) order(host string, order plan.DNSOrder, addrs []netip.Addr) []netip.Addr {
	if len(addrs) < 2 {
		return addrs
	}
	var first int
	switch order {
	case plan.DNSRotate:
		n.mu.Lock()
		k := n.entry(host)
		first = int(k.turn % uint64(len(addrs)))
		k.turn++
		n.mu.Unlock()
	case plan.DNSRandom:
		first = rand.IntN(len(addrs))
	default:
		return addrs
	}
	return slices.Concat(addrs[first:], addrs[:first])
}
