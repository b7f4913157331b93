package http1

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// A forbidden connection is never made: the server's listener sees nothing.
func TestGuardForbidsConnections(t *testing.T) {
	var seen atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ConnState = func(net.Conn, http.ConnState) { seen.Add(1) }
	server.Start()
	defer server.Close()
	addr := server.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(addr)

	var asked []string
	guard := func(host string, at netip.Addr) error {
		asked = append(asked, host+" "+at.String())
		if host == "localhost" {
			return errors.New("localhost is not for load")
		}
		return nil
	}
	f := New(Config{Guard: guard})
	defer f.Close()
	c := f.Client()
	defer c.Close()
	do := func(host string) transport.Result {
		m := transport.Message{Route: routeTo("http", net.JoinHostPort(host, port), host), Host: host, Method: "GET", URI: []byte("/"), Timeout: 10 * time.Second}
		var r transport.Result
		c.Do(&m, &r)
		return r
	}
	if r := do("localhost"); r.Class != plan.FailGuard || !strings.Contains(r.Err.Error(), "localhost is not for load") {
		t.Errorf("got %v (%v), want class guard with the reason", r.Class, r.Err)
	}
	if n := seen.Load(); n != 0 {
		t.Errorf("the server saw %d connections before the guard allowed any", n)
	}
	if r := do("127.0.0.1"); r.Class != plan.OK {
		t.Errorf("an allowed address failed: %v (%v)", r.Class, r.Err)
	}
	for _, a := range asked {
		if _, at, _ := strings.Cut(a, " "); at != "127.0.0.1" && at != "::1" {
			t.Errorf("the guard was asked about %q, which is no resolved address", a)
		}
	}
}

// With a dialer of one's own nothing is sent over a forbidden connection.
func TestGuardWithOwnDialer(t *testing.T) {
	var served atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	defer server.Close()
	f := New(Config{
		Guard: func(string, netip.Addr) error { return errors.New("no") },
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
		},
	})
	defer f.Close()
	c := f.Client()
	defer c.Close()
	m := transport.Message{Route: routeTo("http", "api.example:80", ""), Host: "api.example", Method: "GET", URI: []byte("/"), Timeout: 10 * time.Second}
	var r transport.Result
	c.Do(&m, &r)
	if r.Class != plan.FailGuard || served.Load() != 0 {
		t.Errorf("got %v (%v) and %d requests served, want class guard and none", r.Class, r.Err, served.Load())
	}
}
