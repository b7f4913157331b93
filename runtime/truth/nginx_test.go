//go:build unix

package truth

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// keepalive is after how many requests nginx closes a connection.
const keepalive = 8

const (
	fileSize = 300_000
	chunk    = 3000
	chunks   = 5
)

const nginxConfig = `
%[1]s
daemon off;
worker_processes 1;
pid %[2]s/pid;
error_log %[2]s/error.log info;
events { worker_connections 1024; }
http {
	client_body_temp_path %[2]s/body;
	proxy_temp_path %[2]s/proxy;
	fastcgi_temp_path %[2]s/fastcgi;
	uwsgi_temp_path %[2]s/uwsgi;
	scgi_temp_path %[2]s/scgi;
	log_format truth '$request_method|$request_uri|$status|$http_x_id|$body_bytes_sent|$bytes_sent|$request_length|$connection|$connection_requests';
	access_log %[2]s/access.log truth;
	default_type text/plain;
	sendfile on;
	keepalive_timeout 75s;
	keepalive_requests %[5]d;
	server {
		listen 127.0.0.1:%[3]d;
		location = /ready { access_log off; return 200 %[2]s; }
		location = /ok { return 200 "hello, world\n"; }
		location = /missing { return 404; }
		location = /broken { return 500; }
		location = /busy { return 503; }
		location = /empty { return 204; }
		location = /moved { return 302 /ok; }
		location = /drop { return 444; }
		location = /file { alias %[2]s/file; }
		location / {
			proxy_pass http://%[4]s;
			proxy_http_version 1.1;
			proxy_buffering off;
			proxy_set_header Connection "";
			client_max_body_size 10m;
		}
	}
%[6]s
}
`

// nginx is an nginx of the test's own, and the backend that it proxies to.
type nginx struct {
	dir     string
	port    int
	backend *httptest.Server
	more    func(n *nginx) string // servers beside the first one; nil: none
	cmd     *exec.Cmd
	exited  chan struct{}
}

func (n *nginx) addr() string { return fmt.Sprintf("127.0.0.1:%d", n.port) }

// startNginx starts nginx, or skips the test where there is none.
func startNginx(t *testing.T) *nginx {
	t.Helper()
	return startNginxWith(t, nil)
}

// startNginxWith starts nginx with more servers.
func startNginxWith(t *testing.T, more func(n *nginx) string) *nginx {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("nginx is not installed, so throng's counts are not held against its log")
	}
	n := &nginx{dir: t.TempDir(), more: more, backend: httptest.NewServer(http.HandlerFunc(backend))}
	t.Cleanup(n.backend.Close)
	if err := os.WriteFile(filepath.Join(n.dir, "file"), []byte(strings.Repeat("0123456789", fileSize/10)), 0o644); err != nil {
		t.Fatal(err)
	}
	for range 5 { // somebody else may take the port before nginx does
		if n.start(t, program) {
			t.Cleanup(n.kill)
			return n
		}
	}
	errors, _ := os.ReadFile(filepath.Join(n.dir, "error.log"))
	t.Fatalf("nginx does not start:\n%s", errors)
	return nil
}

// start starts the process and reports whether it came up.
func (n *nginx) start(t *testing.T, program string) bool {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	file := filepath.Join(n.dir, "conf")
	servers := ""
	if n.more != nil {
		servers = n.more(n)
	}
	text := fmt.Sprintf(nginxConfig, asUser(), n.dir, n.port, n.backend.Listener.Addr(), keepalive, servers)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	n.cmd = exec.Command(program, "-p", n.dir, "-c", file, "-e", filepath.Join(n.dir, "error.log"))
	n.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // the worker goes with it
	if err := n.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	n.exited = make(chan struct{})
	go func() {
		defer close(n.exited)
		_ = n.cmd.Wait()
	}()
	if n.ready() {
		return true
	}
	n.kill()
	return false
}

// asUser is the directive that lets the worker read the test's directory;
// only root may, and must, say so.
func asUser() string {
	if os.Getuid() != 0 {
		return ""
	}
	group, err := user.LookupGroupId(strconv.Itoa(os.Getgid()))
	if err != nil {
		return "user root;"
	}
	return "user root " + group.Name + ";"
}

func (n *nginx) ready() bool {
	client := http.Client{Timeout: 10 * sec, Transport: &http.Transport{DisableKeepAlives: true}}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(2 * ms) {
		select {
		case <-n.exited:
			return false
		default:
		}
		answer, err := client.Get("http://" + n.addr() + "/ready")
		if err != nil {
			continue
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		return string(text) == n.dir // else it is somebody else's server
	}
	return false
}

// kill ends the process and its worker, if they still run.
func (n *nginx) kill() {
	select {
	case <-n.exited:
	default: // not waited for yet, so the group's number is still its own
		_ = syscall.Kill(-n.cmd.Process.Pid, syscall.SIGKILL)
		<-n.exited
	}
}

// stop ends nginx in order, so that everything is in its log, and reads that.
func (n *nginx) stop(t *testing.T) []line {
	t.Helper()
	if err := n.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatalf("nginx had ended: %v", err)
	}
	select {
	case <-n.exited:
	case <-time.After(time.Minute):
		n.kill()
		t.Fatal("nginx did not stop in order")
	}
	file, err := os.Open(filepath.Join(n.dir, "access.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines []line
	for s := bufio.NewScanner(file); s.Scan(); {
		lines = append(lines, parseLine(t, s.Text()))
	}
	return lines
}

func parseLine(t *testing.T, text string) line {
	t.Helper()
	f := strings.Split(text, "|")
	if len(f) != 9 {
		t.Fatalf("nginx logged %q", text)
	}
	var n [9]int64
	for _, i := range []int{2, 4, 5, 6, 7, 8} {
		var err error
		if n[i], err = strconv.ParseInt(f[i], 10, 64); err != nil {
			t.Fatalf("nginx logged %q: %v", text, err)
		}
	}
	l := line{method: f[0], uri: f[1], status: int(n[2]), id: f[3], body: n[4], sent: n[5], received: n[6], conn: n[7], serial: n[8]}
	if l.status == 444 {
		l.status = 0 // nginx's word for having closed without an answer
	}
	return l
}

// backend is what nginx proxies to.
func backend(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/chunked":
		for range chunks {
			fmt.Fprint(w, strings.Repeat("x", chunk))
			_ = http.NewResponseController(w).Flush()
		}
	case "/echo":
		body, _ := io.ReadAll(r.Body) // all of it first: Go drops the rest once an answer begins
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	case "/slow":
		serve(r, serviceTime)
		fmt.Fprint(w, "at last")
	case "/cut", "/cut-chunked":
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		framing, body := "Content-Length: 100000", strings.Repeat("x", 1000)
		if r.URL.Path == "/cut-chunked" {
			framing, body = "Transfer-Encoding: chunked", "3e8\r\n"+body+"\r\n"
		}
		fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s\r\n\r\n%s", framing, body)
		conn.Close()
	default:
		http.NotFound(w, r)
	}
}
