package websocket

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

// TestEnds: however a server ends a socket, it ends with a class, and nothing
// is left of it.
func TestEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		script func(*peer)
		code   int
		class  plan.ErrorClass
	}{
		{"closes at once", func(p *peer) { p.accept(); p.say(closing(1001, "going")); p.untilClose() }, 1001, plan.OK},
		{"closes without waiting for the answer", func(p *peer) { p.accept(); p.say(closing(1012, "restart")) }, 1012, plan.OK},
		{"a close without a code", func(p *peer) { p.accept(); p.say(raw(rawClose, nil)); p.untilClose() }, 1005, plan.OK},
		{"never closes the connection after its close frame", func(p *peer) {
			p.accept()
			p.say(closing(1000, ""))
			for {
				if _, err := p.frame(); err != nil {
					return
				}
			}
		}, 1000, plan.OK},
		{"ends without a close frame", func(p *peer) { p.accept() }, 1006, plan.FailReset},
		{"ends inside of a frame", func(p *peer) { p.accept(); p.say(str(rawText, "hello")[:4]) }, 1006, plan.FailTruncated},
		{"ends inside of a header", func(p *peer) { p.accept(); p.say([]byte{rawText}) }, 1006, plan.FailTruncated},
		{"ends between fragments", func(p *peer) { p.accept(); p.say(str(opText, "hello")) }, 1006, plan.FailTruncated},
		{"reset", func(p *peer) { p.accept(); abort(p.Conn) }, 1006, plan.FailReset},
		{"1 GiB frame, and then the bytes", func(p *peer) {
			p.accept()
			p.say([]byte{rawBinary, 127, 0, 0, 0, 0, 0x40, 0, 0, 0})
			flood(p, make([]byte, 64<<10))
		}, 1006, plan.FailTooLarge},
		{"endless fragments", func(p *peer) { p.accept(); p.say(str(opText, "a")); flood(p, str(opContinuation, "more")) }, 1006, plan.FailTooLarge},
		{"endless empty fragments", func(p *peer) {
			p.accept()
			p.say(str(opText, ""))
			flood(p, []byte(strings.Repeat(string(str(opContinuation, "")), 1<<14)))
		}, 1006, plan.FailTooLarge},
		{"nonsense", func(p *peer) { p.accept(); flood(p, []byte("HTTP/1.1 500 Oops\r\n\r\n")) }, 1006, plan.FailProtocol},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serve(t, c.script)
			client := newClient(t, Config{})
			before := descriptors()
			o := client.open(transport.Opening{Route: s.route()})
			e := o.ends(c.code, c.class)
			if e.Err != nil && e.Err.Error() == "" {
				t.Error("an error without a word")
			}
			if _, _, err := o.Send(false, []byte("x"), patience); err == nil {
				t.Error("a socket that has ended sends")
			}
			o.Close(1000, "")
			eventually(t, "the reader ends", func() bool { return goroutines() == 0 })
			s.close()
			eventually(t, "the descriptors are given back", func() bool { return descriptors() <= before })
		})
	}
}

func flood(p *peer, b []byte) {
	for {
		if _, err := p.Write(b); err != nil {
			return
		}
	}
}

// abort ends a connection with RST.
func abort(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
		_ = tcp.Close()
	}
}

// TestCloseFrameBeatsTheReset: a server's close frame counts though a message
// of ours met a closed connection.
func TestCloseFrameBeatsTheReset(t *testing.T) {
	for range 50 {
		closed := make(chan struct{})
		s := serve(t, func(p *peer) {
			p.accept()
			p.say(closing(1012, ""))
			p.Conn.Close()
			close(closed)
		})
		c := newClient(t, Config{})
		o := c.open(transport.Opening{Route: s.route()})
		<-closed
		for range 3 {
			_, _, _ = o.Send(false, []byte("x"), patience)
		}
		o.ends(1012, plan.OK)
		o.Close(1000, "")
		s.close()
	}
}

