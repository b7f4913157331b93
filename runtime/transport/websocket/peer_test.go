package websocket

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// patience is how long a test waits for what has to come. It is never a
// measure of anything.
const patience = 30 * time.Second

// peer is the server's end of one connection, after the request was read.
type peer struct {
	net.Conn
	in      *bufio.Reader
	request *http.Request
}

// rawServer serves each connection by a script, over whatever it likes to
// write. It says nothing about what it should have done.
type rawServer struct {
	l     net.Listener
	tls   *tls.Config
	wg    sync.WaitGroup
	mu    sync.Mutex
	conns []net.Conn
}

func serve(t testing.TB, script func(*peer)) *rawServer { return serveTLS(t, nil, script) }

func serveTLS(t testing.TB, config *tls.Config, script func(*peer)) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{l: l, tls: config}
	s.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, conn)
			s.mu.Unlock()
			s.wg.Go(func() {
				defer conn.Close()
				s.talk(conn, script)
			})
		}
	})
	t.Cleanup(s.close)
	return s
}

func (s *rawServer) talk(conn net.Conn, script func(*peer)) {
	_ = conn.SetDeadline(time.Now().Add(2 * patience))
	if s.tls != nil {
		secure := tls.Server(conn, s.tls)
		if secure.Handshake() != nil {
			return
		}
		conn = secure
	}
	p := &peer{Conn: conn, in: bufio.NewReader(conn)}
	var err error
	if p.request, err = http.ReadRequest(p.in); err == nil {
		script(p)
	}
}

func (s *rawServer) close() {
	s.l.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *rawServer) route() *transport.Route {
	scheme := "http"
	if s.tls != nil {
		scheme = "https"
	}
	return &transport.Route{Scheme: scheme, Addr: s.l.Addr().String(), Server: "127.0.0.1", Host: s.l.Addr().String()}
}

// accept answers the handshake as it should be.
func (p *peer) accept(extra ...string) {
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		acceptance(p.request.Header.Get("Sec-WebSocket-Key")) + "\r\n"
	for _, line := range extra {
		answer += line + "\r\n"
	}
	p.say([]byte(answer + "\r\n"))
}

func (p *peer) say(b []byte) { _, _ = p.Write(b) }

const deflateAnswer = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"

// clientFrame is a frame of ours, as the server reads it.
type clientFrame struct {
	first   byte
	payload []byte
	masked  bool
}

func (f clientFrame) op() byte { return f.first & 0x0F }

// frame reads a frame of the client's.
func (p *peer) frame() (clientFrame, error) {
	var head [2]byte
	if _, err := io.ReadFull(p.in, head[:]); err != nil {
		return clientFrame{}, err
	}
	n := uint64(head[1] & 0x7F)
	var b [8]byte
	switch n {
	case 126:
		if _, err := io.ReadFull(p.in, b[:2]); err != nil {
			return clientFrame{}, err
		}
		n = uint64(binary.BigEndian.Uint16(b[:]))
	case 127:
		if _, err := io.ReadFull(p.in, b[:]); err != nil {
			return clientFrame{}, err
		}
		n = binary.BigEndian.Uint64(b[:])
	}
	f := clientFrame{first: head[0], masked: head[1]&maskBit != 0}
	var key [4]byte
	if f.masked {
		if _, err := io.ReadFull(p.in, key[:]); err != nil {
			return f, err
		}
	}
	f.payload = make([]byte, n)
	if _, err := io.ReadFull(p.in, f.payload); err != nil {
		return f, err
	}
	for i := range f.payload {
		f.payload[i] ^= key[i%4]
	}
	return f, nil
}

// untilClose reads the client's frames to its close frame, whose code it
// returns; 0 if the connection ends without.
func (p *peer) untilClose() (before []clientFrame, code int) {
	for {
		f, err := p.frame()
		if err != nil {
			return before, 0
		}
		if f.op() != opClose {
			before = append(before, f)
			continue
		}
		if len(f.payload) < 2 {
			return before, closeNoCode
		}
		return before, int(binary.BigEndian.Uint16(f.payload))
	}
}

// finish answers a close frame and waits for the end.
func (p *peer) finish() {
	p.say(closing(1000, ""))
}

// client is a factory, and what came of a socket.
type client struct {
	t *testing.T
	f *Factory
}

