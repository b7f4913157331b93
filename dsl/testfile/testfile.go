// Package testfile reads *.throngtest.hcl: tests of scenarios and libraries,
// declared. It decodes and evaluates; it runs nothing, and must not know who
// does: what a run showed comes in as JSON documents.
//
// Whoever runs a file goes by this package's values in this order: Read;
// for each Run, once the runs it Needs are through, serve its Mocks, do what
// its Command says, and Check what was Seen.
package testfile

import (
	"encoding/json"
	"time"

	"throng/dsl"
	"throng/dsl/config"
	"throng/dsl/diag"
)

// Suffix ends the names of test files; those in JSON syntax end in .json
// beyond it.
const Suffix = ".throngtest.hcl"

// File is a test file.
type File struct {
	Name    string // as diagnostics show it
	Mocks   []Mock // as they are with the file's own variables, and seed 1; for those of a run see Run.Mocks
	Runs    []Run
	Sources map[string][]byte // for snippets

	dir      string
	module   *config.Module
	language *language
	mocks    map[string]*mock
}

// Mock is a server that a file's runs talk to instead of a real target. Each
// run has one of its own, so runs can go on at the same time.
type Mock struct {
	Name   string
	Routes []Route // the first that matches answers
}

// Route answers some requests of a mock. Its functions are safe for
// concurrent use.
type Route struct {
	Method  string  // "" for any
	Path    string  // segments; ":name" takes one, "*name" the rest
	Site    Site    // where it is declared
	Times   int     // answers so many requests, and then no more; 0 for all
	Share   float64 // of the requests it matches it takes this share, evenly; 1 for all
	Fault   Fault
	Latency func() time.Duration          // before the answer begins; nil for none
	Answer  func(Request) (Answer, error) // nil where Fault leaves none; an error is a *diag.Failure
	Socket  *Socket                       // is opened in place of an answer; nil for none
}

// Socket is what a route does with those who open a WebSocket at it. Its
// functions are safe for concurrent use; their errors are *diag.Failure.
type Socket struct {
	Sends []Send
	Reply func(Request, Message) (Reply, error) // nil where nothing is answered
}

// Send is what a socket says unasked.
type Send struct {
	After, Every time.Duration // since it was opened, and again; 0 for once
	Frame        func(Request) (Frame, error)
}

// Message is what a socket was sent.
type Message struct {
	Data   []byte
	Binary bool
	Count  int // of the socket's messages, this one included
}

// Frame is a message of text, or where it has a code the end of the socket;
// 1006 ends it without a word.
type Frame struct {
	Text  []byte
	Close int
}

// Reply is the answer to a message.
type Reply struct {
	Frame
	None  bool // nothing is said
	After time.Duration
}

// Fault is what a route does instead of a whole answer.
type Fault string

const (
	NoFault  Fault = ""
	Reset    Fault = "reset"    // the connection is reset, nothing was answered
	Close    Fault = "close"    // the connection is closed, nothing was answered
	Hang     Fault = "hang"     // no answer until the client gives up
	Truncate Fault = "truncate" // closed in the middle of the body
	Garbage  Fault = "garbage"  // what is sent is not HTTP
)

// Request is what a mock was sent.
type Request struct {
	Method  string            `json:"method"`
	Path    string            `json:"path"`
	Params  map[string]string `json:"params"`  // of the route's segments
	Query   map[string]string `json:"query"`   // the first value of each name
	Headers map[string]string `json:"headers"` // lower-case names; several values joined by ", "
	Body    string            `json:"body"`
	Count   int               `json:"count"` // how many its route has answered, this one included
}

// Answer is what a mock says.
type Answer struct {
	Status  int
	Headers map[string]string // names as the author wrote them; no Content-Length
	Body    []byte
}

// Command is what a run does with its scenario.
type Command string

const (
	Plan   Command = "plan"   // compiles: `plan` is known to the asserts
	Render Command = "render" // one user's every task once: `requests` is known, too
	Load   Command = "run"    // the whole run: `result` is known, too
)

// Run is one test.
type Run struct {
	Name     string
	Site     Site
	Command  Command
	Scenario string               // directory or file, resolved beside the test file
	Profile  string               // "" for the scenario's default
	Inputs   map[string]dsl.Input // variables, those of the file beneath
	Targets  map[string]string    // target of the scenario → name of a mock
	Seed     uint64               // 1 unless said
	Users    int                  // as the flags of `throng run`; 0 for what the profile says
	Duration time.Duration
	Timeout  time.Duration // the run fails after so long; 1 min unless said
	Expect   []string      // codes of diagnostics that the compilation must end in; such a run goes no further
	Snapshot string        // file beside the test file, its path resolved, with the rendered requests; "" for none
	Mask     []string      // what its snapshot leaves out: see Snapshot
	file     *File
	asserts  []assert

	block *config.Block
	own   *variables // those of the file beneath
	needs []string
}

// Site is a place in a file.
type Site struct {
	File string
	Line int
}

// Seen is what a run showed, as JSON documents: the roots of its asserts.
type Seen struct {
	Plan     json.RawMessage // as `throng plan --json` prints it
	Requests json.RawMessage // by "METHOD pattern" of the mock's routes (or METHOD path where none matched): a list of Request, in order
	Result   json.RawMessage // as summary.json; null without a run
}

// Verdict is what came of one assert.
type Verdict struct {
	Site    Site
	Pass    bool
	Message string           // its error_message where it failed
	Finding *diag.Diagnostic // where it failed or could not be evaluated: with snippet and the values it read
}

// Needs are the names of the runs, all above it, that this one reads.
func (r *Run) Needs() []string { return r.needs }

// Wants reports whether the run goes as far as a command does: each command
// does what those before it do, so that a Load has a plan and requests.
func (r *Run) Wants(c Command) bool { return depth(r.Command) >= depth(c) }

func depth(c Command) int {
	switch c {
	case Load:
		return 2
	case Render:
		return 1
	}
	return 0
}

// Problem is a diagnostic about an argument of the run, such as a target that
// the scenario does not have; about its header where it has no such argument.
func (r *Run) Problem(argument, code, format string, args ...any) *diag.Diagnostic {
	at := r.block.Range
	if a := r.block.Arg(argument); a != nil {
		at = a.Expr.Range()
	}
	return diag.New(code, at, format, args...).In(r.block.Title())
}
