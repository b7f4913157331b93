package http1

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/faultserver"
)

func serve(t testing.TB) *faultserver.Server {
	t.Helper()
	s, err := faultserver.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func newClient(t testing.TB, config Config) transport.Client {
	t.Helper()
	f := New(config)
	t.Cleanup(f.Close)
	c := f.Client()
	t.Cleanup(c.Close)
	return c
}

// routes are all there are, since a connection serves one of them only.
var routes sync.Map // *transport.Route by what it leads to

func routeTo(scheme, addr, server string) *transport.Route {
	r, _ := routes.LoadOrStore(scheme+" "+addr+" "+server, &transport.Route{Scheme: scheme, Addr: addr, Server: server})
	return r.(*transport.Route)
}

func message(addr, path string) *transport.Message {
	return &transport.Message{
		Route: routeTo("http", addr, "127.0.0.1"), Host: addr, Method: "GET",
		URI: []byte(path), Timeout: 20 * time.Second, KeepBody: true,
	}
}

// sane holds what is true of every result.
func sane(t *testing.T, what string, r *transport.Result) {
	t.Helper()
	if (r.Class == plan.OK) != (r.Err == nil) {
		t.Errorf("%s: class %v with error %v", what, r.Class, r.Err)
	}
	if r.End < r.Start || r.Sent != 0 && (r.Sent < r.Start || r.Sent > r.End) ||
		r.FirstByte != 0 && (r.FirstByte < r.Sent || r.FirstByte > r.End) {
		t.Errorf("%s: times out of order: %+v", what, r)
	}
	if r.Sent != 0 && r.Start+r.DNS+r.Connect+r.TLS != r.Sent {
		t.Errorf("%s: the phases do not add up to the time before sending: %+v", what, r)
	}
	if r.Reused && r.DNS+r.Connect+r.TLS != 0 {
		t.Errorf("%s: phases on a reused connection", what)
	}
	if r.Err != nil {
		text := r.Err.Error()
		if len(text) > dial.MaxText || text == "" || strings.ContainsFunc(text, func(c rune) bool { return c < ' ' }) {
			t.Errorf("%s: error text %q", what, text)
		}
	}
}

// Every way to fail has its class, and leaves the client fit for the next
// exchange, whose answer is its own.
func TestFaults(t *testing.T) {
	const short = 300 * time.Millisecond
	for _, test := range []struct {
		path    string
		class   plan.ErrorClass
		timeout time.Duration
	}{
		{"/hang", plan.FailTimeout, short},
		{"/hang-body", plan.FailTimeout, short},
		{"/drip", plan.FailTimeout, short},
		{"/drip-body", plan.FailTimeout, short},
		{"/reset-before", plan.FailReset, 0},
		{"/reset-headers", plan.FailReset, 0},
		{"/reset-body", plan.FailReset, 0},
		{"/close-before", plan.FailReset, 0},
		{"/close-headers", plan.FailTruncated, 0},
		{"/short", plan.FailTruncated, 0},
		{"/short-chunk", plan.FailTruncated, 0},
		{"/desync?id=0", plan.OK, 0},
		{"/garbage", plan.FailProtocol, 0},
		{"/garbage-status", plan.FailProtocol, 0},
		{"/http09", plan.FailProtocol, 0},
		{"/http2", plan.FailProtocol, 0},
		{"/headers", plan.FailTooLarge, 0},
		{"/line", plan.FailTooLarge, 0},
		{"/cookies", plan.FailTooLarge, 0},
		{"/1xx", plan.FailProtocol, 0},
		{"/infinite", plan.FailTooLarge, 0},
		{"/infinite-chunked", plan.FailTooLarge, 0},
		{"/announced", plan.FailTooLarge, 0},
		{"/hints", plan.OK, 0},
		{"/switch", plan.FailProtocol, 0},
		{"/both-framings", plan.FailProtocol, 0},
		{"/two-lengths", plan.FailProtocol, 0},
		{"/negative-length", plan.FailProtocol, 0},
		{"/unknown-coding", plan.FailProtocol, 0},
		{"/until-close", plan.OK, 0},
		{"/close-header", plan.OK, 0},
		{"/http10", plan.OK, 0},
		{"/http10-keep", plan.OK, 0},
		{"/status/500", plan.OK, 0},
		{"/status/204", plan.OK, 0},
		{"/status/304", plan.OK, 0},
	} {
		t.Run(strings.Trim(test.path, "/"), func(t *testing.T) {
			s := serve(t)
			c := newClient(t, Config{})
			m := message(s.Addr(), test.path)
			if test.timeout != 0 {
				m.Timeout = test.timeout
			}
			var r transport.Result
			c.Do(m, &r)
			sane(t, test.path, &r)
			if r.Class != test.class {
				t.Fatalf("class %v (%v), want %v", r.Class, r.Err, test.class)
			}
			if r.Class == plan.FailTimeout && r.End-r.Start < int64(m.Timeout) {
				t.Errorf("a timeout after %v", time.Duration(r.End-r.Start))
			}
			c.Do(message(s.Addr(), "/ok?id=1"), &r)
			sane(t, "the exchange after it", &r)
			if r.Class != plan.OK || string(r.Body) != "id=1" {
				t.Errorf("the exchange after it: %v %v %q", r.Class, r.Err, r.Body)
			}
			c.Close()
			s.Close()
			if got := s.Count(); got != 2 {
				t.Errorf("the server saw %d requests", got)
			}
		})
	}
}

func TestChunkCases(t *testing.T) {
	s := serve(t)
	c := newClient(t, Config{})
	var r transport.Result
	for _, test := range faultserver.Chunks {
		c.Do(message(s.Addr(), "/chunk/"+test.Name), &r)
		sane(t, test.Name, &r)
		switch {
		case test.OK && (r.Class != plan.OK || string(r.Body) != test.Data || r.BodySize != int64(len(test.Data))):
			t.Errorf("%s: %v %v %q", test.Name, r.Class, r.Err, r.Body)
		case !test.OK && r.Class != plan.FailProtocol && r.Class != plan.FailTruncated && r.Class != plan.FailTooLarge:
			t.Errorf("%s: %v %v", test.Name, r.Class, r.Err)
		}
	}
}

// An answer nobody asked for is never taken for somebody's.
func TestDesync(t *testing.T) {
	s := serve(t)
	c := newClient(t, Config{})
	n := 10_000
	if testing.Short() {
		n = 500
	}
	var r transport.Result
	m := message(s.Addr(), "")
	for i := range n {
		id := fmt.Sprintf("id=%d", i)
		m.URI = fmt.Appendf(m.URI[:0], "/desync?%s", id)
		c.Do(m, &r)
		if r.Class != plan.OK || string(r.Body) != id {
			t.Fatalf("request %d: %v %v, body %q", i, r.Class, r.Err, r.Body)
		}
	}
}

// The same, when the surplus comes after the answer was read.
func TestDesyncLate(t *testing.T) {
	needsLook(t)
	s := serve(t)
	c := newClient(t, Config{})
	var r transport.Result
	for i := range 50 {
		id := fmt.Sprintf("id=%d", i)
		c.Do(message(s.Addr(), "/desync-late?"+id), &r)
		if r.Class != plan.OK || string(r.Body) != id || r.Reused {
			t.Fatalf("request %d: %v %v, body %q, reused %v", i, r.Class, r.Err, r.Body, r.Reused)
		}
		waitFor(t, "the surplus to be sent", func() bool { return s.Count() == i+1 })
	}
}

// needsLook skips a test of connections that were unused for a short time.
func needsLook(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no look at the socket before every request on this system")
	}
}

