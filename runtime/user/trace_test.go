package user

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// told keeps events as lines.
type told struct{ lines []string }

func (t *told) Trace(e Event) {
	s := strings.Repeat(" ", e.Depth)
	switch e.Kind {
	case EventPart:
		s += "part " + e.Name
	case EventStep:
		s += fmt.Sprintf("step %T", e.Step)
	case EventSent:
		s += fmt.Sprintf("sent %d %s %s %q %q", e.Sent.Hop, e.Sent.Method, e.Sent.URL, e.Sent.Header, e.Sent.Body)
	case EventAnswer:
		s += fmt.Sprintf("answer %d %q %q", e.Answer.Status, e.Answer.Header, e.Answer.Body)
	case EventCheck:
		s += fmt.Sprintf("check %s %v %s", e.Name, e.OK, e.Text)
	case EventCapture:
		s += fmt.Sprintf("capture %s %v %s%s", e.Name, e.OK, e.Value, e.Text)
	case EventDone:
		s += fmt.Sprintf("done %v %v %s retried %v", e.OK, e.Class, e.Text, e.Retried)
	case EventMessage:
		s += fmt.Sprintf("message %s %q", e.Name, e.Answer.Body)
	case EventSet:
		s += "set " + e.Name + " = " + e.Value
	case EventNote:
		s += "note " + e.Text
	case EventAbandoned:
		s += "abandoned " + e.Name
	case EventFault:
		s += "fault " + e.Text
	}
	t.lines = append(t.lines, s)
}

// tried is what is told of a class's tasks, all tried once.
func tried(t *testing.T, c plan.Class, answers ...transport.Result) []string {
	t.Helper()
	p := testPlan(nil)
	c.Name, c.Slots = "u", []string{"a", "b"}
	p.Classes = []plan.Class{c}
	s := &script{clock: transport.NewClock(), answers: answers, sent: []string{}}
	var heard told
	env := NewEnv(Config{Plan: p, Clock: s.clock, Factory: s, Trace: &heard})
	rec := record.New(record.Config{Series: 1, Shards: 1})
	var tasks []*plan.Task
	for i := range p.Classes[0].Tasks {
		tasks = append(tasks, &p.Classes[0].Tasks[i])
	}
	New(env, ID{}, rec.Writer(0)).Try(tasks)
	return heard.lines
}

func get(path string) *plan.Request { return &plan.Request{Method: "GET", Path: plan.Literal(path)} }

