package mock

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
)

// echo answers each message with itself and its number.
var echo = &Socket{Reply: func(q Request, m Message) (Reply, error) {
	return Reply{Frame: Frame{Text: fmt.Appendf(nil, "%s %d in %s", m.Data, m.Count, q.Params["room"])}}, nil
}}

// text is a Send of a text.
func text(s string) func(Request) (Frame, error) {
	return func(Request) (Frame, error) { return Frame{Text: []byte(s)}, nil }
}

// dial opens a socket with a client that others wrote.
func dial(t *testing.T, s *Server, path string, o *websocket.DialOptions) (*websocket.Conn, context.Context) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	t.Cleanup(cancel)
	c, _, err := websocket.Dial(ctx, "ws://"+s.Addr().String()+path, o)
	if err != nil {
		t.Fatal(err)
	}
	c.SetReadLimit(-1)
	t.Cleanup(func() { _ = c.CloseNow() })
	return c, ctx
}

// hears holds what comes next.
func hears(t *testing.T, ctx context.Context, c *websocket.Conn, want string) {
	t.Helper()
	kind, data, err := c.Read(ctx)
	if err != nil || kind != websocket.MessageText || string(data) != want {
		t.Fatalf("heard %q, %v, want %q", data, err, want)
	}
}

func writes(t *testing.T, ctx context.Context, c *websocket.Conn, text string) {
	t.Helper()
	if err := c.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// ends holds the code that the socket is closed with; -1 for none.
func ends(t *testing.T, ctx context.Context, c *websocket.Conn, want int) {
	t.Helper()
	_, data, err := c.Read(ctx)
	if got := int(websocket.CloseStatus(err)); err == nil || got != want {
		t.Fatalf("%q, and the socket ends with %d, %v; want %d", data, got, err, want)
	}
}

func TestSocket(t *testing.T) {
	s, log := serve(t, Route{Method: "GET", Path: "/chat/:room", Socket: echo})
	c, ctx := dial(t, s, "/chat/a%20b", &websocket.DialOptions{Subprotocols: []string{"v2", "v1"}})
	if c.Subprotocol() != "v2" {
		t.Errorf("the protocol is %q", c.Subprotocol())
	}
	for i, said := range []string{"hi", strings.Repeat("x", 200), strings.Repeat("y", 70_000), ""} {
		writes(t, ctx, c, said)
		hears(t, ctx, c, fmt.Sprintf("%s %d in a b", said, i+1))
	}
	go c.Read(ctx) // a pong is heard by who reads
	if err := c.Ping(ctx); err != nil {
		t.Error(err)
	}
	other, _ := dial(t, s, "/chat/z", nil)
	writes(t, ctx, other, "again")
	hears(t, ctx, other, "again 1 in z")
	if err := other.Close(websocket.StatusNormalClosure, ""); err != nil {
		t.Errorf("the farewell: %v", err)
	}
	var keys []string
	for _, e := range log.Entries() {
		keys = append(keys, fmt.Sprintf("%s %d %d %.5s", e.Key, e.Route, e.Request.Count, e.Request.Body))
	}
	want := "GET /chat/:room 0 1 |MESSAGE /chat/:room 0 1 hi|MESSAGE /chat/:room 0 2 xxxxx|MESSAGE /chat/:room 0 3 yyyyy|MESSAGE /chat/:room 0 4 |GET /chat/:room 0 2 |MESSAGE /chat/:room 0 1 again"
	if got := strings.Join(keys, "|"); got != want {
		t.Errorf("the log holds\n%s\nwant\n%s", got, want)
	}
}

func TestSocketEnds(t *testing.T) {
	odd := errors.New("odd")
	close := func(code int) *Socket {
		return &Socket{Reply: func(Request, Message) (Reply, error) { return Reply{Frame: Frame{Close: code}}, nil }}
	}
	s, log := serve(t,
		Route{Path: "/code", Socket: close(4001)},
		Route{Path: "/cut", Socket: close(Cut)},
		Route{Path: "/error", Socket: &Socket{Reply: func(Request, Message) (Reply, error) { return Reply{}, odd }}},
		Route{Path: "/silent", Socket: &Socket{}},
		Route{Path: "/unasked", Socket: &Socket{Sends: []Send{{Frame: text("bye")}, {Frame: func(Request) (Frame, error) { return Frame{Close: 1012}, nil }}}}},
	)
	for path, want := range map[string]int{"/code": 4001, "/cut": -1, "/error": internalError} {
		c, ctx := dial(t, s, path, nil)
		writes(t, ctx, c, "x")
		ends(t, ctx, c, want)
	}
	c, ctx := dial(t, s, "/unasked", nil)
	hears(t, ctx, c, "bye")
	ends(t, ctx, c, 1012)
	if f := log.Failures(); len(f) != 1 || f[0].Err != odd || f[0].Route != 2 {
		t.Errorf("failures: %+v", f)
	}
	// A server that is closed takes its sockets along.
	c, ctx = dial(t, s, "/silent", nil)
	writes(t, ctx, c, "x")
	s.Close()
	ends(t, ctx, c, -1)
}

// What is no handshake is told what is missing.
func TestSocketHandshake(t *testing.T) {
	s, _ := serve(t, Route{Path: "/chat", Socket: echo})
	const good = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n"
	for old, c := range map[string]struct{ now, want string }{
		"GET":                      {"POST", "method is POST"},
		"Upgrade: WebSocket\r\n":   {"", "upgrade"},
		"keep-alive, Upgrade":      {"keep-alive", "upgrade"},
		"Version: 13":              {"Version: 8", "version"},
		"AAECAwQFBgcICQoLDA0ODw==": {"AAEC", "key"},
	} {
		request := strings.Replace(good, old, c.now, 1)
		got, _ := raw(t, s, strings.Replace(request, "keep-alive", "close", 1)+"Content-Length: 0\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 426 ") || !strings.Contains(got, c.want) {
			t.Errorf("%s in place of %s: %q", c.now, old, got)
		}
	}
	if status, _ := get(t, s, "/chat"); status != http.StatusUpgradeRequired {
		t.Errorf("a plain request gets %d", status)
	}
}

// mask makes a frame as a client sends it, with a mask of zeros.
func mask(head byte, data string) string {
	return string([]byte{head, 0x80 | byte(len(data)), 0, 0, 0, 0}) + data
}

// Frames in parts, control frames between them, and what no client may send.
func TestFrames(t *testing.T) {
	for name, c := range map[string]struct{ sent, want string }{
		"in parts":          {mask(0x01, "a") + mask(0x89, "p") + mask(0x00, "b") + mask(0x80, "c") + mask(0x88, "\x03\xe8"), "\x8a\x01p\x81\x0aabc 1 in /\x88\x02\x03\xe8"},
		"close of nothing":  {mask(0x88, ""), "\x88\x00"},
		"no mask":           {"\x81\x01a", "\x88\x02\x03\xea"},
		"an extension":      {mask(0xC1, "a"), "\x88\x02\x03\xea"},
		"unknown kind":      {mask(0x83, "a"), "\x88\x02\x03\xea"},
		"part of nothing":   {mask(0x80, "a"), "\x88\x02\x03\xea"},
		"message in parts":  {mask(0x01, "a") + mask(0x81, "b"), "\x88\x02\x03\xea"},
		"ping in parts":     {mask(0x09, "a"), "\x88\x02\x03\xea"},
		"long ping":         {"\x89\xfe\x00\x80\x00\x00\x00\x00", "\x88\x02\x03\xea"},
		"no text":           {mask(0x81, "\xff"), "\x88\x02\x03\xef"},
		"large":             {"\x81\xff\x00\x00\x00\x00\x01\x00\x00\x01\x00\x00\x00\x00", "\x88\x02\x03\xf1"},
		"larger than any":   {"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", "\x88\x02\x03\xf1"},
		"ends in the head":  {"\x81", ""},
		"ends in the mask":  {"\x81\x81\x00", ""},
		"ends in the data":  {mask(0x81, "abc")[:7], ""},
		"nothing":           {"", ""},
		"binary is echoed":  {mask(0x82, "\xff") + mask(0x88, ""), "\x81\x08\xff 1 in /\x88\x00"},
		"pong is forgotten": {mask(0x8A, "x") + mask(0x88, ""), "\x88\x00"},
	} {
		client, server := net.Pipe()
		k := &socket{s: &Server{log: NewLog(), done: make(chan struct{})}, conn: server, in: server, gone: make(chan struct{}),
			req: Request{Params: map[string]string{"room": "/"}}, route: &route{Route: Route{Socket: echo}}}
		_ = client.SetDeadline(time.Now().Add(deadline))
		go func() {
			k.listen()
			_ = server.Close()
		}()
		heard := make(chan string)
		go func() {
			data, _ := io.ReadAll(client)
			heard <- string(data)
		}()
		_, _ = io.WriteString(client, c.sent)
		if c.want == "" {
			_ = client.Close()
		}
		if got := <-heard; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		_ = client.Close()
	}
}

// What is said unasked comes when it is due, each again by its own clock; a
// reply waits as long as it says.
func TestSocketTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := net.Pipe()
		k := &socket{s: &Server{log: NewLog(), done: make(chan struct{})}, conn: server, in: server, gone: make(chan struct{}), route: &route{Route: Route{Socket: &Socket{
			Sends: []Send{{After: 2 * time.Second, Every: 3 * time.Second, Frame: text("tick")}, {Frame: text("hello")}, {After: 9 * time.Second, Frame: func(Request) (Frame, error) { return Frame{Close: 1001}, nil }}},
			Reply: func(_ Request, m Message) (Reply, error) {
				if string(m.Data) == "lost" {
					return Reply{None: true}, nil
				}
				return Reply{Frame: Frame{Text: m.Data}, After: 1500 * time.Millisecond}, nil
			},
		}}}}
		began := time.Now()
		go k.speak()
		go k.listen()
		go func() {
			_, _ = io.WriteString(client, mask(0x81, "lost")+mask(0x81, "re"))
		}()
		var heard []string
		head := make([]byte, 2)
		for range 6 {
			if _, err := io.ReadFull(client, head); err != nil {
				t.Fatal(err)
			}
			data := make([]byte, head[1])
			_, _ = io.ReadFull(client, data)
			heard = append(heard, fmt.Sprintf("%v %x %q", time.Since(began), head[0], data))
		}
		want := "0s 81 \"hello\", 1.5s 81 \"re\", 2s 81 \"tick\", 5s 81 \"tick\", 8s 81 \"tick\", 9s 88 \"\\x03\\xe9\""
		if got := strings.Join(heard, ", "); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		_ = client.Close()
		close(k.gone)
		synctest.Wait()
	})
}
