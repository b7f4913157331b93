package http1

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/faultserver"
)

// forward is an HTTP proxy that forwards and tunnels, and notes what it was
// asked for.
func forward(t *testing.T, notes chan<- string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		notes <- r.Method + " " + r.RequestURI + " " + r.Host + " " + r.Header.Get("Proxy-Authorization")
		if r.Method != http.MethodConnect {
			r.RequestURI = ""
			r.Header.Del("Proxy-Authorization")
			answer, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			defer answer.Body.Close()
			w.WriteHeader(answer.StatusCode)
			io.Copy(w, answer.Body)
			return
		}
		to, err := net.Dial("tcp", r.Host)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer to.Close()
		conn, in, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			io.Copy(to, in)
			to.(*net.TCPConn).CloseWrite()
		}()
		io.Copy(conn, to)
	}
}

// Through a proxy: plain requests in absolute form, the others in a tunnel;
// the credentials go to the proxy and nowhere else.
func TestProxies(t *testing.T) {
	ca := newAuthority(t)
	secret := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "shop.test", time.Hour)}})
	open := serve(t)
	for _, proxyTLS := range []bool{false, true} {
		notes := make(chan string, 10)
		proxy := httptest.NewUnstartedServer(forward(t, notes))
		scheme := "http"
		if proxyTLS {
			scheme = "https"
			proxy.TLS = &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "127.0.0.1", time.Hour)}}
			proxy.StartTLS()
		} else {
			proxy.Start()
		}
		c := newClient(t, Config{})
		h := plan.HTTP{Proxy: &plan.Proxy{Scheme: scheme, Addr: proxy.Listener.Addr().String(), User: "ann", Password: "s3cret"}}
		for _, s := range []struct {
			*faultserver.Server
			scheme string
		}{{open, "http"}, {secret, "https"}} {
			m := message(s.Addr(), "/ok?id=7")
			m.Route = &transport.Route{Scheme: s.scheme, Addr: s.Addr(), Server: "shop.test", HTTP: h, TLS: &plan.TLS{CA: ca.pem()}}
			for i := range 2 {
				var r transport.Result
				c.Do(m, &r)
				sane(t, s.scheme, &r)
				if r.Class != plan.OK || string(r.Body) != "id=7" || r.Reused != (i > 0) {
					t.Fatalf("%s through %s: %v %q, reused %v", s.scheme, scheme, r.Err, r.Body, r.Reused)
				}
				if i == 0 && (r.Connect <= 0 || (r.TLS > 0) != (s.scheme == "https")) {
					t.Errorf("%s through %s: %+v", s.scheme, scheme, r)
				}
			}
			want := []string{"CONNECT " + s.Addr() + " " + s.Addr() + " Basic YW5uOnMzY3JldA=="}
			if s.scheme == "http" {
				one := "GET http://" + s.Addr() + "/ok?id=7 " + s.Addr() + " Basic YW5uOnMzY3JldA=="
				want = []string{one, one}
			}
			for _, w := range want {
				if got := <-notes; got != w {
					t.Errorf("the proxy was asked %q, want %q", got, w)
				}
			}
		}
		if len(notes) > 0 {
			t.Errorf("the proxy was asked %q, too", <-notes)
		}
		c.Close()
		proxy.Close()
	}
}

// An https proxy must have a certificate that holds.
func TestProxyThatNobodyTrusts(t *testing.T) {
	proxy := httptest.NewTLSServer(http.NotFoundHandler())
	defer proxy.Close()
	c := newClient(t, Config{})
	m := message("shop.test:80", "/")
	m.Route = &transport.Route{Scheme: "http", Addr: "shop.test:80", HTTP: plan.HTTP{Proxy: &plan.Proxy{Scheme: "https", Addr: proxy.Listener.Addr().String()}}}
	var r transport.Result
	c.Do(m, &r)
	sane(t, "proxy", &r)
	if r.Class != plan.FailTLS || !strings.HasPrefix(r.Err.Error(), "in the TLS handshake with the proxy: ") {
		t.Errorf("%v: %v", r.Class, r.Err)
	}
}
