//go:build (amd64 || arm64) && !race

package http1

import (
	"syscall"
	"unsafe"
)

// The system calls of the wire, made without telling the scheduler. It is
// told so that it can give the processor away while a call blocks; a socket
// that does not block returns at once, and the telling would cost each
// request 2 to 3 % of its time. With the race detector the ordinary calls are
// used, which it knows.

func read(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return result(n, errno)
}

func write(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	return result(n, errno)
}

// peek is read that takes nothing from the socket.
func peek(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_PEEK, 0, 0)
	return result(n, errno)
}

func result(n uintptr, errno syscall.Errno) (int, error) {
	switch errno {
	case 0:
		return int(n), nil
	case syscall.EAGAIN:
		return -1, errAgain
	}
	return -1, errno
}

// errAgain is EAGAIN as an error: to convert it each time would allocate.
var errAgain error = syscall.EAGAIN
