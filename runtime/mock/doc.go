// Package mock is an HTTP server that answers as it is told and remembers what
// it was asked. Tests of scenarios run against it in place of a real target.
//
// A Server listens on a loopback port of the system's choice and speaks
// HTTP/1.1 and HTTP/2 by prior knowledge. Its routes are tried in order; the
// first that takes a request answers it, or does what its Fault says. A
// request that no route takes gets 404 with a text that lists the routes.
//
// Every request is written into a Log, in the order in which they were
// complete. Several servers may share one, which then is the order among all
// of them. A Log is bounded, and counts what it has no room for.
//
// Faults are made on the connection itself: a reset is a TCP RST, not an
// answer that says so. HTTP/2 shares one connection among requests, so that
// there every fault but a hang resets the stream.
//
// A route may open WebSockets (RFC 6455, version 13, without extensions) over
// HTTP/1.1: it says what it is told to unasked, and answers messages. Each
// message is in the Log, too.
//
// The package knows nothing of scenarios, plans or expressions.
package mock
