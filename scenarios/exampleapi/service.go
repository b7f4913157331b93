package exampleapi

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Options configures a Service. The zero value is a service that answers at
// once, without faults.
type Options struct {
	Seed    uint64           // seeds latency and fault draws: the same seed and order of requests give the same draws
	Scale   float64          // multiplies every simulated latency; 1 is realistic, 0 answers at once. Faults are not scaled
	Faults  []Fault          // active from the start; more can be added over HTTP
	Now     func() time.Time // the clock of states, windows of faults and measured durations; time.Now if nil
	KeepLog int              // how many of the latest requests Log returns; 0 keeps none
}

// maxScale is the largest Options.Scale.
const maxScale = 1000

// A builder makes the route table of one service and the state behind it.
type builder func(*Service) []route

var builders = []struct {
	name  string
	title string
	build builder
}{
	{"orchestrator", "Automation Orchestrator", newOrchestrator},
	{"autoarr", "AutoArr", newAutoarr},
	{"quickstart", "Quickstart Shop", newQuickstart},
	{"cookbook", "Cookbook", newCookbook},
}

// Names lists the services that New can make.
func Names() []string {
	names := make([]string, len(builders))
	for i, b := range builders {
		names[i] = b.name
	}
	return names
}

// Service is one example API. It is safe for concurrent use.
type Service struct {
	name    string
	title   string
	seed    uint64
	scale   float64
	now     func() time.Time
	started time.Time

	table     *table
	signer    signer
	documents documents
	keyrings  *store[keyring]
	faults    *faultSet
	pool      pool
	leak      leak
	log       requestLog
	sockets   *hub

	requests atomic.Uint64 // numbers the requests, for their ids
	logins   atomic.Uint64 // numbers the sessions
	inFlight atomic.Int64
	dropped  atomic.Uint64 // answers cut short by a fault

	done  chan struct{}
	close sync.Once
}

// New makes the service called name (see Names). Call Close when done with it.
func New(name string, o Options) (*Service, error) {
	i := slices.Index(Names(), name)
	if i < 0 {
		return nil, fmt.Errorf("there is no example service %q; there are %s", name, strings.Join(Names(), ", "))
	}
	if !(o.Scale >= 0 && o.Scale <= maxScale) {
		return nil, fmt.Errorf("the latency scale is %v; it must be from 0 to %d", o.Scale, maxScale)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Service{
		name:    name,
		title:   builders[i].title,
		seed:    o.Seed,
		scale:   o.Scale,
		now:     o.Now,
		started: o.Now(),
		done:    make(chan struct{}),
	}
	s.signer = newSigner(o.Seed)
	s.keyrings = newStore[keyring]("", keptCreations)
	s.log.limit = o.KeepLog
	s.sockets = newHub(s)
	s.faults = newFaultSet(s)
	table, err := newTable(builders[i].build(s))
	if err != nil {
		return nil, err
	}
	s.table = table
	s.publish()
	for _, f := range o.Faults {
		if _, err := s.faults.add(f); err != nil {
			s.Close()
			return nil, err
		}
	}
	return s, nil
}

// Close ends sockets, waiting requests and background work, and waits for the
// sockets. It may be called more than once; later requests are answered 503.
func (s *Service) Close() {
	s.close.Do(func() { close(s.done) })
	s.faults.clear()
	s.sockets.shutdown()
	s.leak.release()
}

func (s *Service) requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); id != "" && len(id) <= 128 {
		return id
	}
	return "req-" + strconv.FormatUint(s.requests.Add(1), 16)
}

// ServeHTTP answers one request. /__faults controls the faults, and /__sockets
// is the log of the sockets; they are neither delayed nor counted.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := s.requestID(r)
	w.Header().Set("X-Request-Id", id)
	switch r.URL.Path {
	case faultsPath:
		s.control(r, id).write(w, r.Method)
		return
	case socketsPath:
		s.socketLog(r, id).write(w, r.Method)
		return
	}
	c := s.newCall(r, id)
	c.nth = s.inFlight.Add(1)
	answer := s.attend(c)
	s.finish(c, answer.status)
	switch {
	case answer.upgrade != nil:
		answer.upgrade(w)
	case answer.flow != nil:
		answer.flow.write(w, c, answer)
	case c.cut:
		s.dropped.Add(1)
		answer.cutShort(w)
	default:
		answer.write(w, r.Method)
	}
}

// finish accounts for c before its answer is written, so that whoever has read
// an answer finds it counted.
func (s *Service) finish(c *call, status int) {
	s.inFlight.Add(-1)
	c.resource.metrics.observe(c.r.Method, status, s.now().Sub(c.began))
	s.log.add(Entry{Method: c.r.Method, Route: c.resource.pattern, Path: c.r.URL.RequestURI(), Status: status})
}
