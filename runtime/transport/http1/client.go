package http1

import (
	"net"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// client makes the exchanges of one user, or of one of its lanes. All but its
// watch and its pool belongs to the goroutine that calls it.
type client struct {
	f        *Factory
	watch    watch
	pool     *pool
	guarded  *conn            // the one its watch forces
	slot     *transport.Route // whose connection the exchange under way holds of the pool
	gift     gift             // for the next exchange
	closed   bool
	*buffers // nil between a Rest and the next Do
}

// buffers are what an exchange is made with, lent by the factory: users that
// wait, and there may be very many, hold none.
type buffers struct {
	in      reader
	out     []byte // the request, up to its body if that is not copied
	copied  bool   // the body stands in out
	expects bool   // the body waits for "100 Continue"
	vector  net.Buffers
	pieces  [][]byte
}

// Rest implements transport.Rester.
func (c *client) Rest() {
	if c.buffers != nil {
		c.f.buffers.Put(c.buffers)
		c.buffers = nil
	}
}

// Do implements transport.Client. A message without a timeout has one minute.
//
// An exchange that is cut has class internal, so that one that is counted by
// mistake can't be taken for a fault of the target.
func (c *client) Do(m *transport.Message, r *transport.Result) {
	*r = transport.Result{Start: c.begin()}
	timeout := dial.Timeout(m.Timeout)
	if c.buffers == nil {
		c.buffers = c.f.buffers.Get().(*buffers)
	}
	own := dial.BoundOf(r.Start, timeout)
	e := exchange{c: c, m: m, r: r, own: own, bound: own, began: r.Start}
	if bad := c.refuse(m); bad != nil {
		e.fail(bad)
		return
	}
	cn, turn := c.take(m.Route, r.Start)
	c.f.sweep.note(int64(e.shortest()))
	if !c.watch.arm(own.At) {
		c.abandon(m.Route, cn, turn)
		e.fail(dial.Severed())
		return
	}
	if turn == nil {
		c.slot = m.Route
	}
	cn, err := e.run(cn, turn)
	if r.End == 0 {
		r.End = c.f.clock.Now()
	}
	state := c.watch.disarm(e.bound.At)
	e.judge(err, state)
	if cn != nil && r.Class == plan.OK && e.reusable && state == idle {
		cn.used, c.slot = r.End, nil
		c.pool.put(cn)
		return
	}
	if cn != nil {
		c.guard(nil)
		cn.close()
	}
	c.vacate()
}

// vacate gives up the right to a connection, if the client holds one.
func (c *client) vacate() {
	if route := c.slot; route != nil {
		c.slot = nil
		c.pool.release(route)
	}
}

// abandon gives back what the pool gave for an exchange that will not be.
func (c *client) abandon(route *transport.Route, cn *conn, t *turn) {
	if t != nil {
		c.pool.leave(t)
		return
	}
	if cn != nil {
		cn.close()
	}
	c.pool.release(route)
}

// guard makes cn the connection that a deadline or a cut forces.
func (c *client) guard(cn *conn) {
	c.guarded = cn
	if cn == nil {
		c.watch.guard(nil, nil)
	} else {
		c.watch.guard(cn.raw, nil)
	}
}

// refuse is why m cannot be sent at all, or nil.
func (c *client) refuse(m *transport.Message) *dial.Fault {
	if c.closed {
		return dial.NewFault(plan.FailInternal, nil, "the client is closed")
	}
	return dial.Refuse(m.Method, m.URI, m.Host, m.Header)
}

// Branch implements transport.Brancher.
func (c *client) Branch() transport.Client { return c.f.client(c.pool) }

// Sessions implements transport.Resumer.
func (c *client) Sessions() *transport.Sessions { return &c.pool.sessions }

// Forget implements transport.Forgetter.
func (c *client) Forget() {
	if !c.closed {
		c.pool.drop(func(cn *conn) bool { return cn.route.HTTP.KeepAlive == plan.KeepIteration })
	}
}

// Close implements transport.Client. The exchange that a panic of a sink left
// behind is given up, too.
func (c *client) Close() {
	if c.closed {
		return
	}
	c.closed = true
	c.f.sweep.remove(&c.watch)
	if c.slot != nil && c.guarded != nil {
		c.guarded.close()
	}
	c.guard(nil)
	c.vacate()
	c.pool.part()
	c.pool, c.buffers = nil, nil
}

// exchange is one Do.
type exchange struct {
	c        *client
	m        *transport.Message
	r        *transport.Result
	own      dial.Bound // its deadline
	bound    dial.Bound // the one in force
	began    int64      // when it could begin to connect
	stage    dial.Stage
	reusable bool // the connection can serve another exchange
}

// shortest is the least time that the exchange, or a phase of it, has.
func (e *exchange) shortest() time.Duration {
	least := e.own.Span
	h := &e.m.Route.HTTP
	for _, d := range [...]time.Duration{h.ConnectTimeout, h.FirstByteTimeout, e.m.Idle} {
		if d > 0 {
			least = min(least, d)
		}
	}
	return least
}

func (e *exchange) fail(f *dial.Fault) {
	e.r.Class, e.r.Err = f.Class, f
	if e.r.End == 0 {
		e.r.End = e.c.f.clock.Now()
	}
}

// judge decides what the exchange came to, given what ended it and the state
// its watch was in.
func (e *exchange) judge(err error, state int64) {
	if err != nil && state == cut {
		e.fail(dial.Severed())
		return
	}
	if err == nil {
		if e.r.End >= e.own.At {
			e.bound = e.own
			e.fail(e.bound.Late(e.stage, nil))
		}
		return
	}
	f := dial.Explain(e.stage, err)
	if e.r.End >= e.bound.At && (state == fired || !f.Class.Local() || err == dial.ErrOverdue) {
		f = e.bound.Late(e.stage, err)
	}
	e.fail(f)
}

// run makes the exchange over cn, or over a new connection if it is nil or
// turns out to be stale, and returns the connection, if one stood. With a turn
// it waits for that first.
func (e *exchange) run(cn *conn, t *turn) (*conn, error) {
	c := e.c
	c.render(e.m)
	if t != nil {
		var err error
		if cn, err = e.await(t); err != nil {
			return nil, err
		}
	}
	if cn != nil {
		if c.guarded != cn {
			c.guard(cn)
		}
		e.r.Reused, e.r.Sent = true, e.began
		err := e.transfer(cn)
		if err != errStale {
			return cn, err
		}
		c.guard(nil)
		cn.close()
		e.r.Reused, e.r.Sent = false, 0
	}
	cn, err := e.connect()
	if err != nil {
		return nil, err
	}
	return cn, e.transfer(cn)
}

// transfer sends the request and receives the answer. It returns errStale if
// the connection cannot be used and nothing was sent.
func (e *exchange) transfer(cn *conn) error {
	d, r := &e.c.in, e.r
	d.clock, d.maxBody, d.keepBody = e.c.f.clock, e.c.f.maxBody, e.c.f.keepBody
	d.streamed = e.m.Sink != nil
	d.begin(cn.rw)
	e.stage = dial.Sending
	answered, err := false, error(nil)
	if e.c.expects {
		answered, err = e.invite(cn)
	}
	if err == nil && !answered {
		err = e.send(cn)
	}
	if err == errStale {
		return err
	}
	if err != nil && dial.Classify(e.stage, err) != plan.FailReset {
		return err
	}
	// A server may answer and close before it has read all of the request;
	// then the answer counts, not that writing failed.
	sent := err == nil
	if sent {
		e.stage = dial.Awaiting
	}
	answerErr := e.receive(answered)
	if sent || r.BytesIn > 0 || dial.OfTLS(answerErr) {
		err = answerErr
	}
	e.reusable = e.reusable && sent && !answered && cn.route.HTTP.KeepAlive != plan.KeepOff
	return err
}

// send writes the request, or what is left of it. Over a plain socket it also
// reads the answer's first bytes; what ends that reading is left for the
// reader to find.
func (e *exchange) send(cn *conn) error {
	c, r := e.c, e.r
	patience := cn.route.HTTP.FirstByteTimeout
	sent := int(r.BytesOut)
	if cn.plain() && c.copied {
		if patience > 0 {
			e.bind(dial.FirstByte, patience)
		}
		n, got, err := cn.wire.exchange(c.out, c.in.buf, r.Reused)
		sent, r.BytesOut = n, int64(n)
		if sent == len(c.out) {
			c.in.received(got, err)
			return nil
		}
		e.free()
		if err != nil {
			return err
		}
	} else if cn.plain() && r.Reused && sent == 0 && !cn.wire.alive() {
		return errStale
	}
	n, err := c.send(cn.rw, e.m, sent)
	r.BytesOut += n
	if err == nil && patience > 0 && c.in.first == 0 {
		e.bind(dial.FirstByte, patience)
	}
	return err
}

// receive reads the answer into the result; its header is there already when
// it was answered before the body was sent.
func (e *exchange) receive(answered bool) error {
	d, r := &e.c.in, e.r
	err := e.first()
	if err == nil && !answered {
		err = d.head(e.m.Method)
	}
	if d.in > 0 {
		e.stage = dial.Reading
	}
	if err == nil {
		a := &d.answer
		r.Status, r.Proto, r.Header, r.FirstByte = a.status, a.proto, a.header, d.first // before a sink hears of the body
		e.reusable, err = d.body(e.m.KeepBody, &e.c.f.drains, e.streaming())
		r.Header, r.BodySize = a.header, a.bodySize
		if e.m.KeepBody {
			r.Body = a.body
		}
	}
	r.BytesIn, r.FirstByte = d.in, d.first
	if err == nil {
		r.End = d.last
	}
	d.src = nil
	return err
}

// streaming is e if the answer's body goes to a sink, else nil.
func (e *exchange) streaming() *exchange {
	if e.c.in.toSink() {
		return e
	}
	return nil
}

// first waits for the first byte of the answer while it is under a bound.
func (e *exchange) first() error {
	d := &e.c.in
	if e.bound.Of != dial.FirstByte {
		return nil
	}
	if d.first == 0 {
		if err := d.readHead(); err != nil {
			return err
		}
	}
	return e.met(d.first)
}
