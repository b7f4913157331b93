package websocket

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// TestCasesOverSockets plays the cases to whole sockets: what the server sees
// of them counts here, as far as it can see it.
func TestCasesOverSockets(t *testing.T) {
	var list []testCase
	for _, c := range cases() {
		if !c.big || strings.HasPrefix(c.name, "9.1") || c.name == "bomb" {
			list = append(list, c)
		}
	}
	type seen struct {
		before []clientFrame
		code   int
	}
	saw := make(chan seen, 1)
	current := make(chan testCase, 1)
	s := serve(t, func(p *peer) {
		c := <-current
		if c.deflate {
			p.accept(deflateAnswer)
		} else {
			p.accept()
		}
		p.say(c.send)
		if c.end == 0 && c.code == 0 {
			p.say(closing(1000, "through"))
		}
		before, code := p.untilClose()
		saw <- seen{before, code}
	})
	c := newClient(t, Config{})
	for _, tc := range list {
		current <- tc
		o := c.open(transport.Opening{Route: s.route(), Compress: tc.deflate, MaxMessage: tc.max})
		want, pongs := messages(tc.want)
		for _, m := range want {
			if e := o.next(); e.Kind != transport.SocketMessage || (e.Binary != strings.HasPrefix(m, "binary ")) || string(e.Data) != m[strings.Index(m, " ")+1:] {
				t.Fatalf("%s: event %v %v %.100q %v, want %.100q", tc.name, e.Kind, e.Binary, e.Data, e.Err, m)
			}
		}
		code, class, reply := tc.code, plan.OK, tc.code
		switch {
		case tc.end == closeTooBig:
			code, class, reply = closeAbnormal, plan.FailTooLarge, tc.end
		case tc.end != 0:
			code, class, reply = closeAbnormal, plan.FailProtocol, tc.end
		case tc.code == 0:
			code, reply = 1000, 1000
		}
		e := o.next()
		if e.Kind != transport.SocketClosed || e.Code != code || e.Class != class {
			t.Fatalf("%s: ended %v %d %v %v, want %d %v", tc.name, e.Kind, e.Code, e.Class, e.Err, code, class)
		}
		if tc.code != 0 && e.Reason != tc.reason {
			t.Errorf("%s: reason %q", tc.name, e.Reason)
		}
		got := <-saw
		if got.code != reply {
			t.Errorf("%s: the server got close code %d, want %d", tc.name, got.code, reply)
		}
		var answers []string
		for _, f := range got.before {
			if f.op() != opPong || !f.masked || f.first != rawPong {
				t.Errorf("%s: the server got frame %#x, masked %v", tc.name, f.first, f.masked)
			}
			answers = append(answers, "ping "+string(f.payload))
		}
		if !slices.Equal(answers, pongs) {
			t.Errorf("%s: the server got the pongs %q, want %q", tc.name, answers, pongs)
		}
		o.Close(1000, "")
	}
}

// messages splits what a case wants into messages and answered pings.
func messages(want []string) (messages, pings []string) {
	for _, w := range want {
		if strings.HasPrefix(w, "ping ") {
			pings = append(pings, w)
		} else {
			messages = append(messages, w)
		}
	}
	return messages, pings
}

// transports are the kinds of connections a socket works over.
func transports(t *testing.T, test func(t *testing.T, c *client, start func(func(*peer)) *rawServer)) {
	t.Run("plain", func(t *testing.T) {
		test(t, newClient(t, Config{}), func(script func(*peer)) *rawServer { return serve(t, script) })
	})
	t.Run("tls", func(t *testing.T) {
		server, trusting := certificates(t)
		c := newClient(t, Config{Dial: dial.New(dial.Config{TLS: trusting})})
		test(t, c, func(script func(*peer)) *rawServer { return serveTLS(t, server, script) })
	})
	t.Run("no file", func(t *testing.T) { // a connection that has no descriptor to work on
		d := dial.New(dial.Config{Dial: hidden})
		test(t, newClient(t, Config{Dial: d}), func(script func(*peer)) *rawServer { return serve(t, script) })
	})
}

