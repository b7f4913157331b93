package anyhttp_test

import (
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/anyhttp"
	"throng/runtime/transport/http1"
)

// peer is a server that speaks some versions and counts its connections.
type peer struct {
	*httptest.Server
	opened atomic.Int64
}

func serve(t *testing.T, secure, two bool) *peer {
	t.Helper()
	p := &peer{Server: httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Proto) }))}
	p.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			p.opened.Add(1)
		}
	}
	if secure {
		p.EnableHTTP2 = two
		p.StartTLS()
	} else {
		p.Config.Protocols = new(http.Protocols)
		p.Config.Protocols.SetHTTP1(true)
		p.Config.Protocols.SetUnencryptedHTTP2(two)
		p.Start()
	}
	t.Cleanup(p.Close)
	return p
}

func (p *peer) route(v plan.HTTPVersion) *transport.Route {
	addr := p.Listener.Addr().String()
	r := &transport.Route{Scheme: "http", Addr: addr, Host: addr, HTTP: plan.HTTP{Version: v}}
	if p.TLS != nil {
		ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw})
		r.Scheme, r.Server, r.TLS = "https", "example.com", &plan.TLS{CA: ca, Resume: true}
	}
	return r
}

func message(r *transport.Route) *transport.Message {
	return &transport.Message{Route: r, Host: r.Host, Method: "GET", URI: []byte("/"), Timeout: 30 * time.Second, KeepBody: true}
}

// A message goes by the version its route asks for, over one connection; one
// that is negotiated is spoken over the connection that negotiated it.
func TestVersions(t *testing.T) {
	for _, test := range []struct {
		name        string
		secure, two bool
		version     plan.HTTPVersion
		proto       string
	}{
		{"1.1", false, true, plan.HTTP1, "HTTP/1.1"},
		{"1.1 with TLS", true, true, plan.HTTP1, "HTTP/1.1"},
		{"h2c", false, true, plan.HTTP2, "HTTP/2.0"},
		{"2 with TLS", true, true, plan.HTTP2, "HTTP/2.0"},
		{"auto without TLS", false, true, plan.HTTPAuto, "HTTP/1.1"},
		{"auto, the server has 2", true, true, plan.HTTPAuto, "HTTP/2.0"},
		{"auto, the server has 1.1", true, false, plan.HTTPAuto, "HTTP/1.1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := serve(t, test.secure, test.two)
			f := anyhttp.New(http1.Config{})
			defer f.Close()
			c, route := f.Client(), p.route(test.version)
			defer c.Close()
			for i := range 3 {
				var r transport.Result
				c.Do(message(route), &r)
				if r.Class != plan.OK || r.Proto != test.proto || string(r.Body) != test.proto || r.Reused != (i > 0) {
					t.Fatalf("%d: %+v", i, r)
				}
				if opens := r.Connect > 0 && (r.TLS > 0) == test.secure; opens == r.Reused {
					t.Errorf("%d: phases %d %d %d", i, r.DNS, r.Connect, r.TLS)
				}
				if r.Start > r.Sent || r.Sent < r.Start+r.DNS+r.Connect+r.TLS || r.Sent > r.FirstByte || r.FirstByte > r.End {
					t.Errorf("%d: times %+v", i, r)
				}
				c.(transport.Rester).Rest()
			}
			if n := p.opened.Load(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
			c.(transport.Forgetter).Forget()
		})
	}
}

// Lanes that find out together that a server has HTTP/1.1 only keep to the
// user's limit of connections.
func TestLanesNegotiate(t *testing.T) {
	for _, two := range []bool{false, true} {
		p := serve(t, true, two)
		f := anyhttp.New(http1.Config{})
		route := p.route(plan.HTTPAuto)
		route.HTTP.Connections = 2
		root := f.Client()
		var opened atomic.Int64
		var wg sync.WaitGroup
		for range 6 {
			c := root.(transport.Brancher).Branch()
			wg.Go(func() {
				defer c.Close()
				for range 5 {
					var r transport.Result
					c.Do(message(route), &r)
					if r.Class != plan.OK || (r.Proto == "HTTP/2.0") != two {
						t.Errorf("%+v", r)
					}
					if !r.Reused {
						opened.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if n := p.opened.Load(); n != opened.Load() || n > 2 || two && n != 1 {
			t.Errorf("HTTP/2 %v: %d connections, of which the results know %d", two, n, opened.Load())
		}
		root.Close()
		f.Close()
	}
}

func TestCutEndsBoth(t *testing.T) {
	p := serve(t, false, true)
	f := anyhttp.New(http1.Config{})
	defer f.Close()
	c := f.Client()
	defer c.Close()
	f.Cut()
	for _, v := range []plan.HTTPVersion{plan.HTTP1, plan.HTTP2} {
		var r transport.Result
		if c.Do(message(p.route(v)), &r); r.Class != plan.FailInternal || r.Err == nil {
			t.Errorf("%v: %+v", v, r)
		}
	}
	if p.opened.Load() != 0 {
		t.Error("connected after the cut")
	}
}

// A user of HTTP/1.1 pays nothing for HTTP/2, per exchange.
func TestAllocs(t *testing.T) {
	p := serve(t, false, true)
	route := p.route(plan.HTTP1)
	cost := func(f transport.Factory) float64 {
		defer f.Close()
		c := f.Client()
		defer c.Close()
		m, r := message(route), &transport.Result{}
		c.Do(m, r)
		return testing.AllocsPerRun(200, func() { c.Do(m, r) })
	}
	alone, both := cost(http1.New(http1.Config{})), cost(anyhttp.New(http1.Config{}))
	if both > alone+1 { // the server's are counted too, and vary
		t.Errorf("%v allocations an exchange, %v without the choice of versions", both, alone)
	}
}
