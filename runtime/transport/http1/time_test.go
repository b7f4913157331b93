package http1

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// piped is a dialer to an in-memory server; serve runs once a connection, in
// a goroutine, and its connection is closed when it returns.
func piped(serve func(net.Conn, *bufio.Reader)) transport.Dialer {
	return func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go func() {
			defer server.Close()
			serve(server, bufio.NewReader(server))
		}()
		return client, nil
	}
}

// answering answers each request after a pause.
func answering(pause time.Duration) transport.Dialer {
	return piped(func(conn net.Conn, in *bufio.Reader) {
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			time.Sleep(pause)
			if _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); err != nil {
				return
			}
		}
	})
}

func inBubble(t *testing.T, dial transport.Dialer, test func(c transport.Client)) {
	t.Helper()
	inBubbleWith(t, Config{Dial: dial}, test)
}

func inBubbleWith(t *testing.T, config Config, test func(c transport.Client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := New(config)
		time.Sleep(time.Second) // time 0 is "not yet" in results
		c := f.Client()
		test(c)
		c.Close()
		f.Close()
		time.Sleep(2 * time.Hour) // let servers end; a goroutine of ours would make the bubble fail
	})
}

func TestTimeoutsAreExact(t *testing.T) {
	hang := piped(func(_ net.Conn, in *bufio.Reader) { io.Copy(io.Discard, in) })
	deaf := piped(func(net.Conn, *bufio.Reader) { time.Sleep(time.Hour) })
	half := piped(func(conn net.Conn, in *bufio.Reader) {
		http.ReadRequest(in)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
		io.Copy(io.Discard, in)
	})
	never := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, errors.New("some dialer's own words")
	}
	for _, test := range []struct {
		name   string
		dial   transport.Dialer
		scheme string
		class  plan.ErrorClass
	}{
		{"no answer", hang, "http", plan.FailTimeout},
		{"request not read", deaf, "http", plan.FailTimeout},
		{"half an answer", half, "http", plan.FailTimeout},
		{"no connection", never, "http", plan.FailConnectTimeout},
		{"no handshake", hang, "https", plan.FailConnectTimeout},
	} {
		for _, timeout := range []time.Duration{time.Millisecond, 50 * time.Millisecond, time.Second, time.Minute} {
			inBubble(t, test.dial, func(c transport.Client) {
				m := message("server.test:80", "/")
				m.Route, m.Timeout = routeTo(test.scheme, m.Route.Addr, "127.0.0.1"), timeout
				for range 3 {
					var r transport.Result
					c.Do(m, &r)
					took := time.Duration(r.End - r.Start)
					if r.Class != test.class || took < timeout || took > timeout+2*sweepEvery {
						t.Errorf("%s: %v (%v) after %v, timeout %v", test.name, r.Class, r.Err, took, timeout)
					}
				}
			})
		}
	}
}

// A complete answer is in time or not by the clock, whatever the sweeper did.
func TestDeadlineIsJudgedByTheClock(t *testing.T) {
	for _, test := range []struct {
		pause, timeout time.Duration
		class          plan.ErrorClass
	}{
		{999 * time.Millisecond, time.Second, plan.OK},
		{1001 * time.Millisecond, time.Second, plan.FailTimeout},
		{7 * time.Millisecond, 6 * time.Millisecond, plan.FailTimeout},
		{6 * time.Millisecond, 7 * time.Millisecond, plan.OK},
	} {
		inBubble(t, answering(test.pause), func(c transport.Client) {
			for range 20 {
				var r transport.Result
				m := message("server.test:80", "/")
				m.Timeout = test.timeout
				c.Do(m, &r)
				if r.Class != test.class {
					t.Errorf("pause %v, timeout %v: %v (%v)", test.pause, test.timeout, r.Class, r.Err)
				}
				if r.Class == plan.OK && r.End-r.Start != int64(test.pause) {
					t.Errorf("pause %v took %v", test.pause, time.Duration(r.End-r.Start))
				}
			}
		})
	}
}

// A short timeout after long ones is kept, also by users that have waited.
func TestMixedTimeouts(t *testing.T) {
	inBubble(t, answering(time.Hour), func(c transport.Client) {
		for _, timeout := range []time.Duration{
			time.Minute, time.Second, 20 * time.Millisecond, time.Minute, 20 * time.Millisecond, 0,
		} {
			time.Sleep(3 * time.Second)
			var r transport.Result
			m := message("server.test:80", "/")
			m.Timeout = timeout
			c.Do(m, &r)
			if timeout == 0 {
				timeout = dial.Timeout(0)
			}
			took := time.Duration(r.End - r.Start)
			if r.Class != plan.FailTimeout || took < timeout || took > timeout+2*sweepEvery {
				t.Errorf("timeout %v: %v after %v", timeout, r.Class, took)
			}
		}
	})
}

// A connection without a socket is looked at with a short read.
func TestQuiet(t *testing.T) {
	once := piped(func(conn net.Conn, in *bufio.Reader) {
		http.ReadRequest(in)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		time.Sleep(500 * time.Millisecond)
	})
	noisy := piped(func(conn net.Conn, in *bufio.Reader) {
		http.ReadRequest(in)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		time.Sleep(500 * time.Millisecond)
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
	})
	for name, test := range map[string]struct {
		dial   transport.Dialer
		reused bool
	}{
		"open":   {answering(0), true},
		"closed": {once, false},
		"noisy":  {noisy, false},
	} {
		inBubble(t, test.dial, func(c transport.Client) {
			for i := range 3 {
				var r transport.Result
				c.Do(message("server.test:80", "/"), &r)
				if r.Class != plan.OK || string(r.Body) != "ok" || r.Reused != (test.reused && i > 0) {
					t.Errorf("%s %d: %+v", name, i, r)
				}
				time.Sleep(2 * time.Second)
			}
		})
	}
}

func TestCutWhileConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := New(Config{Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}})
		c := f.Client()
		time.AfterFunc(time.Second, f.Cut)
		var r transport.Result
		c.Do(message("server.test:80", "/"), &r)
		if !errors.Is(r.Err, transport.ErrCut) || r.End-r.Start != int64(time.Second) {
			t.Errorf("%v after %v", r.Err, time.Duration(r.End-r.Start))
		}
		c.Close()
		f.Close()
	})
}

// Answers that come around their deadlines, over real sockets: whatever wins,
// the result says what the clock says, and the next exchange is whole.
func TestLateSweepsDoNotCutTheNextExchange(t *testing.T) {
	s := serve(t)
	f := New(Config{})
	defer f.Close()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			c := f.Client()
			defer c.Close()
			var r transport.Result
			for i := range 60 {
				m := message(s.Addr(), "/slow?id=1&ms=10")
				m.Timeout = 8*time.Millisecond + time.Duration(i%8)*time.Millisecond
				c.Do(m, &r)
				took := time.Duration(r.End - r.Start)
				if r.Class == plan.OK && (took >= m.Timeout || string(r.Body) != "id=1") ||
					r.Class != plan.OK && (!r.Class.Censored() || took < m.Timeout) {
					t.Errorf("%v (%v) after %v, timeout %v", r.Class, r.Err, took, m.Timeout)
				}
				if c.Do(message(s.Addr(), "/ok?id=2"), &r); r.Class != plan.OK || string(r.Body) != "id=2" {
					t.Errorf("the exchange after it: %v %v %q", r.Class, r.Err, r.Body)
				}
			}
		})
	}
	wg.Wait()
}
