// Package transport is the contract between a virtual user and the network:
// one exchange in, one measured result out. Each protocol is a package below
// this one. What stands above a single exchange (templates, redirects,
// expectations) belongs to the user; what stands below it (connections,
// framing, deadlines) belongs to the protocol.
package transport

import (
	"context"
	"errors"
	"net"
	"time"

	"throng/dsl/plan"
)

// ErrCut is wrapped by the Err of every exchange that Factory.Cut ended, or
// that was tried after it. Such an exchange says nothing about the target.
var ErrCut = errors.New("the run was cut")

// Clock is a process's one monotonic time base. All times of a run are
// nanoseconds since its clock was made, so they can never go back.
type Clock struct{ base time.Time }

// NewClock starts a time base.
func NewClock() *Clock { return &Clock{base: time.Now()} }

// Now is the time since the clock was made, in nanoseconds.
func (c *Clock) Now() int64 { return int64(time.Since(c.base)) }

// Start is the wall-clock time of the clock's zero.
func (c *Clock) Start() time.Time { return c.base }

// Route is how a target is reached. It is shared by all that goes there and
// never changes.
type Route struct {
	Scheme string // "http" or "https"
	Addr   string // host:port to dial
	Server string // host name for TLS
	Host   string // Host header
	HTTP   plan.HTTP
	TLS    *plan.TLS // for https; nil: the system's roots, sessions resumed
}

// RouteTo is the route to a target.
func RouteTo(t *plan.Target) Route {
	return Route{Scheme: t.Scheme, Addr: t.Address(), Server: t.Host, Host: t.Authority(), HTTP: t.HTTP, TLS: t.TLS}
}

// Message is one rendered HTTP request. Its slices belong to the user and
// are only read until Do returns.
type Message struct {
	Route    *Route // where it goes
	Host     string // Host header; the route's, or one of the request's own
	Method   string
	URI      []byte        // path and query, percent-encoded
	Header   []byte        // "Name: value\r\n" lines; no Host, Content-Length, Connection
	Body     []byte        // nil: no body; empty and not nil: Content-Length: 0
	More     [][]byte      // what follows Body, in order: a body of pieces that nobody joins
	Timeout  time.Duration // for the whole exchange, connecting included
	KeepBody bool          // the caller reads Result.Body
	Sink     Sink          // hears of the body as it comes; nil: nobody does
	Idle     time.Duration // with a Sink: the longest silence between two reads of the body; 0: only Timeout bounds it
}

// Sink hears of the body of a successful answer (2xx) as it comes, framing
// taken off, on the goroutine that called Do. By its first call the Result
// holds Start, FirstByte, Status, Proto and Header. The limit on the size of
// bodies is not for bodies that a Sink hears; what is kept of them is bounded
// as ever.
type Sink interface {
	// Chunk gives what one read brought, and when, in nanoseconds on the run's
	// clock. The bytes are valid until it returns. With false the exchange
	// ends there as a success, and its connection is given up.
	Chunk(p []byte, at int64) bool
}

// BodySize is the length of the whole body, in bytes.
func (m *Message) BodySize() int64 {
	n := int64(len(m.Body))
	for _, p := range m.More {
		n += int64(len(p))
	}
	return n
}

// Result is what one exchange gave. Header and Body are valid until the
// client's next Do. Times are nanoseconds on the run's clock.
type Result struct {
	Class     plan.ErrorClass // OK when a complete answer was read, whatever its status
	Err       error           // the reason, when Class is not OK; its text is shown, and like failures have the same
	Status    int
	Proto     string // "HTTP/1.1"
	Header    []byte // raw header lines
	Body      []byte // the body's first bytes, up to the client's limit; only with KeepBody
	BodySize  int64  // bytes of the body on the wire, framing left out
	BytesIn   int64  // all bytes read
	BytesOut  int64  // all bytes written
	Start     int64  // Do was called
	Sent      int64  // the request's first byte could be written: a connection stood
	FirstByte int64  // first byte of the answer; 0 if none came
	End       int64  // last byte of the answer, or the failure
	DNS       int64  // phases of a new connection; 0 on a reused one
	Connect   int64
	TLS       int64
	Reused    bool
}

// Client makes the exchanges of one user, one at a time, over connections it
// owns. It is used by one goroutine.
type Client interface {
	// Do makes one exchange and fills r, which it resets first. It returns
	// no later than the message's timeout, or when the factory is cut.
	Do(m *Message, r *Result)
	// Close drops the connections.
	Close()
}

// Rester is a Client that can hold less while its user waits.
type Rester interface {
	Client
	// Rest says that the next Do is a while off. The slices of the last
	// result are void.
	Rest()
}

// Forgetter is a Client that can give up its connections to the targets that
// keep them for an iteration only.
type Forgetter interface {
	Client
	// Forget closes the connections whose route says plan.KeepIteration.
	Forget()
}

// Brancher is a Client whose user can make several exchanges at once.
type Brancher interface {
	Client
	// Branch is a client that makes exchanges beside this one, on a goroutine
	// of its own, with the user's connections, TLS sessions and source address
	// in common. The user's limit of connections to a target is one for all of
	// them; an exchange beyond it waits. It must be closed, too.
	Branch() Client
}

// Factory makes the clients of a run and owns what they share.
type Factory interface {
	Client() Client
	// Cut ends every exchange that is under way, which then fails; later
	// exchanges fail at once. It does not wait.
	Cut()
	// Close releases what the clients shared. All clients are closed first.
	Close()
}

// Dialer opens a connection; it is net.Dialer.DialContext but for tests and
// the embedded example API.
type Dialer func(ctx context.Context, network, addr string) (net.Conn, error)
