package compile

import (
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/zclconf/go-cty/cty"

	"throng/dsl/config"
	"throng/dsl/diag"
	"throng/dsl/plan"
)

const (
	maxConnections = 1000 // of one user to one target
	maxSources     = 1000 // networks and addresses of one target
)

// speech compiles how a target is spoken to.
func (c *compiler) speech(t *plan.Target, b *config.Block) {
	c.single(b, "http", "tls", "auth")
	if n := b.First("http"); n != nil {
		c.http(t, n)
	}
	if n := b.First("tls"); n != nil {
		c.tls(t, n)
	}
	if n := b.First("auth"); n != nil {
		c.checkAuth(n)
	}
	if v := t.TLS; v != nil && v.Max != 0 && v.Max < tlsNumbers["1.2"] && t.HTTP.Version == plan.HTTP2 {
		n := b.First("tls")
		c.fail(n, diag.ConflictingArguments, n.Arg("max_version").Range, "HTTP/2 needs TLS 1.2 or newer.").Relate("the version is asked for here", b.First("http").Arg("version").Range)
	}
}

// single reports blocks that dynamic blocks made more than one of.
func (c *compiler) single(b *config.Block, words ...string) {
	for _, word := range words {
		if all := b.Of(word); len(all) > 1 {
			c.fail(b, diag.DuplicateBlock, all[1].Range, "There can be only one %s block here.", word).Relate("the first one is here", all[0].Range)
		}
	}
}

func (c *compiler) http(t *plan.Target, b *config.Block) {
	h := &t.HTTP
	h.Version = keywordOf[plan.HTTPVersion](c, b, "version")
	h.KeepAlive = keywordOf[plan.KeepAlive](c, b, "keep_alive")
	if n, ok := c.count(b, "connections"); ok {
		if h.Connections = int(n); n < 1 || n > maxConnections {
			c.fail(b, diag.OutOfRange, b.Arg("connections").Expr.Range(), "connections must lie between 1 and %d.", maxConnections)
		}
	}
	h.ConnectTimeout = c.timeout(b, "connect_timeout")
	h.FirstByteTimeout = c.timeout(b, "first_byte_timeout")
	h.Proxy = c.proxy(b)
	h.Sources = c.sources(b)
	c.single(b, "dns")
	if n := b.First("dns"); n != nil {
		h.DNS.TTL, _ = c.duration(n, "ttl")
		h.DNS.Order = keywordOf[plan.DNSOrder](c, n, "order")
	}
	c.httpConflicts(t, b)
}

// httpConflicts reports what cannot be meant together.
func (c *compiler) httpConflicts(t *plan.Target, b *config.Block) {
	dns, proxy := b.First("dns"), b.Arg("proxy")
	if t.HTTP.Proxy == nil {
		proxy = nil
	}
	if t.Example != "" {
		for _, a := range []*config.Arg{proxy, b.Arg("sources")} {
			if a != nil && (t.HTTP.Proxy != nil || t.HTTP.Sources != nil) {
				c.fail(b, diag.ConflictingArguments, a.Range, "%s has no effect: the example API %s is reached within the process, without a network.", a.Name, t.Example)
			}
		}
		return
	}
	if proxy == nil {
		return
	}
	if dns != nil {
		c.fail(dns, diag.ConflictingArguments, dns.Range, "dns has no effect here: the proxy looks up the target's name.").Relate("the proxy is here", proxy.Range)
	}
	if _, err := netip.ParseAddr(t.Host); err != nil && !t.Guard.Names(t.Host) && t.Guard.Networks() && !t.Guard.Consent {
		d := c.fail(b, diag.GuardedTarget, proxy.Range, "The proxy looks up %s, so its address cannot be held against the networks in allowed_hosts.", t.Host)
		d.Suggestion = "Name the host in allowed_hosts."
	}
}

// keywordOf reads an argument whose words are those of an enumeration of the
// plan, in its order; its zero value where it is not set.
func keywordOf[T ~uint8](c *compiler, b *config.Block, name string) T {
	word, ok := c.keyword(b, name)
	if !ok {
		return 0
	}
	for i, w := range b.Arg(name).Schema.Words {
		if w == word {
			return T(i)
		}
	}
	return 0
}

