package dial

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// accepting counts the connections to each of some addresses, which share a
// port; it skips the test where the machine does not have them.
type accepting struct {
	port string
	mu   sync.Mutex
	by   map[string]int
	from []string // far ends, in their order
}

func accept(t *testing.T, addrs ...string) *accepting {
	t.Helper()
	a := &accepting{port: "0", by: map[string]int{}}
	var served sync.WaitGroup
	var listeners []net.Listener
	t.Cleanup(func() {
		for _, l := range listeners {
			l.Close()
		}
		served.Wait()
	})
	for _, addr := range addrs {
		l, err := net.Listen("tcp", net.JoinHostPort(addr, a.port))
		if err != nil && runtime.GOOS != "linux" {
			t.Skipf("this system has no %s: %v", addr, err)
		}
		if err != nil {
			t.Fatal(err)
		}
		_, a.port, _ = net.SplitHostPort(l.Addr().String())
		served.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				a.mu.Lock()
				a.by[addr]++
				from, _, _ := net.SplitHostPort(conn.RemoteAddr().String())
				a.from = append(a.from, from)
				a.mu.Unlock()
				conn.Close()
			}
		})
		listeners = append(listeners, l)
	}
	return a
}

func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// open makes a connection and closes it, and returns the address it led to.
func open(t *testing.T, d *Dialer, r *transport.Route, user int64) (Opened, string, error) {
	t.Helper()
	o, err := d.Open(within(t), r, Options{User: user})
	if err != nil {
		return o, "", err
	}
	to, _, _ := net.SplitHostPort(o.Conn.RemoteAddr().String())
	o.Conn.Close()
	return o, to, nil
}

// An address that changes in mid-run is seen once the answer is too old, and
// not before.
func TestAddressChanges(t *testing.T) {
	z, resolver := newZone(t)
	n := names{resolver: resolver}
	dns := plan.DNS{TTL: 10 * time.Second}
	ask := func(at time.Duration) (string, bool) {
		addrs, asked, err := n.lookup(within(t), "shop.test.", dns, int64(at))
		if err != nil || len(addrs) != 1 {
			t.Fatal(addrs, err)
		}
		return addrs[0].String(), asked
	}
	z.set("shop.test.", "10.0.0.1")
	for _, step := range []struct {
		at    time.Duration
		to    string
		asked bool
	}{
		{0, "10.0.0.1", true},
		{time.Second, "10.0.0.1", false},
		{10*time.Second - 1, "10.0.0.1", false},
		{10 * time.Second, "10.0.0.2", true},
		{19 * time.Second, "10.0.0.2", false},
	} {
		if to, asked := ask(step.at); to != step.to || asked != step.asked {
			t.Errorf("after %v: %s, asked %v", step.at, to, asked)
		}
		z.set("shop.test.", "10.0.0.2")
	}
	dns.TTL = 0
	for range 3 {
		if _, asked := ask(19 * time.Second); !asked {
			t.Error("without a TTL an answer was used twice")
		}
	}
}

// A failure is not kept: the name is asked for again at once.
func TestFailedLookupsAreNotKept(t *testing.T) {
	z, resolver := newZone(t)
	n := names{resolver: resolver}
	dns := plan.DNS{TTL: time.Hour}
	if _, _, err := n.lookup(within(t), "shop.test.", dns, 1); err == nil {
		t.Fatal("a name that nobody knows was found")
	}
	z.set("shop.test.", "10.0.0.1")
	if addrs, _, err := n.lookup(within(t), "shop.test.", dns, 2); err != nil || len(addrs) != 1 {
		t.Error(addrs, err)
	}
}

