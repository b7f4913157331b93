package trying

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report/text"
	"throng/runtime/transport"
	"throng/runtime/user"
)

// described is an expression known by its words alone.
type described string

func (d described) Eval(*plan.Frame) (plan.Value, error) { return plan.Value{}, nil }
func (d described) Describe(*plan.Plan) string           { return string(d) }

func TestMissing(t *testing.T) {
	const body = `{"data":{"items":[{"id":1,"a.b":2}],"note":"x","none":null,"empty":{}},"ok":true,"n":1}`
	for _, c := range []struct{ path, want string }{
		{"response.json<data.items.0.id>", ""},
		{`response.json<data.items.0.a\.b>!`, ""},
		{"response.json<token>", `response.json has no "token"; it has data, n, ok`},
		{"response.json<data.items.0.name>!", `response.json.data.items[0] has no "name"; it has a.b, id`},
		{"response.json<data.items.3>", "response.json.data.items has 1 element, so there is no [3]"},
		{"response.json<data.items.id>", `response.json.data.items is a list of 1, which has no "id"`},
		{"response.json<data.note.x>", `response.json.data.note is a string, which has no "x"`},
		{"response.json<ok.x>", `response.json.ok is a bool, which has no "x"`},
		{"response.json<n.x>", `response.json.n is a number, which has no "x"`},
		{"response.json<data.none>", "response.json.data.none is null"},
		{"response.json<data.none.x>", "response.json.data.none is null"},
		{"response.json<data.empty.x>", `response.json.data.empty has no "x"; it is empty`},
		{"response.json<a>[*]<b>", ""},
		{"response.status", ""},
		{"response.json", ""},
	} {
		if got := missing(&plan.Plan{}, described(c.path), body); got != c.want {
			t.Errorf("%s: got %q, want %q", c.path, got, c.want)
		}
	}
	if got := missing(&plan.Plan{}, described("response.json<a>"), "<html>"); got != "the answer is not JSON" {
		t.Error(got)
	}
}

func testPlan() *plan.Plan {
	request := &plan.Request{Site: 1}
	return &plan.Plan{
		Scenario: "s", Seed: 7,
		Sites:   []plan.Site{{}, {File: "main.hcl", Line: 12}},
		Rows:    []plan.Row{{Method: "GET", Name: "/health"}},
		Series:  []plan.Series{{}},
		Profile: plan.Profile{Loads: []plan.Load{{Name: `u["a"]`, Classes: []int{1}}}},
		Classes: []plan.Class{
			{Name: "off"},
			{Name: `u["a"]`, Family: "u", Weight: 1, Tasks: []plan.Task{
				{Name: "GET /health", Weight: 1, Steps: []plan.Step{request}},
				{Name: "zero"},
				{Name: "a/b", Weight: 1, Sequence: []plan.Task{{Name: "c", Steps: []plan.Step{request}}}},
			}},
		},
	}
}

func TestPick(t *testing.T) {
	p := testPlan()
	for name, want := range map[string]int{"": 1, "off": 0, "u": 1, `u["a"]`: 1} {
		if got, err := Class(p, name); got != want || err != nil {
			t.Errorf("%q: %d, %v", name, got, err)
		}
	}
	if _, err := Class(p, "x"); err == nil || err.Error() != `there is no user "x"; there are: off, u["a"]` {
		t.Error(err)
	}
	names := func(name string) string {
		tasks, err := Tasks(&p.Classes[1], name)
		if err != nil {
			return err.Error()
		}
		var all []string
		for _, one := range tasks {
			all = append(all, one.Name)
		}
		return strings.Join(all, ",")
	}
	for name, want := range map[string]string{
		"": "GET /health,a/b", "GET /health": "GET /health", "zero": "zero", "a/b": "a/b", "a/b/c": "c",
		"c": `user u["a"] has no task "c"; it has: GET /health, zero, a/b, a/b/c`,
	} {
		if got := names(name); got != want {
			t.Errorf("%q: got %s, want %s", name, got, want)
		}
	}
}

// events are a request by itself, as a user tells of it.
func events(p *plan.Plan) []user.Event {
	r := p.Classes[1].Tasks[0].Steps[0]
	return []user.Event{
		{Kind: user.EventPart, Name: "GET /health", Site: 1},
		{Kind: user.EventStep, Step: r, Site: 1},
		{Kind: user.EventSent, Depth: 1, Step: r, Site: 1, Sent: &user.Sent{Method: "GET", URL: "http://x.test/health", Header: "Accept: " + strings.Repeat("ab", 60) + "\n"}},
		{Kind: user.EventAnswer, Depth: 1, Step: r, Site: 1, OK: true, Answer: &user.Answer{Status: 200, Proto: "HTTP/1.1", Header: "A: 1\nA: 2\n",
			Body: `{"a":[1,"` + strings.Repeat("long ", 30) + `"]}`, Size: 165, Elapsed: 3 * time.Millisecond, Connect: time.Millisecond, Waiting: 2 * time.Millisecond}},
		{Kind: user.EventCheck, Depth: 1, Site: 1, Name: "status below 400", OK: true},
		{Kind: user.EventCapture, Depth: 1, Site: 1, Name: "x", Expr: described("response.json<b>"), Text: "capture x found nothing", Class: plan.FailCapture},
		{Kind: user.EventDone, Depth: 1, Step: r, Site: 1, Class: plan.FailCapture, Text: "capture x found nothing"},
		{Kind: user.EventNote, Site: 1, Text: "would wait 2 s"},
	}
}

