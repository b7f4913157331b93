package preflight

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// closedPortRests is how long TCP keeps a port of a closed connection: twice
// the longest life of a segment, which Linux takes to be half a minute.
const closedPortRests = time.Minute

// ThisMachine is what this process may use here and now. The Go runtime has
// raised the soft limit of descriptors to the hard one before main began, so
// Files is what there is without more rights.
func ThisMachine() Machine {
	m := Machine{Files: maxFiles(), FilesTaken: taken(), Cores: min(runtime.GOMAXPROCS(0), runtime.NumCPU()), PortRests: closedPortRests, Bind: bind}
	m.Ports = portRange(read("/proc/sys/net/ipv4/ip_local_port_range"))
	if strings.TrimSpace(read("/proc/sys/net/ipv4/tcp_tw_reuse")) == "1" {
		m.PortRests = time.Second
	}
	m.Memory = available(read("/proc/meminfo"))
	group := room(read("/sys/fs/cgroup/memory.max"), read("/sys/fs/cgroup/memory.current"))
	if group > 0 && (m.Memory == 0 || group < m.Memory) {
		m.Memory = group
	}
	return m
}

// read is a file of the kernel's, "" where there is none.
func read(name string) string {
	b, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return string(b)
}

// taken is how many descriptors the process has open, 0 if it cannot tell.
func taken() int64 {
	list, err := os.ReadDir("/dev/fd")
	if err != nil {
		return 0
	}
	return int64(len(list))
}

// portRange is the number of ports in "32768\t60999".
func portRange(s string) int64 {
	f := strings.Fields(s)
	if len(f) != 2 || number(f[1]) == 0 {
		return 0
	}
	return max(0, number(f[1])-number(f[0])+1)
}

// available is MemAvailable of /proc/meminfo, in bytes.
func available(meminfo string) int64 {
	for line := range strings.Lines(meminfo) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "MemAvailable:" && f[2] == "kB" {
			return number(f[1]) << 10
		}
	}
	return 0
}

// room is what a control group leaves; 0 where it has no limit.
func room(limit, current string) int64 {
	most := number(strings.TrimSpace(limit))
	if most == 0 {
		return 0
	}
	return max(1, most-number(strings.TrimSpace(current)))
}

// number is 0 for what is none, such as "max".
func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
