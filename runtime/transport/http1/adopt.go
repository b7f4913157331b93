package http1

import (
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// Continuer is a Client that goes on with an exchange which somebody else
// began, and maybe opened a connection for.
type Continuer interface {
	transport.Client
	// Continue says that the next Do, along a route, began at a time on the
	// clock already. A connection that was opened for it, or nil, belongs to
	// the client from now on; to that Do it is one that stood.
	Continue(route *transport.Route, began int64, to *dial.Opened)
}

var _ Continuer = (*client)(nil)

// gift is what a client was given for its next exchange.
type gift struct {
	began int64 // 0: nothing
	conn  *conn
}

// Continue implements Continuer. The connection counts as one of the user's,
// though it was not asked whether there may be one more.
func (c *client) Continue(route *transport.Route, began int64, to *dial.Opened) {
	c.gift.began = began
	if to == nil {
		return
	}
	c.pool.mu.Lock()
	c.pool.opened(route).n++
	c.pool.mu.Unlock()
	c.gift.conn = &conn{raw: to.Raw, rw: to.Conn, route: route, wire: newWire(to.Raw)}
}

// begin is when an exchange begins.
func (c *client) begin() int64 {
	if began := c.gift.began; began != 0 {
		c.gift.began = 0
		return began
	}
	return c.f.clock.Now()
}

// take is what the pool gives for an exchange, or what the client was given.
func (c *client) take(route *transport.Route, now int64) (*conn, *turn) {
	if cn := c.gift.conn; cn != nil {
		c.gift.conn = nil
		return cn, nil
	}
	return c.pool.take(route, now)
}
