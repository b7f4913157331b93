//go:build !race

package http1

import (
	"runtime"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/faultserver"
)

// A request in the steady state allocates nothing.
func TestNoAllocations(t *testing.T) {
	chunkedAnswer := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
	large := "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + string(make([]byte, 200_000))
	for _, test := range []struct {
		name   string
		body   int
		keep   bool
		answer string
	}{
		{"GET", 0, false, cannedAnswer},
		{"GET and keep", 0, true, cannedAnswer},
		{"GET chunks", 0, true, chunkedAnswer},
		{"GET large", 0, false, large},
		{"POST", 300, true, cannedAnswer},
		{"POST large", 100_000, true, cannedAnswer},
		{"POST in pieces", 100_001, true, cannedAnswer},
	} {
		c := newClient(t, Config{})
		m := get(canned(t, test.body, test.answer))
		m.KeepBody = test.keep
		if test.body > 0 {
			m.Method, m.Body = "POST", make([]byte, test.body)
		}
		if test.name == "POST in pieces" {
			m.Body, m.More = m.Body[:1], [][]byte{m.Body[1:50_000], m.Body[50_000:]}
		}
		var r transport.Result
		allocs := testing.AllocsPerRun(200, func() {
			if c.Do(m, &r); r.Class != plan.OK {
				t.Fatal(r.Err)
			}
		})
		if allocs != 0 {
			t.Errorf("%s: %v allocations a request", test.name, allocs)
		}
		c.Close()
	}
}

// Nothing is left behind, however the exchanges ended.
func TestNothingLeaks(t *testing.T) {
	before := runtime.NumGoroutine()
	s, err := faultserver.New()
	if err != nil {
		t.Fatal(err)
	}
	f := New(Config{})
	for range 5 {
		c := f.Client()
		for _, path := range []string{"/ok", "/hang", "/short", "/reset-body", "/desync", "/garbage", "/until-close"} {
			var r transport.Result
			m := message(s.Addr(), path)
			m.Timeout = 50 * time.Millisecond
			c.Do(m, &r)
		}
		c.Close()
	}
	waitFor(t, "all connections to be closed", func() bool { return s.Open() == 0 })
	f.Close()
	s.Close()
	waitFor(t, "all goroutines to end", func() bool { return runtime.NumGoroutine() <= before })
}
