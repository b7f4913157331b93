package health

import (
	"os"
	"strconv"
	"strings"
)

// Network is what went on between this machine and the network during a run,
// by the kernel's own counters. They are of everything in the network
// namespace, not of this process alone, so they explain and do not judge.
type Network struct {
	Known         bool  // the kernel tells; Linux only
	SegmentsOut   int64 // TCP segments sent, retransmissions left out
	Retransmitted int64 // TCP segments sent again: lost on the way, or answered late
	ListenDrops   int64 // connections refused because a queue of a server on this machine was full
	BufferPressed int64 // times that received data was dropped or squeezed since a socket's buffer was full
}

// networkFiles are where Linux counts (proc(5)).
var networkFiles = []string{"/proc/net/snmp", "/proc/net/netstat"}

// networkMeter reads the counters; those of a run are the difference to the
// first reading.
type networkMeter struct {
	read        func(name string) ([]byte, error)
	first, last map[string]int64
}

func newNetworkMeter() *networkMeter { return &networkMeter{read: os.ReadFile} }

func (m *networkMeter) take() {
	now := make(map[string]int64)
	for _, name := range networkFiles {
		text, err := m.read(name)
		if err != nil {
			return
		}
		counters(string(text), now)
	}
	if m.first == nil {
		m.first = now
	}
	m.last = now
}

func (m *networkMeter) report() Network {
	if m.first == nil {
		return Network{}
	}
	since := func(names ...string) (n int64) {
		for _, name := range names {
			n += max(0, m.last[name]-m.first[name])
		}
		return n
	}
	return Network{
		Known: true, SegmentsOut: since("Tcp.OutSegs"), Retransmitted: since("Tcp.RetransSegs"),
		ListenDrops:   since("TcpExt.ListenDrops"),
		BufferPressed: since("TcpExt.PruneCalled", "TcpExt.RcvPruned", "TcpExt.TCPRcvCollapsed", "TcpExt.TCPBacklogDrop", "TcpExt.TCPRcvQDrop"),
	}
}

// counters adds the counters of a file to a map, as "Tcp.OutSegs". A line of
// names is followed by one of values, both begun by the protocol.
func counters(text string, into map[string]int64) {
	lines := strings.Split(text, "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		names, values := strings.Fields(lines[i]), strings.Fields(lines[i+1])
		if len(names) == 0 || len(names) != len(values) || names[0] != values[0] {
			continue
		}
		protocol := strings.TrimSuffix(names[0], ":")
		for k := 1; k < len(names); k++ {
			if n, err := strconv.ParseInt(values[k], 10, 64); err == nil {
				into[protocol+"."+names[k]] = n
			}
		}
	}
}
