package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// after answers in pieces, each after its pause.
func after(pieces ...any) transport.Dialer {
	return piped(func(conn net.Conn, in *bufio.Reader) {
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				return
			}
			for _, p := range pieces {
				switch p := p.(type) {
				case time.Duration:
					time.Sleep(p)
				case string:
					if _, err := io.WriteString(conn, p); err != nil {
						return
					}
				}
			}
		}
	})
}

// Each phase has its own limit, kept to the tick and judged by the clock, and
// the text says which one it was.
func TestPhaseLimits(t *testing.T) {
	const s, ok = time.Second, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	never := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, errors.New("some dialer's own words")
	}
	slow := func(ctx context.Context, network, addr string) (net.Conn, error) {
		time.Sleep(3 * s)
		return after(3*s, ok)(ctx, network, addr)
	}
	deaf := piped(func(net.Conn, *bufio.Reader) { time.Sleep(time.Hour) })
	limits := plan.HTTP{ConnectTimeout: 2 * s, FirstByteTimeout: 4 * s}
	for _, test := range []struct {
		name   string
		dial   transport.Dialer
		scheme string
		http   plan.HTTP
		body   int
		took   time.Duration
		class  plan.ErrorClass
		text   string
	}{
		{"no connection", never, "http", limits, 0, 2 * s, plan.FailConnectTimeout, "timeout: no connection within 2s (connecting)"},
		{"no handshake", deaf, "https", limits, 0, 2 * s, plan.FailConnectTimeout, "timeout: no connection within 2s (in the TLS handshake)"},
		{"a connection in time, but late by its dialer", slow, "http", limits, 0, 3 * s, plan.FailConnectTimeout, "timeout: no connection within 2s (connecting)"},
		{"a slow connection without a limit", slow, "http", plan.HTTP{FirstByteTimeout: 4 * s}, 0, 6 * s, plan.OK, ""},
		{"no answer", after(time.Hour), "http", limits, 0, 4 * s, plan.FailTimeout, "timeout: the first byte took longer than 4s"},
		{"no answer to a large body", after(time.Hour), "http", limits, 100_000, 4 * s, plan.FailTimeout, "timeout: the first byte took longer than 4s"},
		{"a first byte, then silence", after(3*s, "H", time.Hour), "http", limits, 0, 20 * s, plan.FailTimeout, "timeout: no complete answer within 20s (reading the answer)"},
		{"in time", after(3*s, "HTTP/1.1 200", 9*s, " OK\r\nContent-Length: 2\r\n\r\nok"), "http", limits, 100_000, 12 * s, plan.OK, ""},
		{"limits beyond the timeout", after(time.Hour), "http", plan.HTTP{ConnectTimeout: time.Hour, FirstByteTimeout: time.Hour}, 0, 20 * s, plan.FailTimeout, "timeout: no complete answer within 20s (waiting for the answer)"},
	} {
		inBubble(t, test.dial, func(c transport.Client) {
			m := message("server.test:80", "/")
			m.Route = &transport.Route{Scheme: test.scheme, Addr: m.Route.Addr, Server: "server.test", HTTP: test.http}
			m.Timeout = 20 * s
			if test.body > 0 {
				m.Method, m.Body = "POST", make([]byte, test.body)
			}
			for range 2 {
				var r transport.Result
				c.Do(m, &r)
				took := time.Duration(r.End - r.Start)
				if test.class == plan.OK && r.Reused {
					took += test.took - took // what a connection costs is not asked again
				}
				if r.Class != test.class || took < test.took || took > test.took+2*sweepEvery {
					t.Errorf("%s: %v (%v) after %v", test.name, r.Class, r.Err, took)
				}
				if r.Err != nil && r.Err.Error() != test.text {
					t.Errorf("%s: %q", test.name, r.Err)
				}
			}
		})
	}
}

// collector is a sink that keeps what it gets, up to enough pieces.
type collector struct {
	pieces []string
	at     []int64
	enough int           // 0: never
	think  time.Duration // what a piece takes it
}

