package main

import (
	"context"
	"embed"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

//go:embed flow
var flows embed.FS

// nginx is the target whose own cost is small and known. It counts the
// requests, so that no tool has to be believed.
type nginx struct {
	cmd     *exec.Cmd
	url     string // keeps connections
	closing string // closes each one after its answer
	asked   int64
}

const nginxConfig = `worker_processes 1;
daemon off;
pid DIR/nginx.pid;
error_log DIR/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 19900; }
http {
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  default_type application/json;
  client_body_temp_path DIR/body; proxy_temp_path DIR/proxy; fastcgi_temp_path DIR/fastcgi;
  uwsgi_temp_path DIR/uwsgi; scgi_temp_path DIR/scgi;
  server {
    listen KEEP backlog=4096;
    location = /status { stub_status; }
    include DIR/answers.conf;
  }
  server {
    listen CLOSE backlog=4096;
    keepalive_timeout 0;
    include DIR/answers.conf;
  }
}
`

// nginxAnswers are the answers of the flows, each of about 120 bytes.
const nginxAnswers = `
location = /       { return 200 '{"id":"abc","state":"done","items":[1,2,3],"name":"something that is about one hundred bytes long","x":12345}'; }
location = /items  { return 200 '{"total":3,"items":[{"id":"item-1"},{"id":"item-2"},{"id":"item-3"}],"next":"/items?page=2","page":1,"took":12}'; }
location = /search { return 200 '{"total":3,"items":[{"id":"item-1"},{"id":"item-2"},{"id":"item-3"}],"next":null,"page":1,"took":12,"hits":345}'; }
location /items/   { return 200 '{"id":"item-1","state":"done","name":"something that is about one hundred bytes long","price":12345,"stock":7}'; }
location = /orders { return 201 '{"id":"3f0c8e0e-8f5f-4f5b-9d29-1f0e1c9d2a77","state":"new","lines":1,"total":12345,"currency":"EUR","paid":false}'; }
location /orders/  { return 200 '{"id":"3f0c8e0e-8f5f-4f5b-9d29-1f0e1c9d2a77","state":"done","lines":1,"total":12345,"currency":"EUR","paid":true}'; }
`

// startNginx starts it on some cores. Stop must be called.
func (s *suite) startNginx(cores string) (*nginx, error) {
	dir, err := os.MkdirTemp(s.dir, "nginx-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { // its workers may be another user
		return nil, err
	}
	keep, done := freeAddress(), freeAddress()
	config := strings.NewReplacer("DIR", dir, "KEEP", keep, "CLOSE", done).Replace(nginxConfig)
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(config), 0o644); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "answers.conf"), []byte(nginxAnswers), 0o644); err != nil {
		return nil, err
	}
	n := &nginx{url: "http://" + keep, closing: "http://" + done}
	n.cmd = pinned(context.Background(), cores, path("nginx"), "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", filepath.Join(dir, "nginx.conf"))
	n.cmd.Stderr = os.Stderr
	if err := n.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if _, err := n.requests(); err == nil {
			return n, nil
		} else if time.Now().After(deadline) {
			n.stop()
			return nil, fmt.Errorf("nginx does not answer after 5 s: %w", err)
		}
	}
}

func (n *nginx) stop() {
	_ = n.cmd.Process.Signal(syscall.SIGTERM)
	_ = n.cmd.Wait() // its exit code says nothing more
}

// freeAddress is a loopback address nobody listens on now.
func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "127.0.0.1:18080"
	}
	defer l.Close()
	return l.Addr().String()
}

// requests is how many requests nginx has had, without those that ask.
func (n *nginx) requests() (int64, error) {
	text, err := fetch(n.url + "/status")
	if err != nil {
		return 0, err
	}
	var accepted, handled, requests int64
	_, rest, _ := strings.Cut(text, "requests")
	if _, err := fmt.Sscan(rest, &accepted, &handled, &requests); err != nil {
		return 0, fmt.Errorf("nginx's status cannot be read: %q", text)
	}
	n.asked++
	return requests - n.asked, nil
}

func fetch(url string) (string, error) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	return string(text), err
}
