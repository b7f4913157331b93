package http1

import (
	"crypto/tls"
	"net"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// client makes the exchanges of one user. All but its watch belongs to the
// goroutine that calls it.
type client struct {
	f        *Factory
	watch    watch
	conns    []*conn // unused ones
	guarded  *conn   // the one its watch forces
	closed   bool
	sessions tls.ClientSessionCache // of this user: users share no TLS state
	*buffers                        // nil between a Rest and the next Do
}

// buffers are what an exchange is made with, lent by the factory: users that
// wait, and there may be very many, hold none.
type buffers struct {
	in     reader
	out    []byte // the request, up to its body if that is not copied
	copied bool   // the body stands in out
	vector net.Buffers
	pieces [][]byte
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
	*r = transport.Result{Start: c.f.clock.Now()}
	timeout := m.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	timeout = min(timeout, maxTimeout)
	if c.buffers == nil {
		c.buffers = c.f.buffers.Get().(*buffers)
	}
	e := exchange{c: c, m: m, r: r, deadline: r.Start + int64(timeout)}
	if bad := c.refuse(m); bad != nil {
		e.fail(bad)
		return
	}
	cn := c.take(m, r.Start)
	c.f.sweep.note(int64(timeout))
	if !c.watch.arm(e.deadline) {
		if cn != nil {
			cn.close()
		}
		e.fail(severed())
		return
	}
	cn, err := e.run(cn)
	if r.End == 0 {
		r.End = c.f.clock.Now()
	}
	state := c.watch.disarm(e.deadline)
	e.judge(err, state, timeout)
	switch {
	case cn == nil:
	case r.Class == plan.OK && e.reusable && state == idle:
		cn.used = r.End
		c.conns = append(c.conns, cn)
	default:
		c.guard(nil)
		cn.close()
	}
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
func (c *client) refuse(m *transport.Message) *fault {
	if c.closed {
		return newFault(plan.FailInternal, nil, "the client is closed")
	}
	return check(m)
}

// Close implements transport.Client.
func (c *client) Close() {
	if c.closed {
		return
	}
	c.closed = true
	c.f.sweep.remove(&c.watch)
	c.guard(nil)
	for _, cn := range c.conns {
		cn.close()
	}
	*c = client{f: c.f, closed: true}
}

// exchange is one Do.
type exchange struct {
	c        *client
	m        *transport.Message
	r        *transport.Result
	deadline int64
	stage    stage
	reusable bool // the connection can serve another exchange
}

func (e *exchange) fail(f *fault) {
	e.r.Class, e.r.Err = f.class, f
	if e.r.End == 0 {
		e.r.End = e.c.f.clock.Now()
	}
}

// judge decides what the exchange came to, given what ended it and the state
// its watch was in.
func (e *exchange) judge(err error, state int64, timeout time.Duration) {
	if err != nil && state == cut {
		e.fail(severed())
		return
	}
	isLate := e.r.End >= e.deadline
	if err == nil {
		if isLate {
			e.fail(late(e.stage, timeout, nil))
		}
		return
	}
	f := explain(e.stage, err)
	if isLate && (state == fired || !f.class.Local()) {
		f = late(e.stage, timeout, err)
	}
	e.fail(f)
}

// run makes the exchange over cn, or over a new connection if it is nil or
// turns out to be stale, and returns the connection, if one stood.
func (e *exchange) run(cn *conn) (*conn, error) {
	c := e.c
	c.render(e.m)
	if cn != nil {
		if c.guarded != cn {
			c.guard(cn)
		}
		e.r.Reused, e.r.Sent = true, e.r.Start
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
	d.begin(cn.rw)
	e.stage = sending
	err := e.send(cn)
	if err == errStale {
		return err
	}
	if err != nil && classify(e.stage, err) != plan.FailReset {
		return err
	}
	// A server may answer and close before it has read all of the request;
	// then the answer counts, not that writing failed.
	whole := err == nil
	if whole {
		e.stage = awaiting
	}
	answerErr := e.receive()
	if whole || r.BytesIn > 0 || isTLS(answerErr) {
		err = answerErr
	}
	e.reusable = e.reusable && whole
	return err
}

// send writes the request. Over a plain socket it also reads the answer's
// first bytes; what ends that reading is left for the reader to find.
func (e *exchange) send(cn *conn) error {
	c, r := e.c, e.r
	sent := 0
	if cn.plain() && c.copied {
		n, got, err := cn.wire.exchange(c.out, c.in.buf, r.Reused)
		sent, r.BytesOut = n, int64(n)
		if sent == len(c.out) {
			c.in.received(got, err)
			return nil
		}
		if err != nil {
			return err
		}
	} else if cn.plain() && r.Reused && !cn.wire.alive() {
		return errStale
	}
	n, err := c.send(cn.rw, e.m, sent)
	r.BytesOut += n
	return err
}

// receive reads the answer into the result.
func (e *exchange) receive() error {
	d, r := &e.c.in, e.r
	err := d.head(e.m.Method)
	if d.in > 0 {
		e.stage = reading
	}
	if err == nil {
		e.reusable, err = d.body(e.m.KeepBody, &e.c.f.drains)
		a := &d.answer
		r.Status, r.Proto, r.Header, r.BodySize = a.status, a.proto, a.header, a.bodySize
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
