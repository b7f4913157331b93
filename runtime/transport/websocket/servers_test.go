package websocket

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	other "github.com/coder/websocket"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/scenarios/exampleapi"
)

// These servers were written by nobody who wrote this client, but the last.

// pythonServer echoes, says its subprotocol when asked, and ends as it is told.
const pythonServer = `
import asyncio, sys, websockets

async def serve(ws, path):
    try:
        await talk(ws)
    except websockets.ConnectionClosed:
        pass

async def talk(ws):
    async for m in ws:
        if m == "protocol":
            await ws.send(str(ws.subprotocol))
        elif m == "fragments":
            await ws.send(["frag", "men", "ts"])
        elif m == "ping":
            await (await ws.ping(b"from python"))
            await ws.send("ponged")
        elif m == "close":
            await ws.close(4001, "as told")
        elif m == "drop":
            ws.transport.abort()
        else:
            await ws.send(m)

async def main():
    async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=["b", "a"], max_size=None, ping_interval=None) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
`

// startPython starts Debian's python3-websockets, or skips the test.
func startPython(t *testing.T) *transport.Route {
	t.Helper()
	const python = "/usr/bin/python3" // Debian's, which sees Debian's packages
	if exec.Command(python, "-c", "import websockets").Run() != nil {
		t.Skip("python3-websockets is not installed, so the client is not held against it")
	}
	cmd := exec.Command(python, "-c", pythonServer)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close() // which ends it
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server does not come up: %v", err)
	}
	addr := "127.0.0.1:" + strings.TrimSpace(line)
	return &transport.Route{Scheme: "http", Addr: addr, Host: addr}
}

// coderServer is the same with github.com/coder/websocket.
func coderServer(t *testing.T) *transport.Route {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := other.Accept(w, r, &other.AcceptOptions{
			Subprotocols: []string{"b", "a"}, CompressionMode: other.CompressionNoContextTakeover, CompressionThreshold: 1,
		})
		if err != nil {
			return
		}
		defer conn.CloseNow()
		conn.SetReadLimit(-1)
		ctx, cancel := context.WithTimeout(r.Context(), patience)
		defer cancel()
		for {
			kind, m, err := conn.Read(ctx)
			if err != nil {
				return
			}
			switch string(m) {
			case "protocol":
				err = conn.Write(ctx, kind, []byte(conn.Subprotocol()))
			case "fragments":
				var out interface {
					Write([]byte) (int, error)
					Close() error
				}
				if out, err = conn.Writer(ctx, kind); err == nil {
					for _, part := range []string{"frag", "men", "ts"} {
						_, _ = fmt.Fprint(out, part)
					}
					err = out.Close()
				}
			case "ping":
				conn.CloseRead(ctx) // reads the pong
				if err = conn.Ping(ctx); err == nil {
					err = conn.Write(ctx, kind, []byte("ponged"))
				}
				<-ctx.Done()
			case "close":
				err = conn.Close(4001, "as told")
			case "drop":
				err = conn.CloseNow()
			default:
				err = conn.Write(ctx, kind, m)
			}
			if err != nil {
				return
			}
		}
	}))
	t.Cleanup(s.Close)
	addr := strings.TrimPrefix(s.URL, "http://")
	return &transport.Route{Scheme: "http", Addr: addr, Host: addr}
}

func TestPythonServer(t *testing.T) { converse(t, startPython(t)) }
func TestCoderServer(t *testing.T)  { converse(t, coderServer(t)) }

// converse does with a server whatever can be done with one.
func converse(t *testing.T, route *transport.Route) {
	for _, compress := range []bool{false, true} {
		t.Run(fmt.Sprint("compress ", compress), func(t *testing.T) {
			c := newClient(t, Config{})
			open := func() *opened {
				o := c.open(transport.Opening{Route: route, URI: []byte("/"), Protocols: []string{"a", "b"}, Compress: compress, MaxMessage: 8 << 20})
				if o.socket.deflate != compress {
					t.Fatalf("compression %v", o.socket.deflate)
				}
				return o
			}
			o := open()
			for _, n := range []int{0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 20} {
				text := strings.Repeat("0123456789abcdef", n/16+1)[:n]
				for _, binary := range []bool{false, true} {
					if _, _, err := o.Send(binary, []byte(text), patience); err != nil {
						t.Fatal(err)
					}
					if e := o.next(); string(e.Data) != text || e.Binary != binary {
						t.Fatalf("%d bytes, binary %v, came back as %v, %d bytes, binary %v, %v", n, binary, e.Kind, len(e.Data), e.Binary, e.Err)
					}
				}
			}
			o.send("κόσμε 🌍")
			o.message("κόσμε 🌍")
			o.send("fragments")
			o.message("fragments")
			o.send("protocol")
			o.message(o.Protocol())
			if p := o.Protocol(); p != "a" && p != "b" {
				t.Errorf("protocol %q", p)
			}
			for i := range 1000 { // 9.7
				o.send(fmt.Sprint("message ", i))
			}
			for i := range 1000 {
				o.message(fmt.Sprint("message ", i))
			}
			o.send("close")
			if e := o.ends(4001, plan.OK); e.Reason != "as told" {
				t.Errorf("reason %q", e.Reason)
			}
			o.Close(1000, "")

			o = open()
			o.send("ping")
			o.message("ponged")
			o.Close(1000, "bye")

			o = open()
			o.send("drop")
			o.ends(closeAbnormal, plan.FailReset)
			eventually(t, "the readers end", func() bool { return goroutines() == 0 })
		})
	}
}

// TestPythonServerAnswersPings of ours.
func TestPythonServerAnswersPings(t *testing.T) {
	c := newClient(t, Config{})
	o := c.open(transport.Opening{Route: startPython(t), Ping: time.Second})
	if e := o.next(); e.Kind != transport.SocketPong || e.RTT <= 0 {
		t.Errorf("event %v after %d ns, %v", e.Kind, e.RTT, e.Err)
	}
}

// TestPythonServerClosesWithItsCode: what we send is not looked at, so a text
// that is none is the server's to refuse.
func TestPythonServerClosesWithItsCode(t *testing.T) {
	c := newClient(t, Config{})
	o := c.open(transport.Opening{Route: startPython(t)})
	o.send("\xff")
	o.ends(closeBadData, plan.OK)
}

// TestExampleAPI opens the socket that the scenarios use.
func TestExampleAPI(t *testing.T) {
	service, err := exampleapi.New("autoarr", exampleapi.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(service)
	defer s.Close()
	defer service.Close()
	addr := strings.TrimPrefix(s.URL, "http://")
	route := &transport.Route{Scheme: "http", Addr: addr, Host: addr}
	c := newClient(t, Config{})
	if _, r := c.try(transport.Opening{Route: route, URI: []byte("/api/v1/ws")}); r.Class != plan.FailStatus || r.Status != 401 {
		t.Errorf("without a token: %v, status %d", r.Class, r.Status)
	}
	answer, err := http.Post(s.URL+"/api/v1/auth/login", "application/json", strings.NewReader(`{"email":"w1@example.com","password":"open-sesame"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var token struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&token); err != nil || token.Token == "" {
		t.Fatalf("no token: %v", err)
	}
	o := c.open(transport.Opening{Route: route, URI: []byte("/api/v1/ws"), Header: []byte("Authorization: Bearer " + token.Token + "\r\n"), Ping: time.Minute})
	o.send(`{"type":"hello"}`)
	if e := o.next(); e.Kind != transport.SocketMessage || !strings.Contains(string(e.Data), `"hello"`) {
		t.Errorf("%v %q %v", e.Kind, e.Data, e.Err)
	}
}
