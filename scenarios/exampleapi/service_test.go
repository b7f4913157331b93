package exampleapi

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestNewRefuses(t *testing.T) {
	slow, err := ParseFault("slow:GET /nowhere:+1s")
	if err != nil {
		t.Fatal(err)
	}
	socket, err := ParseFault("ws-drop")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name string
		o    Options
		want string
	}{
		{"nobody", Options{}, "orchestrator, autoarr, quickstart, cookbook"},
		{"orchestrator", Options{Scale: -1}, "from 0 to 1000"},
		{"orchestrator", Options{Scale: math.NaN()}, "from 0 to 1000"},
		{"orchestrator", Options{Faults: []Fault{slow}}, "GET /api/leads/:id"},
		{"orchestrator", Options{Faults: []Fault{socket}}, "no sockets"},
		{"orchestrator", Options{Faults: []Fault{{Kind: "odd"}}}, "the kinds are"},
	} {
		if _, err := New(test.name, test.o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("New(%q, %+v): got error %v, want one with %q", test.name, test.o, err, test.want)
		}
	}
}

func TestClosedServicesSaySo(t *testing.T) {
	a := start(t, "orchestrator", Options{})
	a.service.Close()
	a.service.Close()
	a.want(503, "GET", "/health", "")
}

func TestCloseEndsWaitingRequests(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{})
	a.fault("hang")
	got := make(chan int, 1)
	go func() {
		r, _ := a.send("GET", "/api/leads", "")
		got <- r.status
	}()
	a.inFlight(1)
	a.service.Close()
	if status := <-got; status != 503 {
		t.Errorf("status is %d, want 503", status)
	}
}

