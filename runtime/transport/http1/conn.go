package http1

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync/atomic"
	"syscall"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// idleTrusted is how long a connection may lie unused before it is looked at,
// where looking is not part of sending.
const idleTrusted = time.Second

// conn is one connection and what it can be used for.
type conn struct {
	raw   net.Conn // what deadlines are set on
	rw    net.Conn // raw, or TLS over it
	route *transport.Route
	used  int64 // end of its last exchange
	wire  *wire // its socket; nil if there is none to work on
}

func (cn *conn) close() { _ = cn.raw.Close() } // no TLS alert: it could block, and the answer is complete

// alive reports whether an unused connection seems open and silent. The wire
// of a plain one looks before every request, so it need not be asked here.
func (cn *conn) alive(now int64) bool {
	switch {
	case cn.plain() || now-cn.used <= int64(idleTrusted):
		return true
	case cn.wire != nil:
		return cn.wire.alive()
	default:
		return quiet(cn.raw)
	}
}

// plain reports whether the bytes of the exchange go over the wire as they are.
func (cn *conn) plain() bool { return cn.wire != nil && cn.route.Scheme == "http" }

func (cn *conn) serves(m *transport.Message) bool {
	return cn.route == m.Route
}

// take removes from the list a living connection that can serve m, if there
// is one, and makes room for a new one otherwise.
func (c *client) take(m *transport.Message, now int64) *conn {
	for i := 0; i < len(c.conns); i++ {
		cn := c.conns[i]
		if !cn.serves(m) {
			continue
		}
		c.drop(i)
		if cn.alive(now) {
			return cn
		}
		cn.close()
		i--
	}
	if len(c.conns) >= maxConns {
		oldest := 0
		for i, cn := range c.conns {
			if cn.used < c.conns[oldest].used {
				oldest = i
			}
		}
		c.conns[oldest].close()
		c.drop(oldest)
	}
	return nil
}

func (c *client) drop(i int) {
	last := len(c.conns) - 1
	c.conns[i] = c.conns[last]
	c.conns[last] = nil
	c.conns = c.conns[:last]
}

// connect makes a connection for the exchange and notes what its phases took.
func (e *exchange) connect() (*conn, error) {
	c, m, r := e.c, e.m, e.r
	if m.Route.Scheme != "http" && m.Route.Scheme != "https" {
		return nil, newFault(plan.FailInternal, nil, "scheme %q is neither http nor https", m.Route.Scheme)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.guarded = nil
	c.watch.guard(nil, cancel)
	d := c.f.dialAside(ctx, m.Route.Addr, r.Start)
	now := c.f.clock.Now()
	e.stage, r.DNS = d.stage, d.dns
	if e.stage == connecting {
		r.Connect = now - r.Start - r.DNS
	}
	if d.err != nil {
		c.guard(nil)
		return nil, d.err
	}
	raw := d.conn
	cn := &conn{raw: raw, rw: raw, route: m.Route, wire: newWire(raw)}
	c.guard(cn)
	if m.Route.Scheme == "https" {
		e.stage = securing
		secure := tls.Client(raw, c.config(m.Route.Server))
		err := secure.Handshake()
		r.TLS = c.f.clock.Now() - now
		if err != nil {
			c.guard(nil)
			cn.close()
			return nil, err
		}
		now += r.TLS
		cn.rw = secure
	}
	r.Sent = now
	return cn, nil
}

// dialled is what came of dialling.
type dialled struct {
	conn  net.Conn
	err   error
	stage stage // what it was at last
	dns   int64 // ns
}

// dialAside is dial on another goroutine, which it waits for. Dialling is
// the deepest an exchange ever goes: on the user's own goroutine the stack
// grown for it would stay, and be most of what a waiting user holds.
func (f *Factory) dialAside(ctx context.Context, addr string, start int64) dialled {
	done := make(chan dialled)
	go func() { done <- f.dialNow(ctx, addr, start) }()
	return <-done
}

// dialNow opens a connection. With the default dialer the time up to the
// first socket is the phase DNS, if the address has a name.
func (f *Factory) dialNow(ctx context.Context, addr string, start int64) (d dialled) {
	d.stage = connecting
	if f.dial != nil {
		d.conn, d.err = f.dial(ctx, "tcp", addr)
		if d.err == nil {
			if d.err = f.permit(addr, d.conn.RemoteAddr().String()); d.err != nil {
				d.conn.Close()
				d.conn = nil
			}
		}
		return d
	}
	// No keep-alive probes: the deadline watches the server, and probes cost
	// system calls on every new connection.
	dialer := net.Dialer{KeepAlive: -1}
	// Attempts at several addresses may run at once.
	var resolved atomic.Int64
	if named(addr) || f.guard != nil {
		dialer.ControlContext = func(_ context.Context, _, to string, _ syscall.RawConn) error {
			resolved.CompareAndSwap(0, f.clock.Now())
			return f.permit(addr, to)
		}
	}
	d.conn, d.err = dialer.DialContext(ctx, "tcp", addr)
	if !named(addr) {
		return d
	}
	if at := resolved.Load(); at != 0 {
		d.dns = at - start
	} else {
		d.stage = resolving
		d.dns = f.clock.Now() - start
	}
	return d
}

// permit is why the guard forbids a connection that was asked for as addr and
// leads to the address to; nil when it does not.
func (f *Factory) permit(addr, to string) error {
	if f.guard == nil {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	at, _ := netip.ParseAddrPort(to)
	if err := f.guard(host, at.Addr().WithZone("").Unmap()); err != nil {
		return newFault(plan.FailGuard, err, "%s", err)
	}
	return nil
}

// named reports whether the host of addr must be resolved.
func named(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	_, err = netip.ParseAddr(host)
	return err != nil
}

// config is the TLS configuration for a server.
func (c *client) config(server string) *tls.Config {
	config := &tls.Config{}
	if c.f.tls != nil {
		config = c.f.tls.Clone()
	}
	config.ServerName = server
	config.NextProtos = []string{"http/1.1"}
	if c.sessions == nil {
		c.sessions = tls.NewLRUClientSessionCache(maxConns)
	}
	config.ClientSessionCache = c.sessions
	return config
}
