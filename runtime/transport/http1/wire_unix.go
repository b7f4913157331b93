//go:build unix

package http1

import (
	"io"
	"net"
	"os"
	"syscall"
)

// wire works on the socket below a connection.
//
// An ordinary Write and Read make two system calls and, as the answer is
// rarely there yet, a third that fails. Here the poller is reset, the request
// is written and the goroutine parks until the answer arrives: the call saved
// pays for a look, before every request, whether the server has closed the
// connection or sent a byte nobody asked for.
type wire struct {
	raw   syscall.RawConn
	turn  func(fd uintptr) bool // step, bound once
	probe func(fd uintptr)      // sets quiet, bound once
	quiet bool

	out, in   []byte
	look      bool
	sent, got int
	err       error
}

// newWire is nil if conn has no socket to work on.
func newWire(conn net.Conn) *wire {
	s, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	w := &wire{raw: raw}
	w.turn = w.step
	w.probe = func(fd uintptr) { w.quiet = silent(int(fd)) }
	return w
}

// exchange writes out and waits for the first bytes of the answer, which it
// reads into in. With look it first makes sure that the connection is open
// and silent, or returns errStale with nothing sent. It may return with only
// part of out written (sent) and nothing read (got), if the kernel takes no
// more; the caller goes on from there.
func (w *wire) exchange(out, in []byte, look bool) (sent, got int, err error) {
	w.out, w.in, w.look = out, in, look
	w.sent, w.got, w.err = 0, 0, nil
	err = w.raw.Read(w.turn)
	if w.err != nil {
		err = w.err
	}
	w.out, w.in, w.err = nil, nil, nil
	return w.sent, w.got, err
}

// step is called with the poller reset, and after each parking. Bytes that
// arrive after the reset end the parking, so none are slept through.
func (w *wire) step(fd uintptr) bool {
	if w.sent > 0 {
		return w.receive(int(fd))
	}
	if w.look && !silent(int(fd)) {
		w.err = errStale
		return true
	}
	n, err := uninterrupted(write, int(fd), w.out)
	w.sent = max(n, 0)
	if err != nil && err != syscall.EAGAIN {
		w.err = os.NewSyscallError("write", err)
		return true
	}
	return w.sent < len(w.out)
}

func (w *wire) receive(fd int) bool {
	n, err := uninterrupted(read, fd, w.in)
	switch {
	case err == syscall.EAGAIN:
		return false
	case err != nil:
		w.err = os.NewSyscallError("read", err)
	case n == 0:
		w.err = io.EOF
	default:
		w.got = n
	}
	return true
}

// alive reports whether the connection is open and silent.
func (w *wire) alive() bool {
	w.quiet = false
	return w.raw.Control(w.probe) == nil && w.quiet
}

// silent reports whether a socket is open and has nothing to read. It takes
// nothing from it.
func silent(fd int) bool {
	var b [1]byte
	_, err := peek(fd, b[:])
	return err == syscall.EAGAIN || err == syscall.EINTR
}

func uninterrupted(call func(int, []byte) (int, error), fd int, p []byte) (int, error) {
	for {
		if n, err := call(fd, p); err != syscall.EINTR {
			return n, err
		}
	}
}
