package http2_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/faultserver"
	"throng/runtime/transport/http2"
)

const patience = 30 * time.Second // more than anything here takes

// peer is a Go server that counts its connections.
type peer struct {
	*httptest.Server
	opened atomic.Int64
}

func serve(t *testing.T, secure bool, h http.HandlerFunc, adjust ...func(*http.Server)) *peer {
	t.Helper()
	p := &peer{Server: httptest.NewUnstartedServer(h)}
	p.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			p.opened.Add(1)
		}
	}
	for _, a := range adjust {
		a(p.Config)
	}
	if secure {
		p.EnableHTTP2 = true
		p.StartTLS()
	} else {
		p.Config.Protocols = new(http.Protocols)
		p.Config.Protocols.SetUnencryptedHTTP2(true)
		p.Start()
	}
	t.Cleanup(p.Close)
	return p
}

// route is the way to the peer.
func (p *peer) route(set ...func(*transport.Route)) *transport.Route {
	addr := p.Listener.Addr().String()
	r := &transport.Route{Scheme: "http", Addr: addr, Host: addr, HTTP: plan.HTTP{Version: plan.HTTP2}}
	if p.TLS != nil {
		ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw})
		r.Scheme, r.Server, r.TLS = "https", "example.com", &plan.TLS{CA: ca, Resume: true}
	}
	for _, s := range set {
		s(r)
	}
	return r
}

func message(r *transport.Route, method, uri string) *transport.Message {
	return &transport.Message{Route: r, Host: r.Host, Method: method, URI: []byte(uri), Timeout: patience, KeepBody: true}
}

// factory makes clients, and checks at the test's end that nothing is left.
func factory(t *testing.T, c http2.Config) *http2.Factory {
	t.Helper()
	f := http2.New(c)
	t.Cleanup(f.Close)
	return f
}

func client(t *testing.T, f *http2.Factory) transport.Client {
	t.Helper()
	c := f.Client()
	t.Cleanup(c.Close)
	return c
}

func do(c transport.Client, m *transport.Message) *transport.Result {
	r := &transport.Result{}
	c.Do(m, r)
	return r
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("waited in vain for %s\n%s", what, buf[:runtime.Stack(buf, true)])
		}
	}
}

// leaksNothing checks that goroutines come back to what they were.
func leaksNothing(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		eventually(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
	})
}

