package user

import (
	"bytes"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// What takes longer than the timeout where it is not a request's first
// exchange.
const (
	lateRedirects = "the redirects took longer than the timeout"
	lateAnswer    = "answering the target's challenge took longer than the timeout"
)

// exchange sends the rendered message and follows redirects, as many as the
// request allows. All hops are one sample: from the first one's start to the
// last one's end, within the request's one timeout.
func (u *User) exchange(r *plan.Request) verdict {
	redirects, answered := 0, 0
	for hop := 0; ; hop++ {
		if u.env.trace != nil {
			u.tellSent(r, redirects)
		}
		u.do(r)
		u.addHop(hop)
		if u.env.trace != nil {
			u.tellAnswer(r, hop)
		}
		u.note(r)
		if u.result.Class != plan.OK {
			u.refused = true
			if redirects > 0 && u.result.Class == plan.FailTimeout {
				u.writer.Unmet(u.sample.Series, plan.MeasureHop, u.result.End-u.result.Start, u.intended())
			}
			return verdict{u.result.Class, u.networkDetail(hop), r.Site}
		}
		u.keepCookies()
		again, err := u.meets(r, answered)
		switch {
		case err != nil:
			return u.wrong(r.Site, err)
		case again:
			answered++
			u.late = lateAnswer
		case r.Redirects == 0 || !isRedirect(u.result.Status):
			if redirects > 0 {
				u.timeHop()
			}
			return verdict{}
		case redirects == r.Redirects:
			return verdict{plan.FailRedirect, fmt.Sprintf("more than %d redirects", r.Redirects), r.Site}
		default:
			u.timeHop()
			if problem := u.follow(r); problem != "" {
				return verdict{plan.FailRedirect, problem, r.Site}
			}
			redirects, answered = redirects+1, 0
			u.late = lateRedirects
		}
		if r.Timeout > 0 {
			left := r.Timeout - time.Duration(u.env.Clock.Now()-u.sample.Start)
			if left <= 0 {
				u.sample.End = u.env.Clock.Now()
				return verdict{plan.FailTimeout, u.late, r.Site}
			}
			u.message.Timeout = left
		}
	}
}

// do makes the exchange at hand. The user's other lanes go on meanwhile.
func (u *User) do(r *plan.Request) {
	opens := u.opens != nil && u.opens.handshake == r
	if u.lane == nil && !opens {
		u.client.Do(&u.message, &u.result)
		return
	}
	u.yield()
	defer u.regain()
	if opens {
		u.open()
		return
	}
	u.client.Do(&u.message, &u.result)
}

// note keeps the size of a series' largest body; see keepsBody.
func (u *User) note(r *plan.Request) {
	if b := &u.env.series[r.Series].biggest; u.result.BodySize > b.Load() {
		b.Store(u.result.BodySize)
	}
}

// addHop adds the result at hand to the sample. The phases of several hops
// add up to its whole time: what lies between the first one's connection and
// the last one's first byte is waiting.
func (u *User) addHop(hop int) {
	s, r := &u.sample, &u.result
	if hop == 0 && !u.resumes() {
		*s = record.Sample{Series: s.Series, Start: r.Start, Sent: r.Sent}
		s.DNS, s.Connect, s.TLS = r.DNS, r.Connect, r.TLS
	}
	s.Status = uint16(r.Status)
	s.First = r.FirstByte
	s.End = r.End
	s.BytesIn += r.BytesIn
	s.BytesOut += r.BytesOut
}

// timeHop books the exchange at hand as one of a request's that was
// redirected.
func (u *User) timeHop() {
	u.writer.Measure(u.sample.Series, plan.MeasureHop, u.result.End-u.result.Start, u.intended())
}

func isRedirect(status int) bool {
	switch status {
	case 301, 302, 303, 307, 308:
		return true
	}
	return false
}

// follow turns the message into the one the answer at hand redirects to. It
// returns, in words, why it cannot.
func (u *User) follow(r *plan.Request) string {
	m := &u.message
	location, ok := line(u.result.Header, "Location")
	if !ok || location == "" {
		return "status " + strconv.Itoa(u.result.Status) + " without a Location"
	}
	ref, err := url.Parse(location)
	if err != nil {
		return "a Location that is no address"
	}
	to := address(m.Route.Scheme, m.Route.Addr, string(m.URI)).ResolveReference(ref)
	away, problem := u.aim(to)
	if problem != "" {
		return "a redirect to " + problem
	}
	if away {
		u.away = true
		u.withoutCredentials(r)
	}
	u.uri = appendURI(u.uri[:0], to)
	if s := u.result.Status; s != 307 && s != 308 {
		if m.Method != "HEAD" {
			m.Method = "GET"
		}
		m.Body, m.More = nil, nil
		u.header = without(u.header, "Content-Type", "Content-Encoding", "Content-Language")
	}
	m.URI = u.uri
	if err := u.authorize(r); err != nil {
		return err.Error()
	}
	u.renewCookies()
	m.Header = u.header
	return ""
}

// routeTo is the declared target an address belongs to, or nil.
func (e *Env) routeTo(to *url.URL) *transport.Route {
	scheme := strings.ToLower(to.Scheme)
	port := to.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	addr := net.JoinHostPort(to.Hostname(), port)
	for i := range e.routes {
		if r := &e.routes[i]; r.Scheme == scheme && strings.EqualFold(r.Addr, addr) {
			return r
		}
	}
	return nil
}

// appendURI appends an address' path and query as a request line has them.
// What may not stand there is percent-encoded, whoever wrote it.
func appendURI(dst []byte, to *url.URL) []byte {
	path := to.EscapedPath()
	if path == "" || path[0] != '/' {
		dst = append(dst, '/')
	}
	text := path
	if to.RawQuery != "" {
		text += "?" + to.RawQuery
	}
	for i := range len(text) {
		if b := text[i]; b <= ' ' || b >= 0x7f {
			dst = append(dst, '%', "0123456789ABCDEF"[b>>4], "0123456789ABCDEF"[b&15])
		} else {
			dst = append(dst, b)
		}
	}
	return dst
}

// without is a header block without the named lines, in place.
func without(block []byte, names ...string) []byte {
	kept := block[:0]
	for len(block) > 0 {
		l, rest, _ := bytes.Cut(block, []byte("\r\n"))
		name, _, _ := bytes.Cut(l, []byte(":"))
		drop := false
		for _, n := range names {
			drop = drop || strings.EqualFold(string(name), n)
		}
		if !drop {
			kept = append(append(kept, l...), "\r\n"...)
		}
		block = rest
	}
	return kept
}
