package dial

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"time"

	"throng/dsl/plan"
)

// headStart is what the first family of addresses has before the other one is
// tried, too (RFC 8305 calls it the connection attempt delay; net has the same).
const headStart = 300 * time.Millisecond

// connect makes a socket to an address, resolving its name if it has one.
func (a *attempt) connect(ctx context.Context, addr string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, NewFault(plan.FailInternal, err, "%q is no host and port", addr)
	}
	if here, ok := a.d.served[addr]; ok {
		return a.at(ctx, host, strconv.Itoa(int(here.Port())), here.Addr())
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return a.at(ctx, host, port, ip)
	}
	a.Stage = Resolving
	addrs, asked, err := a.d.names.lookup(ctx, host, a.route.HTTP.DNS, a.o.Start)
	if err != nil {
		return nil, err
	}
	if asked {
		a.DNS = a.d.clock.Now() - a.o.Start
	}
	a.Stage = Connecting
	same := func(ip netip.Addr) bool { return ip.Is4() == addrs[0].Is4() }
	var near, far []netip.Addr
	for _, ip := range addrs {
		if same(ip) {
			near = append(near, ip)
		} else {
			far = append(far, ip)
		}
	}
	if len(far) == 0 {
		return a.oneOf(ctx, host, port, near)
	}
	return a.race(ctx, host, port, near, far)
}

// race tries two families of addresses, the second one later. The first
// connection wins; the other attempt is ended before it returns.
func (a *attempt) race(ctx context.Context, host, port string, near, far []netip.Addr) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	type runner struct {
		conn net.Conn
		err  error
		near bool
	}
	ends := make(chan runner, 2)
	run := func(addrs []netip.Addr, isNear bool) {
		conn, err := a.oneOf(ctx, host, port, addrs)
		ends <- runner{conn, err, isNear}
	}
	go run(near, true)
	running, started := 1, false
	wait := time.NewTimer(headStart)
	defer wait.Stop()
	var won net.Conn
	var failed error
	for running > 0 || won == nil && !started {
		start := wait.C
		if started || won != nil {
			start = nil
		}
		var now bool
		select {
		case <-start:
			now = true
		case r := <-ends:
			running--
			switch {
			case r.err == nil && won == nil:
				won = r.conn
				cancel()
			case r.err == nil:
				_ = r.conn.Close()
			default:
				if r.near || failed == nil {
					failed = r.err
				}
				now = r.near && !started && won == nil
			}
		}
		if now {
			started = true
			running++
			go run(far, false)
		}
	}
	cancel()
	if won != nil {
		return won, nil
	}
	return nil, failed
}

// oneOf connects to the first of the addresses that lets it; if none does, the
// first one's error counts.
func (a *attempt) oneOf(ctx context.Context, host, port string, addrs []netip.Addr) (net.Conn, error) {
	var first error
	for _, ip := range addrs {
		conn, err := a.at(ctx, host, port, ip)
		if err == nil {
			return conn, nil
		}
		if first == nil {
			first = err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// at connects to one address.
func (a *attempt) at(ctx context.Context, host, port string, ip netip.Addr) (net.Conn, error) {
	if a.route.HTTP.Proxy == nil {
		if err := a.d.permit(host, ip); err != nil {
			return nil, err
		}
	}
	// No keep-alive probes: deadlines watch the server, and probes cost system
	// calls on every new connection.
	dialer := net.Dialer{KeepAlive: -1}
	if len(a.route.HTTP.Sources) > 0 {
		if err := a.from(&dialer, ip); err != nil {
			return nil, err
		}
	}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(ip.String(), port))
	if err != nil && dialer.LocalAddr != nil {
		err = explainSource(dialer.LocalAddr, err)
	}
	return conn, err
}
