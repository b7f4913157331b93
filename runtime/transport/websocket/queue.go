package websocket

import "throng/runtime/transport"

// What waits for a user who does not take it, per socket. When it is full the
// reader stops reading, and the server is held back as TCP does it.
const (
	maxEvents = 1024
	maxQueued = 1 << 20 // bytes of messages; a larger one may wait alone
	keptRoom  = 4       // events an empty queue keeps room for
)

// queue is the events that wait, in order.
type queue struct {
	events []transport.SocketEvent
	next   int // the first of events that was not taken
	bytes  int
}

// fits reports whether there is room for e.
func (q *queue) fits(e *transport.SocketEvent) bool {
	n := len(q.events) - q.next
	return n == 0 || n < maxEvents && q.bytes+len(e.Data) <= maxQueued
}

func (q *queue) push(e transport.SocketEvent) {
	if q.next > 0 && len(q.events) == cap(q.events) {
		n := copy(q.events, q.events[q.next:])
		clear(q.events[n:])
		q.events, q.next = q.events[:n], 0
	}
	q.events = append(q.events, e)
	q.bytes += len(e.Data)
}

func (q *queue) pop() (transport.SocketEvent, bool) {
	if q.next == len(q.events) {
		return transport.SocketEvent{}, false
	}
	e := q.events[q.next]
	q.events[q.next] = transport.SocketEvent{}
	q.next++
	q.bytes -= len(e.Data)
	if q.next == len(q.events) {
		q.events, q.next = q.events[:0], 0
		if cap(q.events) > keptRoom {
			q.events = nil
		}
	}
	return e, true
}

func (q *queue) drop() { *q = queue{} }
