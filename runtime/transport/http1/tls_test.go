package http1

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/faultserver"
)

// authority signs certificates for one test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	leaf := a.issue(t, "the authority", time.Hour)
	a.key = leaf.PrivateKey.(*ecdsa.PrivateKey)
	a.cert, _ = x509.ParseCertificate(leaf.Certificate[0])
	return a
}

// issue makes a certificate for a host name, self-signed as long as the
// authority has none itself.
func (a *authority) issue(t *testing.T, name string, life time.Duration) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<60))
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(life),
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IsCA:        a.cert == nil, BasicConstraintsValid: true,
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	}
	parent, signer := template, key
	if a.cert != nil {
		parent, signer = a.cert, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) client() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return &tls.Config{RootCAs: pool}
}

func serveTLS(t *testing.T, config *tls.Config) *faultserver.Server {
	t.Helper()
	s, err := faultserver.NewTLS(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func secureMessage(addr, path string) *transport.Message {
	m := message(addr, path)
	m.Route, m.Host = routeTo("https", addr, "shop.test"), "shop.test"
	return m
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	good := ca.issue(t, "shop.test", time.Hour)
	other := newAuthority(t)
	for _, test := range []struct {
		name   string
		server *tls.Config
		class  plan.ErrorClass
		text   string
	}{
		{"good", &tls.Config{Certificates: []tls.Certificate{good}}, plan.OK, ""},
		{"version 1.2", &tls.Config{Certificates: []tls.Certificate{good}, MaxVersion: tls.VersionTLS12}, plan.OK, ""},
		{"wrong name", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "bank.test", time.Hour)}}, plan.FailTLS, "bank.test"},
		{"unknown authority", &tls.Config{Certificates: []tls.Certificate{other.issue(t, "shop.test", time.Hour)}}, plan.FailTLS, "unknown authority"},
		{"self-signed", &tls.Config{Certificates: []tls.Certificate{new(authority).issue(t, "shop.test", time.Hour)}}, plan.FailTLS, ""},
		{"expired", &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "shop.test", -time.Hour)}}, plan.FailTLS, "has expired or is not yet valid"},
		{"wants a client certificate", &tls.Config{Certificates: []tls.Certificate{good}, ClientAuth: tls.RequireAnyClientCert}, plan.FailTLS, "certificate required"},
		{"no TLS at all", nil, plan.FailTLS, "handshake"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serveTLS(t, test.server)
			c := newClient(t, Config{TLS: ca.client()})
			var r transport.Result
			c.Do(secureMessage(s.Addr(), "/ok?id=1"), &r)
			sane(t, test.name, &r)
			if r.Class != test.class {
				t.Fatalf("%v: %v", r.Class, r.Err)
			}
			if r.Err != nil {
				if !strings.Contains(r.Err.Error(), test.text) {
					t.Errorf("error %q", r.Err)
				}
				return
			}
			if r.TLS <= 0 || string(r.Body) != "id=1" {
				t.Errorf("%+v", r)
			}
			c.Do(secureMessage(s.Addr(), "/desync?id=2"), &r)
			if r.Class != plan.OK || !r.Reused || r.TLS != 0 {
				t.Errorf("second: %+v", r)
			}
			c.Do(secureMessage(s.Addr(), "/until-close"), &r)
			if r.Class != plan.OK || r.Reused || string(r.Body) != "the whole body" {
				t.Errorf("third: %+v", r)
			}
			c.Do(secureMessage(s.Addr(), "/short"), &r)
			if r.Class != plan.FailTruncated {
				t.Errorf("short: %v %v", r.Class, r.Err)
			}
		})
	}
}

// Connections of one user resume its session; another user's don't.
func TestTLSSessionsOfOneUser(t *testing.T) {
	ca := newAuthority(t)
	var resumed []bool
	config := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "shop.test", time.Hour)}}
	config.VerifyConnection = func(s tls.ConnectionState) error {
		resumed = append(resumed, s.DidResume) // connections follow one another
		return nil
	}
	s := serveTLS(t, config)
	f := New(Config{TLS: ca.client()})
	defer f.Close()
	for range 2 {
		c := f.Client()
		for range 2 {
			var r transport.Result
			c.Do(secureMessage(s.Addr(), "/close-header"), &r)
			if r.Class != plan.OK {
				t.Fatal(r.Err)
			}
		}
		c.Close()
	}
	s.Close()
	for i, want := range []bool{false, true, false, true} {
		if resumed[i] != want {
			t.Errorf("connection %d: resumed %v", i, resumed[i])
		}
	}
}
