package websocket

import (
	"container/heap"
	"encoding/binary"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// echoes is how many pings are remembered until their pongs come.
const echoes = 4

// echo is what a socket knows of its pings.
type echo struct {
	number  uint64        // of the last ping
	sent    [echoes]int64 // when the last ones were, by number; 0: answered
	due     int           // pings that were due since the last pong
	excused uint64        // pings up to this number are never given up
	unmet   []unmet       // pings given up, for the user to hear of
	payload [pingPayload]byte
}

// unmet is a ping that was given up.
type unmet struct{ at, waited int64 }

// giveUp ends the wait for the pong of a ping.
func (e *echo) giveUp(number uint64, now int64) {
	sent := &e.sent[number%echoes]
	if *sent != 0 && number > e.excused && len(e.unmet) < maxEvents {
		e.unmet = append(e.unmet, unmet{now, now - *sent})
	}
	*sent = 0
}

// giveUpAll ends the wait for all pongs.
func (e *echo) giveUpAll(now int64) {
	for i := min(e.number, echoes); i > 0; i-- {
		e.giveUp(e.number-i+1, now)
	}
}

// excuse says that nothing is read, so that pongs cannot be seen.
func (e *echo) excuse() { e.due, e.excused = 0, e.number }

// next numbers a ping that is sent now, and gives its payload. What was sent
// so many pings ago is given up.
func (e *echo) next(now int64) []byte {
	if e.number++; e.number > echoes {
		e.giveUp(e.number-echoes, now)
	}
	e.sent[e.number%echoes] = now
	binary.BigEndian.PutUint64(e.payload[:], e.number)
	return e.payload[:]
}

// answered is called with a pong's payload. It tells when its ping was sent;
// false for what answers none, or one that was answered. With a ping all
// before it are answered, as a peer may leave them out (RFC 6455, section
// 5.5.3).
func (e *echo) answered(payload []byte) (sent int64, ok bool) {
	if len(payload) != pingPayload {
		return 0, false
	}
	n := binary.BigEndian.Uint64(payload)
	if n == 0 || n > e.number || e.number-n >= echoes || e.sent[n%echoes] == 0 {
		return 0, false
	}
	sent = e.sent[n%echoes]
	for i := n; i > 0 && e.number-i < echoes; i-- {
		e.sent[i%echoes] = 0
	}
	e.due = 0
	return sent, true
}

// leastSilence is the shortest silence by which a connection is given up: with
// very frequent pings, that this machine is busy must not look like a loss.
const leastSilence = time.Second

// beat sends a ping, or gives the connection up: when two pings have gone
// unanswered and a whole interval has passed without a byte. While the user
// takes no events, and so nothing is read, the server is not to blame.
func (s *socket) beat(interval time.Duration) {
	now := s.f.clock.Now()
	s.mu.Lock()
	if s.bye || s.end != nil {
		s.mu.Unlock()
		return
	}
	if s.stalled {
		s.echo.excuse()
	}
	lost := s.echo.due >= 2 && now-s.heard.Load() >= int64(max(interval, leastSilence))
	if lost {
		s.echo.giveUpAll(now)
	} else {
		s.echo.due++
		s.outbox.ping = true
	}
	s.mu.Unlock()
	if lost {
		s.fail(dial.NewFault(plan.FailTimeout, nil, "timeout: two pings unanswered, and nothing heard for %v", max(interval, leastSilence)))
		return
	}
	s.flush()
}

// turn is when a socket's next ping is due.
type turn struct {
	s        *socket
	at       int64
	interval time.Duration
	index    int // in the heap; -1 outside
}

// turns is a heap, the earliest first.
type turns []*turn

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, j int) bool { return t[i].at < t[j].at }
func (t turns) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}
func (t *turns) Push(x any) {
	x.(*turn).index = len(*t)
	*t = append(*t, x.(*turn))
}
func (t *turns) Pop() any {
	last := len(*t) - 1
	x := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	x.index = -1
	return x
}

// pinger sends the pings of all sockets of a factory from one goroutine, which
// runs from the first socket with pings until stop.
type pinger struct {
	clock *transport.Clock

	mu      sync.Mutex
	turns   turns
	of      map[*socket]*turn
	stopped bool
	wake    chan struct{} // there is an earlier turn
	quit    chan struct{} // nil while the goroutine is not running
	done    chan struct{}
}

func (p *pinger) add(s *socket, interval time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return
	}
	if p.quit == nil {
		p.of = map[*socket]*turn{}
		p.wake, p.quit, p.done = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
		go p.run()
	}
	t := &turn{s: s, at: p.clock.Now() + int64(interval), interval: interval}
	p.of[s] = t
	heap.Push(&p.turns, t)
	if t.index == 0 {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

func (p *pinger) remove(s *socket) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if t := p.of[s]; t != nil {
		heap.Remove(&p.turns, t.index)
		delete(p.of, s)
	}
}

func (p *pinger) run() {
	defer close(p.done)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait := time.Hour
		for {
			t, left := p.due()
			if t == nil {
				wait = min(wait, left)
				break
			}
			t.s.beat(t.interval)
		}
		timer.Reset(wait)
		select {
		case <-timer.C:
		case <-p.wake:
		case <-p.quit:
			return
		}
	}
}

// due is a turn that has come, moved on to its next; without one, how long it
// is until the next comes.
func (p *pinger) due() (*turn, time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.turns) == 0 || p.stopped {
		return nil, time.Hour
	}
	t, now := p.turns[0], p.clock.Now()
	if t.at > now {
		return nil, time.Duration(t.at - now)
	}
	t.at = max(t.at, now-int64(t.interval)) + int64(t.interval) // what was slept through is not made up for
	heap.Fix(&p.turns, 0)
	return t, 0
}

// stop ends and joins the goroutine.
func (p *pinger) stop() {
	p.mu.Lock()
	quit := p.quit
	first := !p.stopped
	p.stopped = true
	p.mu.Unlock()
	if quit == nil {
		return
	}
	if first {
		close(quit)
	}
	<-p.done
}
