package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
)

func constant(v plan.Value) plan.Expr { return plan.Const{Value: v} }

func word(s string) plan.Expr { return constant(plan.StringValue(s)) }

func number(n int64) plan.Expr { return constant(plan.IntValue(n)) }

func words(list ...string) plan.Value {
	var items []plan.Value
	for _, s := range list {
		items = append(items, plan.StringValue(s))
	}
	return plan.ListValue(items)
}

func slot(i int) *plan.Slot { return &plan.Slot{Index: i, Name: fmt.Sprint("s", i), Site: 9} }

// expr is an expression over the frame that never fails.
func expr(f func(f *plan.Frame) plan.Value) plan.Expr {
	return plan.Func(func(frame *plan.Frame) (plan.Value, error) { return f(frame), nil })
}

// path is a request whose path ends in a slot's value.
func (b builder) path(path string, index int) *plan.Request {
	r := b.get(path, 0)
	r.Path = &plan.Template{Parts: []plan.Part{{Lit: path}, {Expr: slot(index), Enc: plan.EncSegment}}}
	return r
}

// captures makes a request keep something of its answer.
func captures(r *plan.Request, index int, e plan.Expr) *plan.Request {
	r.ReadsBody = true
	r.Captures = append(r.Captures, plan.Capture{Slot: index, Name: fmt.Sprint("s", index), Value: e, Null: true})
	return r
}

// status is the status of the answer at hand.
func status(f *plan.Frame) plan.Value { return plan.IntValue(int64(f.Response.Status)) }

// once makes a plan of one user that does its one task a single time.
func (b builder) once(slots int, steps ...plan.Step) builder {
	b.class("u", 1, task("t", 1, waitFor(1e6), steps...))
	for i := range slots {
		b.Classes[0].Slots = append(b.Classes[0].Slots, fmt.Sprint("s", i))
	}
	return b.closed(100*sec, plan.Stage{Level: 1})
}

