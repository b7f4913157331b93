//go:build unix

package truth

import (
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/sla"
	"throng/runtime/transport/faultserver"
)

// certificate is one of a for 127.0.0.1, after some change; self: by itself.
func (a *authority) certificate(t *testing.T, self bool, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	c := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "a server"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if change != nil {
		change(c)
	}
	by, signer := a, a.key
	if self {
		by, signer = &authority{cert: c}, nil
	}
	block, key := by.sign(t, c, signer)
	leaf, err := tls.X509KeyPair(block, keyText(t, key))
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

func keyText(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})
}

func expired(c *x509.Certificate)   { c.NotAfter = time.Now().Add(-time.Hour) }
func elsewhere(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} }

// TestF14_TLS: what is wrong with a server's side of TLS fails the handshake,
// which is a phase of its own, and nothing is sent. Only a scenario that says
// insecure takes no notice.
func TestF14_TLS(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	with := func(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }
	good := ca.certificate(t, false, nil)
	asking := with(good)
	asking.ClientAuth = tls.RequireAnyClientCert
	asking12 := asking.Clone()
	asking12.MaxVersion = tls.VersionTLS12
	const trusted, blind = "tls { ca_file = \"ca.pem\" }\n", "tls { insecure = true }\n"
	for _, c := range []struct {
		name   string
		server *tls.Config
		target string
		class  plan.ErrorClass
		says   string
	}{
		{"good", with(good), trusted, plan.OK, ""},
		{"expired", with(ca.certificate(t, false, expired)), trusted, plan.FailTLS, "has expired or is not yet valid"},
		{"wrong_name", with(ca.certificate(t, false, elsewhere)), trusted, plan.FailTLS, "192.0.2.1"},
		{"self_signed", with(ca.certificate(t, true, nil)), trusted, plan.FailTLS, "unknown authority"},
		{"another_authority", with(stranger.certificate(t, false, nil)), trusted, plan.FailTLS, "unknown authority"},
		{"the_system_trusts_it_not", with(good), "", plan.FailTLS, "unknown authority"},
		{"expired_but_insecure", with(ca.certificate(t, true, expired)), blind, plan.OK, ""},
		{"client_certificate_asked", asking, trusted, plan.FailTLS, "certificate"},
		{"client_certificate_asked_1_2", asking12, trusted, plan.FailTLS, "handshake"},
		{"too_old", &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS11}, trusted, plan.FailTLS, "version"},
		{"no_TLS_at_all", nil, trusted, plan.FailTLS, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := faultserver.NewTLS(c.server)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(s.Close)
			p := scenario{target: c.target, user: "task \"t\" {\n" + wellTagged + "}\n", files: map[string][]byte{"ca.pem": ca.pem}}.play(t, "https://"+s.Addr())
			p.all(t, "GET /ok", 12, c.class)
			p.says(t, c.says)
			row := p.row("GET /ok")
			if s.Close(); int64(s.Count()) != row.OK {
				t.Errorf("the server answered %d requests, the books have %d", s.Count(), row.OK)
			}
			if c.class == plan.OK {
				p.judged(t, sla.Pass)
				return
			}
			p.judged(t, sla.Fail)
			if row.OK != 0 || s.Accepted() < 12 {
				t.Errorf("%d connections for 12 attempts", s.Accepted())
			}
		})
	}
}

// TestF14_Stall: a server that takes the connection and says nothing of TLS is
// a timeout of connecting.
func TestF14_Stall(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := scenario{target: "http { connect_timeout = \"120ms\" }\n", user: "get \"/\" {}\n"}.play(t, "https://"+l.Addr().String())
	p.all(t, "GET /", 12, plan.FailConnectTimeout)
	p.judged(t, sla.Fail)
	if q := p.row("GET /").FailedQuantile(0); q.Ns < int64(120*ms) {
		t.Errorf("given up after %v", time.Duration(q.Ns))
	}
}

// TestF14_Change: a certificate that changes in mid-run is seen by new
// connections.
func TestF14_Change(t *testing.T) {
	ca := newAuthority(t)
	good, bad := ca.certificate(t, false, nil), ca.certificate(t, false, expired)
	var shown atomic.Int64
	s, err := faultserver.NewTLS(&tls.Config{SessionTicketsDisabled: true, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if shown.Add(1) > 20 {
			return &bad, nil
		}
		return &good, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	p := scenario{target: "tls { ca_file = \"ca.pem\" }\n http { keep_alive = \"off\" }\n", user: "get \"/ok\" {}\n",
		profile: "users = 4\n iterations = 40\n", files: map[string][]byte{"ca.pem": ca.pem}}.play(t, "https://"+s.Addr())
	p.all(t, "GET /ok", 40, plan.OK, plan.FailTLS)
	p.says(t, "has expired")
	p.judged(t, sla.Fail)
	if row := p.row("GET /ok"); row.OK != 20 || s.Accepted() != 40 {
		t.Errorf("%d of 40 went well, over %d connections", row.OK, s.Accepted())
	}
}
