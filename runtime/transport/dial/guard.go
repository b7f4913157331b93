package dial

import (
	"net"
	"net/netip"

	"throng/dsl/plan"
)

// permit is why the guard forbids a connection to host at an address; nil when
// it does not.
func (d *Dialer) permit(host string, at netip.Addr) error {
	if d.guard == nil {
		return nil
	}
	if err := d.guard(host, at.WithZone("").Unmap()); err != nil {
		return NewFault(plan.FailGuard, err, "%s", err)
	}
	return nil
}

// permitConn is permit for a connection that stands already.
func (d *Dialer) permitConn(addr string, conn net.Conn) error {
	if d.guard == nil {
		return nil
	}
	at, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return d.permit(hostOf(addr), at.Addr())
}

// permitUnresolved is permit for a host whose name somebody else resolves.
func (d *Dialer) permitUnresolved(addr string) error {
	host := hostOf(addr)
	at, _ := netip.ParseAddr(host)
	return d.permit(host, at)
}

func hostOf(addr string) string {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	return host
}
