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
// The limits of phases (plan.HTTP.ConnectTimeout and FirstByteTimeout, and
// Message.Idle) are bounds that take the deadline's place while their phase
// lasts. What does not lie between two bytes of the network is no phase's: the
// time a sink takes is no silence, and the wait for a connection of the user's
// own is not part of connecting. Only the first wait for an answer has a limit
// of its own: after a "100 Continue" there is none.
//
// # Connections of a user
//
// A client makes one exchange at a time. The lanes of a user's parallel blocks
// have clients of their own (Branch) over one pool: at most
// plan.HTTP.Connections to a target stand at a time, six by default, and an
// exchange beyond waits until one is free, first come first served. The wait
// lies between Start and Sent: it is response time, as for whoever waits for
// a browser, and no service time.
//
// # Proxies
//
// With an HTTP proxy plain requests go to it in absolute form with its
// credentials; everything else goes through a tunnel that package dial makes.
// What a forwarding proxy answers (407, 502) is an answer like any other.
//
// # Expect: 100-continue
//
// A message with this header field and a body sends its head and waits for
// "100 Continue", for at most a second. A final answer instead is the answer:
// the body is not sent, and the connection is given up.
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