func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !done(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

func TestReuse(t *testing.T) {
	s := serve(t)
	c := newClient(t, Config{})
	var r transport.Result
	for i := range 20 {
		m := message(s.Addr(), "/ok")
		m.Method = []string{"GET", "HEAD", "POST", "DELETE"}[i%4]
		c.Do(m, &r)
		sane(t, m.Method, &r)
		if r.Class != plan.OK || r.Reused != (i > 0) || r.Proto != "HTTP/1.1" {
			t.Fatalf("%d: %+v", i, r)
		}
		if m.Method == "HEAD" && (r.BodySize != 0 || !strings.Contains(string(r.Header), "Content-Length: 3")) {
			t.Errorf("HEAD: %+v", r)
		}
	}
	for _, path := range []string{"/status/204", "/status/304", "/hints", "/http10-keep", "/chunk/trailer"} {
		c.Do(message(s.Addr(), path), &r)
		if r.Class != plan.OK || !r.Reused {
			t.Errorf("%s: %+v", path, r)
		}
	}
	if s.Accepted() != 1 {
		t.Errorf("%d connections", s.Accepted())
	}
}

// A connection that the server closed while it was unused is replaced, and
// the request sent once.
func TestClosedWhileUnused(t *testing.T) {
	needsLook(t)
	s := serve(t)
	c := newClient(t, Config{})
	var r transport.Result
	for i := range 20 {
		c.Do(message(s.Addr(), "/close-idle"), &r)
		if r.Class != plan.OK || r.Reused {
			t.Fatalf("%d: %+v", i, r)
		}
		waitFor(t, "the server to close", func() bool { return s.Open() == 0 })
	}
	for i := range 20 {
		c.Do(message(s.Addr(), "/half-close"), &r)
		if r.Class != plan.OK || r.Reused {
			t.Fatalf("%d: %+v", i, r)
		}
		waitFor(t, "the server to close its half", func() bool { return s.Count() == 21+i })
	}
	if s.Count() != 40 || s.Accepted() != 40 {
		t.Errorf("%d requests over %d connections", s.Count(), s.Accepted())
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	c := newClient(t, Config{})
	var servers []*faultserver.Server
	var r transport.Result
	for range maxConns + 3 {
		s := serve(t)
		servers = append(servers, s)
		c.Do(message(s.Addr(), "/ok"), &r)
		if r.Class != plan.OK {
			t.Fatal(r.Err)
		}
	}
	waitFor(t, "the oldest connections to be closed", func() bool {
		open := 0
		for _, s := range servers {
			open += s.Open()
		}
		return open == maxConns
	})
	c.Do(message(servers[0].Addr(), "/ok"), &r)
	if r.Reused {
		t.Error("the oldest connection was kept")
	}
	c.Do(message(servers[len(servers)-1].Addr(), "/ok"), &r)
	if !r.Reused {
		t.Error("the newest connection was not kept")
	}
}

func TestBodies(t *testing.T) {
	s := serve(t)
	c := newClient(t, Config{KeepBody: 1000, MaxBody: 1 << 20})
	var r transport.Result
	for _, n := range []int{0, 1, 999, 1000, 1001, 4095, 4096, 4097, 100_000, 1 << 20, 1<<20 + 1} {
		m := message(s.Addr(), fmt.Sprintf("/size/%d", n))
		c.Do(m, &r)
		sane(t, string(m.URI), &r)
		if n > 1<<20 {
			if r.Class != plan.FailTooLarge {
				t.Errorf("%d bytes: %v", n, r.Class)
			}
			continue
		}
		if r.Class != plan.OK || r.BodySize != int64(n) || len(r.Body) != min(n, 1000) || r.BytesIn <= int64(n) {
			t.Errorf("%d bytes: %v %v, size %d, kept %d", n, r.Class, r.Err, r.BodySize, len(r.Body))
		}
		m.KeepBody = false
		c.Do(m, &r)
		if r.Body != nil || r.BodySize != int64(n) {
			t.Errorf("%d bytes not wanted: size %d, kept %d", n, r.BodySize, len(r.Body))
		}
	}
	for _, n := range []int{0, 1, bodyCopied, bodyCopied + 1, 1 << 20} {
		m := message(s.Addr(), "/echo")
		m.Method, m.Body = "POST", []byte(strings.Repeat("y", n))
		c.Do(m, &r)
		if r.Class != plan.OK || r.BodySize != int64(n) || r.BytesOut <= int64(n) {
			t.Errorf("%d bytes sent: %v %v, %d came back", n, r.Class, r.Err, r.BodySize)
		}
	}
}

// An answer that comes before the request is read counts, though writing the
// request fails. Whether the reset overtakes the answer is the kernel's
// business, so that either end is right, but nothing else.
func TestEarlyAnswer(t *testing.T) {
	s := serve(t)
	c := newClient(t, Config{})
	answered := 0
	for range 50 {
		var r transport.Result
		m := message(s.Addr(), "/early")
		m.Method, m.Body = "POST", make([]byte, 8<<20)
		c.Do(m, &r)
		sane(t, "early answer", &r)
		switch {
		case r.Class == plan.OK && r.Status == 413 && string(r.Body) == "too much":
			answered++
		case r.Class == plan.FailReset:
		default:
			t.Fatalf("%v %v %d %q", r.Class, r.Err, r.Status, r.Body)
		}
	}
	if answered == 0 {
		t.Error("the answer was never seen")
	}
	t.Logf("seen in %d of 50", answered)
}

func TestRefusedMessages(t *testing.T) {
	c := newClient(t, Config{})
	for what, spoil := range map[string]func(*transport.Message){
		"line end in the URL":  func(m *transport.Message) { m.URI = []byte("/a\r\nX: y") },
		"space in the URL":     func(m *transport.Message) { m.URI = []byte("/a b") },
		"line end in the host": func(m *transport.Message) { m.Host = "a\r\nX: y" },
		"space in the method":  func(m *transport.Message) { m.Method = "GET /" },
		"open header line":     func(m *transport.Message) { m.Header = []byte("X: y") },
		"no method":            func(m *transport.Message) { m.Method = "" },
		"scheme":               func(m *transport.Message) { m.Route = routeTo("ftp", m.Route.Addr, "") },
	} {
		m := message("127.0.0.1:1", "/")
		spoil(m)
		var r transport.Result
		c.Do(m, &r)
		sane(t, what, &r)
		if r.Class != plan.FailInternal || r.BytesOut != 0 {
			t.Errorf("%s: %v %v", what, r.Class, r.Err)
		}
	}
	c.Close()
	c.Close()
	var r transport.Result
	if c.Do(message("127.0.0.1:1", "/"), &r); r.Class != plan.FailInternal {
		t.Errorf("a closed client: %v", r.Class)
	}
}

func TestCut(t *testing.T) {
	s := serve(t)
	f := New(Config{})
	defer f.Close()
	const users = 20
	results := make(chan transport.Result, users)
	for range users {
		c := f.Client()
		go func() {
			defer c.Close()
			var r transport.Result
			m := message(s.Addr(), "/hang-body")
			m.Timeout = time.Hour
			c.Do(m, &r)
			results <- r
		}()
	}
	waitFor(t, "all users to be connected", func() bool { return s.Open() == users })
	f.Cut()
	for range users {
		select {
		case r := <-results:
			if !errors.Is(r.Err, transport.ErrCut) {
				t.Errorf("%v: %v", r.Class, r.Err)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("an exchange goes on after the cut")
		}
	}
	var r transport.Result
	c := f.Client()
	defer c.Close()
	if c.Do(message(s.Addr(), "/ok"), &r); !errors.Is(r.Err, transport.ErrCut) || r.BytesOut != 0 {
		t.Errorf("after the cut: %v %v", r.Class, r.Err)
	}
}
