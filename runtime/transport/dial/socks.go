package dial

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strconv"

	"throng/dsl/plan"
)

// Numbers of SOCKS5 (RFC 1928, and 1929 for passwords).
const (
	socksVersion    = 5
	socksNoAuth     = 0
	socksPassword   = 2
	socksConnect    = 1
	socksIPv4       = 1
	socksName       = 3
	socksIPv6       = 4
	passwordVersion = 1
)

// socksReplies are what a proxy's reply means, by its number.
var socksReplies = [...]struct {
	class plan.ErrorClass
	text  string
}{
	1: {plan.FailUnreachable, "general failure"},
	2: {plan.FailRefused, "not allowed by its rules"},
	3: {plan.FailUnreachable, "network unreachable"},
	4: {plan.FailUnreachable, "host unreachable"},
	5: {plan.FailRefused, "connection refused"},
	6: {plan.FailUnreachable, "time to live exceeded"},
	7: {plan.FailProtocol, "command not supported"},
	8: {plan.FailProtocol, "address type not supported"},
}

func notSOCKS(what string) error {
	return NewFault(plan.FailProtocol, nil, "the proxy's answer is not SOCKS5: %s", what)
}

// socks asks a SOCKS5 proxy for a connection to the target.
func (a *attempt) socks(p *plan.Proxy) error {
	if err := a.greet(p); err != nil {
		return err
	}
	request, err := socksRequest(a.route.Addr)
	if err != nil {
		return err
	}
	if _, err := a.Conn.Write(request); err != nil {
		return proxyGone(err)
	}
	var b [4 + 1 + 255 + 2]byte
	if _, err := io.ReadFull(a.Conn, b[:4]); err != nil {
		return proxyGone(err)
	}
	if b[0] != socksVersion {
		return notSOCKS("another version")
	}
	if code := int(b[1]); code != 0 {
		if code >= len(socksReplies) {
			return notSOCKS("an unknown reply")
		}
		r := socksReplies[code]
		return NewFault(r.class, nil, "the proxy refuses a connection to %s: %s", a.route.Addr, r.text)
	}
	// The address that it is bound to says nothing to us, but must be read.
	rest := 0
	switch b[3] {
	case socksIPv4:
		rest = 4 + 2
	case socksIPv6:
		rest = 16 + 2
	case socksName:
		if _, err := io.ReadFull(a.Conn, b[:1]); err != nil {
			return proxyGone(err)
		}
		rest = int(b[0]) + 2
	default:
		return notSOCKS("an unknown address type")
	}
	if _, err := io.ReadFull(a.Conn, b[:rest]); err != nil {
		return proxyGone(err)
	}
	return nil
}

// greet agrees on a method, and says who we are if the proxy asks.
func (a *attempt) greet(p *plan.Proxy) error {
	hello := []byte{socksVersion, 1, socksNoAuth}
	known := p.User != "" || p.Password != ""
	if known {
		hello = []byte{socksVersion, 2, socksNoAuth, socksPassword}
	}
	if _, err := a.Conn.Write(hello); err != nil {
		return proxyGone(err)
	}
	var b [2]byte
	if _, err := io.ReadFull(a.Conn, b[:]); err != nil {
		return proxyGone(err)
	}
	switch {
	case b[0] != socksVersion:
		return notSOCKS("another version")
	case b[1] == socksNoAuth:
		return nil
	case b[1] != socksPassword || !known:
		return NewFault(plan.FailRefused, nil, "the proxy refuses us: it wants another way to log in")
	case len(p.User) > 255 || len(p.Password) > 255:
		return NewFault(plan.FailInternal, nil, "user or password of the proxy is longer than 255 bytes")
	}
	login := append([]byte{passwordVersion, byte(len(p.User))}, p.User...)
	login = append(append(login, byte(len(p.Password))), p.Password...)
	if _, err := a.Conn.Write(login); err != nil {
		return proxyGone(err)
	}
	if _, err := io.ReadFull(a.Conn, b[:]); err != nil {
		return proxyGone(err)
	}
	if b[1] != 0 {
		return NewFault(plan.FailRefused, nil, "the proxy refuses us: user or password is wrong")
	}
	return nil
}

// socksRequest asks for a connection; a name is left for the proxy to resolve.
func socksRequest(addr string) ([]byte, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, NewFault(plan.FailInternal, err, "%q is no host and port", addr)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || len(host) > 255 {
		return nil, NewFault(plan.FailInternal, err, "%q is no host and port", addr)
	}
	b := []byte{socksVersion, socksConnect, 0}
	ip, err := netip.ParseAddr(host)
	switch {
	case err != nil:
		b = append(append(b, socksName, byte(len(host))), host...)
	case ip.Is4():
		b = append(append(b, socksIPv4), ip.AsSlice()...)
	default:
		b = append(append(b, socksIPv6), ip.AsSlice()...)
	}
	return binary.BigEndian.AppendUint16(b, uint16(number)), nil
}
