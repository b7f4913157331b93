package exampleapi

import (
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// A hub holds the open sockets of a service.
type hub struct {
	s        *Service
	received atomic.Uint64 // messages
	sent     atomic.Uint64
	made     atomic.Uint64 // numbers the sockets
	refused  atomic.Uint64 // handshakes, while the service restarted

	mu        sync.Mutex
	sockets   map[*socket]struct{}
	listeners map[string]*listener // clients that have a name
	ends      map[string]uint64    // how connections ended
	closed    bool
	ended     sync.WaitGroup // of sockets and of restarts
}

func newHub(s *Service) *hub {
	return &hub{s: s, sockets: map[*socket]struct{}{}, listeners: map[string]*listener{}, ends: map[string]uint64{}}
}

func (h *hub) open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.sockets)
}

// serve takes over the connection and returns when the socket has ended.
func (h *hub) serve(w http.ResponseWriter, c *call) {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		errorReply(c.id, problem(http.StatusNotImplemented, "no_sockets", "this connection can't become a socket")).write(w, c.r.Method)
		return
	}
	k := newSocket(h, conn, buffered.Reader, c.r.URL.Query().Get("client"))
	defer conn.Close()
	if k.welcome(c) != nil || !h.enter(k) {
		return
	}
	defer h.ended.Done()
	k.run()
	h.leave(k)
}

// enter adds a socket; false when the service is closed.
func (h *hub) enter(k *socket) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.sockets[k] = struct{}{}
	h.ended.Add(1)
	k.who = h.listener(k)
	k.who.join(k)
	return true
}

// leave takes a socket away that has ended.
func (h *hub) leave(k *socket) {
	why := k.reason()
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.sockets, k)
	h.ends[why]++
	k.who.leave(k, k.willing())
}

// closeAll closes every socket with a code; they end a little later.
func (h *hub) closeAll(code int, reason string) {
	h.mu.Lock()
	open := make([]*socket, 0, len(h.sockets))
	for k := range h.sockets {
		open = append(open, k)
	}
	h.mu.Unlock()
	var told sync.WaitGroup
	for _, k := range open {
		told.Go(func() { k.closeWith(code, reason) })
	}
	told.Wait()
}

// announce tells every subscribed socket that a content request was made. A
// client that is away or has fallen behind misses it.
func (h *hub) announce(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for k := range h.sockets {
		select {
		case k.events <- id:
		default:
			k.who.miss()
		}
	}
	for _, l := range h.listeners {
		if l.isAway() {
			l.miss()
		}
	}
}

// shutdown closes every socket, accepts no more, and waits for their end.
func (h *hub) shutdown() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.closeAll(closeGoingAway, "the service is closing")
	h.ended.Wait()
}

// restartFor closes all sockets whenever the window of sw begins, until it is
// switched off.
func (h *hub) restartFor(sw *switched) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.ended.Go(func() {
		if !h.pause(sw.After, sw.off) {
			return
		}
		for {
			sw.hits.Add(1)
			h.closeAll(closeRestart, "service restart")
			if sw.Every == 0 || !h.pause(sw.Every, sw.off) {
				return
			}
		}
	})
}

// pause waits for d; it is false if off or the service was closed first.
func (h *hub) pause(d time.Duration, off <-chan struct{}) bool {
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-off:
		return false
	case <-h.s.done:
		return false
	}
}
