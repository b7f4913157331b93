// Package preflight says before a run what of it this machine cannot bear:
// descriptors, local ports, memory, processors. It compares a forecast with
// the machine's limits; it sends nothing and changes nothing.
//
// What cannot work is an error, and a run is refused: it would fail by
// failures of this machine, which prove nothing about the target. What may
// not work is a warning. What nobody knows of the machine is not judged.
package preflight

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/forecast"
	"throng/runtime/report/text"
)

// Finding is one thing the machine is short of.
type Finding struct {
	Kind  string // files, ports, memory, cpu or sources
	Error bool   // it cannot work; else it may not
	Text  string // a sentence with its figures, and what to do
}

// Machine is what a process may use here; 0 where it is not known, or without
// a limit.
type Machine struct {
	Files      int64         // descriptors this process may have open
	FilesTaken int64         // of these, the ones it has
	Ports      int64         // local ports of outgoing connections, toward each address
	PortRests  time.Duration // before a port of a closed connection is used again
	Memory     int64         // bytes that are free for it
	Cores      int
	Bind       func(netip.Addr) error // why no connection can begin at an address; nil: not known
}

// What a run costs. The figures are measured; see docs/performance.md.
const (
	filesBeside = 16       // descriptors for what is no connection
	leanUser    = 7 << 10  // bytes of a waiting user, at least
	fullUser    = 14 << 10 // bytes of a user with a connection
	socketCost  = 16 << 10 // bytes of an open socket
	beside      = 64 << 20 // bytes of the program and its histograms
	closedCost  = 10e-6    // seconds of CPU for a request, of the closed model
	openCost    = 32e-6    // likewise of the open model
	busy        = 0.85     // share of all cores beyond which a run counts as saturated
)

// Check compares what a plan will do with what the machine has.
func Check(p *plan.Plan, f *forecast.Forecast, m Machine) []Finding {
	c := &check{plan: p, forecast: f, machine: m}
	c.load()
	c.files()
	c.ports()
	c.memory()
	c.cpu()
	c.sources()
	return c.list
}

type check struct {
	plan     *plan.Plan
	forecast *forecast.Forecast
	machine  Machine
	list     []Finding

	held   int64   // connections that the closed model's users hold beside one each: their sockets
	closed int64   // users of the closed model at the peak: they will be there
	open   int64   // users that arrivals are expected to need
	bound  int64   // users that arrivals may need, by max_users
	most   int64   // connections that may be open at the peak, sockets among them
	churn  float64 // connections a second, made since users are made
}

func (c *check) find(kind string, fatal bool, format string, args ...any) {
	c.list = append(c.list, Finding{Kind: kind, Error: fatal, Text: fmt.Sprintf(format, args...)})
}

// load reckons users and connections.
func (c *check) load() {
	p := c.plan
	c.closed = c.forecast.PeakUsers
	if len(p.Rows) == 0 {
		c.closed = 0
	}
	c.held = heldSockets(p, c.forecast)
	pooled := false
	for i := range p.Profile.Loads {
		l := &p.Profile.Loads[i]
		if l.Model != plan.Open {
			continue
		}
		if !l.Pooled || !pooled {
			c.bound += int64(l.MaxUsers)
		}
		pooled = pooled || l.Pooled
		for _, class := range l.Classes {
			if p.Classes[class].FixedCount == 0 {
				c.open += c.busyUsers(class, l)
			}
		}
	}
	c.open = min(c.open, c.bound)
	c.most = max(c.closed+c.held, closedConns(p, c.forecast)+c.forecast.PeakSockets+c.open*openConns(p))
	for i := range c.forecast.Classes {
		k := &c.forecast.Classes[i]
		if perIteration := float64(k.PerIteration); !k.Off && perIteration > 0 && c.freshUsers(i) {
			c.churn += float64(k.PeakExpected) / perIteration
		}
	}
}

// busyUsers are the users that arrivals of a class keep busy, by Little's
// law, if an answer takes as long as the forecast assumes.
func (c *check) busyUsers(class int, l *plan.Load) int64 {
	k := &c.forecast.Classes[class]
	perSecond := float64(k.PeakExpected)
	return min(int64(math.Ceil(perSecond*forecast.Assumed.Seconds())), int64(l.MaxUsers))
}

// freshUsers reports that every iteration of a class is a new user's, and so
// over a new connection.
func (c *check) freshUsers(class int) bool {
	if c.plan.Classes[class].Lifetime == plan.LifetimeIteration {
		return true
	}
	return slices.ContainsFunc(c.plan.Profile.Loads, func(l plan.Load) bool {
		return l.Model == plan.Open && l.Arrival == plan.ArriveUser && slices.Contains(l.Classes, class)
	})
}

