package mock

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Server is a running server. It ends with Close.
type Server struct {
	name     string
	routes   []*route
	log      *Log
	http     *http.Server
	addr     netip.AddrPort
	done     chan struct{} // closed by Close
	serving  sync.WaitGroup
	handlers sync.WaitGroup
	calls    sync.Mutex // held while a route's functions are called

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]bool
	gone   sync.WaitGroup // of the connections
}

// Serve starts a server, which writes what it is sent into log under its name.
// The error says what is wrong with a route, or why nothing can be listened on.
func Serve(name string, routes []Route, book *Log) (*Server, error) {
	s := &Server{name: name, log: book, done: make(chan struct{}), conns: map[net.Conn]bool{}}
	for _, r := range routes {
		made, err := newRoute(r)
		if err != nil {
			return nil, fmt.Errorf("mock %q: %w", name, err)
		}
		s.routes = append(s.routes, made)
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("mock %q cannot listen: %w", name, err)
	}
	s.addr = l.Addr().(*net.TCPAddr).AddrPort()
	s.http = &http.Server{Handler: s, ConnState: s.connState, Protocols: new(http.Protocols),
		ErrorLog: log.New(io.Discard, "", 0)} // what clients do wrong is no news of the server's
	s.http.Protocols.SetHTTP1(true)
	s.http.Protocols.SetUnencryptedHTTP2(true)
	s.serving.Go(func() { _ = s.http.Serve(l) })
	return s, nil
}

// Addr is where it listens.
func (s *Server) Addr() netip.AddrPort { return s.addr }

// Close cuts every connection, and returns when all that the server did has
// ended. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	s.mu.Unlock()
	if first {
		close(s.done)
		_ = s.http.Close()
	}
	s.serving.Wait()
	s.handlers.Wait()
	s.gone.Wait()
}

// connState keeps account of connections, each of which is a goroutine of its
// own. Those that a handler took over end with the handler.
func (s *Server) connState(c net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case state == http.StateNew:
		s.conns[c] = true
		s.gone.Add(1)
	case (state == http.StateClosed || state == http.StateHijacked) && s.conns[c]:
		delete(s.conns, c)
		s.gone.Done()
	}
}

// enter counts a handler in; false when the server is closed.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.handlers.Add(1)
	}
	return !s.closed
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.enter() {
		panic(http.ErrAbortHandler)
	}
	defer s.handlers.Done()
	req, err := read(r)
	if err != nil {
		panic(http.ErrAbortHandler) // it is not whole, so there is nothing to answer
	}
	taker, index := s.book(&req, r.URL.EscapedPath())
	if taker == nil {
		s.none(w, &req)
		return
	}
	if !s.delay(r.Context(), taker) {
		panic(http.ErrAbortHandler)
	}
	switch taker.Fault {
	case Hang:
		select {
		case <-r.Context().Done():
		case <-s.done:
		}
		panic(http.ErrAbortHandler)
	case Reset, Close, Garbage:
		cut(w, taker.Fault)
	default:
		if taker.Socket != nil {
			s.open(w, r, req, taker, index)
			return
		}
		s.answer(w, &req, taker, index)
	}
}

// maxBody is how much of a body is kept; the rest is read and forgotten.
const maxBody = MaxBytes

// read takes a whole request.
func read(r *http.Request) (Request, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err == nil {
		_, err = io.Copy(io.Discard, r.Body)
	}
	req := Request{Method: r.Method, Path: r.URL.EscapedPath(), Params: map[string]string{},
		Query: map[string]string{}, Headers: map[string]string{"host": r.Host}, Body: string(body)}
	for name, values := range r.URL.Query() {
		req.Query[name] = values[0]
	}
	for name, values := range r.Header {
		req.Headers[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	return req, err
}

// book finds the route that takes a request, and writes it into the log. It
// completes the request.
func (s *Server) book(req *Request, path string) (*route, int) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	for i, r := range s.routes {
		params, ok := r.match(req.Method, path)
		if !ok || !r.take() {
			continue
		}
		req.Params, req.Count = params, r.taken
		s.log.add(Entry{Server: s.name, Route: i, Key: r.key(req.Method), Request: *req})
		return r, i
	}
	s.log.add(Entry{Server: s.name, Route: -1, Key: req.Method + " " + req.Path, Request: *req})
	return nil, -1
}

// none answers what no route takes.
func (s *Server) none(w http.ResponseWriter, req *Request) {
	var b strings.Builder
	fmt.Fprintf(&b, "mock %q has no route for %s %s\n", s.name, req.Method, req.Path)
	s.log.mu.Lock()
	for _, r := range s.routes {
		fmt.Fprintf(&b, "  %s\n", r)
	}
	s.log.mu.Unlock()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, b.String())
}

// delay waits as long as a route says; false when there is nobody left to
// answer.
func (s *Server) delay(ctx context.Context, r *route) bool {
	d := s.latency(r)
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-s.done:
	}
	return false
}

func (s *Server) latency(r *route) time.Duration {
	if r.Latency == nil {
		return 0
	}
	s.calls.Lock()
	defer s.calls.Unlock()
	return r.Latency()
}
