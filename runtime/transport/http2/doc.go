// Package http2 makes HTTP/2 exchanges for virtual users, over TLS or in plain
// text by prior knowledge (h2c). Framing, header compression and flow control
// are the standard library's; the connections, the deadlines and the figures
// are ours, because a general client hides what must be measured: it dials a
// second connection when streams run out, and sends a request again that may
// have been acted on. Here one Do is one stream.
//
// # Connections and streams
//
// A user has one connection to a target, whatever plan.HTTP.Connections says,
// as a browser has. The lanes of its parallel blocks (Branch) send their
// streams over it at the same time; where the server allows fewer, the others
// wait. Only with plan.KeepOff each exchange has a connection of its own, and
// no more than plan.HTTP.Connections stand at a time. Either wait lies between
// Start and Sent. Streams that begin before the server's first SETTINGS have
// come cannot know its limit; what it refuses then is class reset.
//
// An exchange that opened a connection has Reused false and its phases; all
// others are streams over one that stood. So exchanges count streams, and
// those that are not Reused count connections.
//
// A connection takes no further stream once the server said GOAWAY or closed
// it, or a stream over it timed out, for it may be dead; the streams under way
// over it go on. A request that finds this out before a byte of it
// was sent is sent over a new connection.
//
// # Deadlines
//
// A deadline, a limit of a phase or a cut ends the stream. Where the server
// does not read, so that not even that can be written, the connection is
// broken off a moment later: Do never waits for the network beyond.
//
// # Errors
//
// What ends one stream is that stream's: class reset with the server's code
// for RST_STREAM and GOAWAY, truncated for a body that falls short, protocol
// for what breaks the rules. An answer's header may have 1 MiB, which the
// server is told; a larger one is too_large, or protocol where the library
// takes it for an attack and closes the connection.
//
// # What the figures mean
//
// BytesIn and BytesOut are what crossed the connection, inside TLS, since an
// exchange over it last ended: with streams side by side each byte is counted
// once, by the one that ends first. FirstByte is when the header block, or an
// interim one, was read; End when the last frame was.
//
// The package must not know templates, redirects, cookies, content encodings
// or what a status means to a user.
package http2
