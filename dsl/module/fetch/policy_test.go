package fetch

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"throng/dsl/module/fetch/fetchtest"
)

func TestPolicy(t *testing.T) {
	for _, c := range []struct{ source, host, addr, want string }{
		// The public network.
		{"h.example", "h.example", "93.184.216.34", ""},
		{"h.example", "cdn.example", "2606:2800:220:1::1", ""},
		// Metadata and link-local, whoever names them.
		{"169.254.169.254", "169.254.169.254", "169.254.169.254", "never fetched"},
		{"h.example", "h.example", "169.254.169.254", "never fetched"},
		{"h.example", "h.example", "::ffff:169.254.169.254", "never fetched"},
		{"h.example", "h.example", "64:ff9b::a9fe:a9fe", "never fetched"},
		{"h.example", "h.example", "2002:a9fe:a9fe::1", "never fetched"},
		{"h.example", "h.example", "fe80::1%eth0", "never fetched"},
		{"h.example", "h.example", "fd00:ec2::254", "never fetched"},
		{"h.example", "h.example", "100.100.100.200", "never fetched"},
		{"h.example", "h.example", "0.0.0.0", "never fetched"},
		{"h.example", "h.example", "::", "never fetched"},
		{"h.example", "h.example", "255.255.255.255", "never fetched"},
		{"h.example", "h.example", "224.0.0.1", "never fetched"},
		// This machine, only where the source says so literally.
		{"127.0.0.1:80", "127.0.0.1", "127.0.0.1", ""},
		{"localhost", "localhost", "::1", ""},
		{"[::1]:80", "::1", "::1", ""},
		{"h.example", "h.example", "127.0.0.1", "is this machine"},
		{"h.example", "h.example", "64:ff9b::7f00:1", "is this machine"},
		{"h.example", "localhost", "127.0.0.1", "is this machine"},
		{"127.0.0.1", "127.0.0.2", "127.0.0.2", "is this machine"},
		// Private networks, only where the source names the host.
		{"git.corp.example", "git.corp.example", "10.1.2.3", ""},
		{"10.1.2.3", "10.1.2.3", "10.1.2.3", ""},
		{"h.example", "intranet", "10.1.2.3", "private network"},
		{"h.example", "h2.example", "192.168.1.1", "private network"},
		{"h.example", "h2.example", "fd12::1", "private network"},
		{"h.example", "h2.example", "::ffff:172.16.0.1", "private network"},
		{"h.example", "h2.example", "100.64.0.1", "private network"},
	} {
		err := newPolicy(c.source).allow(c.host, netip.MustParseAddr(c.addr))
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("source %s, host %s, address %s: %v, want …%s…", c.source, c.host, c.addr, err, c.want)
		}
	}
}

// TestPolicyPrivate shows that a company's server may send to another of it.
func TestPolicyPrivate(t *testing.T) {
	p := newPolicy("git.corp.example")
	other := netip.MustParseAddr("10.9.9.9")
	p.answered("git.corp.example", &net.TCPAddr{IP: net.IPv4(93, 184, 216, 34)})
	p.answered("elsewhere.example", &net.TCPAddr{IP: net.IPv4(10, 1, 1, 1)})
	if p.allow("login.corp.example", other) == nil {
		t.Error("a private address is reached from a public one")
	}
	p.answered("git.corp.example", &net.TCPAddr{IP: net.IPv4(10, 1, 1, 1)})
	if err := p.allow("login.corp.example", other); err != nil {
		t.Error(err)
	}
	if p.allow("login.corp.example", netip.MustParseAddr("127.0.0.1")) == nil || p.allow("x", netip.MustParseAddr("169.254.169.254")) == nil {
		t.Error("then everything is reached")
	}
}

// TestPolicyAfterDNS connects by a name whose address is this machine.
func TestPolicyAfterDNS(t *testing.T) {
	s := fetchtest.HTTP(t, http.NotFoundHandler())
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	conn, err := newPolicy("h.example").dial(t.Context(), "tcp4", "localhost:"+port)
	if err == nil || !strings.Contains(err.Error(), "localhost leads to 127.0.0.1, which is this machine") {
		t.Error(conn, err)
	}
	if err := newPolicy("h.example").resolve(t.Context(), "localhost"); err == nil {
		t.Error("a host for git may be this machine")
	}
	if err := newPolicy("localhost").resolve(t.Context(), "localhost"); err != nil {
		t.Error(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := newPolicy("h.invalid").resolve(ended, "h.invalid"); err != nil {
		t.Errorf("a name that only git can resolve: %v", err)
	}
}

func TestPolicyForGit(t *testing.T) {
	fetchtest.Need(t, "git")
	refused(t, New(Options{}), "git::https://169.254.169.254/latest/x.git", "", "never fetched from")
	refused(t, New(Options{}), "git::ssh://git@[fe80::1]/x.git", "", "never fetched from")
}
