package exampleapi

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	socketIdle     = 90 * time.Second // without any frame, a socket is given up
	socketPing     = 30 * time.Second // between the server's pings
	socketPatience = 10 * time.Second // for a client to take a frame
	socketGoodbye  = time.Second      // for a client to answer a close frame

	defaultInterval = time.Second           // between broadcasts
	minInterval     = 10 * time.Millisecond // the shortest that a client may ask for
)

// A socket is one WebSocket connection. Its reader owns the connection's input
// and answers; its broadcaster sends notifications; both write through send.
type socket struct {
	hub    *hub
	number uint64
	conn   net.Conn
	in     *bufio.Reader
	dice   *rand.Rand
	id     string // told to the client
	client string // what the client calls itself; "" for nothing
	who    *listener

	events chan string   // ids of content requests
	change chan struct{} // the subscription has changed
	over   chan struct{} // closed when the reader ends
	held   []byte        // a notification that a fault has put behind the next one

	mu      sync.Mutex // guards writes and what follows
	closing bool
	why     string // it ended; "" for no reason of anybody's
}

func newSocket(h *hub, conn net.Conn, in *bufio.Reader, client string) *socket {
	number := h.made.Add(1)
	return &socket{
		hub:    h,
		number: number,
		conn:   conn,
		in:     in,
		dice:   newDice(h.s.seed, streamOf("socket"), number),
		id:     "ws-" + strconv.FormatUint(number, 10),
		client: client,
		events: make(chan string, 16),
		change: make(chan struct{}, 1),
		over:   make(chan struct{}),
	}
}

// welcome completes the handshake.
func (k *socket) welcome(c *call) error {
	_ = k.conn.SetDeadline(time.Time{})
	answer := "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
		acceptKey(c.r.Header.Get("Sec-WebSocket-Key")) + "\r\nX-Request-Id: " + headerSafe(c.id) + "\r\n\r\n"
	return k.write([]byte(answer), false)
}

// run speaks with the client until the connection ends.
func (k *socket) run() {
	var broadcaster sync.WaitGroup
	broadcaster.Go(k.broadcast)
	defer broadcaster.Wait()
	defer close(k.over)

	messages := messageReader{r: k.in, control: k.control}
	for {
		k.extend()
		op, message, err := messages.next()
		if err != nil {
			k.end(err)
			return
		}
		k.hub.received.Add(1)
		k.who.count(func(l *ListenerLog) { l.Received++ })
		if k.hub.s.faults.strikesSocket(faultWSDrop) {
			k.cut()
			return
		}
		if k.hub.s.faults.strikesSocket(faultWSStall) || k.hub.s.faults.strikesSocket(faultWSLose) {
			k.who.count(func(l *ListenerLog) { l.Lost++ })
			continue
		}
		if !k.hub.pause(k.hub.s.scaled(frames.draw(k.dice)), k.over) {
			continue
		}
		if err := k.answer(op, message); err != nil {
			return
		}
	}
}

// headerSafe leaves out what can't stand in a header.
func headerSafe(s string) string {
	b := make([]byte, 0, len(s))
	for i := range len(s) {
		if s[i] >= ' ' && s[i] != 0x7F {
			b = append(b, s[i])
		}
	}
	return string(b)
}

// extend gives the client more time, unless the socket is closing.
func (k *socket) extend() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.closing {
		_ = k.conn.SetReadDeadline(time.Now().Add(socketIdle))
	}
}

// errGoodbye ends a socket whose close frames have been exchanged.
var errGoodbye = errors.New("the socket is closed")

func (k *socket) control(f frame) error {
	k.extend()
	switch f.op {
	case opPing:
		if k.hub.s.faults.active(faultWSStall, k.hub.s.now()) != nil {
			return nil
		}
		return k.send(opPong, f.payload)
	case opClose:
		code, err := parseClose(f.payload)
		if err != nil {
			return err
		}
		k.because("client " + strconv.Itoa(code))
		k.closeWith(code, "")
		return errGoodbye
	}
	return nil
}

// end closes the socket because of err. After a breach of the protocol the
// client gets a moment to read the close frame.
func (k *socket) end(err error) {
	var reason *closeError
	if errors.As(err, &reason) {
		k.closeWith(reason.code, reason.reason)
		if tcp, ok := k.conn.(*net.TCPConn); ok {
			_ = tcp.CloseWrite()
		}
		_, _ = io.Copy(io.Discard, k.in)
	}
}

// closeWith sends a close frame and leaves the client a moment to answer. Only
// the first call does anything.
func (k *socket) closeWith(code int, reason string) {
	k.mu.Lock()
	if k.closing {
		k.mu.Unlock()
		return
	}
	k.closing = true
	k.mu.Unlock()
	k.because("service " + strconv.Itoa(code))
	_ = k.write(appendFrame(nil, opClose, closePayload(code, reason)), true)
	_ = k.conn.SetReadDeadline(time.Now().Add(socketGoodbye))
}

// cut ends the connection without a close frame.
func (k *socket) cut() {
	k.because("cut")
	k.mu.Lock()
	k.closing = true
	k.mu.Unlock()
	if tcp, ok := k.conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = k.conn.Close()
}

func (k *socket) send(op byte, payload []byte) error {
	return k.write(appendFrame(make([]byte, 0, len(payload)+10), op, payload), false)
}

// write sends b whole; nothing but the close frame is sent while closing.
func (k *socket) write(b []byte, goodbye bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closing && !goodbye {
		return errGoodbye
	}
	_ = k.conn.SetWriteDeadline(time.Now().Add(socketPatience))
	_, err := k.conn.Write(b)
	return err
}

// message sends v as a text message, twice where a fault says so.
func (k *socket) message(v any) error {
	return k.text(asJSON(http.StatusOK, v).body)
}

func (k *socket) text(body []byte) error {
	if err := k.send(opText, body); err != nil {
		return err
	}
	k.hub.sent.Add(1)
	if !k.hub.s.faults.strikesSocket(faultWSDuplicate) || k.send(opText, body) != nil {
		return nil
	}
	k.hub.sent.Add(1)
	k.who.count(func(l *ListenerLog) { l.Duplicated++ })
	return nil
}

// because notes why the socket ends. The first reason counts.
func (k *socket) because(why string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.why == "" {
		k.why = why
	}
}

// reason is why the socket has ended.
func (k *socket) reason() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return cmp.Or(k.why, "lost")
}

// willing reports whether the client has closed the socket.
func (k *socket) willing() bool { return strings.HasPrefix(k.reason(), "client ") }
