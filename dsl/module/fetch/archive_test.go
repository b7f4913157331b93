package fetch

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"throng/dsl/module/fetch/fetchtest"
)

func TestArchives(t *testing.T) {
	want := map[string]string{"shop-1/main.hcl": "a", "shop-1/lib/b.csv": "c"}
	z, g := fetchtest.Zip(want), fetchtest.TarGz(want)
	ca := fetchtest.NewAuthority(t)
	s := ca.HTTPS(t, fetchtest.Files(map[string][]byte{"/x.zip": z, "/x.tar.gz": g, "/x.tgz": g, "/not.zip": g, "/not.tgz": z}))
	f := newFetcher(Options{RootCAs: ca.Pool})
	sum := func(b []byte) string {
		h := sha256.Sum256(b)
		return "sha256:" + hex.EncodeToString(h[:])
	}
	for name, body := range map[string][]byte{"/x.zip": z, "/x.tar.gz": g, "/x.tgz": g} {
		if found := got(t, f, s.URL+name+"//shop-1", "", want); found.Digest != sum(body) {
			t.Errorf("%s: %s", name, found.Digest)
		}
		got(t, f, s.URL+name+"?v=1", sum(body), want)
		refused(t, f, s.URL+name, sum([]byte("other")), "has the digest "+sum(body))
	}
	refused(t, f, s.URL+"/not.zip", "", "no zip archive")
	refused(t, f, s.URL+"/not.tgz", "", "no gzip archive")
	refused(t, f, s.URL+"/none.zip", "", "404 Not Found: there is nothing")
	refused(t, New(Options{}), s.URL+"/x.zip", "", "certificate")
	refused(t, New(Options{}), "https://127.0.0.1:1/x.zip", "", "refused")
}

func TestHostileArchiveServers(t *testing.T) {
	ca := fetchtest.NewAuthority(t)
	good := fetchtest.Zip(map[string]string{"a": "1"})
	plain := fetchtest.HTTP(t, fetchtest.Files(map[string][]byte{"/x.zip": good}))
	var to string
	s := ca.HTTPS(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/x.zip":
			_, _ = w.Write(good)
		case "/away.zip":
			http.Redirect(w, r, to, http.StatusFound)
		case "/hops.zip":
			var n int
			_, _ = fmt.Sscanf(r.URL.Query().Get("n"), "%d", &n)
			next := fmt.Sprintf("/hops.zip?n=%d", n-1)
			if n == 0 {
				next = "/x.zip"
			}
			http.Redirect(w, r, next, http.StatusMovedPermanently)
		case "/huge.zip":
			w.Header().Set("Content-Length", "1099511627776")
			w.WriteHeader(http.StatusOK)
		case "/endless.zip":
			for b := make([]byte, 1<<20); ; {
				if _, err := w.Write(b); err != nil {
					return
				}
			}
		case "/half.zip":
			w.Header().Set("Content-Length", fmt.Sprint(len(good)))
			_, _ = w.Write(good[:10])
		case "/login.zip":
			w.WriteHeader(http.StatusUnauthorized)
		case "/headers.zip":
			for i := range 2000 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 100))
			}
		}
	}))
	f := newFetcher(Options{RootCAs: ca.Pool, InsecureLoopback: true, Timeout: patience})
	f.proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	got(t, f, s.URL+"/hops.zip?n=4", "", map[string]string{"a": "1"})
	for _, c := range []struct{ path, to, want string }{
		{"/hops.zip?n=5", "", "more than 5 times"},
		{"/hops.zip?n=100", "", "more than 5 times"},
		{"/huge.zip", "", "larger than 64 MiB"},
		{"/endless.zip", "", "larger than 64 MiB"},
		{"/half.zip", "", "broke off"},
		{"/login.zip", "", "without credentials"},
		{"/headers.zip", "", "header"},
		// Redirects to where the source did not say (SSRF).
		{"/away.zip", plain.URL + "/x.zip", "not encrypted"},
		{"/away.zip", "http://h.example/x.zip", "not encrypted"},
		{"/away.zip", "https://169.254.169.254/latest/meta-data/x.zip", "never fetched from"},
		{"/away.zip", "https://[::ffff:169.254.169.254]/x.zip", "never fetched from"},
		{"/away.zip", "https://[fd00:ec2::254]/x.zip", "never fetched from"},
		{"/away.zip", "https://0.0.0.0/x.zip", "never fetched from"},
		{"/away.zip", "https://127.0.0.2/x.zip", "is this machine"},
		{"/away.zip", "https://[::1]/x.zip", "is this machine"},
		{"/away.zip", "https://10.0.0.1/x.zip", "private network"},
		{"/away.zip", "file:///etc/passwd", "not encrypted"},
		{"/away.zip", "gopher://h.example/x", "not encrypted"},
		{"/away.zip", "https://127.0.0.1:1/\x1b[2J.zip", ""},
	} {
		to = c.to
		refused(t, f, s.URL+c.path, "", c.want)
	}
	refused(t, New(Options{}), "https://169.254.169.254/x.zip", "", "never fetched from")
}

