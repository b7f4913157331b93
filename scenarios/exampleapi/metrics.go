package exampleapi

import (
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// bucketBounds are the upper bounds of the latency histogram, in seconds.
var bucketBounds = [...]float64{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10}

// routeMetrics counts the answers of one resource, by method.
type routeMetrics struct {
	mu      sync.Mutex
	methods map[string]*methodMetrics
}

type methodMetrics struct {
	statuses map[int]uint64
	buckets  [len(bucketBounds) + 1]uint64 // not cumulative; the last has no bound
	sum      float64                       // seconds
	count    uint64
}

func (m *routeMetrics) observe(method string, status int, took time.Duration) {
	method = knownMethod(method)
	seconds := max(took.Seconds(), 0)
	bucket, _ := slices.BinarySearch(bucketBounds[:], seconds)
	m.mu.Lock()
	defer m.mu.Unlock()
	mm := m.methods[method]
	if mm == nil {
		if m.methods == nil {
			m.methods = map[string]*methodMetrics{}
		}
		mm = &methodMetrics{statuses: map[int]uint64{}}
		m.methods[method] = mm
	}
	mm.statuses[status]++
	mm.buckets[bucket]++
	mm.sum += seconds
	mm.count++
}

// knownMethod keeps made-up methods from making series.
func knownMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut,
		http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "OTHER"
}

// A routeSample is what routeMetrics held at one moment.
type routeSample struct {
	route, method string
	methodMetrics
}

func (m *routeMetrics) samples(route string) []routeSample {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []routeSample
	for method, mm := range m.methods {
		c := *mm
		c.statuses = make(map[int]uint64, len(mm.statuses))
		for status, n := range mm.statuses {
			c.statuses[status] = n
		}
		out = append(out, routeSample{route, method, c})
	}
	slices.SortFunc(out, func(a, b routeSample) int { return compare(a.method, b.method) })
	return out
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// exposition is a Prometheus text document under construction.
type exposition []byte

func (e *exposition) family(name, kind, help string) {
	*e = append(*e, "# HELP "+name+" "+help+"\n# TYPE "+name+" "+kind+"\n"...)
}

// sample appends one value; labels are name, value, name, value.
func (e *exposition) sample(name string, value float64, labels ...string) {
	b := append([]byte(*e), name...)
	for i := 0; i+1 < len(labels); i += 2 {
		if i == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(b, labels[i]...)
		b = append(b, '=')
		b = strconv.AppendQuote(b, labels[i+1])
	}
	if len(labels) > 0 {
		b = append(b, '}')
	}
	b = append(b, ' ')
	b = strconv.AppendFloat(b, value, 'g', -1, 64)
	*e = append(b, '\n')
}

func (e *exposition) single(name, kind, help string, value float64) {
	e.family(name, kind, help)
	e.sample(name, value)
}

func (e *exposition) requests(samples []routeSample) {
	e.family("http_requests_total", "counter", "Requests answered.")
	for _, s := range samples {
		statuses := make([]int, 0, len(s.statuses))
		for status := range s.statuses {
			statuses = append(statuses, status)
		}
		slices.Sort(statuses)
		for _, status := range statuses {
			e.sample("http_requests_total", float64(s.statuses[status]),
				"method", s.method, "route", s.route, "status", strconv.Itoa(status))
		}
	}
	e.family("http_request_duration_seconds", "histogram", "Time from a request's arrival to its answer.")
	for _, s := range samples {
		var below uint64
		for i, n := range s.buckets {
			below += n
			bound := "+Inf"
			if i < len(bucketBounds) {
				bound = strconv.FormatFloat(bucketBounds[i], 'g', -1, 64)
			}
			e.sample("http_request_duration_seconds_bucket", float64(below),
				"method", s.method, "route", s.route, "le", bound)
		}
		e.sample("http_request_duration_seconds_sum", s.sum, "method", s.method, "route", s.route)
		e.sample("http_request_duration_seconds_count", float64(s.count), "method", s.method, "route", s.route)
	}
}

// metricsPage describes the service by what it has done before this request.
func (s *Service) metricsPage(*call) (reply, error) {
	var samples []routeSample
	for _, res := range s.table.resources {
		samples = append(samples, res.metrics.samples(res.pattern)...)
	}
	samples = append(samples, s.table.unmatched.metrics.samples(s.table.unmatched.pattern)...)
	e := make(exposition, 0, 4096+len(samples)*1600)
	e.requests(samples)
	e.single("http_requests_in_progress", "gauge", "Requests being answered, with this one.", float64(s.inFlight.Load()))
	e.single("http_answers_dropped_total", "counter", "Answers cut in the middle.", float64(s.dropped.Load()))
	size, _ := s.faults.poolLimits(s.now())
	p := s.pool.state(size)
	e.single("db_pool_size", "gauge", "Simulated database connections.", float64(p.size))
	e.single("db_pool_in_use", "gauge", "Simulated database connections in use.", float64(p.inUse))
	e.single("db_pool_waiting", "gauge", "Requests waiting for a connection.", float64(p.waiting))
	e.single("db_pool_timeouts_total", "counter", "Requests that waited too long for a connection.", float64(p.timeouts))
	e.single("websocket_connections", "gauge", "Open sockets.", float64(s.sockets.open()))
	e.family("websocket_messages_total", "counter", "Messages on sockets.")
	e.sample("websocket_messages_total", float64(s.sockets.received.Load()), "direction", "in")
	e.sample("websocket_messages_total", float64(s.sockets.sent.Load()), "direction", "out")
	e.single("app_leaked_bytes", "gauge", "Memory kept by a leak.", float64(s.leak.bytes()))
	s.appendProcess(&e)
	return reply{status: http.StatusOK, kind: metricsKind, body: e}, nil
}
