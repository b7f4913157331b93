package health

import (
	"errors"
	"strings"
	"testing"
)

const (
	snmp = "Ip: Forwarding DefaultTTL\nIp: 1 64\n" +
		"Tcp: RtoAlgorithm MaxConn OutSegs RetransSegs\nTcp: 1 -1 OUT AGAIN\n"
	netstat = "TcpExt: PruneCalled RcvPruned ListenOverflows ListenDrops TCPRcvCollapsed\nTcpExt: 1 1 0 DROPS 7\n"
)

func TestNetworkIsTheDifference(t *testing.T) {
	values := strings.NewReplacer("OUT", "1000", "AGAIN", "10", "DROPS", "0")
	m := &networkMeter{read: func(name string) ([]byte, error) {
		if strings.HasSuffix(name, "snmp") {
			return []byte(values.Replace(snmp)), nil
		}
		return []byte(values.Replace(netstat)), nil
	}}
	m.take()
	if n := m.report(); n != (Network{Known: true}) {
		t.Errorf("nothing has happened yet: %+v", n)
	}
	values = strings.NewReplacer("OUT", "5000", "AGAIN", "12", "DROPS", "3", " 1 1 ", " 2 1 ")
	m.take()
	if n := m.report(); n != (Network{Known: true, SegmentsOut: 4000, Retransmitted: 2, ListenDrops: 3, BufferPressed: 1}) {
		t.Errorf("%+v", n)
	}
}

func TestNetworkThatNobodyCounts(t *testing.T) {
	m := &networkMeter{read: func(string) ([]byte, error) { return nil, errors.New("no such file") }}
	m.take()
	m.take()
	if n := m.report(); n.Known {
		t.Errorf("%+v", n)
	}
	into := map[string]int64{}
	counters("Tcp: A B\nTcp: 1\nUdp: A\nTcp: 2\nTcp: A\nTcp: x\nTcp: A", into)
	if len(into) != 0 {
		t.Errorf("lines that do not match: %v", into)
	}
}
