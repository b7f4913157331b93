package preflight

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/forecast"
)

// roomy is a machine that is short of nothing.
var roomy = Machine{Files: 1 << 20, FilesTaken: 8, Ports: 28_232, PortRests: time.Minute, Memory: 8 << 30, Cores: 8}

// planFor is a plan of one class whose users do one GET a second.
func planFor(load plan.Load, change ...func(*plan.Plan)) *plan.Plan {
	load.Classes = []int{0}
	if load.Stages == nil {
		load.Stages = []plan.Stage{{Level: 1, Hold: time.Minute}}
	}
	p := &plan.Plan{
		Seed: 1, Sites: make([]plan.Site, 1),
		Targets: []plan.Target{{Name: "api", Scheme: "http", Host: "192.0.2.7", Port: 80}},
		Rows:    []plan.Row{{Method: "GET", Name: "/", Pattern: "/"}},
		Series:  []plan.Series{{Task: "t"}},
		Classes: []plan.Class{{Name: "u", Weight: 1, Tasks: []plan.Task{{
			Name: "t", Weight: 1, Wait: plan.Wait{Kind: plan.WaitFor, For: plan.Const{Value: plan.FloatValue(1)}},
			Steps: []plan.Step{&plan.Request{Method: "GET", Path: plan.Literal("/"), Timeout: time.Minute}},
		}}}},
		Profile: plan.Profile{Name: "p", Duration: time.Minute, Loads: []plan.Load{load}},
	}
	for _, c := range change {
		c(p)
	}
	return p
}

func closed(users float64, change ...func(*plan.Plan)) *plan.Plan {
	return planFor(plan.Load{Model: plan.Closed, Stages: []plan.Stage{{Level: users, Hold: time.Minute}}}, change...)
}

func open(rate float64, most int, arrival plan.Arriving, change ...func(*plan.Plan)) *plan.Plan {
	return planFor(plan.Load{Model: plan.Open, MaxUsers: most, Arrival: arrival, Stages: []plan.Stage{{Level: rate, Hold: time.Minute}}}, change...)
}

// pushed gives each user a socket when it starts, beside its requests or
// instead of them.
func pushed(asks bool) func(*plan.Plan) {
	return func(p *plan.Plan) {
		k := &p.Classes[0]
		k.Sockets, k.Start = 1, []plan.Step{&plan.Socket{Name: "push", Path: plan.Literal("/push")}}
		if !asks {
			k.Tasks[0].Steps = []plan.Step{&plan.Pause{For: plan.Const{Value: plan.FloatValue(1)}}}
		}
	}
}

// twoTargets adds a request to another target.
func twoTargets(p *plan.Plan) {
	p.Targets = append(p.Targets, p.Targets[0])
	p.Rows = append(p.Rows, plan.Row{Method: "GET", Name: "/b", Target: 1})
	p.Series = append(p.Series, plan.Series{Row: 1, Task: "t"})
	steps := &p.Classes[0].Tasks[0].Steps
	*steps = append(*steps, &plan.Request{Series: 1, Target: 1, Method: "GET", Path: plan.Literal("/b"), Timeout: time.Minute})
}

// abreast does the request so often at once, within a block and a target that
// may have limits.
func abreast(times, limit, connections int) func(*plan.Plan) {
	return func(p *plan.Plan) {
		k := &p.Classes[0].Tasks[0]
		block := &plan.Parallel{Limit: limit}
		for range times {
			block.Steps = append(block.Steps, k.Steps[0])
		}
		k.Steps = []plan.Step{block}
		p.Targets[0].HTTP.Connections = connections
	}
}

func from(prefixes ...string) func(*plan.Plan) {
	return func(p *plan.Plan) {
		p.Targets[0].Name = "api"
		for _, s := range prefixes {
			p.Targets[0].HTTP.Sources = append(p.Targets[0].HTTP.Sources, netip.MustParsePrefix(s))
		}
	}
}

// only is a machine that has these addresses.
func only(list ...string) func(netip.Addr) error {
	return func(ip netip.Addr) error {
		if !slices.Contains(list, ip.String()) {
			return errors.New("not here")
		}
		return nil
	}
}

