//go:build unix

package truth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/transport"
	"throng/runtime/transport/anyhttp"
	"throng/runtime/transport/http1"
)

// authority is a CA of the test's own.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "the test's CA"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	a.pem, a.key = a.sign(t, a.cert, nil)
	return a
}

// sign makes a certificate for a new key; signer nil: by that key itself.
func (a *authority) sign(t *testing.T, c *x509.Certificate, signer *ecdsa.PrivateKey) ([]byte, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key
}

// issue makes a certificate for 127.0.0.1, and its key.
func (a *authority) issue(t *testing.T, usage x509.ExtKeyUsage) (cert, key []byte) {
	t.Helper()
	cert, private := a.sign(t, &x509.Certificate{
		SerialNumber: big.NewInt(int64(usage) + 2), Subject: pkix.Name{CommonName: "a peer"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{usage},
	}, a.key)
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}

// door is a server of nginx, and how a target reaches it.
type door struct {
	name    string
	listen  string // options of the directive listen
	more    string // directives
	version plan.HTTPVersion
	secure  bool
	client  bool // shows a client certificate
	proto   string
	status  int // of every answer; 0: what was asked for
}

var doors = []door{
	{name: "TLS 1.2", listen: "ssl", more: "ssl_protocols TLSv1.2;", secure: true, proto: "HTTP/1.1"},
	{name: "TLS 1.3", listen: "ssl", more: "ssl_protocols TLSv1.3;", secure: true, proto: "HTTP/1.1"},
	{name: "h2", listen: "ssl http2", more: "ssl_protocols TLSv1.2 TLSv1.3;", secure: true, version: plan.HTTP2, proto: "HTTP/2.0"},
	{name: "h2 over TLS 1.2", listen: "ssl http2", more: "ssl_protocols TLSv1.2;", secure: true, version: plan.HTTP2, proto: "HTTP/2.0"},
	{name: "h2c", listen: "http2", version: plan.HTTP2, proto: "HTTP/2.0"},
	{name: "auto, has h2", listen: "ssl http2", secure: true, version: plan.HTTPAuto, proto: "HTTP/2.0"},
	{name: "auto, has not", listen: "ssl", secure: true, version: plan.HTTPAuto, proto: "HTTP/1.1"},
	{name: "certificate", listen: "ssl", more: mutual, secure: true, client: true, proto: "HTTP/1.1"},
	{name: "certificate, h2", listen: "ssl http2", more: mutual, secure: true, client: true, version: plan.HTTP2, proto: "HTTP/2.0"},
	{name: "no certificate", listen: "ssl", more: mutual, secure: true, proto: "HTTP/1.1", status: 400},
	{name: "no certificate, h2", listen: "ssl http2", more: mutual, secure: true, version: plan.HTTP2, proto: "HTTP/2.0", status: 400},
}

const mutual = "ssl_verify_client on; ssl_client_certificate ca.pem;"

// bodies are what the locations of a door answer with.
var bodies = map[string]int64{"/ok": 13, "/chunked": chunks * chunk, "/echo": 100_000, "/gzip": 60_000}

const doorConfig = `
server {
	listen 127.0.0.1:%d %s;
	ssl_certificate cert.pem;
	ssl_certificate_key key.pem;
	%s
	location = /ok { return 200 "hello, world\n"; }
	location = /gzip { gzip on; gzip_types text/plain; alias %s/long; }
	location / {
		proxy_pass http://%s;
		proxy_http_version 1.1;
		proxy_buffering off;
		proxy_set_header Connection "";
		client_max_body_size 10m;
	}
}
`

// house is nginx with a port for each door.
type house struct {
	*nginx
	ports []int
	ca    *authority
	cert  []byte // of the client
	key   []byte
}

func openHouse(t *testing.T) *house {
	t.Helper()
	h := &house{ca: newAuthority(t)}
	cert, key := h.ca.issue(t, x509.ExtKeyUsageServerAuth)
	h.cert, h.key = h.ca.issue(t, x509.ExtKeyUsageClientAuth)
	h.nginx = startNginxWith(t, func(n *nginx) string {
		for name, content := range map[string][]byte{
			"cert.pem": cert, "key.pem": key, "ca.pem": h.ca.pem, "long": []byte(strings.Repeat("0123456789", int(bodies["/gzip"]/10))),
		} {
			if err := os.WriteFile(filepath.Join(n.dir, name), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		h.ports = freePorts(t, len(doors))
		var text strings.Builder
		for i, d := range doors {
			fmt.Fprintf(&text, doorConfig, h.ports[i], d.listen, d.more, n.dir, n.backend.Listener.Addr())
		}
		return text.String()
	})
	return h
}

func freePorts(t *testing.T, n int) (ports []int) {
	t.Helper()
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports
}

// target is the way to a door.
func (h *house) target(i int) plan.Target {
	d := doors[i]
	to := plan.Target{Name: d.name, Scheme: "http", Host: "127.0.0.1", Port: h.ports[i], HTTP: plan.HTTP{Version: d.version}}
	if d.secure {
		to.Scheme, to.TLS = "https", &plan.TLS{CA: h.ca.pem, Resume: true}
	}
	if d.client {
		to.TLS.Cert, to.TLS.Key = h.cert, h.key
	}
	return to
}

// Over every version of TLS and of HTTP that nginx has, with and without
// client certificates, its log and our books are the same: requests, statuses,
// and streams on connections.
func TestNginxDoors(t *testing.T) {
	h := openHouse(t)
	b := newPlan(t, h.addr())
	door := map[int]int{} // of a series
	var tasks []plan.Task
	for i, d := range doors {
		b.Targets = append(b.Targets, h.target(i))
		var steps []plan.Step
		for path, size := range bodies {
			r := b.request("GET", path)
			switch path {
			case "/echo":
				r.Method, r.Body = "POST", &plan.Body{ContentType: "text/plain", Text: plan.Literal(strings.Repeat("x", int(size)))}
			case "/gzip":
				r.Headers = append(r.Headers, plan.Pair{Name: "Accept-Encoding", Value: &plan.Const{Value: plan.StringValue("gzip")}})
			}
			b.Rows[len(b.Rows)-1] = plan.Row{Method: r.Method, Name: d.name + " " + path, Pattern: path, Target: i + 1}
			r.Target, door[r.Series] = i+1, i
			if d.status != 0 {
				accepts(r, d.status)
			} else {
				expects(r, "all of the body", func(f *plan.Frame) bool { return int64(len(f.Response.Body)) == size })
			}
			expects(r, "the version", func(f *plan.Frame) bool { return f.Response.Proto == d.proto })
			steps = append(steps, r)
		}
		tasks = append(tasks, task(1, steps...))
	}
	b.class(uniform(0, 0.01), tasks...)
	b.iterations(4, 20*int64(len(doors)))
	b.promise(0.01)
	tr := newTrial(b, http1.Config{}, engine.Options{Health: quiet{}})
	out := tr.completed(t)
	lines := h.stop(t)
	tr.reconcile(t, out, lines)
	for series, s := range out.Final.Total {
		if s == nil || s.Failed > 0 {
			t.Errorf("%s: %+v", b.Rows[b.Series[series].Row].Label(), s)
		}
	}
	for _, g := range out.Final.Errors {
		t.Errorf("%d × %s: %s", g.Count, b.Rows[b.Series[g.Series].Row].Label(), g.Detail)
	}
	theirs, ours := map[int]map[int64]bool{}, map[int]int{}
	for _, l := range lines {
		_, _, series := parseID(l.id)
		if theirs[door[series]] == nil {
			theirs[door[series]] = map[int64]bool{}
		}
		theirs[door[series]][l.conn] = true
	}
	for _, e := range tr.tap.exchanges() {
		if _, _, series := parseID(e.id); e.opened {
			ours[door[series]]++
		}
	}
	for i, d := range doors {
		if len(theirs[i]) != ours[i] {
			t.Errorf("%s: nginx served requests on %d connections, throng opened %d", d.name, len(theirs[i]), ours[i])
		}
	}
}

// What TLS must refuse is class tls, and no request is sent.
func TestNginxRefusals(t *testing.T) {
	h := openHouse(t)
	foreign := newAuthority(t)
	for _, test := range []struct {
		name string
		door int
		set  func(*plan.TLS)
	}{
		{"a server with TLS 1.2 only", 0, func(c *plan.TLS) { c.Min = tls.VersionTLS13 }},
		{"a server with TLS 1.3 only", 1, func(c *plan.TLS) { c.Max = tls.VersionTLS12 }},
		{"h2 with TLS 1.2 only", 3, func(c *plan.TLS) { c.Min = tls.VersionTLS13 }},
		{"a foreign CA", 0, func(c *plan.TLS) { c.CA = foreign.pem }},
		{"a foreign CA, h2", 2, func(c *plan.TLS) { c.CA = foreign.pem }},
		{"another name", 2, func(c *plan.TLS) { c.ServerName = "example.com" }},
	} {
		to := h.target(test.door)
		test.set(to.TLS)
		if r := answer(t, &to); r.Class != plan.FailTLS || r.Sent != 0 {
			t.Errorf("%s: %v %v", test.name, r.Class, r.Err)
		}
	}
	to := h.target(9)
	to.TLS.Cert, to.TLS.Key = foreign.issue(t, x509.ExtKeyUsageClientAuth)
	if r := answer(t, &to); r.Status != 400 {
		t.Errorf("a client certificate of another CA: %v, status %d", r.Class, r.Status)
	}
	to = h.target(4)
	to.Port = h.port // no h2c here
	if r := answer(t, &to); r.Class != plan.FailProtocol && r.Class != plan.FailReset {
		t.Errorf("h2c where there is none: %v %v", r.Class, r.Err)
	} else {
		t.Logf("h2c where there is none: %v", r.Err)
	}
	for _, l := range h.stop(t) {
		if l.status != 400 {
			t.Errorf("nginx answered %+v", l)
		}
	}
}

// answer is the result of one GET.
func answer(t *testing.T, to *plan.Target) *transport.Result {
	t.Helper()
	f := anyhttp.New(http1.Config{})
	defer f.Close()
	c := f.Client()
	defer c.Close()
	route, r := transport.RouteTo(to), &transport.Result{}
	c.Do(&transport.Message{Route: &route, Host: route.Host, Method: "GET", URI: []byte("/ok"), Timeout: 20 * sec}, r)
	return r
}
