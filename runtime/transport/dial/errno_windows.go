package dial

import (
	"syscall"

	"throng/dsl/plan"
)

// classOf is the class of what Winsock answered. Package syscall's names for
// these stand for other numbers on Windows, except for the first two.
func classOf(e syscall.Errno) plan.ErrorClass {
	switch e {
	case syscall.WSAECONNRESET, syscall.WSAECONNABORTED,
		10052, 10057, 10058, // network reset, not connected, shut down
		syscall.ERROR_NETNAME_DELETED, syscall.ERROR_BROKEN_PIPE:
		return plan.FailReset
	case 10061, 1225: // WSAECONNREFUSED, ERROR_CONNECTION_REFUSED
		return plan.FailRefused
	case 10060, 121: // WSAETIMEDOUT, ERROR_SEM_TIMEOUT
		return plan.FailTimeout
	case 10013, 10047, 10050, 10051, 10064, 10065, // access, family, network and host down or unreachable
		1231, 1232: // ERROR_NETWORK_UNREACHABLE, ERROR_HOST_UNREACHABLE
		return plan.FailUnreachable
	case 10024, 4: // WSAEMFILE, ERROR_TOO_MANY_OPEN_FILES
		return plan.FailLocalFiles
	case 10048, 10049, 10055: // address in use, not available; no buffers, which is what ports run out with
		return plan.FailLocalPorts
	}
	return plan.FailInternal
}
