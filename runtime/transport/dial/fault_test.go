//go:build unix

package dial

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"throng/dsl/plan"
)

func sysError(op, call string, errno syscall.Errno) error {
	return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(call, errno)}
}

func TestClassify(t *testing.T) {
	noHost := &net.DNSError{Err: "no such host", Name: "shop.test", IsNotFound: true}
	for _, test := range []struct {
		stage Stage
		err   error
		class plan.ErrorClass
	}{
		{Connecting, sysError("dial", "connect", syscall.ECONNREFUSED), plan.FailRefused},
		{Connecting, sysError("dial", "connect", syscall.ECONNRESET), plan.FailReset},
		{Connecting, sysError("dial", "connect", syscall.ETIMEDOUT), plan.FailConnectTimeout},
		{Connecting, sysError("dial", "connect", syscall.EHOSTUNREACH), plan.FailUnreachable},
		{Connecting, sysError("dial", "connect", syscall.ENETUNREACH), plan.FailUnreachable},
		{Connecting, sysError("dial", "connect", syscall.EADDRNOTAVAIL), plan.FailLocalPorts},
		{Connecting, sysError("dial", "socket", syscall.EMFILE), plan.FailLocalFiles},
		{Connecting, sysError("dial", "socket", syscall.ENFILE), plan.FailLocalFiles},
		{Resolving, &net.OpError{Op: "dial", Err: noHost}, plan.FailDNS},
		{Resolving, &net.OpError{Op: "dial", Err: &net.DNSError{UnwrapErr: sysError("dial", "socket", syscall.EMFILE)}}, plan.FailLocalFiles},
		{Securing, io.EOF, plan.FailTLS},
		{Securing, sysError("read", "read", syscall.ECONNRESET), plan.FailTLS},
		{Sending, sysError("write", "write", syscall.EPIPE), plan.FailReset},
		{Sending, io.ErrClosedPipe, plan.FailReset},
		{Awaiting, io.EOF, plan.FailReset},
		{Awaiting, sysError("read", "read", syscall.ECONNRESET), plan.FailReset},
		{Awaiting, sysError("read", "read", syscall.ETIMEDOUT), plan.FailTimeout},
		{Reading, io.EOF, plan.FailTruncated},
		{Reading, io.ErrUnexpectedEOF, plan.FailTruncated},
		{Reading, sysError("read", "read", syscall.ECONNRESET), plan.FailReset},
		{Reading, &net.OpError{Op: "remote error", Err: errors.New("tls: bad record MAC")}, plan.FailTLS},
		{Reading, errors.New("what is this?"), plan.FailInternal},
	} {
		f := Explain(test.stage, test.err)
		if f.Class != test.class {
			t.Errorf("%v: %v is %v, want %v", test.stage, test.err, f.Class, test.class)
		}
		if !errors.Is(f, test.err) {
			t.Errorf("%v does not wrap its cause", f)
		}
	}
}

// Texts of like errors are alike, and fit for a terminal.
func TestErrorTexts(t *testing.T) {
	real := &net.OpError{
		Op: "read", Net: "tcp", Source: &net.TCPAddr{Port: 54321}, Addr: &net.TCPAddr{Port: 80},
		Err: os.NewSyscallError("read", syscall.ECONNRESET),
	}
	if got := Explain(Awaiting, real).Error(); got != "waiting for the answer: connection reset by peer" {
		t.Errorf("%q", got)
	}
	silent := &net.OpError{Op: "dial", Err: &net.DNSError{
		Name: "shop.test", Server: "127.0.0.53:53",
		Err: "read udp 127.0.0.1:47054->127.0.0.53:53: read: connection refused",
	}}
	if got := Explain(Resolving, silent).Error(); got != "resolving the name: shop.test: read udp 127.0.0.53:53: read: connection refused" {
		t.Errorf("%q", got)
	}
	hostile := "\x1b[31m\u202e\r\n<script>" + strings.Repeat("€", 200)
	got := Explain(Reading, errors.New(hostile)).Error()
	if len(got) > MaxText || strings.ContainsAny(got, "\x1b\r\n\u202e") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}
