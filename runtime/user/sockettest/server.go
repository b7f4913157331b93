// Package sockettest is a server of WebSockets in memory, for tests: it does
// what it is told, keeps a log of its own, and runs on whatever clock the test
// does, virtual time included. It has no goroutines.
package sockettest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// Server implements transport.SocketFactory.
type Server struct {
	// Answer is what the handshake with this number (from 0) gets and how long
	// it takes; nil: 101 at once.
	Answer func(n int) (after time.Duration, r transport.Result)
	Opened func(p *Peer)              // a socket stands
	Heard  func(p *Peer, text string) // a message came from the user
	// Write is how long writing a message takes, and its error; nil: no time.
	Write func(p *Peer) (time.Duration, error)

	mu       sync.Mutex
	clock    *transport.Clock
	opens    []string
	peers    []*Peer
	cut      chan struct{}
	once     sync.Once
	isClosed bool
}

// Peer is the server's end of one socket.
type Peer struct {
	Number int // among those opened

	s      *Server
	notify chan<- struct{}
	mu     sync.Mutex
	queue  []transport.SocketEvent
	over   bool // neither side sends any more

	// The log.
	heard    []string
	sent     []string
	times    []time.Duration // of sent
	unheard  []string        // pushed when the user had closed already, or the socket was lost
	OpenedAt time.Duration
	EndedAt  time.Duration
	Code     int // the user's close code; 0 where the server ended it
}

// On is the server on a run's clock.
func (s *Server) On(c *transport.Clock) transport.SocketFactory {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock, s.cut = c, make(chan struct{})
	return s
}

// Open implements transport.SocketFactory.
func (s *Server) Open(o *transport.Opening, r *transport.Result) transport.Socket {
	s.mu.Lock()
	n := len(s.opens)
	s.opens = append(s.opens, fmt.Sprintf("%s %s\n%s", o.Host, o.URI, o.Header))
	clock, cut := s.clock, s.cut
	s.mu.Unlock()
	after, answer := time.Duration(0), transport.Result{}
	if s.Answer != nil {
		after, answer = s.Answer(n)
	}
	if answer.Status == 0 && answer.Class == plan.OK {
		answer.Status, answer.Proto = 101, "HTTP/1.1"
	}
	start := clock.Now()
	isCut := false
	timer := time.NewTimer(after)
	select {
	case <-timer.C:
	case <-cut:
		timer.Stop()
		isCut = true
	}
	select {
	case <-cut:
		isCut = true
	default:
	}
	*r = answer
	r.Start, r.Sent, r.End = start, start, clock.Now()
	if isCut {
		r.Class, r.Err = plan.FailReset, transport.ErrCut
	}
	if r.Class == plan.OK && r.Status != 101 {
		r.Class = plan.FailStatus
	}
	if r.Class != plan.OK {
		if r.Err == nil {
			r.Err = errors.New("the server says " + r.Class.String())
		}
		return nil
	}
	r.FirstByte = r.End
	p := &Peer{s: s, notify: o.Notify, OpenedAt: time.Duration(r.End)}
	s.mu.Lock()
	p.Number = len(s.peers)
	s.peers = append(s.peers, p)
	s.mu.Unlock()
	if s.Opened != nil {
		s.Opened(p)
	}
	return (*socket)(p)
}

// Cut implements transport.SocketFactory.
func (s *Server) Cut() {
	s.once.Do(func() { close(s.cut) })
	for _, p := range s.Peers() {
		p.end(0, transport.SocketEvent{Code: 1006, Class: plan.FailReset, Err: transport.ErrCut})
	}
}

// Close implements transport.SocketFactory.
func (s *Server) Close() {
	s.mu.Lock()
	s.isClosed = true
	s.mu.Unlock()
}

// Peers are all sockets that ever stood.
func (s *Server) Peers() []*Peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*Peer(nil), s.peers...)
}

// Opens are all handshakes that were asked for.
func (s *Server) Opens() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.opens...)
}

