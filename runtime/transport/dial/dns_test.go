package dial

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// zone is a DNS server of a test, over UDP and TCP on 127.0.0.1.
type zone struct {
	mu    sync.Mutex
	names map[string][]netip.Addr // by lower-case name with its dot at the end
	fails map[string]dnsmessage.RCode
	asked map[string]int // questions for A records
}

// newZone serves until the test ends; the resolver asks it and nobody else.
func newZone(t *testing.T) (*zone, *net.Resolver) {
	t.Helper()
	z := &zone{names: map[string][]netip.Addr{}, fails: map[string]dnsmessage.RCode{}, asked: map[string]int{}}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	t.Cleanup(func() {
		udp.Close()
		tcp.Close()
		served.Wait()
	})
	served.Go(func() {
		buf := make([]byte, 2048)
		for {
			n, from, err := udp.ReadFrom(buf)
			if err != nil {
				return
			}
			if answer := z.answer(buf[:n], 1200); answer != nil {
				udp.WriteTo(answer, from)
			}
		}
	})
	served.Go(func() {
		for {
			conn, err := tcp.Accept()
			if err != nil {
				return
			}
			z.serve(conn)
		}
	})
	return z, &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		to := udp.LocalAddr()
		if strings.HasPrefix(network, "tcp") {
			to = tcp.Addr()
		}
		return new(net.Dialer).DialContext(ctx, to.Network(), to.String())
	}}
}

// serve answers one question over TCP.
func (z *zone) serve(conn net.Conn) {
	defer conn.Close()
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return
	}
	query := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, query); err != nil {
		return
	}
	answer := z.answer(query, 1<<16-1)
	binary.BigEndian.PutUint16(size[:], uint16(len(answer)))
	conn.Write(append(size[:], answer...))
}

func (z *zone) set(name string, addrs ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.names[name] = nil
	for _, a := range addrs {
		z.names[name] = append(z.names[name], netip.MustParseAddr(a))
	}
}

func (z *zone) fail(name string, code dnsmessage.RCode) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.fails[name] = code
}

func (z *zone) count(name string) int {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.asked[name]
}

// answer is nil for names that begin with "silent". What is longer than limit
// is marked as truncated, and asked for again over TCP.
func (z *zone) answer(query []byte, limit int) []byte {
	var m dnsmessage.Message
	if m.Unpack(query) != nil || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	name := strings.ToLower(q.Name.String())
	if strings.HasPrefix(name, "silent") {
		return nil
	}
	z.mu.Lock()
	defer z.mu.Unlock()
	if q.Type == dnsmessage.TypeA {
		z.asked[name]++
	}
	reply := dnsmessage.Message{Questions: m.Questions}
	reply.Header = dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true, RecursionDesired: true}
	addrs, known := z.names[name]
	if code, ok := z.fails[name]; ok {
		reply.RCode = code
	} else if !known {
		reply.RCode = dnsmessage.RCodeNameError
	}
	for _, ip := range addrs {
		h := dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 60}
		switch {
		case ip.Is4() && q.Type == dnsmessage.TypeA:
			reply.Answers = append(reply.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AResource{A: ip.As4()}})
		case ip.Is6() && q.Type == dnsmessage.TypeAAAA:
			reply.Answers = append(reply.Answers, dnsmessage.Resource{Header: h, Body: &dnsmessage.AAAAResource{AAAA: ip.As16()}})
		}
	}
	b, err := reply.Pack()
	if err == nil && len(b) > limit {
		reply.Truncated, reply.Answers = true, nil
		b, err = reply.Pack()
	}
	if err != nil {
		return nil
	}
	return b
}