func (k *collector) Chunk(p []byte, at int64) bool {
	k.pieces, k.at = append(k.pieces, string(p)), append(k.at, at)
	time.Sleep(k.think)
	return len(k.pieces) != k.enough
}

// A streamed body comes piece by piece, when it comes.
func TestSink(t *testing.T) {
	const s = time.Second
	const chunkedHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, test := range []struct {
		name   string
		dial   transport.Dialer
		idle   time.Duration
		sink   collector
		pieces []string
		took   time.Duration
		class  plan.ErrorClass
		text   string
		reused bool
	}{
		{"chunks", after(chunkedHead, 2*s, "3\r\none\r\n", 2*s, "3\r\ntwo\r\n0\r\n\r\n"), 3 * s, collector{}, []string{"one", "two"}, 4 * s, plan.OK, "", true},
		{"a length", after("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\none", 2*s, "two"), 3 * s, collector{}, []string{"one", "two"}, 2 * s, plan.OK, "", true},
		{"half a chunk", after(chunkedHead+"6\r\non", s, "etwo\r\n0\r\n\r\n"), 0, collector{}, []string{"on", "etwo"}, s, plan.OK, "", true},
		{"enough", after(chunkedHead, s, "3\r\none\r\n", s, "3\r\ntwo\r\n", time.Hour), 0, collector{enough: 2}, []string{"one", "two"}, 2 * s, plan.OK, "", false},
		{"silence", after(chunkedHead, s, "3\r\none\r\n", time.Hour), 2 * s, collector{}, []string{"one"}, 3 * s, plan.FailTimeout, "timeout: no byte for 2s (reading the answer)", false},
		{"silence from the start", after(chunkedHead, time.Hour), 2 * s, collector{}, nil, 2 * s, plan.FailTimeout, "timeout: no byte for 2s (reading the answer)", false},
		{"the sink's time is no silence", after(chunkedHead, "3\r\none\r\n", s, "3\r\ntwo\r\n0\r\n\r\n"), 2 * s, collector{think: 5 * s}, []string{"one", "two"}, 10 * s, plan.OK, "", true},
		{"no end in time", after(chunkedHead, s, "3\r\none\r\n", time.Hour), time.Hour, collector{}, []string{"one"}, 20 * s, plan.FailTimeout, "timeout: no complete answer within 20s (reading the answer)", false},
		{"broken framing", after(chunkedHead + "3\r\none\r\nxyz\r\n"), 0, collector{}, []string{"one"}, 0, plan.FailProtocol, "not HTTP/1.1: a chunk's size is not a hexadecimal number", false},
		{"not 2xx", after("HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\none"), 0, collector{}, nil, 0, plan.OK, "", true},
		{"larger than bodies may be", after("HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n", "onetwo", s, "threes"), 0, collector{}, []string{"onetwo", "threes"}, s, plan.OK, "", true},
	} {
		inBubbleWith(t, Config{Dial: test.dial, MaxBody: 10}, func(c transport.Client) {
			m := message("server.test:80", "/")
			m.Timeout, m.Idle, m.Sink = 20*s, test.idle, &test.sink
			var r transport.Result
			c.Do(m, &r)
			took := time.Duration(r.End - r.Start)
			// The end of a success is when its last byte came, not when the sink was through.
			if test.sink.think > 0 {
				took += test.sink.think
			}
			if r.Class != test.class || took < test.took || took > test.took+2*sweepEvery || r.Err != nil && r.Err.Error() != test.text {
				t.Errorf("%s: %v (%v) after %v", test.name, r.Class, r.Err, took)
			}
			got := test.sink.pieces
			if len(got) != len(test.pieces) {
				t.Fatalf("%s: %q", test.name, got)
			}
			for i, p := range got {
				if p != test.pieces[i] || test.sink.at[i] > r.End || test.sink.at[i] < r.FirstByte {
					t.Errorf("%s: %q at %v of %+v", test.name, p, test.sink.at[i], r)
				}
			}
			if r.Class != plan.OK {
				return
			}
			m.Sink = nil
			m.Timeout = 100 * s
			if c.Do(m, &r); r.Reused != test.reused {
				t.Errorf("%s: reused %v", test.name, r.Reused)
			}
		})
	}
}

