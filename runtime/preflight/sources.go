package preflight

import (
	"net"
	"net/netip"
	"strconv"

	"throng/runtime/report/text"
	"throng/runtime/transport/dial"
)

// mostBound is how many addresses of one target's sources are tried.
const mostBound = 256

// sources asks whether this machine has the addresses that users are to
// connect from.
func (c *check) sources() {
	if c.machine.Bind == nil {
		return
	}
	for i := range c.plan.Targets {
		t := &c.plan.Targets[i]
		users := max(1, min(mostBound, c.closed+max(c.open, c.bound)))
		for _, ip := range dial.Sources(t.HTTP.Sources, users) {
			if err := c.machine.Bind(ip); err != nil {
				c.find("sources", true, "connections to target %s are to come from %s, one of its sources, and this machine does not have that address (%s). Give sources that it has, or add the address to an interface",
					strconv.Quote(text.Clean(t.Name)), ip, text.Clean(err.Error()))
				break
			}
		}
	}
}

// bind reports why no connection of this machine can begin at an address.
func bind(ip netip.Addr) error {
	l, err := net.Listen("tcp", net.JoinHostPort(ip.String(), "0"))
	if err != nil {
		return err
	}
	return l.Close()
}
