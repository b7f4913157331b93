package plan

import "time"

// Socket opens a WebSocket. It stays open, and its handlers and beats alive,
// until the list of steps that it stands in has ended.
type Socket struct {
	Site       SiteID
	Series     int    // of the handshakes; counters and measures of the socket are kept with it
	Number     int    // among the sockets of its class, from 0
	Name       string // what later steps call it; its label's row name where it has none
	Target     int
	Path       *Template // percent-encoded, with the base path and constant query
	Query      []Pair
	Headers    []Pair // merged: nearest wins; never Host, Connection, Upgrade, Sec-WebSocket-*
	Host       Expr   // a Host header of its own, or nil
	Auth       *Auth
	Protocols  []string // subprotocols offered, in order of preference
	Compress   bool     // permessage-deflate is offered
	Timeout    time.Duration
	MaxMessage int64      // bytes of a message that comes in; a larger one ends the socket
	Ping       Expr       // seconds between pings of ours; nil for none
	Sequence   Expr       // of a message: its number among those the server sends; null numbers none; nil without
	Reconnect  *Reconnect // nil: a lost socket stays lost
	Handlers   []Handler
	Beats      []Beat
	OnFailure  Failure
}

// OpensSockets reports whether any user opens a WebSocket.
func (p *Plan) OpensSockets() bool {
	for i := range p.Classes {
		if p.Classes[i].Sockets > 0 {
			return true
		}
	}
	return false
}

// Reconnect says how a connection that was lost is made again.
type Reconnect struct {
	Backoff  Expr  // seconds before the first attempt, doubled before each further one up to a minute; nil for none
	Attempts int64 // after one loss; 0: until it succeeds or its scope ends
}

// Handler is what a user does with messages that no step waits for, while it
// waits.
type Handler struct {
	Site     SiteID
	Name     string
	When     Expr // nil for every message
	Captures []Capture
	Records  []Record
	Steps    []Step // Send, Set, When, Leave, CloseSocket
}

// Beat is what a user sends again and again over a socket, while it waits.
type Beat struct {
	Site     SiteID
	Name     string
	Interval Expr   // seconds
	Steps    []Step // as a Handler's
}

// Send sends a message.
type Send struct {
	Site      SiteID
	Series    int // the round trip to its reply; without one, the time to write it
	Socket    int // its Number
	Name      string
	Text      *Template
	Bytes     []byte // instead of Text: a file, or generated ones; shared by all users
	Binary    bool
	Reply     *Reply // nil: none is expected
	Timeout   time.Duration
	OnFailure Failure
}

// Reply is the message that answers a Send.
type Reply struct {
	Site     SiteID
	When     Expr   // of a message, and of what was sent (Frame.Sent); nil for the next message
	Text     string // the condition as written
	Timeout  time.Duration
	Captures []Capture
	Records  []Record
	Detached bool // the user goes on at once; the reply is matched whenever it comes
}

// Receive waits for a message.
type Receive struct {
	Site      SiteID
	Series    int // the time it waited
	Socket    int
	Name      string
	When      Expr // nil for the next message
	Text      string
	Timeout   time.Duration
	Captures  []Capture
	Records   []Record
	OnFailure Failure
}

// CloseSocket closes a socket before its scope ends.
type CloseSocket struct {
	Site   SiteID
	Socket int
	Code   int
	Reason string
}

func (*Socket) step()      {}
func (*Send) step()        {}
func (*Receive) step()     {}
func (*CloseSocket) step() {}

// Message is a message of a socket as expressions see it: the one that came
// (Frame.Message), or the one that was sent and waits for its reply
// (Frame.Sent). Data is valid until the user goes on.
type Message struct {
	Data   []byte
	Binary bool
	JSON   JSONState
}

// Stream says how the body of an answer is read as it comes.
type Stream struct {
	Site      SiteID
	Format    StreamFormat
	Until     Expr   // of an event: true ends the stream as a success; nil: until it ends by itself
	Text      string // the condition as written
	Idle      time.Duration
	Reconnect *Reconnect // with Last-Event-ID; nil: an end that Until did not ask for is the end
	MaxEvents int64      // as a success after so many events; 0: no bound
}

// StreamFormat is how events are told apart.
type StreamFormat uint8

// Formats of streams.
const (
	StreamSSE    StreamFormat = iota // text/event-stream
	StreamNDJSON                     // a line each
	StreamChunks                     // whatever one read gives
)

var streamFormatNames = [...]string{"sse", "ndjson", "chunks"}

func (f StreamFormat) String() string { return streamFormatNames[f] }

// Event is an event of a stream as expressions see it. Data is valid until
// the next one.
type Event struct {
	Name string // "message" where the stream gives none
	ID   string
	Data []byte
	JSON JSONState
}

// StreamInfo is what a stream came to: response.stream.
type StreamInfo struct {
	First  time.Duration // from the request's start to the first event; 0 without one
	Total  time.Duration // to the end
	Gap    time.Duration // the longest between two events
	Events int64
	Last   Event // the last event's own copy; its Data is nil without one
}
