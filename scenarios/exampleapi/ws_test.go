package exampleapi

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// A wsClient is a WebSocket client that can also misbehave.
type wsClient struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
	left bool // has sent a close frame; there must be no second one
}

const testKey = "dGhlIHNhbXBsZSBub25jZQ=="

func (a *api) dial() *wsClient {
	a.t.Helper()
	return a.dialTo("/api/v1/ws?token=" + a.token)
}

// dialTo opens a socket at a path.
func (a *api) dialTo(path string) *wsClient {
	a.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(a.base, "http://"))
	if err != nil {
		a.t.Fatal(err)
	}
	a.t.Cleanup(func() { conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(30 * time.Second)) // a test that hangs fails
	req, _ := http.NewRequest("GET", a.base+path, nil)
	req.Header = http.Header{"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"WebSocket"},
		"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {testKey}}
	if err := req.Write(conn); err != nil {
		a.t.Fatal(err)
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, req)
	if err != nil {
		a.t.Fatal(err)
	}
	if resp.StatusCode != 101 || resp.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" || resp.Header.Get("X-Request-Id") == "" {
		a.t.Fatalf("handshake: %s %v", resp.Status, resp.Header)
	}
	return &wsClient{t: a.t, conn: conn, in: in}
}

// clientFrame is a masked frame; first holds the final bit and the opcode.
func clientFrame(first byte, payload []byte) []byte {
	b := appendFrame(nil, 0, payload)
	b[0] = first
	head := b[:len(b)-len(payload)]
	head[1] |= 0x80
	mask := []byte{1, 2, 3, 4}
	out := append(bytes.Clone(head), mask...)
	for i, c := range payload {
		out = append(out, c^mask[i&3])
	}
	return out
}

