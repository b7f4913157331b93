// Package trace is an HTTP server that knows its own truth: every request
// takes the time a given law says, and the server logs when it came, when its
// service began and when its last byte was handed to the kernel, all on one
// monotonic clock. What a load generator reports can then be held against
// what happened, instead of against another opinion.
//
// A server has four parts, each of which may be left out:
//
//   - a Service: the time each request takes, as a pure function of its number
//     and a seed, so that every tool meets the same sequence;
//   - a Gate that shuts for a while, once or again and again: what comes while
//     it is shut is answered when it opens, all at once;
//   - a Queue: requests side by side, one after another in the order they
//     came, or one connection at a time;
//   - a Drip: the body in pieces, with pauses.
//
// It speaks raw TCP, because stamps must lie as near to the kernel as a
// program can put them. It is for tests and measurements on loopback, knows
// the standard library only, and must not know any client.
package trace
