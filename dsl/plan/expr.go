package plan

import (
	"math/rand/v2"
	"strings"
	"time"
)

// Expr is a lowered expression. It is immutable and may be evaluated by many
// users at once, each with its own Frame. An error is an *EvalError.
type Expr interface {
	Eval(f *Frame) (Value, error)
}

// Appender is an Expr that can write its string form without building a
// Value first. Its values are all strings, or all numbers and bools.
type Appender interface {
	Expr
	AppendText(f *Frame, dst []byte) ([]byte, error)
	YieldsString() bool
}

// Delayer is an Expr that can draw a length of time without building a Value
// first: users that wait do so before every task. With ok false it cannot,
// and nothing was drawn.
type Delayer interface {
	Expr
	Delay(f *Frame) (d time.Duration, ok bool)
}

// Frame is the activation record of one user: everything its expressions may
// read. It belongs to one goroutine.
type Frame struct {
	Plan     *Plan
	Rand     *rand.Rand // this user's seeded source; the only randomness there is
	Slots    []Value    // session values, by the class's slot numbers
	User     UserInfo
	Run      RunInfo
	Response *Response // the last answer; nil outside expect, capture and record
	Message  *Message  // of a socket; nil outside reply, receive and on_message
	Sent     *Message  // the message a reply is wanted for; nil outside reply
	Event    *Event    // of a stream; nil outside of its conditions
	Params   []Value   // arguments of the user-defined function under evaluation
	Each     int64     // number of the generated row under evaluation, from 0

	// Cookie is the value of a cookie in the user's jar, by its name; nil
	// where there is no jar.
	Cookie func(name string) (string, bool)

	// NextRow draws a data source's next row for this user. Rows holds the
	// drawn row per source, -1 where the current user or iteration has not
	// read one yet.
	NextRow func(data int) (int, error)
	Rows    []int

	// Private holds what a fallback expression keeps for this user, by its
	// number; see Plan.Fallbacks.
	Private []any

	maker *maker // makes generated rows; see Cell
}

// UserInfo is what `user` means in an expression.
type UserInfo struct {
	ID        string // class and index, unique in the run
	Index     int64  // 0-based over the whole run
	Class     string
	Iteration int64 // tasks started so far, 0-based
}

// RunInfo is what `run` means in an expression.
type RunInfo struct {
	ID      string
	Profile string
}

// Row is the current row of a data source, drawn on first use.
func (f *Frame) Row(data int) (int, error) {
	if f.Rows[data] < 0 {
		row, err := f.NextRow(data)
		if err != nil {
			return 0, err
		}
		f.Rows[data] = row
	}
	return f.Rows[data], nil
}

// Response is an answer as expressions see it. Header is the raw header
// block ("Name: value\r\n" lines); Body, Header and URI are valid until the
// user's next exchange, so what is captured from them must be copied.
type Response struct {
	Status  int
	Proto   string
	Scheme  string // of the request that was answered, redirects followed
	Host    string
	URI     []byte // path and query
	Header  []byte
	Body    []byte
	Size    int64 // bytes of the body, kept or not
	Elapsed time.Duration
	JSON    JSONState
	Stream  *StreamInfo // nil where the request has no stream
}

// JSONState remembers whether a body has been found to be JSON.
type JSONState uint8

// What is known of a body.
const (
	JSONUnknown JSONState = iota
	JSONValid
	JSONInvalid
)

// URL is the address that answered. It is made only for who reads it: few
// expressions do.
func (r *Response) URL() string { return r.Scheme + "://" + r.Host + string(r.URI) }

// EachHeader calls visit for every header line, in order.
func (r *Response) EachHeader(visit func(name, value string)) {
	rest := string(r.Header)
	for rest != "" {
		var line string
		line, rest, _ = strings.Cut(rest, "\r\n")
		if n, v, ok := strings.Cut(line, ":"); ok {
			visit(strings.TrimSpace(n), strings.Trim(v, " \t"))
		}
	}
}

// HeaderValue is the first value of a header, whose name ignores case; false
// if the answer has none.
func (r *Response) HeaderValue(name string) (string, bool) {
	found := ""
	ok := false
	r.EachHeader(func(n, v string) {
		if !ok && strings.EqualFold(n, name) {
			found, ok = v, true
		}
	})
	return found, ok
}

// Const is an expression whose value is known before the run.
type Const struct {
	Value  Value
	Secret bool // made of a sensitive value: never shown
}

// Eval returns the constant.
func (c Const) Eval(*Frame) (Value, error) { return c.Value, nil }

// Slot reads a session value. A slot that holds nothing yet is an error that
// names it: the task ends there rather than send an empty string.
type Slot struct {
	Index int
	Name  string
	Site  SiteID
	Class ErrorClass
}

// Eval returns the slot's value.
func (s *Slot) Eval(f *Frame) (Value, error) {
	v := f.Slots[s.Index]
	if v.kind == Missing {
		return v, &MissingSlot{Name: s.Name, Site: s.Site}
	}
	return v, nil
}

// Local reads a slot that the steps around the expression have set: an input
// of a called task, the element of a loop.
type Local struct {
	Slot   int
	Name   string // as it is read: "input.remember", "patient.value"
	Secret bool   // it may hold a sensitive value
}

// Eval returns the slot's value.
func (l *Local) Eval(f *Frame) (Value, error) { return f.Slots[l.Slot], nil }

// MissingSlot reports a session value that was read before anything was
// captured into it. It ends the task as abandoned; it is not a failed
// request.
type MissingSlot struct {
	Name string
	Site SiteID
}

func (e *MissingSlot) Error() string { return "session." + e.Name + " holds no value yet" }

// Column reads one column of the current row of a data source.
type Column struct {
	Data   int
	Column int
}

// Eval returns the row's value.
func (c *Column) Eval(f *Frame) (Value, error) {
	row, err := f.Row(c.Data)
	if err != nil {
		return Value{}, err
	}
	return f.Cell(c.Data, c.Column, row)
}

// Func is an expression made of a Go function: a property of the user, the
// run or the response, or a call of a library function.
type Func func(f *Frame) (Value, error)

// Eval calls the function.
func (fn Func) Eval(f *Frame) (Value, error) { return fn(f) }
