//go:build !windows

package dial

import (
	"syscall"

	"throng/dsl/plan"
)

// classOf is the class of what a system call answered.
func classOf(e syscall.Errno) plan.ErrorClass {
	switch e {
	case syscall.ECONNREFUSED:
		return plan.FailRefused
	case syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, syscall.ENOTCONN:
		return plan.FailReset
	case syscall.ETIMEDOUT:
		return plan.FailTimeout
	case syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ENETDOWN,
		syscall.EACCES, syscall.EPERM, syscall.EAFNOSUPPORT:
		return plan.FailUnreachable
	case syscall.EMFILE, syscall.ENFILE:
		return plan.FailLocalFiles
	case syscall.EADDRNOTAVAIL, syscall.EADDRINUSE:
		return plan.FailLocalPorts
	}
	return plan.FailInternal
}
