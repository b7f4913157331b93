package mock

import (
	"maps"
	"slices"
	"sync"
)

// What a Log has room for.
const (
	MaxRequests = 100_000
	MaxBytes    = 64 << 20 // of paths, queries, headers and bodies
)

// Request is what a server was sent.
type Request struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`    // as it was sent, without the query
	Params  map[string]string `json:"params"`  // of the route's segments, decoded
	Query   map[string]string `json:"query"`   // the first value of each name
	Headers map[string]string `json:"headers"` // lower-case names, host among them; several values joined by ", "
	Body    string            `json:"body"`
	Count   int               `json:"count"` // how many its route has taken, this one included
}

// size is what a request counts for in a Log.
func (r *Request) size() int {
	n := len(r.Path) + len(r.Body)
	for _, m := range []map[string]string{r.Params, r.Query, r.Headers} {
		for name, value := range m {
			n += len(name) + len(value)
		}
	}
	return n
}

// Entry is a request in a Log.
type Entry struct {
	Server  string // its name
	Route   int    // an index of the server's routes; -1 where none took it
	Key     string // "METHOD pattern" of the route, or "METHOD path" where none took it
	Request Request
}

// Failure is a route whose answer could not be made.
type Failure struct {
	Server string
	Route  int
	Err    error // the first one
	Times  int
}

type routeKey struct {
	server string
	route  int
}

// Log is what servers were sent, in order. It may be used by many at once.
type Log struct {
	mu            sync.Mutex
	requests, max int // room for
	bytes         int
	entries       []Entry
	lost          int64
	failures      map[routeKey]*Failure
}

// NewLog is an empty log, with room for MaxRequests and MaxBytes.
func NewLog() *Log {
	return &Log{requests: MaxRequests, max: MaxBytes, failures: map[routeKey]*Failure{}}
}

// add writes a request, if there is room. The caller holds l.mu.
func (l *Log) add(e Entry) {
	size := e.Request.size()
	if len(l.entries) >= l.requests || l.bytes+size > l.max {
		l.lost++
		l.requests = len(l.entries) // what follows is not in it either, so that it has no gaps
		return
	}
	l.bytes += size
	l.entries = append(l.entries, e)
}

func (l *Log) fail(server string, route int, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := routeKey{server, route}
	if l.failures[key] == nil {
		l.failures[key] = &Failure{Server: server, Route: route, Err: err}
	}
	l.failures[key].Times++
}

// Entries are the requests in order. Those for which there was no room are the
// last ones; Lost says how many they are.
func (l *Log) Entries() []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.entries)
}

// Lost is how many requests there was no room for.
func (l *Log) Lost() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// Failures are the routes whose answer could not be made, by server and route.
func (l *Log) Failures() []Failure {
	l.mu.Lock()
	defer l.mu.Unlock()
	keys := slices.SortedFunc(maps.Keys(l.failures), func(a, b routeKey) int {
		if a.server != b.server {
			if a.server < b.server {
				return -1
			}
			return 1
		}
		return a.route - b.route
	})
	var list []Failure
	for _, k := range keys {
		list = append(list, *l.failures[k])
	}
	return list
}
