package user

import (
	"bytes"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Bounds of a jar: a hostile target must not fill the generator's memory.
const (
	maxCookies    = 100
	maxCookieSize = 4 << 10 // bytes of name and value
)

// jar is a user's cookies, after RFC 6265, without a list of public
// suffixes: it lives as long as its user, who talks to declared targets only.
type jar struct{ list []cookie }

type cookie struct {
	name, value string
	host, path  string
	wide        bool // sent to hosts below its host too
	secure      bool
	expires     time.Time // zero: with the user
}

// place is where a request goes, as cookies see it.
type place struct {
	host, path string
	secure     bool
	now        time.Time
}

// here is the place of the message at hand.
func (u *User) here() place {
	m := &u.message
	host := m.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	path, _, _ := strings.Cut(string(m.URI), "?")
	return place{strings.ToLower(host), path, m.Route.Scheme == "https",
		u.env.Clock.Start().Add(time.Duration(u.env.Clock.Now()))}
}

// keepCookies takes what the answer at hand sets.
func (u *User) keepCookies() {
	if h := u.result.Header; setsCookie(h) {
		u.jar.keep(h, u.here())
	}
}

// setsCookie reports whether a header block has a Set-Cookie line. Every
// answer is asked, and few have one.
func setsCookie(block []byte) bool {
	const name = "set-cookie"
	for {
		if len(block) < len(name) {
			return false
		}
		if block[0]|0x20 == 's' && strings.EqualFold(string(block[:len(name)]), name) {
			return true
		}
		_, block, _ = bytes.Cut(block, []byte("\n"))
	}
}

// addCookies puts the jar's cookies into the rendered header. A Cookie
// header of the request's own stands instead of them.
func (u *User) addCookies() {
	if len(u.jar.list) > 0 && !u.ownCookie {
		u.header = u.jar.appendHeader(u.header, u.here())
	}
}

func (j *jar) keep(block []byte, at place) {
	for len(block) > 0 {
		var l []byte
		l, block, _ = bytes.Cut(block, []byte("\r\n"))
		name, value, ok := bytes.Cut(l, []byte(":"))
		if !ok || !bytes.EqualFold(name, []byte("Set-Cookie")) {
			continue
		}
		if set, err := http.ParseSetCookie(string(value)); err == nil {
			j.set(set, at)
		}
	}
}

func (j *jar) set(set *http.Cookie, at place) {
	c := cookie{name: set.Name, value: set.Value, host: at.host, path: set.Path, secure: set.Secure, expires: set.Expires}
	if set.Quoted {
		c.value = `"` + set.Value + `"`
	}
	if d := strings.ToLower(strings.TrimPrefix(set.Domain, ".")); d != "" && d != at.host {
		if !within(at.host, d) || !strings.Contains(d, ".") {
			return
		}
		c.host, c.wide = d, true
	} else if d != "" {
		c.wide = true
	}
	if !strings.HasPrefix(c.path, "/") {
		c.path = at.path[:max(1, strings.LastIndexByte(at.path, '/'))]
	}
	if set.MaxAge > 0 {
		c.expires = at.now.Add(time.Duration(set.MaxAge) * time.Second)
	}
	j.list = slices.DeleteFunc(j.list, func(o cookie) bool {
		return o.name == c.name && o.host == c.host && o.path == c.path
	})
	gone := set.MaxAge < 0 || !c.expires.IsZero() && !c.expires.After(at.now)
	if gone || len(j.list) >= maxCookies || len(c.name)+len(c.value) > maxCookieSize {
		return
	}
	j.list = append(j.list, c)
	slices.SortStableFunc(j.list, func(a, b cookie) int { return len(b.path) - len(a.path) })
}

// appendHeader appends the Cookie line for a place, or nothing.
func (j *jar) appendHeader(dst []byte, at place) []byte {
	some := false
	for i := range j.list {
		c := &j.list[i]
		if !c.goesTo(at) {
			continue
		}
		if some {
			dst = append(dst, "; "...)
		} else {
			dst = append(dst, "Cookie: "...)
		}
		some = true
		dst = append(append(append(dst, c.name...), '='), c.value...)
	}
	if some {
		dst = append(dst, "\r\n"...)
	}
	return dst
}

func (c *cookie) goesTo(at place) bool {
	switch {
	case c.host != at.host && !(c.wide && within(at.host, c.host)),
		c.secure && !at.secure,
		!c.expires.IsZero() && !c.expires.After(at.now),
		!strings.HasPrefix(at.path, c.path):
		return false
	}
	return len(at.path) == len(c.path) || strings.HasSuffix(c.path, "/") || at.path[len(c.path)] == '/'
}

// within reports that host is a name below domain.
func within(host, domain string) bool {
	return strings.HasSuffix(host, "."+domain) && net.ParseIP(host) == nil
}

// cookie is the value of a cookie of the user's, by its name: the one that
// would be sent to the target of the request under way, or of the last one,
// before those of other targets, and of these the one with the longest path.
func (u *User) cookie(name string) (string, bool) {
	host := ""
	if u.target < len(u.env.routes) {
		host = strings.ToLower(u.env.routes[u.target].Server)
	}
	now := u.env.Clock.Start().Add(time.Duration(u.env.Clock.Now()))
	found := -1
	for i := range u.jar.list {
		c := &u.jar.list[i]
		if c.name != name || !c.expires.IsZero() && !c.expires.After(now) {
			continue
		}
		if c.host == host || c.wide && within(host, c.host) {
			return c.value, true
		}
		if found < 0 {
			found = i
		}
	}
	if found < 0 {
		return "", false
	}
	return u.jar.list[found].value, true
}
