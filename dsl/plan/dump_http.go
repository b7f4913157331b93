package plan

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
)

// speech dumps how a target is spoken to, as far as it is said.
func (d *dumper) speech(t *Target) {
	for _, s := range t.Settings() {
		d.line("%s %s", s.Name, s.Value)
	}
}

// Setting is something that a target's http or tls block changes: "http
// version", "tls ca". Its value holds no secret.
type Setting struct{ Name, Value string }

// Settings are what a target's http and tls say beside the defaults, in a
// fixed order.
func (t *Target) Settings() []Setting {
	var all []Setting
	add := func(name, value string) {
		if value != "" {
			all = append(all, Setting{name, value})
		}
	}
	h := &t.HTTP
	if h.Version != HTTP1 {
		add("http version", h.Version.String())
	}
	if h.KeepAlive != KeepUser {
		add("http keep_alive", h.KeepAlive.String())
	}
	if h.Connections > 0 {
		add("http connections", fmt.Sprint(h.Connections))
	}
	if h.Proxy != nil {
		add("http proxy", h.Proxy.String())
	}
	add("http connect_timeout", span(h.ConnectTimeout))
	add("http first_byte_timeout", span(h.FirstByteTimeout))
	var sources []string
	for _, p := range h.Sources {
		sources = append(sources, p.String())
	}
	add("http sources", strings.Join(sources, " "))
	add("http dns ttl", span(h.DNS.TTL))
	if h.DNS.Order != DNSFirst {
		add("http dns order", h.DNS.Order.String())
	}
	if t.TLS != nil {
		t.TLS.settings(add)
	}
	return all
}

func (v *TLS) settings(add func(name, value string)) {
	add("tls ca", pem(v.CA, v.CAFile))
	add("tls certificate", pem(v.Cert, v.CertFile))
	add("tls server_name", v.ServerName)
	add("tls min_version", tlsVersion(v.Min))
	add("tls max_version", tlsVersion(v.Max))
	if !v.Resume {
		add("tls resume", "no, each connection makes a full handshake")
	}
	if v.Insecure {
		add("tls insecure", "certificates are not verified")
	}
}

// String is the proxy's address without its password.
func (p *Proxy) String() string {
	user := ""
	if p.User != "" {
		user = p.User + "@"
	}
	return p.Scheme + "://" + user + p.Addr
}

func span(t time.Duration) string {
	if t == 0 {
		return ""
	}
	return t.String()
}

func pem(text []byte, file string) string {
	if len(text) == 0 {
		return ""
	}
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%s, sha256 %.6x", file, sum)
}

// tlsVersion is a version as the language spells it; crypto/tls numbers TLS
// 1.0 as 0x0301, and so on.
func tlsVersion(v uint16) string {
	if v == 0 {
		return ""
	}
	return fmt.Sprintf("1.%d", v-0x0301)
}

// auths dumps the ways to authenticate that a class uses, each once.
func (d *dumper) auths(c *Class) {
	var seen []*Auth
	c.EachStep(func(s Step) {
		var a *Auth
		switch s := s.(type) {
		case *Request:
			a = s.Auth
		case *Socket:
			a = s.Auth
		}
		if a == nil || slices.Contains(seen, a) {
			return
		}
		seen = append(seen, a)
		switch a.Kind {
		case AuthDigest:
			d.line("auth %d digest, username %s, password %s%s", a.Number, Describe(d.p, a.User), sensitive, d.at(a.Site))
		case AuthOAuth2:
			per := "a token for the run"
			if a.PerUser {
				per = "a token for each user"
			}
			d.line("auth %d oauth2, %s%s", a.Number, per, d.at(a.Site))
			d.in(func() { d.request(a.Token) })
		}
	})
}

// auth names the way to authenticate that a request or socket uses.
func (d *dumper) auth(a *Auth) {
	if a != nil {
		d.line("auth %d", a.Number)
	}
}
