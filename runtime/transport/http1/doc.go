// Package http1 makes HTTP/1.1 exchanges for virtual users at the cost of the
// system calls they need: one write from a reused buffer, one read where the
// answer is small, no goroutine and no allocation per request.
//
// It exists because a load generator's own cost is time its users do not have,
// and because a general client hides what must be measured: it retries,
// follows, decodes and pools. Here one Do is at most one attempt on the wire.
//
// Answers come from a server that may be broken or hostile. Everything read is
// bounded, framing is read strictly (what two readers could understand
// differently is a protocol error), and a connection that holds a byte nobody
// asked for is never used again, so no answer can be taken for another's.
//
// # Timeouts
//
// A deadline on the socket would cost a tenth of a request. Instead each
// client publishes its deadline in an atomic, and one sweeper of the factory,
// every 5 ms, forces the connection of a client whose deadline has passed. An
// exchange that ends at or after its deadline is a timeout, whether the
// sweeper came by or not, so that the class does not depend on the tick.
//
// # Connections the server has closed
//
// Before a request goes out on a used connection, the connection is looked at,
// and replaced if the server closed it or sent something unasked: before every
// request where that costs nothing (plain HTTP on Unix, see wire), else when
// it lay unused for more than a second. A server can still close between that
// look and the write; such an exchange fails with class reset. It is not sent
// again: the server may have acted on it, and the books count every attempt.
//
// # What the figures mean
//
// BytesIn and BytesOut are bytes of HTTP: with TLS, those inside its records.
// FirstByte is the first byte of whatever came first, an interim (1xx) answer
// included; Status, Header and Body are the final answer's. An answer that comes while the
// request is still being written is read when writing ends or fails.
//
// The package must not know templates, redirects, cookies, content encodings
// or what a status means to a user.
package http1
