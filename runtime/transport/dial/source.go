package dial

import (
	"encoding/binary"
	"errors"
	"math"
	"net"
	"net/netip"
	"os"
	"syscall"

	"throng/dsl/plan"
)

// from makes a dialer begin at the user's own address, of the family of to.
func (a *attempt) from(dialer *net.Dialer, to netip.Addr) error {
	ip, ok := source(a.route.HTTP.Sources, a.o.User, to.Unmap().Is4())
	if !ok {
		family := "IPv6"
		if to.Unmap().Is4() {
			family = "IPv4"
		}
		return NewFault(plan.FailUnreachable, nil, "connecting: the address is %s, but none of sources is", family)
	}
	dialer.LocalAddr = &net.TCPAddr{IP: ip.AsSlice(), Zone: ip.Zone()}
	dialer.Control = lateBinding
	return nil
}

// source is the address that a user connects from: users are dealt those of
// the prefixes in turn. The network's and the broadcast address of an IPv4
// prefix are left out where it has others.
func source(prefixes []netip.Prefix, user int64, is4 bool) (netip.Addr, bool) {
	var total uint64
	for _, p := range prefixes {
		if p.Addr().Is4() == is4 {
			_, n := hosts(p)
			total += n
		}
	}
	if total == 0 {
		return netip.Addr{}, false
	}
	turn := uint64(user) % total
	for _, p := range prefixes {
		if p.Addr().Is4() != is4 {
			continue
		}
		first, n := hosts(p)
		if turn < n {
			return plus(first, turn), true
		}
		turn -= n
	}
	return netip.Addr{}, false // not reached: turn is less than the sum
}

// Sources are the addresses that the first so many users connect from, each
// once, whatever the family of what they connect to.
func Sources(prefixes []netip.Prefix, users int64) (list []netip.Addr) {
	for _, is4 := range []bool{true, false} {
		seen := map[netip.Addr]bool{}
		for user := range users {
			ip, ok := source(prefixes, user, is4)
			if !ok {
				break
			}
			if !seen[ip] {
				seen[ip] = true
				list = append(list, ip)
			}
		}
	}
	return list
}

// hosts are the addresses of a prefix that a user may have: the first one and
// how many, of a large IPv6 prefix the first 2³² only.
func hosts(p netip.Prefix) (first netip.Addr, n uint64) {
	p = p.Masked()
	free := p.Addr().BitLen() - p.Bits()
	if free > 32 {
		return p.Addr(), math.MaxUint32 + 1
	}
	n = 1 << free
	if p.Addr().Is4() && n > 2 {
		return p.Addr().Next(), n - 2
	}
	return p.Addr(), n
}

// plus is the n-th address after ip, of which only the last 64 bits change.
func plus(ip netip.Addr, n uint64) netip.Addr {
	if ip.Is4() {
		b := ip.As4()
		binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(b[:])+uint32(n))
		return netip.AddrFrom4(b)
	}
	b := ip.As16()
	binary.BigEndian.PutUint64(b[8:], binary.BigEndian.Uint64(b[8:])+n)
	return netip.AddrFrom16(b)
}

// explainSource tells an address that this machine does not have from a
// shortage of ports, which the system calls the same.
func explainSource(local net.Addr, err error) error {
	var call *os.SyscallError
	var errno syscall.Errno
	if errors.As(err, &call) && call.Syscall == "bind" && errors.As(err, &errno) && classOf(errno) == plan.FailLocalPorts {
		return NewFault(plan.FailLocalPorts, err, "connecting: %v, one of sources, is no address of this machine", local.(*net.TCPAddr).IP)
	}
	return err
}
