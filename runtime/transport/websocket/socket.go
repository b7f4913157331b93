package websocket

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// socket is one WebSocket. Three parties meet in it: the user, who sends,
// takes events and closes; the reader, a goroutine of its own; and the
// factory, which sends pings and cuts.
type socket struct {
	f        *Factory
	edge     *edge
	conn     net.Conn // the edge, or TLS over it
	protocol string
	deflate  bool
	notify   chan<- struct{}

	in    inbound       // the reader's
	at    int64         // the reader's: when the bytes that it looks at were read
	heard atomic.Int64  // when bytes were last read
	shut  chan struct{} // the reader reads for no one any more

	write sync.Mutex // held while bytes of frames are written

	mu      sync.Mutex // guards what follows; never held while something is written or waited for
	room    sync.Cond  // the queue has room, or nobody wants what would go there
	queue   queue
	stalled bool // the reader waits for room
	outbox  outbox
	echo    echo
	bye     bool        // a close frame is on its way or sent: nothing may follow
	cause   *dial.Fault // why we broke off, when we did
	doubt   *dial.Fault // why nothing can be sent any more, while the reader looks for the end
	end     *transport.SocketEvent
	told    bool // the end was given to the user
	done    bool // the user has closed it, and wants no more events
}

func newSocket(f *Factory, o *transport.Opening, e *edge, conn net.Conn, a agreed) *socket {
	s := &socket{
		f: f, edge: e, conn: conn, protocol: a.protocol, deflate: a.deflate, notify: o.Notify,
		shut: make(chan struct{}),
	}
	s.room.L = &s.mu
	s.in = inbound{to: s, max: o.MaxMessage}
	if s.in.max <= 0 {
		s.in.max = defaultMaxMessage
	}
	if a.deflate {
		s.in.deflate = &f.deflate
	}
	return s
}

// start begins to read, and to ping.
func (s *socket) start(early []byte, at int64, ping time.Duration) {
	s.heard.Store(at)
	if s.edge.sys != nil {
		s.edge.eager.Store(true)
	}
	go s.run(early, at)
	if ping > 0 {
		s.f.pings.add(s, ping)
	}
}

// Protocol implements transport.Socket.
func (s *socket) Protocol() string { return s.protocol }

// Next implements transport.Socket.
func (s *socket) Next() (transport.SocketEvent, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return transport.SocketEvent{}, false
	}
	if e, ok := s.queue.pop(); ok {
		if s.stalled {
			s.room.Signal()
		}
		return e, true
	}
	if gone := s.echo.unmet; len(gone) > 0 {
		s.echo.unmet = gone[1:]
		return transport.SocketEvent{Kind: transport.SocketNoPong, At: gone[0].at, RTT: gone[0].waited}, true
	}
	if s.end != nil && !s.told {
		s.told = true
		return *s.end, true
	}
	return transport.SocketEvent{}, false
}

// tell gives the user a token.
func (s *socket) tell() {
	if s.notify == nil {
		return
	}
	select {
	case s.notify <- struct{}{}:
	default:
	}
}

// push queues an event, once there is room for it. The reader calls it.
func (s *socket) push(e transport.SocketEvent) {
	s.mu.Lock()
	for !s.done && s.cause == nil && !s.queue.fits(&e) {
		s.stalled = true
		s.room.Wait()
		s.stalled = false
	}
	wanted := !s.done
	if wanted {
		s.queue.push(e)
	}
	s.mu.Unlock()
	if wanted {
		s.tell()
	}
}

// fail breaks the connection off. The first cause is the one that is told.
func (s *socket) fail(f *dial.Fault) {
	s.mu.Lock()
	if s.cause == nil && s.end == nil {
		s.cause = f
	}
	s.bye = true
	s.room.Signal()
	s.mu.Unlock()
	_ = s.edge.Close()
}

// suspect leaves it to the reader to find out how the connection ended, which
// may be with a close frame that is yet to be read, and gives it a second.
func (s *socket) suspect(f *dial.Fault) {
	s.mu.Lock()
	s.doubt, s.bye = f, true
	s.mu.Unlock()
	_ = s.edge.SetReadDeadline(time.Now().Add(goodbye))
}

// Close implements transport.Socket. What is left of the connection when it
// returns, the server's part in closing it, ends within a second.
func (s *socket) Close(code int, reason string) {
	s.mu.Lock()
	if s.done {
		s.mu.Unlock()
		return
	}
	s.done = true
	s.queue.drop()
	s.room.Signal()
	over := s.end != nil || s.cause != nil
	s.mu.Unlock()
	s.f.pings.remove(s)
	if over {
		return
	}
	if code == 0 {
		code = closeNormal
	}
	deadline := s.f.clock.Now() + int64(goodbye)
	s.goodbye(code, reason, deadline)
	wait := time.NewTimer(time.Duration(deadline - s.f.clock.Now()))
	defer wait.Stop()
	select {
	case <-s.shut:
	case <-wait.C:
		_ = s.edge.Close()
	}
}

// finish notes how the socket ended. The reader calls it once.
func (s *socket) finish(e transport.SocketEvent) {
	s.mu.Lock()
	if s.cause != nil {
		e.Code, e.Reason, e.Class, e.Err = closeAbnormal, "", s.cause.Class, s.cause
	}
	s.end = &e
	s.bye = true
	wanted := !s.done
	s.mu.Unlock()
	close(s.shut)
	s.f.pings.remove(s)
	if wanted {
		s.tell()
	}
}

// usable is why nothing can be sent any more; nil while it can.
func (s *socket) usable() *dial.Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.cause != nil:
		return s.cause
	case s.doubt != nil:
		return s.doubt
	case s.done:
		return dial.NewFault(plan.FailInternal, nil, "the socket is closed")
	case s.end != nil && s.end.Class != plan.OK:
		return dial.Explain(dial.Sending, s.end.Err)
	case s.bye:
		return dial.NewFault(plan.FailReset, nil, "the server has closed the socket")
	}
	return nil
}
