// Package stream cuts the body of an answer into events while it comes: the
// server-sent events of the WHATWG's HTML standard (section 9.2, "Server-sent
// events"), lines of JSON, or whatever one read brought.
//
// A Parser is fed what the network gives, in pieces of any size, and gives
// events as soon as their last byte is there. Its memory is bounded, and once
// its buffers have grown to the size of the events, it allocates nothing.
//
// The package knows nothing of HTTP, time, or what events mean.
package stream
