package exampleapi

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// An api is a service behind a real server, and a client for it.
type api struct {
	t       *testing.T
	service *Service
	base    string
	client  *http.Client
	token   string
}

func start(t *testing.T, name string, o Options) *api {
	t.Helper()
	s, err := New(name, o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(s)
	t.Cleanup(func() {
		s.Close()
		server.Close()
	})
	return &api{t: t, service: s, base: server.URL, client: server.Client()}
}

// signedIn is start and a login.
func signedIn(t *testing.T, name string, o Options) *api {
	t.Helper()
	a := start(t, name, o)
	a.token = a.login("user@example.com")
	return a
}

func (a *api) login(email string) string {
	a.t.Helper()
	path := map[string]string{"orchestrator": "/api/auth/login", "autoarr": "/api/v1/auth/login", "quickstart": "/login", "cookbook": "/auth/login"}[a.service.name]
	answer := a.want(200, "POST", path, `{"email":"`+email+`","password":"open-sesame"}`, "Content-Type", jsonKind)
	return answer.field("access_token").(string)
}

type response struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

func (a *api) do(method, path, body string, header ...string) response {
	a.t.Helper()
	r, err := a.send(method, path, body, header...)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

// send is do for requests that may fail.
func (a *api) send(method, path, body string, header ...string) (response, error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(a.t.Context(), method, a.base+path, reader)
	if err != nil {
		return response{}, err
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return response{}, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return response{a.t, resp.StatusCode, resp.Header, string(text)}, err
}

func (a *api) want(status int, method, path, body string, header ...string) response {
	a.t.Helper()
	r := a.do(method, path, body, header...)
	if r.status != status {
		a.t.Fatalf("%s %s: got status %d, want %d: %s", method, path, r.status, status, r.body)
	}
	return r
}

// field looks a dotted path up in the JSON answer.
func (r response) field(path string) any {
	r.t.Helper()
	var v any
	if err := json.Unmarshal([]byte(r.body), &v); err != nil {
		r.t.Fatalf("%v in %s", err, r.body)
	}
	for name := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			r.t.Fatalf("no %s in %s", path, r.body)
		}
		v = m[name]
	}
	return v
}

func (a *api) fault(f string) {
	a.t.Helper()
	body, _ := json.Marshal(faultInput{f})
	a.want(201, "POST", faultsPath, string(body))
}

// until asks again and again, as fast as it can, until ok.
func (a *api) until(what string, ok func() bool) {
	a.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			a.t.Fatalf("gave up waiting until %s", what)
		}
		a.want(200, "GET", faultsPath, "")
	}
}

// inFlight waits until n requests are being answered.
func (a *api) inFlight(n int64) {
	a.t.Helper()
	a.until("requests are in flight", func() bool { return a.service.inFlight.Load() == n })
}

// A fakeClock stands still until it is moved.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
