package mock

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// say is an answer with a body.
func say(body string) func(Request) (Answer, error) {
	return func(Request) (Answer, error) { return Answer{Status: 200, Body: []byte(body)}, nil }
}

func serve(t *testing.T, routes ...Route) (*Server, *Log) {
	t.Helper()
	for i := range routes {
		if routes[i].Share == 0 {
			routes[i].Share = 1
		}
	}
	log := NewLog()
	s, err := Serve("api", routes, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, log
}

// deadline is how long a test waits for what must happen.
const deadline = time.Minute

// raw is what a server sends until the connection ends, and how it ended.
func raw(t *testing.T, s *Server, request string) (string, error) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(deadline))
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(conn)
	return string(data), err
}

const (
	getX     = "GET /x HTTP/1.1\r\nHost: api.mock\r\n\r\n"
	getXOnce = "GET /x HTTP/1.1\r\nHost: api.mock\r\nConnection: close\r\n\r\n"
)

// get is the status and body of an answer.
func get(t *testing.T, s *Server, target string) (int, string) {
	t.Helper()
	res, err := http.Get("http://" + s.Addr().String() + target)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestRoutes(t *testing.T) {
	for _, c := range []struct{ route, method, path, want string }{
		{"/", "GET", "/", "map[]"},
		{"/a", "GET", "/a", "map[]"},
		{"/a", "GET", "/a/", "-"},
		{"/a/", "GET", "/a/", "map[]"},
		{"/a", "GET", "/b", "-"},
		{"/a", "POST", "/a", "map[]"},
		{"/a b", "GET", "/a%20b", "map[]"},
		{"/a:b", "GET", "/a:b", "map[]"},
		{"/:id", "GET", "/7", "map[id:7]"},
		{"/:id", "GET", "/", "-"},
		{"/:id", "GET", "/7/8", "-"},
		{"/:id", "GET", "/a%2Fb", "map[id:a/b]"},
		{"/x/:id/y", "GET", "/x/%C3%A4/y", "map[id:ä]"},
		{"/x/:id/y", "GET", "/x/1/z", "-"},
		{"/f/*path", "GET", "/f/a/b%20c", "map[path:a/b c]"},
		{"/f/*path", "GET", "/f/", "map[path:]"},
		{"/f/*path", "GET", "/f", "-"},
		{"/*all", "GET", "/", "map[all:]"},
		{"/:a/*b", "GET", "/1/2/3", "map[a:1 b:2/3]"},
	} {
		r, err := newRoute(Route{Path: c.route, Share: 1, Answer: say("")})
		if err != nil {
			t.Fatal(err)
		}
		got := "-"
		if params, ok := r.match(c.method, c.path); ok {
			got = fmt.Sprint(params)
		}
		if got != c.want {
			t.Errorf("%s of %s: got %s, want %s", c.path, c.route, got, c.want)
		}
	}
	r, _ := newRoute(Route{Method: "GET", Path: "/a", Share: 1, Answer: say("")})
	if _, ok := r.match("POST", "/a"); ok {
		t.Error("a route took another method")
	}
}

func TestBadRoutes(t *testing.T) {
	for _, c := range []struct {
		route Route
		want  string
	}{
		{Route{Path: "a"}, "must begin with a slash"},
		{Route{Path: "/:"}, "no name behind its :"},
		{Route{Path: "/:a/:a"}, `called "a"`},
		{Route{Path: "/*a/b"}, "must be the last segment"},
		{Route{Path: "/", Share: 1.5}, "between 0 and 1"},
		{Route{Path: "/", Times: -1}, "-1 times"},
		{Route{Path: "/"}, "has no answer"},
		{Route{Path: "/", Fault: Truncate}, "has no answer"},
		{Route{Path: "/", Fault: "explode"}, `the fault "explode"`},
	} {
		if c.want != "has no answer" {
			c.route.Answer = say("")
		}
		s, err := Serve("api", []Route{c.route}, NewLog())
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), `mock "api"`) {
			t.Errorf("%+v: %v", c.route, err)
		}
		if s != nil {
			s.Close()
		}
	}
}

