// Package websocket is the client's half of RFC 6455 for virtual users: the
// handshake, frames, messages, permessage-deflate (RFC 7692), pings and the
// closing handshake, measured.
//
// It exists because a load generator holds ten thousand sockets that are
// silent most of the time, and because what a general client hides must be
// measured: when a message's last byte was read, whether or not anybody took
// it then; what it weighed on the wire; how and with which code a socket
// ended.
//
// What a server sends is read strictly: what RFC 6455 forbids ends the socket
// with class protocol, a message beyond its bound with class too_large, both
// found as early as they can be, and told to the server by the close code
// 1002, 1007 or 1009. Nothing is allocated because a server announced it.
//
// # The reader
//
// Each socket has one goroutine, which reads. It answers pings and close
// frames at once, stamps what comes, and queues it for the user. While it
// waits it holds no buffer, over TLS neither: on Unix it waits until the
// socket can be read and then borrows one. Elsewhere, and over connections
// that are no sockets, it holds 4 KiB. A silent socket costs its structures,
// the reader's stack and what the connection itself needs; bench/sockets
// measures it. Over TLS the connection needs more than all the rest: crypto/tls
// keeps the keys of both directions, and buffers that it grew for the server's
// certificates.
//
// At most 1,024 events or 1 MiB of messages wait for a user. Beyond that the
// reader stops reading, so that the server is held back, as TCP does it. As
// long as that lasts pings are not answered, and pongs that do not come are
// not held against the server. Times are not falsified by it for what was
// read before; what comes after was late by as much as the user was.
//
// # Writing
//
// Frames of the user, the reader and the pinger are written whole, one after
// the other. Only the user ever waits for a peer who does not read, and only
// as long as Send's timeout says. A control frame of ours is given to the
// kernel if it takes it at once; else it waits, of each kind the latest, until
// something can be written. What the kernel took of a frame only in part is
// kept and written before all else.
//
// A message is one frame, whatever its size, masked through a borrowed buffer
// of 16 KiB; with permessage-deflate agreed on, every message is compressed.
// No window is kept between messages, neither here nor there.
//
// # Pings
//
// One goroutine of the factory sends the pings of all sockets. A connection is
// given up, with class timeout and code 1006, when two pings have gone without
// a pong and for a whole interval, at least a second, not a byte has come. A
// ping that had no pong by then, or by the fourth ping after it, is told as
// one; while the user takes no events none is.
//
// # Ends
//
// A socket ends once, with one event. A close frame that was read counts even
// if a message of ours met the closed connection before. After close frames
// were exchanged, or ours was sent because of a breach, the reader stays for a
// second at most, and 1 MiB, until the server closes the connection: so a
// reset does not overtake our close frame, and the port is not held here.
// Close does not wait for that, Factory.Close ends it.
//
// # What the figures mean
//
// Sizes on the wire are bytes of WebSocket: with TLS, those inside its
// records. A message's time is when the read that brought its last byte
// returned; several that one read brought have the same. The phases of Open
// are those of package dial; the answer's first byte may belong to an interim
// (1xx) answer.
//
// The package must not know what messages mean, which reply belongs to which
// message, when to connect again, cookies or redirects.
package websocket
