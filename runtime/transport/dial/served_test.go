package dial

import (
	"net/netip"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// An address that this process serves is reached without DNS, under the name
// it was asked for by; the names beside it keep their policy and their times.
func TestServedBesideNames(t *testing.T) {
	a := accept(t, "127.0.0.1", "127.0.0.2", "127.0.0.3")
	z, resolver := newZone(t)
	z.set("shop.test.", "127.0.0.1", "127.0.0.2")
	var asked []string
	d := New(Config{
		Resolver: resolver,
		Served:   map[string]netip.AddrPort{"demo.example:80": netip.MustParseAddrPort("127.0.0.3:" + a.port)},
		Guard: func(host string, at netip.Addr) error {
			asked = append(asked, host+" "+at.String())
			return nil
		},
	})
	demo := &transport.Route{Scheme: "http", Addr: "demo.example:80"}
	shop := &transport.Route{Scheme: "http", Addr: "shop.test.:" + a.port, HTTP: plan.HTTP{
		DNS: plan.DNS{Order: plan.DNSRotate, TTL: time.Hour}, Sources: prefixes("127.0.7.0/24"),
	}}
	for _, step := range []struct {
		route *transport.Route
		to    string
		named bool // DNS was asked
	}{{demo, "127.0.0.3", false}, {shop, "127.0.0.1", true}, {shop, "127.0.0.2", false}, {demo, "127.0.0.3", false}} {
		o, to, err := open(t, d, step.route, 0)
		if err != nil || to != step.to || o.DNS > 0 != step.named {
			t.Errorf("%s led to %s after %d ns of DNS: %v", step.route.Addr, to, o.DNS, err)
		}
	}
	want := []string{"demo.example 127.0.0.3", "shop.test. 127.0.0.1", "shop.test. 127.0.0.2", "demo.example 127.0.0.3"}
	for i := range want {
		if i >= len(asked) || asked[i] != want[i] {
			t.Fatalf("the guard was asked about %q", asked)
		}
	}
	eventuallyFrom(t, a, "127.0.7.1")
}

// eventuallyFrom waits until a connection has come from an address.
func eventuallyFrom(t *testing.T, a *accepting, addr string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		a.mu.Lock()
		from := append([]string(nil), a.from...)
		a.mu.Unlock()
		for _, f := range from {
			if f == addr {
				return
			}
		}
		if time.Now().After(end) {
			t.Fatalf("connections came from %q, none from %s", from, addr)
		}
	}
}
