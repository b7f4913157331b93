package http1

import (
	"slices"
	"sync"

	"throng/runtime/transport"
)

const (
	defaultConns = 6 // connections of a user to a target
	maxConns     = 6 // unused connections of a user, where its targets' limits are no higher
)

// pool has the connections of one user, whose clients (itself, and the lanes
// of its parallel blocks) share them: as many to each target as its route
// lets it have, in use and unused ones together. A client that would need
// one more waits for its turn.
type pool struct {
	user     int64 // number of the user
	mu       sync.Mutex
	clients  int
	idle     []*conn
	open     []opened
	queue    []*turn
	sessions transport.Sessions
}

// opened is how many connections the user has to a target.
type opened struct {
	route *transport.Route
	n     int
}

// turn is a client that waits. It is given a connection, or with nil the
// right to open one.
type turn struct {
	route *transport.Route
	given chan *conn
}

// take gives an unused connection along a route, or with nil the right to open
// one; or the turn to wait for.
func (p *pool) take(route *transport.Route, now int64) (*conn, *turn) {
	for {
		p.mu.Lock()
		cn := p.unused(route)
		if cn == nil {
			t := p.admit(route)
			p.mu.Unlock()
			return nil, t
		}
		p.mu.Unlock()
		if cn.alive(now) {
			return cn, nil
		}
		cn.close()
		p.release(route)
	}
}

// unused removes a connection along a route from the unused ones.
func (p *pool) unused(route *transport.Route) *conn {
	for i, cn := range p.idle {
		if cn.route == route {
			p.forget(i)
			return cn
		}
	}
	return nil
}

func (p *pool) forget(i int) {
	last := len(p.idle) - 1
	p.idle[i] = p.idle[last]
	p.idle[last] = nil
	p.idle = p.idle[:last]
}

// admit lets a connection be opened and returns nil, or a turn when there are
// as many as may be. For a new one the oldest unused one may have to go.
func (p *pool) admit(route *transport.Route) *turn {
	limit := route.HTTP.Connections
	if limit <= 0 {
		limit = defaultConns
	}
	o := p.opened(route)
	if o.n >= limit {
		t := &turn{route: route, given: make(chan *conn, 1)}
		p.queue = append(p.queue, t)
		return t
	}
	o.n++
	if len(p.idle) >= max(maxConns, limit) {
		oldest := 0
		for i, cn := range p.idle {
			if cn.used < p.idle[oldest].used {
				oldest = i
			}
		}
		cn := p.idle[oldest]
		p.forget(oldest)
		cn.close()
		p.opened(cn.route).n--
	}
	return nil
}

func (p *pool) opened(route *transport.Route) *opened {
	for i := range p.open {
		if p.open[i].route == route {
			return &p.open[i]
		}
	}
	p.open = append(p.open, opened{route: route})
	return &p.open[len(p.open)-1]
}

// put takes back a connection that can be used again.
func (p *pool) put(cn *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.hand(cn.route, cn) {
		p.idle = append(p.idle, cn)
	}
}

// release takes back the right to a connection, which was closed or never
// stood.
func (p *pool) release(route *transport.Route) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.hand(route, nil) {
		p.opened(route).n--
	}
}

// hand gives what has become free to whoever waits longest for it.
func (p *pool) hand(route *transport.Route, cn *conn) bool {
	for i, t := range p.queue {
		if t.route == route {
			p.queue = slices.Delete(p.queue, i, i+1)
			t.given <- cn
			return true
		}
	}
	return false
}

// leave ends the waiting for a turn; what was given meanwhile goes on.
func (p *pool) leave(t *turn) {
	p.mu.Lock()
	i := slices.Index(p.queue, t)
	if i >= 0 {
		p.queue = slices.Delete(p.queue, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		return
	}
	if cn := <-t.given; cn != nil {
		p.put(cn)
	} else {
		p.release(t.route)
	}
}

// drop closes the unused connections for which that is wanted.
func (p *pool) drop(wanted func(*conn) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.idle) - 1; i >= 0; i-- {
		if cn := p.idle[i]; wanted(cn) {
			p.forget(i)
			cn.close()
			p.opened(cn.route).n--
		}
	}
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
		p.drop(func(*conn) bool { return true })
	}
}
