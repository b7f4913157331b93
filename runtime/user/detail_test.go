package user

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// A failure is shown in the transport's words, whatever they wrap, but for
// the one text that differs between like failures: a redirect's own timeout.
func TestDetailOfNetworkFailures(t *testing.T) {
	inner := &net.OpError{Op: "raw-read", Net: "tcp", Source: &net.TCPAddr{Port: 54321}, Err: errors.New("i/o timeout")}
	late := transport.Result{Class: plan.FailTimeout, Err: fmt.Errorf("no answer within 150ms (%w)", inner)}
	broken := transport.Result{Class: plan.FailReset, Err: fmt.Errorf("waiting for the answer: %w", inner)}
	moved := ok(302, "Location: /x/2")
	for _, test := range []struct {
		answers []transport.Result
		want    string
	}{
		{[]transport.Result{late}, late.Err.Error()},
		{[]transport.Result{broken}, broken.Err.Error()},
		{[]transport.Result{moved, broken}, broken.Err.Error()},
		{[]transport.Result{moved, late}, "the redirects took longer than the timeout"},
		{[]transport.Result{{Class: plan.FailReset}}, "reset"},
	} {
		_, _, _, snapshot := once(&plan.Request{Redirects: 3, Timeout: time.Minute}, test.answers...)
		if len(snapshot.Errors) != 1 || snapshot.Errors[0].Detail != test.want {
			t.Errorf("%+v, want %q", snapshot.Errors, test.want)
		}
	}
}
