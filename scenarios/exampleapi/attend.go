package exampleapi

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"time"
)

// statusClientLeft is recorded when the client went away before its answer;
// the number is a convention of nginx.
const statusClientLeft = 499

const (
	maxBody   = 1 << 20          // bytes of a request body
	hangLimit = 60 * time.Second // the longest that a hung request is kept
)

// A call is one request on its way through the service.
type call struct {
	s        *Service
	r        *http.Request
	id       string // its X-Request-Id
	resource *resource
	route    *route   // nil if the path or the method is unknown
	params   []string // values of the pattern's parameters, in order
	who      principal
	query    url.Values // of a strict route, checked
	body     []byte
	dice     *rand.Rand // this request's own draws
	began    time.Time
	nth      int64 // how many requests were in flight when it arrived, with itself
	cut      bool  // a fault cuts the answer in the middle
}

func (s *Service) newCall(r *http.Request, id string) *call {
	c := &call{s: s, r: r, id: id, began: s.now()}
	c.resource, c.params = s.table.find(r.URL)
	c.route = c.resource.route(r.Method)
	c.dice = newDice(s.seed, c.resource.stream, c.resource.arrivals.Add(1))
	return c
}

// param returns the value of the pattern's parameter called name.
func (c *call) param(name string) string {
	for i, n := range c.resource.names {
		if n == name {
			return c.params[i]
		}
	}
	return ""
}

// attend does everything to a request but writing its answer.
func (s *Service) attend(c *call) reply {
	select {
	case <-s.done:
		return failure(c, problem(http.StatusServiceUnavailable, "closed", "the service has been closed"))
	default:
	}
	answer, err := s.serve(c)
	if err != nil {
		return failure(c, err)
	}
	return answer
}

func (s *Service) serve(c *call) (reply, error) {
	usual := c.latency().draw(c.dice)
	overload, tooMany := s.faults.load(c.nth, c.began)
	pace := s.scaled(usual) + overload.delay(usual)
	if tooMany {
		if err := s.wait(c.r.Context(), pace); err != nil {
			return reply{}, err
		}
		return reply{}, problem(http.StatusServiceUnavailable, "overloaded", "too many requests at the same time")
	}
	if c.route == nil {
		return s.refuse(c)
	}
	if !c.route.open {
		who, err := s.authenticate(c.r)
		if err != nil {
			return reply{}, err
		}
		c.who = who
	}
	if err := c.receive(); err != nil {
		return reply{}, err
	}
	effect := s.faults.effect(c.route, c.began)
	if !c.route.open {
		size, patience := s.faults.poolLimits(c.began)
		if err := s.pool.acquire(c.r.Context(), s.done, size, patience); err != nil {
			return reply{}, err
		}
		defer s.pool.release()
	}
	if effect.hang {
		if err := s.wait(c.r.Context(), hangLimit); err != nil {
			return reply{}, err
		}
		return reply{}, problem(http.StatusGatewayTimeout, "timeout", "no answer within %s", hangLimit)
	}
	if err := s.wait(c.r.Context(), pace+effect.delay); err != nil {
		return reply{}, err
	}
	if effect.status != 0 {
		return reply{}, problem(effect.status, "injected", "this error was switched on by a fault")
	}
	s.leak.keep(effect.leak, effect.leakMax)
	c.cut = effect.drop
	return c.route.serve(c)
}

// refuse answers a request that has no route: an OPTIONS question, a method
// that the path does not know, or a path that nothing knows.
func (s *Service) refuse(c *call) (reply, error) {
	switch {
	case c.resource == s.table.unmatched:
		return reply{}, problem(http.StatusNotFound, "not_found", "there is nothing at %s", c.r.URL.Path)
	case c.r.Method == http.MethodOptions:
		return reply{status: http.StatusNoContent, header: []string{"Allow", c.resource.allow}}, nil
	}
	p := problem(http.StatusMethodNotAllowed, "method_not_allowed", "%s knows %s", c.resource.pattern, c.resource.allow)
	p.header = []string{"Allow", c.resource.allow}
	return reply{}, p
}

func (c *call) latency() latency {
	if c.route == nil {
		return refusal
	}
	return c.route.latency
}

func (s *Service) scaled(d time.Duration) time.Duration {
	return time.Duration(float64(d) * s.scale)
}

// wait blocks for d, or until the client leaves or the service is closed;
// both are errors.
func (s *Service) wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return errClientLeft
	case <-s.done:
		return errClosing
	}
}

var (
	errClientLeft = problem(statusClientLeft, "client_left", "the client left before the answer")
	errClosing    = problem(http.StatusServiceUnavailable, "closed", "the service has been closed")
)

// receive reads the body, and holds the request against what a strict route
// declares.
func (c *call) receive() error {
	if !c.route.strict {
		return c.readBody()
	}
	if err := c.admit(); err != nil || c.route.streamed {
		return err
	}
	if err := c.readBody(); err != nil {
		return err
	}
	return c.checkBody()
}

// readBody reads the whole request body. It comes before any waiting, because
// net/http notices a client that leaves only after its body has been read.
func (c *call) readBody() error {
	if c.r.Body == nil || c.r.Body == http.NoBody {
		return nil
	}
	limited := io.LimitReader(c.r.Body, maxBody+1)
	var err error
	if n := c.r.ContentLength; n > 0 && n <= maxBody {
		c.body = make([]byte, n)
		if _, err = io.ReadFull(limited, c.body); err == nil {
			_, err = io.Copy(io.Discard, limited) // meets the end, so that leaving is noticed
		}
	} else {
		c.body, err = io.ReadAll(limited)
	}
	switch {
	case err != nil:
		return problem(http.StatusBadRequest, "unreadable", "the request body could not be read")
	case len(c.body) > maxBody:
		return problem(http.StatusRequestEntityTooLarge, "too_large", "a request body has at most %d bytes", maxBody)
	}
	return nil
}