// The first route that matches answers, not the longest; one that is used up
// lets those behind it answer.
func TestOrderAndTimes(t *testing.T) {
	s, log := serve(t,
		Route{Method: "GET", Path: "/items/:id", Times: 2, Answer: say("first")},
		Route{Path: "/items/7", Answer: say("second")},
	)
	for i, want := range []string{"first", "first", "second"} {
		if status, got := get(t, s, "/items/7"); got != want || status != 200 {
			t.Errorf("%d: %d %s, want %s", i, status, got, want)
		}
	}
	status, text := get(t, s, "/items/8?page=1")
	if want := "mock \"api\" has no route for GET /items/8\n  GET /items/:id  (used up: times = 2)\n  any /items/7\n"; status != 404 || text != want {
		t.Errorf("%d %q", status, text)
	}
	var keys []string
	for _, e := range log.Entries() {
		keys = append(keys, fmt.Sprintf("%s %d %d", e.Key, e.Route, e.Request.Count))
	}
	if got, want := strings.Join(keys, ", "), "GET /items/:id 0 1, GET /items/:id 0 2, GET /items/7 1 1, GET /items/8 -1 0"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestShare(t *testing.T) {
	for _, share := range []float64{0, 0.07, 0.1, 0.29, 1.0 / 3, 0.5, 0.999, 1} {
		r := &route{Route: Route{Share: share}}
		for n := 1; n <= 3000; n++ {
			r.take()
			exact := share * float64(n)
			if d := exact - float64(r.taken); d < -1e-6 || d >= 1 {
				t.Fatalf("share %g: %d of %d", share, r.taken, n)
			}
		}
	}
	r := &route{Route: Route{Share: 0.1}}
	for n := 1; n <= 30; n++ {
		if took := r.take(); took != (n%10 == 0) {
			t.Errorf("request %d: %v", n, took)
		}
	}
}

// What a server was sent is all there: for the answer, and in the log.
func TestRequest(t *testing.T) {
	var seen Request
	s, log := serve(t, Route{Method: "POST", Path: "/orders/:id", Answer: func(r Request) (Answer, error) {
		seen = r
		return Answer{Status: 201, Headers: map[string]string{"x-a": "1"}, Body: []byte("made")}, nil
	}})
	got, err := raw(t, s, "POST /orders/a%20b?q=1&q=2&z= HTTP/1.1\r\nHost: api.mock\r\nX-Two: a\r\nx-two: b\r\n"+
		"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
	if err != nil || !strings.HasPrefix(got, "HTTP/1.1 201 Created\r\n") || !strings.Contains(got, "\r\nX-A: 1\r\n") ||
		!strings.Contains(got, "\r\nContent-Length: 4\r\n") || strings.Contains(got, "Content-Type") || !strings.HasSuffix(got, "\r\n\r\nmade") {
		t.Errorf("%q, %v", got, err)
	}
	s.Close() // the handler has ended: what it saw can be read
	want := "{POST /orders/a%20b map[id:a b] map[q:1 z:] map[connection:close host:api.mock x-two:a, b] abcde 1}"
	if got := fmt.Sprint(seen); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if e := log.Entries(); len(e) != 1 || fmt.Sprint(e[0].Request) != want || e[0].Key != "POST /orders/:id" || e[0].Server != "api" {
		t.Errorf("%+v", e)
	}
}

// A request that does not come whole is not answered and not in the log.
func TestBrokenRequest(t *testing.T) {
	s, log := serve(t, Route{Path: "/x", Answer: say("")})
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(deadline))
	_, _ = io.WriteString(conn, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
	_ = conn.(*net.TCPConn).CloseWrite()
	if got, _ := io.ReadAll(conn); len(got) > 0 {
		t.Errorf("%q", got)
	}
	if len(log.Entries()) != 0 {
		t.Error("half a request is in the log")
	}
}

func TestAnswersThatCannotBe(t *testing.T) {
	odd := errors.New("odd")
	s, log := serve(t,
		Route{Path: "/error", Answer: func(Request) (Answer, error) { return Answer{}, odd }},
		Route{Path: "/status", Answer: func(Request) (Answer, error) { return Answer{Status: 99}, nil }},
		Route{Path: "/body", Answer: func(Request) (Answer, error) { return Answer{Status: 204, Body: []byte("x")}, nil }},
	)
	for _, path := range []string{"/body", "/error", "/error", "/status"} {
		if status, text := get(t, s, path); status != 500 || !strings.Contains(text, path) {
			t.Errorf("%s: %d %s", path, status, text)
		}
	}
	f := log.Failures()
	if len(f) != 3 || f[0].Err != odd || f[0].Times != 2 || f[1].Route != 1 || !strings.Contains(f[1].Err.Error(), "99") || f[2].Server != "api" {
		t.Errorf("%+v", f)
	}
}

func TestFaults(t *testing.T) {
	s, log := serve(t,
		Route{Path: "/x", Fault: Reset, Times: 1},
		Route{Path: "/x", Fault: Close, Times: 1},
		Route{Path: "/x", Fault: Garbage, Times: 1},
		Route{Path: "/x", Fault: Truncate, Times: 1, Answer: say("0123456789")},
		Route{Path: "/x", Fault: Truncate, Times: 1, Answer: say("")},
		Route{Path: "/x", Fault: Truncate, Times: 1, Answer: func(Request) (Answer, error) { return Answer{Status: 204}, nil }},
	)
	if got, err := raw(t, s, getX); !errors.Is(err, syscall.ECONNRESET) || got != "" {
		t.Errorf("reset: %q, %v", got, err)
	}
	if got, err := raw(t, s, getX); err != nil || got != "" {
		t.Errorf("close: %q, %v", got, err)
	}
	if got, err := raw(t, s, getX); err != nil || got != notHTTP {
		t.Errorf("garbage: %q, %v", got, err)
	}
	if got, err := raw(t, s, getX); err != nil || !strings.Contains(got, "\r\nContent-Length: 10\r\n") || !strings.HasSuffix(got, "\r\n\r\n01234") {
		t.Errorf("truncate: %q, %v", got, err)
	}
	if got, err := raw(t, s, getX); err != nil || !strings.Contains(got, "\r\nContent-Length: 1\r\n") || !strings.HasSuffix(got, "\r\n\r\n") {
		t.Errorf("truncate without a body: %q, %v", got, err)
	}
	if got, err := raw(t, s, getX); err != nil || got != halfHead {
		t.Errorf("truncate where there can be no body: %q, %v", got, err)
	}
	if n := len(log.Entries()); n != 6 {
		t.Errorf("%d requests", n)
	}
}

// A hang ends when the client goes, and when the server is closed.
func TestHang(t *testing.T) {
	s, log := serve(t, Route{Path: "/x", Fault: Hang})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	req, _ := http.NewRequestWithContext(ctx, "GET", "http://"+s.Addr().String()+"/x", nil)
	go func() {
		_, err := http.DefaultClient.Do(req)
		gone <- err
	}()
	await(t, log, 1)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	ended := make(chan string, 1)
	go func() {
		got, err := raw(t, s, getX)
		ended <- fmt.Sprint(got, err)
	}()
	await(t, log, 2)
	s.Close()
	if got := <-ended; got != "<nil>" && !strings.Contains(got, "reset") {
		t.Error(got)
	}
}

// await returns once so many requests are in the log.
func await(t *testing.T, log *Log, n int) {
	t.Helper()
	for end := time.Now().Add(deadline); len(log.Entries()) < n; {
		if time.Now().After(end) {
			t.Fatalf("%d requests did not come", n)
		}
		time.Sleep(time.Millisecond)
	}
}

// A latency is waited with before the first byte, and no longer than the
// server is there.
func TestLatency(t *testing.T) {
	const latency = 60 * time.Millisecond
	s, log := serve(t,
		Route{Path: "/x", Latency: func() time.Duration { return latency }, Answer: say("late")},
		Route{Path: "/never", Latency: func() time.Duration { return time.Hour }, Answer: say("")},
	)
	began := time.Now()
	if got, err := raw(t, s, getXOnce); err != nil || !strings.HasSuffix(got, "late") {
		t.Errorf("%q, %v", got, err)
	}
	if took := time.Since(began); took < latency {
		t.Errorf("answered after %v", took)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = raw(t, s, strings.Replace(getX, "/x", "/never", 1))
	}()
	await(t, log, 2)
	s.Close()
	<-done
}

// After Close nothing of the server is left, whatever it was doing; a second
// Close does nothing.
func TestClose(t *testing.T) {
	s, log := serve(t, Route{Path: "/x", Fault: Hang}, Route{Path: "/y", Answer: say("y")})
	idle, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	_ = idle.SetDeadline(time.Now().Add(deadline))
	_, _ = io.WriteString(idle, strings.Replace(getX, "/x", "/y", 1))
	if _, err := http.ReadResponse(bufio.NewReader(idle), nil); err != nil {
		t.Fatal(err)
	}
	hung := make(chan struct{})
	go func() {
		defer close(hung)
		_, _ = raw(t, s, getX)
	}()
	await(t, log, 2)
	s.Close()
	s.Close()
	if len(s.conns) != 0 {
		t.Errorf("%d connections are left", len(s.conns))
	}
	<-hung
	if _, err := idle.Read(make([]byte, 1)); err == nil {
		t.Error("the idle connection is open")
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("it still listens")
	}
}

// Over HTTP/2 faults reset the stream, and requests beside it live on.
func TestHTTP2(t *testing.T) {
	s, log := serve(t,
		Route{Path: "/reset", Fault: Reset}, Route{Path: "/truncate", Fault: Truncate, Answer: say("0123456789")},
		Route{Path: "/x", Answer: say("fine")}, Route{Path: "/hang", Fault: Hang},
	)
	transport := &http.Transport{Protocols: new(http.Protocols)}
	transport.Protocols.SetUnencryptedHTTP2(true)
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	do := func(path string) (string, error) {
		res, err := client.Get("http://" + s.Addr().String() + path)
		if err != nil {
			return "", err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		return res.Proto + " " + string(body), err
	}
	if got, err := do("/x"); err != nil || got != "HTTP/2.0 fine" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := do("/reset"); err == nil {
		t.Error("no fault")
	}
	if got, err := do("/truncate"); err == nil || got != "HTTP/2.0 01234" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := do("/x"); err != nil || got != "HTTP/2.0 fine" {
		t.Errorf("%s, %v", got, err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := do("/hang")
		ended <- err
	}()
	await(t, log, 5)
	s.Close()
	if err := <-ended; err == nil {
		t.Error("a hang was answered")
	}
}

// A log has an end, and says how much lies behind it; it has no gaps.
func TestLogIsBounded(t *testing.T) {
	s, log := serve(t, Route{Path: "/x", Answer: say("")})
	log.requests = 3
	for range 5 {
		get(t, s, "/x")
	}
	if e := log.Entries(); len(e) != 3 || e[2].Request.Count != 3 || log.Lost() != 2 {
		t.Errorf("%d requests, %d lost", len(e), log.Lost())
	}
	s, log = serve(t, Route{Path: "/x", Answer: say("")})
	log.max = 1000
	for _, path := range []string{"/x", "/x?q=" + strings.Repeat("x", 1000), "/x"} {
		if status, _ := get(t, s, path); status != 200 {
			t.Error(status)
		}
	}
	if len(log.Entries()) != 1 || log.Lost() != 2 {
		t.Errorf("%d requests, %d lost", len(log.Entries()), log.Lost())
	}
}

// Several servers may share a log, which then is the order among them; and
// many may ask at once.
func TestSharedLog(t *testing.T) {
	log := NewLog()
	var servers []*Server
	for _, name := range []string{"a", "b"} {
		s, err := Serve(name, []Route{{Method: "GET", Path: "/x", Share: 1, Latency: func() time.Duration { return 0 }, Answer: say(name)}}, log)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		servers = append(servers, s)
	}
	done := make(chan struct{})
	const each = 50
	for i := range 8 {
		go func() {
			defer func() { done <- struct{}{} }()
			for range each {
				get(t, servers[i%2], "/x")
			}
		}()
	}
	for range 8 {
		<-done
	}
	count := map[string]int{}
	for _, e := range log.Entries() {
		count[e.Server]++
		if e.Request.Count != count[e.Server] {
			t.Fatalf("request %d of %s has the count %d", count[e.Server], e.Server, e.Request.Count)
		}
	}
	if count["a"] != 4*each || count["b"] != 4*each {
		t.Error(count)
	}
}
