package http1

import (
	"context"
	"net"
	"time"

	"throng/runtime/transport"
	"throng/runtime/transport/dial"
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
func (cn *conn) plain() bool { return cn.wire != nil && cn.rw == cn.raw }

var protocols = []string{"http/1.1"}

// connect makes a connection for the exchange and notes what its phases took.
func (e *exchange) connect() (*conn, error) {
	c, r, route := e.c, e.r, e.m.Route
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	e.bind(dial.Connection, route.HTTP.ConnectTimeout)
	c.guarded = nil
	c.watch.guard(nil, cancel)
	o := dial.Options{Sessions: &c.pool.sessions, User: c.pool.user, Protocols: protocols, Start: e.began}
	to, err := c.f.dialer.Open(ctx, route, o)
	e.stage, r.DNS, r.Connect, r.TLS = to.Stage, to.DNS, to.Connect, to.TLS
	if err != nil {
		c.guard(nil)
		return nil, err
	}
	cn := &conn{raw: to.Raw, rw: to.Conn, route: route, wire: newWire(to.Raw)}
	c.guard(cn)
	r.Sent = e.began + r.DNS + r.Connect + r.TLS
	if err := e.met(r.Sent); err != nil {
		c.guard(nil)
		cn.close()
		r.Sent = 0
		return nil, err
	}
	return cn, nil
}

// await waits until the user may have one connection more along the route; it
// returns one that has become free, or nil when it may be opened.
func (e *exchange) await(t *turn) (*conn, error) {
	c := e.c
	e.stage = dial.Queueing
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.guarded = nil
	c.watch.guard(nil, cancel)
	select {
	case cn := <-t.given:
		c.guard(nil)
		c.slot, e.began = t.route, c.f.clock.Now()
		return cn, nil
	case <-ctx.Done():
		c.guard(nil)
		c.pool.leave(t)
		return nil, ctx.Err()
	}
}
