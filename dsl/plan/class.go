package plan

// ErrorClass says why an exchange failed. The set is small and closed, so
// that failures can be counted without maps; the message beside a class says
// the rest.
type ErrorClass uint8

// Classes of failures. Every failed sample has exactly one.
const (
	OK                 ErrorClass = iota
	FailStatus                    // an answer whose status the request does not accept
	FailExpect                    // an expect condition that does not hold
	FailCapture                   // a capture that found nothing
	FailExpression                // an expression that could not be evaluated
	FailTimeout                   // no complete answer in time: a censored sample
	FailConnectTimeout            // no connection in time: a censored sample too
	FailRefused                   // connection refused
	FailReset                     // connection reset or closed before the answer
	FailTruncated                 // the answer ended before its announced end
	FailProtocol                  // an answer that is not HTTP
	FailTooLarge                  // an answer beyond the size limits
	FailDNS                       // the name could not be resolved
	FailTLS                       // the TLS handshake failed
	FailRedirect                  // too many redirects, or one to a foreign host
	FailUnreachable               // no route to the host or network
	FailLocalFiles                // this machine ran out of file descriptors
	FailLocalPorts                // this machine ran out of local ports
	FailGuard                     // the target's guard forbids the connection
	FailInternal                  // a defect of this program
	NumErrorClasses
)

var classNames = [NumErrorClasses]string{
	"ok", "status", "expect", "capture", "expression", "timeout", "connect_timeout",
	"refused", "reset", "truncated", "protocol", "too_large", "dns", "tls", "redirect",
	"unreachable", "local_files", "local_ports", "guard", "internal",
}

func (c ErrorClass) String() string {
	if c < NumErrorClasses {
		return classNames[c]
	}
	return "unknown"
}

// ErrorClassNamed is the class called name, as the language spells it.
func ErrorClassNamed(name string) (ErrorClass, bool) {
	for c, n := range classNames {
		if n == name && c != int(OK) {
			return ErrorClass(c), true
		}
	}
	return OK, false
}

// Censored reports whether a sample of this class only bounds the latency
// from below: the answer might have come, later than the user waited.
func (c ErrorClass) Censored() bool { return c == FailTimeout || c == FailConnectTimeout }

// Local reports whether the generator's own machine is at fault; such
// failures make a verdict inconclusive instead of blaming the target.
func (c ErrorClass) Local() bool {
	return c == FailLocalFiles || c == FailLocalPorts || c == FailGuard || c == FailInternal
}
