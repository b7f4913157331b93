package http1

import (
	"net"
	"strconv"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// bodyCopied is the size up to which a body is copied behind its header, to
// go out in one piece; a larger one is handed to the kernel from where it is.
const bodyCopied = 16 << 10

// appendHead appends m's request line and header.
func appendHead(b []byte, m *transport.Message) []byte {
	b = append(b, m.Method...)
	b = append(b, ' ')
	forwarded := dial.Forwarded(m.Route)
	if forwarded {
		b = append(append(b, "http://"...), proxied(m.Route)...)
	}
	if len(m.URI) == 0 {
		b = append(b, '/')
	}
	b = append(b, m.URI...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, m.Host...)
	b = append(b, "\r\n"...)
	b = append(b, m.Header...)
	if forwarded {
		if c := dial.Credentials(m.Route.HTTP.Proxy); c != "" {
			b = append(append(append(b, "Proxy-Authorization: "...), c...), "\r\n"...)
		}
	}
	if m.Route.HTTP.KeepAlive == plan.KeepOff {
		b = append(b, "Connection: close\r\n"...)
	}
	if m.Body != nil {
		b = append(b, "Content-Length: "...)
		b = strconv.AppendInt(b, m.BodySize(), 10)
		b = append(b, "\r\n"...)
	} else if m.Method == "POST" || m.Method == "PUT" || m.Method == "PATCH" {
		b = append(b, "Content-Length: 0\r\n"...)
	}
	return append(b, "\r\n"...)
}

// proxied is how a target is named to a proxy.
func proxied(r *transport.Route) string {
	if r.Host != "" {
		return r.Host
	}
	return r.Addr
}

// render makes the request, or, when its body is too large to copy, the part
// of it before the body.
func (c *client) render(m *transport.Message) {
	if cap(c.out) > headKept {
		c.out = nil
	}
	c.out = appendHead(c.out[:0], m)
	c.expects = len(m.Header) > 0 && m.BodySize() > 0 && expects(m.Header)
	if c.copied = !c.expects && m.BodySize() <= bodyCopied; c.copied {
		c.out = append(c.out, m.Body...)
		for _, p := range m.More {
			c.out = append(c.out, p...)
		}
	}
}

// send writes the request, but for its first skip bytes, with one call unless
// the kernel takes less. The pieces of a large body are handed over as they
// are; a deadline or a cut ends the writing between any two bytes.
func (c *client) send(conn net.Conn, m *transport.Message, skip int) (int64, error) {
	if c.copied {
		n, err := conn.Write(c.out[skip:])
		return int64(n), err
	}
	c.pieces = append(append(c.pieces[:0], c.out[skip:], m.Body), m.More...)
	c.vector = c.pieces
	n, err := c.vector.WriteTo(conn)
	c.vector = nil
	clear(c.pieces)
	return n, err
}