// All of a request is told, whatever of it fails, without its secrets; and a
// user who would wait for an hour does not.
func TestTrace(t *testing.T) {
	no := plan.Func(func(*plan.Frame) (plan.Value, error) { return plan.BoolValue(false), nil })
	hour := value(plan.IntValue(3600))
	login := &plan.Request{Method: "POST", Path: plan.Literal("/in"), Redirects: 1,
		Headers:  []plan.Pair{{Name: "Authorization", Value: text("x")}},
		Body:     &plan.Body{Text: plan.Literal("pass=hunter22")},
		Captures: []plan.Capture{{Slot: 0, Name: "a", Value: text("got hunter22")}}}
	wrong := get("/w")
	wrong.Expects = []plan.Expect{{Status: []plan.StatusRange{{Min: 201, Max: 201}}}, {Condition: no, Text: "1 == 2"}}
	wrong.Captures = login.Captures
	seen := ok(200, "Set-Cookie: a=b", "X: y")
	seen.Body = []byte("hunter22!")
	got := tried(t, plan.Class{
		Start: []plan.Step{login},
		Tasks: []plan.Task{
			{Name: "one", Wait: plan.Wait{Kind: plan.WaitFor, For: hour}, Steps: []plan.Step{wrong, &plan.Pause{For: hour}}},
			{Name: "two", Sequence: []plan.Task{
				{Name: "in", Steps: []plan.Step{&plan.Set{Values: []plan.SlotInit{{Slot: 1, Value: text("v")}}}}},
				{Name: "ner", Steps: []plan.Step{&plan.When{Condition: no, Else: []plan.Step{&plan.Leave{Reach: plan.FailureTask, Message: text("enough")}}}}},
			}},
		},
		Stop: []plan.Step{get("/out")},
	}, ok(302, "Location: /home"), seen)
	want := []string{
		"part start",
		"step *plan.Request",
		` sent 0 POST http://api.test/in "Authorization: (secret)\n" "pass=(secret)"`,
		` answer 302 "Location: /home\n" ""`,
		` sent 1 GET http://api.test/home "Authorization: (secret)\n" ""`,
		` answer 200 "Set-Cookie: (secret)\nX: y\n" "(secret)!"`,
		" check status below 400 true ",
		` capture a true "got (secret)"`,
		" done true ok  retried false",
		"part one",
		"step *plan.Request",
		` sent 0 GET http://api.test/w "Cookie: (secret)\n" ""`,
		` answer 200 "Set-Cookie: (secret)\nX: y\n" "(secret)!"`,
		" check status 201 false status 200, expected 201",
		" check 1 == 2 false 1 == 2 does not hold",
		" note captures nothing, since a rule failed",
		" done false status status 200, expected 201 retried false",
		"step *plan.Pause",
		" note would pause 3600 s",
		"note would wait 3600 s",
		"part two",
		"part two/in",
		"step *plan.Set",
		` set b = "v"`,
		"part two/ner",
		"step *plan.When",
		" note the condition does not hold",
		" step *plan.Leave",
		"  note leaves the task: enough",
		"part stop",
		"step *plan.Request",
		` sent 0 GET http://api.test/out "Cookie: (secret)\n" ""`,
		` answer 200 "Set-Cookie: (secret)\nX: y\n" "(secret)!"`,
		" check status below 400 true ",
		" done true ok  retried false",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What a traced user decides is told; what is parallel comes in order; what
// polls really waits.
func TestTraceOfControl(t *testing.T) {
	n := 0
	third := plan.Func(func(*plan.Frame) (plan.Value, error) { n++; return plan.BoolValue(n == 2), nil })
	fails := get("/f")
	got := tried(t, plan.Class{Tasks: []plan.Task{
		{Name: "set", Set: &plan.TaskSet{Tasks: []plan.Task{{Name: "x", Weight: 1}, {Name: "off"}, {Name: "y", Weight: 1}}}},
		{Name: "t", Steps: []plan.Step{
			&plan.Choose{On: text("b"), Branches: []plan.Branch{{Name: "a"}, {Name: "b"}}},
			&plan.Choose{Branches: []plan.Branch{{Name: "c", Weight: 2}}},
			&plan.Repeat{Until: third, Max: 5, Steps: []plan.Step{&plan.Pause{For: value(plan.FloatValue(0.001))}}},
			&plan.Loop{In: value(plan.ListValue([]plan.Value{{}, {}})), Value: -1, Index: -1, Key: -1},
			&plan.Parallel{Steps: []plan.Step{&plan.Group{Steps: []plan.Step{&plan.Set{}}}, &plan.Set{}}},
			&plan.Retry{Attempts: 2, Steps: []plan.Step{fails}},
			&plan.When{Condition: &plan.Slot{Index: 1, Name: "b"}},
		}},
	}}, ok(500))
	want := []string{
		"part set",
		"note a set of tasks: each once here, in declared order",
		"part set/x",
		"part set/y",
		"part t",
		"step *plan.Choose",
		` note branch "b", as the value says`,
		"step *plan.Choose",
		` note branch "c", drawn by weight: c 2`,
		"step *plan.Repeat",
		" note round 1",
		" step *plan.Pause",
		" note round 2",
		" step *plan.Pause",
		"step *plan.Loop",
		" note round 1 of 2",
		" note round 2 of 2",
		"step *plan.Parallel",
		" note its 2 steps are done one after another here",
		" step *plan.Group",
		"  step *plan.Set",
		" step *plan.Set",
		"step *plan.Retry",
		" step *plan.Request",
		`  sent 0 GET http://api.test/f "" ""`,
		`  answer 500 "" ""`,
		"  check status below 400 false status 500",
		"  done false status status 500 retried true",
		" note tries again, attempt 2 of 2",
		" step *plan.Request",
		`  sent 0 GET http://api.test/f "" ""`,
		`  answer 500 "" ""`,
		"  check status below 400 false status 500",
		"  done false status status 500 retried false",
		"step *plan.When",
		" abandoned b",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// A tracer changes nothing of what a user sends, judges and captures.
func TestTraceChangesNothing(t *testing.T) {
	r := get("/x")
	r.Captures = []plan.Capture{{Slot: 0, Name: "a", Value: text("1")}, {Slot: 0, Name: "a", Value: value(plan.NullValue())}, {Slot: 1, Name: "b", Value: text("2")}}
	for _, status := range []int{200, 404} {
		_, plain, _, _ := once(r, ok(status))
		p := testPlan(r)
		s := &script{clock: transport.NewClock(), answers: []transport.Result{ok(status)}}
		rec := record.New(record.Config{Series: 1, Shards: 1})
		u := New(NewEnv(Config{Plan: p, Clock: s.clock, Factory: s, Trace: &told{}}), ID{}, rec.Writer(0))
		u.request(r)
		snap := rec.Snapshot(time.Second, true)
		if snap.Total[0].Failed != 1 {
			t.Errorf("%d: %+v", status, snap.Total[0])
		}
		for i := range u.frame.Slots {
			if !u.frame.Slots[i].Equal(plain.frame.Slots[i]) || u.frame.Slots[i].Kind() != plain.frame.Slots[i].Kind() {
				t.Errorf("%d: slot %d differs", status, i)
			}
		}
	}
}
