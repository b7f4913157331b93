package http2

import (
	"context"
	"slices"
	"sync"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// pool has the connections of one user, whose clients (itself, and the lanes
// of its parallel blocks) share them.
type pool struct {
	user     int64
	mu       sync.Mutex
	clients  int
	conns    []*conn
	rights   []*transport.Route // to open a connection, held by exchanges
	changed  chan struct{}      // closed at the next change; nil while nobody waits
	declined []*transport.Route // of plan.HTTPAuto, whose server took HTTP/1.1
	sessions *transport.Sessions
}

// take gives a connection that a stream can be begun over, or with nil the
// right to open one. While neither can be had it waits; errDeclined ends that,
// too.
func (p *pool) take(ctx context.Context, route *transport.Route) (found *conn, waited bool, err error) {
	for {
		p.mu.Lock()
		if slices.Contains(p.declined, route) {
			p.mu.Unlock()
			return nil, waited, errDeclined
		}
		if cn := p.usable(route); cn != nil {
			cn.streams++
			p.mu.Unlock()
			return cn, waited, nil
		}
		if p.admits(route) {
			p.rights = append(p.rights, route)
			p.mu.Unlock()
			return nil, waited, nil
		}
		waited = true
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, true, ctx.Err()
		}
	}
}

// usable is a connection along a route that takes a further stream. Those that
// do not any more leave the pool, at the latest with their last stream.
func (p *pool) usable(route *transport.Route) *conn {
	var found *conn
	p.sweep(func(cn *conn) {
		if cn.retired = cn.retired || !cn.usable(); !cn.retired && cn.route == route {
			found = cn
		}
	})
	return found
}

// sweep looks at every connection, then closes those that are retired and
// have no stream.
func (p *pool) sweep(look func(*conn)) {
	p.conns = slices.DeleteFunc(p.conns, func(cn *conn) bool {
		look(cn)
		if cn.retired && cn.streams == 0 {
			cn.close()
			return true
		}
		return false
	})
}

// admits reports whether a connection may be opened along a route: one at a
// time, for the others will share it, or with plan.KeepOff as many as may stand.
func (p *pool) admits(route *transport.Route) bool {
	limit := 1
	if route.HTTP.KeepAlive == plan.KeepOff {
		if limit = route.HTTP.Connections; limit <= 0 {
			limit = defaultConns
		}
	}
	held := 0
	for _, r := range p.rights {
		if r == route {
			held++
		}
	}
	return held < limit
}

// add takes a new connection, with one stream, for the right to it. With
// plan.KeepOff the right ends with the connection.
func (p *pool) add(cn *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cn.streams = 1
	p.conns = append(p.conns, cn)
	if cn.retired = cn.route.HTTP.KeepAlive == plan.KeepOff; !cn.retired {
		p.renounce(cn.route)
	}
}

// abandon gives back the right to a connection that never stood.
func (p *pool) abandon(route *transport.Route) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.renounce(route)
}

// decline notes that the server took HTTP/1.1 along a route, and gives back
// the right to the connection on which it did.
func (p *pool) decline(route *transport.Route) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.declined = append(p.declined, route)
	p.renounce(route)
}

func (p *pool) hasDeclined(route *transport.Route) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Contains(p.declined, route)
}

func (p *pool) renounce(route *transport.Route) {
	if i := slices.Index(p.rights, route); i >= 0 {
		p.rights = slices.Delete(p.rights, i, i+1)
	}
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
}

// release ends a stream over cn; with retire no further one is begun.
func (p *pool) release(cn *conn, retire bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cn.streams--
	cn.retired = cn.retired || retire
	p.sweep(func(*conn) {})
	if cn.route.HTTP.KeepAlive == plan.KeepOff {
		p.renounce(cn.route)
	}
}

// retire lets the connections for which that is wanted take no further stream.
func (p *pool) retire(wanted func(*conn) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep(func(cn *conn) { cn.retired = cn.retired || wanted(cn) })
}

// join and part count the pool's clients; with the last one its connections
// are closed.
func (p *pool) join() {
	p.mu.Lock()
	p.clients++
	p.mu.Unlock()
}

func (p *pool) part() {
	p.mu.Lock()
	p.clients--
	last := p.clients == 0
	p.mu.Unlock()
	if last {
		p.retire(func(*conn) bool { return true })
	}
}
