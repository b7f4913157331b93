package dial

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// lateBinding lets the kernel choose the local port when the far end is known,
// so that a source address has its ports toward each target anew. Where the
// kernel does not know that, ports run out sooner, and nothing else differs.
func lateBinding(_, _ string, c syscall.RawConn) error {
	return c.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.SOL_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
	})
}
