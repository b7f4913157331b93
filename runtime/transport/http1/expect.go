package http1

import (
	"bytes"
	"errors"
	"os"
	"time"

	"throng/runtime/transport/dial"
)

// continueWait is how long a body waits for "100 Continue" before it is sent
// without (RFC 9110, section 10.1.1: a client should not wait for ever).
const continueWait = time.Second

// expects reports whether a header has the field "Expect: 100-continue".
func expects(header []byte) bool {
	for len(header) > 0 {
		if header[0]|0x20 == 'e' {
			line, _, _ := bytes.Cut(header, []byte("\r\n"))
			name, value, ok := splitField(line)
			if ok && equalFold(name, "expect") && equalFold(value, "100-continue") {
				return true
			}
		}
		i := bytes.IndexByte(header, '\n')
		if i < 0 {
			return false
		}
		header = header[i+1:]
	}
	return false
}

// invite sends the request's head and waits until the server asks for the
// body, or has waited long enough. It reports whether there is a final answer
// instead, whose header is read; then the body must not be sent.
func (e *exchange) invite(cn *conn) (answered bool, err error) {
	c, d := e.c, &e.c.in
	if cn.plain() && e.r.Reused && !cn.wire.alive() {
		return false, errStale
	}
	n, err := cn.rw.Write(c.out)
	e.r.BytesOut = int64(n)
	if err != nil {
		return false, err
	}
	e.stage = dial.Awaiting
	until := time.Now().Add(continueWait)
	for {
		came, err := e.listen(cn, until)
		if err != nil {
			return false, err
		}
		if !came {
			e.stage = dial.Sending
			return false, nil
		}
		e.stage = dial.Reading
		answered, err = d.block(e.m.Method)
		if answered || err != nil {
			return answered, err
		}
		if d.answer.status == 100 {
			e.stage = dial.Sending
			return false, nil
		}
	}
}

// listen waits for the first bytes of an answer until a time; it reports
// whether there are any.
//
// A deadline that the watch set on the connection meanwhile would be lost with
// ours, so the connection is guarded anew after each change, which forces it
// again if it was.
func (e *exchange) listen(cn *conn, until time.Time) (bool, error) {
	d := &e.c.in
	if d.pos < d.end {
		return true, nil
	}
	if err := cn.raw.SetReadDeadline(until); err != nil {
		return false, err
	}
	e.c.guard(cn)
	err := d.readHead()
	if err := cn.raw.SetReadDeadline(time.Time{}); err != nil {
		return false, err
	}
	e.c.guard(cn)
	if errors.Is(err, os.ErrDeadlineExceeded) && e.c.watch.armed(e.bound.At) {
		d.pending = nil
		return false, nil
	}
	return err == nil, err
}