func TestEcho(t *testing.T) {
	transports(t, func(t *testing.T, c *client, start func(func(*peer)) *rawServer) {
		s := start(func(p *peer) {
			p.accept()
			for {
				f, err := p.frame()
				if err != nil || !f.masked {
					return
				}
				if f.op() == opClose {
					p.finish()
					return
				}
				p.say(raw(f.first, f.payload))
			}
		})
		o := c.open(transport.Opening{Route: s.route(), MaxMessage: 8 << 20})
		for _, n := range []int{0, 1, 125, 126, 127, outSize - 6, outSize - 5, outSize, 65535, 65536, 3*outSize + 1, 5 << 20} {
			data := bytes.Repeat([]byte("0123456789abcdefg"), n/17+1)[:n]
			before := c.f.clock.Now()
			at, wire, err := o.Send(n%2 == 0, data, patience)
			if err != nil {
				t.Fatal(err)
			}
			e := o.next()
			if !bytes.Equal(e.Data, data) || e.Binary != (n%2 == 0) {
				t.Fatalf("%d bytes came back as %d, binary %v", n, len(e.Data), e.Binary)
			}
			if head := len(raw(0, data)) - n; wire != n+head+4 || e.Wire != n+head {
				t.Errorf("%d bytes: %d on the wire there, %d back", n, wire, e.Wire)
			}
			if at < before || e.At < at {
				t.Errorf("began at %d, sent at %d, came back at %d", before, at, e.At)
			}
		}
		o.Close(1000, "bye")
		if _, _, err := o.Send(false, nil, 0); err == nil {
			t.Error("a closed socket sends")
		}
		if e, ok := o.Next(); ok {
			t.Errorf("%v after Close", e.Kind)
		}
	})
}

// TestCompressed sends over a socket with permessage-deflate.
func TestCompressed(t *testing.T) {
	for _, agreed := range []bool{true, false} {
		s := serve(t, func(p *peer) {
			extra := []string{}
			if agreed {
				extra = append(extra, deflateAnswer)
			}
			p.accept(extra...)
			f, _ := p.frame()
			p.say(raw(f.first, f.payload))
			p.untilClose()
			p.finish()
		})
		c := newClient(t, Config{})
		o := c.open(transport.Opening{Route: s.route(), Compress: true})
		data := strings.Repeat("all work and no play ", 1000)
		_, wire, err := o.Send(false, []byte(data), patience)
		if err != nil {
			t.Fatal(err)
		}
		if small := wire < len(data)/10; small != agreed {
			t.Errorf("agreed %v: %d bytes of %d on the wire", agreed, wire, len(data))
		}
		o.message(data)
	}
}

// TestPongsDoNotInterleave has the server ping while a large message comes:
// its frame must stay whole.
func TestPongsDoNotInterleave(t *testing.T) {
	transports(t, func(t *testing.T, c *client, start func(func(*peer)) *rawServer) {
		whole := bytes.Repeat([]byte("0123456789"), 1<<20)
		result := make(chan string, 1)
		s := start(func(p *peer) {
			p.accept()
			go func() {
				for range 50 {
					p.say(str(rawPing, "p"))
				}
			}()
			pongs, message := 0, 0
			for message == 0 || pongs == 0 {
				f, err := p.frame()
				switch {
				case err != nil:
					result <- err.Error()
					return
				case f.op() == opPong && string(f.payload) == "p":
					pongs++
				case f.op() == opBinary && bytes.Equal(f.payload, whole):
					message++
				default:
					result <- "a frame that is neither the message nor a pong"
					return
				}
			}
			result <- ""
			p.untilClose()
			p.finish()
		})
		o := c.open(transport.Opening{Route: s.route()})
		if _, _, err := o.Send(true, whole, patience); err != nil {
			t.Fatal(err)
		}
		if r := <-result; r != "" {
			t.Error(r)
		}
	})
}

// TestPeerThatDoesNotRead fills a connection with a message nobody takes. The
// reader goes on meanwhile, pings or not; the message ends as a timeout, and
// with it the socket, as its frame was begun.
func TestPeerThatDoesNotRead(t *testing.T) {
	transports(t, func(t *testing.T, c *client, start func(func(*peer)) *rawServer) {
		full, over := make(chan struct{}), make(chan struct{})
		s := start(func(p *peer) {
			p.accept()
			<-full
			for range 2000 {
				p.say(str(rawPing, strings.Repeat("p", maxControl)))
			}
			p.say(str(rawText, "still heard"))
			<-over
		})
		defer close(over)
		o := c.open(transport.Opening{Route: s.route()})
		var err error
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			_, _, err = o.Send(true, make([]byte, 64<<20), 2*time.Second)
		}()
		close(full)
		o.message("still heard")
		<-sent
		var f *dial.Fault
		if !errors.As(err, &f) || f.Class != plan.FailTimeout {
			t.Errorf("sending ended with %v", err)
		}
		o.ends(closeAbnormal, plan.FailTimeout)
	})
}

