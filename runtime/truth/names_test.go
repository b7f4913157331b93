package truth

import (
	"context"
	"net"
	"runtime"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/sla"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

// nowhere is a resolver whose every server is a closed port of this machine.
func nowhere(t *testing.T) *net.Resolver {
	dead, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := dead.LocalAddr().String()
	dead.Close()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", addr)
	}}
}

// broadcast dials an address to which no TCP connection can be made, and
// which the kernel says so of without a packet.
func broadcast(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, "127.255.255.255:80")
}

// Targets that cannot even be reached: the run goes on to its end and says
// why, and nothing is ever sent.
func TestUnreachable(t *testing.T) {
	resolver := nowhere(t)
	system := net.DefaultResolver
	net.DefaultResolver = resolver
	t.Cleanup(func() { net.DefaultResolver = system })
	dialer := net.Dialer{Resolver: resolver}
	for name, test := range map[string]struct {
		dial  transport.Dialer
		class plan.ErrorClass
	}{
		"no name, by the system's dialer": {nil, plan.FailDNS},
		"no name, by another dialer":      {dialer.DialContext, plan.FailDNS},
		"no route":                        {broadcast, plan.FailUnreachable},
	} {
		t.Run(name, func(t *testing.T) {
			if test.class == plan.FailUnreachable && runtime.GOOS != "linux" {
				t.Skip("only Linux is known to answer so without a packet")
			}
			b := newPlan(t, "127.0.0.1:80")
			b.Targets[0].Host = "nobody.invalid."
			b.class(plan.Wait{}, task(1, b.get("/")))
			b.iterations(3, 6)
			b.promise(0.1)
			tr := newTrial(b, http1.Config{Dial: test.dial}, engine.Options{Health: quiet{}})
			out := tr.completed(t)
			s := out.Final.Total[0]
			if s.ByClass[test.class] != 6 || s.Count() != 6 || s.BytesOut != 0 {
				t.Errorf("by class %v", s.ByClass)
			}
			if out.Verdict.State != sla.Fail {
				t.Errorf("verdict %v: %q", out.Verdict.State, out.Verdict.Reasons)
			}
			checkTexts(t, b, out)
		})
	}
}
