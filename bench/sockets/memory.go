package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/websocket"
)

// spare is how many descriptors are left for other things than sockets.
const spare = 100

// affordable is how many of n sockets the limit on descriptors allows.
func affordable(n int) (int, error) {
	most, err := files()
	if err != nil {
		return 0, err
	}
	if n > most-spare {
		fmt.Fprintf(os.Stderr, "sockets: the limit of %d descriptors allows %d sockets\n", most, most-spare)
		n = most - spare
	}
	return n, nil
}

// keeping is the kind of socket whose user keeps its TLS session, as users do
// unless their target wants full handshakes.
const keeping = "tls, sessions kept"

// secure reports whether sockets of a kind are over TLS.
func secure(kind string) bool { return kind == "tls" || kind == keeping }

// memory prints what silent sockets cost, each kind in a process of its own.
func memory(n int, out io.Writer) error {
	n, err := affordable(n)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%d silent sockets, each after one message there and back; resident memory of the process that holds them.\n\n", n)
	fmt.Fprintln(out, "| connections | KiB a socket | goroutines a socket | Go's stacks, KiB a socket | Go's heap, KiB a socket |\n| --- | --- | --- | --- | --- |")
	for _, kind := range []string{"plain", "compressed", "tls", keeping} {
		server, err := startServer(secure(kind))
		if err != nil {
			return err
		}
		cmd := exec.Command(self, "hold", kind, strconv.Itoa(n), server.addr)
		cmd.Stdout, cmd.Stderr = out, os.Stderr
		err = cmd.Run()
		server.stop()
		if err != nil {
			return fmt.Errorf("%s: %w", kind, err)
		}
	}
	return nil
}

// hold opens sockets, uses each once, and prints a row.
func hold(args []string, out io.Writer) error {
	if len(args) != 3 {
		return fmt.Errorf("hold needs kind, number and address")
	}
	kind, addr := args[0], args[2]
	n, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	c := newClients(kind, addr)
	defer c.factory.Close()
	if err := c.open(1); err != nil { // what the first one costs is not a socket's
		return err
	}
	before, err := measured()
	if err != nil {
		return err
	}
	if err := c.open(n); err != nil {
		return err
	}
	if err := c.once(); err != nil {
		return err
	}
	after, err := measured()
	if err != nil {
		return err
	}
	each := func(a, b uint64) float64 { return (float64(b) - float64(a)) / 1024 / float64(n) }
	fmt.Fprintf(out, "| %s | %.1f | %.2f | %.1f | %.1f |\n", kind, each(before.resident, after.resident),
		float64(after.goroutines-before.goroutines)/float64(n), each(before.stacks, after.stacks), each(before.heap, after.heap))
	c.factory.Cut()
	return nil
}

// footprint is what a process uses, in bytes.
type footprint struct {
	resident, stacks, heap uint64
	goroutines             int
}

func measured() (footprint, error) {
	for range 3 { // stacks shrink once a collection
		runtime.GC()
	}
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	rss, err := resident()
	return footprint{resident: rss, stacks: m.StackInuse, heap: m.HeapInuse, goroutines: runtime.NumGoroutine()}, err
}

// resident is the resident memory of this process (VmRSS).
func resident() (uint64, error) {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, fmt.Errorf("resident memory is measured on Linux only: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("/proc/self/status has no VmRSS")
}

// clients are open sockets.
type clients struct {
	kind    string
	clock   *transport.Clock
	factory *websocket.Factory
	route   *transport.Route
	mu      sync.Mutex
	sockets []*client
}

type client struct {
	transport.Socket
	notify   chan struct{}
	sessions *transport.Sessions // of its user; nil: none is kept
}

func newClients(kind, addr string) *clients {
	clock := transport.NewClock()
	d := dial.New(dial.Config{Clock: clock, TLS: &tls.Config{InsecureSkipVerify: true}}) // the server is ours
	c := &clients{kind: kind, clock: clock, factory: websocket.New(websocket.Config{Clock: clock, Dial: d})}
	c.route = &transport.Route{Scheme: "http", Addr: addr, Server: "127.0.0.1", Host: addr}
	if secure(kind) {
		c.route.Scheme = "https"
	}
	return c
}

// open opens n more sockets, a few at a time.
func (c *clients) open(n int) error {
	turns := make(chan struct{}, 16)
	errs := make(chan error, n)
	for range n {
		turns <- struct{}{}
		go func() {
			defer func() { <-turns }()
			k := &client{notify: make(chan struct{}, 1)}
			var r transport.Result
			if c.kind == keeping {
				k.sessions = &transport.Sessions{}
			}
			k.Socket = c.factory.Open(&transport.Opening{
				Route: c.route, Host: c.route.Host, Compress: c.kind == "compressed", Ping: 25 * time.Second, Notify: k.notify, Sessions: k.sessions,
			}, &r)
			if r.Class != plan.OK {
				errs <- r.Err
				return
			}
			c.mu.Lock()
			c.sockets = append(c.sockets, k)
			c.mu.Unlock()
			errs <- nil
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

// once sends a message over each socket and takes the answer. Messages are
// too small for the server to tell whether they are compressed.
func (c *clients) once() error {
	for _, k := range c.sockets {
		if _, _, err := k.Send(true, []byte("hello"), limit); err != nil {
			return err
		}
	}
	for _, k := range c.sockets {
		if _, err := k.message(); err != nil {
			return err
		}
	}
	return nil
}

// message takes the next message.
func (k *client) message() (transport.SocketEvent, error) {
	wait := time.NewTimer(limit)
	defer wait.Stop()
	for {
		switch e, ok := k.Next(); {
		case ok && e.Kind == transport.SocketMessage:
			return e, nil
		case ok && e.Kind == transport.SocketClosed:
			return e, fmt.Errorf("closed: %d %v", e.Code, e.Err)
		case ok:
			continue
		}
		select {
		case <-k.notify:
		case <-wait.C:
			return transport.SocketEvent{}, fmt.Errorf("no answer within %v", limit)
		}
	}
}
