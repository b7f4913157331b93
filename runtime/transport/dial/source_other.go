//go:build !linux

package dial

import "syscall"

// lateBinding is for Linux only: elsewhere the local port is chosen when the
// source address is.
var lateBinding func(network, address string, c syscall.RawConn) error
