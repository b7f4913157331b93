package analyze

import (
	"time"

	"throng/runtime/record"
)

// Input is a run as it is analysed. Times are nanoseconds, of successes and
// timeouts, unless said otherwise; NaN is a time that is not known.
type Input struct {
	Name      string // what was analysed, for people
	Kind      string // "run" or "locust"
	Ended     string // why its end is not known or came early; "" for a whole one
	Open      bool   // loads are arrivals a second; else users
	Stretches []Stretch
	Requests  []Request
	Limits    []Limit
	Promised  bool // the Limits are the run's own, and not the built-in bands
	Generator Generator
	Notes     []string // what the data cannot tell, whatever is looked for
}

// Stretch is a piece of the run's time. The warm-up is in none.
type Stretch struct {
	At, Length time.Duration
	Load       float64 // users at its end, or arrivals a second asked for
	InFlight   int64   // requests under way at its end
	Silent     []Span  // seconds of it in which nothing ended while requests were under way
}

// Span is a part of the run.
type Span struct{ From, To time.Duration }

// Request is one request over the whole run.
type Request struct {
	Label, Method, Name string
	Together            bool // all requests, and none of them
	Tags                []string
	Total               Figures
	Cells               []Figures // by Input.Stretches
}

// Figures are what was measured of a request in some time.
type Figures struct {
	Count, Failed, TimedOut int64 // Count includes Failed, Failed includes TimedOut
	Mean, P50, P95, P99     float64
	Censored                bool // timeouts reach P99: the true value is at least that
	CensoredP95             bool
	Max                     float64
	Steps                   []record.Bucket // of successes; nil where no distribution is known
}

// Limit is a promise and what became of it.
type Limit struct {
	SLA, Rule, Request string // Request is "" for several together
	Measured, Limit    float64
	Unit               Unit
	Floor              bool // measured must be at least the limit
	Latency            bool
	Warns              bool
	Broken, Unproven   bool
	Samples, Needed    int64
	Judged             []string // of several together: their labels; nil where that is not known, or all
	Title              string   // the rule in words, where its name says too little
	Counts             bool     // it is about a number or share of something that is counted, other than failures
	Bounded            bool     // timeouts reach it: the true value is at least Measured
	Part               bool     // it is about something else than the response times and failures of the whole run
	Severe             float64  // measured per limit (limit per measured for a floor) from which it is critical
}

// Unit is what figures are counted in.
type Unit string

// Units of figures.
const (
	Milliseconds Unit = "ms"
	Ratio        Unit = "ratio"
	PerSecond    Unit = "per_s"
	Plain        Unit = "number"
	Bytes        Unit = "bytes"
)

// Generator is the machine that made the load.
type Generator struct {
	Known     bool
	CPU       float64 // the highest share of its cores
	Saturated []string
}

// Severity is how much a finding matters.
type Severity string

// Severities, worst first.
const (
	Critical Severity = "critical"
	High     Severity = "high"
	Medium   Severity = "medium"
	Low      Severity = "low"
)

var severities = []Severity{Critical, High, Medium, Low}

// Result is what an analysis has come to. It is also the JSON form.
type Result struct {
	FormatVersion string    `json:"format_version"`
	Source        string    `json:"source"`
	Kind          string    `json:"kind"`
	Ended         string    `json:"incomplete"`
	Findings      []Finding `json:"findings"` // worst first
	Checks        []Check   `json:"checks"`   // everything that was looked for
	Notes         []string  `json:"notes"`
}

// Finding is one thing the data show.
type Finding struct {
	Kind     string   `json:"kind"` // of the check that found it
	Severity Severity `json:"severity"`
	Request  string   `json:"request"`       // "" for several, or all
	Worst    string   `json:"worst_request"` // of several judged together: the one that most of what breaks the limit comes from; "" without one
	SLA      string   `json:"sla"`           // whose limit is broken; "" for none
	Rule     string   `json:"rule"`          // the limit itself: p95, error_rate, …; "" for none
	Says     string   `json:"says"`          // one sentence
	From     Ms       `json:"from_ms"`       // from the run's start
	To       Ms       `json:"to_ms"`
	Evidence []Figure `json:"evidence"`
	Test     Test     `json:"test"`
	Means    string   `json:"means"` // what it usually means
	Next     []string `json:"next"`  // what to look at
	about    string   // what a broken limit limits: "" for times, else errors, count, rate
	rank     float64  // by how far, among those of the same severity
}

// Figure is a number that a finding rests on.
type Figure struct {
	Name  string `json:"name"`
	Value Num    `json:"value"`
	Unit  Unit   `json:"unit"`
}

// Test is how a finding was decided: it stands where the figure is beyond the
// threshold.
type Test struct {
	Name      string `json:"name"`
	Figure    Num    `json:"figure"`
	Threshold Num    `json:"threshold"`
	Rule      string `json:"rule"` // the rest of it, in words
}

// Check is one thing that was looked for.
type Check struct {
	Kind   string `json:"kind"`
	Looked string `json:"looked_for"`
	State  string `json:"state"`  // found, clear or unknown
	Reason string `json:"reason"` // why it is unknown, or what limits what was seen
}

// States of checks.
const (
	Found   = "found"
	Clear   = "clear"
	Unknown = "unknown"
)