// Rotation spreads connections over all addresses, also when the server
// rotates its answers itself.
func TestSpread(t *testing.T) {
	all := []string{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"}
	a := accept(t, all...)
	z, resolver := newZone(t)
	for _, test := range []struct {
		dns   plan.DNS
		share float64 // how far from even
	}{
		{plan.DNS{Order: plan.DNSRotate, TTL: time.Hour}, 0.05},
		{plan.DNS{Order: plan.DNSRotate}, 0.05},
		{plan.DNS{Order: plan.DNSRandom, TTL: time.Hour}, 0.7},
	} {
		d := New(Config{Resolver: resolver})
		route := &transport.Route{Scheme: "http", Addr: "shop.test.:" + a.port, HTTP: plan.HTTP{DNS: test.dns}}
		by := map[string]int{}
		const n = 200
		for i := range n {
			z.set("shop.test.", append(all[i%4:4:4], all[:i%4]...)...)
			o, to, err := open(t, d, route, 0)
			if err != nil {
				t.Fatal(err)
			}
			by[to]++
			if test.dns.TTL > 0 && i > 0 && o.DNS != 0 {
				t.Errorf("a known name took %d ns", o.DNS)
			}
			if (test.dns.TTL == 0 || i == 0) && o.DNS <= 0 {
				t.Error("asking took no time")
			}
		}
		for _, addr := range all {
			if got, want := float64(by[addr]), n/4.0; got < want*(1-test.share) || got > want*(1+test.share) {
				t.Errorf("%+v: %v", test.dns, by)
			}
		}
	}
}

// Many users who come at once ask once.
func TestLookupsAreShared(t *testing.T) {
	a := accept(t, "127.0.0.1")
	z, resolver := newZone(t)
	z.set("shop.test.", "127.0.0.1")
	d := New(Config{Resolver: resolver})
	route := &transport.Route{Scheme: "http", Addr: "shop.test.:" + a.port, HTTP: plan.HTTP{DNS: plan.DNS{TTL: time.Hour}}}
	if _, _, err := open(t, d, route, 0); err != nil {
		t.Fatal(err)
	}
	var users sync.WaitGroup
	for i := range 50 {
		users.Go(func() {
			if _, _, err := open(t, d, route, int64(i)); err != nil {
				t.Error(err)
			}
		})
	}
	users.Wait()
	if n := z.count("shop.test."); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestNamesThatFail(t *testing.T) {
	z, resolver := newZone(t)
	z.fail("broken.test.", dnsmessage.RCodeServerFailure)
	d := New(Config{Resolver: resolver})
	for _, test := range []struct{ host, text string }{
		{"missing.test.", "resolving the name: missing.test.: no such host"},
		{"broken.test.", "resolving the name: broken.test.: server misbehaving"},
	} {
		o, _, err := open(t, d, &transport.Route{Scheme: "http", Addr: test.host + ":80"}, 0)
		if err == nil {
			t.Fatal(test.host)
		}
		if f := Explain(o.Stage, err); f.Class != plan.FailDNS || f.Error() != test.text || o.DNS <= 0 || o.Connect != 0 {
			t.Errorf("%v: %v, %+v", f.Class, f, o)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	o, err := d.Open(ctx, &transport.Route{Scheme: "http", Addr: "silent.test.:80"}, Options{})
	if err == nil || o.Stage != Resolving || o.Conn != nil || ctx.Err() == nil {
		t.Errorf("a silent resolver: %v, %+v", err, o)
	}
}

// A thousand addresses, of which only the last one answers, are all tried.
func TestThousandAddresses(t *testing.T) {
	a := accept(t, "127.0.5.1") // its port is a stranger's on 127.0.0.1, perhaps
	z, resolver := newZone(t)
	var addrs []string
	for i := range 999 {
		addrs = append(addrs, fmt.Sprintf("127.0.%d.%d", 1+i/250, 1+i%250))
	}
	z.set("many.test.", append(addrs, "127.0.5.1")...)
	d := New(Config{Resolver: resolver})
	for _, order := range []plan.DNSOrder{plan.DNSFirst, plan.DNSRotate, plan.DNSRandom} {
		route := &transport.Route{Scheme: "http", Addr: "many.test.:" + a.port, HTTP: plan.HTTP{DNS: plan.DNS{Order: order}}}
		if _, to, err := open(t, d, route, 0); err != nil || to != "127.0.5.1" {
			t.Errorf("%v: %s, %v", order, to, err)
		}
	}
}

// An address of the other family is not waited for when it leads nowhere.
func TestDeadIPv6First(t *testing.T) {
	a := accept(t, "127.0.0.1")
	z, resolver := newZone(t)
	z.set("dual.test.", "2001:db8::1", "127.0.0.1")
	d := New(Config{Resolver: resolver})
	for _, order := range []plan.DNSOrder{plan.DNSFirst, plan.DNSRotate, plan.DNSRotate} {
		route := &transport.Route{Scheme: "http", Addr: "dual.test.:" + a.port, HTTP: plan.HTTP{DNS: plan.DNS{Order: order}}}
		if _, to, err := open(t, d, route, 0); err != nil || to != "127.0.0.1" {
			t.Errorf("%v: %s, %v", order, to, err)
		}
	}
}

// While the first family's address is still tried, the other one's gets its
// turn, and wins.
func TestFamiliesRace(t *testing.T) {
	a := accept(t, "127.0.0.1")
	z, resolver := newZone(t)
	z.set("dual.test.", "::1", "127.0.0.1")
	tried := make(chan struct{})
	d := New(Config{Resolver: resolver, Guard: func(_ string, at netip.Addr) error {
		if at.Is4() {
			close(tried)
			return nil
		}
		<-tried // what is tried first does not end by itself
		return errors.New("not this way")
	}})
	route := &transport.Route{Scheme: "http", Addr: "dual.test.:" + a.port}
	if _, to, err := open(t, d, route, 0); err != nil || to != "127.0.0.1" {
		t.Errorf("%s, %v", to, err)
	}
}

// The guard sees each address of a name before it is connected to.
func TestGuardSeesAddresses(t *testing.T) {
	a := accept(t, "127.0.0.1", "127.0.0.2")
	z, resolver := newZone(t)
	z.set("shop.test.", "127.0.0.1", "127.0.0.2")
	d := New(Config{Resolver: resolver, Guard: func(host string, at netip.Addr) error {
		if host != "shop.test." || at.String() != "127.0.0.2" {
			return errors.New(host + " at " + at.String() + " is none of ours")
		}
		return nil
	}})
	route := &transport.Route{Scheme: "http", Addr: "shop.test.:" + a.port, HTTP: plan.HTTP{DNS: plan.DNS{Order: plan.DNSRotate}}}
	for range 4 {
		if _, to, err := open(t, d, route, 0); err != nil || to != "127.0.0.2" {
			t.Errorf("%s, %v", to, err)
		}
	}
	z.set("shop.test.", "127.0.0.1")
	o, _, err := open(t, d, route, 0)
	if f := Explain(o.Stage, err); err == nil || f.Class != plan.FailGuard || !strings.Contains(f.Error(), "none of ours") {
		t.Errorf("%v", err)
	}
}
