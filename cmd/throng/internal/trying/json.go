package trying

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/user"
)

// FormatVersion is the version of the events' form. It grows with every
// change that could break a reader.
const FormatVersion = 1

// JSON writes a trial for machines: one JSON object a line.
type JSON struct {
	W    io.Writer
	Body int // bytes of a body that are written

	body string
	err  error
}

type event struct {
	Event   string `json:"event"`
	Format  int    `json:"format_version,omitempty"`
	Name    string `json:"name,omitempty"`
	User    string `json:"user,omitempty"`
	Seed    uint64 `json:"seed,omitempty"`
	Step    string `json:"step,omitempty"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`
	Depth   int    `json:"depth"`
	OK      *bool  `json:"ok,omitempty"`
	Class   string `json:"class,omitempty"`
	Text    string `json:"text,omitempty"`
	Retried bool   `json:"retried,omitempty"`

	Value json.RawMessage `json:"value,omitempty"`

	Hop     int                 `json:"hop,omitempty"`
	Method  string              `json:"method,omitempty"`
	URL     string              `json:"url,omitempty"`
	Status  int                 `json:"status,omitempty"`
	Headers map[string][]string `json:"headers,omitempty"`
	Body    *string             `json:"body,omitempty"`
	Size    *int64              `json:"body_bytes,omitempty"`
	Seconds *seconds            `json:"seconds,omitempty"`

	Requests  *int `json:"requests,omitempty"`
	Failed    *int `json:"failed,omitempty"`
	Abandoned *int `json:"abandoned,omitempty"`
	Faults    *int `json:"faults,omitempty"`
	ExitCode  *int `json:"exit_code,omitempty"`
}

type seconds struct {
	Total   float64 `json:"total"`
	DNS     float64 `json:"dns,omitempty"`
	Connect float64 `json:"connect,omitempty"`
	TLS     float64 `json:"tls,omitempty"`
	Waiting float64 `json:"waiting,omitempty"`
}

var eventNames = [...]string{
	user.EventPart: "part", user.EventStep: "step", user.EventSent: "sent", user.EventAnswer: "answer",
	user.EventCheck: "check", user.EventCapture: "capture", user.EventDone: "done", user.EventSet: "set",
	user.EventNote: "note", user.EventAbandoned: "abandoned", user.EventFault: "fault",
	user.EventMessage: "message",
}

// Begin says what is tried.
func (j *JSON) Begin(p *plan.Plan, class int) {
	j.write(&event{Event: "begin", Format: FormatVersion, Name: p.Scenario, User: p.Classes[class].Name, Seed: p.Seed})
}

// End says what it came to.
func (j *JSON) End(r *Result, code int) {
	ok := r.OK()
	j.write(&event{Event: "end", OK: &ok, Requests: &r.Requests, Failed: &r.Failed, Abandoned: &r.Abandoned, Faults: &r.Faults, ExitCode: &code})
}

// Err is the first error of writing.
func (j *JSON) Err() error { return j.err }

// Event implements Show.
func (j *JSON) Event(p *plan.Plan, e user.Event) {
	site := p.Site(e.Site)
	out := &event{Event: eventNames[e.Kind], Name: e.Name, File: site.File, Line: site.Line, Depth: e.Depth, Text: e.Text, Retried: e.Retried}
	if json.Valid([]byte(e.Value)) {
		out.Value = json.RawMessage(e.Value)
	} else if e.Value != "" {
		out.Value, _ = json.Marshal(e.Value) // a secret was hidden in it
	}
	switch e.Kind {
	case user.EventStep:
		out.Step, out.Name = word(e.Step), title(p, e.Step)
	case user.EventSent:
		s := e.Sent
		out.Hop, out.Method, out.URL, out.Headers = s.Hop, s.Method, s.URL, fields(s.Header)
		j.put(out, s.Body, s.Size)
	case user.EventAnswer:
		a := e.Answer
		j.body = a.Body
		out.OK, out.Status, out.Headers, out.Text = &e.OK, a.Status, fields(a.Header), a.Problem
		out.Seconds = &seconds{sec(a.Elapsed), sec(a.DNS), sec(a.Connect), sec(a.TLS), sec(a.Waiting)}
		j.put(out, a.Body, a.Size)
	case user.EventMessage:
		j.body = e.Answer.Body
		j.put(out, e.Answer.Body, e.Answer.Size)
	case user.EventCapture:
		out.OK = &e.OK
		if why := missing(p, e.Expr, j.body); !e.OK && why != "" {
			out.Text = why
		}
	case user.EventCheck, user.EventDone:
		out.OK = &e.OK
	}
	if e.Class != plan.OK {
		out.Class = e.Class.String()
	}
	j.write(out)
}

func (j *JSON) put(out *event, body string, size int64) {
	if out.Size = &size; size > 0 && body != "" && j.Body > 0 {
		if len(body) > j.Body {
			body = strings.ToValidUTF8(body[:j.Body], "")
		}
		out.Body = &body
	}
}

func (j *JSON) write(e *event) {
	if j.err == nil {
		encoder := json.NewEncoder(j.W)
		encoder.SetEscapeHTML(false)
		j.err = encoder.Encode(e)
	}
}

func sec(d time.Duration) float64 { return d.Seconds() }

// fields are the lines of a header by name.
func fields(block string) map[string][]string {
	all := map[string][]string{}
	for l := range strings.Lines(block) {
		if name, value, ok := strings.Cut(strings.TrimRight(l, "\r\n"), ":"); ok {
			all[name] = append(all[name], strings.TrimSpace(value))
		}
	}
	return all
}
