package http1

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

func pemOf(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func (a *authority) pem() []byte { return pemOf("CERTIFICATE", a.cert.Raw) }

// pair is a certificate of the authority and its key, as files have them.
func (a *authority) pair(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	c := a.issue(t, name, time.Hour)
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("CERTIFICATE", c.Certificate[0]), pemOf("PRIVATE KEY", der)
}

// What a plan says of TLS is what happens.
func TestPlannedTLS(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	good := ca.issue(t, "shop.test", time.Hour)
	cert, key := ca.pair(t, "ann")
	wrongCert, wrongKey := other.pair(t, "eve")
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	plain := &tls.Config{Certificates: []tls.Certificate{good}}
	mutual := &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool}
	mutual12 := mutual.Clone()
	mutual12.MaxVersion = tls.VersionTLS12
	only12 := &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}
	for _, test := range []struct {
		name    string
		server  *tls.Config
		tls     plan.TLS
		class   plan.ErrorClass
		text    string
		version uint16
	}{
		{"its CA", plain, plan.TLS{CA: ca.pem()}, plan.OK, "", tls.VersionTLS13},
		{"another CA", plain, plan.TLS{CA: other.pem()}, plan.FailTLS, "signed by unknown authority", 0},
		{"the system's roots", plain, plan.TLS{}, plan.FailTLS, "signed by unknown authority", 0},
		{"insecure", plain, plan.TLS{Insecure: true}, plan.OK, "", tls.VersionTLS13},
		{"insecure, expired", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "shop.test", -time.Hour)}}, plan.TLS{Insecure: true}, plan.OK, "", tls.VersionTLS13},
		{"expired", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "shop.test", -time.Hour)}}, plan.TLS{CA: ca.pem()}, plan.FailTLS, "has expired or is not yet valid", 0},
		{"self-signed", &tls.Config{Certificates: []tls.Certificate{new(authority).issue(t, "shop.test", time.Hour)}}, plan.TLS{CA: ca.pem()}, plan.FailTLS, "signed by unknown authority", 0},
		{"wrong name", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "bank.test", time.Hour)}}, plan.TLS{CA: ca.pem()}, plan.FailTLS, "bank.test, not shop.test", 0},
		{"the name it is known by", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "bank.test", time.Hour)}}, plan.TLS{CA: ca.pem(), ServerName: "bank.test"}, plan.OK, "", tls.VersionTLS13},
		{"at most 1.2", plain, plan.TLS{CA: ca.pem(), Max: tls.VersionTLS12}, plan.OK, "", tls.VersionTLS12},
		{"a server of 1.2", only12, plan.TLS{CA: ca.pem()}, plan.OK, "", tls.VersionTLS12},
		{"at least 1.3", only12, plan.TLS{CA: ca.pem(), Min: tls.VersionTLS13}, plan.FailTLS, "protocol version not supported", 0},
		{"certificate", mutual, plan.TLS{CA: ca.pem(), Cert: cert, Key: key}, plan.OK, "", tls.VersionTLS13},
		{"certificate, 1.2", mutual12, plan.TLS{CA: ca.pem(), Cert: cert, Key: key}, plan.OK, "", tls.VersionTLS12},
		{"no certificate", mutual, plan.TLS{CA: ca.pem()}, plan.FailTLS, "certificate required", 0},
		{"no certificate, 1.2", mutual12, plan.TLS{CA: ca.pem()}, plan.FailTLS, "handshake failure", 0},
		{"somebody else's certificate", mutual, plan.TLS{CA: ca.pem(), Cert: wrongCert, Key: wrongKey}, plan.FailTLS, "unknown certificate authority", 0},
		{"a key that does not fit", plain, plan.TLS{CA: ca.pem(), Cert: cert, Key: wrongKey, CertFile: "ann.pem"}, plan.FailTLS, "the client certificate ann.pem: tls: private key does not match", 0},
		{"no CA at all", plain, plan.TLS{CA: []byte("x"), CAFile: "ca.pem"}, plan.FailTLS, "no certificate in ca_file ca.pem", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var version uint16
			server := test.server.Clone()
			server.VerifyConnection = func(s tls.ConnectionState) error {
				version = s.Version
				return nil
			}
			s := serveTLS(t, server)
			c := newClient(t, Config{})
			m := secureMessage(s.Addr(), "/ok?id=1")
			m.Route = &transport.Route{Scheme: "https", Addr: s.Addr(), Server: "shop.test", TLS: &test.tls}
			var r transport.Result
			c.Do(m, &r)
			sane(t, test.name, &r)
			if r.Class != test.class || r.Err != nil && !strings.Contains(r.Err.Error(), test.text) {
				t.Errorf("%v: %v", r.Class, r.Err)
			}
			s.Close()
			if test.class == plan.OK && version != test.version {
				t.Errorf("version %x", version)
			}
		})
	}
}