// hung is a server that never answers; it says when it has been asked.
type hung struct {
	asked chan<- struct{}
	cut   chan struct{}
}

func (h hung) Client() transport.Client { return h }
func (h hung) Close()                   {}
func (h hung) Cut()                     { close(h.cut) }
func (h hung) Do(_ *transport.Message, r *transport.Result) {
	close(h.asked)
	<-h.cut
	*r = transport.Result{Class: plan.FailInternal, Err: transport.ErrCut}
}

// A trial that is interrupted ends at once, and is no success.
func TestInterrupted(t *testing.T) {
	p := testPlan()
	p.Targets = []plan.Target{{Scheme: "http", Host: "x.test", Port: 80}}
	p.Classes[1].Tasks[0].Steps = []plan.Step{&plan.Request{Method: "GET", Path: plan.Literal("/")}}
	asked := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-asked
		cancel()
	}()
	var b bytes.Buffer
	show := &Text{W: &b, Width: 80}
	r, err := Run(ctx, p, Options{Turns: []Turn{{1, []*plan.Task{&p.Classes[1].Tasks[0]}}}, Show: show,
		Factory: func(*transport.Clock) transport.Factory { return hung{asked, make(chan struct{})} }})
	if err != nil || !r.Cut || r.OK() || r.Requests != 0 {
		t.Errorf("%+v, %v", r, err)
	}
	show.End(r, 130)
	if !strings.Contains(b.String(), "CUT  exit 130") {
		t.Error(b.String())
	}
}

const wantText = `TRY  s  user u["a"]  seed 7

  GET /health                                                        main.hcl:12
    > GET http://x.test/health
    > Accept: ababababababababababababababababababababababababababababababababab
    > ababababababababababababababababababababababababababab
    < 200 OK  3 ms (connecting 1 ms, waiting 2 ms)  165 B
    < A: 1
    < A: 2
    <
    < {
    <   "a": [
    <     1,
    <     "long long long long long long long long long long long long long long
    <  long long long long long long long long long long long lo
    < … 30 B more; --body shows them
    ✓ status below 400
    ✗ x: response.json has no "b"; it has a (main.hcl:12)
  · would wait 2 s

FAIL  exit 99  1 request, 1 failed
`

func TestText(t *testing.T) {
	p := testPlan()
	var b bytes.Buffer
	w := &Text{W: &b, Width: 80, Body: 150}
	w.Begin(p, 1)
	for _, e := range events(p) {
		w.Event(p, e)
	}
	w.End(&Result{Requests: 1, Failed: 1}, 99)
	if got := b.String(); got != wantText {
		t.Errorf("got\n%s", got)
	}
	b.Reset()
	w.Style = text.Style{Color: true, ASCII: true}
	for _, e := range events(p) {
		w.Event(p, e)
	}
	for _, line := range strings.Split(b.String(), "\n") {
		for _, code := range []string{"\x1b[1m", "\x1b[2m", "\x1b[1;31m", "\x1b[0m"} {
			line = strings.ReplaceAll(line, code, "")
		}
		if len(line) > 82 || strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q", line)
		}
	}
}

// Every line is an object, and what was hidden in a value leaves it one.
func TestJSON(t *testing.T) {
	p := testPlan()
	var b bytes.Buffer
	w := &JSON{W: &b, Body: 10}
	w.Begin(p, 1)
	for _, e := range append(events(p), user.Event{Kind: user.EventSet, Name: "n", Value: "[(secret)]"}) {
		w.Event(p, e)
	}
	w.End(&Result{Requests: 1}, 0)
	var names []string
	for line := range strings.Lines(b.String()) {
		var e map[string]any
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		names = append(names, e["event"].(string))
		switch e["event"] {
		case "answer":
			if e["body"] != `{"a":[1,"l` || e["body_bytes"] != 165.0 || e["line"] != 12.0 || e["seconds"].(map[string]any)["total"] != 0.003 {
				t.Errorf("answer %v", e)
			}
		case "capture":
			if e["ok"] != false || e["text"] != `response.json has no "b"; it has a` || e["class"] != "capture" {
				t.Errorf("capture %v", e)
			}
		case "set":
			if e["value"] != "[(secret)]" {
				t.Errorf("set %v", e)
			}
		}
	}
	if got, want := strings.Join(names, " "), "begin part step sent answer check capture done note set end"; got != want || w.Err() != nil {
		t.Errorf("events %s, %v", got, w.Err())
	}
}
