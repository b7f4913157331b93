package plan

import (
	"slices"
	"strings"
	"time"
)

// Plan is one scenario compiled for one profile. It is immutable.
type Plan struct {
	Scenario    string // the scenario's name
	Description string
	Dir         string // as the user named the scenario
	Tool        string // version of throng that compiled it
	Seed        uint64
	Overrides   []string // command-line flags that changed the scenario: "--users", "20", …

	Variables []Variable // sorted by name
	Targets   []Target
	Data      []Data
	Series    []Series
	Rows      []Row
	Classes   []Class
	Profile   Profile
	SLAs      []SLA

	Sites     []Site // Sites[0] is the empty site
	Fallbacks []Fallback
	Secrets   []string // texts to mask in anything that is shown or written
}

// Site is the place id stands for.
func (p *Plan) Site(id SiteID) Site { return p.Sites[id] }

// Mask hides the plan's secrets in a text: longest first, so that one that is
// part of another leaves no remains.
func (p *Plan) Mask() *strings.Replacer {
	sorted := slices.Clone(p.Secrets)
	slices.SortFunc(sorted, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, s := range sorted {
		if s != "" {
			pairs = append(pairs, s, "***")
		}
	}
	return strings.NewReplacer(pairs...)
}

// Variable is an input of the scenario, as `plan` shows it.
type Variable struct {
	Name      string
	Value     string // as HCL writes it; empty when Sensitive
	Given     string // as it was typed after --var; empty when Sensitive, or not given so
	Sensitive bool
	Origin    string // "default", "THRONG_VAR_x", a file's name, "--var"
}

// Fallback is an expression that could not be lowered and is evaluated by
// HCL, at ten to a hundred times the cost.
type Fallback struct {
	Site   SiteID
	Reason string
}

// Target is a system under test.
type Target struct {
	Name     string
	Site     SiteID
	Scheme   string // "http" or "https"
	Host     string // host name or address, without brackets
	Port     int
	BasePath string // "" or "/prefix", without a slash at its end
	Example  string // name of the embedded example API that stands for it; "" for a real one
}

// Authority is the target's host and port as a Host header has them: without
// the scheme's own port.
func (t *Target) Authority() string { return authority(t.Scheme, t.Host, t.Port) }

// URL is the target's base address.
func (t *Target) URL() string {
	if t.Example != "" {
		return "example://" + t.Example + t.BasePath
	}
	return t.Scheme + "://" + t.Authority() + t.BasePath
}

// Data is a table of rows, loaded once and shared.
type Data struct {
	Name        string
	Site        SiteID
	File        string
	SHA256      string // of the file's bytes, in hex
	Rows        int
	Columns     []DataColumn
	Order       Order
	Per         Per
	OnExhausted Exhausted
}

// DataColumn is one column; Values has one entry a row.
type DataColumn struct {
	Name      string
	Sensitive bool
	Values    []Value
}

// Order is the order in which rows are handed out.
type Order uint8

// Orders of rows.
const (
	Sequential Order = iota
	Shuffle          // every row once in a seeded order, then again
	Random           // drawn with replacement
	Unique           // every row to one reader only
)

// Per says how long a reader keeps a row.
type Per uint8

// Lifetimes of a row.
const (
	PerUser Per = iota
	PerIteration
	PerShared // all users walk one sequence, a row an iteration
)

// Exhausted says what happens after the last row.
type Exhausted uint8

// Behaviours at the end of the rows.
const (
	Recycle Exhausted = iota
	StopUser
	FailRun
)

// SeriesKind is what a series measures.
type SeriesKind uint8

// Kinds of series.
const (
	RequestSeries SeriesKind = iota
	GroupSeries
)

// Series is the finest thing that is measured: one request or group of one
// task of one user class. Several series can share a Row.
type Series struct {
	Kind   SeriesKind
	Row    int
	Class  int
	Task   string // path of the task in its class; "start" and "stop" for those
	Groups []string
	Tags   []string // sorted
	Site   SiteID
}

// Row is what a report's table has a line for: a target's method and name.
type Row struct {
	Kind    SeriesKind
	Target  int
	Method  string // "" for a group
	Name    string // route pattern, or the name given instead
	Pattern string
	Site    SiteID // where it is first declared
}

// Label is how a row is shown: "GET /health", or a group's name.
func (r Row) Label() string {
	if r.Method == "" {
		return r.Name
	}
	return r.Method + " " + r.Name
}

// Class is a kind of user.
type Class struct {
	Name       string
	Site       SiteID
	Weight     float64
	FixedCount int // users beside the weighted ones; 0 for weighted classes
	Pick       Pick
	Slots      []string // names of the session values
	Initial    []SlotInit
	Start      []Step
	Stop       []Step
	Tasks      []Task
	Reads      []int // data sources its expressions read; nil when unknown, which counts as all
}

// SlotInit is the first value of a session value.
type SlotInit struct {
	Slot  int
	Value Expr
}

// Pick is how a user chooses its next task.
type Pick uint8

// Ways to choose among weighted tasks.
const (
	PickEven   Pick = iota // a low-discrepancy sequence: the declared mix, met exactly
	PickRandom             // independent draws
)

// Task is an entry of a user's traffic table. It holds either Steps, or
// tasks of its own that run in order (Sequence).
type Task struct {
	Name     string
	Site     SiteID
	Weight   float64
	Wait     Wait // what follows it: the task's own, else its class's
	Steps    []Step
	Sequence []Task
}

// WaitKind is how the pause after a task is reckoned.
type WaitKind uint8

// Kinds of waits.
const (
	WaitNone       WaitKind = iota
	WaitFor                 // a number of seconds, drawn each time
	WaitPacing              // a task starts every so many seconds
	WaitThroughput          // a task starts so many times a second
)

// Wait is the pause after a task. For is in seconds, in tasks a second with
// WaitThroughput.
type Wait struct {
	Kind WaitKind
	For  Expr
	Text string // as the author wrote it
}

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

// Model is how load is offered.
type Model uint8

// Workload models.
const (
	Closed Model = iota // so many users, each waiting for its answers
	Open                // so many arrivals, however slow the answers
)

func (m Model) String() string {
	if m == Open {
		return "open"
	}
	return "closed"
}

// Profile is how much load is offered, and for how long.
type Profile struct {
	Name        string
	Site        SiteID
	Description string
	Loads       []Load
	Duration    time.Duration // from the first user; the end of planned load
	Grace       time.Duration // how long running tasks may take after it
	Warmup      time.Duration // left out of the figures, by intended start
	Iterations  int64         // a bound beside Duration; 0 for none
}

// Load is one schedule and the classes that share it by weight.
type Load struct {
	Model    Model
	Classes  []int
	Stages   []Stage
	MaxUsers int // open model: how many users may be made
}

// Stage is a straight piece of a schedule: Over leads from the level before
// (0 at first) to Level, Hold stays there. Level counts users in the closed
// model and arrivals a second in the open one.
type Stage struct {
	Name  string
	Level float64
	Over  time.Duration
	Hold  time.Duration
}

// Metric is a figure an SLA limits.
type Metric uint8

// Metrics. Quantile needs Rule.Quantile.
const (
	Quantile Metric = iota
	Mean
	Max
	ErrorRate
	Throughput // requests a second
)

// SLA is a promise about some series.
type SLA struct {
	Name   string
	Site   SiteID
	Match  string   // the match block in words, "" for everything
	Groups []Judged // each is judged by itself
	Rules  []Rule
	Abort  *Abort
}

// Judged is a set of series judged together: a row's, or all of the match.
type Judged struct {
	Row    int // -1 for several rows
	Series []int
}

// Rule is one limit of an SLA.
type Rule struct {
	Site     SiteID
	Name     string // as written: "p95", "error_rate"
	Metric   Metric
	Quantile float64 // in 0..1
	Limit    float64 // nanoseconds, a ratio in 0..1, or requests a second
	AtLeast  bool    // the limit is a floor
	Warn     bool    // breaking it is a warning
}

// Abort ends a run early when an SLA is broken After its start.
type Abort struct{ After time.Duration }