func TestCheck(t *testing.T) {
	with := func(change func(*Machine)) Machine { m := roomy; change(&m); return m }
	host := func(h string) func(*plan.Plan) { return func(p *plan.Plan) { p.Targets[0].Host = h } }
	fresh := func(p *plan.Plan) { p.Classes[0].Lifetime = plan.LifetimeIteration }
	example := func(p *plan.Plan) { p.Targets[0].Example = "quickstart" }
	for _, c := range []struct {
		name    string
		plan    *plan.Plan
		machine Machine
		kind    string // "" for no finding
		fatal   bool
		says    string
	}{
		{"a small run", closed(100), roomy, "", false, ""},
		{"5,000 users in 1,024 descriptors", closed(5000), with(func(m *Machine) { m.Files = 1024 }), "files", true,
			"5,000 users need as many connections, and this process may open 1,024 files, of which 1,000 are free for them. Raise the limit to 5,024 or more"},
		{"1,000 just fit", closed(1000), with(func(m *Machine) { m.Files = 1024 }), "", false, ""},
		{"1,001 do not", closed(1001), with(func(m *Machine) { m.Files = 1024 }), "files", true, "at most 1,000 users"},
		{"an example has both ends here", closed(600, example), with(func(m *Machine) { m.Files = 1024 }), "files", true, "at most 500 users"},
		{"a socket each beside requests", closed(600, pushed(true)), with(func(m *Machine) { m.Files = 1024 }), "files", true,
			"600 users need 1,200 connections with their sockets, and this process may open 1,024 files"},
		{"500 with a socket each just fit", closed(499, pushed(true)), with(func(m *Machine) { m.Files = 1024 }), "", false, ""},
		{"nothing but a socket each", closed(1000, pushed(false)), with(func(m *Machine) { m.Files = 1024 }), "", false, ""},
		{"1,001 sockets do not fit", closed(1001, pushed(false)), with(func(m *Machine) { m.Files = 1024 }), "files", true, "1,001 users need as many connections"},
		{"no limit of descriptors", closed(5000), with(func(m *Machine) { m.Files = 0 }), "", false, ""},
		{"two targets", closed(600, twoTargets), with(func(m *Machine) { m.Files = 1024 }), "files", false,
			"600 users with up to 1,200 connections in all may be too many: this process may open 1,024 files, of which 1,000 are free for them. Raise the limit to 1,224 or more"},
		{"two targets for few", closed(500, twoTargets), with(func(m *Machine) { m.Files = 1024 }), "", false, ""},
		{"a browser's six connections", closed(200, abreast(30, 0, 0)), with(func(m *Machine) { m.Files = 1024 }), "files", false, "200 users with up to 1,200 connections in all"},
		{"its block has four steps", closed(250, abreast(4, 0, 0)), with(func(m *Machine) { m.Files = 1024 }), "", false, ""},
		{"its block does two at once", closed(500, abreast(30, 2, 0)), with(func(m *Machine) { m.Files = 1024 }), "", false, ""},
		{"its target allows eight", closed(200, abreast(30, 0, 8)), with(func(m *Machine) { m.Files = 1024 }), "files", false, "200 users with up to 1,600 connections in all"},
		{"its target speaks HTTP/2", closed(900, abreast(30, 0, 0), func(p *plan.Plan) { p.Targets[0].HTTP.Version = plan.HTTP2 }), with(func(m *Machine) { m.Files = 1024 }), "", false, ""},
		{"a socket in a task beside requests", closed(600, func(p *plan.Plan) {
			k := &p.Classes[0]
			k.Sockets = 1
			k.Tasks[0].Steps = append([]plan.Step{&plan.Socket{Name: "push", Path: plan.Literal("/push")}}, k.Tasks[0].Steps...)
		}), with(func(m *Machine) { m.Files = 1024 }), "files", false, "600 users with up to 1,200 connections in all"},
		{"arrivals that may need many", open(100, 5000, plan.ArriveIteration), with(func(m *Machine) { m.Files = 1024 }), "files", false,
			"max_users lets the number of users grow to 5,000"},
		{"arrivals that will", open(20_000, 5000, plan.ArriveIteration), with(func(m *Machine) { m.Files = 1024 }), "files", false, "2,000 users with up to 2,000 connections in all"},
		{"more users than ports", closed(30_000), roomy, "ports", true, "30,000 users toward 192.0.2.7 need as many local ports, and there are 28,232"},
		{"a name may stand for several addresses", closed(30_000, host("api.test")), roomy, "ports", false, "ports"},
		{"a user for each arrival", open(1000, 2000, plan.ArriveUser), roomy, "ports", false, "about 1,000 new connections/s leave their local ports unused for 1m0s, so about 60,000 are needed"},
		{"a user for each arrival, over loopback", open(1000, 2000, plan.ArriveUser, host("127.0.0.1")), roomy, "", false, ""},
		{"a fresh user for each iteration", closed(1500, fresh), roomy, "ports", false, "new connections/s"},
		{"idle users in little memory", closed(10_000), with(func(m *Machine) { m.Memory = 64 << 20 }), "memory", true, "10,000 users take"},
		{"memory that is scarce", closed(10_000), with(func(m *Machine) { m.Memory = 250 << 20 }), "memory", false, "swaps"},
		{"a rate beyond the processors", open(200_000, 28_000, plan.ArriveIteration), with(func(m *Machine) { m.Cores = 2 }), "cpu", false, "200,000 requests/s are expected at the peak, and 2 cores here make about 53,125"},
		{"an address that is not here", closed(3, from("192.0.2.0/30", "198.51.100.7/32")), with(func(m *Machine) { m.Bind = only("192.0.2.1") }), "sources", true,
			`connections to target "api" are to come from 192.0.2.2, one of its sources, and this machine does not have that address (not here)`},
		{"addresses that are", closed(3, from("192.0.2.0/30")), with(func(m *Machine) { m.Bind = only("192.0.2.1", "192.0.2.2") }), "", false, ""},
		{"more addresses than users", closed(1, from("192.0.2.0/30")), with(func(m *Machine) { m.Bind = only("192.0.2.1") }), "", false, ""},
		{"nothing is known", closed(1e6), Machine{}, "", false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := Check(c.plan, forecast.New(c.plan), c.machine)
			if Small(c.plan, c.machine) && len(list) > 0 {
				t.Errorf("it is called small, and there is %+v", list)
			}
			if c.kind == "" {
				if len(list) > 0 {
					t.Errorf("%+v", list)
				}
				return
			}
			for _, f := range list {
				if f.Kind == c.kind && f.Error == c.fatal && strings.Contains(f.Text, c.says) {
					return
				}
			}
			t.Errorf("no finding %s (error %v) that says %q in %+v", c.kind, c.fatal, c.says, list)
		})
	}
}

