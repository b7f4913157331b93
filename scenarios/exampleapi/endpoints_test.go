package exampleapi

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

type endpoint struct {
	method, path, body string
	status             int
}

// Every endpoint that the two guides name, as a signed-in user calls it.
var guideEndpoints = map[string][]endpoint{
	"orchestrator": {
		{"GET", "/health", "", 200},
		{"GET", "/health/detailed", "", 200},
		{"GET", "/metrics", "", 200},
		{"GET", "/api/auth/me", "", 200},
		{"GET", "/api/auth/keys", "", 200},
		{"GET", "/api/workflows", "", 200},
		{"GET", "/api/workflows/wf-1/status", "", 200},
		{"POST", "/api/workflows", `{"name":"w","steps":[{"kind":"http","retries":2}]}`, 201},
		{"PUT", "/api/workflows/wf-1", `{"name":"w2"}`, 200},
		{"POST", "/api/workflows/wf-1/execute", "", 202},
		{"GET", "/api/leads", "", 200},
		{"POST", "/api/leads", `{"email":"a@b.c","name":"A"}`, 201},
		{"GET", "/api/leads/lead-1", "", 200},
		{"GET", "/api/campaigns", "", 200},
		{"GET", "/api/campaigns/camp-1/metrics", "", 200},
		{"GET", "/api/nonexistent", "", 404},
		{"GET", "/docs", "", 200},
		{"GET", "/openapi.json", "", 200},
		{"GET", "/api/custom-endpoint", "", 200},
	},
	"autoarr": {
		{"GET", "/health", "", 200},
		{"GET", "/health/ready", "", 200},
		{"GET", "/health/live", "", 200},
		{"GET", "/api/v1/downloads/queue", "", 200},
		{"GET", "/api/v1/downloads/history", "", 200},
		{"GET", "/api/v1/shows", "", 200},
		{"GET", "/api/v1/movies", "", 200},
		{"GET", "/api/v1/media", "", 200},
		{"GET", "/api/v1/settings", "", 200},
		{"PUT", "/api/v1/settings", `{"theme":"light"}`, 200},
		{"GET", "/api/v1/settings/sonarr", "", 200},
		{"PUT", "/api/v1/settings/sonarr", `{"enabled":true,"url":"http://other:1"}`, 200},
		{"POST", "/api/v1/settings/test/sonarr", "{}", 200},
		{"GET", "/api/v1/onboarding/status", "", 200},
		{"POST", "/api/v1/onboarding/step", `{"step":"welcome"}`, 200},
		{"POST", "/api/v1/config/audit", "", 201},
		{"POST", "/api/v1/config/audit", `{"services":["plex"]}`, 201},
		{"GET", "/api/v1/config/audit/history", "", 200},
		{"GET", "/api/v1/config/audit/audit-1", "", 200},
		{"POST", "/content/request", `{"query":"a film about whales"}`, 201},
		{"GET", "/content/requests", "", 200},
		{"GET", "/api/v1/activity", "", 200},
		{"GET", "/api/v1/logs", "", 200},
		{"GET", "/api/v1/ws", "", 426},
		{"GET", "/metrics", "", 200},
		{"GET", "/docs", "", 200},
		{"GET", "/openapi.json", "", 200},
	},
	"quickstart": {
		{"GET", "/health", "", 200},
		{"GET", "/products", "", 200},
		{"GET", "/products/product-1", "", 200},
		{"POST", "/orders", `{"product_id":"product-1","quantity":2}`, 201},
		{"GET", "/orders/order-1", "", 200},
		{"GET", "/metrics", "", 200},
	},
}

func TestEveryEndpointOfTheGuides(t *testing.T) {
	for name, endpoints := range guideEndpoints {
		t.Run(name, func(t *testing.T) {
			a := signedIn(t, name, Options{})
			for _, e := range endpoints {
				r := a.want(e.status, e.method, e.path, e.body)
				if r.header.Get("X-Request-Id") == "" {
					t.Errorf("%s %s: no X-Request-Id", e.method, e.path)
				}
				if got := r.header.Get("Content-Length"); got != strconv.Itoa(len(r.body)) {
					t.Errorf("%s %s: Content-Length %q for %d bytes", e.method, e.path, got, len(r.body))
				}
			}
		})
	}
}

func TestListsAreNotEmpty(t *testing.T) {
	for name := range guideEndpoints {
		a := signedIn(t, name, Options{})
		for _, rt := range a.service.table.routes {
			if !rt.paged {
				continue
			}
			r := a.want(200, "GET", rt.pattern+"?page=1&limit=3", "")
			if n := len(r.field("items").([]any)); n != 3 {
				t.Errorf("%s: %d items, want 3", rt.pattern, n)
			}
		}
	}
}

func TestProtectedRoutesWantCredentials(t *testing.T) {
	openRoutes := []string{"/health", "/health/ready", "/health/live", "/health/detailed", "/metrics", "/docs", "/openapi.json",
		"/api/auth/login", "/api/v1/auth/login", "/login", "/api/custom-endpoint", "/products", "/products/:id"}
	for name := range guideEndpoints { // the cookbook's routes have guards of their own
		a := start(t, name, Options{})
		for _, rt := range a.service.table.routes {
			path := strings.NewReplacer(":id", "x", ":service", "x").Replace(rt.pattern)
			r := a.do(rt.method, path, "")
			if open := slices.Contains(openRoutes, rt.pattern); open != rt.open || open == (r.status == 401) {
				t.Errorf("%s: open is %v, status without credentials %d", rt.name(), rt.open, r.status)
			}
			if r.status == 401 && r.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s: 401 without WWW-Authenticate", rt.name())
			}
			for _, bad := range []string{"Bearer nonsense", "Bearer tok_YQ.YQ", "Basic YQ"} {
				if r := a.do(rt.method, path, "", "Authorization", bad); !rt.open && r.status != 401 {
					t.Errorf("%s with %q: status %d", rt.name(), bad, r.status)
				}
			}
		}
	}
}

func TestMethods(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{})
	r := a.want(405, "DELETE", "/api/workflows/wf-1", "")
	if got := r.header.Get("Allow"); got != "GET, HEAD, OPTIONS, PUT" {
		t.Errorf("Allow is %q", got)
	}
	r = a.want(204, "OPTIONS", "/api/leads", "")
	if got := r.header.Get("Allow"); got != "GET, HEAD, OPTIONS, POST" {
		t.Errorf("Allow is %q", got)
	}
	get := a.want(200, "GET", "/api/workflows", "")
	head := a.want(200, "HEAD", "/api/workflows", "")
	if head.body != "" || head.header.Get("Content-Length") != strconv.Itoa(len(get.body)) {
		t.Errorf("HEAD answers %d bytes and Content-Length %s", len(head.body), head.header.Get("Content-Length"))
	}
	for _, path := range []string{"/", "/api/workflows/", "/api/workflows/wf-1/", "/api/workflows//status", "/nowhere/at/all"} {
		a.want(404, "GET", path, "")
	}
	if r := a.want(404, "GET", "/nowhere", "", "X-Request-Id", "mine"); r.field("request_id") != "mine" || r.header.Get("X-Request-Id") != "mine" {
		t.Errorf("the request id is not the client's: %s", r.body)
	}
}
