package truth

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"

	"throng/dsl/plan"
	"throng/runtime/sla"
)

// hub is a server of WebSockets that does with each connection what a script
// says, frame by frame. It counts for itself.
type hub struct {
	net.Listener
	script func(*socketEnd)
	wg     sync.WaitGroup

	mu    sync.Mutex
	times map[string]int // connections of each user
	lines map[net.Conn]bool

	opened, said, byes atomic.Int64 // handshakes, messages of clients, their close frames
}

// socketEnd is one of its connections.
type socketEnd struct {
	net.Conn
	hub  *hub
	in   *bufio.Reader
	time int // of the user, from 1
	mu   sync.Mutex
}

// newHub serves until the test ends. extra is a header line of its answers.
func newHub(t *testing.T, extra string, script func(*socketEnd)) *hub {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &hub{Listener: l, script: script, times: map[string]int{}, lines: map[net.Conn]bool{}}
	h.wg.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			h.mu.Lock()
			h.lines[conn] = true
			h.mu.Unlock()
			h.wg.Go(func() { h.serve(conn, extra) })
		}
	})
	t.Cleanup(h.close)
	return h
}

func (h *hub) close() {
	h.Listener.Close()
	h.mu.Lock()
	for conn := range h.lines {
		conn.Close()
	}
	h.mu.Unlock()
	h.wg.Wait()
}

func (h *hub) serve(conn net.Conn, extra string) {
	c := &socketEnd{Conn: conn, hub: h, in: bufio.NewReader(conn)}
	defer func() {
		conn.Close()
		h.mu.Lock()
		delete(h.lines, conn)
		h.mu.Unlock()
	}()
	r, err := http.ReadRequest(c.in)
	if err != nil {
		return
	}
	key := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455, section 1.3
	fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
		base64.StdEncoding.EncodeToString(key[:]), extra)
	h.opened.Add(1)
	user := r.URL.Query().Get("user")
	h.mu.Lock()
	h.times[user]++
	c.time = h.times[user]
	h.mu.Unlock()
	h.script(c)
}

// Frames of a server, RFC 6455, section 5.2.
const (
	wsText   = 0x81
	wsBegin  = 0x01 // of a text that goes on
	wsMore   = 0x00 // and on
	wsPacked = 0xC2 // binary, by permessage-deflate
	wsClose  = 0x88
	wsPing   = 0x89
)

func wsFrame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, byte(n))
	case n < 1<<16:
		b = binary.BigEndian.AppendUint16(append(b, 126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 127), uint64(n))
	}
	return append(b, payload...)
}

func (c *socketEnd) say(first byte, payload string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := c.Write(wsFrame(first, []byte(payload)))
	return err
}

// flood says so until the client leaves.
func (c *socketEnd) flood(b []byte) {
	for {
		if _, err := c.Write(b); err != nil {
			return
		}
	}
}

// listen reads the client's frames until it leaves: each message is echoed,
// a close frame answered.
func (c *socketEnd) listen() {
	for {
		first, payload, err := c.frame()
		switch {
		case err != nil:
			return
		case first == wsClose:
			c.hub.byes.Add(1)
			_ = c.say(wsClose, string(payload))
			return
		case first == wsText:
			c.hub.said.Add(1)
			_ = c.say(wsText, string(payload))
		}
	}
}

// frame reads a frame of the client.
func (c *socketEnd) frame() (first byte, payload []byte, err error) {
	var head [2]byte
	if _, err = io.ReadFull(c.in, head[:]); err != nil {
		return 0, nil, err
	}
	n := int64(head[1] & 0x7F)
	if n == 126 {
		var long [2]byte
		if _, err = io.ReadFull(c.in, long[:]); err != nil {
			return 0, nil, err
		}
		n = int64(binary.BigEndian.Uint16(long[:]))
	}
	payload = make([]byte, 4+n)
	if _, err = io.ReadFull(c.in, payload); err != nil {
		return 0, nil, err
	}
	mask, payload := payload[:4], payload[4:]
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return head[0], payload, nil
}

