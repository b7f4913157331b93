package engine

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"throng/runtime/user"
)

// crew is the users of a run: who is alive, and the account of those that
// are not any more.
type crew struct {
	left chan struct{} // hears that users have ended
	now  func() time.Duration
	warm time.Duration // the end of the warm-up

	mu    sync.Mutex
	alive map[*user.User]time.Duration // since when
	lived []time.Duration              // by class: how long all that have ended were there, after the warm-up
	past  counts
	peak  int
	odd   []string // panics outside every guard of the user's own
	wg    sync.WaitGroup
}

// counts is the account of many users' requests.
type counts struct{ begun, ok, failed, cut, missed int64 }

func (c *crew) init(classes int, warm time.Duration, now func() time.Duration) {
	c.left = make(chan struct{}, 1)
	c.alive = make(map[*user.User]time.Duration)
	c.lived, c.warm, c.now = make([]time.Duration, classes), warm, now
}

// launch starts a user's goroutine. ended is called when it is over.
func (c *crew) launch(u *user.User, life, ended func()) {
	now := c.now()
	c.mu.Lock()
	c.alive[u] = now
	c.peak = max(c.peak, len(c.alive))
	c.mu.Unlock()
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		defer func() {
			p := recover()
			if ended != nil {
				ended()
			}
			c.leave(u, p)
		}()
		life()
	}()
}

func (c *crew) leave(u *user.User, panicked any) {
	now := c.now()
	c.mu.Lock()
	c.lived[u.ID.Class] += max(0, now-max(c.alive[u], c.warm))
	delete(c.alive, u)
	c.past.add(u)
	c.past.missed += u.Missed
	if panicked != nil && len(c.odd) < 10 {
		c.odd = append(c.odd, fmt.Sprintf("a user ended by a defect of the engine: %v", panicked))
	}
	c.mu.Unlock()
	offer(c.left, struct{}{})
}

func (s *counts) add(u *user.User) {
	s.begun += u.Counts.Begun.Load()
	s.ok += u.Counts.OK.Load()
	s.failed += u.Counts.Failed.Load()
	s.cut += u.Counts.Cut.Load()
}

// livedIn is how long the users of a class that have ended were there.
func (c *crew) livedIn(class int) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lived[class]
}

// miss counts arrivals nobody was free to make.
func (c *crew) miss(n int64) {
	c.mu.Lock()
	c.past.missed += n
	c.mu.Unlock()
}

// sizes are the most users that were alive at once, and the panics outside
// every guard of a user's own.
func (c *crew) sizes() (peak int, odd []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peak, slices.Clone(c.odd)
}

// count is how many users are alive.
func (c *crew) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.alive)
}

// account is the state of all users' requests, and how many are under way
// by the users that are alive.
func (c *crew) account() (sum counts, inFlight int64, alive int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum = c.past
	for u := range c.alive {
		sum.add(u)
		inFlight += u.Counts.InFlight()
	}
	return sum, inFlight, len(c.alive)
}

func (c *crew) stopAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for u := range c.alive {
		u.Stop()
	}
}

// join waits until all users have ended; false when the deadline passed or
// hurry was closed before.
func (c *crew) join(deadline time.Duration, hurry <-chan struct{}) bool {
	timer := time.NewTimer(deadline)
	defer timer.Stop()
	for c.count() > 0 {
		select {
		case <-c.left:
		case <-timer.C:
			return c.count() == 0
		case <-hurry:
			return c.count() == 0
		}
	}
	return true
}

// wait returns when the goroutines of users that have ended are gone.
func (c *crew) wait() { c.wg.Wait() }
