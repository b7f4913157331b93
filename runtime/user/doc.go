// Package user is one virtual user: its state, and the loop that walks the
// steps of a plan on its behalf. It renders requests, makes exchanges over
// its own client, follows redirects, decides whether an answer is a success,
// keeps what is captured, and hands every outcome to the books by value.
//
// A user is one goroutine and one line of thought; in a parallel step it is
// several goroutines, its lanes, of which one at a time thinks and the others
// wait for answers. Everything it shares with others is in Env, is read-only
// or atomic. Its randomness comes from the plan's seed and its place in its
// class, so a seed replays it whatever the machine.
//
// A user's WebSockets are served by the same goroutine (socket*.go): what they
// bring is handled whenever the user waits, and between its steps, never
// within an exchange or another handler. All that is timed of a message is
// the time of its arrival, so it does not matter when the user looks.
//
// The package must not know how many users there are or when they come and
// go (that is the engine's), nor what bytes a protocol puts on the wire.
package user