// TestClose: the closing handshake as the user begins it, with servers that do
// not play along. It takes a second at most; a server that answers is waited for.
func TestClose(t *testing.T) {
	transports(t, func(t *testing.T, c *client, start func(func(*peer)) *rawServer) {
		for _, script := range []struct {
			name   string
			script func(*peer, chan<- string)
		}{
			{"answers", func(p *peer, got chan<- string) {
				f, err := p.frame()
				got <- fmt.Sprint(f.op(), string(f.payload), err)
				p.finish()
			}},
			{"answers after much else", func(p *peer, got chan<- string) {
				f, err := p.frame()
				got <- fmt.Sprint(f.op(), string(f.payload), err)
				for range 3000 {
					p.say(str(rawText, "late"))
				}
				p.finish()
			}},
			{"says nothing", func(p *peer, got chan<- string) {
				f, err := p.frame()
				got <- fmt.Sprint(f.op(), string(f.payload), err)
				_, _ = p.frame() // until the connection ends
			}},
			{"ends instead", func(p *peer, got chan<- string) {
				f, err := p.frame()
				got <- fmt.Sprint(f.op(), string(f.payload), err)
			}},
		} {
			got := make(chan string, 1)
			s := start(func(p *peer) { p.accept(); script.script(p, got) })
			o := c.open(transport.Opening{Route: s.route()})
			o.Close(3001, "enough")
			o.Close(3002, "again")
			if g, want := <-got, fmt.Sprint(opClose, "\x0b\xb9enough", nil); g != want {
				t.Errorf("%s: the server got %q, want %q", script.name, g, want)
			}
			if e, ok := o.Next(); ok {
				t.Errorf("%s: %v after Close", script.name, e.Kind)
			}
			s.close()
		}
		eventually(t, "the readers end", func() bool { return goroutines() == 0 })
	})
}

// TestPingsDuringTeardown replays k6's issue 5905, 500 times: a server that
// pings while a socket closes must not keep it from closing.
func TestPingsDuringTeardown(t *testing.T) {
	s := serve(t, func(p *peer) {
		p.accept()
		stop := make(chan struct{})
		pinging := make(chan struct{})
		go func() {
			defer close(pinging)
			for {
				select {
				case <-stop:
					return
				default:
					if _, err := p.Write(str(rawPing, "teardown")); err != nil {
						return
					}
				}
			}
		}()
		_, code := p.untilClose()
		close(stop)
		<-pinging
		if code != 0 {
			p.finish()
		}
	})
	c := newClient(t, Config{})
	before := descriptors()
	for range 200 {
		o, r := c.try(transport.Opening{Route: s.route(), Ping: time.Millisecond})
		if o == nil {
			t.Fatal(r.Err)
		}
		_, _, _ = o.Send(false, []byte("x"), patience) // on a busy machine pings so frequent may end the socket first
		o.Close(1000, "")
	}
	eventually(t, "the readers end", func() bool { return goroutines() <= 1 }) // the pinger stays
	s.close()
	eventually(t, "the descriptors are given back", func() bool { return descriptors() <= before })
}

// TestCut ends sockets and handshakes at once.
func TestCut(t *testing.T) {
	transports(t, func(t *testing.T, c *client, start func(func(*peer)) *rawServer) {
		waiting := make(chan struct{})
		s := start(func(p *peer) {
			if p.request.URL.Path == "/never" {
				close(waiting)
			} else {
				p.accept()
			}
			_, _ = p.frame() // until the connection ends
		})
		var sockets []*opened
		for range 20 {
			sockets = append(sockets, c.open(transport.Opening{Route: s.route(), URI: []byte("/"), Ping: time.Minute}))
		}
		tried := make(chan *transport.Result)
		go func() {
			_, r := c.try(transport.Opening{Route: s.route(), URI: []byte("/never")})
			tried <- r
		}()
		<-waiting
		c.f.Cut()
		if r := <-tried; r.Class != plan.FailInternal || !errors.Is(r.Err, transport.ErrCut) {
			t.Errorf("a handshake that was cut: %v %v", r.Class, r.Err)
		}
		for _, o := range sockets {
			if e := o.ends(closeAbnormal, plan.FailInternal); !errors.Is(e.Err, transport.ErrCut) {
				t.Errorf("a socket that was cut: %v", e.Err)
			}
			if _, _, err := o.Send(false, nil, 0); !errors.Is(err, transport.ErrCut) {
				t.Errorf("sending after a cut: %v", err)
			}
			o.Close(1000, "")
		}
		if _, r := c.try(transport.Opening{Route: s.route()}); !errors.Is(r.Err, transport.ErrCut) {
			t.Errorf("a handshake after a cut: %v", r.Err)
		}
		c.f.Close()
		eventually(t, "the goroutines end", func() bool { return goroutines() == 0 })
	})
}

// TestCutEndsASend that waits for a peer who does not read.
func TestCutEndsASend(t *testing.T) {
	begun, over := make(chan struct{}), make(chan struct{})
	s := serve(t, func(p *peer) {
		p.accept()
		_, _ = p.in.ReadByte()
		close(begun)
		<-over
	})
	defer close(over)
	c := newClient(t, Config{})
	o := c.open(transport.Opening{Route: s.route()})
	sent := make(chan error)
	go func() {
		_, _, err := o.Send(true, make([]byte, 64<<20), patience)
		sent <- err
	}()
	<-begun
	c.f.Cut()
	if err := <-sent; !errors.Is(err, transport.ErrCut) {
		t.Errorf("sending ended with %v", err)
	}
}
