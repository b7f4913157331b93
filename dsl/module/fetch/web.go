package fetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"throng/dsl/module/source"
)

const (
	userAgent    = "throng"
	maxRedirects = 5
)

// web is an http client for one source, at HOST or HOST:PORT. It speaks https
// alone, save with loopback where that is allowed, follows at most five
// redirects, and takes no credentials over to another host.
func (f *fetcher) web(hostPort string) *http.Client {
	p := newPolicy(hostPort)
	proxies := &proxies{find: f.proxy}
	t := &http.Transport{
		Proxy: proxies.of,
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if proxies.known(addr) {
				return (&net.Dialer{Timeout: 15 * time.Second}).DialContext(ctx, network, addr)
			}
			return p.dial(ctx, network, addr)
		},
		TLSClientConfig:        &tls.Config{RootCAs: f.RootCAs, MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    15 * time.Second,
		ResponseHeaderTimeout:  30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		DisableCompression:     true, // what is sent is what is hashed
	}
	return &http.Client{
		Transport:     &guard{Transport: t, policy: p, insecure: f.InsecureLoopback},
		CheckRedirect: redirect,
	}
}

// proxies knows the proxies that were used, which the environment names and
// no policy is asked about.
type proxies struct {
	find func(*http.Request) (*url.URL, error)
	used sync.Map // of HOST:PORT
}

func (p *proxies) of(r *http.Request) (*url.URL, error) {
	u, err := p.find(r)
	if u != nil {
		port := u.Port()
		if port == "" {
			port = map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[u.Scheme]
		}
		if port == "" {
			port = "80"
		}
		p.used.Store(net.JoinHostPort(u.Hostname(), port), true)
	}
	return u, err
}

func (p *proxies) known(addr string) bool {
	_, ok := p.used.Load(addr)
	return ok
}

// guard checks every request that is sent, also those that a redirect or the
// login of a registry leads to.
type guard struct {
	*http.Transport
	policy   *policy
	insecure bool
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	host := r.URL.Hostname()
	if r.URL.Scheme != "https" && !(r.URL.Scheme == "http" && g.insecure && source.Loopback(r.URL.Host)) {
		return nil, fmt.Errorf("%s://%s is not encrypted, so that anybody on the way could change the module", clean(r.URL.Scheme), clean(r.URL.Host))
	}
	if err := g.policy.literally(host); err != nil {
		return nil, err
	}
	var from net.Addr
	ctx := httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { from = c.Conn.RemoteAddr() }})
	resp, err := g.Transport.RoundTrip(r.WithContext(ctx))
	if u, _ := g.Proxy(r); err == nil && u == nil {
		g.policy.answered(host, from)
	}
	return resp, err
}

// redirect decides on following one. What a request carried for the first host
// stays there, however the two are related.
func redirect(r *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return fmt.Errorf("it redirects more than %d times", maxRedirects)
	}
	r.URL.User = nil
	r.Header.Del("Referer")
	for _, before := range via {
		if before.URL.Scheme == "https" && r.URL.Scheme != "https" {
			return fmt.Errorf("it redirects to %s://%s, which is not encrypted", clean(r.URL.Scheme), clean(r.URL.Host))
		}
		if before.URL.Host != r.URL.Host {
			for _, name := range []string{"Authorization", "Proxy-Authorization", "Cookie", "Cookie2", "Www-Authenticate"} {
				r.Header.Del(name)
			}
		}
	}
	return nil
}

// reason is why a request failed, without the URL in front of it.
func reason(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return errors.New(clean(err.Error()))
}