// cameBack is a user whose socket is spoilt once, and who is greeted when it
// has another. It leaves then, so that each user does one iteration.
const cameBack = `
  start {
    websocket "/push" {
      query       = { user = user.id }
      compress    = true
      max_message = "64KiB"
      reconnect { backoff = "10ms" }
    }
  }
  task "t" {
    receive "again" {
      when    = message.text == "again"
      timeout = "3m"
    }
    leave "user" {}
  }
`

// zeros are a message that is 64 MiB, and 64 KiB on the wire.
func zeros(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestSpeed)
	block := make([]byte, 1<<20)
	for range 64 {
		_, _ = w.Write(block)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\x00\x00\xff\xff")) // RFC 7692, section 7.2.1
}

const deflating = "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"

// TestF17_Losses: whatever a server does to a socket, it is one disconnect by
// its code, and one way back; a message has a most, whatever its frames say
// and whatever comes out of its compression.
func TestF17_Losses(t *testing.T) {
	bomb := wsFrame(wsPacked, zeros(t))
	for _, c := range []struct {
		name   string
		extra  string
		spoils func(*socketEnd)
		code   int
	}{
		{"no_close_frame", "", func(*socketEnd) {}, 1006},
		{"reset", "", func(c *socketEnd) { _ = c.Conn.(*net.TCPConn).SetLinger(0) }, 1006},
		{"inside_of_a_message", "", func(c *socketEnd) { _, _ = c.Write(wsFrame(wsText, []byte("hello"))[:4]) }, 1006},
		{"closes", "", func(c *socketEnd) { _ = c.say(wsClose, "\x03\xf4restart"); c.listen() }, 1012},
		{"1_GiB_frame", "", func(c *socketEnd) {
			_, _ = c.Write([]byte{wsText, 127, 0, 0, 0, 0, 0x40, 0, 0, 0})
			c.flood(make([]byte, 64<<10))
		}, 1006},
		{"endless_fragments", "", func(c *socketEnd) {
			_ = c.say(wsBegin, "a")
			c.flood(bytes.Repeat(wsFrame(wsMore, []byte("more")), 1000))
		}, 1006},
		{"endless_empty_fragments", "", func(c *socketEnd) {
			_ = c.say(wsBegin, "")
			c.flood(bytes.Repeat(wsFrame(wsMore, nil), 10_000))
		}, 1006},
		{"bomb", deflating, func(c *socketEnd) { _, _ = c.Write(bomb); c.listen() }, 1006},
		{"nonsense", "", func(c *socketEnd) { c.flood([]byte("HTTP/1.1 500 Oops\r\n\r\n")) }, 1006},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHub(t, c.extra, func(l *socketEnd) {
				if l.time == 1 {
					c.spoils(l)
					return
				}
				_ = l.say(wsText, "again")
				l.listen()
			})
			p := scenario{user: cameBack, profile: "users = 8\n iterations = 8\n"}.play(t, "http://"+h.Addr().String())
			row := p.row("WS /push")
			for counter, want := range map[plan.Counter]int64{plan.CountDisconnects: 8, plan.CountReconnects: 8, plan.CountIn: 8} {
				if got := row.Counter(counter); got != want {
					t.Errorf("%v: %d, want %d", counter, got, want)
				}
			}
			if n := row.Of(plan.MeasureRecovery).Count(); n != 8 {
				t.Errorf("%d recoveries", n)
			}
			closes := row.Closes()
			if len(closes) != 1 || closes[0].Status != c.code || closes[0].Count != 8 {
				t.Errorf("closed by %v, want 8 × %d", closes, c.code)
			}
			p.all(t, "RECEIVE again", 8, plan.OK)
			p.judged(t, sla.Pass)
			p.checkMemory(t)
			if h.opened.Load() != 16 {
				t.Errorf("the server opened %d sockets for 8 that came back", h.opened.Load())
			}
			eventually(t, "the users to have closed their sockets", func() bool { return h.byes.Load() >= 8 })
		})
	}
}