// A certificate that changes in mid-run is seen by new connections.
func TestCertificateChanges(t *testing.T) {
	ca := newAuthority(t)
	certs := make(chan tls.Certificate, 2)
	certs <- ca.issue(t, "shop.test", time.Hour)
	certs <- ca.issue(t, "shop.test", -time.Hour)
	s := serveTLS(t, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		c := <-certs
		return &c, nil
	}})
	c := newClient(t, Config{})
	route := &transport.Route{Scheme: "https", Addr: s.Addr(), Server: "shop.test", TLS: &plan.TLS{CA: ca.pem()}}
	for i, path := range []string{"/ok", "/close-header", "/ok"} {
		m := secureMessage(s.Addr(), path)
		m.Route = route
		var r transport.Result
		c.Do(m, &r)
		if want := i < 2; (r.Class == plan.OK) != want || !want && (r.Class != plan.FailTLS || !strings.Contains(r.Err.Error(), "has expired")) {
			t.Errorf("exchange %d: %v: %v", i, r.Class, r.Err)
		}
	}
}

// A server that takes the connection and says nothing of TLS.
func TestHandshakeStalls(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := newClient(t, Config{})
	m := secureMessage(l.Addr().String(), "/")
	m.Route = &transport.Route{Scheme: "https", Addr: m.Route.Addr, Server: "shop.test", HTTP: plan.HTTP{ConnectTimeout: time.Second}}
	var r transport.Result
	c.Do(m, &r)
	sane(t, "stall", &r)
	if r.Class != plan.FailConnectTimeout || r.Err.Error() != "timeout: no connection within 1s (in the TLS handshake)" || r.TLS <= 0 {
		t.Errorf("%v: %v, %+v", r.Class, r.Err, r)
	}
}

// A plan says whether sessions are resumed; the server sees it.
func TestPlannedResumption(t *testing.T) {
	ca := newAuthority(t)
	for _, most := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		for _, resume := range []bool{true, false} {
			var resumed []bool
			config := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "shop.test", time.Hour)}, MaxVersion: most}
			config.VerifyConnection = func(s tls.ConnectionState) error {
				resumed = append(resumed, s.DidResume) // connections follow one another
				return nil
			}
			s := serveTLS(t, config)
			c := newClient(t, Config{})
			m := secureMessage(s.Addr(), "/close-header")
			m.Route = &transport.Route{Scheme: "https", Addr: s.Addr(), Server: "shop.test", TLS: &plan.TLS{CA: ca.pem(), Resume: resume}}
			for range 3 {
				var r transport.Result
				if c.Do(m, &r); r.Class != plan.OK {
					t.Fatal(r.Err)
				}
			}
			s.Close()
			for i, did := range resumed {
				if did != (resume && i > 0) {
					t.Errorf("version %x, resume %v: %v", most, resume, resumed)
				}
			}
			if len(resumed) != 3 {
				t.Errorf("%d handshakes", len(resumed))
			}
		}
	}
}

// How long connections are kept, and what the server is told.
func TestKeepAlive(t *testing.T) {
	for _, keep := range []plan.KeepAlive{plan.KeepUser, plan.KeepIteration, plan.KeepOff} {
		asked := make(chan string, 10)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked <- r.Header.Get("Connection")
			io.WriteString(w, "ok")
		}))
		c := newClient(t, Config{})
		m := message(s.Listener.Addr().String(), "/")
		m.Route = &transport.Route{Scheme: "http", Addr: m.Route.Addr, HTTP: plan.HTTP{KeepAlive: keep}}
		for i := range 4 {
			if i == 2 {
				c.(transport.Forgetter).Forget()
			}
			var r transport.Result
			c.Do(m, &r)
			want := i > 0 && keep != plan.KeepOff && (i != 2 || keep == plan.KeepUser)
			if r.Class != plan.OK || r.Reused != want {
				t.Errorf("%v, exchange %d: %v, reused %v", keep, i, r.Err, r.Reused)
			}
			if said := <-asked; (said == "close") != (keep == plan.KeepOff) {
				t.Errorf("%v: Connection: %q", keep, said)
			}
		}
		c.Close()
		c.(transport.Forgetter).Forget()
		s.Close()
	}
}

