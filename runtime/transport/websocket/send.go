package websocket

import (
	"errors"
	"os"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport/dial"
)

// outSize is the length of the buffer through which messages are masked; a
// multiple of four, so that each filling begins with the mask's first byte.
const outSize = 16 << 10

// outbox is the control frames that wait to be written: of each kind the
// latest, which is all that RFC 6455 asks for (section 5.5.3).
type outbox struct {
	pong    []byte // payload
	answers bool   // there is one to send
	ping    bool
	close   []byte // payload
	closes  bool
}

func (b *outbox) empty() bool { return !b.answers && !b.ping && !b.closes }

// Send implements transport.Socket. The error is a *dial.Fault. After one of
// class timeout the socket is as good as before if nothing of the message was
// written and there is no TLS, else it is broken.
func (s *socket) Send(binary bool, data []byte, timeout time.Duration) (at int64, wire int, err error) {
	began := s.f.clock.Now()
	timeout = dial.Timeout(timeout)
	first := byte(finBit | opText)
	if binary {
		first = finBit | opBinary
	}
	if s.deflate {
		p, packed, err := s.f.deflate.pack(data)
		defer s.f.deflate.putPacker(p)
		if err != nil {
			return began, 0, dial.NewFault(plan.FailInternal, err, "compressing: %s", err)
		}
		data, first = packed, first|rsv1Bit
	}
	s.write.Lock()
	defer s.release()
	if f := s.usable(); f != nil {
		return began, 0, f
	}
	s.edge.patiently(began + int64(timeout))
	wire, err = s.frame(first, data)
	at = s.edge.impatiently()
	if at == 0 {
		at = s.f.clock.Now()
	}
	if err != nil {
		return at, wire, s.unsent(err, wire, timeout)
	}
	return at, wire, nil
}

// frame writes one frame, and says how many of its bytes were taken.
func (s *socket) frame(first byte, data []byte) (wire int, err error) {
	buf := s.f.outs.Get().(*[outSize]byte)
	defer s.f.outs.Put(buf)
	key := newKey()
	head := appendHead(buf[:0], first, len(data), key)
	for out := head; ; out = buf[:0] {
		n := min(len(data), (outSize-len(out))&^3)
		out = buf[:len(out)+n]
		xor(out[len(out)-n:], data[:n], key)
		data = data[n:]
		n, err = s.conn.Write(out)
		wire += n
		if err != nil || len(data) == 0 {
			return wire, err
		}
	}
}

// unsent is the fault of a message that was not written as a whole.
func (s *socket) unsent(err error, wire int, timeout time.Duration) *dial.Fault {
	s.mu.Lock()
	cause := s.cause
	s.mu.Unlock()
	if cause != nil {
		return cause
	}
	f := dial.Explain(dial.Sending, err)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		f = dial.NewFault(plan.FailTimeout, err, "timeout: the message was not taken within %v", timeout)
		if wire > 0 || s.conn != s.edge {
			s.fail(f) // a frame, or a record of TLS, was begun
		}
		return f
	}
	s.suspect(f)
	return f
}

// release ends a turn of writing, and writes what waited for it.
func (s *socket) release() {
	s.write.Unlock()
	s.flush()
}

// flush writes the control frames that wait, unless somebody is writing: he
// does it then. It does not block; what a peer does not take stays waiting.
func (s *socket) flush() {
	for {
		s.mu.Lock()
		empty := s.outbox.empty()
		s.mu.Unlock()
		if empty || !s.write.TryLock() {
			return
		}
		done := s.controls()
		s.write.Unlock()
		if !done {
			return
		}
	}
}

// controls writes what the outbox holds; false if it cannot now. The caller
// holds s.write.
func (s *socket) controls() bool {
	if !s.edge.clear() {
		return false
	}
	var room [2*controlFrame + 6 + pingPayload]byte
	b := s.pack(room[:0])
	if len(b) == 0 {
		return true
	}
	_, err := s.conn.Write(b)
	return err == nil
}

// pack empties the outbox into b, as frames.
func (s *socket) pack(b []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	box := &s.outbox
	if s.bye && !box.closes {
		*box = outbox{}
		return b
	}
	if box.answers {
		b = appendControl(b, opPong, box.pong)
	}
	if box.ping {
		b = appendControl(b, opPing, s.echo.next(s.f.clock.Now()))
	}
	if box.closes {
		b = appendControl(b, opClose, box.close)
	}
	*box = outbox{}
	return b
}

// closing puts a close frame into the outbox; false if there was one before.
func (s *socket) closing(code int, reason string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bye {
		return false
	}
	s.bye = true
	s.outbox.close, s.outbox.closes = appendClose(nil, code, reason), true
	return true
}

// reply sends a close frame as far as it can be without waiting.
func (s *socket) reply(code int, reason string) {
	if s.closing(code, reason) {
		s.flush()
	}
}

// goodbye sends a close frame by a deadline. The connection is closed if that
// cannot be done.
func (s *socket) goodbye(code int, reason string, deadline int64) {
	if !s.closing(code, reason) {
		return
	}
	s.write.Lock()
	defer s.release()
	s.edge.patiently(deadline)
	defer s.edge.impatiently()
	b := s.pack(make([]byte, 0, 2*controlFrame+6+pingPayload))
	if len(b) == 0 {
		return // the reader did it
	}
	if _, err := s.conn.Write(b); err != nil {
		_ = s.edge.Close()
	}
}
