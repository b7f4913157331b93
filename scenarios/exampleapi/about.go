package exampleapi

import (
	"fmt"
	"html"
	"net/http"
	"slices"
	"strings"
)

const (
	htmlKind    = "text/html; charset=utf-8"
	metricsKind = "text/plain; version=0.0.4; charset=utf-8"
)

// documents are the service's descriptions of itself, made once.
type documents struct {
	openAPI []byte
	docs    []byte
}

// aboutRoutes are the routes by which every service describes itself.
func (s *Service) aboutRoutes() []route {
	return []route{
		{method: "GET", pattern: "/metrics", summary: "Prometheus metrics", open: true, latency: document,
			kind: metricsKind, serve: s.metricsPage},
		{method: "GET", pattern: "/docs", summary: "This API, for people", open: true, latency: document,
			kind: htmlKind, serve: func(*call) (reply, error) {
				return reply{status: http.StatusOK, kind: htmlKind, body: s.documents.docs}, nil
			}},
		{method: "GET", pattern: "/openapi.json", summary: "This API, for machines", open: true, latency: document,
			out: map[string]any{}, serve: func(*call) (reply, error) {
				return encoded(http.StatusOK, s.documents.openAPI), nil
			}},
	}
}

// publish makes the documents from the route table.
func (s *Service) publish() {
	s.documents = documents{openAPI: asJSON(http.StatusOK, s.openAPI()).body, docs: s.docsPage()}
}

func (s *Service) docsPage() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>%[1]s</title></head>\n"+
		"<body><h1>%[1]s</h1>\n<p>Machines read <a href=\"/openapi.json\">/openapi.json</a>.</p>\n"+
		"<table><thead><tr><th>Request</th><th>Answer</th><th>Credentials</th><th>What it does</th></tr></thead><tbody>\n",
		html.EscapeString(s.title))
	for _, rt := range s.table.routes {
		credentials := "token or API key"
		switch {
		case rt.guard != nil:
			credentials = rt.guard.words
		case rt.open:
			credentials = "none"
		}
		statuses := fmt.Sprint(append([]int{rt.success()}, rt.failures()...))
		fmt.Fprintf(&b, "<tr><td><code>%s</code></td><td>%s</td><td>%s</td><td>%s</td></tr>\n",
			html.EscapeString(rt.name()), strings.Trim(statuses, "[]"), credentials, html.EscapeString(rt.summary))
	}
	b.WriteString("</tbody></table></body></html>\n")
	return []byte(b.String())
}

type health struct {
	Status  string  `json:"status"`
	Service string  `json:"service"`
	Uptime  float64 `json:"uptime_seconds"`
}

func (s *Service) healthNow() health {
	return health{"ok", s.name, s.now().Sub(s.started).Seconds()}
}

func (s *Service) health(*call) (reply, error) {
	return asJSON(http.StatusOK, s.healthNow()), nil
}

type detailedHealth struct {
	health
	Database   databaseHealth `json:"database"`
	Memory     memoryHealth   `json:"memory"`
	InProgress int64          `json:"requests_in_progress"`
	Sockets    int            `json:"websocket_connections"`
}

type databaseHealth struct {
	Status   string `json:"status"` // "degraded" from four fifths of the connections
	PoolSize int    `json:"pool_size"`
	InUse    int    `json:"in_use"`
	Waiting  int    `json:"waiting"`
	Timeouts uint64 `json:"timeouts"`
}

type memoryHealth struct {
	Resident uint64 `json:"resident_bytes"`
	Heap     uint64 `json:"heap_bytes"`
	Leaked   int64  `json:"leaked_bytes"`
}

func (s *Service) detailedHealth(*call) (reply, error) {
	size, _ := s.faults.poolLimits(s.now())
	p := s.pool.state(size)
	process := readProcess()
	d := detailedHealth{
		health:     s.healthNow(),
		Database:   databaseHealth{"ok", p.size, p.inUse, p.waiting, p.timeouts},
		Memory:     memoryHealth{process.resident, process.heap, s.leak.bytes()},
		InProgress: s.inFlight.Load(),
		Sockets:    s.sockets.open(),
	}
	if p.inUse*5 >= p.size*4 {
		d.Status, d.Database.Status = "degraded", "degraded"
	}
	return asJSON(http.StatusOK, d), nil
}

// healthRoute is an open route that answers how the service is.
func (s *Service) healthRoute(pattern, summary string) route {
	return route{method: "GET", pattern: pattern, summary: summary, open: true, latency: probe, out: health{}, serve: s.health}
}

// joined puts route tables together.
func joined(tables ...[]route) []route { return slices.Concat(tables...) }
