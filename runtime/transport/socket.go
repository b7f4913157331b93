package transport

import (
	"time"

	"throng/dsl/plan"
)

// Opening is a rendered request for a WebSocket. Its slices are only read
// until Open returns.
type Opening struct {
	Route      *Route
	Host       string        // Host header
	URI        []byte        // path and query, percent-encoded
	Header     []byte        // "Name: value\r\n" lines; none of those the handshake makes itself
	Protocols  []string      // subprotocols offered
	Compress   bool          // permessage-deflate is offered
	Sessions   *Sessions     // the user's TLS sessions; nil: none is resumed, and none kept
	Timeout    time.Duration // of the handshake, connecting included
	MaxMessage int64         // bytes of a message that comes in, decompressed; 0: 1 MiB
	Ping       time.Duration // time between pings of ours; 0: none
	// Notify gets a token, without blocking, whenever Next may have something
	// new. It has room for one.
	Notify chan<- struct{}
}

// SocketFactory opens the WebSockets of a run. It is safe for all users.
type SocketFactory interface {
	// Open makes the handshake and fills r as Client.Do does; Status is 101
	// where it succeeded, and Header the answer's. The socket is nil unless
	// r.Class is OK. An answer with another status is class status, its body
	// in r.Body.
	Open(o *Opening, r *Result) Socket
	// Cut breaks off every socket and handshake. It does not wait.
	Cut()
	// Close releases what the sockets shared. All sockets are closed first.
	Close()
}

// Socket is one open WebSocket. Its methods belong to one goroutine. Pings of
// the server are answered, and ours sent, whether or not anybody calls one.
type Socket interface {
	// Protocol is the subprotocol agreed on, or "".
	Protocol() string
	// Send writes a message and reports when its first byte could be written,
	// in nanoseconds on the run's clock, and the bytes on the wire. It takes no
	// longer than the timeout.
	Send(binary bool, data []byte, timeout time.Duration) (at int64, wire int, err error)
	// Next takes the oldest event that has come; false when there is none yet.
	// After one of kind SocketClosed there is never another.
	Next() (SocketEvent, bool)
	// Close ends the socket: with the closing handshake, for at most a second,
	// unless it is closed or broken already. Nothing comes after it.
	Close(code int, reason string)
}

// Classed is an error that knows its class, as those of Send should. Others
// count as resets.
type Classed interface {
	error
	ErrorClass() plan.ErrorClass
}

// SocketEventKind says what happened to a socket.
type SocketEventKind uint8

// Kinds of events.
const (
	SocketMessage SocketEventKind = iota
	SocketPong                    // the answer to a ping of ours
	SocketNoPong                  // a ping of ours that is not waited for any longer
	SocketClosed                  // it is closed or lost
)

// SocketEvent is what happened to a socket.
type SocketEvent struct {
	Kind   SocketEventKind
	At     int64  // when its last byte was read, or the loss noticed, in nanoseconds on the run's clock
	Data   []byte // of a message, whole and decompressed; valid until the next call of Next
	Binary bool
	Wire   int   // bytes of a message on the wire, framing included
	RTT    int64 // of a pong, ns; of a ping without one, how long it was waited for

	// Of an end: the close code that came (1005 without one, 1006 for a
	// connection that ended without a close frame), its reason, and for a
	// connection that broke how. Class is OK where the server closed properly.
	Code   int
	Reason string
	Class  plan.ErrorClass
	Err    error
}