// TestF17_Teardown: a server that pings without end while its client closes
// hears the close frame each time, and no socket counts as lost.
func TestF17_Teardown(t *testing.T) {
	const n = 500
	h := newHub(t, "", func(c *socketEnd) {
		var pinging sync.WaitGroup
		pinging.Go(func() {
			for c.say(wsPing, "still there?") == nil {
				time.Sleep(ms / 10) // the more pings, the longer each user's turn takes
			}
		})
		c.listen()
		c.Close()
		pinging.Wait()
	})
	p := scenario{
		user: `task "t" {
  websocket "/push" {}
  send "hello" {
    body = "hi"
    reply { timeout = "3m" }
  }
}
`, profile: fmt.Sprintf("users = 8\n iterations = %d\n", n),
	}.play(t, "http://"+h.Addr().String())
	p.all(t, "WS /push", n, plan.OK)
	p.all(t, "SEND hello", n, plan.OK)
	p.judged(t, sla.Pass)
	if d := p.row("WS /push").Counter(plan.CountDisconnects); d != 0 {
		t.Errorf("%d sockets count as lost", d)
	}
	eventually(t, "the server to hear all goodbyes", func() bool { return h.byes.Load() >= n })
	if h.opened.Load() != n || h.said.Load() != n || h.byes.Load() != n {
		t.Errorf("the server opened %d, heard %d messages and %d goodbyes of %d", h.opened.Load(), h.said.Load(), h.byes.Load(), n)
	}
}

// TestF17_NoGoodbye: a server that takes no notice of close frames, or reads
// nothing at all, does not hold the run beyond its grace.
func TestF17_NoGoodbye(t *testing.T) {
	for name, script := range map[string]func(c *socketEnd, over <-chan struct{}){
		"takes no notice": func(c *socketEnd, _ <-chan struct{}) { _, _ = io.Copy(io.Discard, c.in) },
		"reads nothing":   func(_ *socketEnd, over <-chan struct{}) { <-over },
	} {
		over := make(chan struct{})
		h := newHub(t, "", func(c *socketEnd) { script(c, over) })
		p := scenario{over: func() { close(over) }, user: "start {\n websocket \"/push\" {}\n}\n task \"t\" {\n send \"x\" { body = \"hi\" }\n}\n",
			profile: "users = 8\n iterations = 40\n grace = \"20s\"\n"}.play(t, "http://"+h.Addr().String())
		p.all(t, "WS /push", 8, plan.OK)
		p.all(t, "SEND x", 40, plan.OK)
		if p.Cut || p.row("WS /push").Counter(plan.CountDisconnects) != 0 {
			t.Errorf("%s: cut %v, closed by %v", name, p.Cut, p.row("WS /push").Closes())
		}
		p.judged(t, sla.Pass)
	}
}

// TestF17_Handshakes that never become one.
func TestF17_Handshakes(t *testing.T) {
	for answer, class := range map[string]plan.ErrorClass{
		"":                               plan.FailReset,
		"HTTP/1.1 403 Forbidden\r\n\r\n": plan.FailStatus,
		"HTTP/1.1 200 OK\r\n\r\n":        plan.FailStatus,
		"HTTP/1.1 101 Switching Protocols\r\n\r\n": plan.FailProtocol,
		"\x00\x01\x02garbage\r\n\r\n":              plan.FailProtocol,
		"wait":                                     plan.FailTimeout,
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var served sync.WaitGroup
		var seen atomic.Int64
		served.Go(func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				served.Go(func() {
					defer conn.Close()
					in := bufio.NewReader(conn)
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					seen.Add(1)
					if answer == "wait" {
						_, _ = io.Copy(io.Discard, in)
						return
					}
					_, _ = io.WriteString(conn, answer)
				})
			}
		})
		args := "on_failure = \"task\"\n"
		if answer == "wait" {
			args += impatient
		}
		p := scenario{user: "task \"t\" {\n websocket \"/push\" {\n" + args + "}\n send \"x\" { body = \"hi\" }\n}\n"}.play(t, "http://"+l.Addr().String())
		if answer == "wait" {
			p.all(t, "WS /push", 12, late...)
		} else {
			p.all(t, "WS /push", 12, class)
		}
		p.judged(t, sla.Fail)
		if n := p.row("SEND x").Count(); n != 0 {
			t.Errorf("%q: %d messages over a socket that never stood", answer, n)
		}
		l.Close()
		served.Wait()
		if want := 12 - p.row("WS /push").ByClass[plan.FailConnectTimeout]; seen.Load() != want {
			t.Errorf("%q: the server saw %d handshakes of %d", answer, seen.Load(), want)
		}
	}
}