func TestOneConnectionManyStreams(t *testing.T) {
	for _, secure := range []bool{false, true} {
		t.Run(fmt.Sprintf("secure %v", secure), func(t *testing.T) {
			leaksNothing(t)
			p := serve(t, secure, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				w.Header().Add("Set-Cookie", "a=1")
				w.Header().Add("Set-Cookie", "b=2")
				w.Header().Set("Content-Type", "text/plain")
				w.WriteHeader(http.StatusCreated)
				fmt.Fprintf(w, "%s %s %s %s %d %q %q %d", r.Proto, r.Method, r.URL.Scheme+r.RequestURI, r.Host, r.ContentLength, r.Header["X-Mine"], r.Header["User-Agent"], len(body))
			})
			c := client(t, factory(t, http2.Config{}))
			m := message(p.route(), "POST", "/a%2Fb?q=%20")
			m.Host = "example.com:81"
			m.Header = []byte("X-Mine: 1\r\nX-Mine: 2\r\nConnection: keep-alive\r\n")
			m.Body, m.More = []byte("begin"), [][]byte{nil, bytes.Repeat([]byte("x"), 100_000), []byte("end")}
			for i := range 3 {
				r := do(c, m)
				if r.Class != plan.OK || r.Status != 201 || r.Proto != "HTTP/2.0" || r.Reused != (i > 0) {
					t.Fatalf("%d: %+v", i, r)
				}
				if want := `HTTP/2.0 POST /a%2Fb?q=%20 example.com:81 100008 ["1" "2"] [] 100008`; string(r.Body) != want || r.BodySize != int64(len(want)) {
					t.Errorf("the server saw %s\nwant           %s", r.Body, want)
				}
				if h := string(r.Header); !strings.Contains(h, "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n") || !strings.Contains(h, "Content-Type: text/plain\r\n") {
					t.Errorf("header %q", h)
				}
				opens := r.Connect > 0 && (r.TLS > 0) == secure
				if opens == r.Reused {
					t.Errorf("%d: phases %d %d %d", i, r.DNS, r.Connect, r.TLS)
				}
				if !(r.Start <= r.Sent && r.Sent < r.FirstByte && r.FirstByte <= r.End) || r.Sent < r.Start+r.Connect+r.TLS {
					t.Errorf("times %d %d %d %d", r.Start, r.Sent, r.FirstByte, r.End)
				}
				if r.BytesOut < 100_000 || r.BytesIn < r.BodySize {
					t.Errorf("%d bytes out, %d in", r.BytesOut, r.BytesIn)
				}
			}
			if n := p.opened.Load(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

func TestPathsGoAsTheyAre(t *testing.T) {
	p := serve(t, false, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.RequestURI) })
	c, route := client(t, factory(t, http2.Config{})), p.route()
	for uri, want := range map[string]string{"": "/", "/": "/", "//a//b?x=//": "//a//b?x=//", "/%7e/é?": "/%7e/é?", "/a;b?c#": "/a;b?c#"} {
		if r := do(c, message(route, "GET", uri)); string(r.Body) != want || r.Class != plan.OK {
			t.Errorf("%q: %q %v", uri, r.Body, r.Err)
		}
	}
	for _, m := range []*transport.Message{message(route, "GET", "/a b"), message(route, "G T", "/"), message(route, "", "/")} {
		if r := do(c, m); r.Class != plan.FailInternal {
			t.Errorf("%q %q: %+v", m.Method, m.URI, r)
		}
	}
	m := message(route, "GET", "/")
	m.Header = []byte("Bad name: x\r\n")
	if r := do(c, m); r.Class != plan.FailInternal {
		t.Errorf("a bad header: %+v", r)
	}
	if r := do(c, message(route, "GET", "/")); r.Class != plan.OK || !r.Reused {
		t.Errorf("after messages that could not be sent: %+v", r)
	}
}

// The lanes of a user send their streams over one connection at once.
func TestBranchesShareTheConnection(t *testing.T) {
	const lanes = 5
	var all sync.WaitGroup
	all.Add(lanes)
	p := serve(t, true, func(http.ResponseWriter, *http.Request) {
		all.Done()
		all.Wait() // none is answered before all are there
	})
	f := factory(t, http2.Config{})
	root, route := client(t, f), p.route()
	var opened atomic.Int64
	var wg sync.WaitGroup
	for range lanes {
		c := root.(transport.Brancher).Branch()
		wg.Go(func() {
			defer c.Close()
			r := do(c, message(route, "GET", "/"))
			if r.Class != plan.OK {
				t.Errorf("%+v", r)
			}
			if !r.Reused {
				opened.Add(1)
			}
		})
	}
	wg.Wait()
	if o, n := opened.Load(), p.opened.Load(); o != 1 || n != 1 {
		t.Errorf("%d exchanges say that they opened a connection, the server had %d", o, n)
	}
}

// With a limit of one stream the others wait, and the wait is before Sent.
func TestStreamsBeyondTheServersLimitWait(t *testing.T) {
	entered, leave := make(chan struct{}, 9), make(chan struct{})
	var inside atomic.Int64
	p := serve(t, false, func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/first" {
			return
		}
		if inside.Add(1) > 1 {
			t.Error("two streams at once")
		}
		entered <- struct{}{}
		<-leave
		inside.Add(-1)
	}, func(s *http.Server) { s.HTTP2 = &http.HTTP2Config{MaxConcurrentStreams: 1} })
	root, route := client(t, factory(t, http2.Config{})), p.route()
	do(root, message(route, "GET", "/first")) // the server's settings are known
	// Until both begin before either is answered: a busy machine may start the
	// second late.
	for tries := 1; ; tries++ {
		results := make([]transport.Result, 2)
		var wg sync.WaitGroup
		for i := range results {
			c := root.(transport.Brancher).Branch()
			wg.Go(func() {
				defer c.Close()
				c.Do(message(route, "GET", "/"), &results[i])
			})
		}
		for range results {
			<-entered
			leave <- struct{}{}
		}
		wg.Wait()
		a, b := results[0], results[1]
		if a.Sent > b.Sent {
			a, b = b, a
		}
		if a.Class != plan.OK || b.Class != plan.OK || b.Sent < a.FirstByte || p.opened.Load() != 1 {
			t.Fatalf("%+v\n%+v\n%d connections", a, b, p.opened.Load())
		}
		if b.Start < a.FirstByte {
			return
		}
		if tries == 1000 {
			t.Fatal("the second never began before the first was answered")
		}
	}
}