// TestCredentialsStay follows redirects with a login in the request: from one
// host to another that differs in the port alone, and back. It is there for
// what follows CVE-2018-1000007 and CVE-2024-45336.
func TestCredentialsStay(t *testing.T) {
	var seen []string
	var first, second string
	note := func(r *http.Request) {
		seen = append(seen, fmt.Sprintf("%s auth=%q cookie=%q referer=%q", r.URL.Path, r.Header.Get("Authorization"), r.Header.Get("Cookie"), r.Header.Get("Referer")))
	}
	a := fetchtest.HTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(r)
		switch r.URL.Path {
		case "/a":
			http.Redirect(w, r, "/same", http.StatusFound)
		case "/same":
			http.Redirect(w, r, "http://user:pw@"+second+"/b", http.StatusTemporaryRedirect)
		}
	}))
	b := fetchtest.HTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		note(r)
		http.Redirect(w, r, "http://"+first+"/back", http.StatusFound)
	}))
	first, second = strings.TrimPrefix(a.URL, "http://"), strings.TrimPrefix(b.URL, "http://")
	f := testFetcher()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.URL+"/a", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer hunter2")
	r.Header.Set("Cookie", "session=hunter2")
	resp, err := f.web(first).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	want := []string{
		`/a auth="Bearer hunter2" cookie="session=hunter2" referer=""`,
		`/same auth="Bearer hunter2" cookie="session=hunter2" referer=""`,
		`/b auth="" cookie="" referer=""`,
		`/back auth="" cookie="" referer=""`,
	}
	if strings.Join(seen, "\n") != strings.Join(want, "\n") {
		t.Errorf("seen\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}
}

// TestProxy reaches a host that only a proxy of the environment can, on this
// machine as it is.
func TestProxy(t *testing.T) {
	want := map[string]string{"a": "1"}
	ca := fetchtest.NewAuthority(t)
	s := ca.HTTPS(t, fetchtest.Files(map[string][]byte{"/x.zip": fetchtest.Zip(want)}))
	asked := ""
	proxy := fetchtest.HTTP(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.Host
		inner, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "https://"))
		if err != nil {
			t.Error(err)
			return
		}
		defer inner.Close()
		// What the client sent early may stand in the reader already.
		outer, early, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer outer.Close()
		_, _ = io.WriteString(outer, "HTTP/1.1 200 Connection established\r\n\r\n")
		go func() {
			_, _ = io.Copy(inner, early)
			_ = inner.(*net.TCPConn).CloseWrite()
		}()
		_, _ = io.Copy(outer, inner)
	}))
	f := newFetcher(Options{RootCAs: ca.Pool})
	f.proxy = func(*http.Request) (*url.URL, error) { return url.Parse(proxy.URL) }
	got(t, f, "https://files.example.com/x.zip", "", want)
	if asked != "files.example.com:443" {
		t.Errorf("the proxy was asked for %q", asked)
	}
	asked = ""
	refused(t, f, "https://169.254.169.254/x.zip", "", "never fetched from")
	if asked != "" {
		t.Errorf("the proxy was asked for %q", asked)
	}
}
