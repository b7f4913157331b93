package exampleapi

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// maxListeners is how many clients with a name are remembered.
const maxListeners = 20_000

// A listener is a client as the service knows it, over all of its
// connections. It is known by the query parameter "client" of its handshakes;
// a client without one is another with each connection.
//
// What it has subscribed to is numbered: 1, 2, 3 …, whether or not it is
// there. It ends when the client says so, or closes its socket itself.
type listener struct {
	mu     sync.Mutex
	on     *socket       // nil while it is away
	every  time.Duration // between ticks; 0 without a subscription
	latest time.Time     // when the last tick was due
	left   time.Time     // when it was lost; zero while it was not
	log    ListenerLog
}

// A ListenerLog is what the service knows of one client.
type ListenerLog struct {
	Client      string  `json:"client"`
	Connections uint64  `json:"connections"` // handshakes that succeeded
	Losses      uint64  `json:"losses"`      // of these, the ones that ended without the client's close frame
	Received    uint64  `json:"received"`    // messages of the client
	Answered    uint64  `json:"answered"`    // messages that answered one
	Echoed      uint64  `json:"echoed"`      // of these, echoes
	Number      uint64  `json:"number"`      // of the latest notification
	Notified    uint64  `json:"notified"`    // notifications sent, each once
	Missed      uint64  `json:"missed"`      // notifications that were due while it was away
	Unwanted    uint64  `json:"unwanted"`    // notifications that were due just after its own close frame
	Lost        uint64  `json:"lost"`        // notifications and answers that a fault swallowed
	Duplicated  uint64  `json:"duplicated"`  // messages that a fault sent twice
	Reordered   uint64  `json:"reordered"`   // notifications that a fault sent after a later one
	Away        float64 `json:"away_seconds"`
	LongestAway float64 `json:"longest_away_seconds"`
	LastSeen    float64 `json:"last_seen"` // Unix time of the last end of a connection; 0 before
}

// A SocketLog is what the service knows of its sockets.
type SocketLog struct {
	Open        int               `json:"open"`
	Connections uint64            `json:"connections"`
	Refused     uint64            `json:"refused"` // handshakes, while the service restarted
	Received    uint64            `json:"received"`
	Sent        uint64            `json:"sent"`
	Ends        map[string]uint64 `json:"ends"`    // "client 1000", "service 1012", "cut" by a fault, "lost"
	Clients     []ListenerLog     `json:"clients"` // those that have a name, by it
}

// Sockets returns the log of the service's sockets. It is at /__sockets, too.
func (s *Service) Sockets() SocketLog {
	h := s.sockets
	h.mu.Lock()
	defer h.mu.Unlock()
	log := SocketLog{
		Open: len(h.sockets), Connections: h.made.Load(), Refused: h.refused.Load(), Received: h.received.Load(), Sent: h.sent.Load(),
		Ends: map[string]uint64{}, Clients: make([]ListenerLog, 0, len(h.listeners)),
	}
	for why, n := range h.ends {
		log.Ends[why] = n
	}
	now := time.Now()
	for _, l := range h.listeners {
		l.mu.Lock()
		l.catchUp(now)
		log.Clients = append(log.Clients, l.log)
		l.mu.Unlock()
	}
	slices.SortFunc(log.Clients, func(a, b ListenerLog) int { return cmp.Compare(a.Client, b.Client) })
	return log
}

// listener is the client that a socket belongs to. The hub is locked.
func (h *hub) listener(k *socket) *listener {
	if k.client == "" {
		return &listener{log: ListenerLog{Client: k.id}}
	}
	l := h.listeners[k.client]
	if l == nil {
		l = &listener{log: ListenerLog{Client: k.client}}
		if len(h.listeners) < maxListeners {
			h.listeners[k.client] = l
		}
	}
	return l
}

// join says that the client is there, over k.
func (l *listener) join(k *socket) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.catchUp(now)
	if !l.left.IsZero() {
		away := now.Sub(l.left).Seconds()
		l.log.Away += away
		l.log.LongestAway = max(l.log.LongestAway, away)
		l.left = time.Time{}
	}
	l.on = k
	l.log.Connections++
}

// leave says that k has ended, by the client's will or not.
func (l *listener) leave(k *socket, willing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.log.LastSeen = unixSeconds(now)
	if !willing {
		l.log.Losses++
	}
	if l.on != k {
		return // it is there over another one
	}
	l.on = nil
	if willing {
		l.every = 0
		return
	}
	l.left = now
}

// catchUp numbers the ticks that were due while the client was away.
func (l *listener) catchUp(now time.Time) {
	if l.on != nil || l.every <= 0 {
		return
	}
	if n := now.Sub(l.latest) / l.every; n > 0 {
		l.latest = l.latest.Add(n * l.every)
		l.log.Number += uint64(n)
		l.log.Missed += uint64(n)
	}
}

// subscribe begins a subscription, or with 0 ends it. Numbers go on.
func (l *listener) subscribe(every time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.every, l.latest = every, time.Now()
}

// due is when the next tick of the client is due over k; false without one.
func (l *listener) due(k *socket) (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.latest.Add(l.every), l.every > 0 && l.on == k
}

// number gives a notification its number. A tick is one period after the
// latest; anything else is at no time of its own. It reports false when the
// client is not to have it over k.
func (l *listener) number(k *socket, isTick bool) (n uint64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.every <= 0 || l.on != k {
		return 0, false
	}
	if isTick {
		l.latest = l.latest.Add(l.every)
	}
	l.log.Number++
	return l.log.Number, true
}

// latestNumber is the number of the latest notification.
func (l *listener) latestNumber() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.log.Number
}

func (l *listener) isAway() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.on == nil
}

// miss numbers a notification that goes nowhere, since the client is away or
// has fallen behind.
func (l *listener) miss() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.every > 0 {
		l.log.Number++
		l.log.Missed++
	}
}

// count changes the log.
func (l *listener) count(change func(*ListenerLog)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change(&l.log)
}
