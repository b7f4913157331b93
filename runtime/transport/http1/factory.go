package http1

import (
	"crypto/tls"
	"math"
	"net/netip"
	"sync"
	"sync/atomic"

	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

const (
	defaultMaxBody  = 10 << 20
	defaultKeepBody = 256 << 10
	drainSize       = 32 << 10 // buffer lent to a client that reads a large body
)

// Config says how the clients of a run connect and what they keep.
type Config struct {
	Clock  *transport.Clock // time base of all results; nil: a new one
	Dialer *dial.Dialer     // opens the connections, on the same clock; nil: one made of the next three
	Dial   transport.Dialer // as dial.Config says
	Guard  func(host string, at netip.Addr) error
	TLS    *tls.Config

	MaxBody  int64 // bytes of a body; a larger one is class too_large; 0: 10 MiB
	KeepBody int   // bytes of a body kept for a caller that reads it; 0: 256 KiB
}

// Factory makes the clients of a run. Its methods may be called from any
// goroutine.
type Factory struct {
	clock    *transport.Clock
	dialer   *dial.Dialer
	maxBody  int64
	keepBody int
	users    atomic.Int64
	drains   sync.Pool // *[drainSize]byte
	buffers  sync.Pool // *buffers

	sweep sweeper
}

var (
	_ transport.Factory   = (*Factory)(nil)
	_ transport.Rester    = (*client)(nil)
	_ transport.Forgetter = (*client)(nil)
	_ transport.Brancher  = (*client)(nil)
	_ transport.Resumer   = (*client)(nil)
)

// New is a factory that has no clients yet and runs no goroutine until it has.
func New(c Config) *Factory {
	f := &Factory{clock: c.Clock, dialer: c.Dialer, maxBody: c.MaxBody, keepBody: c.KeepBody}
	if f.clock == nil {
		f.clock = transport.NewClock()
	}
	if f.dialer == nil {
		f.dialer = dial.New(dial.Config{Clock: f.clock, Dial: c.Dial, Guard: c.Guard, TLS: c.TLS})
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
// exchange, and must be closed. Users are numbered as they come, which is how
// source addresses are dealt out.
func (f *Factory) Client() transport.Client {
	return f.client(&pool{user: f.users.Add(1) - 1})
}

func (f *Factory) client(p *pool) transport.Client {
	c := &client{f: f, pool: p}
	p.join()
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
