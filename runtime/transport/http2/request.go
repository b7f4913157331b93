package http2

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"sync"

	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// request is the message as the library takes it.
func (e *exchange) request() *http.Request {
	m := e.m
	req := &http.Request{
		Method: m.Method, Host: m.Host, Header: fields(m.Header),
		URL:   &url.URL{Scheme: m.Route.Scheme, Host: m.Host, Opaque: path(m)},
		Proto: "HTTP/2.0", ProtoMajor: 2,
	}
	if n := m.BodySize(); n > 0 {
		e.upload = &upload{pieces: append([][]byte{m.Body}, m.More...)}
		req.Body, req.ContentLength = e.upload, n
	}
	return req.WithContext(httptrace.WithClientTrace(e.ctx, e.trace()))
}

// path is what the library makes :path of, byte for byte. What begins with
// two slashes would be taken for an authority, but not behind one.
func path(m *transport.Message) string {
	switch {
	case len(m.URI) == 0:
		return "/"
	case m.URI[0] != '/':
		return "/" + string(m.URI)
	case bytes.HasPrefix(m.URI, []byte("//")):
		return "//" + m.Host + string(m.URI)
	}
	return string(m.URI)
}

// fields are header lines as a map.
func fields(lines []byte) http.Header {
	h := make(http.Header, 8)
	for len(lines) > 0 {
		var line []byte
		line, lines, _ = bytes.Cut(lines, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(":"))
		key := textproto.CanonicalMIMEHeaderKey(string(name))
		h[key] = append(h[key], string(bytes.Trim(value, " \t")))
	}
	if _, named := h["User-Agent"]; !named {
		h["User-Agent"] = nil // else the library names itself
	}
	return h
}

// trace notes how far the exchange comes. It is called on goroutines of the
// library, and may be after the exchange has ended.
func (e *exchange) trace() *httptrace.ClientTrace {
	w, clock := &e.c.watch, e.c.f.clock
	patience := e.m.Route.HTTP.FirstByteTimeout
	cn := e.cn
	return &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { // called before they are written
			w.mu.Lock()
			defer w.mu.Unlock()
			if e.wrote == 0 {
				e.wrote = clock.Now()
			}
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if info.Err != nil || e.first != 0 {
				return
			}
			e.stage = dial.Awaiting
			if patience > 0 {
				e.bindLocked(dial.FirstByte, patience)
			}
		},
		GotFirstResponseByte: func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			e.first, e.stage = cn.stamp.Load(), dial.Reading
			if e.bound.Of != dial.FirstByte || e.fired {
				return
			}
			if e.first >= e.bound.At && w.e == e {
				e.fire()
				return
			}
			e.bindLocked(dial.Whole, 0)
		},
	}
}

// upload is a body as the library reads it. After Close the message's bytes
// are not touched any more.
type upload struct {
	mu     sync.Mutex
	pieces [][]byte
}

func (u *upload) Read(p []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for len(u.pieces) > 0 && len(u.pieces[0]) == 0 {
		u.pieces = u.pieces[1:]
	}
	if len(u.pieces) == 0 {
		return 0, io.EOF
	}
	n := copy(p, u.pieces[0])
	u.pieces[0] = u.pieces[0][n:]
	return n, nil
}

func (u *upload) Close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.pieces = nil
	return nil
}