// Standing is how many sockets neither side has ended.
func (s *Server) Standing() (n int) {
	for _, p := range s.Peers() {
		p.mu.Lock()
		if !p.over {
			n++
		}
		p.mu.Unlock()
	}
	return n
}

// Now is the time on the run's clock.
func (s *Server) Now() time.Duration { return time.Duration(s.clock.Now()) }

// Push sends a message to the user. It reports whether the socket stood.
func (p *Peer) Push(text string) bool {
	p.mu.Lock()
	if p.over {
		p.unheard = append(p.unheard, text)
		p.mu.Unlock()
		return false
	}
	p.sent = append(p.sent, text)
	p.times = append(p.times, p.s.Now())
	p.queue = append(p.queue, transport.SocketEvent{Kind: transport.SocketMessage, At: p.s.clock.Now(), Data: []byte(text), Wire: len(text) + 2})
	p.mu.Unlock()
	p.tell()
	return true
}

// PushIn sends it after a while.
func (p *Peer) PushIn(d time.Duration, text string) { time.AfterFunc(d, func() { p.Push(text) }) }

// Pong is the answer to a ping of the user's.
func (p *Peer) Pong(rtt time.Duration) {
	p.mu.Lock()
	p.queue = append(p.queue, transport.SocketEvent{Kind: transport.SocketPong, At: p.s.clock.Now(), RTT: int64(rtt)})
	p.mu.Unlock()
	p.tell()
}

// NoPong gives up a ping of the user's after so long.
func (p *Peer) NoPong(waited time.Duration) {
	p.mu.Lock()
	p.queue = append(p.queue, transport.SocketEvent{Kind: transport.SocketNoPong, At: p.s.clock.Now(), RTT: int64(waited)})
	p.mu.Unlock()
	p.tell()
}

// Bye closes the socket with a code, or with 1006 breaks it off.
func (p *Peer) Bye(code int) {
	e := transport.SocketEvent{Code: code}
	if code == 1006 {
		e.Class, e.Err = plan.FailReset, errors.New("reset by the server")
	}
	p.end(0, e)
}

func (p *Peer) end(code int, e transport.SocketEvent) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.over, p.Code, p.EndedAt = true, code, p.s.Now()
	if code == 0 {
		e.Kind, e.At = transport.SocketClosed, p.s.clock.Now()
		p.queue = append(p.queue, e)
		p.tell()
	}
}

func (p *Peer) tell() {
	select {
	case p.notify <- struct{}{}:
	default:
	}
}

// Sent are the messages that went to the user, and when.
func (p *Peer) Sent() ([]string, []time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.sent...), append([]time.Duration(nil), p.times...)
}

// Heard are the messages that came from the user.
func (p *Peer) Heard() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.heard...)
}

// socket is the user's end.
type socket Peer

func (c *socket) Protocol() string { return "" }

func (c *socket) Send(binary bool, data []byte, timeout time.Duration) (at int64, wire int, err error) {
	p := (*Peer)(c)
	if p.s.Write != nil {
		var took time.Duration
		took, err = p.s.Write(p)
		time.Sleep(took)
	}
	at = p.s.clock.Now()
	p.mu.Lock()
	if p.over && err == nil {
		err = errors.New("the socket is gone")
	}
	if err == nil {
		p.heard = append(p.heard, string(data))
	}
	p.mu.Unlock()
	if err != nil {
		return at, 0, err
	}
	if p.s.Heard != nil {
		p.s.Heard(p, string(data))
	}
	return at, len(data) + 6, nil
}

func (c *socket) Next() (transport.SocketEvent, bool) {
	p := (*Peer)(c)
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 {
		return transport.SocketEvent{}, false
	}
	e := p.queue[0]
	p.queue = p.queue[1:]
	return e, true
}

func (c *socket) Close(code int, reason string) {
	p := (*Peer)(c)
	p.end(code, transport.SocketEvent{})
	p.mu.Lock()
	p.queue = nil
	p.mu.Unlock()
}

// Closed reports whether the run has given the server up.
func (s *Server) Closed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.isClosed
}
