package truth

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/sla"
)

// deafPort is an address whose queue of connections is full: to whoever comes
// now nobody says anything.
func deafPort(t *testing.T) string {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", name.(*syscall.SockaddrInet4).Port)
	for range 16 {
		conn, err := net.DialTimeout("tcp", addr, 300*ms)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Skip("this system takes connections beyond the queue")
	return ""
}

// TestF02_Silent: a connection that nobody answers is given up when its time
// is over, whichever limit comes first, and never before.
func TestF02_Silent(t *testing.T) {
	addr := deafPort(t)
	for limits, least := range map[[2]string]time.Duration{
		{"http { connect_timeout = \"120ms\" }\n", ""}: 120 * ms,
		{"", "timeout = \"150ms\"\n"}:                  150 * ms,
	} {
		p := scenario{target: limits[0], user: "get \"/\" {\n" + limits[1] + "}\n"}.play(t, "http://"+addr)
		p.all(t, "GET /", 12, plan.FailConnectTimeout)
		p.judged(t, sla.Fail)
		row := p.row("GET /")
		if q := row.FailedQuantile(0); q.Ns < int64(least) {
			t.Errorf("%v: given up after %v", limits, time.Duration(q.Ns))
		}
		if row.BytesOut != 0 || row.Censored != 12 {
			t.Errorf("%v: %d bytes were sent, %d samples are censored", limits, row.BytesOut, row.Censored)
		}
	}
}
