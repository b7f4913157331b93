package http2

import (
	"io"
	"maps"
	"net/http"
	"slices"

	"throng/runtime/transport/dial"
)

// transfer sends the request and receives the answer. It returns errStale if
// a connection that stood takes no further stream and nothing was sent.
func (e *exchange) transfer(cn *conn) error {
	r := e.r
	e.at(dial.Sending)
	req := e.request()
	res, err := cn.h2.RoundTrip(req)
	wrote, first := e.progress()
	if r.Sent == 0 {
		r.Sent = wrote // only then did the server allow another stream
	}
	r.FirstByte = first
	if err != nil {
		if r.Reused && wrote == 0 && e.ctx.Err() == nil && !cn.usable() {
			return errStale
		}
		return err
	}
	e.c.header = appendHeader(e.c.header[:0], res.Header)
	r.Status, r.Proto, r.Header = res.StatusCode, res.Proto, e.c.header
	err = e.receive(cn, res)
	_ = res.Body.Close()
	return err
}

// progress is when the request's header could be written and the first header
// block read.
func (e *exchange) progress() (wrote, first int64) {
	e.c.watch.mu.Lock()
	defer e.c.watch.mu.Unlock()
	return e.wrote, e.first
}

// receive reads the body to its end, counts it, and keeps its first bytes if
// asked to. A sink hears of it as it comes, until that has enough.
func (e *exchange) receive(cn *conn, res *http.Response) error {
	c, m, r := e.c, e.m, e.r
	streamed := m.Sink != nil && res.StatusCode/100 == 2
	if res.ContentLength > c.f.maxBody && !streamed && m.Method != "HEAD" {
		return dial.TooLarge(c.f.maxBody)
	}
	lent := c.f.drains.Get().(*[drainSize]byte)
	defer c.f.drains.Put(lent)
	if cap(c.body) > kept {
		c.body = nil
	}
	c.body = c.body[:0]
	for {
		if streamed {
			e.bind(dial.Silence, m.Idle)
		}
		n, err := res.Body.Read(lent[:])
		at := cn.stamp.Load()
		if streamed && (err == nil || err == io.EOF) {
			if err := e.met(at); err != nil {
				return err
			}
		}
		if r.BodySize += int64(n); r.BodySize > c.f.maxBody && !streamed {
			return dial.TooLarge(c.f.maxBody)
		}
		if m.KeepBody {
			c.body = append(c.body, lent[:min(n, c.f.keepBody-len(c.body))]...)
			r.Body = c.body
		}
		if streamed && n > 0 && !m.Sink.Chunk(lent[:n], at) || err == io.EOF {
			r.End = at
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// appendHeader appends header lines, sorted by name: their order is not known
// any more.
func appendHeader(b []byte, h http.Header) []byte {
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			b = append(append(append(append(b, name...), ": "...), value...), "\r\n"...)
		}
	}
	return b
}
