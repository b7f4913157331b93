package trace

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	body = "{\"truth\":\"is what the server's own log says of this request\"}\n"
	// logPath is the path that answers with the log, and is not in it.
	logPath = "/-/log"
	maxBody = 64 << 20
	// silence is how long the one connection that is served may say nothing
	// while others wait.
	silence = 2 * time.Second
)

// Server serves a Spec on a free port of 127.0.0.1 until it is closed.
type Server struct {
	spec     Spec
	listener net.Listener
	base     time.Time
	quit     chan struct{}
	wg       sync.WaitGroup
	arrival  sync.Mutex // of first, n and free
	first    int64      // when the first request came; -1 before
	n        int64
	free     int64 // when a queue has done all that came so far
	serving  atomic.Int64

	mu     sync.Mutex
	conns  map[*conn]struct{}
	nConns int64
	done   []Entry // of connections that are closed
	closed bool
}

// New starts a server.
func New(spec Spec) (*Server, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the trace server can't listen: %w", err)
	}
	s := &Server{spec: spec, listener: l, base: time.Now(), quit: make(chan struct{}), first: -1, conns: map[*conn]struct{}{}}
	s.wg.Go(s.accept)
	return s, nil
}

// Addr is the host and port to dial.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Log is what the server did so far, in the order of arrival. A request is in
// it when its answer is written, which its client may know a moment sooner:
// after Close, the log is whole.
func (s *Server) Log() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.done)
	for c := range s.conns {
		c.mu.Lock()
		list = append(list, c.log...)
		c.mu.Unlock()
	}
	slices.SortFunc(list, func(a, b Entry) int { return int(a.N - b.N) })
	return list
}

// Close stops listening, drops all connections and joins the server's
// goroutines. The log can still be read.
func (s *Server) Close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.quit)
		s.listener.Close()
		for c := range s.conns {
			c.Close()
		}
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *Server) now() int64 { return int64(time.Since(s.base)) }

func (s *Server) accept() {
	for {
		nc, err := s.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if !s.sleep(10 * time.Millisecond) { // out of descriptors, most likely
				return
			}
			continue
		}
		c := &conn{Conn: nc, server: s, r: bufio.NewReaderSize(nc, 16<<10)}
		if !s.add(c) {
			nc.Close()
			return
		}
		if s.spec.Queue == OneConnection {
			c.serve()
			continue
		}
		s.wg.Go(c.serve)
	}
}

func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nConns++
	c.number = s.nConns
	s.conns[c] = struct{}{}
	return !s.closed
}

func (s *Server) remove(c *conn) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done = append(s.done, c.log...)
	delete(s.conns, c)
}

// sleep reports false when the server was closed meanwhile.
func (s *Server) sleep(d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-s.quit:
		return false
	}
}

// admit gives a request its number and service time, and says when its
// service may begin and when it is to end.
func (s *Server) admit(e *Entry) (begin, end int64) {
	s.arrival.Lock()
	defer s.arrival.Unlock()
	if s.first < 0 {
		s.first = e.Arrived
	}
	e.N = s.n
	s.n++
	e.Planned = int64(s.spec.Service.At(e.N))
	begin = e.Arrived + int64(s.spec.Gate.Opens(time.Duration(e.Arrived-s.first)))
	if s.spec.Queue == FirstCome {
		begin = max(begin, s.free)
		s.free = begin + e.Planned
	}
	return begin, begin + e.Planned
}

// conn is a connection and the log of what it carried.
type conn struct {
	net.Conn
	server *Server
	number int64
	r      *bufio.Reader

	mu  sync.Mutex
	log []Entry
}

// serve answers the connection's requests, one after another.
func (c *conn) serve() {
	defer c.server.remove(c)
	for {
		if c.server.spec.Queue == OneConnection {
			_ = c.SetReadDeadline(time.Now().Add(silence))
		}
		if _, err := c.r.Peek(1); err != nil {
			return
		}
		e := Entry{Conn: c.number, Arrived: c.server.now()}
		h, err := readHead(c.r)
		if err != nil {
			return
		}
		if h.path == logPath {
			c.tell()
			return
		}
		e.ID = h.id
		if _, err := io.CopyN(io.Discard, c.r, h.body); err != nil {
			return
		}
		if !c.answer(&e) || h.last || c.server.spec.Queue == OneConnection {
			return
		}
	}
}

