package plan

import (
	"net/netip"
	"testing"
)

func TestStandIn(t *testing.T) {
	real := Target{
		Name: "api", Scheme: "https", Host: "api.example.com", Port: 8443, BasePath: "/v1",
		Guard: Guard{Environment: "production", Hosts: []string{"api.example.com"}, MaxUsers: 5, MaxRate: 7},
		HTTP:  HTTP{Version: HTTP2, Proxy: &Proxy{Scheme: "http"}, Connections: 3}, TLS: &TLS{},
	}
	p := &Plan{Targets: []Target{real, {Name: "other", Scheme: "http", Host: "other.example.com", Port: 80}}, Once: &Once{Plan: &Plan{}}}
	p.Once.Plan.Targets = p.Targets
	q := p.StandIn(map[string]string{"api": "api.mock", "none": "none.mock"})
	for _, targets := range [][]Target{q.Targets, q.Once.Plan.Targets} {
		api := targets[0]
		if api.URL() != "http://api.mock/v1" || api.TLS != nil || api.HTTP.Proxy != nil || api.HTTP.Version != HTTP2 || api.HTTP.Connections != 3 ||
			api.Guard.Production() || api.Guard.MaxUsers != 5 || api.Guard.MaxRate != 7 {
			t.Errorf("%+v", api)
		}
		if targets[1].URL() != "http://other.example.com" {
			t.Errorf("%+v", targets[1])
		}
	}
	loopback := netip.MustParseAddr("127.0.0.1")
	if q.MayDial("api.mock", loopback) != nil || q.MayDial("api.example.com", loopback) == nil {
		t.Error("the guard is another's")
	}
	if p.Targets[0].Host != "api.example.com" || p.Once.Plan.Targets[0].TLS == nil {
		t.Error("the plan was changed")
	}
}
