package mock

import (
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Socket is what a route does with those who open a WebSocket at it.
type Socket struct {
	Sends []Send // what is said unasked
	// Reply answers a message. It is called by one goroutine of a server at a
	// time, as a route's functions are; nil where nothing is answered.
	Reply func(Request, Message) (Reply, error)
}

// Send is what a socket says unasked.
type Send struct {
	After time.Duration // since the socket was opened
	Every time.Duration // and again each time so much has passed; 0 for once
	Frame func(Request) (Frame, error)
}

// Message is what a socket was sent.
type Message struct {
	Data   []byte
	Binary bool
	Count  int // of this socket's messages, this one included
}

// Frame is a message of text, or the end of a socket.
type Frame struct {
	Text  []byte
	Close int // the code the socket is closed with; Cut to end it without a word; 0 for a message
}

// Cut is the code of a socket that ended without a close frame (RFC 6455,
// section 7.4.1); it is never sent.
const Cut = 1006

// Reply is the answer to a message.
type Reply struct {
	Frame
	None  bool          // nothing is said
	After time.Duration // how long it is waited with, and with it what comes after
}

// farewell is how long a client has for its close frame.
const farewell = 5 * time.Second

// open opens a socket, and returns when it has ended.
func (s *Server) open(w http.ResponseWriter, r *http.Request, req Request, rt *route, index int) {
	if problem := upgrade(r); problem != "" {
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, fmt.Sprintf("%s opens a WebSocket, and this request does not: %s", rt.Path, problem), http.StatusUpgradeRequired)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, "a WebSocket is opened over HTTP/1.1", http.StatusUpgradeRequired)
		return
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Time{})
	if _, err := io.WriteString(conn, accept(r)); err != nil {
		return
	}
	k := &socket{s: s, conn: conn, in: buffered.Reader, req: req, route: rt, index: index, gone: make(chan struct{})}
	var speaking sync.WaitGroup
	speaking.Go(k.speak)
	k.listen()
	close(k.gone)
	_ = conn.Close()
	speaking.Wait()
}

// upgrade says how a request is no handshake of version 13, or "".
func upgrade(r *http.Request) string {
	has := func(header, word string) bool {
		return slices.ContainsFunc(strings.Split(strings.Join(r.Header.Values(header), ","), ","), func(s string) bool {
			return strings.EqualFold(strings.TrimSpace(s), word)
		})
	}
	key, err := base64.StdEncoding.DecodeString(r.Header.Get("Sec-WebSocket-Key"))
	switch {
	case r.Method != http.MethodGet:
		return "its method is " + r.Method
	case !has("Connection", "upgrade") || !has("Upgrade", "websocket"):
		return "it does not ask for an upgrade to websocket"
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return "its version is not 13"
	case err != nil || len(key) != 16:
		return "it has no key of 16 bytes"
	}
	return ""
}

// accept is the answer to a handshake. The first protocol that is offered is
// taken, and no extension.
func accept(r *http.Request) string {
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " + base64.StdEncoding.EncodeToString(sum[:]) + "\r\n"
	first, _, _ := strings.Cut(r.Header.Get("Sec-WebSocket-Protocol"), ",")
	if first = strings.TrimSpace(first); first != "" {
		answer += "Sec-WebSocket-Protocol: " + first + "\r\n"
	}
	return answer + "\r\n"
}

// socket is an open one. One goroutine listens, another speaks unasked and
// ends the connection when the server is closed.
type socket struct {
	s     *Server
	conn  net.Conn
	in    io.Reader
	req   Request // the handshake
	route *route
	index int
	gone  chan struct{} // closed when nobody listens any more
	kind  byte          // of the message that is coming in parts; 0 for none
	part  []byte        // what there is of it

	mu     sync.Mutex // of what is written
	closed bool       // a close frame was sent
}

// speak says what is said unasked, each when it is due.
func (k *socket) speak() {
	began := time.Now()
	sends := slices.Clone(k.route.Socket.Sends)
	for len(sends) > 0 {
		next := 0
		for i := range sends {
			if sends[i].After < sends[next].After {
				next = i
			}
		}
		due := &sends[next]
		if !k.wait(due.After - time.Since(began)) {
			return
		}
		k.s.calls.Lock()
		f, err := due.Frame(k.req)
		k.s.calls.Unlock()
		if !k.say(f, err) {
			break
		}
		if due.After += due.Every; due.Every <= 0 {
			sends = slices.Delete(sends, next, next+1)
		}
	}
	select {
	case <-k.gone:
	case <-k.s.done:
		_ = k.conn.Close()
	}
}

// wait waits; false where the socket has ended meanwhile.
func (k *socket) wait(d time.Duration) bool {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-k.gone:
	case <-k.s.done:
		_ = k.conn.Close()
	}
	return false
}

// say sends a message or ends the socket; false where nothing can follow.
func (k *socket) say(f Frame, err error) bool {
	switch {
	case err != nil:
		k.s.log.fail(k.s.name, k.index, err)
		k.close(internalError)
	case f.Close == Cut:
		_ = k.conn.Close()
	case f.Close != 0:
		k.close(f.Close)
	default:
		return k.write(opText, f.Text)
	}
	return false
}

// listen takes what comes until the socket ends.
func (k *socket) listen() {
	for count := 1; ; {
		op, data, code := k.read()
		switch {
		case code == Cut:
			return
		case code != 0:
			k.close(code)
			return
		case op == opPing:
			k.write(opPong, data)
			continue
		case op == opPong:
			continue
		case op == opClose:
			k.close(closeCode(data))
			return
		}
		m := Message{Data: data, Binary: op == opBinary, Count: count}
		count++
		k.book(m)
		if !k.answer(m) {
			k.drain()
			return
		}
	}
}

// book writes a message into the log.
func (k *socket) book(m Message) {
	k.s.log.mu.Lock()
	defer k.s.log.mu.Unlock()
	k.s.log.add(Entry{Server: k.s.name, Route: k.index, Key: MessageMethod + " " + k.route.Path, Request: Request{
		Method: MessageMethod, Path: k.req.Path, Params: k.req.Params, Query: map[string]string{}, Headers: map[string]string{},
		Body: string(m.Data), Count: m.Count,
	}})
}

// MessageMethod stands for the method of a socket's message in a Log.
const MessageMethod = "MESSAGE"

// answer answers a message; false where the socket is closed with that.
func (k *socket) answer(m Message) bool {
	if k.route.Socket.Reply == nil {
		return true
	}
	k.s.calls.Lock()
	r, err := k.route.Socket.Reply(k.req, m)
	k.s.calls.Unlock()
	if err == nil && (r.None || r.After > 0 && !k.wait(r.After)) {
		return r.None
	}
	return k.say(r.Frame, err)
}

// drain waits for the client's close frame, after ours.
func (k *socket) drain() {
	for {
		if op, _, code := k.read(); code != 0 || op == opClose {
			return
		}
	}
}
