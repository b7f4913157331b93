package user

import (
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
	"throng/runtime/transport/anyhttp"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/http1"
	"throng/runtime/transport/websocket"
)

// resumptions is a server with TLS that answers requests and opens sockets, and
// notes of each connection whether it resumed a session.
type resumptions struct {
	*httptest.Server
	mu      sync.Mutex
	resumed []bool
}

func newResumptions(t *testing.T) *resumptions {
	t.Helper()
	s := &resumptions{}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			fmt.Fprint(w, "ok")
			return
		}
		conn, in, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
			base64.StdEncoding.EncodeToString(sum[:]))
		_, _ = in.Discard(8) // the close frame: head, mask, code
		_, _ = conn.Write([]byte{0x88, 2, 3, 232})
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.EnableHTTP2 = true
	s.Server.TLS = &tls.Config{VerifyConnection: func(c tls.ConnectionState) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.resumed = append(s.resumed, c.DidResume)
		return nil
	}}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// Sockets resume the sessions that their user's requests began, and requests
// those of sockets, unless the target wants full handshakes; no user resumes
// another's.
func TestSocketsResumeTLSAsRequestsDo(t *testing.T) {
	request := func() plan.Step {
		return &plan.Request{Target: 0, Method: "GET", Path: plan.Literal("/"), Series: 1, Timeout: time.Minute}
	}
	open := func(path string) plan.Step {
		return &plan.Socket{Target: 0, Path: plan.Literal(path), Series: 0, Timeout: time.Minute}
	}
	type connections = []bool // of one user: which resumed a session
	for _, test := range []struct {
		name  string
		http  plan.HTTP
		full  bool
		steps []plan.Step
		want  connections
	}{
		{"a request, then sockets", plan.HTTP{}, false, []plan.Step{request(), open("/a"), open("/b")}, connections{false, true, true}},
		{"HTTP/2, then a socket", plan.HTTP{Version: plan.HTTP2}, false, []plan.Step{request(), open("/a")}, connections{false, true}},
		{"a version that is negotiated, then a socket", plan.HTTP{Version: plan.HTTPAuto}, false, []plan.Step{request(), open("/a")}, connections{false, true}},
		{"a socket, then a request", plan.HTTP{}, false, []plan.Step{open("/a"), request()}, connections{false, true}},
		{"a socket, then HTTP/2", plan.HTTP{Version: plan.HTTP2}, false, []plan.Step{open("/a"), request()}, connections{false, true}},
		{"full handshakes", plan.HTTP{}, true, []plan.Step{request(), open("/a"), open("/b")}, connections{false, false, false}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newResumptions(t)
			at := netip.MustParseAddrPort(s.Listener.Addr().String())
			ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
			p := &plan.Plan{
				Sites: make([]plan.Site, 50),
				Targets: []plan.Target{{Name: "api", Scheme: "https", Host: at.Addr().String(), Port: int(at.Port()), HTTP: test.http,
					TLS: &plan.TLS{CA: ca, Resume: !test.full}}},
				Rows:    []plan.Row{{Method: "WS", Name: "push"}, {Method: "GET", Name: "/"}},
				Series:  []plan.Series{{Row: 0}, {Row: 1}},
				Classes: []plan.Class{{Name: "u", Sockets: 1, Tasks: []plan.Task{{Name: "t", Weight: 1, Steps: test.steps}}}},
			}
			clock := transport.NewClock()
			dialer := dial.New(dial.Config{Clock: clock})
			factory := anyhttp.New(http1.Config{Clock: clock, Dialer: dialer})
			sockets := websocket.New(websocket.Config{Clock: clock, Dial: dialer})
			env := NewEnv(Config{Plan: p, Clock: clock, Factory: factory, Sockets: sockets})
			rec := record.New(record.Config{Series: 2, Rows: []int{0, 1}, Shards: 1})
			for i := range int64(2) {
				u := New(env, ID{Index: i}, rec.Writer(0))
				u.Bind(Bounds{Each: 1})
				u.RunClosed()
			}
			factory.Close()
			sockets.Close()
			wantErrors(t, rec.Snapshot(time.Minute, true))
			s.mu.Lock()
			defer s.mu.Unlock()
			if diff := cmp.Diff(append(test.want, test.want...), s.resumed); diff != "" {
				t.Errorf("resumed by two users, one after the other (-want +got):\n%s", diff)
			}
		})
	}
}
