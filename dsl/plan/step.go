package plan

import "time"

// Step is one thing a user does. The runtime switches over its types.
type Step interface{ step() }

// Request is one HTTP exchange.
type Request struct {
	Site      SiteID
	Series    int
	Target    int
	Method    string
	Path      *Template // percent-encoded, with the base path and constant query
	Query     []Pair    // what of the query is not constant
	Headers   []Pair    // merged: nearest wins; never Host, Content-Length
	Host      Expr      // a Host header of its own, or nil
	Body      *Body     // nil for none
	Timeout   time.Duration
	Redirects int // how many are followed
	Expects   []Expect
	Captures  []Capture
	OnFailure Failure
	ReadsBody bool // an expression needs the body; otherwise it is only counted
}

// Group is a transaction: its steps timed together, pauses left out.
type Group struct {
	Site   SiteID
	Series int
	Name   string
	Steps  []Step
}

// Pause is think time within a task. For is in seconds.
type Pause struct {
	Site SiteID
	For  Expr
}

func (*Request) step() {}
func (*Group) step()   {}
func (*Pause) step()   {}

// Pair is a named value: a header, a query parameter or a form field. A null
// leaves it out, a list repeats it.
type Pair struct {
	Name   string
	Value  Expr
	Site   SiteID
	Secret bool
}

// BodyKind is how a request's body is built.
type BodyKind uint8

// Kinds of bodies.
const (
	BodyText BodyKind = iota // Text as it is; JSON bodies are templates too
	BodyForm                 // Form, as application/x-www-form-urlencoded
)

// Body is a request's body.
type Body struct {
	Kind        BodyKind
	ContentType string // sent unless a header says otherwise; "" sends none
	Text        *Template
	Form        []Pair
}

// StatusRange is an inclusive range of status codes.
type StatusRange struct{ Min, Max int }

// Expect is one rule an answer must keep.
type Expect struct {
	Site      SiteID
	Status    []StatusRange // nil when the block does not speak of it
	Condition Expr          // nil for none
	Message   Expr          // nil for a message made from the condition's text
	Text      string        // the condition as written
}

// Capture keeps a value of an answer in the user's session.
type Capture struct {
	Slot  int
	Name  string
	Value Expr
	Null  bool // null is kept; otherwise it fails the request
	Site  SiteID
}

// Failure is what a failed request ends.
type Failure uint8

// Reach of a failure.
const (
	FailureContinue Failure = iota
	FailureTask
	FailureUser
	FailureRun
)
