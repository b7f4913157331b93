// Package faultserver is an HTTP server that goes wrong on purpose: every path
// is one way in which a real server, or something between, breaks an exchange.
// It speaks raw TCP, because a proper HTTP library refuses to.
//
// It is for tests. It keeps its own account of what it did, so that a client's
// books can be held against it. It must not know any client.
package faultserver

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxLog      = 1 << 20 // entries kept; later requests are only counted
	maxHead     = 1 << 20
	maxRequests = 1 << 20 // on one connection
	patience    = 30 * time.Second
)

// Entry is the server's own truth about one request.
type Entry struct {
	Conn    int // connections are numbered from 1 in the order of acceptance
	Request int // of its connection, from 1
	Method  string
	Path    string // with the query
	Body    int64  // bytes of the request's body that were read
	Outcome string // what the server did: "answered", "reset", "hung", …
}

// Server listens on a free port of 127.0.0.1 until it is closed.
type Server struct {
	listener net.Listener
	tls      *tls.Config
	quit     chan struct{}
	wg       sync.WaitGroup

	mu       sync.Mutex
	log      []Entry
	count    int
	accepted int
	open     map[net.Conn]struct{}
	closed   bool
}

// New starts a server without TLS.
func New() (*Server, error) { return NewTLS(nil) }

// NewTLS starts a server with TLS, or without if config is nil.
func NewTLS(config *tls.Config) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("the fault server can't listen: %w", err)
	}
	s := &Server{listener: l, tls: config, quit: make(chan struct{}), open: map[net.Conn]struct{}{}}
	s.wg.Add(1)
	go s.accept()
	return s, nil
}

// Addr is the host and port to dial.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Log is a copy of what the server did, in the order in which it was done. An
// entry appears when the server is through with the request.
func (s *Server) Log() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Entry(nil), s.log...)
}

// Count is the number of requests the server is through with.
func (s *Server) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count
}

// Accepted is the number of connections the server ever had.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Open is the number of connections that stand.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open)
}

// Close stops listening, drops all connections and joins the server's
// goroutines.
func (s *Server) Close() {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return
	}
	s.closed = true
	close(s.quit)
	s.listener.Close()
	for conn := range s.open {
		conn.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *Server) accept() {
	defer s.wg.Done()
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			select { // out of descriptors, most likely
			case <-s.quit:
				return
			case <-time.After(10 * time.Millisecond):
			}
			continue
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			conn.Close()
			return
		}
		s.accepted++
		number := s.accepted
		s.open[conn] = struct{}{}
		s.wg.Add(1)
		s.mu.Unlock()
		go s.serve(conn, number)
	}
}

func (s *Server) serve(conn net.Conn, number int) {
	defer s.wg.Done()
	x := &exchange{server: s, tcp: conn.(*net.TCPConn), Conn: conn, number: number}
	defer func() {
		x.Conn.Close()
		s.mu.Lock()
		delete(s.open, conn)
		s.mu.Unlock()
	}()
	if s.tls != nil {
		secure := tls.Server(conn, s.tls)
		x.Conn = secure
		conn.SetDeadline(time.Now().Add(patience))
		if secure.Handshake() != nil {
			return
		}
		conn.SetDeadline(time.Time{})
	}
	x.in = bufio.NewReader(x.Conn)
	for x.request = 1; x.request <= maxRequests; x.request++ {
		if x.readHead() != nil {
			return
		}
		outcome, keep := x.answer()
		s.record(Entry{
			Conn: number, Request: x.request, Method: x.method, Path: x.target,
			Body: x.body, Outcome: outcome,
		})
		if x.after != nil {
			x.after()
			x.after = nil
		}
		if !keep {
			return
		}
	}
}

func (s *Server) record(e Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if len(s.log) < maxLog {
		s.log = append(s.log, e)
	}
}

// exchange is one request, and the connection it came over.
type exchange struct {
	net.Conn
	server  *Server
	tcp     *net.TCPConn
	in      *bufio.Reader
	number  int
	request int

	method string
	target string
	path   string
	query  url.Values
	length int64  // of the body, as announced
	body   int64  // bytes of it that were read
	after  func() // what is done once the request is in the log
}

// readHead reads the request's head. Its body is read by the modes that do.
func (x *exchange) readHead() error {
	read := 0
	line := func() (string, error) {
		s, err := x.in.ReadString('\n')
		if read += len(s); read > maxHead {
			return "", errors.New("the request's head is too large")
		}
		return strings.TrimRight(s, "\r\n"), err
	}
	first, err := line()
	if err != nil {
		return err
	}
	method, rest, _ := strings.Cut(first, " ")
	target, version, ok := strings.Cut(rest, " ")
	if !ok || version != "HTTP/1.1" {
		return fmt.Errorf("%q is not a request", first)
	}
	path, query, _ := strings.Cut(target, "?")
	x.method, x.target, x.path = method, target, path
	x.query, _ = url.ParseQuery(query)
	x.length, x.body = 0, 0
	for {
		field, err := line()
		if err != nil {
			return err
		}
		if field == "" {
			return nil
		}
		name, value, _ := strings.Cut(field, ":")
		if strings.EqualFold(name, "Content-Length") {
			if x.length, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil {
				return err
			}
		}
	}
}

// readBody reads the body and returns its first bytes.
func (x *exchange) readBody() []byte {
	kept, _ := io.ReadAll(io.LimitReader(x.in, min(x.length, 1<<20)))
	n, _ := io.CopyN(io.Discard, x.in, x.length-int64(len(kept)))
	x.body = int64(len(kept)) + n
	return kept
}

// wait holds the connection until the client leaves or the server is closed.
func (x *exchange) wait() {
	x.tcp.SetReadDeadline(time.Now().Add(patience))
	io.Copy(io.Discard, x.in)
}

// pause waits d; it is false when the server is being closed.
func (x *exchange) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-x.server.quit:
		return false
	}
}

// reset closes the connection with RST.
func (x *exchange) reset() {
	x.tcp.SetLinger(0)
	x.tcp.Close()
}

// closeWrite ends what the server sends, and goes on listening.
func (x *exchange) closeWrite() {
	if secure, ok := x.Conn.(*tls.Conn); ok {
		secure.CloseWrite()
	}
	x.tcp.CloseWrite()
}
