// Package truth holds no code of its own: end-to-end tests of the measuring
// against servers that nobody here wrote, and against a hostile one.
//
// Every other package is tested against its own idea of the world. Here whole
// runs go over real sockets to servers with books of their own (nginx and its
// access log, go-httpbin behind a counter, the fault server's log), and what
// throng reports must equal what they saw: request for request, status for
// status, byte for byte. A load generator whose counts cannot be reconciled
// with the server's cannot be believed in anything else.
//
// The tests build their plans by hand, but for the matrix of no false green:
// it goes from a scenario's source to its verdict, in virtual time. Nor may a
// test here rest on how fast the machine is. What bounds a latency from below
// can be asserted; from above it is only logged.
package truth
