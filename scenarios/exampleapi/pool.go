package exampleapi

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	defaultPoolSize     = 512
	defaultPoolPatience = time.Second
)

// A pool simulates a service's database connections: a request that needs one
// holds it while it is delayed and answered. Waiters are served in order.
type pool struct {
	mu       sync.Mutex
	size     int // as of the last acquire
	inUse    int
	waiters  []chan struct{}
	timeouts uint64
}

// acquire takes one of size connections. It gives up with an error after
// patience, when ctx ends or when done is closed.
func (p *pool) acquire(ctx context.Context, done <-chan struct{}, size int, patience time.Duration) error {
	p.mu.Lock()
	p.size = size
	if p.inUse < size && len(p.waiters) == 0 {
		p.inUse++
		p.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	p.waiters = append(p.waiters, turn)
	p.admit()
	p.mu.Unlock()

	timer := time.NewTimer(patience)
	defer timer.Stop()
	var err error
	select {
	case <-turn:
		return nil
	case <-timer.C:
		f := problem(http.StatusServiceUnavailable, "pool_exhausted", "pool exhausted: no database connection within %s", patience)
		f.header = []string{"Retry-After", "1"}
		err = f
	case <-ctx.Done():
		err = errClientLeft
	case <-done:
		err = errClosing
	}
	return p.giveUp(turn, err)
}

// giveUp leaves the queue with err, unless the turn came at the same moment.
func (p *pool) giveUp(turn chan struct{}, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.waiters, turn)
	if i < 0 {
		return nil
	}
	p.waiters = slices.Delete(p.waiters, i, i+1)
	if err != errClientLeft && err != errClosing {
		p.timeouts++
	}
	return err
}

func (p *pool) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inUse--
	p.admit()
}

// admit gives free connections to the waiters. The caller holds p.mu.
func (p *pool) admit() {
	for p.inUse < p.size && len(p.waiters) > 0 {
		close(p.waiters[0])
		p.waiters = p.waiters[1:]
		p.inUse++
	}
}

// A poolState is what a pool looks like at one moment.
type poolState struct {
	size, inUse, waiting int
	timeouts             uint64
}

// state looks at the pool as if it now had size connections.
func (p *pool) state(size int) poolState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return poolState{size, p.inUse, len(p.waiters), p.timeouts}
}