// A user's lanes have its connections in common, and no more than the limit.
func TestConnectionsOfLanes(t *testing.T) {
	s := serve(t)
	f := New(Config{})
	defer f.Close()
	root := f.Client()
	m := message(s.Addr(), "/slow?ms=2")
	m.Route = &transport.Route{Scheme: "http", Addr: s.Addr(), HTTP: plan.HTTP{Connections: 3}}
	var lanes sync.WaitGroup
	var mu sync.Mutex
	reused := 0
	for range 20 {
		c := root.(transport.Brancher).Branch()
		lanes.Go(func() {
			defer c.Close()
			for range 5 {
				var r transport.Result
				c.Do(m, &r)
				if r.Class != plan.OK || r.Sent < r.Start || r.End < r.Sent {
					t.Errorf("%v: %+v", r.Err, r)
				}
				mu.Lock()
				if r.Reused {
					reused++
				}
				mu.Unlock()
			}
		})
	}
	lanes.Wait()
	if s.Accepted() != 3 || reused != 97 || s.Open() != 3 {
		t.Errorf("%d connections, %d reused, %d open", s.Accepted(), reused, s.Open())
	}
	root.Close()
	waitFor(t, "the connections to be closed", func() bool { return s.Open() == 0 })
}

// A lane whose turn never comes ends in time, or with the cut, and leaves the
// others their connections.
func TestWaitingForAConnection(t *testing.T) {
	s := serve(t)
	f := New(Config{})
	defer f.Close()
	root := f.Client()
	defer root.Close()
	route := &transport.Route{Scheme: "http", Addr: s.Addr(), HTTP: plan.HTTP{Connections: 1}}
	do := func(c transport.Client, path string, timeout time.Duration) (r transport.Result) {
		m := message(s.Addr(), path)
		m.Route, m.Timeout = route, timeout
		c.Do(m, &r)
		return r
	}
	second := root.(transport.Brancher).Branch()
	defer second.Close()
	ends := make(chan transport.Result)
	go func() { ends <- do(second, "/hang", time.Hour) }()
	waitFor(t, "the first to be connected", func() bool { return s.Open() == 1 })
	r := do(root, "/ok", 50*time.Millisecond)
	if r.Class != plan.FailConnectTimeout || r.Err.Error() != "timeout: no connection within 50ms (waiting for one of the user's connections to be free)" || r.Sent != 0 {
		t.Errorf("%v: %v", r.Class, r.Err)
	}
	// It is the older client, and so the first to be cut: else it might have
	// its turn before.
	go func() { ends <- do(root, "/ok", time.Hour) }()
	waitFor(t, "the other to wait", func() bool {
		p := root.(*client).pool
		p.mu.Lock()
		defer p.mu.Unlock()
		return len(p.queue) == 1
	})
	f.Cut()
	for range 2 {
		if r := <-ends; r.Class != plan.FailInternal || r.Err.Error() != "cut off: the run was stopped" {
			t.Errorf("%v: %v", r.Class, r.Err)
		}
	}
	if p := root.(*client).pool; p.opened(route).n != 0 || len(p.queue) != 0 {
		t.Errorf("%+v, %d waiting", p.open, len(p.queue))
	}
}

// A sink that panics costs its user one connection, not the right to it.
func TestPanicOfASink(t *testing.T) {
	s := serve(t)
	f := New(Config{})
	defer f.Close()
	root := f.Client()
	defer root.Close()
	m := message(s.Addr(), "/ok")
	m.Route = &transport.Route{Scheme: "http", Addr: s.Addr(), HTTP: plan.HTTP{Connections: 1}}
	m.Sink = panics{}
	var r transport.Result
	c := root.(transport.Brancher).Branch()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		c.Do(m, &r)
	}()
	c.Close()
	m.Sink = nil
	if root.Do(m, &r); r.Class != plan.OK {
		t.Error(r.Err)
	}
	waitFor(t, "the connection left behind to be closed", func() bool { return s.Open() == 1 })
}

type panics struct{}

func (panics) Chunk([]byte, int64) bool { panic("on purpose") }

// Several transports can share one dialer, and so what it knows of names.
func TestSharedDialer(t *testing.T) {
	s := serve(t)
	clock := transport.NewClock()
	d := dial.New(dial.Config{Clock: clock, Dial: piped(func(conn net.Conn, in *bufio.Reader) {
		if _, err := http.ReadRequest(in); err == nil {
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine")
		}
	})})
	c := newClient(t, Config{Clock: clock, Dialer: d})
	var r transport.Result
	if c.Do(message(s.Addr(), "/ok"), &r); string(r.Body) != "mine" || s.Accepted() != 0 {
		t.Errorf("%v %q", r.Err, r.Body)
	}
}
