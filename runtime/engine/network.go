package engine

import (
	"throng/dsl/plan"
	"throng/runtime/transport"
)

// network is what the users of a run, a setup or a teardown reach targets
// with.
type network struct {
	factory transport.Factory
	sockets transport.SocketFactory // nil where the plan opens none
}

func (e *Engine) network(p *plan.Plan, clock *transport.Clock) network {
	n := network{factory: e.o.Factory(clock)}
	if e.o.Sockets != nil && p.OpensSockets() {
		n.sockets = e.o.Sockets(clock)
	}
	return n
}

// cut ends everything that is under way. It does not wait.
func (n *network) cut() {
	n.factory.Cut()
	if n.sockets != nil {
		n.sockets.Cut()
	}
}

// close releases what users shared. All of them have ended.
func (n *network) close() {
	if n.sockets != nil {
		n.sockets.Close()
	}
	n.factory.Close()
}
