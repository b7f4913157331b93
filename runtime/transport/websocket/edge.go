package websocket

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"throng/runtime/transport"
)

// edge is the lower end of a connection: what TLS, or the frames themselves,
// are written to and read from. Once the handshake is over it never blocks
// unless it is told to: what the kernel does not take of a write waits in
// tail, before anything that is written later, and a read that finds nothing
// is errAgain. So a pong to a peer that does not read cannot stop the reader,
// and a reader that waits need not hold a buffer.
type edge struct {
	net.Conn
	clock *transport.Clock
	sys   syscall.RawConn // nil where its file cannot be worked on
	eager atomic.Bool     // reads do not block; only with sys
	until atomic.Int64    // deadline of a patient write, on the clock; 0: writes do not block

	mu    sync.Mutex
	tail  []byte
	first int64 // when the kernel took the first byte written since patiently
}

func newEdge(conn net.Conn, clock *transport.Clock) *edge {
	return &edge{Conn: conn, clock: clock, sys: sysConn(conn)}
}

// errAgain says that there is nothing to read yet. It is temporary, so that
// TLS goes on after it.
var errAgain net.Error = again{}

type again struct{}

func (again) Error() string   { return "nothing to read yet" }
func (again) Timeout() bool   { return true }
func (again) Temporary() bool { return true }

// Write takes all of p: on its way, or into the tail. A patient one waits
// until the kernel has taken it.
func (e *edge) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.drain(); err != nil {
		return 0, err
	}
	at, n := e.clock.Now(), 0
	if len(e.tail) == 0 {
		var err error
		if n, err = e.try(p); err != nil {
			return n, err
		}
	}
	if n > 0 && e.first == 0 {
		e.first = at
	}
	if n == len(p) {
		return n, nil
	}
	if e.until.Load() == 0 {
		e.tail = append(e.tail, p[n:]...)
		return len(p), nil
	}
	m, err := e.wait(p[n:])
	return n + m, err
}

// drain writes what is left of earlier writes, as far as the kernel takes it
// or, if it is a patient write's turn, all of it.
func (e *edge) drain() error {
	if len(e.tail) == 0 {
		return nil
	}
	n, err := e.try(e.tail)
	e.tail = e.tail[n:]
	if err == nil && len(e.tail) > 0 && e.until.Load() != 0 {
		first := e.first
		n, err = e.wait(e.tail)
		e.tail, e.first = e.tail[n:], first
	}
	if len(e.tail) == 0 {
		e.tail = nil
	}
	return err
}

// clear reports whether nothing is left of earlier writes, after it has tried
// to get rid of it.
func (e *edge) clear() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.drain() == nil && len(e.tail) == 0
}

// wait writes all of p, or as much as the kernel takes by the deadline.
func (e *edge) wait(p []byte) (int, error) {
	left := time.Duration(e.until.Load() - e.clock.Now())
	if left <= 0 {
		return 0, os.ErrDeadlineExceeded
	}
	if err := e.SetWriteDeadline(time.Now().Add(left)); err != nil {
		return 0, err
	}
	n, err := 0, error(nil)
	switch {
	case e.first != 0:
	case e.sys == nil:
		e.first = e.clock.Now()
	default:
		n, err = e.writeSome(p)
		if n > 0 {
			e.first = e.clock.Now()
		}
	}
	if err == nil {
		var m int
		m, err = e.Conn.Write(p[n:])
		n += m
	}
	_ = e.SetWriteDeadline(time.Time{})
	return n, err
}

// impatience is how long a write that must not block may, where it cannot be
// kept from it.
const impatience = 10 * time.Millisecond

// try writes what of p the kernel takes at once.
func (e *edge) try(p []byte) (int, error) {
	if e.sys != nil {
		return e.writeNow(p)
	}
	if e.until.Load() != 0 {
		return 0, nil
	}
	if err := e.SetWriteDeadline(time.Now().Add(impatience)); err != nil {
		return 0, err
	}
	n, err := e.Conn.Write(p)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = nil
	}
	_ = e.SetWriteDeadline(time.Time{})
	return n, err
}

// Read reads as a connection does, but does not wait if the edge is eager.
func (e *edge) Read(p []byte) (int, error) {
	if !e.eager.Load() {
		return e.Conn.Read(p)
	}
	return e.readNow(p)
}

// patiently lets writes block until the deadline, in nanoseconds on the clock.
// What was written before, such as a ping, is none of theirs.
func (e *edge) patiently(deadline int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.first = 0
	e.until.Store(deadline)
}

// impatiently ends that, and returns when the kernel took the first byte since
// patiently; 0 when it took none.
func (e *edge) impatiently() (first int64) {
	e.until.Store(0)
	e.mu.Lock()
	defer e.mu.Unlock()
	first, e.first = e.first, 0
	return first
}
