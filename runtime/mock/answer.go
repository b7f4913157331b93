package mock

import (
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"
)

// answer makes a route's answer and sends it, or as much of it as its fault
// leaves.
func (s *Server) answer(w http.ResponseWriter, req *Request, r *route, index int) {
	a, err := s.ask(r, *req)
	if err != nil {
		s.log.fail(s.name, index, err)
		http.Error(w, fmt.Sprintf("mock %q cannot make the answer of %s: %s", s.name, r.Path, err), http.StatusInternalServerError)
		return
	}
	for name, value := range a.Headers {
		w.Header().Set(name, value)
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header()["Content-Type"] = nil // nothing is guessed
	}
	if r.Fault == Truncate {
		truncate(w, req, a)
		return
	}
	if w.Header().Get("Content-Length") == "" && hasBody(a.Status) {
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body) // whoever asked may be gone
}

func (s *Server) ask(r *route, req Request) (Answer, error) {
	s.calls.Lock()
	defer s.calls.Unlock()
	a, err := r.Answer(req)
	switch {
	case err != nil:
	case a.Status < 200 || a.Status > 599:
		err = fmt.Errorf("the status of an answer lies between 200 and 599; this is %d", a.Status)
	case len(a.Body) > 0 && !hasBody(a.Status):
		err = fmt.Errorf("an answer with status %d has no body", a.Status)
	}
	return a, err
}

// hasBody reports whether an answer with a status can have a body.
func hasBody(status int) bool {
	return status != http.StatusNoContent && status != http.StatusNotModified
}

// truncate sends about half of an answer, and ends the connection.
func truncate(w http.ResponseWriter, req *Request, a Answer) {
	if req.Method == http.MethodHead || !hasBody(a.Status) {
		cut(w, Truncate)
		return
	}
	w.Header().Del("Transfer-Encoding")
	w.Header().Set("Content-Length", strconv.Itoa(max(len(a.Body), 1)))
	w.WriteHeader(a.Status)
	_, _ = w.Write(a.Body[:len(a.Body)/2])
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// What is on the wire of a fault.
const (
	notHTTP  = "\x16\x03garbage, not HTTP\r\n\r\n"
	halfHead = "HTTP/1.1 200 O"
)

// cut ends a connection as a fault says. Where it is shared with other
// requests, only the stream is reset.
func cut(w http.ResponseWriter, f Fault) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(5 * time.Second))
	switch tcp, ok := conn.(*net.TCPConn); {
	case f == Reset && ok:
		_ = tcp.SetLinger(0)
	case f == Garbage:
		_, _ = conn.Write([]byte(notHTTP))
	case f == Truncate:
		_, _ = conn.Write([]byte(halfHead))
	}
}
