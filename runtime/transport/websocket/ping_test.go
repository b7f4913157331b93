package websocket

import (
	"bufio"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
)

// bubble runs a test in virtual time, over a connection in memory, on the far
// end of which a script runs. It ends when the script has.
func bubble(t *testing.T, ping time.Duration, script func(*peer), user func(f *Factory, s transport.Socket, notify chan struct{})) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		far := make(chan net.Conn, 1)
		f := New(Config{Dial: dial.New(dial.Config{Dial: pipe(far)})})
		done := make(chan struct{})
		go func() {
			defer close(done)
			p := &peer{Conn: <-far}
			defer p.Conn.Close()
			p.in = bufio.NewReader(p.Conn)
			p.request, _ = http.ReadRequest(p.in)
			p.accept()
			script(p)
		}()
		notify := make(chan struct{}, 1)
		var r transport.Result
		s := f.Open(&transport.Opening{
			Route: &transport.Route{Scheme: "http", Addr: "10.0.0.1:80", Host: "x"}, Host: "x", Ping: ping, Notify: notify,
		}, &r)
		if s == nil {
			t.Fatal(r.Err)
		}
		user(f, s, notify)
		s.Close(1000, "")
		f.Close()
		<-done
	})
}

// await takes the next event.
func await(s transport.Socket, notify chan struct{}) transport.SocketEvent {
	for {
		if e, ok := s.Next(); ok {
			return e
		}
		<-notify
	}
}

// TestPongTimes: the round trip is the time until the pong, which may answer
// several pings.
func TestPongTimes(t *testing.T) {
	bubble(t, 10*time.Second, func(p *peer) {
		for i := 0; ; i++ {
			f, err := p.frame()
			if err != nil || f.op() == opClose {
				p.finish()
				return
			}
			if i == 1 {
				continue // the next pong answers this one, too
			}
			time.Sleep(time.Duration(i+1) * time.Millisecond)
			p.say(raw(rawPong, []byte("unasked!")))
			p.say(raw(rawPong, f.payload))
			p.say(raw(rawPong, f.payload)) // once more than asked
		}
	}, func(f *Factory, s transport.Socket, notify chan struct{}) {
		start := f.clock.Now()
		for _, want := range []struct{ at, rtt time.Duration }{
			{10*time.Second + 1*time.Millisecond, time.Millisecond},
			{30*time.Second + 3*time.Millisecond, 3 * time.Millisecond},
			{40*time.Second + 4*time.Millisecond, 4 * time.Millisecond},
		} {
			e := await(s, notify)
			if e.Kind != transport.SocketPong || e.RTT != int64(want.rtt) || e.At-start != int64(want.at) {
				t.Errorf("event %v at %v, RTT %v; want %v, %v", e.Kind, time.Duration(e.At-start), time.Duration(e.RTT), want.at, want.rtt)
			}
		}
	})
}

// TestSilentPeerIsLost after two pings without an answer, and not before.
func TestSilentPeerIsLost(t *testing.T) {
	bubble(t, 10*time.Second, func(p *peer) {
		for {
			if _, err := p.frame(); err != nil {
				return
			}
		}
	}, func(f *Factory, s transport.Socket, notify chan struct{}) {
		start := f.clock.Now()
		for _, waited := range []time.Duration{20 * time.Second, 10 * time.Second} {
			e := await(s, notify)
			if e.Kind != transport.SocketNoPong || e.RTT != int64(waited) || e.At-start != int64(30*time.Second) {
				t.Errorf("event %v after %v, waited %v", e.Kind, time.Duration(e.At-start), time.Duration(e.RTT))
			}
		}
		e := await(s, notify)
		if e.Kind != transport.SocketClosed || e.Code != closeAbnormal || e.Class != plan.FailTimeout || e.Err == nil {
			t.Errorf("event %v %d %v %v", e.Kind, e.Code, e.Class, e.Err)
		}
		if at := time.Duration(e.At - start); at != 30*time.Second {
			t.Errorf("lost after %v", at)
		}
		if _, _, err := s.Send(false, nil, time.Second); !errors.Is(err, e.Err) {
			t.Errorf("sending: %v", err)
		}
	})
}

