package dial

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// MaxText is the most bytes that the text of a Fault has.
const MaxText = 256

// Fault is the Err of a failed exchange. Its text is one line for people, at
// most MaxText bytes of printable characters, and leaves out what differs
// between like failures (local ports, byte counts, times), so that they can
// be grouped by it.
type Fault struct {
	Class plan.ErrorClass
	text  string
	cause error
}

func (f *Fault) Error() string { return f.text }
func (f *Fault) Unwrap() error { return f.cause }

// ErrorClass makes it a transport.Classed.
func (f *Fault) ErrorClass() plan.ErrorClass { return f.Class }

// NewFault is a fault with a formatted text, made fit for a terminal. The
// cause may be nil.
func NewFault(class plan.ErrorClass, cause error, format string, args ...any) *Fault {
	return &Fault{Class: class, text: clean(fmt.Sprintf(format, args...)), cause: cause}
}

// Stage is how far an exchange has come.
type Stage uint8

// Stages, in their order.
const (
	Queueing Stage = iota // for one of the user's own connections
	Resolving
	Connecting // to the target or the proxy
	Tunnelling // through the proxy
	Securing
	Sending
	Awaiting
	Reading
)

var stageNames = [...]string{
	"waiting for one of the user's connections to be free", "resolving the name", "connecting", "talking to the proxy", "in the TLS handshake",
	"sending the request", "waiting for the answer", "reading the answer",
}

func (s Stage) String() string { return stageNames[s] }

// Connected reports whether the exchange had a connection to use.
func (s Stage) Connected() bool { return s >= Sending }

// Late is the fault of an exchange that did not end within its time: class
// timeout, or connect_timeout before a connection stood.
func Late(s Stage, timeout time.Duration, cause error) *Fault {
	if s.Connected() {
		return NewFault(plan.FailTimeout, cause, "timeout: no complete answer within %v (%v)", timeout, s)
	}
	return NewFault(plan.FailConnectTimeout, cause, "timeout: no connection within %v (%v)", timeout, s)
}

// Severed is the fault of an exchange ended by Factory.Cut. Its class is
// internal, so that one that is counted by mistake can't be taken for a fault
// of the target.
func Severed() *Fault {
	return NewFault(plan.FailInternal, transport.ErrCut, "cut off: the run was stopped")
}

// Explain turns whatever ended an exchange into a fault; one that is a fault
// already, or wraps one, stays what it is.
func Explain(s Stage, err error) *Fault {
	if f := (*Fault)(nil); errors.As(err, &f) {
		return f
	}
	return NewFault(Classify(s, err), err, "%v: %s", s, reason(err))
}

// Classify is the class of an error of the network at a stage.
func Classify(s Stage, err error) plan.ErrorClass {
	if f := (*Fault)(nil); errors.As(err, &f) {
		return f.Class
	}
	var errno syscall.Errno
	if errors.As(err, &errno) {
		if c := classOf(errno); c == plan.FailLocalFiles || c == plan.FailLocalPorts {
			return c
		}
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return plan.FailDNS
	}
	if s == Securing || OfTLS(err) {
		return plan.FailTLS
	}
	if errno != 0 {
		if c := classOf(errno); c != plan.FailTimeout || s.Connected() {
			return c
		}
		return plan.FailConnectTimeout
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		if s == Reading {
			return plan.FailTruncated
		}
		return plan.FailReset
	case errors.Is(err, os.ErrDeadlineExceeded):
		if s.Connected() {
			return plan.FailTimeout
		}
		return plan.FailConnectTimeout
	}
	return plan.FailInternal
}

// OfTLS reports whether err comes from TLS by its own words: an alert, a
// record that is not one, or a certificate that does not hold.
func OfTLS(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") {
		return true
	}
	var record tls.RecordHeaderError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &record) || errors.As(err, &certificate)
}

// reason is the text of err without what makes like errors differ.
func reason(err error) string {
	var dns *net.DNSError
	var cert x509.CertificateInvalidError
	var errno syscall.Errno
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("%s: %s", dns.Name, withoutLocal(dns.Err))
	case errors.As(err, &cert) && cert.Reason == x509.Expired:
		return "the server's certificate has expired or is not yet valid"
	case errors.As(err, &errno):
		return errno.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection"
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		return op.Err.Error()
	}
	return err.Error()
}

// withoutLocal is text without the near end of the first connection it names
// (near->far): its port is another one each time.
func withoutLocal(text string) string {
	before, after, found := strings.Cut(text, "->")
	if !found {
		return text
	}
	return before[:strings.LastIndexByte(before, ' ')+1] + after
}

// clean makes text fit for a terminal: one line of printable characters, at
// most MaxText bytes.
func clean(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '?'
		}
		if b.Len()+utf8.RuneLen(r) > MaxText {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
