package websocket

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

const (
	maxHead    = 64 << 10  // bytes of the answer up to its body, interim answers included
	headStart  = 1 << 10   // first size of the buffer for it
	maxBody    = 256 << 10 // bytes kept of a body
	maxInterim = 16        // 1xx answers before the one that counts
)

// handshake is one Open.
type handshake struct {
	f        *Factory
	o        *transport.Opening
	r        *transport.Result
	timeout  time.Duration
	deadline int64 // on the clock
	stage    dial.Stage
	edge     *edge
	conn     net.Conn // the edge, or TLS over it
	key      string
	early    []byte // frames that came with the answer
}

// check refuses an opening whose parts would end the line they stand in.
func check(o *transport.Opening) *dial.Fault {
	if bad := dial.Refuse("GET", o.URI, o.Host, o.Header); bad != nil {
		return bad
	}
	for _, p := range o.Protocols {
		if !token(p) {
			return dial.NewFault(plan.FailInternal, nil, "the subprotocol %q is not a token", p)
		}
	}
	return nil
}

// run makes a socket, or says what went wrong at which stage.
func (h *handshake) run() (*socket, error) {
	left := time.Duration(h.deadline - h.f.clock.Now())
	ctx, cancel := context.WithTimeout(h.f.cut, left)
	defer cancel()
	conn, err := h.f.dial.Open(ctx, h.o.Route, dial.Options{
		Sessions: h.o.Sessions, User: h.f.opened.Add(1), Protocols: []string{"http/1.1"}, Tunnel: true, Start: h.r.Start,
		Wrap: func(raw net.Conn) net.Conn {
			h.edge = newEdge(raw, h.f.clock)
			h.edge.patiently(h.deadline)
			return h.edge
		},
	})
	h.r.DNS, h.r.Connect, h.r.TLS, h.stage = conn.DNS, conn.Connect, conn.TLS, conn.Stage
	if err != nil {
		return nil, err
	}
	h.conn = conn.Conn
	h.r.Sent = h.f.clock.Now()
	release := context.AfterFunc(ctx, func() { _ = h.edge.SetDeadline(past) })
	s, err := h.talk()
	if !release() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = h.edge.Close()
		return nil, err
	}
	h.edge.impatiently()
	return s, nil
}

// past is a deadline that ends reads and writes at once.
var past = time.Unix(1, 0)

// talk sends the request and reads the answer.
func (h *handshake) talk() (*socket, error) {
	h.stage = dial.Sending
	request := h.request()
	n, err := h.conn.Write(request)
	h.r.BytesOut = int64(n)
	if err != nil {
		return nil, err
	}
	h.stage = dial.Awaiting
	in := &counted{h: h}
	a, err := h.answer(in)
	if err != nil {
		return nil, err
	}
	h.r.Status, h.r.Proto, h.r.Header = a.status, a.proto, a.header
	if a.status != 101 {
		h.body(in, a)
		h.r.End = h.f.clock.Now()
		return nil, dial.NewFault(plan.FailStatus, nil, "status %d instead of a WebSocket (101)", a.status)
	}
	agreed, err := a.agree(h.key, h.o)
	if err != nil {
		return nil, err
	}
	h.early = a.rest
	return newSocket(h.f, h.o, h.edge, h.conn, agreed), nil
}

// request writes the request of RFC 6455, section 4.1.
func (h *handshake) request() []byte {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	h.key = base64.StdEncoding.EncodeToString(nonce[:])
	o := h.o
	b := make([]byte, 0, 512)
	b = append(b, "GET "...)
	if len(o.URI) == 0 {
		b = append(b, '/')
	}
	b = append(b, o.URI...)
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(b, o.Host...)
	b = append(b, "\r\n"...)
	b = append(b, o.Header...)
	b = append(b, "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "...)
	b = append(b, h.key...)
	if len(o.Protocols) > 0 {
		b = append(b, "\r\nSec-WebSocket-Protocol: "...)
		b = append(b, strings.Join(o.Protocols, ", ")...)
	}
	if o.Compress {
		b = append(b, "\r\nSec-WebSocket-Extensions: "+deflateOffer...)
	}
	return append(b, "\r\n\r\n"...)
}

// counted reads from the connection and keeps the result's account of it.
type counted struct{ h *handshake }

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.h.conn.Read(p)
	if n > 0 {
		now := c.h.f.clock.Now()
		if c.h.r.FirstByte == 0 {
			c.h.r.FirstByte = now
			c.h.stage = dial.Reading
		}
		c.h.r.BytesIn += int64(n)
		c.h.r.End = now
	}
	return n, err
}

// answer reads up to the end of the header that counts.
func (h *handshake) answer(in io.Reader) (*answer, error) {
	buf := make([]byte, 0, headStart)
	begin := 0
	for interim := 0; ; {
		a, err := parseAnswer(buf[begin:])
		switch {
		case err != nil:
			return nil, err
		case a == nil:
		case a.status < 200 && a.status != 101:
			if interim++; interim > maxInterim {
				return nil, malformed("too many interim (1xx) answers")
			}
			begin += len(a.block)
			continue
		default:
			return a, nil
		}
		if len(buf) == cap(buf) {
			if len(buf) >= maxHead {
				return nil, dial.NewFault(plan.FailTooLarge, nil, "the answer's header is larger than 64 KiB")
			}
			buf = append(make([]byte, 0, 2*cap(buf)), buf...)
		}
		n, err := in.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if n == 0 && err != nil {
			return nil, err
		}
	}
}

// body reads what a server says that wants no socket, as far as it is kept.
// That it refuses counts, not how its answer ends.
func (h *handshake) body(in io.Reader, a *answer) {
	r := bufio.NewReader(io.MultiReader(bytes.NewReader(a.block), bytes.NewReader(a.rest), in))
	answer, err := http.ReadResponse(r, &http.Request{Method: http.MethodGet})
	if err != nil {
		return
	}
	h.r.Body, _ = io.ReadAll(io.LimitReader(answer.Body, maxBody))
	h.r.BodySize = int64(len(h.r.Body))
}

// malformed is the fault of a server that does not answer as RFC 6455 has it.
func malformed(text string) error {
	return dial.NewFault(plan.FailProtocol, nil, "not a WebSocket handshake: %s", text)
}
