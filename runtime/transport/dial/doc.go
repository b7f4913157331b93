// Package dial opens the connections of a run and measures their phases: the
// name resolved, the connection made (through a proxy, where there is one),
// TLS agreed on. Every protocol's transport gets its connections here, so that
// they mean the same by a phase, a class and an error's text.
//
// # Names
//
// A name is resolved for each connection, unless its route lets an answer be
// used for some time (plan.DNS.TTL). Such answers are shared by all users;
// failures are never kept. Lookups of one name that overlap are one lookup.
// With plan.DNSFirst addresses are tried in the system's order; those of the
// other family join in after 300 ms, or once the first family has failed (RFC
// 8305). With plan.DNSRotate each connection begins at the next address in
// numerical order, whatever order the server answers in.
//
// # Proxies
//
// What a route says is all there is: HTTP_PROXY and its like are never read.
// The phase DNS is the proxy's name; Connect reaches from there until bytes
// for the target can be sent, TLS with an https proxy and its answer to
// CONNECT included. The target's name is resolved by the proxy. A proxy with
// TLS is trusted by the same roots as the target.
//
// # The guard
//
// The guard is asked with the host and each address before it is connected to.
// Through a proxy it is asked once, before anything is dialled, with the
// target's host and its address if the host is one, else the zero address:
// what a name means to the proxy cannot be known, so a guard that allows
// addresses only must refuse. It is not asked about the proxy, which the plan
// names as it names the target.
//
// The package must not know what is sent over a connection, nor keep one.
package dial
