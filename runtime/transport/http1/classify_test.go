//go:build unix

package http1

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/faultserver"
)

func TestRefused(t *testing.T) {
	c := newClient(t, Config{})
	var r transport.Result
	c.Do(message(faultserver.Refusing(t), "/"), &r)
	sane(t, "refused", &r)
	if r.Class != plan.FailRefused || r.Sent != 0 || r.Connect == 0 {
		t.Errorf("%+v", r)
	}
}

// A listener that takes nobody: its queue is full, further SYNs are dropped.
func TestConnectTimeout(t *testing.T) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
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
	f := New(Config{})
	defer f.Close()
	var last transport.Result
	for range 6 { // the first ones fill the queue and wait for an answer
		c := f.Client()
		defer c.Close()
		m := message(addr, "/")
		m.Timeout = 100 * time.Millisecond
		c.Do(m, &last)
		sane(t, "full queue", &last)
		if !last.Class.Censored() || last.End-last.Start < int64(m.Timeout) {
			t.Fatalf("%v %v", last.Class, last.Err)
		}
	}
	if last.Class != plan.FailConnectTimeout {
		t.Skipf("this system takes connections beyond the queue: %v", last.Class)
	}
}

// resolver makes net.DefaultResolver ask a server of the test, which knows
// good.test as 127.0.0.1, never answers for silent.test, and denies others.
func resolver(t *testing.T) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	old := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
		},
	}
	done := make(chan struct{})
	t.Cleanup(func() {
		net.DefaultResolver = old
		conn.Close()
		<-done
	})
	go func() {
		defer close(done)
		buf := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := nameAnswer(buf[:n]); answer != nil {
				conn.WriteTo(answer, from)
			}
		}
	}()
}

func nameAnswer(query []byte) []byte {
	if len(query) < 12 {
		return nil
	}
	end := 12
	var name []string
	for end < len(query) && query[end] != 0 {
		n := int(query[end])
		name = append(name, string(query[end+1:end+1+n]))
		end += 1 + n
	}
	kind := binary.BigEndian.Uint16(query[end+1:])
	end += 5
	host := strings.ToLower(strings.Join(name, "."))
	if strings.HasPrefix(host, "silent.test") {
		return nil
	}
	answer := append([]byte(nil), query[:end]...)
	copy(answer[2:], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
	switch {
	case host != "good.test":
		answer[3] = 0x83 // NXDOMAIN
	case kind == 1:
		answer[7] = 1
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1)
	}
	return answer
}

func TestNames(t *testing.T) {
	resolver(t)
	s := serve(t)
	_, port, _ := net.SplitHostPort(s.Addr())
	for host, class := range map[string]plan.ErrorClass{
		"good.test.":    plan.OK,
		"missing.test.": plan.FailDNS,
		"silent.test.":  plan.FailConnectTimeout,
	} {
		c := newClient(t, Config{})
		m := message(host+":"+port, "/ok")
		if host == "silent.test." {
			m.Timeout = 200 * time.Millisecond
		}
		var r transport.Result
		c.Do(m, &r)
		sane(t, host, &r)
		if r.Class != class || r.DNS <= 0 {
			t.Errorf("%s: %+v", host, r)
		}
		if host == "silent.test." && !strings.Contains(r.Err.Error(), "resolving the name") {
			t.Errorf("%s: %v", host, r.Err)
		}
	}
}