// The head is sent first; the body follows when it is asked for, or after a
// second; an answer instead is the answer.
func TestExpectContinue(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	const s = time.Second
	for _, test := range []struct {
		name   string
		wait   time.Duration
		first  string
		rest   string // once the body is there
		status int
		sent   bool // the body is
		took   time.Duration
	}{
		{"asked for", s / 2, "HTTP/1.1 100 Continue\r\n\r\n", ok, 200, true, s / 2},
		{"hinted, then asked for", s / 2, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n", ok, 200, true, s / 2},
		{"not asked for", time.Millisecond, "", ok, 200, true, s},
		{"hinted, but not asked for", s / 2, "HTTP/1.1 103 Early Hints\r\n\r\n", ok, 200, true, s},
		{"refused", s / 2, "HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno", "", 413, false, s / 2},
		{"answered without it", s / 2, ok, "", 200, false, s / 2},
	} {
		for _, size := range []int{5, 100_000} {
			var bodies []int
			dial := piped(func(conn net.Conn, in *bufio.Reader) {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				time.Sleep(test.wait)
				io.WriteString(conn, test.first)
				n, _ := io.Copy(io.Discard, r.Body)
				bodies = append(bodies, int(n))
				io.WriteString(conn, test.rest)
				time.Sleep(time.Hour)
			})
			inBubble(t, dial, func(c transport.Client) {
				m := message("server.test:80", "/up")
				m.Method, m.Body = "POST", make([]byte, size)
				m.Header = []byte("Accept: */*\r\nexpect: 100-Continue\r\n")
				var r transport.Result
				c.Do(m, &r)
				sane(t, test.name, &r)
				if r.Class != plan.OK || r.Status != test.status || r.End-r.Start != int64(test.took) {
					t.Errorf("%s: %v (%v), status %d after %v", test.name, r.Class, r.Err, r.Status, time.Duration(r.End-r.Start))
				}
				if (r.BytesOut > int64(size)) != test.sent && size > 1000 {
					t.Errorf("%s: %d bytes out", test.name, r.BytesOut)
				}
				if k := c.(*client).pool; (len(k.idle) == 1) != test.sent || k.opened(m.Route).n != len(k.idle) {
					t.Errorf("%s: %d connections kept of %+v", test.name, len(k.idle), k.open)
				}
			})
			if want := size; test.sent && (len(bodies) != 1 || bodies[0] != want) || !test.sent && bodies[0] != 0 {
				t.Errorf("%s: the server read %v", test.name, bodies)
			}
		}
	}
}

// The wait for "100 Continue" does not outlast the exchange, nor a cut.
func TestExpectNothing(t *testing.T) {
	inBubble(t, after(time.Hour), func(c transport.Client) {
		for _, timeout := range []time.Duration{100 * time.Millisecond, 3 * time.Second} {
			m := message("server.test:80", "/up")
			m.Method, m.Body, m.Timeout = "POST", []byte("body"), timeout
			m.Header = []byte("Expect: 100-continue\r\n")
			var r transport.Result
			c.Do(m, &r)
			if took := time.Duration(r.End - r.Start); r.Class != plan.FailTimeout || took < timeout || took > timeout+2*sweepEvery {
				t.Errorf("%v: %v (%v) after %v", timeout, r.Class, r.Err, took)
			}
		}
	})
}

func TestExpects(t *testing.T) {
	for header, want := range map[string]bool{
		"Expect: 100-continue\r\n":                    true,
		"Accept: */*\r\nEXPECT:100-Continue \r\n":     true,
		"Accept: */*\r\n":                             false,
		"X-Expect: 100-continue\r\n":                  false,
		"Expect: 200-ok\r\n":                          false,
		"Etag: Expect: 100-continue\r\nE: 1\r\n":      false,
		"Accept: */*\r\nExpect: x\r\nExpected: 100\r": false,
	} {
		if expects([]byte(header)) != want {
			t.Errorf("%q", header)
		}
	}
}