// TestPeerThatTalksIsNotLost, whether or not it answers pings.
func TestPeerThatTalksIsNotLost(t *testing.T) {
	bubble(t, 10*time.Second, func(p *peer) {
		go func() {
			for range 50 {
				time.Sleep(7 * time.Second)
				p.say(str(rawText, "x"))
			}
			p.say(closing(1000, ""))
		}()
		p.untilClose()
	}, func(_ *Factory, s transport.Socket, notify chan struct{}) {
		var messages, unmet int
		for {
			e := await(s, notify)
			switch e.Kind {
			case transport.SocketMessage:
				messages++
				continue
			case transport.SocketNoPong:
				unmet++
				if e.RTT != int64(echoes*10*time.Second) {
					t.Errorf("a ping was waited for for %v", time.Duration(e.RTT))
				}
				continue
			}
			// Of 34 or 35 pings in 350 s the last four may still be answered.
			if e.Class != plan.OK || e.Code != 1000 || messages != 50 || unmet != 30 && unmet != 31 {
				t.Errorf("%d %v, %d messages, %d pings unmet", e.Code, e.Err, messages, unmet)
			}
			return
		}
	})
}

// TestStalledUserLosesNoPeer: while the user takes nothing nothing is read, so
// that pongs cannot come.
func TestStalledUserLosesNoPeer(t *testing.T) {
	bubble(t, time.Second, func(p *peer) {
		go func() {
			for range maxEvents + 10 {
				p.say(str(rawText, "x"))
			}
		}()
		for {
			f, err := p.frame()
			if err != nil || f.op() == opClose {
				return
			}
		}
	}, func(_ *Factory, s transport.Socket, notify chan struct{}) {
		time.Sleep(time.Minute)
		for range maxEvents + 10 {
			if e := await(s, notify); e.Kind != transport.SocketMessage {
				t.Fatalf("%v %v", e.Kind, e.Err)
			}
		}
	})
}

// TestCloseTakesASecond at most, whatever the server does.
func TestCloseTakesASecond(t *testing.T) {
	bubble(t, 0, func(p *peer) {
		for {
			if _, err := p.frame(); err != nil {
				return
			}
		}
	}, func(_ *Factory, s transport.Socket, _ chan struct{}) {
		start := time.Now()
		s.Close(1000, "")
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestCloseOfBlockedConnection: nor does a connection that takes nothing hold
// it longer.
func TestCloseOfBlockedConnection(t *testing.T) {
	bubble(t, 0, func(*peer) { time.Sleep(time.Minute) }, func(_ *Factory, s transport.Socket, _ chan struct{}) {
		start := time.Now()
		s.Close(1000, "")
		if took := time.Since(start); took != time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestEchoAnswers(t *testing.T) {
	var e echo
	var payloads [][]byte
	for i := range 10 {
		payloads = append(payloads, append([]byte(nil), e.next(int64(100+i))...))
	}
	for i, want := range []bool{false, false, false, false, false, false, false, true, false, true} {
		if i == 6 || i == 8 {
			continue
		}
		sent, ok := e.answered(payloads[i])
		if ok != want || ok && sent != int64(100+i) {
			t.Errorf("ping %d: sent at %d, %v", i, sent, ok)
		}
	}
	if _, ok := e.answered(payloads[8]); ok {
		t.Error("a ping before the one that was answered is answered once more")
	}
	if _, ok := e.answered([]byte{0, 0, 0, 0, 0, 0, 0, 0}); ok {
		t.Error("ping 0 is answered")
	}
	if _, ok := e.answered([]byte{0xff, 0, 0, 0, 0, 0, 0, 0}); ok {
		t.Error("a ping that was never sent is answered")
	}
}
