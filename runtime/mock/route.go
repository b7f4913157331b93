package mock

import (
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"
)

// Route takes some requests and answers them.
type Route struct {
	Method string  // "" for any
	Path   string  // segments; ":name" takes one, "*name" at the end takes the rest, be it empty
	Times  int     // takes so many requests, and then no more; 0 for all
	Share  float64 // takes this share of the requests that reach it, evenly: of n always floor(n × Share); 1 for all
	Fault  Fault
	// Latency is how long the answer, or the fault, is waited with; nil for no
	// time. Answer makes the answer, and where Fault leaves none may be nil.
	// Both are called by one goroutine of a server at a time.
	// Socket, where there is one, is opened in place of an answer.
	Latency func() time.Duration
	Answer  func(Request) (Answer, error)
	Socket  *Socket
}

// Fault is what a route does instead of a whole answer.
type Fault string

// Faults.
const (
	NoFault  Fault = ""
	Reset    Fault = "reset"    // the connection is reset (RST), nothing was answered
	Close    Fault = "close"    // the connection is closed (FIN), nothing was answered
	Hang     Fault = "hang"     // no answer until the client gives up or the server is closed
	Truncate Fault = "truncate" // closed in the middle of the body, or of the head where there is no body
	Garbage  Fault = "garbage"  // what is sent is not HTTP
)

// Answer is what a server says.
type Answer struct {
	Status  int // 200 to 599
	Headers map[string]string
	Body    []byte
}

// route is a Route in use. Its counts are guarded by the log's lock.
type route struct {
	Route
	segments []string
	rest     string // name of the last segment, where it takes the rest; "" for none
	open     bool   // whether there is such a segment
	reached  int    // requests that matched, those that went on to the next route included
	taken    int
}

// newRoute checks a route.
func newRoute(r Route) (*route, error) {
	made := &route{Route: r}
	path, ok := strings.CutPrefix(r.Path, "/")
	switch {
	case !ok:
		return nil, fmt.Errorf("the path of the route %q must begin with a slash", r.Path)
	case !(r.Share >= 0 && r.Share <= 1):
		return nil, fmt.Errorf("the share of the route %q must lie between 0 and 1; it is %g", r.Path, r.Share)
	case r.Times < 0:
		return nil, fmt.Errorf("the route %q cannot answer %d times", r.Path, r.Times)
	case r.Answer == nil && r.Socket == nil && (r.Fault == NoFault || r.Fault == Truncate):
		return nil, fmt.Errorf("the route %q has no answer", r.Path)
	}
	switch r.Fault {
	case NoFault, Reset, Close, Hang, Truncate, Garbage:
	default:
		return nil, fmt.Errorf("the route %q has the fault %q, and there is none of that name", r.Path, r.Fault)
	}
	made.segments = strings.Split(path, "/")
	last := len(made.segments) - 1
	names := map[string]bool{}
	for i, s := range made.segments {
		if s == "" || s[0] != ':' && s[0] != '*' {
			continue
		}
		name := s[1:]
		switch {
		case name == "":
			return nil, fmt.Errorf("a segment of the route %q has no name behind its %c", r.Path, s[0])
		case names[name]:
			return nil, fmt.Errorf("two segments of the route %q are called %q", r.Path, name)
		case s[0] == '*' && i < last:
			return nil, fmt.Errorf("%s takes the rest of the path, so it must be the last segment of the route %q", s, r.Path)
		case s[0] == '*':
			made.rest, made.open = name, true
			made.segments = made.segments[:i]
		}
		names[name] = true
	}
	return made, nil
}

// match is what a path binds of the route's names; false where it is another's.
// The path is escaped, and begins with a slash.
func (r *route) match(method, path string) (params map[string]string, ok bool) {
	if r.Method != "" && r.Method != method {
		return nil, false
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	if len(parts) < len(r.segments) || len(parts) > len(r.segments) && !r.open {
		return nil, false
	}
	if r.open && len(parts) == len(r.segments) {
		return nil, false // the slash before the rest is missing
	}
	params = map[string]string{}
	for i, s := range r.segments {
		switch part := unescape(parts[i]); {
		case strings.HasPrefix(s, ":"):
			if part == "" {
				return nil, false
			}
			params[s[1:]] = part
		case part != unescape(s):
			return nil, false
		}
	}
	if r.open {
		params[r.rest] = unescape(strings.Join(parts[len(r.segments):], "/"))
	}
	return params, true
}

func unescape(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// take reports whether the route takes a request that matches it, and counts.
func (r *route) take() bool {
	if r.usedUp() {
		return false
	}
	before := r.due()
	r.reached++
	if r.due() == before {
		return false
	}
	r.taken++
	return true
}

// due is how many of the requests that reached the route are its share.
func (r *route) due() int {
	const rounding = 1e-9 // a tenth of thirty is three, whatever floating point makes of it
	return int(math.Floor(float64(r.reached)*r.Share + rounding))
}

func (r *route) usedUp() bool { return r.Times > 0 && r.taken >= r.Times }

// key is how a request that the route took is found in the log.
func (r *route) key(method string) string { return method + " " + r.Path }

// String is the route as the text of a 404 lists it.
func (r *route) String() string {
	method := r.Method
	if method == "" {
		method = "any"
	}
	s := method + " " + r.Path
	if r.usedUp() {
		s += fmt.Sprintf("  (used up: times = %d)", r.Times)
	}
	return s
}