// TestUnbegunMessageLeavesTheSocket: a timeout before the first byte of a
// message does no harm.
func TestUnbegunMessageLeavesTheSocket(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	f := New(Config{})
	defer f.Close()
	s := newSocket(f, &transport.Opening{}, newEdge(near, f.clock), nil, agreed{})
	s.conn = s.edge
	_, wire, err := s.Send(false, []byte("x"), time.Millisecond)
	var fault *dial.Fault
	if !errors.As(err, &fault) || fault.Class != plan.FailTimeout || wire != 0 {
		t.Fatalf("%d bytes, %v", wire, err)
	}
	got := make(chan []byte)
	go func() {
		b := make([]byte, 100)
		n, _ := far.Read(b)
		got <- b[:n]
	}()
	if _, _, err := s.Send(false, []byte("y"), patience); err != nil {
		t.Fatal(err)
	}
	if b := <-got; len(b) != 7 {
		t.Errorf("the second message came as %q", b)
	}
}

// TestBackPressure: a user who takes nothing holds the server back, loses
// nothing, and goes on where it stopped.
func TestBackPressure(t *testing.T) {
	transports(t, func(t *testing.T, c *client, start func(func(*peer)) *rawServer) {
		const n, size = 3000, 20 << 10
		payload := bytes.Repeat([]byte("x"), size)
		s := start(func(p *peer) {
			p.accept()
			for range n {
				p.say(raw(rawBinary, payload))
			}
			p.say(closing(1000, ""))
			p.untilClose()
		})
		o := c.open(transport.Opening{Route: s.route()})
		eventually(t, "the reader stops", func() bool {
			o.mu.Lock()
			defer o.mu.Unlock()
			return o.stalled
		})
		o.mu.Lock()
		if o.queue.bytes > maxQueued || len(o.queue.events) > maxEvents {
			t.Errorf("%d events of %d bytes wait", len(o.queue.events), o.queue.bytes)
		}
		o.mu.Unlock()
		for i := range n {
			if e := o.next(); e.Kind != transport.SocketMessage || len(e.Data) != size {
				t.Fatalf("event %d: %v of %d bytes, %v", i, e.Kind, len(e.Data), e.Err)
			}
		}
		o.ends(1000, plan.OK)
		o.mu.Lock()
		defer o.mu.Unlock()
		if cap(o.queue.events) > keptRoom {
			t.Errorf("the empty queue holds room for %d events", cap(o.queue.events))
		}
	})
}

// TestCloseOfStalledSocket: closing wakes a reader that waits for room.
func TestCloseOfStalledSocket(t *testing.T) {
	s := serve(t, func(p *peer) {
		p.accept()
		go func() {
			for range 5000 {
				p.say(str(rawText, "x"))
			}
		}()
		p.untilClose()
		p.finish()
	})
	c := newClient(t, Config{})
	o := c.open(transport.Opening{Route: s.route()})
	eventually(t, "the reader stops", func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.stalled
	})
	o.Close(1000, "")
	eventually(t, "the reader ends", func() bool { return goroutines() == 0 })
}

func TestQueue(t *testing.T) {
	var q queue
	next, taken := 0, 0
	for round := range 5000 {
		for range round % 4 {
			q.push(transport.SocketEvent{At: int64(next), Data: make([]byte, next%7)})
			next++
		}
		for range round % 3 {
			if e, ok := q.pop(); ok {
				if e.At != int64(taken) {
					t.Fatalf("event %d instead of %d", e.At, taken)
				}
				taken++
			}
		}
	}
	for {
		if _, ok := q.pop(); !ok {
			break
		}
		taken++
	}
	if taken != next || q.bytes != 0 || cap(q.events) > keptRoom {
		t.Errorf("%d of %d events, %d bytes and room for %d left", taken, next, q.bytes, cap(q.events))
	}
	huge := transport.SocketEvent{Data: make([]byte, 2*maxQueued)}
	if !q.fits(&huge) {
		t.Error("a large message does not fit alone")
	}
	q.push(transport.SocketEvent{Data: []byte("x")})
	if q.fits(&huge) {
		t.Error("a large message fits beside another")
	}
}
