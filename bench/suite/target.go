package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"time"
)

// arrivals is what the suite's own server saw: the time of each request.
type arrivals struct {
	n     atomic.Int64
	times [4 << 20]atomic.Int64 // Unix nanoseconds
}

// report is arrivals as the server tells them.
type report struct {
	Count int64
	First int64   // Unix nanoseconds; 0 for none
	Tens  []int64 // requests in each 100 ms from the first on
}

// serveTarget answers HTTP requests on loopback, notes when each came, and
// says its address on out. GET /report tells what came. It ends when it is
// killed, or after five minutes.
func serveTarget(out io.Writer) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, l.Addr())
	time.AfterFunc(5*time.Minute, func() { os.Exit(0) })
	a := &arrivals{}
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go a.serve(conn)
	}
}

const targetAnswer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 28\r\n\r\n" + `{"id":"abc","access":"1234"}`

// serve answers a connection. A request is what comes in one read, which
// holds for small ones, sent one after another.
func (a *arrivals) serve(conn net.Conn) {
	defer conn.Close()
	buf := make([]byte, 16<<10)
	answer := []byte(targetAnswer)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		now := time.Now().UnixNano()
		if bytes.HasPrefix(buf[:n], []byte("GET /report ")) {
			text, _ := json.Marshal(a.report())
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
			return
		}
		if i := a.n.Add(1) - 1; i < int64(len(a.times)) {
			a.times[i].Store(now)
		}
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

func (a *arrivals) report() report {
	r := report{Count: a.n.Load()}
	for i := range min(r.Count, int64(len(a.times))) {
		if t := a.times[i].Load(); r.First == 0 || t < r.First {
			r.First = t
		}
	}
	for i := range min(r.Count, int64(len(a.times))) {
		window := int((a.times[i].Load() - r.First) / int64(100*time.Millisecond))
		for len(r.Tens) <= window {
			r.Tens = append(r.Tens, 0)
		}
		r.Tens[window]++
	}
	return r
}

// target is the suite's server, running in a process of its own.
type target struct {
	cmd *exec.Cmd
	url string
}

// startTarget starts it on some cores. Stop must be called.
func (s *suite) startTarget(cores string) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	t := &target{cmd: pinned(context.Background(), cores, self, "target")}
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	t.cmd.Stderr = os.Stderr
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	var address string
	if _, err := fmt.Fscanln(out, &address); err != nil {
		t.stop()
		return nil, fmt.Errorf("the suite's server did not say its address: %w", err)
	}
	t.url = "http://" + address
	return t, nil
}

func (t *target) stop() {
	_ = t.cmd.Process.Kill()
	_ = t.cmd.Wait() // killed, as meant
}

func (t *target) report() (r report, err error) {
	text, err := fetch(t.url + "/report")
	if err != nil {
		return r, err
	}
	return r, json.NewDecoder(strings.NewReader(text)).Decode(&r)
}