func TestSmall(t *testing.T) {
	if !Small(closed(100), roomy) || !Small(open(50, 100, plan.ArriveIteration), roomy) {
		t.Error("small runs need no forecast")
	}
	if Small(closed(5000), Machine{Files: 1024}) {
		t.Error("a large one does")
	}
}

func TestFilesOfTheKernel(t *testing.T) {
	if n := portRange("32768\t60999\n"); n != 28_232 {
		t.Error(n)
	}
	if n := available("MemTotal:  8000 kB\nMemAvailable:   1024 kB\n"); n != 1<<20 {
		t.Error(n)
	}
	if n := room("max\n", "5000\n"); n != 0 {
		t.Error(n)
	}
	if n := room("7000\n", "5000\n"); n != 2000 {
		t.Error(n)
	}
	if portRange("")+portRange("x y")+available("")+room("", "") != 0 {
		t.Error("what cannot be read is not known")
	}
}

// The Go runtime raises the soft limit of descriptors to the hard one, which
// is what ThisMachine relies on to say how many there are.
func TestThisMachine(t *testing.T) {
	m := ThisMachine()
	if m.Cores < 1 || m.PortRests <= 0 {
		t.Errorf("%+v", m)
	}
	if hard := hardFiles(t); hard > 0 && m.Files != hard {
		t.Errorf("%d descriptors, and the hard limit is %d", m.Files, hard)
	}
	if m.Bind(netip.MustParseAddr("127.0.0.1")) != nil || m.Bind(netip.MustParseAddr("192.0.2.1")) == nil {
		t.Error("it does not know its own addresses")
	}
	t.Logf("%+v", m)
}