// timeout reads a duration that must be longer than 0; 0 where it is not set.
func (c *compiler) timeout(b *config.Block, name string) time.Duration {
	d, ok := c.duration(b, name)
	if ok && d <= 0 {
		c.fail(b, diag.OutOfRange, b.Arg(name).Expr.Range(), "%s must be longer than 0.", name)
	}
	return d
}

// proxyPorts are the schemes of proxies and the ports they have by default.
var proxyPorts = map[string]int{"http": 80, "https": 443, "socks5": 1080}

// proxy reads the proxy, nil for none. Nothing of its address is said but its
// scheme: it may be sensitive.
func (c *compiler) proxy(b *config.Block) *plan.Proxy {
	raw, a, ok := c.known(b, "proxy", cty.String)
	if !ok || !c.ownProxy(b, a) {
		return nil
	}
	at := a.Expr.Range()
	if raw.AsString() == NotGiven {
		return &plan.Proxy{Scheme: "http", Addr: NotGiven}
	}
	u, err := url.Parse(raw.AsString())
	if err != nil || u.Hostname() == "" {
		c.fail(b, diag.InvalidURL, at, "A proxy is an address such as \"http://proxy.example.com:3128\" or \"socks5://127.0.0.1:1080\".")
		return nil
	}
	port, known := proxyPorts[u.Scheme]
	switch {
	case !known:
		c.fail(b, diag.InvalidURL, at, "A proxy begins with http://, https:// or socks5://; this one begins with %s://.", u.Scheme)
		return nil
	case u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		c.fail(b, diag.InvalidURL, at, "A proxy is a host and a port, without a path.")
		return nil
	}
	if text := u.Port(); text != "" {
		if port, err = strconv.Atoi(text); err != nil || port < 1 || port > 65535 {
			c.fail(b, diag.InvalidURL, at, "The port of a proxy must lie between 1 and 65535.")
			return nil
		}
	}
	p := &plan.Proxy{Scheme: u.Scheme, Addr: net.JoinHostPort(u.Hostname(), strconv.Itoa(port))}
	if u.User != nil {
		p.User = u.User.Username()
		p.Password, _ = u.User.Password()
	}
	if p.Scheme == "socks5" && (len(p.User) > 255 || len(p.Password) > 255) {
		c.fail(b, diag.OutOfRange, at, "SOCKS takes user names and passwords of at most 255 bytes.")
	}
	if v, ok := c.static(a, b); ok && v.ContainsMarked() {
		c.keepSecretText(p.Password)
	}
	return p
}

// sources reads the local addresses to connect from.
func (c *compiler) sources(b *config.Block) []netip.Prefix {
	list, ok := c.stringList(b, "sources")
	if !ok {
		return nil
	}
	at := b.Arg("sources").Expr
	if len(list) == 0 || len(list) > maxSources {
		c.fail(b, diag.OutOfRange, at.Range(), "sources holds 1 to %d addresses or networks. Leave it out for the system's own choice.", maxSources)
		return nil
	}
	var all []netip.Prefix
	for i, text := range list {
		p, problem := sourceOf(text)
		if problem != "" {
			c.fail(b, diag.InvalidValue, itemRange(at, i), "%q is no address to connect from: %s", text, problem)
			continue
		}
		if len(all) > 0 && all[0].Addr().Is4() != p.Addr().Is4() {
			c.fail(b, diag.InvalidValue, itemRange(at, i), "The sources of a target are all IPv4 or all IPv6, as the target is.")
			continue
		}
		all = append(all, p)
	}
	return all
}

// sourceOf reads an address or a network, and says what is wrong with it.
func sourceOf(text string) (netip.Prefix, string) {
	if !strings.Contains(text, "/") {
		a, err := netip.ParseAddr(text)
		switch {
		case err != nil || a.Zone() != "":
			return netip.Prefix{}, "write an address such as 127.0.1.1, or a network such as 127.0.1.0/24."
		case a.IsUnspecified() || a.IsMulticast():
			return netip.Prefix{}, "nothing can connect from there."
		}
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), ""
	}
	p, err := netip.ParsePrefix(text)
	switch {
	case err != nil:
		return p, "write a network such as 127.0.1.0/24."
	case p.Masked() != p:
		return p, "the network that holds it is " + p.Masked().String() + "."
	case p.Addr().IsMulticast() || p.Bits() == 0:
		return p, "nothing can connect from there."
	}
	return p, ""
}
