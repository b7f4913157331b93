package dial

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// speaking dials an in-memory proxy.
func speaking(proxy func(net.Conn, *bufio.Reader)) transport.Dialer {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			proxy(server, bufio.NewReader(server))
		}()
		return client, nil
	}
}

// answers is a proxy that reads a request and says one thing.
func answers(text string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err == nil {
			io.WriteString(conn, text)
		}
	}
}

func through(scheme string) *transport.Route {
	return &transport.Route{Scheme: "http", Addr: "shop.test:8080", HTTP: plan.HTTP{
		Proxy: &plan.Proxy{Scheme: scheme, Addr: "proxy.test:3128", User: "ann", Password: "s3cret"},
	}}
}

func TestConnect(t *testing.T) {
	for name, test := range map[string]struct {
		answer string
		class  plan.ErrorClass
		text   string
	}{
		"established": {"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n", plan.OK, ""},
		"HTTP/1.0":    {"HTTP/1.0 200 OK\r\n\r\n", plan.OK, ""},
		"login":       {"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", plan.FailRefused, "the proxy refuses a connection to shop.test:8080: 407 Proxy Authentication Required"},
		"forbidden":   {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", plan.FailRefused, "403 Forbidden"},
		"unreachable": {"HTTP/1.1 502 Bad Gateway\r\n\r\n", plan.FailUnreachable, "502 Bad Gateway"},
		"garbage":     {"\x00\x01\r\n\r\n", plan.FailProtocol, "the proxy's answer is not HTTP/1.1"},
		"no status":   {"HTTP/1.1 2x0 Odd\r\n\r\n", plan.FailProtocol, "not HTTP/1.1"},
		"surplus":     {"HTTP/1.1 200 OK\r\n\r\nsurplus", plan.FailProtocol, "bytes that nobody asked for"},
		"endless":     {"HTTP/1.1 200 OK\r\nX: " + strings.Repeat("x", maxProxyHead), plan.FailTooLarge, "larger than 64 KiB"},
		"closed":      {"HTTP/1.1 200", plan.FailReset, "talking to the proxy: it closed the connection"},
	} {
		d := New(Config{Dial: speaking(answers(test.answer))})
		o, err := d.Open(within(t), through("http"), Options{Tunnel: true})
		if err == nil != (test.class == plan.OK) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err == nil {
			o.Conn.Close()
			continue
		}
		if f := Explain(o.Stage, err); f.Class != test.class || !strings.Contains(f.Error(), test.text) || o.Conn != nil {
			t.Errorf("%s: %v: %v", name, f.Class, f)
		}
	}
}

// What the proxy is asked, and that the environment has no say.
func TestConnectRequest(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://elsewhere.test:1")
	t.Setenv("ALL_PROXY", "http://elsewhere.test:1")
	asked := make(chan *http.Request, 1)
	var dialled string
	d := New(Config{Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
		dialled = addr
		return speaking(func(conn net.Conn, in *bufio.Reader) {
			r, _ := http.ReadRequest(in)
			asked <- r
			io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
		})(ctx, network, addr)
	}})
	o, err := d.Open(within(t), through("http"), Options{Tunnel: true})
	if err != nil {
		t.Fatal(err)
	}
	o.Conn.Close()
	r := <-asked
	if r == nil || r.Method != "CONNECT" || r.Host != "shop.test:8080" ||
		r.Header.Get("Proxy-Authorization") != "Basic YW5uOnMzY3JldA==" || dialled != "proxy.test:3128" {
		t.Errorf("%+v by way of %s", r, dialled)
	}
	route := through("http")
	route.HTTP.Proxy = nil
	if o, err = d.Open(within(t), route, Options{}); err != nil {
		t.Fatal(err)
	}
	o.Conn.Close()
	if dialled != "shop.test:8080" {
		t.Errorf("without a proxy %s was dialled", dialled)
	}
}

// A proxy that says nothing holds nobody longer than the context.
func TestSilentProxy(t *testing.T) {
	for _, scheme := range []string{"http", "https", "socks5"} {
		ctx, cancel := context.WithCancel(context.Background())
		d := New(Config{Dial: speaking(func(_ net.Conn, in *bufio.Reader) {
			in.ReadByte()
			cancel()
			io.Copy(io.Discard, in)
		})})
		o, err := d.Open(ctx, through(scheme), Options{Tunnel: true})
		if err == nil || o.Stage != Tunnelling || o.Conn != nil {
			t.Errorf("%s: %v, %+v", scheme, err, o)
		}
		if f := Late(o.Stage, 1e9, err); f.Class != plan.FailConnectTimeout || f.Error() != "timeout: no connection within 1s (talking to the proxy)" {
			t.Errorf("%s: %v", scheme, f)
		}
	}
}

// Who cannot reach the proxy is told that it is the proxy.
func TestUnreachedProxy(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	d := New(Config{Dial: func(context.Context, string, string) (net.Conn, error) { return nil, refused }})
	for _, scheme := range []string{"http", "https", "socks5"} {
		o, err := d.Open(context.Background(), through(scheme), Options{})
		f := Explain(o.Stage, err)
		if f.Class != plan.FailRefused || f.Error() != "to the proxy proxy.test:3128: connecting: connection refused" {
			t.Errorf("%s: %v: %v", scheme, f.Class, f)
		}
	}
	route := through("http")
	route.HTTP.Proxy = nil
	o, err := d.Open(context.Background(), route, Options{})
	if f := Explain(o.Stage, err); f.Error() != "connecting: connection refused" {
		t.Error(f)
	}
}

