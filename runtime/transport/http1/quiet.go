package http1

import (
	"errors"
	"net"
	"os"
	"time"
)

// quiet reports whether a connection that cannot be peeked at is open and
// silent: a short read must end in nothing but its deadline. It runs while
// the client's watch is not armed, so it takes away nobody's deadline.
func quiet(conn net.Conn) bool {
	if conn.SetReadDeadline(time.Now().Add(time.Millisecond)) != nil {
		return false
	}
	var b [1]byte
	n, err := conn.Read(b[:])
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded) && conn.SetReadDeadline(time.Time{}) == nil
}
