package websocket

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

const (
	defaultMaxMessage = 1 << 20
	goodbye           = time.Second // for a closing handshake, and again for the end of the connection after it
)

// Config says how the sockets of a run are opened.
type Config struct {
	Clock *transport.Clock // time base of all results; nil: a new one
	Dial  *dial.Dialer     // opens the connections; nil: a plain one
}

// Factory opens the sockets of a run. Its methods may be called from any
// goroutine.
type Factory struct {
	clock   *transport.Clock
	dial    *dial.Dialer
	deflate deflate
	outs    sync.Pool // *[outSize]byte
	ins     sync.Pool // *[inSize]byte
	smalls  sync.Pool // *[smallSize]byte
	opened  atomic.Int64
	pings   pinger

	cut    context.Context // done after a Cut
	cancel context.CancelCauseFunc

	mu      sync.Mutex
	sockets map[*socket]struct{}
	readers sync.WaitGroup
}

var _ transport.SocketFactory = (*Factory)(nil)

// New is a factory that has no sockets yet and runs no goroutine until it has.
func New(c Config) *Factory {
	f := &Factory{clock: c.Clock, dial: c.Dial, sockets: map[*socket]struct{}{}}
	if f.clock == nil {
		f.clock = transport.NewClock()
	}
	if f.dial == nil {
		f.dial = dial.New(dial.Config{Clock: f.clock})
	}
	f.pings.clock = f.clock
	f.cut, f.cancel = context.WithCancelCause(context.Background())
	f.outs.New = func() any { return new([outSize]byte) }
	f.ins.New = func() any { return new([inSize]byte) }
	f.smalls.New = func() any { return new([smallSize]byte) }
	return f
}

// Open implements transport.SocketFactory. An Opening without a timeout has
// one minute.
func (f *Factory) Open(o *transport.Opening, r *transport.Result) transport.Socket {
	*r = transport.Result{Start: f.clock.Now()}
	s, err := f.open(o, r)
	if r.End == 0 {
		r.End = f.clock.Now()
	}
	if err != nil {
		r.Class, r.Err = err.Class, err
		return nil
	}
	return s
}

// open is Open without what every result has.
func (f *Factory) open(o *transport.Opening, r *transport.Result) (*socket, *dial.Fault) {
	h := handshake{f: f, o: o, r: r, timeout: dial.Timeout(o.Timeout)}
	h.deadline = r.Start + int64(h.timeout)
	if f.cut.Err() != nil {
		return nil, dial.Severed()
	}
	if fault := check(o); fault != nil {
		return nil, fault
	}
	s, err := h.run()
	switch {
	case err != nil && f.cut.Err() != nil:
		return nil, dial.Severed()
	case err != nil && f.clock.Now() >= h.deadline && !dial.Classify(h.stage, err).Local():
		return nil, dial.Late(h.stage, h.timeout, err)
	case err != nil:
		return nil, dial.Explain(h.stage, err)
	}
	if !f.add(s) {
		_ = s.edge.Close()
		return nil, dial.Severed()
	}
	s.start(h.early, r.End, o.Ping)
	return s, nil
}

// add makes s one of the sockets that a Cut ends; false after one.
func (f *Factory) add(s *socket) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.cut.Err() != nil {
		return false
	}
	f.sockets[s] = struct{}{}
	f.readers.Add(1)
	return true
}

// remove is called by the reader of s as the last thing it does.
func (f *Factory) remove(s *socket) {
	f.mu.Lock()
	delete(f.sockets, s)
	f.mu.Unlock()
	f.readers.Done()
}

// Cut implements transport.SocketFactory. Later calls of Open fail at once;
// their results, and the events of the sockets, wrap transport.ErrCut.
func (f *Factory) Cut() {
	f.cancel(transport.ErrCut)
	f.mu.Lock()
	defer f.mu.Unlock()
	for s := range f.sockets {
		s.fail(dial.Severed())
	}
}

// Close joins the factory's goroutines. A socket that is still open is cut,
// and what is left of connections whose sockets are closed is given up.
func (f *Factory) Close() {
	f.Cut()
	f.pings.stop()
	f.readers.Wait()
}
