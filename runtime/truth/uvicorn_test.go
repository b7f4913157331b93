//go:build unix

package truth

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/transport/http1"
)

// fastAPI is a service of the kind people load-test most, with a log that has
// a line for each request.
const fastAPI = `
import asyncio, os
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

class Log:
    def __init__(self, app: ASGIApp, path: str):
        self.app, self.file = app, open(path, "a", buffering=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send):
        if scope["type"] != "http" or scope["path"] == "/ready":
            return await self.app(scope, receive, send)
        client = dict(scope["headers"]).get(b"x-id", b"-").decode()
        port = scope["client"][1]
        async def noted(message):
            if message["type"] == "http.response.start":
                self.file.write("%s|%s|%d|%s|%d\n" % (scope["method"], scope["path"], message["status"], client, port))
            await send(message)
        await self.app(scope, receive, noted)

app = FastAPI()
app.add_middleware(Log, path=os.environ["TRUTH_LOG"])

@app.get("/ready")
async def ready():
    return os.environ["TRUTH_LOG"]

@app.get("/items/{item}")
async def item(item: int):
    return {"item": item}

@app.get("/chunks")
async def chunks():
    async def parts():
        for i in range(5):
            yield b"x" * 3000
            await asyncio.sleep(0)
    return StreamingResponse(parts(), media_type="text/plain")

@app.post("/upload")
async def upload(request: Request):
    size = 0
    async for part in request.stream():
        size += len(part)
    return {"size": size}

@app.post("/unread")
async def unread():
    return {"size": 0}

@app.get("/events")
async def events():
    async def parts():
        for i in range(4):
            yield "id: %d\nevent: tick\ndata: {\"n\": %d}\n\n" % (i, i)
            await asyncio.sleep(0.01)
    return StreamingResponse(parts(), media_type="text/event-stream")
`

// python is Debian's, which has the packages.
const python = "/usr/bin/python3"

// startUvicorn starts the service and returns its port and how to end it and
// read its log, or skips the test where there is none.
func startUvicorn(t *testing.T) (port int, stop func() []line) {
	t.Helper()
	if exec.Command(python, "-c", "import uvicorn, fastapi").Run() != nil {
		t.Skip("Debian's python3-uvicorn and python3-fastapi are not installed, so throng's counts are not held against a FastAPI service")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "truthapp.py"), []byte(fastAPI), 0o644); err != nil {
		t.Fatal(err)
	}
	log := filepath.Join(dir, "log")
	for range 5 { // somebody else may take the port before uvicorn does
		port = freePorts(t, 1)[0]
		cmd := exec.Command(python, "-m", "uvicorn", "--app-dir", dir, "--port", strconv.Itoa(port), "--log-level", "error", "truthapp:app")
		cmd.Env = append(os.Environ(), "TRUTH_LOG="+log, "PYTHONDONTWRITEBYTECODE=1")
		var words strings.Builder
		cmd.Stderr = &words
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		exited := make(chan struct{})
		go func() { _ = cmd.Wait(); close(exited) }()
		kill := func() { _ = cmd.Process.Kill(); <-exited }
		if !answers(fmt.Sprintf("http://127.0.0.1:%d/ready", port), log, exited) {
			kill()
			t.Log(words.String())
			continue
		}
		t.Cleanup(kill)
		return port, func() []line {
			_ = cmd.Process.Signal(syscall.SIGTERM)
			select {
			case <-exited:
			case <-time.After(time.Minute):
				t.Error("uvicorn did not stop in order")
				kill()
			}
			return readLog(t, log)
		}
	}
	t.Fatal("uvicorn does not start")
	return 0, nil
}

// answers waits until the service at an address says its own word.
func answers(url, word string, exited <-chan struct{}) bool {
	client := http.Client{Timeout: 10 * sec, Transport: &http.Transport{DisableKeepAlives: true}}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * ms) {
		select {
		case <-exited:
			return false
		default:
		}
		answer, err := client.Get(url)
		if err != nil {
			continue
		}
		text, _ := bufio.NewReader(answer.Body).ReadString('\n')
		answer.Body.Close()
		return strings.Contains(text, word)
	}
	return false
}

func readLog(t *testing.T, name string) (lines []line) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		f := strings.Split(l, "|")
		if len(f) != 5 {
			t.Fatalf("the service logged %q", l)
		}
		status, _ := strconv.Atoi(f[2])
		conn, _ := strconv.ParseInt(f[4], 10, 64)
		lines = append(lines, line{method: f[0], uri: f[1], status: status, id: f[3], conn: conn})
	}
	return lines
}

// Against FastAPI on uvicorn: connections that are kept, chunked bodies, an
// upload that waits for "100 Continue" and server-sent events are counted as
// the service counts them.
func TestUvicorn(t *testing.T) {
	port, stop := startUvicorn(t)
	b := newPlan(t, net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	holds := func(r *plan.Request, text string) *plan.Request {
		return expects(r, "the answer has "+text, func(f *plan.Frame) bool { return strings.Contains(string(f.Response.Body), text) })
	}
	upload := func(path string) *plan.Request {
		r := b.request("POST", path)
		r.Headers = append(r.Headers, plan.Pair{Name: "Expect", Value: &plan.Const{Value: plan.StringValue("100-continue")}})
		r.Body = &plan.Body{ContentType: "application/octet-stream", Text: plan.Literal(strings.Repeat("x", 200_000))}
		return r
	}
	streamed := b.get("/chunks")
	expects(streamed, "all chunks", func(f *plan.Frame) bool { return f.Response.Size == 5*3000 })
	events := b.get("/events")
	events.Stream = &plan.Stream{Format: plan.StreamSSE, Idle: 20 * sec}
	expects(events, "four events", func(f *plan.Frame) bool { return f.Response.Stream != nil && f.Response.Stream.Events == 4 })
	b.class(uniform(0, 0.01),
		task(4, holds(b.get("/items/7"), `{"item":7}`)),
		task(1, accepts(b.get("/items/seven"), 422)),
		task(1, b.get("/nowhere")),
		task(2, streamed),
		task(2, holds(upload("/upload"), `{"size":200000}`)),
		task(1, upload("/unread")),
		task(2, events),
	)
	b.iterations(4, 200)
	b.promise(0.5)
	tr := newTrial(b, http1.Config{}, engine.Options{Health: quiet{}})
	out := tr.completed(t)
	lines := stop()
	tr.reconcile(t, out, lines)
	for series, s := range out.Final.Total {
		label := b.Rows[b.Series[series].Row].Label()
		want := plan.OK
		if label == "GET /nowhere" {
			want = plan.FailStatus
		}
		if s == nil || s.ByClass[want] != s.Count() {
			t.Errorf("%s should be %v: %+v", label, want, s)
		}
	}
	for _, g := range out.Final.Errors {
		t.Logf("%d × %s: %s", g.Count, b.Rows[b.Series[g.Series].Row].Label(), g.Detail)
	}
	conns, opened := map[int64]bool{}, 0
	for _, l := range lines {
		conns[l.conn] = true
	}
	for _, e := range tr.tap.exchanges() {
		if e.opened {
			opened++
		}
	}
	if len(conns) != opened {
		t.Errorf("the service had requests on %d connections, throng opened %d", len(conns), opened)
	}
	if opened >= len(lines) {
		t.Errorf("%d connections for %d requests: none was kept", opened, len(lines))
	}
}
