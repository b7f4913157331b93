package http2

import (
	"context"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// Client makes the exchanges of one user, or of one of its lanes. All but its
// watch and its pool belongs to the goroutine that calls it.
type Client struct {
	f      *Factory
	watch  watch
	pool   *pool
	closed bool
	header []byte // of the last answer, as its body
	body   []byte
}

// Do implements transport.Client. A message without a timeout has one minute.
func (c *Client) Do(m *transport.Message, r *transport.Result) {
	to, declined := c.Offer(m, r)
	if !declined {
		return
	}
	if to != nil {
		_ = to.Raw.Close()
		c.Decline(m.Route)
	}
	f := notSpoken("http/1.1")
	r.Class, r.Err, r.End = f.Class, f, c.f.clock.Now()
}

// Decline notes that the server took HTTP/1.1 along a route. It follows every
// Offer that returned a connection, as soon as that has its place elsewhere;
// until then the user's other clients wait.
func (c *Client) Decline(route *transport.Route) { c.pool.decline(route) }

// Declined reports whether the server took HTTP/1.1 along a route.
func (c *Client) Declined(route *transport.Route) bool { return c.pool.hasDeclined(route) }

// Offer is Do, except that along a route of plan.HTTPAuto HTTP/1.1 is offered,
// too. Where the server takes that, nothing is sent, and the connection that
// was opened is the caller's; r has its phases. There is none if another
// client of the user learnt it meanwhile.
func (c *Client) Offer(m *transport.Message, r *transport.Result) (to *dial.Opened, declined bool) {
	*r = transport.Result{Start: c.f.clock.Now()}
	timeout := dial.Timeout(m.Timeout)
	own := dial.BoundOf(r.Start, timeout)
	e := &exchange{c: c, m: m, r: r, own: own, bound: own, began: r.Start}
	if bad := c.refuse(m); bad != nil {
		e.fail(bad)
		return nil, false
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	defer e.cancel()
	if !c.watch.begin(e) {
		e.fail(dial.Severed())
		return nil, false
	}
	defer e.leave() // also when a sink panics
	err := e.run()
	if err == errDeclined {
		return e.other, true
	}
	e.judge(err)
	return nil, false
}

// refuse is why m cannot be sent at all, or nil.
func (c *Client) refuse(m *transport.Message) *dial.Fault {
	if c.closed {
		return dial.NewFault(plan.FailInternal, nil, "the client is closed")
	}
	return dial.Refuse(m.Method, m.URI, m.Host, m.Header)
}

// Branch implements transport.Brancher.
func (c *Client) Branch() transport.Client { return c.f.client(c.pool) }

// Rest implements transport.Rester.
func (c *Client) Rest() { c.header, c.body = nil, nil }

// Forget implements transport.Forgetter.
func (c *Client) Forget() {
	c.pool.retire(func(cn *conn) bool { return cn.route.HTTP.KeepAlive == plan.KeepIteration })
}

// Close implements transport.Client.
func (c *Client) Close() {
	if c.closed {
		return
	}
	c.closed = true
	c.f.remove(c)
	c.pool.part()
	c.Rest()
}

// exchange is one Do.
type exchange struct {
	c      *Client
	m      *transport.Message
	r      *transport.Result
	ctx    context.Context // done when the exchange is to end
	cancel context.CancelFunc
	own    dial.Bound // its deadline
	began  int64      // when it could begin to connect
	upload *upload
	other  *dial.Opened // a connection on which HTTP/1.1 was agreed

	// Guarded by the client's watch.
	cn    *conn
	bound dial.Bound // the one in force
	fired bool       // by it
	stage dial.Stage
	wrote int64 // when the request's header could be written
	first int64 // when the first header block was read
}

func (e *exchange) fail(f *dial.Fault) {
	e.r.Class, e.r.Err = f.Class, f
	if e.r.End == 0 {
		e.r.End = e.c.f.clock.Now()
	}
}

// judge decides what the exchange came to, given what ended it.
func (e *exchange) judge(err error) {
	if err != nil && e.r.End == 0 {
		e.r.End = e.c.f.clock.Now()
	}
	stage, b, fired, cut := e.state()
	switch {
	case err != nil && cut:
		e.fail(dial.Severed())
	case err != nil && (fired || err == dial.ErrOverdue):
		e.fail(b.Late(stage, err))
	case err != nil && e.cn != nil:
		e.fail(explain(stage, e.cn, err))
	case err != nil:
		e.fail(dial.Explain(stage, err))
	case e.r.End >= e.own.At:
		e.fail(e.own.Late(stage, nil))
	}
}

// leave gives back what the exchange held. A connection over which a stream
// timed out may be dead, and takes no further one.
func (e *exchange) leave() {
	c := e.c
	c.watch.end()
	e.cancel()
	if e.upload != nil {
		_ = e.upload.Close()
	}
	if cn := e.cn; cn != nil {
		_, _, fired, _ := e.state()
		c.pool.release(cn, fired)
	}
}

// run makes the exchange over a connection of the user's, or a new one.
func (e *exchange) run() error {
	c, r, route := e.c, e.r, e.m.Route
	for {
		cn, waited, err := c.pool.take(e.ctx, route)
		if err != nil {
			return err
		}
		if waited {
			e.began = c.f.clock.Now()
		}
		if cn == nil {
			if cn, err = e.open(); err != nil {
				if err != errDeclined { // else Decline does
					c.pool.abandon(route)
				}
				return err
			}
			c.pool.add(cn)
		} else {
			r.Reused = true
		}
		e.hold(cn)
		err = e.transfer(cn)
		r.BytesIn, r.BytesOut = cn.claim()
		if err != errStale {
			return err
		}
		e.hold(nil)
		c.pool.release(cn, true)
		r.Reused, r.Sent = false, 0
	}
}

// open makes a connection and notes what its phases took.
func (e *exchange) open() (*conn, error) {
	c, r, route := e.c, e.r, e.m.Route
	e.at(dial.Connecting)
	e.bind(dial.Connection, route.HTTP.ConnectTimeout)
	o := dial.Options{Sessions: c.pool.sessions, User: c.pool.user, Start: e.began, Tunnel: true}
	if route.Scheme == "https" {
		o.Protocols = protocols[route.HTTP.Version]
	}
	to, err := c.f.dialer.Open(e.ctx, route, o)
	e.at(to.Stage)
	r.DNS, r.Connect, r.TLS = to.DNS, to.Connect, to.TLS
	if err != nil {
		return nil, err
	}
	stood := e.began + r.DNS + r.Connect + r.TLS
	if err := e.met(stood); err != nil {
		_ = to.Raw.Close()
		return nil, err
	}
	if to.Secure != nil && to.Proto != "h2" {
		if route.HTTP.Version == plan.HTTPAuto {
			e.other, r.Sent = &to, stood
			return nil, errDeclined
		}
		_ = to.Raw.Close()
		return nil, notSpoken(to.Proto)
	}
	release := context.AfterFunc(e.ctx, func() { _ = to.Raw.SetDeadline(longAgo) })
	e.at(dial.Sending)
	cn, err := c.f.speak(&to, route)
	if !release() && err == nil {
		cn.close()
		return nil, context.Cause(e.ctx)
	}
	if err == nil {
		r.Sent = stood
	}
	return cn, err
}

// protocols are offered by ALPN.
var protocols = map[plan.HTTPVersion][]string{
	plan.HTTP2:    {"h2"},
	plan.HTTPAuto: {"h2", "http/1.1"},
}

func notSpoken(instead string) *dial.Fault {
	if instead == "" {
		instead = "nothing"
	}
	return dial.NewFault(plan.FailProtocol, nil, "the server does not speak HTTP/2: TLS agreed on %s", instead)
}
