// Package anyhttp makes exchanges in whichever version of HTTP a route asks
// for (plan.HTTPVersion): package http1 makes those of HTTP/1.1, package http2
// the others. A user who never needs HTTP/2 holds nothing for it.
//
// Along a route of plan.HTTPAuto TLS decides. Each user offers both versions
// with its first connection; a server that took HTTP/1.1 is not offered
// HTTP/2 by the same user again.
// Without TLS there is nothing to negotiate: it is HTTP/1.1.
//
// The package must not know how either version is spoken.
package anyhttp

import (
	"sync"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/http1"
	"throng/runtime/transport/http2"
)

// Factory makes the clients of a run. Its methods may be called from any
// goroutine.
type Factory struct {
	one *http1.Factory
	two *http2.Factory

	mu    sync.Mutex
	users int64
}

var (
	_ transport.Factory   = (*Factory)(nil)
	_ transport.Rester    = (*client)(nil)
	_ transport.Forgetter = (*client)(nil)
	_ transport.Brancher  = (*client)(nil)
	_ transport.Resumer   = (*client)(nil)
)

// New is a factory that has no clients yet. What c says holds for both versions.
func New(c http1.Config) *Factory {
	if c.Clock == nil {
		c.Clock = transport.NewClock()
	}
	if c.Dialer == nil {
		c.Dialer = dial.New(dial.Config{Clock: c.Clock, Dial: c.Dial, Guard: c.Guard, TLS: c.TLS})
	}
	return &Factory{
		one: http1.New(c),
		two: http2.New(http2.Config{Clock: c.Clock, Dialer: c.Dialer, MaxBody: c.MaxBody, KeepBody: c.KeepBody}),
	}
}

// Client makes a client for one user. It holds no connection until its first
// exchange, and must be closed.
func (f *Factory) Client() transport.Client {
	f.mu.Lock() // a user has the same number in both versions
	defer f.mu.Unlock()
	one := f.one.Client().(oneClient)
	c := &client{user: &user{f: f, number: f.users, sessions: one.Sessions()}, one: one}
	f.users++
	return c
}

// Cut implements transport.Factory.
func (f *Factory) Cut() {
	f.one.Cut()
	f.two.Cut()
}

// Close implements transport.Factory.
func (f *Factory) Close() {
	f.one.Close()
	f.two.Close()
}

// user is what the clients of one user share.
type user struct {
	f        *Factory
	number   int64
	sessions *transport.Sessions
	mu       sync.Mutex
	two      *http2.Client // the first one; others are branches of it
}

// branch is a client for HTTP/2.
func (u *user) branch() *http2.Client {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.two == nil {
		u.two = u.f.two.ClientOf(u.number, u.sessions)
		return u.two
	}
	return u.two.Branch().(*http2.Client)
}

// oneClient is what http1's clients can do.
type oneClient interface {
	transport.Rester
	transport.Forgetter
	transport.Brancher
	transport.Resumer
	http1.Continuer
}

// client makes the exchanges of one user, or of one of its lanes.
type client struct {
	user *user
	one  oneClient
	two  *http2.Client // nil until it is needed
}

// Do implements transport.Client.
func (c *client) Do(m *transport.Message, r *transport.Result) {
	h := m.Route.HTTP.Version
	if h == plan.HTTP1 || h == plan.HTTPAuto && m.Route.Scheme != "https" {
		c.one.Do(m, r)
		return
	}
	if c.two == nil {
		c.two = c.user.branch()
	}
	switch {
	case h == plan.HTTP2:
		c.two.Do(m, r)
	case c.two.Declined(m.Route):
		c.one.Do(m, r)
	default:
		c.offer(m, r)
	}
}

// offer makes an exchange in the version that TLS agrees on.
func (c *client) offer(m *transport.Message, r *transport.Result) {
	to, declined := c.two.Offer(m, r)
	if !declined {
		return
	}
	began, sent := r.Start, r.Sent
	c.one.Continue(m.Route, began, to)
	if to != nil {
		c.two.Decline(m.Route)
	}
	c.one.Do(m, r)
	if to != nil && r.Reused {
		r.Reused, r.Sent = false, sent
		r.DNS, r.Connect, r.TLS = to.DNS, to.Connect, to.TLS
	}
}

// Branch implements transport.Brancher.
func (c *client) Branch() transport.Client {
	return &client{user: c.user, one: c.one.Branch().(oneClient)}
}

// Sessions implements transport.Resumer.
func (c *client) Sessions() *transport.Sessions { return c.user.sessions }

// Rest implements transport.Rester.
func (c *client) Rest() {
	c.one.Rest()
	if c.two != nil {
		c.two.Rest()
	}
}

// Forget implements transport.Forgetter.
func (c *client) Forget() {
	c.one.Forget()
	c.user.mu.Lock()
	defer c.user.mu.Unlock()
	if c.user.two != nil {
		c.user.two.Forget()
	}
}

// Close implements transport.Client.
func (c *client) Close() {
	c.one.Close()
	if c.two != nil {
		c.two.Close()
	}
}