// answer takes the request's time and writes the answer. It reports whether
// the connection still stands.
func (c *conn) answer(e *Entry) bool {
	s := c.server
	s.serving.Add(1)
	defer s.serving.Add(-1)
	begin, end := s.admit(e)
	if !s.sleep(time.Duration(begin - s.now())) {
		return false
	}
	e.Begun = s.now()
	if !s.sleep(time.Duration(end - s.now())) {
		return false
	}
	err := c.write(e)
	if err == nil {
		e.Ended = s.now()
	}
	c.mu.Lock()
	c.log = append(c.log, *e)
	c.mu.Unlock()
	return err == nil
}

var (
	keepHead  = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n")
	closeHead = []byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n")
	keepAll   = append(slices.Clone(keepHead), body...)
	closeAll  = append(slices.Clone(closeHead), body...)
)

// write writes the answer, stamping the moment before its last bytes.
func (c *conn) write(e *Entry) error {
	s := c.server
	head, all := keepHead, keepAll
	if s.spec.Queue == OneConnection {
		head, all = closeHead, closeAll
	}
	rest := all
	if n := s.spec.Drip.Pieces; n > 1 {
		if _, err := c.Write(head); err != nil {
			return err
		}
		for i := range n - 1 {
			if _, err := io.WriteString(c, body[i*len(body)/n:(i+1)*len(body)/n]); err != nil {
				return err
			}
			if !s.sleep(s.spec.Drip.Every) {
				return net.ErrClosed
			}
		}
		rest = []byte(body[(n-1)*len(body)/n:])
	}
	e.Sending = s.now()
	_, err := c.Write(rest)
	return err
}

// tell answers with the log, and ends the connection. What is being served
// may end before, so that an answer that has just been read is in the log.
func (c *conn) tell() {
	for end := time.Now().Add(silence); c.server.serving.Load() > 0 && time.Now().Before(end); {
		if !c.server.sleep(time.Millisecond) {
			return
		}
	}
	text, err := json.Marshal(c.server.Log())
	if err != nil {
		return
	}
	fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n", len(text))
	_, _ = c.Write(text) // whoever asked may have gone
}

// head is what the server reads of a request's head.
type head struct {
	path, id string
	body     int64
	last     bool // the client closes the connection after it
}

var errHead = errors.New("trace: not a request this server reads")

// readHead reads a request up to its body. A body must have a Content-Length.
func readHead(r *bufio.Reader) (h head, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return h, err
	}
	parts := bytes.Fields(line)
	if len(parts) != 3 || !bytes.HasPrefix(parts[2], []byte("HTTP/1.")) {
		return h, errHead
	}
	h.path, h.last = string(parts[1]), parts[2][len(parts[2])-1] == '0'
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return h, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			return h, nil
		}
		name, value, ok := bytes.Cut(line, []byte(":"))
		if !ok {
			return h, errHead
		}
		if value = bytes.TrimSpace(value); !h.take(name, value) {
			return h, errHead
		}
	}
}

// take reads a header; false for one it cannot serve.
func (h *head) take(name, value []byte) bool {
	is := func(want string) bool { return bytes.EqualFold(name, []byte(want)) }
	switch {
	case is("X-Id"):
		h.id = string(value)
	case is("Content-Length"):
		n, err := strconv.ParseInt(string(value), 10, 64)
		h.body = n
		return err == nil && 0 <= n && n <= maxBody
	case is("Connection"):
		h.last = h.last && !bytes.EqualFold(value, []byte("keep-alive")) || bytes.EqualFold(value, []byte("close"))
	case is("Transfer-Encoding"):
		return false
	}
	return true
}
