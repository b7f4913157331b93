package user

import (
	"bytes"
	"net/url"
	"strings"

	"throng/dsl/plan"
)

// trail is what a user remembers of its answers for requests that go where
// one of them led: the last one's address, and the last HTML page. Only
// classes with such requests have one. It is not changed once it is made, so
// that lanes can share it.
type trail struct {
	scheme, addr, uri string // of the last answer, redirects followed
	page              *page
}

// page is an HTML page.
type page struct {
	text []byte // its first bytes; none where no form is among them
	kept int64  // how many the transport kept
	size int64
	from *url.URL
}

// remember keeps what later requests need of the answer at hand.
func (u *User) remember(r *plan.Request) {
	if !u.env.classes[u.ID.Class].follows {
		return
	}
	m := &u.message
	t := &trail{scheme: m.Route.Scheme, addr: m.Route.Addr, uri: string(m.URI)}
	if u.trail != nil {
		t.page = u.trail.page
	}
	u.trail = t
	if r.KeepsPage && isPage(u.result.Header) {
		t.page = &page{kept: int64(len(u.result.Body)), size: u.result.BodySize, from: address(m.Route.Scheme, m.Route.Addr, t.uri)}
		if hasForm(u.result.Body) {
			t.page.text = bytes.Clone(u.result.Body)
		}
	}
}

// isPage reports whether an answer is HTML.
func isPage(header []byte) bool {
	kind, _ := line(header, "Content-Type")
	kind, _, _ = strings.Cut(kind, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "text/html", "application/xhtml+xml":
		return true
	}
	return false
}

// hasForm reports whether a page may have a form: most have none, and are not
// worth their memory.
func hasForm(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '<')
		if i < 0 || len(text) < i+5 {
			return false
		}
		if text = text[i+1:]; strings.EqualFold(string(text[:4]), "form") {
			return true
		}
	}
}

// here is an address of this user's own making: what can't be parsed of it is
// left out.
func address(scheme, addr, uri string) *url.URL {
	if u, err := url.Parse(scheme + "://" + addr + uri); err == nil {
		return u
	}
	return &url.URL{Scheme: scheme, Host: addr, Path: "/"}
}

// follows reports whether a class has requests that go where an answer led.
func follows(c *plan.Class) bool {
	found := false
	eachRequest(c, func(r *plan.Request) { found = found || r.URL != nil || r.Submit != nil })
	return found
}

// eachRequest visits all requests of a class.
func eachRequest(c *plan.Class, visit func(*plan.Request)) {
	one := func(s plan.Step) {
		if r, ok := s.(*plan.Request); ok {
			visit(r)
		}
	}
	c.EachStep(one)
}
