package dial

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

func prefixes(all ...string) (ps []netip.Prefix) {
	for _, s := range all {
		ps = append(ps, netip.MustParsePrefix(s))
	}
	return ps
}

func TestSource(t *testing.T) {
	for _, test := range []struct {
		of   []netip.Prefix
		user int64
		is4  bool
		want string
	}{
		{prefixes("127.0.1.0/24"), 0, true, "127.0.1.1"},
		{prefixes("127.0.1.0/24"), 253, true, "127.0.1.254"},
		{prefixes("127.0.1.0/24"), 254, true, "127.0.1.1"},
		{prefixes("127.0.1.77/24"), 1, true, "127.0.1.2"},
		{prefixes("10.0.0.0/31"), 1, true, "10.0.0.1"},
		{prefixes("10.0.0.0/31"), 2, true, "10.0.0.0"},
		{prefixes("10.0.0.9/32"), 5, true, "10.0.0.9"},
		{prefixes("10.0.0.0/30", "fd00::/64", "10.1.0.0/30"), 2, true, "10.1.0.1"},
		{prefixes("10.0.0.0/30", "fd00::/64", "10.1.0.0/30"), 2, false, "fd00::2"},
		{prefixes("fd00::/128"), 9, false, "fd00::"},
		{prefixes("10.0.0.0/8"), 256, true, "10.0.1.1"},
		{prefixes("10.0.0.0/8"), 1 << 40, false, ""},
	} {
		got, ok := source(test.of, test.user, test.is4)
		if ok != (test.want != "") || ok && got.String() != test.want {
			t.Errorf("%v, user %d: %v", test.of, test.user, got)
		}
	}
}

// Users connect from addresses of their own, and each always from the same.
func TestUsersHaveTheirAddresses(t *testing.T) {
	a := accept(t, "127.0.0.1")
	d := New(Config{})
	route := &transport.Route{Scheme: "http", Addr: "127.0.0.1:" + a.port, HTTP: plan.HTTP{Sources: prefixes("127.0.1.0/24", "fd00::/64")}}
	for _, user := range []int64{0, 1, 2, 0, 1, 2} {
		o, err := d.Open(within(t), route, Options{User: user})
		if err != nil {
			t.Fatal(err)
		}
		if n, err := o.Conn.Read(make([]byte, 1)); n != 0 || err == nil { // it is accepted, and noted, before it is closed
			t.Fatal(n, err)
		}
		o.Conn.Close()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	one := []string{"127.0.1.1", "127.0.1.2", "127.0.1.3"}
	if !slices.Equal(a.from, slices.Concat(one, one)) {
		t.Errorf("they came from %v", a.from)
	}
}

func TestSourcesThatFail(t *testing.T) {
	a := accept(t, "127.0.0.1")
	d := New(Config{})
	for source, want := range map[string]struct {
		class plan.ErrorClass
		text  string
	}{
		"192.0.2.7/32": {plan.FailLocalPorts, "connecting: 192.0.2.7, one of sources, is no address of this machine"},
		"fd00::/64":    {plan.FailUnreachable, "connecting: the address is IPv4, but none of sources is"},
	} {
		route := &transport.Route{Scheme: "http", Addr: "127.0.0.1:" + a.port, HTTP: plan.HTTP{Sources: prefixes(source)}}
		o, _, err := open(t, d, route, 0)
		if err == nil {
			t.Fatal(source)
		}
		if f := Explain(o.Stage, err); f.Class != want.class || !strings.Contains(f.Error(), want.text) {
			t.Errorf("%s: %v %v", source, f.Class, f)
		}
	}
}
