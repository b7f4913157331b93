package http1

import (
	"crypto/tls"
	"math"
	"net/netip"
	"sync"
	"time"

	"throng/runtime/transport"
)

const (
	defaultMaxBody  = 10 << 20
	defaultKeepBody = 256 << 10
	defaultTimeout  = time.Minute // for a message that gives none: every wait ends
	maxTimeout      = 365 * 24 * time.Hour
	maxConns        = 4        // open connections of one client
	drainSize       = 32 << 10 // buffer lent to a client that reads a large body
)

// Config says how the clients of a run connect and what they keep.
type Config struct {
	Clock *transport.Clock // time base of all results; nil: a new one
	Dial  transport.Dialer // must obey its context; nil: net.Dialer, which also times DNS
	// Guard is asked before every connection, with the host that was asked for
	// and the address it was resolved to; its error is why there must be none,
	// and fails the exchange with class guard. nil allows all. With a Dial of
	// its own it is asked once the connection stands, before anything is sent.
	Guard    func(host string, at netip.Addr) error
	TLS      *tls.Config // for https; nil: the system's roots
	MaxBody  int64       // bytes of a body; a larger one is class too_large; 0: 10 MiB
	KeepBody int         // bytes of a body kept for a caller that reads it; 0: 256 KiB
}

// Factory makes the clients of a run. Its methods may be called from any
// goroutine.
type Factory struct {
	clock    *transport.Clock
	dial     transport.Dialer
	guard    func(host string, at netip.Addr) error
	tls      *tls.Config
	maxBody  int64
	keepBody int
	drains   sync.Pool // *[drainSize]byte
	buffers  sync.Pool // *buffers

	sweep sweeper
}

var (
	_ transport.Factory = (*Factory)(nil)
	_ transport.Rester  = (*client)(nil)
)

// New is a factory that has no clients yet and runs no goroutine until it has.
func New(c Config) *Factory {
	f := &Factory{clock: c.Clock, dial: c.Dial, guard: c.Guard, tls: c.TLS, maxBody: c.MaxBody, keepBody: c.KeepBody}
	if f.clock == nil {
		f.clock = transport.NewClock()
	}
	if f.maxBody <= 0 {
		f.maxBody = defaultMaxBody
	}
	if f.keepBody <= 0 {
		f.keepBody = defaultKeepBody
	}
	f.drains.New = func() any { return new([drainSize]byte) }
	f.buffers.New = func() any { return new(buffers) }
	f.sweep.clock = f.clock
	f.sweep.shortest.Store(math.MaxInt64)
	return f
}

// Client makes a client for one user. It holds no connection until its first
// exchange, and must be closed.
func (f *Factory) Client() transport.Client {
	c := &client{f: f}
	f.sweep.add(&c.watch)
	return c
}

// Cut ends every exchange that is under way; their results, and those of all
// later ones, wrap transport.ErrCut. It does not wait for them.
func (f *Factory) Cut() { f.sweep.cutAll() }

// Close stops and joins the factory's goroutine. A client that is still open
// is cut, for nothing would watch its deadlines any more.
func (f *Factory) Close() {
	f.sweep.cutAll()
	f.sweep.stop()
}