func TestSteps(t *testing.T) {
	b := newPlan()
	get := func(path string) *plan.Request { return b.get(path, 0) }
	yes, no, null := constant(plan.BoolValue(true)), constant(plan.BoolValue(false)), constant(plan.NullValue())
	swap := &plan.Set{Values: []plan.SlotInit{{Slot: 0, Value: slot(1)}, {Slot: 1, Value: slot(0)}}}
	init := &plan.Set{Values: []plan.SlotInit{{Slot: 0, Value: word("a")}, {Slot: 1, Value: word("b")}}}
	countTo := func(n int64) plan.Expr {
		return expr(func(f *plan.Frame) plan.Value { return plan.BoolValue(f.Slots[2].Int64() >= n) })
	}
	below := func(n int64) plan.Expr {
		return expr(func(f *plan.Frame) plan.Value { return plan.BoolValue(f.Slots[2].Int64() < n) })
	}
	more := &plan.Set{Values: []plan.SlotInit{{Slot: 2, Value: expr(func(f *plan.Frame) plan.Value { return plan.IntValue(f.Slots[2].Int64() + 1) })}}}
	object := plan.ObjectValue([]plan.Field{{Name: "y", Value: plan.StringValue("2")}, {Name: "x", Value: plan.StringValue("1")}})
	branches := func(names ...string) (list []plan.Branch) {
		for _, n := range names {
			list = append(list, plan.Branch{Name: n, Steps: []plan.Step{get("/" + n)}})
		}
		return list
	}
	const ok = "completed"
	for _, c := range []struct {
		name  string
		steps []plan.Step
		want  string // paths, then how the task ended
	}{
		{"set changes all at once", []plan.Step{init, swap, b.path("/", 0), b.path("/", 1)}, "/b /a " + ok},
		{"a set that cannot be evaluated changes nothing", []plan.Step{init, &plan.Set{Values: []plan.SlotInit{{Slot: 0, Value: word("c")}, {Slot: 1, Value: slot(2)}}}, get("/no")}, "abandoned"},
		{"when", []plan.Step{&plan.When{Condition: yes, Then: []plan.Step{get("/then")}, Else: []plan.Step{get("/else")}}}, "/then " + ok},
		{"when not", []plan.Step{&plan.When{Condition: no, Then: []plan.Step{get("/then")}, Else: []plan.Step{get("/else")}}}, "/else " + ok},
		{"null does not hold", []plan.Step{&plan.When{Condition: null, Then: []plan.Step{get("/then")}}, get("/on")}, "/on " + ok},
		{"a condition that is no bool", []plan.Step{&plan.When{Condition: word("true"), Then: []plan.Step{get("/then")}}}, "failed: a condition must be true or false, this one is a string"},
		{"a condition over nothing", []plan.Step{&plan.When{Condition: slot(0), Then: []plan.Step{get("/then")}}}, "abandoned"},
		{"count", []plan.Step{&plan.Repeat{Count: number(3), Steps: []plan.Step{get("/r")}}}, "/r /r /r " + ok},
		{"count of none", []plan.Step{&plan.Repeat{Count: number(-1), Steps: []plan.Step{get("/r")}}}, ok},
		{"count that is no number", []plan.Step{&plan.Repeat{Count: yes, Steps: []plan.Step{get("/r")}}}, "failed: a count must be a number, this one is a bool"},
		{"while is asked before", []plan.Step{&plan.Repeat{While: below(2), Text: "w", Max: 9, Steps: []plan.Step{more, get("/r")}}}, "/r /r " + ok},
		{"while not at all", []plan.Step{&plan.Repeat{While: no, Max: 9, Steps: []plan.Step{get("/r")}}}, ok},
		{"until is asked after", []plan.Step{&plan.Repeat{Until: yes, Max: 9, Steps: []plan.Step{get("/r")}}}, "/r " + ok},
		{"until in its last round", []plan.Step{&plan.Repeat{Until: countTo(2), Text: "x", Max: 2, Steps: []plan.Step{more, get("/r")}}}, "/r /r " + ok},
		{"until never", []plan.Step{&plan.Repeat{Until: no, Text: "s == 1", Max: 2, Steps: []plan.Step{get("/r")}}, get("/no")}, "/r /r failed: still not s == 1 after 2 rounds"},
		{"while for ever", []plan.Step{&plan.Repeat{While: yes, Text: "s == 1", Max: 2, Steps: []plan.Step{get("/r")}}, get("/no")}, "/r /r failed: still s == 1 after 2 rounds"},
		{"while to its last round", []plan.Step{&plan.Repeat{While: below(2), Text: "x", Max: 2, Steps: []plan.Step{more, get("/r")}}}, "/r /r " + ok},
		{"loop over a list", []plan.Step{&plan.Loop{In: constant(words("p", "q")), Value: 0, Index: 1, Key: 2, Steps: []plan.Step{b.path("/v", 0), b.path("/i", 1), b.path("/k", 2)}}}, "/vp /i0 /k0 /vq /i1 /k1 " + ok},
		{"loop over an object", []plan.Step{&plan.Loop{In: constant(object), Value: 0, Index: 1, Key: 2, Steps: []plan.Step{b.path("/v", 0), b.path("/i", 1), b.path("/k", 2)}}}, "/v1 /i0 /kx /v2 /i1 /ky " + ok},
		{"loop over null", []plan.Step{&plan.Loop{In: null, Value: -1, Index: -1, Key: -1, Steps: []plan.Step{get("/no")}}, get("/on")}, "/on " + ok},
		{"loop over an empty object", []plan.Step{&plan.Loop{In: constant(plan.ObjectValue(nil)), Value: 0, Index: 0, Key: 0, Steps: []plan.Step{get("/no")}}}, ok},
		{"loop over a string", []plan.Step{&plan.Loop{In: word("x"), Label: "l", Value: -1, Index: -1, Key: -1}}, `failed: loop "l" goes over a list or an object, this is a string`},
		{"choose by name", []plan.Step{&plan.Choose{On: word("q"), Branches: branches("p", "q")}}, "/q " + ok},
		{"choose by a number's text", []plan.Step{&plan.Choose{On: number(2), Branches: branches("1", "2")}}, "/2 " + ok},
		{"choose else", []plan.Step{&plan.Choose{On: null, Branches: branches("p", ""), HasElse: true, Else: []plan.Step{get("/else")}}}, "/else " + ok},
		{"choose nothing", []plan.Step{&plan.Choose{On: word("z"), Branches: branches("p", "q")}, get("/no")}, `failed: no branch for "z", and no else; the branches are "p", "q"`},
		{"choose by weight", []plan.Step{&plan.Choose{Branches: []plan.Branch{{Name: "p"}, {Name: "q", Weight: 1, Steps: []plan.Step{get("/q")}}}}}, "/q " + ok},
		{"call", []plan.Step{init, &plan.Call{Inputs: []plan.SlotInit{{Slot: 0, Value: slot(1)}, {Slot: 1, Value: slot(0)}}, Steps: []plan.Step{b.path("/", 0), b.path("/", 1)}}}, "/b /a " + ok},
		{"leave", []plan.Step{&plan.Repeat{Count: number(9), Steps: []plan.Step{get("/r"), &plan.Leave{Reach: plan.FailureTask, Message: word("enough")}}}, get("/no")}, "/r " + ok + " left: enough"},
		{"a leave that cannot be said", []plan.Step{&plan.Leave{Reach: plan.FailureTask, Message: slot(0)}}, "abandoned"},
	} {
		synctest.Test(t, func(t *testing.T) {
			rows, series := b.Rows, b.Series
			b := newPlan()
			b.Rows, b.Series = rows, series
			f := newFake(steady(ms))
			out := do(t, b.once(3, c.steps...), f)
			if got := strings.TrimSpace(paths(f.calls) + " " + endOf(out)); got != c.want {
				t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
			}
		})
	}
}

// endOf says how the one task of a run ended.
func endOf(out *outcome.Outcome) string {
	n := out.Classes[0].Tasks[0]
	s := map[outcome.TaskCount]string{{Begun: 1, Completed: 1}: "completed", {Begun: 1, Abandoned: 1}: "abandoned", {Begun: 1, Failed: 1}: "failed"}[n]
	for _, note := range out.Notes {
		if _, fault, ok := strings.Cut(note, "times in users of u: "); ok {
			s += ": " + strings.TrimSuffix(fault, ".")
		}
	}
	for _, l := range out.Leaves {
		s += " left: " + l.Message
	}
	return s
}