// socksProxy plays a SOCKS5 server by a script: what is expected, and what is
// answered to it.
func socksProxy(t *testing.T, script ...string) func(net.Conn, *bufio.Reader) {
	return func(conn net.Conn, in *bufio.Reader) {
		for i := 0; i+1 < len(script); i += 2 {
			want := script[i]
			got := make([]byte, len(want))
			if _, err := io.ReadFull(in, got); err != nil || !bytes.Equal(got, []byte(want)) {
				t.Errorf("step %d: got %q (%v), want %q", i, got, err, want)
				return
			}
			if _, err := io.WriteString(conn, script[i+1]); err != nil {
				return
			}
		}
	}
}

func TestSOCKS(t *testing.T) {
	const hello, login = "\x05\x02\x00\x02", "\x01\x03ann\x06s3cret"
	const name = "\x05\x01\x00\x03\x09shop.test\x1f\x90"
	const bound = "\x00\x01\x7f\x00\x00\x01\x04\x38"
	for what, test := range map[string]struct {
		script []string
		class  plan.ErrorClass
		text   string
	}{
		"open":           {[]string{hello, "\x05\x00", name, "\x05\x00" + bound}, plan.OK, ""},
		"with login":     {[]string{hello, "\x05\x02", login, "\x01\x00", name, "\x05\x00" + bound}, plan.OK, ""},
		"bound to IPv6":  {[]string{hello, "\x05\x00", name, "\x05\x00\x00\x04" + strings.Repeat("x", 18)}, plan.OK, ""},
		"bound to name":  {[]string{hello, "\x05\x00", name, "\x05\x00\x00\x03\x02abxx"}, plan.OK, ""},
		"wrong login":    {[]string{hello, "\x05\x02", login, "\x01\x01"}, plan.FailRefused, "user or password is wrong"},
		"no method":      {[]string{hello, "\x05\xff"}, plan.FailRefused, "another way to log in"},
		"refused":        {[]string{hello, "\x05\x00", name, "\x05\x05" + bound}, plan.FailRefused, "the proxy refuses a connection to shop.test:8080: connection refused"},
		"unreachable":    {[]string{hello, "\x05\x00", name, "\x05\x04" + bound}, plan.FailUnreachable, "host unreachable"},
		"not allowed":    {[]string{hello, "\x05\x00", name, "\x05\x02" + bound}, plan.FailRefused, "not allowed by its rules"},
		"unknown reply":  {[]string{hello, "\x05\x00", name, "\x05\x63" + bound}, plan.FailProtocol, "unknown reply"},
		"unknown type":   {[]string{hello, "\x05\x00", name, "\x05\x00\x00\x09"}, plan.FailProtocol, "unknown address type"},
		"SOCKS4":         {[]string{hello, "\x04\x00"}, plan.FailProtocol, "another version"},
		"an HTTP answer": {[]string{hello, "HTTP/1.1 400 Bad Request\r\n\r\n"}, plan.FailProtocol, "another version"},
		"closed":         {[]string{hello, "\x05"}, plan.FailReset, "it closed the connection"},
		"closed later":   {[]string{hello, "\x05\x00", name, "\x05\x00\x00\x01"}, plan.FailReset, "it closed the connection"},
	} {
		d := New(Config{Dial: speaking(socksProxy(t, test.script...))})
		o, err := d.Open(within(t), through("socks5"), Options{})
		if err == nil != (test.class == plan.OK) {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if err == nil {
			o.Conn.Close()
			continue
		}
		if f := Explain(o.Stage, err); f.Class != test.class || !strings.Contains(f.Error(), test.text) {
			t.Errorf("%s: %v: %v", what, f.Class, f)
		}
	}
}

func TestSOCKSAddresses(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1:80":     "\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x50",
		"[2001:db8::1]:80": "\x05\x01\x00\x04\x20\x01\x0d\xb8" + strings.Repeat("\x00", 11) + "\x01\x00\x50",
		"a:443":            "\x05\x01\x00\x03\x01a\x01\xbb",
	} {
		if got, err := socksRequest(addr); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", addr, got, err)
		}
	}
	for _, addr := range []string{"nowhere", "a:http", "a:70000", strings.Repeat("a", 256) + ":1"} {
		if got, err := socksRequest(addr); err == nil {
			t.Errorf("%s: %q", addr, got)
		}
	}
}

// The guard hears of the target, not of the proxy, before anything is dialled.
func TestGuardThroughProxy(t *testing.T) {
	var asked []string
	dialled := 0
	d := New(Config{
		Guard: func(host string, at netip.Addr) error {
			asked = append(asked, host+" "+at.String())
			if host == "bank.test" {
				return errors.New("the bank is not for load")
			}
			return nil
		},
		Dial: func(ctx context.Context, network, addr string) (net.Conn, error) {
			dialled++
			return speaking(answers("HTTP/1.1 200 OK\r\n\r\n"))(ctx, network, addr)
		},
	})
	route := through("http")
	for addr, class := range map[string]plan.ErrorClass{"shop.test:80": plan.OK, "192.0.2.1:80": plan.OK, "bank.test:80": plan.FailGuard} {
		asked, dialled = nil, 0
		route.Addr = addr
		o, err := d.Open(within(t), route, Options{Tunnel: true})
		if class == plan.OK {
			if err != nil {
				t.Fatal(err)
			}
			o.Conn.Close()
		} else if f := Explain(o.Stage, err); f.Class != class || dialled != 0 {
			t.Errorf("%s: %v, dialled %d times", addr, f, dialled)
		}
		host, at := hostOf(addr), "invalid IP"
		if host == "192.0.2.1" {
			at = host
		}
		if len(asked) != 1 || asked[0] != host+" "+at {
			t.Errorf("%s: asked for %q", addr, asked)
		}
	}
}
