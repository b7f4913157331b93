package truth

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

// Phases of an exchange, as they are injected.
const (
	phaseConnect   = 30 * ms
	phaseTLS       = 40 * ms
	phaseFirstByte = 50 * ms
	phaseBody      = 60 * ms
)

// TestM25_Phases (M25): connecting takes 30 ms, the TLS handshake 40, the
// first byte 50 and the rest of the body 60, in virtual time and to the
// nanosecond. The parts add up to the whole; a connection that is used again
// has zeros for what it did not do. (Names are resolved by the system, on its
// own clock: see the tests of runtime/transport/dial.)
func TestM25_Phases(t *testing.T) {
	server, roots := selfSigned(t)
	synctest.Test(t, func(t *testing.T) {
		dial := func(context.Context, string, string) (net.Conn, error) {
			time.Sleep(phaseConnect)
			client, other := net.Pipe()
			go slowServer(tls.Server(other, server))
			return client, nil
		}
		f := http1.New(http1.Config{Dial: dial, TLS: &tls.Config{RootCAs: roots}})
		defer f.Close()
		c := f.Client()
		defer c.Close()
		route := &transport.Route{Scheme: "https", Addr: "phases.test:443", Server: "phases.test", Host: "phases.test"}
		var r transport.Result
		for n := range 3 {
			c.Do(&transport.Message{Method: "GET", Route: route, URI: []byte("/"), Host: "phases.test", Timeout: time.Minute}, &r)
			if r.Err != nil || r.Status != 200 || r.BodySize != 8 {
				t.Fatalf("%+v", r)
			}
			connect, handshake := int64(phaseConnect), int64(phaseTLS)
			if n > 0 {
				connect, handshake = 0, 0
			}
			if r.Reused != (n > 0) || r.DNS != 0 || r.Connect != connect || r.TLS != handshake {
				t.Errorf("request %d: reused %v, DNS %d, connect %d, TLS %d", n, r.Reused, r.DNS, r.Connect, r.TLS)
			}
			if first, body := r.FirstByte-r.Sent, r.End-r.FirstByte; first != int64(phaseFirstByte) || body != int64(phaseBody) {
				t.Errorf("request %d: first byte after %d, body %d", n, first, body)
			}
			if sum := r.DNS + r.Connect + r.TLS + (r.FirstByte - r.Sent) + (r.End - r.FirstByte); sum != r.End-r.Start {
				t.Errorf("request %d: the parts add up to %d of %d", n, sum, r.End-r.Start)
			}
		}
	})
}

// slowServer answers over one connection, in the phases' times.
func slowServer(conn *tls.Conn) {
	defer conn.Close()
	time.Sleep(phaseTLS)
	in := bufio.NewReader(conn)
	for {
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		time.Sleep(phaseFirstByte)
		if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf"); err != nil {
			return
		}
		time.Sleep(phaseBody)
		if _, err := io.WriteString(conn, "half"); err != nil {
			return
		}
	}
}

// selfSigned is a certificate for phases.test, and who trusts it.
func selfSigned(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	// Virtual time begins in 2000.
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"phases.test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	// Without tickets: nobody reads them from a pipe while the request is written.
	return &tls.Config{SessionTicketsDisabled: true, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, roots
}