// newClient makes a factory that is closed at the end, after which nothing of
// it may be left.
func newClient(t *testing.T, c Config) *client {
	t.Helper()
	cl := &client{t: t, f: New(c)}
	t.Cleanup(func() {
		done := make(chan struct{})
		go func() {
			defer close(done)
			cl.f.Close()
		}()
		select {
		case <-done:
		case <-time.After(patience):
			t.Errorf("the factory does not close:\n%s", stacks())
		}
		cl.f.mu.Lock()
		defer cl.f.mu.Unlock()
		if len(cl.f.sockets) > 0 {
			t.Errorf("%d sockets are left", len(cl.f.sockets))
		}
	})
	return cl
}

// opened is a socket of a test.
type opened struct {
	*socket
	t      *testing.T
	notify chan struct{}
	result transport.Result
}

func (c *client) try(o transport.Opening) (*opened, *transport.Result) {
	c.t.Helper()
	s := &opened{t: c.t, notify: make(chan struct{}, 1)}
	o.Notify = s.notify
	if o.Host == "" {
		o.Host = o.Route.Host
	}
	if o.Timeout == 0 {
		o.Timeout = patience
	}
	var r transport.Result
	got := c.f.Open(&o, &r)
	if (got == nil) != (r.Class != plan.OK) {
		c.t.Fatalf("socket %v beside class %v (%v)", got, r.Class, r.Err)
	}
	if got == nil {
		return nil, &r
	}
	s.socket, s.result = got.(*socket), r
	return s, &r
}

func (c *client) open(o transport.Opening) *opened {
	c.t.Helper()
	s, r := c.try(o)
	if s == nil {
		c.t.Fatalf("not opened: %v: %v", r.Class, r.Err)
	}
	c.t.Cleanup(func() { s.Close(1000, "") })
	return s
}

// next waits for an event.
func (s *opened) next() transport.SocketEvent {
	s.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		if e, ok := s.Next(); ok {
			return e
		}
		select {
		case <-s.notify:
		case <-timer.C:
			s.t.Fatalf("no event comes:\n%s", stacks())
		}
	}
}

// wants reads events and says whether they are the messages given.
func (s *opened) message(want string) {
	s.t.Helper()
	if e := s.next(); e.Kind != transport.SocketMessage || string(e.Data) != want {
		s.t.Fatalf("event %v %.100q %v, want the message %.100q", e.Kind, e.Data, e.Err, want)
	}
}

// ends waits for the end.
func (s *opened) ends(code int, class plan.ErrorClass) transport.SocketEvent {
	s.t.Helper()
	e := s.next()
	if e.Kind != transport.SocketClosed || e.Code != code || e.Class != class {
		s.t.Fatalf("event %v %.100q, code %d %q, %v %v; want the end with code %d, %v", e.Kind, e.Data, e.Code, e.Reason, e.Class, e.Err, code, class)
	}
	if (e.Err == nil) != (class == plan.OK) {
		s.t.Errorf("class %v with error %v", class, e.Err)
	}
	if more, ok := s.Next(); ok {
		s.t.Errorf("%v after the end", more.Kind)
	}
	return e
}

func (s *opened) send(text string) {
	s.t.Helper()
	if _, _, err := s.Send(false, []byte(text), patience); err != nil {
		s.t.Fatal(err)
	}
}

func stacks() string {
	b := make([]byte, 1<<20)
	return string(b[:runtime.Stack(b, true)])
}

// descriptors is how many files the process has open; -1 if that can't be known.
func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(list)
}

// goroutines is how many goroutines run this package's code that is not a test's.
func goroutines() (n int) {
	for s := range strings.SplitSeq(stacks(), "\n\n") {
		if strings.Contains(s, "websocket.(*socket)") || strings.Contains(s, "websocket.(*pinger)") {
			n++
		}
	}
	return n
}

// eventually waits for something that comes by itself.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: it did not come to that\n%s", what, stacks())
		}
	}
}

// certificates is a server's configuration, and that of a client who trusts it.
func certificates(t testing.TB) (server, client *tls.Config) {
	t.Helper()
	s := httptest.NewTLSServer(nil)
	s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return &tls.Config{Certificates: s.TLS.Certificates, NextProtos: []string{"http/1.1"}}, &tls.Config{RootCAs: pool}
}
