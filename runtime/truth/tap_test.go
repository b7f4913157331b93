package truth

import (
	"bytes"
	"errors"
	"sync"
	"sync/atomic"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// exchange is one exchange as it crossed the transport's border.
type exchange struct {
	id         string
	class      plan.ErrorClass
	status     int
	body       int64 // bytes of the body, framing left out
	in, out    int64 // bytes on the wire
	start, end int64
	opened     bool // a connection was made for it
	cut        bool
}

// tap notes every exchange of a run. before, if set, is called with the
// number of each exchange, from 1, before it is made.
type tap struct {
	transport.Factory
	before func(n int64)

	n       atomic.Int64
	mu      sync.Mutex
	clients []*tapped
}

type tapped struct {
	transport.Client
	tap  *tap
	made []exchange
}

func (w *tap) Client() transport.Client {
	c := &tapped{Client: w.Factory.Client(), tap: w}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients = append(w.clients, c)
	return c
}

func (c *tapped) Do(m *transport.Message, r *transport.Result) {
	if n := c.tap.n.Add(1); c.tap.before != nil {
		c.tap.before(n)
	}
	id := idOf(m.Header)
	c.Client.Do(m, r)
	c.made = append(c.made, exchange{
		id: id, class: r.Class, status: r.Status, body: r.BodySize, in: r.BytesIn, out: r.BytesOut,
		start: r.Start, end: r.End, opened: r.Connect > 0, cut: errors.Is(r.Err, transport.ErrCut),
	})
}

func idOf(header []byte) string {
	_, rest, _ := bytes.Cut(header, []byte(idHeader+": "))
	id, _, _ := bytes.Cut(rest, []byte("\r\n"))
	return string(id)
}

// exchanges are all of a run that is over, in order for each user.
func (w *tap) exchanges() (all []exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.clients {
		all = append(all, c.made...)
	}
	return all
}

// sample is the hops of one request together, as a user books them.
type sample struct {
	exchange // the last hop; bytes are those of all, start and connection the first one's
}

// samples groups exchanges by request.
func samples(all []exchange) []sample {
	var list []sample
	for _, e := range all {
		if n := len(list); n > 0 && list[n-1].id == e.id {
			last := &list[n-1]
			e.in, e.out, e.start, e.opened = e.in+last.in, e.out+last.out, last.start, last.opened
			last.exchange = e
			continue
		}
		list = append(list, sample{exchange: e})
	}
	return list
}

// succeeded tells whether a sample is a success, given its request, by the
// plan's own words and without the code that judges it. Conditions are taken
// to hold.
func (s *sample) succeeded(r *plan.Request) bool {
	isRedirect := s.status >= 301 && s.status <= 308 && s.status != 304
	if s.class != plan.OK || r.Redirects > 0 && isRedirect {
		return false
	}
	spoken := false
	for _, x := range r.Expects {
		for _, statuses := range x.Status {
			spoken = true
			if statuses.Min <= s.status && s.status <= statuses.Max {
				return true
			}
		}
	}
	return !spoken && s.status < 400
}