func TestKeepAlive(t *testing.T) {
	p := serve(t, false, func(http.ResponseWriter, *http.Request) {})
	f := factory(t, http2.Config{})
	for keep, want := range map[plan.KeepAlive]int64{plan.KeepUser: 1, plan.KeepIteration: 2, plan.KeepOff: 4} {
		p.opened.Store(0)
		c := f.Client()
		route := p.route(func(r *transport.Route) { r.HTTP.KeepAlive = keep })
		for i := range 4 {
			if i == 2 {
				c.(transport.Forgetter).Forget()
			}
			if r := do(c, message(route, "GET", "/")); r.Class != plan.OK {
				t.Errorf("%v: %+v", keep, r)
			}
		}
		c.Close()
		if n := p.opened.Load(); n != want {
			t.Errorf("%v: %d connections, want %d", keep, n, want)
		}
	}
}

// With keep_alive off no more connections stand than the route allows.
func TestKeepOffIsLimited(t *testing.T) {
	var inside, most atomic.Int64
	p := serve(t, false, func(http.ResponseWriter, *http.Request) {
		n := inside.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		time.Sleep(time.Millisecond) // lets others in, if they may
		inside.Add(-1)
	})
	root := client(t, factory(t, http2.Config{}))
	route := p.route(func(r *transport.Route) { r.HTTP.KeepAlive, r.HTTP.Connections = plan.KeepOff, 2 })
	var wg sync.WaitGroup
	for range 8 {
		c := root.(transport.Brancher).Branch()
		wg.Go(func() {
			defer c.Close()
			if r := do(c, message(route, "GET", "/")); r.Class != plan.OK || r.Reused {
				t.Errorf("%+v", r)
			}
		})
	}
	wg.Wait()
	if most.Load() > 2 || p.opened.Load() != 8 {
		t.Errorf("%d at once over %d connections", most.Load(), p.opened.Load())
	}
}

func TestLimitsOfTheBody(t *testing.T) {
	p := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/endless":
			for {
				if _, err := w.Write(make([]byte, 1<<10)); err != nil {
					return
				}
			}
		case "/announced":
			w.Header().Set("Content-Length", "5000")
			_, _ = w.Write(make([]byte, 5000))
		case "/head":
			for i := range 1040 {
				w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1<<10))
			}
		default:
			fmt.Fprint(w, strings.Repeat("x", 1000))
		}
	})
	c := client(t, factory(t, http2.Config{MaxBody: 4 << 10, KeepBody: 100}))
	route := p.route()
	if r := do(c, message(route, "GET", "/head")); r.Class != plan.FailTooLarge && r.Class != plan.FailProtocol {
		t.Errorf("a large header: %v %v", r.Class, r.Err)
	}
	do(c, message(route, "GET", "/small"))
	p.opened.Store(0)
	for _, uri := range []string{"/endless", "/announced"} {
		if r := do(c, message(route, "GET", uri)); r.Class != plan.FailTooLarge {
			t.Errorf("%s: %v %v", uri, r.Class, r.Err)
		}
		if r := do(c, message(route, "GET", "/small")); r.Class != plan.OK || len(r.Body) != 100 || r.BodySize != 1000 || !r.Reused {
			t.Errorf("after %s: %+v", uri, r)
		}
	}
	if r := do(c, message(route, "HEAD", "/announced")); r.Class != plan.OK || r.BodySize != 0 {
		t.Errorf("HEAD: %+v", r)
	}
	if n := p.opened.Load(); n != 0 {
		t.Errorf("%d connections more: one stream's fault is not the others'", n)
	}
}

// chunks is a sink that wants so many chunks.
type chunks struct {
	want int
	got  []byte
	r    *transport.Result
	head transport.Result // what r had at the first
}

func (s *chunks) Chunk(p []byte, at int64) bool {
	if s.got == nil {
		s.head = *s.r
	}
	s.got = append(s.got, p...)
	s.want--
	return s.want != 0 && at > 0
}

