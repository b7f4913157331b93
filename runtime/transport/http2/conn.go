package http2

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// conn is one connection, and what the pool knows of it.
type conn struct {
	*tap
	h2      *http.ClientConn
	route   *transport.Route
	streams int  // exchanges that have it; guarded by the pool
	retired bool // takes no further stream; guarded by the pool
}

// usable reports whether a stream can be begun over it.
func (cn *conn) usable() bool {
	if _, away := cn.away(); away {
		return false
	}
	return cn.h2.Err() == nil
}

func (cn *conn) close() { _ = cn.h2.Close() }

// tap is a connection as the library has it: it stamps, counts and looks at
// what comes, and closes without a farewell of TLS, which could block.
type tap struct {
	net.Conn
	raw     net.Conn
	clock   *transport.Clock
	in, out atomic.Int64
	stamp   atomic.Int64 // time of the last read that gave something

	mu      sync.Mutex
	frames  frames
	readErr error
}

func newTap(to *dial.Opened, clock *transport.Clock) *tap {
	return &tap{Conn: to.Conn, raw: to.Raw, clock: clock}
}

func (t *tap) Read(p []byte) (int, error) {
	n, err := t.Conn.Read(p)
	if n == 0 && err == nil {
		return 0, nil
	}
	if n > 0 {
		t.stamp.Store(t.clock.Now())
		t.in.Add(int64(n))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.frames.see(p[:n])
	if err != nil && t.readErr == nil {
		t.readErr = err
	}
	return n, err
}

func (t *tap) Write(p []byte) (int, error) {
	n, err := t.Conn.Write(p)
	t.out.Add(int64(n))
	return n, err
}

func (t *tap) Close() error { return t.raw.Close() }

// claim gives the bytes that nobody has claimed yet.
func (t *tap) claim() (in, out int64) { return t.in.Swap(0), t.out.Swap(0) }

// away is the code of the server's GOAWAY, if it sent one.
func (t *tap) away() (code uint32, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.frames.code, t.frames.away
}

// lost is what ended the reading, if anything did.
func (t *tap) lost() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.readErr
}

// stranger is what came instead of HTTP/2, or nil.
func (t *tap) stranger() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.frames.stranger
}

// taken is the key of the connection in the context that the library dials with.
type taken struct{}

// engine is the library's half: it speaks over connections that are given to it.
func engine() *http.Transport {
	var only http.Protocols
	only.SetUnencryptedHTTP2(true)
	return &http.Transport{
		Protocols:              &only,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHead,
		ExpectContinueTimeout:  continueWait,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return ctx.Value(taken{}).(net.Conn), nil
		},
	}
}

// speak begins HTTP/2 over a connection. To the library it is plain text: TLS,
// where there is some, lies below what it is given.
func (f *Factory) speak(to *dial.Opened, route *transport.Route) (*conn, error) {
	t := newTap(to, f.clock)
	h2, err := f.engine.NewClientConn(context.WithValue(context.Background(), taken{}, net.Conn(t)), "http", route.Addr)
	if err != nil {
		_ = t.Close()
		return nil, err
	}
	return &conn{tap: t, h2: h2, route: route}, nil
}
