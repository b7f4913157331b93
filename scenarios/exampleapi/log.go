package exampleapi

import "sync"

// An Entry is one answered request.
type Entry struct {
	Method string
	Route  string // the pattern, or "unmatched"
	Path   string // as requested, with its query
	Status int    // 101 for a socket, 499 if the client left
}

// requestLog keeps the latest entries, at most limit.
type requestLog struct {
	limit int
	mu    sync.Mutex
	ring  []Entry
	head  int // the oldest, once the ring is full
}

func (l *requestLog) add(e Entry) {
	if l.limit <= 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < l.limit {
		l.ring = append(l.ring, e)
		return
	}
	l.ring[l.head] = e
	l.head = (l.head + 1) % l.limit
}

// Log returns the latest requests, oldest first, in the order in which their
// answers were ready. A request is in the log before its answer is written.
// Options.KeepLog says how many are kept.
func (s *Service) Log() []Entry {
	l := &s.log
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Entry, 0, len(l.ring))
	out = append(out, l.ring[l.head:]...)
	return append(out, l.ring[:l.head]...)
}