func TestSink(t *testing.T) {
	more := make(chan struct{})
	p := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			fmt.Fprintf(w, "event %d;", i)
			_ = http.NewResponseController(w).Flush()
			if r.URL.Path == "/stalls" {
				<-r.Context().Done()
				return
			}
			if r.URL.Path == "/endless" {
				<-more
			}
		}
	})
	c, route := client(t, factory(t, http2.Config{MaxBody: 4})), p.route()
	var r transport.Result
	run := func(uri string, want int, idle time.Duration) *chunks {
		s := &chunks{want: want, r: &r}
		m := message(route, "GET", uri)
		m.Sink, m.Idle = s, idle
		c.Do(m, &r)
		return s
	}
	if s := run("/three", 0, patience); string(s.got) != "event 0;event 1;event 2;" || r.Class != plan.OK || s.head.Status != 200 || s.head.FirstByte == 0 || s.head.Header == nil {
		t.Errorf("%q %+v, first %+v", s.got, r, s.head)
	}
	if s := run("/endless", 1, patience); string(s.got) != "event 0;" || r.Class != plan.OK || r.End == 0 {
		t.Errorf("%q %+v", s.got, r)
	}
	close(more)
	if run("/three", 0, 0); r.Class != plan.OK || !r.Reused {
		t.Errorf("a sink that had enough took the connection along: %+v", r)
	}
	if s := run("/stalls", 0, 30*time.Millisecond); r.Class != plan.FailTimeout || !strings.Contains(r.Err.Error(), "no byte for 30ms") {
		t.Errorf("%q %+v", s.got, r)
	}
	if run("/three", 0, 0); r.Class != plan.OK || r.Reused || p.opened.Load() != 2 {
		t.Errorf("after a stream that timed out: %+v", r)
	}
}

// A panic of a sink takes its stream, not the connection.
func TestSinkPanics(t *testing.T) {
	p := serve(t, false, func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "x") })
	f := factory(t, http2.Config{})
	c, route := client(t, f), p.route()
	m := message(route, "GET", "/")
	m.Sink = sinkFunc(func([]byte, int64) bool { panic("the sink's own") })
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic came through")
			}
		}()
		do(c, m)
	}()
	if r := do(c, message(route, "GET", "/")); r.Class != plan.OK || !r.Reused {
		t.Errorf("%+v", r)
	}
}

type sinkFunc func(p []byte, at int64) bool

func (f sinkFunc) Chunk(p []byte, at int64) bool { return f(p, at) }

func TestExpectContinue(t *testing.T) {
	p := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusExpectationFailed)
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprint(w, len(body))
	})
	c, route := client(t, factory(t, http2.Config{})), p.route()
	for uri, status := range map[string]int{"/yes": 200, "/no": 417} {
		m := message(route, "POST", uri)
		m.Header, m.Body = []byte("Expect: 100-continue\r\n"), bytes.Repeat([]byte("x"), 50_000)
		r := do(c, m)
		if r.Class != plan.OK || r.Status != status || (status == 200) != (string(r.Body) == "50000") || (status == 417) != (r.BytesOut < 10_000) {
			t.Errorf("%s: %+v", uri, r)
		}
	}
}

func TestTimeouts(t *testing.T) {
	const limit = time.Second // in which a busy machine is far enough to wait for the server
	leaksNothing(t)
	p := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/body" {
			fmt.Fprint(w, "x")
			_ = http.NewResponseController(w).Flush()
		}
		if r.URL.Path != "/" {
			<-r.Context().Done()
		}
	})
	f := factory(t, http2.Config{})
	c := client(t, f)
	for _, test := range []struct {
		uri, text string
		set       func(*transport.Message)
	}{
		{"/silent", "no complete answer within 1s (waiting for the answer)", func(m *transport.Message) { m.Timeout = limit }},
		{"/body", "no complete answer within 1s (reading the answer)", func(m *transport.Message) { m.Timeout = limit }},
		{"/silent", "the first byte took longer than 1s", func(m *transport.Message) {
			r := *m.Route
			r.HTTP.FirstByteTimeout = limit
			m.Route = &r
		}},
	} {
		m := message(p.route(), "GET", test.uri)
		do(c, message(m.Route, "GET", "/"))
		test.set(m)
		r := do(c, m)
		if r.Class != plan.FailTimeout || !strings.HasSuffix(r.Err.Error(), test.text) || r.End-r.Start < int64(limit) {
			t.Errorf("%s: %+v, %v", test.uri, r, r.Err)
		}
		if r := do(c, message(m.Route, "GET", "/")); r.Class != plan.OK {
			t.Errorf("after %s: %+v", test.text, r)
		}
	}
	// Of the first byte only: a body may take longer.
	route := p.route(func(r *transport.Route) { r.HTTP.FirstByteTimeout = limit })
	m := message(route, "GET", "/body")
	m.Timeout = limit + limit/2
	if r := do(c, m); r.Class != plan.FailTimeout || !strings.Contains(r.Err.Error(), "reading the answer") {
		t.Errorf("%+v", r)
	}
}

