package exampleapi

import (
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// A handler makes the answer to a request that has been routed, authenticated
// and delayed. Its errors are made by problem.
type handler func(*call) (reply, error)

// A route is one row of a service's table.
type route struct {
	method   string
	pattern  string // "/api/workflows/:id"; a segment that begins with a colon is a parameter
	summary  string
	open     bool // needs no credentials and no simulated database connection
	socket   bool // a WebSocket endpoint
	latency  latency
	paged    bool   // takes page and limit
	in       any    // a value of the type of the JSON body, nil if it takes none
	bodyless bool   // the body may be left out
	out      any    // a value of the type of the JSON answer, nil if it is not JSON
	kind     string // media type of an answer that is not JSON
	status   int    // of the normal answer; 200 if 0
	also     []int  // statuses beyond those that follow from the other fields
	serve    handler

	// What strict routes declare: whatever else they are sent is refused.
	strict   bool
	guard    *guard   // who may ask; nil for everybody
	query    []param  // its query parameters
	headers  []string // request headers it looks at, for the documents
	accepts  string   // media type of the body, anyKind for all
	streamed bool     // the handler reads the body, which may be longer than maxBody
	oauth    bool     // says its errors as OAuth does
}

func (r *route) name() string { return r.method + " " + r.pattern }

// A resource is one path pattern with the routes of its methods.
type resource struct {
	pattern  string
	segments []string
	names    []string // of the parameters, in order
	routes   []*route
	allow    string
	stream   uint64        // of its draws
	arrivals atomic.Uint64 // numbers the draws
	metrics  routeMetrics
}

// route returns the route that serves method, nil if there is none. HEAD is
// served by GET.
func (r *resource) route(method string) *route {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	for _, rt := range r.routes {
		if rt.method == method {
			return rt
		}
	}
	return nil
}

// A table finds the resource of a path. Patterns without parameters win.
type table struct {
	resources []*resource // in the order of their first route
	routes    []*route
	exact     map[string]*resource
	shaped    map[int][]*resource // with parameters, by number of segments
	unmatched *resource           // stands for every unknown path
}

func newTable(routes []route) (*table, error) {
	t := &table{
		exact:     map[string]*resource{},
		shaped:    map[int][]*resource{},
		unmatched: &resource{pattern: "unmatched", stream: streamOf("unmatched")},
	}
	for i := range routes {
		rt := &routes[i]
		res := t.resource(rt.pattern)
		if res == nil {
			res = t.newResource(rt.pattern)
		}
		if slices.ContainsFunc(res.routes, func(o *route) bool { return o.method == rt.method }) {
			return nil, fmt.Errorf("%s stands twice in the route table", rt.name())
		}
		res.routes = append(res.routes, rt)
		t.routes = append(t.routes, rt)
	}
	for _, res := range t.resources {
		res.allow = allowed(res.routes)
	}
	return t, nil
}

// resource returns the resource of exactly this pattern, nil if there is none.
func (t *table) resource(pattern string) *resource {
	for _, res := range t.resources {
		if res.pattern == pattern {
			return res
		}
	}
	return nil
}

func (t *table) newResource(pattern string) *resource {
	res := &resource{pattern: pattern, segments: strings.Split(pattern[1:], "/"), stream: streamOf(pattern)}
	for _, seg := range res.segments {
		if name, ok := strings.CutPrefix(seg, ":"); ok {
			res.names = append(res.names, name)
		}
	}
	t.resources = append(t.resources, res)
	if len(res.names) == 0 {
		t.exact[pattern] = res
	} else {
		t.shaped[len(res.segments)] = append(t.shaped[len(res.segments)], res)
	}
	return res
}

// find returns the resource that u's path belongs to, and its parameters.
func (t *table) find(u *url.URL) (*resource, []string) {
	if res := t.exact[u.Path]; res != nil {
		return res, nil
	}
	path := u.EscapedPath()
	if !strings.HasPrefix(path, "/") {
		return t.unmatched, nil
	}
	segments := strings.Split(path[1:], "/")
	for _, res := range t.shaped[len(segments)] {
		if params, ok := res.match(segments); ok {
			return res, params
		}
	}
	return t.unmatched, nil
}

func (r *resource) match(segments []string) ([]string, bool) {
	for i, want := range r.segments {
		if want[0] != ':' && want != segments[i] {
			return nil, false
		}
	}
	params := make([]string, 0, len(r.names))
	for i, want := range r.segments {
		if want[0] != ':' {
			continue
		}
		value, err := url.PathUnescape(segments[i])
		if err != nil || value == "" {
			return nil, false
		}
		params = append(params, value)
	}
	return params, true
}

func allowed(routes []*route) string {
	methods := []string{http.MethodOptions}
	for _, rt := range routes {
		methods = append(methods, rt.method)
		if rt.method == http.MethodGet {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// streamOf names a stream of draws.
func streamOf(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}