func TestLatencyDrawsDependOnTheSeedOnly(t *testing.T) {
	draws := func(seed uint64, interleave bool) []time.Duration {
		s, err := New("orchestrator", Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		var out []time.Duration
		for range 50 {
			if interleave {
				s.newCall(httptest.NewRequest("GET", "/health", nil), "")
			}
			c := s.newCall(httptest.NewRequest("GET", "/api/leads", nil), "")
			out = append(out, c.latency().draw(c.dice))
		}
		return out
	}
	first := draws(1, false)
	if !slices.Equal(first, draws(1, true)) {
		t.Error("the same seed gives other draws")
	}
	if slices.Equal(first, draws(2, false)) {
		t.Error("another seed gives the same draws")
	}
}

func TestScaleMultipliesLatency(t *testing.T) {
	s := &Service{scale: 0.5}
	if got := s.scaled(time.Second); got != time.Second/2 {
		t.Errorf("got %s", got)
	}
	slowest := start(t, "quickstart", Options{Scale: 0.001})
	slowest.want(200, "GET", "/products", "")
}

// The guides promise these limits; without faults they hold with room to spare.
func TestLatenciesKeepTheBudgetsOfTheGuides(t *testing.T) {
	type budget struct{ p95, p99, max time.Duration }
	half := budget{250 * time.Millisecond, 500 * time.Millisecond, 5 * time.Second}
	limits := func(service string, rt *route) budget {
		switch {
		case service == "orchestrator":
			return budget{150 * time.Millisecond, 500 * time.Millisecond, 5 * time.Second}
		case rt.pattern == "/api/v1/config/audit":
			return budget{2500 * time.Millisecond, 5 * time.Second, 10 * time.Second}
		case rt.method != "GET":
			return budget{time.Second, 2500 * time.Millisecond, 5 * time.Second}
		}
		return half
	}
	for _, name := range Names() {
		a := start(t, name, Options{})
		for _, rt := range a.service.table.routes {
			dice := rand.New(rand.NewPCG(1, 2))
			draws := make([]time.Duration, 20_000)
			for i := range draws {
				draws[i] = rt.latency.draw(dice)
			}
			slices.Sort(draws)
			b := limits(name, rt)
			p95, p99, most := draws[19_000], draws[19_800], draws[19_999]
			if rt.latency.median == 0 || p95 > b.p95 || p99 > b.p99 || most > b.max {
				t.Errorf("%s %s: p95 %s, p99 %s, max %s", name, rt.name(), p95, p99, most)
			}
		}
	}
}

func TestOpenAPIListsEveryRoute(t *testing.T) {
	for _, name := range Names() {
		a := start(t, name, Options{})
		var doc struct {
			OpenAPI string `json:"openapi"`
			Info    struct{ Title, Version string }
			Paths   map[string]map[string]struct {
				OperationID string `json:"operationId"`
				Responses   map[string]struct{ Description string }
				Parameters  []struct {
					Name, In string
					Required bool
				}
				Security []any
			}
			Components map[string]any
		}
		if err := json.Unmarshal([]byte(a.want(200, "GET", "/openapi.json", "").body), &doc); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(doc.OpenAPI, "3.") || doc.Info.Title == "" || doc.Info.Version == "" {
			t.Errorf("%s: head of the document: %+v", name, doc.Info)
		}
		docs := a.want(200, "GET", "/docs", "").body
		ids, operations := map[string]bool{}, 0
		for _, item := range doc.Paths {
			operations += len(item)
		}
		if operations != len(a.service.table.routes) {
			t.Errorf("%s: %d operations for %d routes", name, operations, len(a.service.table.routes))
		}
		for _, rt := range a.service.table.routes {
			path := strings.NewReplacer(":id", "{id}", ":service", "{service}", ":tenant", "{tenant}", ":name", "{name}").Replace(rt.pattern)
			op, ok := doc.Paths[path][strings.ToLower(rt.method)]
			if !ok || ids[op.OperationID] || op.OperationID == "" {
				t.Errorf("%s %s: missing, or its id %q is not unique", name, rt.name(), op.OperationID)
			}
			ids[op.OperationID] = true
			if len(op.Responses) == 0 || (len(op.Security) > 0) == (rt.open && rt.guard == nil) {
				t.Errorf("%s %s: %+v", name, rt.name(), op)
			}
			for _, response := range op.Responses {
				if response.Description == "" {
					t.Errorf("%s %s: a response without description", name, rt.name())
				}
			}
			inPath := 0
			for _, p := range op.Parameters {
				if p.In == "path" && p.Required {
					inPath++
				}
			}
			if inPath != strings.Count(rt.pattern, ":") {
				t.Errorf("%s %s: %d path parameters", name, rt.name(), inPath)
			}
			if !strings.Contains(docs, ">"+rt.name()+"<") {
				t.Errorf("%s: /docs does not show %s", name, rt.name())
			}
		}
	}
}

func TestMetricsCountWhatWasSent(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{Scale: 0.01})
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for i := range 25 {
				for _, path := range []string{"/api/leads", fmt.Sprintf("/api/leads/lead-%d", i+1), "/api/leads/nobody", "/nowhere"} {
					if _, err := a.send("GET", path, ""); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	workers.Wait()
	a.want(405, "DELETE", "/api/leads", "")
	a.want(404, "BREW", "/nowhere", "")
	text := a.want(200, "GET", "/metrics", "").body
	for _, want := range []string{
		`http_requests_total{method="GET",route="/api/leads",status="200"} 200`,
		`http_requests_total{method="DELETE",route="/api/leads",status="405"} 1`,
		`http_requests_total{method="GET",route="/api/leads/:id",status="200"} 200`,
		`http_requests_total{method="GET",route="/api/leads/:id",status="404"} 200`,
		`http_requests_total{method="GET",route="unmatched",status="404"} 200`,
		`http_requests_total{method="OTHER",route="unmatched",status="404"} 1`,
		`http_request_duration_seconds_bucket{method="GET",route="/api/leads/:id",le="+Inf"} 400`,
		`http_request_duration_seconds_count{method="GET",route="/api/leads/:id"} 400`,
		"http_requests_in_progress 1",
		"db_pool_in_use 0",
		"app_leaked_bytes 0",
	} {
		if !strings.Contains(text, "\n"+want+"\n") {
			t.Errorf("no line %s", want)
		}
	}
	for _, not := range []string{`route="/metrics"`, faultsPath} {
		if strings.Contains(text, not) {
			t.Errorf("%s is counted too soon, or at all", not)
		}
	}
	checkExposition(t, text)
}

// checkExposition holds a document against the rules of Prometheus' text
// format that we could break.
func checkExposition(t *testing.T, text string) {
	t.Helper()
	if !strings.HasSuffix(text, "\n") {
		t.Error("the last line has no end")
	}
	family := ""
	seen := map[string]bool{}
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if fields[0] == "#" {
			if family = fields[2]; fields[1] == "TYPE" && seen[family] {
				t.Errorf("family %s stands twice", family)
			} else if fields[1] == "TYPE" {
				seen[family] = true
			}
			continue
		}
		if len(fields) != 2 || !strings.HasPrefix(fields[0], family) || seen[fields[0]] && fields[0] != family {
			t.Errorf("under %s: %s", family, line)
		}
		if fields[0] != family {
			seen[fields[0]] = true
		}
	}
}

func BenchmarkServe(b *testing.B) {
	s, err := New("orchestrator", Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for _, path := range []string{"/health", "/api/leads", "/api/leads/lead-7"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					r := httptest.NewRequest("GET", path, nil)
					r.Header.Set("X-API-Key", demoKey)
					w := httptest.NewRecorder()
					if s.ServeHTTP(w, r); w.Code != http.StatusOK {
						b.Error(w.Code)
					}
				}
			})
		})
	}
}
