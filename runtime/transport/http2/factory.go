package http2

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

const (
	defaultMaxBody  = 10 << 20
	defaultKeepBody = 256 << 10
	drainSize       = 32 << 10 // buffer lent to a client that reads a body
	kept            = 64 << 10 // a buffer that grew beyond is not kept for the next exchange
	maxHead         = 1 << 20  // bytes of an answer's header
	continueWait    = time.Second
	defaultConns    = 6
)

// Config says how the clients of a run connect and what they keep.
type Config struct {
	Clock    *transport.Clock // time base of all results; nil: a new one
	Dialer   *dial.Dialer     // opens the connections, on the same clock; nil: one of the defaults
	MaxBody  int64            // bytes of a body; a larger one is class too_large; 0: 10 MiB
	KeepBody int              // bytes of a body kept for a caller that reads it; 0: 256 KiB
}

// Factory makes the clients of a run. Its methods may be called from any
// goroutine.
type Factory struct {
	clock    *transport.Clock
	dialer   *dial.Dialer
	engine   *http.Transport
	maxBody  int64
	keepBody int
	users    atomic.Int64
	drains   sync.Pool // *[drainSize]byte

	mu      sync.Mutex
	isCut   bool
	clients map[*Client]struct{}
}

var (
	_ transport.Factory   = (*Factory)(nil)
	_ transport.Rester    = (*Client)(nil)
	_ transport.Forgetter = (*Client)(nil)
	_ transport.Brancher  = (*Client)(nil)
)

// New is a factory that has no clients yet.
func New(c Config) *Factory {
	f := &Factory{clock: c.Clock, dialer: c.Dialer, maxBody: c.MaxBody, keepBody: c.KeepBody, engine: engine(), clients: map[*Client]struct{}{}}
	if f.clock == nil {
		f.clock = transport.NewClock()
	}
	if f.dialer == nil {
		f.dialer = dial.New(dial.Config{Clock: f.clock})
	}
	if f.maxBody <= 0 {
		f.maxBody = defaultMaxBody
	}
	if f.keepBody <= 0 {
		f.keepBody = defaultKeepBody
	}
	f.drains.New = func() any { return new([drainSize]byte) }
	return f
}

// Client makes a client for one user. It holds no connection until its first
// exchange, and must be closed. Users are numbered as they come.
func (f *Factory) Client() transport.Client {
	return f.ClientOf(f.users.Add(1)-1, new(transport.Sessions))
}

// ClientOf is Client for the user of a number, by which source addresses are
// dealt out, with the TLS sessions that it resumes.
func (f *Factory) ClientOf(user int64, sessions *transport.Sessions) *Client {
	return f.client(&pool{user: user, sessions: sessions})
}

func (f *Factory) client(p *pool) *Client {
	c := &Client{f: f, pool: p}
	p.join()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clients[c] = struct{}{}
	if f.isCut {
		c.watch.cut()
	}
	return c
}

func (f *Factory) remove(c *Client) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.clients, c)
}

// Cut ends every exchange that is under way; their results, and those of all
// later ones, wrap transport.ErrCut. It does not wait for them.
func (f *Factory) Cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.isCut = true
	for c := range f.clients {
		c.watch.mark()
	}
	for c := range f.clients { // now that all know why their shared connections end
		c.watch.cut()
	}
}

// Close cuts what is still open.
func (f *Factory) Close() { f.Cut() }
