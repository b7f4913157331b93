package websocket

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/faultserver"
)

// good is an answer that a client has to take; %s is the proof.
const good = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n"

func TestHandshakeAnswers(t *testing.T) {
	const deflated = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover"
	for _, c := range []struct {
		name, answer string
		class        plan.ErrorClass
		status       int
		text         string // in the error
	}{
		{"good", good + "\r\n", plan.OK, 101, ""},
		{"other case", "HTTP/1.1 101 x\r\nUPGRADE: WebSocket\r\nconnection: keep-alive, UPGRADE\r\nsec-websocket-accept:%s\r\n\r\n", plan.OK, 101, ""},
		{"without a reason", strings.Replace(good, " Switching Protocols", "", 1) + "\r\n", plan.OK, 101, ""},
		{"line feeds alone", strings.ReplaceAll(good, "\r\n", "\n") + "\n", plan.OK, 101, ""},
		{"interim answers", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + good + "\r\n", plan.OK, 101, ""},
		{"protocol", good + "Sec-WebSocket-Protocol: v2\r\n\r\n", plan.OK, 101, ""},
		{"deflate", good + deflated + "\r\n\r\n", plan.OK, 101, ""},
		{"deflate with window", good + deflated + "; client_no_context_takeover ; server_max_window_bits=\"10\"\r\n\r\n", plan.OK, 101, ""},

		{"no upgrade", "HTTP/1.1 101 x\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", plan.FailProtocol, 101, "Upgrade"},
		{"other upgrade", strings.Replace(good, "websocket", "h2c", 1) + "\r\n", plan.FailProtocol, 101, "Upgrade"},
		{"no connection", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: %s\r\n\r\n", plan.FailProtocol, 101, "Connection"},
		{"no proof", "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", plan.FailProtocol, 101, "Accept"},
		{"wrong proof", strings.Replace(good, "%s", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", 1) + "\r\n", plan.FailProtocol, 101, "Accept"},
		{"old protocol", strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1) + "\r\n", plan.FailProtocol, 101, "HTTP/1.0"},
		{"protocol nobody offered", good + "Sec-WebSocket-Protocol: v3\r\n\r\n", plan.FailProtocol, 101, "v3"},
		{"protocol in other case", good + "Sec-WebSocket-Protocol: V2\r\n\r\n", plan.FailProtocol, 101, "V2"},
		{"two protocols", good + "Sec-WebSocket-Protocol: v1\r\nSec-WebSocket-Protocol: v2\r\n\r\n", plan.FailProtocol, 101, "two"},
		{"extension nobody offered", good + "Sec-WebSocket-Extensions: x-mux\r\n\r\n", plan.FailProtocol, 101, "x-mux"},
		{"deflate twice", good + deflated + ", permessage-deflate; server_no_context_takeover\r\n\r\n", plan.FailProtocol, 101, "permessage-deflate"},
		{"deflate with takeover", good + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", plan.FailProtocol, 101, "server_no_context_takeover"},
		{"deflate with a window for us", good + deflated + "; client_max_window_bits=10\r\n\r\n", plan.FailProtocol, 101, "client_max_window_bits"},
		{"deflate with a window too large", good + deflated + "; server_max_window_bits=16\r\n\r\n", plan.FailProtocol, 101, "server_max_window_bits"},
		{"deflate with a parameter twice", good + deflated + "; server_no_context_takeover\r\n\r\n", plan.FailProtocol, 101, "server_no_context_takeover"},
		{"malformed field", good + "no colon\r\n\r\n", plan.FailProtocol, 101, "malformed"},
		{"folded field", good + "X: a\r\n b\r\n\r\n", plan.FailProtocol, 101, "malformed"},
		{"not HTTP", "SSH-2.0-OpenSSH_9\r\n", plan.FailProtocol, 0, "begins"},
		{"HTTP/2", "HTTP/2 101 x\r\n\r\n", plan.FailProtocol, 0, "begins"},
		{"bad status", "HTTP/1.1 1O1 x\r\n\r\n", plan.FailProtocol, 0, "begins"},
		{"endless interim answers", strings.Repeat("HTTP/1.1 100 x\r\n\r\n", 20), plan.FailProtocol, 0, "interim"},
		{"huge header", "HTTP/1.1 101 x\r\n" + strings.Repeat("X: yyyyyyyyyyyyyy\r\n", 5000), plan.FailTooLarge, 0, "64 KiB"},
		{"nothing", "", plan.FailReset, 0, ""},
		{"half a header", "HTTP/1.1 101 x\r\nUpgra", plan.FailTruncated, 0, ""},

		{"unauthorized", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 5\r\nX-A: b\r\n\r\nno no", plan.FailStatus, 401, "401"},
		{"redirect", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", plan.FailStatus, 302, "302"},
		{"chunked", "HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n3\r\n no\r\n0\r\n\r\n", plan.FailStatus, 503, "503"},
		{"until the end", "HTTP/1.1 500 x\r\n\r\nno no", plan.FailStatus, 500, "500"},
		{"no socket but a page", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nno no", plan.FailStatus, 200, "200"},
		{"short body", "HTTP/1.1 500 x\r\nContent-Length: 9\r\n\r\nno no", plan.FailStatus, 500, "500"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, func(p *peer) {
				answer := strings.Replace(c.answer, "%s", acceptance(p.request.Header.Get("Sec-WebSocket-Key")), 1)
				p.say([]byte(answer))
				if c.class == plan.OK {
					p.untilClose()
					p.finish()
				}
			})
			client := newClient(t, Config{})
			o, r := client.try(transport.Opening{Route: s.route(), URI: []byte("/x"), Protocols: []string{"v1", "v2"}, Compress: true})
			if r.Class != c.class || r.Status != c.status {
				t.Fatalf("%v %v, status %d; want %v, status %d", r.Class, r.Err, r.Status, c.class, c.status)
			}
			if r.Err != nil && !strings.Contains(r.Err.Error(), c.text) {
				t.Errorf("error %q says nothing of %q", r.Err, c.text)
			}
			if c.class == plan.FailStatus && c.name != "redirect" && string(r.Body) != "no no" {
				t.Errorf("body %q", r.Body)
			}
			if !(r.Start <= r.Sent && r.Sent <= r.End) || r.Sent < r.Start+r.Connect || r.BytesOut == 0 {
				t.Errorf("times %d, %d, %d with %d to connect; %d bytes out", r.Start, r.Sent, r.End, r.Connect, r.BytesOut)
			}
			if c.answer != "" && (r.FirstByte < r.Sent || r.FirstByte > r.End || r.BytesIn == 0) {
				t.Errorf("first byte at %d of %d to %d, %d bytes in", r.FirstByte, r.Sent, r.End, r.BytesIn)
			}
			if o != nil {
				if want := map[bool]string{true: "v2"}[c.name == "protocol"]; o.Protocol() != want {
					t.Errorf("protocol %q", o.Protocol())
				}
				if !strings.Contains(strings.ToLower(string(r.Header)), "sec-websocket-accept:") || !strings.HasSuffix(string(r.Header), "\n") || r.Proto != "HTTP/1.1" {
					t.Errorf("%s, header %q", r.Proto, r.Header)
				}
				o.Close(1000, "")
			}
		})
	}
}

func TestHandshakeRequest(t *testing.T) {
	got := make(chan *http.Request, 2)
	s := serve(t, func(p *peer) {
		got <- p.request
		p.accept()
		p.untilClose()
		p.finish()
	})
	c := newClient(t, Config{})
	keys := map[string]bool{}
	for _, o := range []transport.Opening{
		{URI: []byte("/chat?a=1"), Host: "example.org", Header: []byte("Authorization: Bearer t\r\nCookie: a=b\r\n"), Protocols: []string{"v1", "v2"}, Compress: true},
		{},
	} {
		o.Route = s.route()
		c.open(o).Close(1000, "")
		r := <-got
		key := r.Header.Get("Sec-WebSocket-Key")
		if len(key) != 24 || keys[key] {
			t.Errorf("key %q", key)
		}
		keys[key] = true
		want := map[string]string{"Upgrade": "websocket", "Connection": "Upgrade", "Sec-Websocket-Version": "13", "Sec-Websocket-Key": key}
		if o.Compress {
			want["Sec-Websocket-Protocol"], want["Sec-Websocket-Extensions"] = "v1, v2", deflateOffer
			want["Authorization"], want["Cookie"] = "Bearer t", "a=b"
			if r.Host != "example.org" || r.RequestURI != "/chat?a=1" {
				t.Errorf("%s from %s", r.RequestURI, r.Host)
			}
		} else if r.RequestURI != "/" {
			t.Errorf("asked for %q", r.RequestURI)
		}
		if len(r.Header) != len(want) {
			t.Errorf("fields %v, want %v", r.Header, want)
		}
		for name, value := range want {
			if r.Header.Get(name) != value {
				t.Errorf("%s: %q, want %q", name, r.Header.Get(name), value)
			}
		}
	}
}

// TestRefused: what would write a second line is never sent.
func TestRefused(t *testing.T) {
	c := newClient(t, Config{Dial: dial.New(dial.Config{Dial: nil})})
	route := &transport.Route{Scheme: "http", Addr: "127.0.0.1:1", Host: "x"}
	for _, o := range []transport.Opening{
		{URI: []byte("/a b")}, {URI: []byte("/a\r\n")}, {Host: "a\nb"}, {Header: []byte("A: b")}, {Protocols: []string{"a,b"}}, {Protocols: []string{""}},
	} {
		o.Route = route
		if _, r := c.try(o); r.Class != plan.FailInternal || r.BytesOut != 0 {
			t.Errorf("%+v: %v %v", o, r.Class, r.Err)
		}
	}
}

// TestFramesWithTheAnswer come before anything else was read.
func TestFramesWithTheAnswer(t *testing.T) {
	transports(t, func(t *testing.T, c *client, start func(func(*peer)) *rawServer) {
		s := start(func(p *peer) {
			p.accept("X: y\r\n\r\n" + string(str(rawText, "early")) + string(closing(1001, ""))) // the answer's end follows: after a close frame nothing counts
			p.untilClose()
		})
		o := c.open(transport.Opening{Route: s.route()})
		o.message("early")
		o.ends(1001, plan.OK)
	})
}

// TestHandshakeTimeout: whatever the server holds back, Open ends in time,
// with what was reached of the connection.
func TestHandshakeTimeout(t *testing.T) {
	for name, c := range map[string]struct {
		scheme, say string
		class       plan.ErrorClass
	}{
		"no answer":     {"http", "", plan.FailTimeout},
		"half":          {"http", "HTTP/1.1 101 x\r\n", plan.FailTimeout},
		"no handshake":  {"https", "", plan.FailConnectTimeout},
		"endless words": {"http", "HTTP/1.1 500 x\r\n\r\nno", plan.FailTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				far := make(chan net.Conn, 1)
				d := dial.New(dial.Config{Dial: pipe(far)})
				f := New(Config{Dial: d})
				defer f.Close()
				go func() {
					conn := <-far
					go func() { _, _ = io.WriteString(conn, c.say) }()
					_, _ = io.Copy(io.Discard, conn)
				}()
				var r transport.Result
				start := time.Now()
				route := &transport.Route{Scheme: c.scheme, Addr: "10.0.0.1:80", Server: "x", Host: "x"}
				if s := f.Open(&transport.Opening{Route: route, Host: "x", Timeout: 3 * time.Second}, &r); s != nil {
					t.Fatal("opened")
				}
				if took := time.Since(start); took < 3*time.Second || took > 3*time.Second+time.Millisecond {
					t.Errorf("took %v", took)
				}
				if r.Class != c.class {
					t.Errorf("%v: %v", r.Class, r.Err)
				}
			})
		})
	}
}

func TestRefusedConnection(t *testing.T) {
	c := newClient(t, Config{})
	_, r := c.try(transport.Opening{Route: &transport.Route{Scheme: "http", Addr: faultserver.Refusing(t), Host: "x"}})
	if r.Class != plan.FailRefused || r.Sent != 0 {
		t.Errorf("%v %v, sent at %d", r.Class, r.Err, r.Sent)
	}
}

func TestUntrustedServer(t *testing.T) {
	server, _ := certificates(t)
	s := serveTLS(t, server, func(*peer) {})
	c := newClient(t, Config{Dial: dial.New(dial.Config{TLS: &tls.Config{}})})
	if _, r := c.try(transport.Opening{Route: s.route()}); r.Class != plan.FailTLS {
		t.Errorf("%v %v", r.Class, r.Err)
	}
}

// FuzzAnswer: whatever a server answers, it is read without a panic, cut at
// any place alike, and taken only with the proof.
func FuzzAnswer(f *testing.F) {
	o := &transport.Opening{Protocols: []string{"v1"}, Compress: true}
	proof := acceptance("key")
	f.Add([]byte(fmt.Sprintf(good, proof)+"Sec-WebSocket-Protocol: v1\r\n"+deflateAnswer+"\r\n\r\nrest"), 7)
	f.Add([]byte("HTTP/1.1 401 x\nA:b\n\n"), 3)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		a, err := parseAnswer(b)
		early, earlyErr := parseAnswer(b[:max(0, min(n, len(b)))])
		if early != nil && (a == nil || early.status != a.status || string(early.header) != string(a.header)) {
			t.Fatal("a part of it is another answer")
		}
		if earlyErr != nil && err == nil {
			t.Fatalf("a part of it is wrong: %v", earlyErr)
		}
		if a == nil || err != nil {
			return
		}
		if len(a.block)+len(a.rest) != len(b) {
			t.Fatal("bytes are lost")
		}
		got, err := a.agree("key", o)
		if err == nil && (!strings.Contains(string(b), proof) || !slices.Contains([]string{"", "v1"}, got.protocol)) {
			t.Fatalf("taken: %+v", got)
		}
		if f := (*dial.Fault)(nil); err != nil && !errors.As(err, &f) {
			t.Fatalf("%T", err)
		}
	})
}
