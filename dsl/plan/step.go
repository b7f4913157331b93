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
	Records   []Record
	OnFailure Failure
	ReadsBody bool // an expression needs the body; otherwise it is only counted
	KeepsPage bool // an HTML answer is kept for a submit that follows

	// URL is the address of a request that goes where an answer said, instead
	// of Path: relative to the target, or absolute to a declared one.
	URL Expr
	// Submit fills in a form of the last HTML page instead of Path and Body.
	Submit *Submit
	// Stream reads the body as it comes; nil: it is read as a whole.
	Stream *Stream
	// Auth is what goes before or follows the exchange to authenticate; nil for none.
	Auth *Auth
}

// Submit says which form of the user's last HTML page a request sends, and
// what is filled in. The request's Path is where the form has to lead.
type Submit struct {
	Form   Expr // a CSS selector; nil for the page's only form
	Fields []Pair
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

// Set changes session values. All are evaluated before any is changed.
type Set struct {
	Site   SiteID
	Values []SlotInit
}

// When does one of two lists of steps.
type When struct {
	Site      SiteID
	Condition Expr
	Then      []Step
	Else      []Step
}

// Repeat does steps again and again. Exactly one of Count, While and Until is
// set. While is asked before a round, Until after it; one that has not ended
// after Max rounds fails the task.
type Repeat struct {
	Site  SiteID
	Count Expr
	While Expr
	Until Expr
	Text  string // the condition as written
	Max   int64  // with While and Until
	Every Expr   // seconds from the start of one round to that of the next; nil for none
	Steps []Step
}

// Loop does steps for every element of a list or object that is known only
// now. Its slots hold the element of the round under way: Key is an object's
// key or a list's index.
type Loop struct {
	Site              SiteID
	In                Expr
	Label             string
	Value, Index, Key int // slots; -1 where nothing reads one
	Steps             []Step
}

// Choose does one branch: the one named like On's value, or without On one
// drawn by weight from the user's source. Else is for values that name none;
// nil Else with such a value fails the task.
type Choose struct {
	Site     SiteID
	On       Expr
	Branches []Branch
	Else     []Step
	HasElse  bool
}

// Branch is one way of a Choose.
type Branch struct {
	Name   string
	Site   SiteID
	Weight float64
	Steps  []Step
}

// Parallel does its steps at the same time, at most Limit of them (0: all),
// as a browser loads a page; the rounds of a Repeat with Count and of a Loop
// directly within fan out too. Each child has its own view of the session
// from the start of the block on; what they captured is merged at its end, in
// the order of the children.
type Parallel struct {
	Site  SiteID
	Limit int
	Steps []Step
}

// Retry does its steps again while a request in them fails in a way that On
// lists, up to Attempts times in all. Every exchange is a sample of its own,
// marked as retried if another one follows.
type Retry struct {
	Site     SiteID
	Attempts int64
	On       []RetryOn // empty for any failure
	Backoff  Expr      // seconds before the second attempt, doubled before each further one; nil for none
	Steps    []Step
}

// RetryOn is a kind of failure: statuses, or a class.
type RetryOn struct {
	Status StatusRange // when Class is OK
	Class  ErrorClass
}

// Leave ends the task (what the user picked from its table), the user or the
// run. It is no failure. Message says why, for people.
type Leave struct {
	Site    SiteID
	Reach   Failure // never FailureContinue
	Message Expr    // nil for none
}

// Call does the steps of a task written elsewhere, with inputs. All inputs
// are evaluated before any is set.
type Call struct {
	Site   SiteID
	Name   string
	Inputs []SlotInit
	Steps  []Step
}

func (*Request) step()  {}
func (*Group) step()    {}
func (*Pause) step()    {}
func (*Set) step()      {}
func (*When) step()     {}
func (*Repeat) step()   {}
func (*Loop) step()     {}
func (*Choose) step()   {}
func (*Parallel) step() {}
func (*Retry) step()    {}
func (*Leave) step()    {}
func (*Call) step()     {}

// Inner are the lists of steps directly within a step, in source order; nil
// for one that holds none. Whoever walks all steps of a plan goes by it, so
// that a new kind of step is walked everywhere.
func Inner(s Step) [][]Step {
	switch s := s.(type) {
	case *Group:
		return [][]Step{s.Steps}
	case *When:
		return [][]Step{s.Then, s.Else}
	case *Repeat:
		return [][]Step{s.Steps}
	case *Loop:
		return [][]Step{s.Steps}
	case *Choose:
		var all [][]Step
		for i := range s.Branches {
			all = append(all, s.Branches[i].Steps)
		}
		return append(all, s.Else)
	case *Parallel:
		return [][]Step{s.Steps}
	case *Retry:
		return [][]Step{s.Steps}
	case *Call:
		return [][]Step{s.Steps}
	case *Socket:
		var all [][]Step
		for i := range s.Handlers {
			all = append(all, s.Handlers[i].Steps)
		}
		for i := range s.Beats {
			all = append(all, s.Beats[i].Steps)
		}
		return all
	}
	return nil
}

// Walk visits steps and all steps within them, outer before inner.
func Walk(steps []Step, visit func(Step)) {
	for _, s := range steps {
		visit(s)
		for _, inner := range Inner(s) {
			Walk(inner, visit)
		}
	}
}

// EachTask visits the tasks of a class and those within them, outer first.
func (c *Class) EachTask(visit func(*Task)) {
	var walk func([]Task)
	walk = func(tasks []Task) {
		for i := range tasks {
			visit(&tasks[i])
			walk(tasks[i].Children())
		}
	}
	walk(c.Tasks)
}

// EachStep visits every step of a class, those of start and stop among them.
func (c *Class) EachStep(visit func(Step)) {
	Walk(c.Start, visit)
	Walk(c.Stop, visit)
	c.EachTask(func(t *Task) { Walk(t.Steps, visit) })
}

// InParallel reports whether users of the class have several requests under way
// at once.
func (c *Class) InParallel() (found bool) {
	c.EachStep(func(s Step) {
		_, parallel := s.(*Parallel)
		found = found || parallel
	})
	return found
}

// SeriesOf are the series that a step itself records into.
func SeriesOf(s Step) []int {
	switch s := s.(type) {
	case *Request:
		ids := withRecords([]int{s.Series}, s.Records)
		if s.Auth != nil && s.Auth.Token != nil {
			ids = append(ids, s.Auth.Token.Series)
		}
		return ids
	case *Group:
		return []int{s.Series}
	case *Socket:
		ids := []int{s.Series}
		for i := range s.Handlers {
			ids = withRecords(ids, s.Handlers[i].Records)
		}
		if s.Auth != nil && s.Auth.Token != nil {
			ids = append(ids, s.Auth.Token.Series)
		}
		return ids
	case *Send:
		if s.Reply == nil {
			return []int{s.Series}
		}
		return withRecords([]int{s.Series}, s.Reply.Records)
	case *Receive:
		return withRecords([]int{s.Series}, s.Records)
	}
	return nil
}

func withRecords(ids []int, records []Record) []int {
	for _, r := range records {
		ids = append(ids, r.Series)
	}
	return ids
}

// Record writes a value of an answer into a metric's own series. A value that
// is null records nothing.
type Record struct {
	Series int  // of kind MetricSeries
	Value  Expr // a number in the metric's unit
	Site   SiteID
}

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
	BodyText      BodyKind = iota // Text as it is; JSON bodies are templates too
	BodyForm                      // Form, as application/x-www-form-urlencoded
	BodyBytes                     // Bytes as they are: a file, or generated ones
	BodyMultipart                 // Parts, as multipart/form-data
)

// Body is a request's body.
type Body struct {
	Kind        BodyKind
	ContentType string // sent unless a header says otherwise; "" sends none
	Text        *Template
	Form        []Pair
	Bytes       []byte // shared by all users; must not be changed
	File        string // where Bytes come from, for people
	Parts       []BodyPart
}

// BodyPart is a part of a multipart body: a field's value, or a file.
type BodyPart struct {
	Name        string
	Site        SiteID
	Value       Expr   // a field's; null leaves the part out, a list repeats it
	Bytes       []byte // a file's; shared by all users
	Filename    *Template
	ContentType string // "" for a field's default
	Secret      bool
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