func TestCut(t *testing.T) {
	leaksNothing(t)
	inside := make(chan struct{}, 2)
	p := serve(t, false, func(_ http.ResponseWriter, r *http.Request) {
		inside <- struct{}{}
		<-r.Context().Done()
	})
	f := http2.New(http2.Config{})
	root, route := f.Client(), p.route()
	lane := root.(transport.Brancher).Branch()
	var results [2]transport.Result
	var wg sync.WaitGroup
	for i, c := range []transport.Client{root, lane} {
		wg.Go(func() { c.Do(message(route, "GET", "/"), &results[i]) })
	}
	<-inside
	<-inside
	f.Cut()
	wg.Wait()
	late := f.Client()
	for _, r := range append(results[:], *do(root, message(route, "GET", "/")), *do(late, message(route, "GET", "/"))) {
		if !errors.Is(r.Err, transport.ErrCut) || r.Class != plan.FailInternal {
			t.Errorf("%+v", r)
		}
	}
	late.Close()
	lane.Close()
	root.Close()
	f.Close()
}

func TestNoHTTP2(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(plain.Close)
	secure := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(secure.Close)
	pool := x509.NewCertPool()
	pool.AddCert(secure.Certificate())
	c := client(t, factory(t, http2.Config{}))
	for _, test := range []struct {
		p     *httptest.Server
		class plan.ErrorClass
		text  string
	}{
		{plain, plan.FailProtocol, `not HTTP/2: it begins with "HTTP/1.1 `},
		{secure, plan.FailTLS, "does not speak HTTP/2 (tls: no application protocol)"},
	} {
		r := do(c, message((&peer{Server: test.p}).route(), "GET", "/"))
		if r.Class != test.class || !strings.Contains(r.Err.Error(), test.text) {
			t.Errorf("%v: %v", r.Class, r.Err)
		}
	}
	gone := faultserver.Refusing(t)
	route := &transport.Route{Scheme: "http", Addr: gone, Host: gone, HTTP: plan.HTTP{Version: plan.HTTP2}}
	if r := do(c, message(route, "GET", "/")); r.Class != plan.FailRefused || r.Sent != 0 {
		t.Errorf("%+v", r)
	}
}

// A connection that the server closed while it lay unused is replaced, and
// nothing is sent twice.
func TestClosedByTheServer(t *testing.T) {
	var seen atomic.Int64
	p := serve(t, false, func(http.ResponseWriter, *http.Request) { seen.Add(1) })
	c, route := client(t, factory(t, http2.Config{})), p.route()
	do(c, message(route, "GET", "/"))
	p.CloseClientConnections()
	r := do(c, message(route, "GET", "/"))
	for r.Class == plan.FailReset { // the end was not noticed yet
		r = do(c, message(route, "GET", "/"))
	}
	if r.Class != plan.OK || r.Reused || seen.Load() != 2 {
		t.Errorf("%+v; the server saw %d requests", r, seen.Load())
	}
}

// Shutdown announces itself by GOAWAY; what is under way is answered.
func TestShutdown(t *testing.T) {
	inside, leave := make(chan struct{}), make(chan struct{})
	p := serve(t, false, func(w http.ResponseWriter, r *http.Request) {
		close(inside)
		<-leave
		fmt.Fprint(w, "answered")
	})
	c, route := client(t, factory(t, http2.Config{})), p.route()
	var r *transport.Result
	var wg sync.WaitGroup
	wg.Go(func() { r = do(c, message(route, "GET", "/")) })
	<-inside
	wg.Go(func() { _ = p.Config.Shutdown(context.Background()) })
	close(leave)
	wg.Wait()
	if r.Class != plan.OK || string(r.Body) != "answered" {
		t.Errorf("%+v", r)
	}
}
