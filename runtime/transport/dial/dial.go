package dial

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// Config says how the connections of a run are made.
type Config struct {
	Clock *transport.Clock // nil: a new one
	// Dial replaces names, sources and sockets; it must obey its context. nil
	// makes sockets, and times DNS.
	Dial transport.Dialer
	// Served are the addresses (host:port) that this process serves itself, and
	// where. Their names are not asked of DNS; the guard hears of them as of any.
	Served map[string]netip.AddrPort
	// Guard is asked before every connection, with the host that was asked for
	// and the address it was resolved to; its error is why there must be none,
	// and has class guard. nil allows all. With a Dial of its own it is asked
	// once the connection stands, before anything is sent.
	Guard    func(host string, at netip.Addr) error
	TLS      *tls.Config   // what routes' TLS begins with; nil: the system's roots
	Resolver *net.Resolver // nil: net.DefaultResolver
}

// Dialer opens connections. Its methods may be called from any goroutine.
type Dialer struct {
	clock  *transport.Clock
	dial   transport.Dialer
	served map[string]netip.AddrPort
	guard  func(host string, at netip.Addr) error
	tls    *tls.Config
	names  names
	trust  sync.Map // *plan.TLS to *trust
}

// New is a dialer that knows no name yet.
func New(c Config) *Dialer {
	d := &Dialer{clock: c.Clock, dial: c.Dial, served: c.Served, guard: c.Guard, tls: c.TLS}
	d.names.resolver = c.Resolver
	if d.clock == nil {
		d.clock = transport.NewClock()
	}
	return d
}

// Options are of one connection.
type Options struct {
	Sessions  *transport.Sessions // of the user, whose TLS sessions are resumed; nil: none are
	User      int64               // number of the user, by which source addresses are dealt out
	Protocols []string            // for ALPN; nil: none are offered
	Tunnel    bool                // an HTTP proxy is to tunnel http, too, not to forward requests
	Start     int64               // when the first phase began, on the clock; 0: now
	// Wrap puts something between the socket and all that is spoken over it,
	// TLS included; nil: nothing. Deadlines are still set on the socket.
	Wrap func(net.Conn) net.Conn
}

// Opened is a connection, or how far one came.
type Opened struct {
	Conn   net.Conn  // what is spoken over: Raw, or TLS over it
	Raw    net.Conn  // what deadlines are set on
	Secure *tls.Conn // Conn, when it is TLS with the target
	Proto  string    // agreed on by ALPN; "" without

	// Phases in nanoseconds. Start, DNS, Connect and TLS add up to when the
	// connection stood.
	DNS, Connect, TLS int64
	Stage             Stage // the last one begun
}

// past is a deadline that ends reads and writes at once.
var past = time.Unix(1, 0)

// Open makes a connection along a route, until ctx is done. What an error
// means is for Explain, with the stage in what is returned beside it; no
// connection is left then.
//
// It works on a goroutine of its own, which it waits for: opening is the
// deepest an exchange ever goes, and on a user's own goroutine the stack grown
// for it would stay, and be most of what a waiting user holds.
func (d *Dialer) Open(ctx context.Context, route *transport.Route, o Options) (Opened, error) {
	a := &attempt{d: d, route: route, o: o}
	done := make(chan error)
	go func() { done <- a.open(ctx) }()
	err := <-done
	return a.Opened, err
}

// attempt is one Open.
type attempt struct {
	Opened
	d     *Dialer
	route *transport.Route
	o     Options
}

func (a *attempt) open(ctx context.Context) error {
	if a.o.Start == 0 {
		a.o.Start = a.d.clock.Now()
	}
	a.Stage = Connecting
	if s := a.route.Scheme; s != "http" && s != "https" {
		return NewFault(plan.FailInternal, nil, "scheme %q is neither http nor https", s)
	}
	err := a.reach(ctx)
	if a.Stage == Resolving {
		a.DNS = a.d.clock.Now() - a.o.Start
	}
	if err != nil {
		a.connected()
		return a.unreached(ctx, err)
	}
	if a.route.Scheme == "http" && a.route.HTTP.Proxy == nil {
		a.connected()
		return nil
	}
	raw := a.Raw
	release := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(past) })
	err = a.prepare()
	if !release() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = raw.Close()
		a.Conn, a.Raw, a.Secure = nil, nil, nil
	}
	return err
}

// connected notes the time that connecting took so far.
func (a *attempt) connected() {
	if a.Stage != Resolving {
		a.Connect = a.d.clock.Now() - a.o.Start - a.DNS
	}
}

// reach connects to the target or its proxy.
func (a *attempt) reach(ctx context.Context) (err error) {
	addr := a.route.Addr
	if p := a.route.HTTP.Proxy; p != nil {
		if err := a.d.permitUnresolved(addr); err != nil {
			return err
		}
		addr = p.Addr
	}
	if a.d.dial != nil {
		a.Raw, err = a.d.dial(ctx, "tcp", addr)
		if err == nil && a.route.HTTP.Proxy == nil {
			if err = a.d.permitConn(addr, a.Raw); err != nil {
				_ = a.Raw.Close()
				a.Raw = nil
			}
		}
	} else {
		a.Raw, err = a.connect(ctx, addr)
	}
	if a.Conn = a.Raw; err == nil && a.o.Wrap != nil {
		a.Conn = a.o.Wrap(a.Raw)
	}
	return err
}

// unreached says of what kept a connection from being made that it was on the
// way to the proxy, where there is one. That time ran out is said elsewhere.
func (a *attempt) unreached(ctx context.Context, err error) error {
	p := a.route.HTTP.Proxy
	if p == nil || ctx.Err() != nil {
		return err
	}
	f := Explain(a.Stage, err)
	return NewFault(f.Class, err, "to the proxy %s: %v", p.Addr, f)
}

// prepare makes of a connection what the target can be spoken to over.
func (a *attempt) prepare() error {
	if a.route.HTTP.Proxy != nil {
		a.Stage = Tunnelling
		if err := a.tunnel(); err != nil {
			a.connected()
			return err
		}
	}
	a.connected()
	if a.route.Scheme == "https" {
		a.Stage = Securing
		return a.secure()
	}
	return nil
}
