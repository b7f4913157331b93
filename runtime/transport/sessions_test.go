package transport

import (
	"crypto/tls"
	"fmt"
	"testing"

	"throng/dsl/plan"
)

// A session is for the address, name and trust that it was agreed on with, and
// the ones used last are kept.
func TestSessions(t *testing.T) {
	var s Sessions
	trust := &plan.TLS{}
	own := Route{Addr: "a:443", Server: "a", TLS: trust}
	state := &tls.ClientSessionState{}
	s.Along(&own).Put("", state)
	for _, other := range []Route{{Addr: "a:8443", Server: "a", TLS: trust}, {Addr: "a:443", Server: "b", TLS: trust}, {Addr: "a:443", Server: "a"}} {
		if _, ok := s.Along(&other).Get(""); ok {
			t.Errorf("%+v has the session of %+v", other, own)
		}
	}
	for i := range 2 * keptSessions {
		s.Along(&Route{Addr: fmt.Sprint("x:", i)}).Put("", &tls.ClientSessionState{})
		if got, ok := s.Along(&own).Get(""); !ok || got != state {
			t.Fatalf("the session used last is gone after %d others", i+1)
		}
	}
	if _, ok := s.Along(&Route{Addr: "x:0"}).Get(""); ok || len(s.kept) != keptSessions {
		t.Errorf("%d are kept, the oldest of them: %v", len(s.kept), ok)
	}
	s.Along(&own).Put("", nil)
	if _, ok := s.Along(&own).Get(""); ok {
		t.Error("a session that was taken back is there")
	}
	if (*Sessions)(nil).Along(&own) != nil {
		t.Error("who keeps none has a cache")
	}
}
