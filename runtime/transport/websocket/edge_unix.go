//go:build unix

package websocket

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// sysConn is the file below a connection, or nil if there is none.
func sysConn(conn net.Conn) syscall.RawConn {
	if _, ok := conn.(*net.TCPConn); !ok {
		return nil
	}
	sys, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		return nil
	}
	return sys
}

// writeNow writes what of p the kernel takes at once.
func (e *edge) writeNow(p []byte) (n int, err error) {
	if outer := e.sys.Write(func(fd uintptr) bool {
		n, err = written(syscall.Write(int(fd), p))
		return true
	}); outer != nil {
		err = outer
	}
	return n, err
}

// writeSome waits until the kernel takes a byte of p, or more.
func (e *edge) writeSome(p []byte) (n int, err error) {
	if outer := e.sys.Write(func(fd uintptr) bool {
		n, err = written(syscall.Write(int(fd), p))
		return n > 0 || err != nil
	}); outer != nil {
		err = outer
	}
	return n, err
}

func written(n int, err error) (int, error) {
	switch err {
	case nil:
		return n, nil
	case syscall.EAGAIN, syscall.EINTR:
		return 0, nil
	}
	return 0, os.NewSyscallError("write", err)
}

// readNow reads what is there; errAgain if nothing is.
func (e *edge) readNow(p []byte) (n int, err error) {
	if outer := e.sys.Read(func(fd uintptr) bool {
		n, err = got(read(int(fd), p))
		return true
	}); outer != nil {
		err = outer
	}
	return n, err
}

// lend waits until there is something to read, and returns it in a buffer of
// the pool, which it takes only then.
func (e *edge) lend(pool *sync.Pool) (buf []byte, n int, err error) {
	if outer := e.sys.Read(func(fd uintptr) bool {
		room := pool.Get().(*[inSize]byte)
		if n, err = got(read(int(fd), room[:])); err == errAgain {
			pool.Put(room)
			return false
		}
		buf = room[:]
		return true
	}); outer != nil {
		err = outer
	}
	return buf, n, err
}

// ready waits until there is something to read, or an end.
func (e *edge) ready() error {
	return e.sys.Read(func(fd uintptr) bool {
		var b [1]byte
		_, _, err := syscall.Recvfrom(int(fd), b[:], syscall.MSG_PEEK)
		return err != syscall.EAGAIN && err != syscall.EINTR
	})
}

// read is syscall.Read but for interruptions.
func read(fd int, p []byte) (int, error) {
	for {
		if n, err := syscall.Read(fd, p); err != syscall.EINTR {
			return n, err
		}
	}
}

func got(n int, err error) (int, error) {
	switch {
	case err == syscall.EAGAIN:
		return 0, errAgain
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}