// ends is how many descriptors a connection takes: an example API is served
// by this process too.
func (c *check) ends() int64 {
	for i := range c.plan.Targets {
		if c.plan.Targets[i].Example != "" {
			return 2
		}
	}
	return 1
}

func (c *check) files() {
	limit := c.machine.Files
	if limit <= 0 {
		return
	}
	free := max(0, limit-c.machine.FilesTaken-filesBeside)
	each := c.ends()
	taken := fmt.Sprintf("this process may open %s files, of which %s are free for them", text.Count(limit), text.Count(free))
	hint := func(conns int64) string {
		return fmt.Sprintf("Raise the limit to %s or more (ulimit -n, LimitNOFILE of a service, nofile in limits.conf)",
			text.Count(max(conns, c.most)*each+c.machine.FilesTaken+filesBeside))
	}
	both := ""
	if each > 1 {
		both = ", each with both its ends, as the example API is served by this process"
	}
	switch {
	case c.closed*each > free && c.held == 0:
		c.find("files", true, "%s need as many connections%s, and %s. %s, or ask for at most %s.",
			users(c.closed), both, taken, hint(c.closed), users(free/each))
	case (c.closed+c.held)*each > free:
		c.find("files", true, "%s need %s connections with their sockets%s, and %s. %s, or ask for fewer users.",
			users(c.closed), text.Count(c.closed+c.held), both, taken, hint(c.closed+c.held))
	case c.most*each > free:
		c.find("files", false, "%s with up to %s connections in all%s may be too many: %s. %s.",
			users(c.closed+c.open), text.Count(c.most), both, taken, hint(c.most))
	case (c.closed+c.bound)*each > free:
		c.find("files", false, "max_users lets the number of users grow to %s, and %s: if answers get slow, connections will fail on this machine. %s, or lower max_users.",
			text.Count(c.closed+c.bound), taken, hint(c.closed+c.bound*mostConns(c.plan)))
	}
}

// ports: a local port serves one connection toward each address and port.
func (c *check) ports() {
	limit := c.machine.Ports
	if limit <= 0 || len(c.plan.Targets) != 1 {
		return
	}
	host := c.plan.Targets[0].Host
	single := c.plan.Targets[0].Example != "" || local(host) || net.ParseIP(host) != nil
	const hint = "Widen net.ipv4.ip_local_port_range, or spread the load over several addresses"
	if most := c.closed + c.held + c.bound; most > limit {
		c.find("ports", single && c.closed+c.held > limit, "%s toward %s need as many local ports, and there are %s. %s.",
			users(most), c.plan.Targets[0].Authority(), text.Count(limit), hint)
		return
	}
	rests := c.machine.PortRests
	if local(host) || c.plan.Targets[0].Example != "" {
		rests = min(rests, time.Second) // Linux uses ports of loopback again at once
	}
	if need := c.churn * rests.Seconds(); need > float64(limit) {
		c.find("ports", false, "about %s new connections/s leave their local ports unused for %s, so about %s are needed, and there are %s: connections may fail on this machine. %s, or let users live longer.",
			text.Rate(c.churn), rests, text.Count(int64(need)), text.Count(limit), hint)
	}
}

func local(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (c *check) memory() {
	free := c.machine.Memory
	if free <= 0 {
		return
	}
	n := c.closed + c.open
	least, most := n*leanUser, n*fullUser+c.forecast.PeakSockets*socketCost+beside
	switch {
	case least > free:
		c.find("memory", true, "%s take %s at least, and %s are free. Use a machine with more memory, or ask for at most %s.",
			users(n), text.Bytes(least), text.Bytes(free), users(free/leanUser))
	case most > free*3/4:
		c.find("memory", false, "%s take about %s, and %s are free: a machine that swaps measures itself.",
			users(n), text.Bytes(most), text.Bytes(free))
	}
}

func (c *check) cpu() {
	rate := float64(c.forecast.Total.PeakExpected)
	if c.machine.Cores <= 0 || rate <= 0 || math.IsInf(rate, 0) || math.IsNaN(rate) {
		return
	}
	cost := closedCost
	if c.bound > 0 {
		cost = openCost
	}
	most := float64(c.machine.Cores) * busy / cost
	if rate > most {
		c.find("cpu", false, "%s requests/s are expected at the peak, and %s here make about %s at %.0f µs of CPU each before the generator counts as saturated. Use more cores or a lower rate.",
			text.Rate(rate), cores(c.machine.Cores), text.Rate(most), cost*1e6)
	}
}

func users(n int64) string {
	if n == 1 {
		return "1 user"
	}
	return text.Count(n) + " users"
}

func cores(n int) string {
	if n == 1 {
		return "1 core"
	}
	return text.Count(int64(n)) + " cores"
}
