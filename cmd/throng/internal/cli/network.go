package cli

import (
	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/anyhttp"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/http1"
	"throng/runtime/transport/websocket"
)

// factory makes what the users of a plan reach its targets with, the examples
// that are served here among them.
func (e *examples) factory(p *plan.Plan) func(*transport.Clock) transport.Factory {
	return func(clock *transport.Clock) transport.Factory {
		return anyhttp.New(http1.Config{Clock: clock, Dialer: e.dialer(p, clock)})
	}
}

// sockets is factory for WebSockets.
func (e *examples) sockets(p *plan.Plan) func(*transport.Clock) transport.SocketFactory {
	return func(clock *transport.Clock) transport.SocketFactory {
		return websocket.New(websocket.Config{Clock: clock, Dial: e.dialer(p, clock)})
	}
}

// dialer leads connections to example hosts to where they are served, and all
// others to the network.
func (e *examples) dialer(p *plan.Plan, clock *transport.Clock) *dial.Dialer {
	return dial.New(dial.Config{Clock: clock, Served: e.address, Guard: p.MayDial})
}
