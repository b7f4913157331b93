package user

import (
	"errors"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

func TestClosedText(t *testing.T) {
	wrong := errors.New("not WebSocket: a text that is not UTF-8")
	for _, c := range []struct {
		event transport.SocketEvent
		want  string
	}{
		{transport.SocketEvent{Code: 1001}, `the socket "push" is closed (1001)`},
		{transport.SocketEvent{Code: 4001, Reason: "token expired"}, `the socket "push" is closed (4001, token expired)`},
		{transport.SocketEvent{Code: 1006, Class: plan.FailReset, Err: errors.New("reset by the server")}, `the socket "push" is closed (1006)`},
		{transport.SocketEvent{Code: 1006, Class: plan.FailProtocol, Err: wrong}, `the socket "push" is closed (1006): not WebSocket: a text that is not UTF-8`},
	} {
		if got := closedText("push", &c.event); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}

func TestLossText(t *testing.T) {
	for _, c := range []struct {
		event transport.SocketEvent
		want  string
	}{
		{transport.SocketEvent{Code: 1001}, "closed by the server (going away)"},
		{transport.SocketEvent{Code: 4001, Reason: "token expired"}, "closed by the server: token expired"},
		{transport.SocketEvent{Code: 1012, Reason: "service restart"}, "closed by the server (service restart)"},
		{transport.SocketEvent{Code: 1012, Reason: "deploy"}, "closed by the server (service restart): deploy"},
		{transport.SocketEvent{Code: 1006, Class: plan.FailReset, Err: errors.New("reset by the server")}, "reset by the server"},
	} {
		if got := lossText(&c.event); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
}
