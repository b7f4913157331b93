package http1

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

// maxDetail is the length in bytes of an error's text.
const maxDetail = 256

// fault is the Err of a failed exchange. Its text is one line for people, at
// most maxDetail bytes of printable characters, and leaves out what differs
// between like failures (local ports, byte counts, times), so that they can
// be grouped by it.
type fault struct {
	class plan.ErrorClass
	text  string
	cause error
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.cause }

func newFault(class plan.ErrorClass, cause error, format string, args ...any) *fault {
	return &fault{class: class, text: clean(fmt.Sprintf(format, args...)), cause: cause}
}

func protocol(text string) *fault {
	return &fault{class: plan.FailProtocol, text: "not HTTP/1.1: " + text}
}

var (
	errHeadTooLarge = &fault{class: plan.FailTooLarge, text: "the answer's header is larger than 1 MiB"}
	errSwitching    = protocol("status 101, but no other protocol was asked for")
	errInterim      = protocol("too many interim (1xx) answers")
	errFolded       = protocol("a folded line where a header field must begin")
	errBothFramings = protocol("both Content-Length and Transfer-Encoding")
	errChunkedOld   = protocol("Transfer-Encoding in an HTTP/1.0 answer")
	errChunkSize    = protocol("a chunk's size is not a hexadecimal number")
	errChunkLine    = protocol("a chunk's size line is malformed or too long")
	errChunkEnd     = protocol("a chunk does not end where its size says")
	errChunkExcess  = protocol("chunked framing outweighs its data")
	errTrailer      = protocol("a malformed trailer field")
)

// errStale is not shown: the connection is replaced.
var errStale = errors.New("the unused connection is closed or not silent")

func badStatusLine(line []byte) error { return quoting("it begins with ", line) }
func badField(line []byte) error      { return quoting("malformed header field ", line) }
func badLength(value []byte) error    { return quoting("bad or repeated Content-Length ", value) }
func badEncoding(value []byte) error {
	return quoting("unknown or repeated Transfer-Encoding ", value)
}

// quoting is a protocol fault that shows the first bytes of what is wrong.
func quoting(what string, b []byte) error {
	const shown = 40
	more := ""
	if len(b) > shown {
		b, more = b[:shown], "…"
	}
	return newFault(plan.FailProtocol, nil, "not HTTP/1.1: %s%q%s", what, b, more)
}

func errBodyTooLarge(limit int64) error {
	return newFault(plan.FailTooLarge, nil, "the answer's body is larger than %d bytes", limit)
}

// stage is how far an exchange has come.
type stage uint8

const (
	resolving stage = iota
	connecting
	securing
	sending
	awaiting
	reading
)

var stageNames = [...]string{
	"resolving the name", "connecting", "in the TLS handshake",
	"sending the request", "waiting for the answer", "reading the answer",
}

func (s stage) String() string { return stageNames[s] }

// connected reports whether the exchange had a connection to use.
func (s stage) connected() bool { return s >= sending }

// late is the fault of an exchange that was not complete by its deadline.
func late(s stage, timeout time.Duration, cause error) *fault {
	if s.connected() {
		return newFault(plan.FailTimeout, cause, "timeout: no complete answer within %v (%v)", timeout, s)
	}
	return newFault(plan.FailConnectTimeout, cause, "timeout: no connection within %v (%v)", timeout, s)
}

// severed is the fault of an exchange ended by Cut.
func severed() *fault {
	return &fault{class: plan.FailInternal, text: "cut off: the run was stopped", cause: transport.ErrCut}
}

// explain turns whatever ended an exchange into a fault.
func explain(s stage, err error) *fault {
	if f := (*fault)(nil); errors.As(err, &f) {
		return f
	}
	return newFault(classify(s, err), err, "%v: %s", s, reason(err))
}

func classify(s stage, err error) plan.ErrorClass {
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
	if s == securing || isTLS(err) {
		return plan.FailTLS
	}
	if errno != 0 {
		if c := classOf(errno); c != plan.FailTimeout || s.connected() {
			return c
		}
		return plan.FailConnectTimeout
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe):
		if s == reading {
			return plan.FailTruncated
		}
		return plan.FailReset
	case errors.Is(err, os.ErrDeadlineExceeded):
		if s.connected() {
			return plan.FailTimeout
		}
		return plan.FailConnectTimeout
	}
	return plan.FailInternal
}

// isTLS reports whether err comes from TLS after the handshake: an alert, or
// a record that is not one.
func isTLS(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") {
		return true
	}
	var record tls.RecordHeaderError
	return errors.As(err, &record)
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
// most maxDetail bytes.
func clean(text string) string {
	var b strings.Builder
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			r = '?'
		}
		if b.Len()+utf8.RuneLen(r) > maxDetail {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
