package websocket

import (
	"errors"
	"io"
	"os"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

const (
	inSize    = 16 << 10 // lent to a reader while it takes what has come
	smallSize = 4 << 10  // held by one that cannot wait without
	maxLinger = 1 << 20  // bytes thrown away after the end
)

// ended is how reading for the user ended.
type ended struct {
	event transport.SocketEvent
	code  int    // of the close frame to send; 0: none
	words string // its reason
	await bool   // the server has something to read, or to close
}

// run is the reader. It owns the connection's input, and closes it.
func (s *socket) run(early []byte, at int64) {
	defer s.f.remove(s)
	defer s.edge.Close()
	end := s.receive(early, at)
	if end.code != 0 {
		s.reply(end.code, end.words)
	}
	s.finish(end.event)
	if end.await {
		s.linger()
	}
}

// receive reads until there is nothing more to read for the user.
func (s *socket) receive(early []byte, at int64) ended {
	if end := s.take(early, at); end != nil {
		return *end
	}
	for {
		buf, n, err := s.read()
		at := s.f.clock.Now()
		if n > 0 {
			s.heard.Store(at)
		}
		end := s.take(buf[:n], at)
		s.giveBack(buf)
		if end != nil {
			return *end
		}
		if err != nil {
			return s.broken(err, at)
		}
	}
}

// take looks at bytes that were read, and says how reading ends, if it does.
func (s *socket) take(p []byte, at int64) *ended {
	s.at = at
	if bad := s.in.add(p); bad != nil {
		fault := dial.NewFault(bad.class, nil, "%s", bad.text)
		return &ended{
			event: transport.SocketEvent{Kind: transport.SocketClosed, At: at, Code: closeAbnormal, Class: bad.class, Err: fault},
			code:  bad.code, words: bad.text, await: true,
		}
	}
	if !s.in.over {
		return nil
	}
	return &ended{
		event: transport.SocketEvent{Kind: transport.SocketClosed, At: at, Code: s.in.code, Reason: s.in.reason},
		code:  s.in.code, await: true,
	}
}

// broken is the end of a connection without a close frame.
func (s *socket) broken(err error, at int64) ended {
	e := transport.SocketEvent{Kind: transport.SocketClosed, At: at, Code: closeAbnormal}
	s.mu.Lock()
	fault := s.doubt
	s.mu.Unlock()
	switch {
	case fault != nil && errors.Is(err, os.ErrDeadlineExceeded):
	case ending(err) && s.in.middle():
		fault = dial.NewFault(plan.FailTruncated, err, "the connection ended inside of a message")
	case ending(err):
		fault = dial.NewFault(plan.FailReset, err, "the connection ended without a close frame")
	default:
		fault = dial.Explain(dial.Reading, err)
	}
	e.Class, e.Err = fault.Class, fault
	return ended{event: e}
}

func ending(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.ErrClosedPipe)
}

// linger gives the server a second to take our close frame and to close the
// connection, so that it is not reset under the frame, and so that the state
// TIME_WAIT, which holds a port, is the server's.
func (s *socket) linger() {
	s.mu.Lock()
	gone := s.cause != nil
	s.mu.Unlock()
	if gone {
		return
	}
	until := time.Now().Add(goodbye)
	if s.edge.SetReadDeadline(until) != nil {
		return
	}
	buf := s.f.smalls.Get().(*[smallSize]byte)
	defer s.f.smalls.Put(buf)
	for left := maxLinger; left > 0 && time.Now().Before(until); { // a deadline does not end a stream that never ends
		n, err := s.edge.Conn.Read(buf[:])
		if err != nil {
			return
		}
		left -= n
	}
}

// read waits until something has come, and returns it in a buffer that has to
// be given back. Where it can, it holds none while it waits.
func (s *socket) read() (buf []byte, n int, err error) {
	if s.edge.sys == nil {
		buf = s.f.smalls.Get().(*[smallSize]byte)[:]
		n, err = s.conn.Read(buf)
		return buf, n, err
	}
	if s.conn == s.edge {
		return s.edge.lend(&s.f.ins)
	}
	for {
		buf = s.f.ins.Get().(*[inSize]byte)[:]
		n, err = s.conn.Read(buf)
		if n > 0 || !errors.Is(err, errAgain) {
			return buf, n, err
		}
		s.giveBack(buf)
		if err := s.edge.ready(); err != nil {
			return nil, 0, err
		}
	}
}

func (s *socket) giveBack(buf []byte) {
	switch cap(buf) {
	case inSize:
		s.f.ins.Put((*[inSize]byte)(buf[:inSize]))
	case smallSize:
		s.f.smalls.Put((*[smallSize]byte)(buf[:smallSize]))
	}
}

// message implements receiver.
func (s *socket) message(data []byte, binary bool, wire int) {
	s.push(transport.SocketEvent{Kind: transport.SocketMessage, At: s.at, Data: data, Binary: binary, Wire: wire})
}

// ping implements receiver: it is answered at once, unless a message is being
// sent; then behind that.
func (s *socket) ping(payload []byte) {
	s.mu.Lock()
	s.outbox.pong = append(s.outbox.pong[:0], payload...)
	s.outbox.answers = true
	s.mu.Unlock()
	s.flush()
}

// pong implements receiver.
func (s *socket) pong(payload []byte) {
	s.mu.Lock()
	sent, ok := s.echo.answered(payload)
	s.mu.Unlock()
	if ok {
		s.push(transport.SocketEvent{Kind: transport.SocketPong, At: s.at, RTT: s.at - sent})
	}
}
