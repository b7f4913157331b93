package fetch

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"throng/dsl/module/source"
)

// policy says which addresses may be reached for one source. A library names
// its own sources, servers redirect and names resolve as their owners like: so
// without it a stranger could have this machine ask servers that are none of
// the stranger's (server-side request forgery).
//
// Addresses are checked when a connection is made, after the name is resolved.
// Link-local addresses, which hold the metadata services of clouds, and those
// that are no host's are never reached. Private ones are where the source
// itself names the host, as a company's own servers are; and where that host
// has answered from such an address, also those it sends to. Loopback is
// reached where the source names it literally (127.0.0.1, [::1], localhost).
//
// Behind a proxy of the environment, the proxy resolves the names. What it may
// reach is then its owner's decision; only literal addresses are checked.
type policy struct {
	host    string // that the source names, without a port
	private atomic.Bool
}

func newPolicy(hostPort string) *policy { return &policy{host: hostname(hostPort)} }

// hostname is HOST:PORT without the port and the brackets of IPv6.
func hostname(hostPort string) string {
	u, err := url.Parse("//" + hostPort)
	if err != nil {
		return hostPort
	}
	return strings.ToLower(u.Hostname())
}

var (
	metadata = []netip.Addr{
		netip.MustParseAddr("fd00:ec2::254"),   // AWS
		netip.MustParseAddr("100.100.100.200"), // Alibaba
		netip.MustParseAddr("168.63.129.16"),   // Azure
		netip.MustParseAddr("192.0.0.192"),     // Oracle
	}
	never   = prefixes("0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/128", "fe80::/10", "fec0::/10", "ff00::/8")
	private = prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "fc00::/7")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4  = netip.MustParsePrefix("2002::/16")
)

func prefixes(texts ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		all[i] = netip.MustParsePrefix(text)
	}
	return all
}

// plain is the IPv4 address that one of IPv6 stands for, or the address.
func plain(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	b := a.As16()
	switch {
	case a.Is4():
		return a
	case nat64.Contains(a):
		return netip.AddrFrom4([4]byte(b[12:16]))
	case sixTo4.Contains(a):
		return netip.AddrFrom4([4]byte(b[2:6]))
	}
	return a
}

func within(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// allow refuses an address that must not be reached for a host's sake.
func (p *policy) allow(host string, addr netip.Addr) error {
	a := plain(addr)
	own := strings.EqualFold(host, p.host)
	switch {
	case within(never, a), slices.Contains(metadata, a):
		return fmt.Errorf("%s leads to %s, an address that modules are never fetched from", show(host, addr), addr)
	case a.IsLoopback() && !(own && source.Loopback(literal(host))):
		return fmt.Errorf("%s leads to %s, which is this machine: only a source that says localhost or 127.0.0.1 itself is fetched from there", show(host, addr), addr)
	case within(private, a) && !own && !p.private.Load():
		return fmt.Errorf("%s leads to %s, an address of a private network that the source does not name", show(host, addr), addr)
	}
	return nil
}

// show names a host; an address is not said to lead to itself.
func show(host string, addr netip.Addr) string {
	if host == addr.String() {
		return "the server"
	}
	return clean(host)
}

// literal puts an address of IPv6 into the brackets of a URL.
func literal(host string) string {
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// literally checks a host that is an address; names pass.
func (p *policy) literally(host string) error {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return nil
	}
	return p.allow(host, addr)
}

// answered notes that the source's own host answered from an address.
func (p *policy) answered(host string, from net.Addr) {
	tcp, ok := from.(*net.TCPAddr)
	if ok && strings.EqualFold(host, p.host) && within(private, plain(tcp.AddrPort().Addr())) {
		p.private.Store(true)
	}
}

// dial connects to HOST:PORT, where the policy allows its address.
func (p *policy) dial(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: 15 * time.Second, ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		return p.allow(host, to.Addr())
	}}
	return d.DialContext(ctx, network, hostPort)
}

// resolve checks the addresses of a host that another program will connect
// to. It does not hold against a name that changes between the two, and a name
// that cannot be resolved here passes: the program may know another way.
func (p *policy) resolve(ctx context.Context, host string) error {
	if err := p.literally(host); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for _, addr := range addrs {
		if err := p.allow(host, addr); err != nil {
			return err
		}
	}
	return nil
}
