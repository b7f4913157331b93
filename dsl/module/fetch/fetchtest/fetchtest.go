// Package fetchtest gives tests the peers that modules are fetched from, on
// loopback: git repositories and servers of them, archives, an OCI registry.
//
// Everything is made below the test's own directory and ends with the test.
// A test that needs a program which is not installed is skipped, with a line
// that names the program.
package fetchtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Need skips a test where a program is not installed, and gives its path.
func Need(t testing.TB, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Skipf("this test needs %s, which is not installed", program)
	}
	return path
}

// Has reports whether a program is installed.
func Has(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// Authority is a certificate for this machine's loopback names, and the file
// that programs are told to trust it by (GIT_SSL_CAINFO, SSL_CERT_FILE).
type Authority struct {
	Pool     *x509.CertPool  // fetch.Options.RootCAs
	File     string          // the certificate, PEM
	KeyFile  string          // its key, PEM
	Keys     tls.Certificate // both
	NotAfter time.Time
}

// NewAuthority makes a certificate that vouches for itself.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	a := &Authority{NotAfter: time.Now().Add(24 * time.Hour)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "fetchtest"},
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: a.NotAfter,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
		DNSNames:    []string{"localhost", "*.example.com"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv4(127, 0, 0, 2), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
	dir := t.TempDir()
	a.File, a.KeyFile = filepath.Join(dir, "ca.pem"), filepath.Join(dir, "key.pem")
	check(t, os.WriteFile(a.File, public, 0o600))
	check(t, os.WriteFile(a.KeyFile, private, 0o600))
	a.Keys, err = tls.X509KeyPair(public, private)
	check(t, err)
	a.Pool = x509.NewCertPool()
	a.Pool.AppendCertsFromPEM(public)
	return a
}

// HTTPS serves a handler on https://127.0.0.1:PORT (Server.URL).
func (a *Authority) HTTPS(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{Certificates: []tls.Certificate{a.Keys}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// HTTP serves a handler on http://127.0.0.1:PORT, which the fetchers take
// where THRONG_INSECURE_LOOPBACK=1 (fetch.Options.InsecureLoopback) is set.
func HTTP(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// Files serves bytes by their paths, which begin with a slash.
func Files(files map[string][]byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(body)
	})
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