func TestChooseKeepsItsWeights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		c := &plan.Choose{Branches: []plan.Branch{
			{Weight: 1, Steps: []plan.Step{b.get("/1", 0)}}, {Weight: 0, Steps: []plan.Step{b.get("/0", 0)}}, {Weight: 9, Steps: []plan.Step{b.get("/9", 0)}},
		}}
		f := newFake(steady(0))
		do(t, b.once(0, &plan.Repeat{Count: number(10_000), Steps: []plan.Step{c}}), f)
		n := map[string]int{}
		for _, p := range strings.Fields(paths(f.calls)) {
			n[p]++
		}
		if n["/0"] != 0 || n["/1"]+n["/9"] != 10_000 || n["/1"] < 850 || n["/1"] > 1150 { // 1,000 ± 5 standard deviations
			t.Errorf("%v", n)
		}
	})
}

// Every paces the starts of rounds and is left out of the time of groups, as
// a pause is; a repeat that does not end fails the group around it.
func TestRepeatEvery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		paced := b.group("paced", &plan.Repeat{Count: number(3), Every: seconds(1), Steps: []plan.Step{b.get("/r", 0)}})
		never := b.group("never", &plan.Repeat{Until: constant(plan.BoolValue(false)), Text: "x", Max: 2, Every: seconds(0.05), Steps: []plan.Step{b.get("/n", 0)}})
		f := newFake(steady(100 * ms))
		out := do(t, b.once(0, paced, never), f)
		var at []time.Duration
		for _, c := range f.calls {
			at = append(at, c.At)
		}
		if want := []time.Duration{0, sec, 2 * sec, 2100 * ms, 2200 * ms}; !slices.Equal(at, want) {
			t.Errorf("rounds at %v, want %v", at, want)
		}
		if g := out.Final.Total[paced.Series]; g.OK != 1 || g.Max() != int64(300*ms) {
			t.Errorf("paced: %d ok, %v", g.OK, time.Duration(g.Max()))
		}
		if g := out.Final.Total[never.Series]; g.Failed != 1 || g.ByClass[plan.FailExpect] != 1 {
			t.Errorf("never: %+v", g)
		}
	})
}

func TestLeaveReaches(t *testing.T) {
	for _, c := range []struct {
		reach plan.Failure
		start bool
		paths string
		count outcome.TaskCount
		why   string
	}{
		{plan.FailureTask, false, "/1 /1 /1 /bye", outcome.TaskCount{Begun: 3, Completed: 3}, ""},
		{plan.FailureUser, false, "/1 /bye", outcome.TaskCount{Begun: 1, Completed: 1}, "every user had ended before the planned end"},
		{plan.FailureRun, false, "/1 /bye", outcome.TaskCount{Begun: 1, Completed: 1}, "no ticket"},
		{plan.FailureTask, true, "/1 /2 /1 /2 /1 /2 /bye", outcome.TaskCount{Begun: 3, Completed: 3}, ""},
		{plan.FailureUser, true, "/bye", outcome.TaskCount{}, "every user had ended before the planned end"},
		{plan.FailureRun, true, "/bye", outcome.TaskCount{}, "no ticket"},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			leave := &plan.Leave{Site: 3, Reach: c.reach, Message: word("no ticket")}
			list := []plan.Step{b.get("/1", 0), leave, b.get("/2", 0)}
			if c.start {
				list = []plan.Step{list[0], list[2]}
			}
			b.class("u", 1, plan.Task{Wait: plan.Wait{Kind: plan.WaitPacing, For: seconds(1)}, Sequence: []plan.Task{task("t", 1, plan.Wait{}, list...)}})
			b.Classes[0].Stop = []plan.Step{b.get("/bye", 0)}
			if c.start {
				b.Classes[0].Start = []plan.Step{leave, b.get("/no", 0)}
			}
			b.Classes[0].Tasks[0].Sequence[0].Wait = b.Classes[0].Tasks[0].Wait
			f := newFake(steady(0))
			out := do(t, b.closed(2500*ms, plan.Stage{Level: 1}), f)
			if got := paths(f.calls); got != c.paths {
				t.Errorf("%d: %s, want %s", c.reach, got, c.paths)
			}
			if got := out.Classes[0].Tasks[0]; got != c.count {
				t.Errorf("%d: %+v, want %+v", c.reach, got, c.count)
			}
			if got := out.Conditions.Incomplete; got != c.why {
				t.Errorf("%d: %q, want %q", c.reach, got, c.why)
			}
			want := []outcome.Leave{{Site: 3, Reach: c.reach, Message: "no ticket", Count: max(1, c.count.Begun)}}
			if c.start {
				want[0].Count = 1
			}
			if !slices.Equal(out.Leaves, want) || out.Classes[0].StartFailed != 0 {
				t.Errorf("%d: leaves %+v, class %+v", c.reach, out.Leaves, out.Classes[0])
			}
		})
	}
}