func (c *wsClient) write(b []byte) {
	c.t.Helper()
	c.left = c.left || b[0]&0x0F == opClose
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

func (c *wsClient) say(text string) { c.write(clientFrame(0x80|opText, []byte(text))) }

// read returns the next frame of the server.
func (c *wsClient) read() (op byte, payload []byte, err error) {
	var head [2]byte
	if _, err := io.ReadFull(c.in, head[:]); err != nil {
		return 0, nil, err
	}
	if head[0]&0x80 == 0 || head[1]&0x80 != 0 {
		c.t.Fatalf("the server sent a frame with head %x", head)
	}
	n, err := readLength(c.in, head[1])
	if err != nil {
		return 0, nil, err
	}
	payload = make([]byte, n)
	_, err = io.ReadFull(c.in, payload)
	return head[0] & 0x0F, payload, err
}

func (c *wsClient) want(op byte, payload string) {
	c.t.Helper()
	gotOp, got, err := c.read()
	if err != nil || gotOp != op || string(got) != payload {
		c.t.Fatalf("got opcode %x, %.200q, %v; want %x, %.200q", gotOp, got, err, op, payload)
	}
}

func (c *wsClient) wantJSON(kind string) map[string]any {
	c.t.Helper()
	op, payload, err := c.read()
	var m map[string]any
	if err != nil || op != opText || json.Unmarshal(payload, &m) != nil || m["type"] != kind {
		c.t.Fatalf("got opcode %x, %q, %v; want a message of type %s", op, payload, err, kind)
	}
	return m
}

// wantClose reads a close frame with code, answers it unless it is an answer
// itself, and reads the end.
func (c *wsClient) wantClose(code int) {
	c.t.Helper()
	op, payload, err := c.read()
	if err != nil || op != opClose {
		c.t.Fatalf("got opcode %x, %q, %v; want a close frame", op, payload, err)
	}
	if got := append(payload, 0, 0); code == closeNoStatus && len(payload) != 0 || code != closeNoStatus && int(binary.BigEndian.Uint16(got)) != code {
		c.t.Fatalf("closed with %x, want %d", payload, code)
	}
	if !c.left {
		c.write(clientFrame(0x80|opClose, payload))
	}
	if _, _, err := c.read(); !errors.Is(err, io.EOF) {
		c.t.Fatalf("after the close frame: %v, want the end", err)
	}
}

func TestSocketHandshake(t *testing.T) {
	a := signedIn(t, "autoarr", Options{})
	good := []string{"Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", testKey}
	for _, test := range []struct {
		header []string
		status int
	}{
		{[]string{}, 426},
		{[]string{"Connection", "close"}, 426},
		{[]string{"Upgrade", "h2c"}, 426},
		{[]string{"Sec-WebSocket-Version", "8"}, 426},
		{[]string{"Sec-WebSocket-Key", "c2hvcnQ="}, 400},
		{[]string{"Authorization", "Bearer x"}, 401},
	} {
		header := append(append([]string{}, good...), test.header...)
		if len(test.header) == 0 {
			header = nil
		}
		if r := a.want(test.status, "GET", "/api/v1/ws", "", header...); test.status == 426 && r.header.Get("Sec-WebSocket-Version") != "13" {
			t.Errorf("%v: 426 without Sec-WebSocket-Version", test.header)
		}
	}
	a.dial().say("x")
	a.until("the socket is counted", func() bool { return a.service.sockets.open() == 1 })
	if text := a.want(200, "GET", "/metrics", "").body; !strings.Contains(text, `{method="GET",route="/api/v1/ws",status="101"} 1`) {
		t.Error("the handshake is not counted")
	}
}

func TestSocketAnswers(t *testing.T) {
	c := signedIn(t, "autoarr", Options{}).dial()
	c.say(`{"type":"hello"}`)
	if m := c.wantJSON("hello"); m["id"] != "ws-1" {
		t.Errorf("got %v", m)
	}
	c.say(`{"type":"ping","seq":7}`)
	if m := c.wantJSON("pong"); m["seq"] != 7.0 || m["at"].(float64) < 1e9 {
		t.Errorf("got %v", m)
	}
	c.say(`{"type":"order","n":[1,2]}`)
	c.want(opText, `{"type":"echo","data":{"type":"order","n":[1,2]}}`)
	c.say("just words")
	c.want(opText, `{"type":"echo","data":"just words"}`)
	c.say(`[1]`)
	c.want(opText, `{"type":"echo","data":[1]}`)
	c.write(clientFrame(0x80|opBinary, []byte{0, 255}))
	c.want(opBinary, "\x00\xff")
	c.write(clientFrame(0x80|opPing, []byte("are you there")))
	c.want(opPong, "are you there")
	big := strings.Repeat("x", 70_000)
	c.write(clientFrame(0x80|opBinary, []byte(big)))
	c.want(opBinary, big)
}

func TestSocketPutsFragmentsTogether(t *testing.T) {
	c := signedIn(t, "autoarr", Options{}).dial()
	euro := "€"
	c.write(clientFrame(opText, []byte("one "+euro[:1])))
	c.write(clientFrame(0x80|opPing, []byte("between")))
	c.write(clientFrame(opContinue, []byte(euro[1:])))
	c.write(clientFrame(0x80|opContinue, nil))
	c.want(opPong, "between")
	c.want(opText, `{"type":"echo","data":"one €"}`)
}

func TestSocketCloses(t *testing.T) {
	a := signedIn(t, "autoarr", Options{})
	unmasked := appendFrame(nil, opText, []byte("x"))
	tooBig := []byte{0x80 | opBinary, 0x80 | 127, 0, 0, 0, 0, 0, 0x10, 0, 1}
	longLength := []byte{0x80 | opText, 0x80 | 126, 0, 5}
	for name, test := range map[string]struct {
		send []byte
		code int
	}{
		"normal close":        {clientFrame(0x80|opClose, closePayload(closeNormal, "bye")), closeNormal},
		"own code":            {clientFrame(0x80|opClose, closePayload(4321, "")), 4321},
		"close without code":  {clientFrame(0x80|opClose, nil), closeNoStatus},
		"half a code":         {clientFrame(0x80|opClose, []byte{3}), closeProtocol},
		"impossible code":     {clientFrame(0x80|opClose, closePayload(1006, "")), closeProtocol},
		"unreadable reason":   {clientFrame(0x80|opClose, closePayload(closeNormal, "\xff")), closeBadText},
		"unmasked frame":      {unmasked, closeProtocol},
		"reserved bit":        {clientFrame(0x80|0x40|opText, nil), closeProtocol},
		"unknown opcode":      {clientFrame(0x80|3, nil), closeProtocol},
		"unknown control":     {clientFrame(0x80|0xB, nil), closeProtocol},
		"long ping":           {clientFrame(0x80|opPing, make([]byte, 126)), closeProtocol},
		"ping in fragments":   {clientFrame(opPing, nil), closeProtocol},
		"nothing to continue": {clientFrame(0x80|opContinue, nil), closeProtocol},
		"two beginnings":      {append(clientFrame(opText, nil), clientFrame(0x80|opText, nil)...), closeProtocol},
		"not UTF-8":           {clientFrame(0x80|opText, []byte{0xC3, 0x28}), closeBadText},
		"too big":             {tooBig, closeTooBig},
		"too long a length":   {longLength, closeProtocol},
	} {
		t.Run(name, func(t *testing.T) {
			c := a.dial()
			c.t = t
			c.write(test.send)
			c.wantClose(test.code)
		})
	}
	var parts []byte
	for range 17 {
		parts = append(parts, clientFrame(opContinue, make([]byte, 1<<16))...)
	}
	parts[0] = opBinary
	c := a.dial()
	go func() { _, _ = c.conn.Write(parts) }()
	if op, payload, err := c.read(); err != nil || op != opClose || binary.BigEndian.Uint16(payload) != closeTooBig {
		t.Errorf("fragments that are too big together: opcode %x, %q, %v", op, payload, err)
	}
}

func TestSocketBroadcasts(t *testing.T) {
	a := signedIn(t, "autoarr", Options{})
	c := a.dial()
	c.say(`{"type":"subscribe","interval_ms":10}`)
	if m := c.wantJSON("subscribed"); m["interval_ms"] != 10.0 {
		t.Errorf("got %v", m)
	}
	for seq := 1.0; seq <= 3; seq++ {
		if m := c.wantJSON("notification"); m["seq"] != seq || m["sent_at"].(float64) < 1e9 || m["event"] != "tick" {
			t.Errorf("got %v, want seq %v", m, seq)
		}
	}
	quiet := a.dial()
	quiet.say(`{"type":"subscribe","interval_ms":3600000}`)
	quiet.wantJSON("subscribed")
	quiet.say(`{"type":"hello"}`)
	quiet.wantJSON("hello")
	id := a.want(201, "POST", "/content/request", `{"query":"whales"}`).field("id")
	if m := quiet.wantJSON("notification"); m["event"] != "content_request" || m["item_id"] != id {
		t.Errorf("got %v, want one of %v", m, id)
	}
	quiet.say(`{"type":"unsubscribe"}`)
	quiet.wantJSON("unsubscribed")
}

func TestCloseEndsSockets(t *testing.T) {
	a := signedIn(t, "autoarr", Options{})
	c := a.dial()
	c.say(`{"type":"hello"}`)
	c.wantJSON("hello")
	closed := make(chan struct{})
	go func() {
		a.service.Close()
		close(closed)
	}()
	c.wantClose(closeGoingAway)
	<-closed
	if n := a.service.sockets.open(); n != 0 {
		t.Errorf("%d sockets are open", n)
	}
}

func TestSocketFaults(t *testing.T) {
	a := signedIn(t, "autoarr", Options{})
	hello := func(c *wsClient) {
		t.Helper()
		c.say(`{"type":"hello"}`)
		c.wantJSON("hello")
	}

	c := a.dial()
	hello(c)
	a.fault("ws-drop")
	c.say(`{"type":"hello"}`)
	if op, payload, err := c.read(); err == nil {
		t.Errorf("a dropped socket sent opcode %x, %q", op, payload)
	}
	a.want(204, "DELETE", faultsPath, "")

	c = a.dial()
	hello(c)
	a.fault("ws-stall")
	before := a.service.sockets.received.Load()
	c.say(`{"type":"ping","seq":1}`)
	c.write(clientFrame(0x80|opPing, nil))
	a.until("the message has arrived", func() bool {
		return a.service.sockets.received.Load() == before+1 && strings.Contains(a.do("GET", faultsPath, "").body, `"hits":1`)
	})
	c.write(clientFrame(0x80|opClose, closePayload(closeNormal, "")))
	c.wantClose(closeNormal)
	a.want(204, "DELETE", faultsPath, "")

	c = a.dial()
	hello(c)
	a.fault("ws-restart:for=1h")
	c.wantClose(closeRestart)
	a.want(503, "GET", "/api/v1/ws", "", "Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", testKey)
	a.want(204, "DELETE", faultsPath, "")
	hello(a.dial())
}

func FuzzReadFrame(f *testing.F) {
	f.Add(clientFrame(0x80|opText, []byte("hello")))
	f.Add(clientFrame(0x80|opBinary, make([]byte, 300)))
	f.Add(clientFrame(0x80|opClose, closePayload(closeNormal, "bye")))
	f.Add(append(clientFrame(opText, []byte("a")), clientFrame(0x80|opContinue, []byte("b"))...))
	f.Add([]byte{0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, data []byte) {
		if fr, err := readFrame(bufio.NewReader(bytes.NewReader(data)), maxMessage); err == nil {
			first := fr.op
			if fr.final {
				first |= 0x80
			}
			again, err := readFrame(bufio.NewReader(bytes.NewReader(clientFrame(first, fr.payload))), maxMessage)
			if err != nil || again.op != fr.op || again.final != fr.final || !bytes.Equal(again.payload, fr.payload) {
				t.Errorf("%v is read back as %v, %v", fr, again, err)
			}
		}
		m := messageReader{r: bufio.NewReader(bytes.NewReader(data)), control: func(fr frame) error {
			if fr.op == opClose {
				_, err := parseClose(fr.payload)
				return err
			}
			return nil
		}}
		for {
			op, message, err := m.next()
			if err != nil {
				return
			}
			if len(message) > maxMessage || op != opText && op != opBinary {
				t.Fatalf("a message of %d bytes with opcode %x", len(message), op)
			}
		}
	})
}
