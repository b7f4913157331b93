package transport

import (
	"crypto/tls"
	"slices"
	"sync"

	"throng/dsl/plan"
)

// keptSessions is how many TLS sessions a user keeps, those used last.
const keptSessions = 8

// Sessions are the TLS sessions of one user, resumed by all its connections,
// whatever is spoken over them; users share none. The zero value has none yet.
// Its methods may be called from any goroutine.
type Sessions struct {
	mu   sync.Mutex
	kept []session // the one used last stands last
}

type session struct {
	peer  sessionPeer
	state *tls.ClientSessionState
}

// sessionPeer is with whom a session was agreed on, and by what trust. A
// server's name would not do: another port is another server, and what one
// target's roots vouch for means nothing to the next.
type sessionPeer struct {
	addr, server string
	tls          *plan.TLS
}

// Resumer is a Client whose user's TLS sessions others may share.
type Resumer interface {
	Client
	// Sessions are the same for all clients of the user.
	Sessions() *Sessions
}

// Along is the cache for connections along a route. A nil Sessions has none.
func (s *Sessions) Along(r *Route) tls.ClientSessionCache {
	if s == nil {
		return nil
	}
	return &sessionsAlong{s, sessionPeer{r.Addr, r.Server, r.TLS}}
}

// sessionsAlong is the part of a user's sessions that belongs to one peer.
type sessionsAlong struct {
	of   *Sessions
	peer sessionPeer
}

// Get implements tls.ClientSessionCache.
func (a *sessionsAlong) Get(string) (*tls.ClientSessionState, bool) {
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	found, ok := a.of.remove(a.peer)
	if ok {
		a.of.kept = append(a.of.kept, found)
	}
	return found.state, ok
}

// Put implements tls.ClientSessionCache.
func (a *sessionsAlong) Put(_ string, state *tls.ClientSessionState) {
	a.of.mu.Lock()
	defer a.of.mu.Unlock()
	a.of.remove(a.peer)
	if state == nil {
		return
	}
	if len(a.of.kept) == keptSessions {
		a.of.kept = slices.Delete(a.of.kept, 0, 1)
	}
	a.of.kept = append(a.of.kept, session{a.peer, state})
}

// remove takes a peer's session out of those kept.
func (s *Sessions) remove(peer sessionPeer) (session, bool) {
	i := slices.IndexFunc(s.kept, func(k session) bool { return k.peer == peer })
	if i < 0 {
		return session{}, false
	}
	found := s.kept[i]
	s.kept = slices.Delete(s.kept, i, i+1)
	return found, true
}
