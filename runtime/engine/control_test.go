package engine

import (
	"context"
	"fmt"
	"maps"
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
	return b.closed(1000*sec, plan.Stage{Level: 1})
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

func TestSets(t *testing.T) {
	// picks runs one user whose one task is a set, and gives what it asked for.
	picks := func(t *testing.T, set *plan.TaskSet, pick plan.Pick, times int64, answer func(call) reply) ([]string, *outcome.Outcome) {
		var list []string
		var out *outcome.Outcome
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			b.Seed = 5
			for i := range set.Tasks {
				if set.Tasks[i].Steps == nil {
					set.Tasks[i].Steps = []plan.Step{b.get("/"+set.Tasks[i].Name, 0)}
				}
			}
			b.class("u", 1, plan.Task{Name: "set", Set: set})
			b.Classes[0].Pick = pick
			b.Profile.Iterations = times
			f := newFake(answer)
			out = do(t, b.closed(0, plan.Stage{Level: 1}), f)
			list = strings.Fields(strings.ReplaceAll(paths(f.calls), "/", ""))
		})
		return list, out
	}
	count := func(list []string) map[string]int {
		n := map[string]int{}
		for _, p := range list {
			n[p]++
		}
		return n
	}
	three := func() []plan.Task {
		return []plan.Task{{Name: "a", Weight: 6}, {Name: "b", Weight: 3}, {Name: "c", Weight: 1}, {Name: "off"}}
	}
	for _, pick := range []plan.Pick{plan.PickEven, plan.PickRandom} {
		list, out := picks(t, &plan.TaskSet{Tasks: three(), Iterations: number(5)}, pick, 400, steady(0))
		n := count(list)
		slack := map[plan.Pick]int{plan.PickEven: 60, plan.PickRandom: 120}[pick]
		if len(list) != 2000 || n["off"] != 0 || abs64(n["a"]-1200) > slack || abs64(n["b"]-600) > slack || abs64(n["c"]-200) > slack {
			t.Errorf("pick %d: %d picks: %v", pick, len(list), n)
		}
		if got := out.Classes[0].Tasks[0]; got != (outcome.TaskCount{Begun: 400, Completed: 400}) {
			t.Errorf("pick %d: %+v", pick, got)
		}
	}
	// a is always followed by b, b by c, c by a; the first is drawn by weight.
	next := [][]float64{{0, 1, 0, 0}, {0, 0, 1, 0}, {1, 0, 0, 0}, nil}
	list, _ := picks(t, &plan.TaskSet{Tasks: three(), Iterations: number(7), Next: next}, plan.PickEven, 50, steady(0))
	for i := range list {
		if i%7 > 0 && list[i-1]+list[i] != "ab" && list[i-1]+list[i] != "bc" && list[i-1]+list[i] != "ca" {
			t.Fatalf("%s follows %s", list[i], list[i-1])
		}
	}
	// A row that is nil goes by the weights; one with shares keeps to them.
	list, _ = picks(t, &plan.TaskSet{Tasks: three(), Iterations: number(8000), Next: [][]float64{{8, 2, 0, 0}, nil, nil, nil}}, plan.PickEven, 1, steady(0))
	pairs := map[string]int{}
	for i := range list[1:] {
		pairs[list[i]+list[i+1]]++
	}
	if after := pairs["aa"] + pairs["ab"]; pairs["ac"] != 0 || abs64(pairs["aa"]*10-after*8) > after/2 {
		t.Errorf("what follows a: %v", pairs)
	}
	// Without iterations it ends where a task leaves, which completes the pick.
	leaving := &plan.TaskSet{Tasks: []plan.Task{{Name: "a", Weight: 3}, {Name: "x", Weight: 1, Steps: []plan.Step{&plan.Leave{Reach: plan.FailureTask}}}}}
	list, out := picks(t, leaving, plan.PickRandom, 500, steady(0))
	if out.Classes[0].Tasks[0] != (outcome.TaskCount{Begun: 500, Completed: 500}) || abs64(len(list)-1500) > 400 {
		t.Errorf("%d picks, %+v", len(list), out.Classes[0].Tasks[0])
	}
	// A task that fails ends only itself.
	failing := three()
	failing[0].Steps = []plan.Step{&plan.Set{Values: []plan.SlotInit{{Value: plan.Func(func(*plan.Frame) (plan.Value, error) {
		return plan.Value{}, &plan.EvalError{Message: "no"}
	})}}}}
	list, out = picks(t, &plan.TaskSet{Tasks: failing, Iterations: number(10)}, plan.PickEven, 1, steady(0))
	if len(list) < 3 || slices.Contains(list, "a") || out.Classes[0].Tasks[0] != (outcome.TaskCount{Begun: 1, Failed: 1}) {
		t.Errorf("%v, %+v", list, out.Classes[0].Tasks[0])
	}
}

func abs64(n int) int { return max(n, -n) }

func TestSetsWithinSequences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		inner := plan.Task{Name: "set", Set: &plan.TaskSet{Iterations: number(2), Tasks: []plan.Task{task("in", 1, waitFor(2), b.get("/in", 0))}}}
		last := plan.Task{Name: "tail", Wait: waitFor(50), Set: &plan.TaskSet{Iterations: number(0), Tasks: []plan.Task{task("no", 1, waitFor(7), b.get("/no", 0))}}}
		b.class("u", 1, plan.Task{Name: "all", Sequence: []plan.Task{task("a", 1, waitFor(1), b.get("/a", 0)), inner, last}})
		f := newFake(steady(0))
		out := do(t, b.closed(60*sec, plan.Stage{Level: 1}), f)
		var at []string
		for _, c := range f.calls {
			at = append(at, fmt.Sprint(paths([]call{c}), "@", int(c.At/sec)))
		}
		// The waits: 1 s after a, 2 s after each of the set, then the empty set's own.
		if got := strings.Join(at, " "); got != "/a@0 /in@1 /in@3 /a@55 /in@56 /in@58" {
			t.Errorf("%s", got)
		}
		if out.Classes[0].Tasks[0].Begun != 2 {
			t.Errorf("%+v", out.Classes[0].Tasks[0])
		}
	})
}

// An open load does not wait, so a set that nothing ends must not spin, and
// must hear a stop.
func TestEndlessSetInAnOpenLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		evals := 0
		idle := &plan.Set{Values: []plan.SlotInit{{Slot: 0, Value: expr(func(*plan.Frame) plan.Value { evals++; return plan.NullValue() })}}}
		b.class("u", 1, plan.Task{Set: &plan.TaskSet{Tasks: []plan.Task{task("t", 1, plan.Wait{}, idle)}}})
		b.Classes[0].Slots = []string{"s"}
		out := do(t, b.openLoad(2*sec, 1, plan.Stage{Level: 1}), newFake(steady(0)))
		if out.Elapsed != 2*sec || evals < 10 || evals > 30 {
			t.Errorf("after %v, %d rounds", out.Elapsed, evals)
		}
	})
}

func TestFreshUserEachIteration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		start := captures(b.get("/in", 0), 0, word("kept"))
		seen := b.get("/t", 0)
		seen.Query = []plan.Pair{
			{Name: "slot", Value: expr(func(f *plan.Frame) plan.Value { return plan.StringValue(f.Slots[1].TypeName()) })},
			{Name: "seq", Value: slot(2)},
			{Name: "n", Value: expr(func(f *plan.Frame) plan.Value { return plan.IntValue(f.User.Iteration) })},
			{Name: "sid", Value: expr(func(f *plan.Frame) plan.Value {
				v, ok := f.Cookie("sid")
				return plan.StringValue(fmt.Sprint(v, ok))
			})},
		}
		captures(seen, 1, word("not forgotten"))
		b.class("u", 1, task("t", 1, waitFor(1), seen))
		c := &b.Classes[0]
		c.Lifetime, c.Slots = plan.LifetimeIteration, []string{"s0", "s1", "s2"}
		c.Initial = []plan.SlotInit{{Slot: 2, Value: number(7)}}
		c.Start, c.Stop = []plan.Step{start}, []plan.Step{b.get("/out", 0)}
		n := 0
		f := newFake(func(k call) reply {
			if !contains(k.Text, "/in") {
				return reply{}
			}
			if strings.Contains(k.Text, "Cookie") {
				t.Error("a cookie of another user is sent")
			}
			n++
			return reply{header: fmt.Sprintf("Set-Cookie: sid=%d\r\n", n)}
		})
		out := do(t, b.closed(2500*ms, plan.Stage{Level: 1}), f)
		var want []string
		for i := range 3 {
			want = append(want, "/in", fmt.Sprintf("/t?slot=nothing&seq=7&n=%d&sid=%dtrue", i, i+1), "/out")
		}
		if got := paths(f.calls); got != strings.Join(want, " ") {
			t.Errorf("got %s", got)
		}
		for i, k := range f.calls {
			if k.Client != i/3 {
				t.Errorf("call %d over client %d", i, k.Client)
			}
		}
		if got := out.Classes[0]; got.Users != 1 || got.Starts != 3 || got.Tasks[0] != (outcome.TaskCount{Begun: 3, Completed: 3}) {
			t.Errorf("%+v", got)
		}
	})
}

// A start that fails fails its iteration, and the user goes on.
func TestFreshUserFailsToStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		login := b.get("/in", 0)
		login.OnFailure = plan.FailureUser
		b.class("u", 1, task("t", 1, waitFor(1), b.get("/t", 0)))
		b.Classes[0].Lifetime, b.Classes[0].Start = plan.LifetimeIteration, []plan.Step{login}
		b.Classes[0].Stop = []plan.Step{b.get("/out", 0)}
		f := newFake(func(c call) reply {
			if contains(c.Text, "/in") && c.At < 900*ms {
				return reply{status: 503}
			}
			return reply{}
		})
		out := do(t, b.closed(2500*ms, plan.Stage{Level: 1}), f)
		if got := paths(f.calls); got != "/in /in /t /out /in /t /out" {
			t.Errorf("%s", got)
		}
		c := out.Classes[0]
		if c.Users != 1 || c.Starts != 3 || c.StartFailed != 1 || c.Tasks[0] != (outcome.TaskCount{Begun: 3, Completed: 2, Failed: 1}) {
			t.Errorf("%+v", c)
		}
		if k := out.Conditions; k.UsersStarted != 3 || k.UsersFailed != 1 {
			t.Errorf("%+v", k)
		}
	})
}

// nested is a plan in which all kinds of steps are within each other. In a
// calm one nothing ends early: of a parallel block that does, it depends on
// the answers' times which children had begun.
func nested(seed uint64, calm bool) builder {
	r := source(seed)
	b := newPlan()
	draw := func(n int64) plan.Expr {
		return expr(func(f *plan.Frame) plan.Value { return plan.IntValue(f.Rand.Int64N(n)) })
	}
	coin := expr(func(f *plan.Frame) plan.Value { return plan.BoolValue(f.Rand.IntN(2) == 0) })
	var steps func(depth int) []plan.Step
	request := func() plan.Step {
		q := b.get("/"+fmt.Sprint(len(b.Rows)), 0)
		q.OnFailure = plan.Failure(r.IntN(3))
		q.Query = []plan.Pair{{Name: "q", Value: draw(1e9)}}
		if r.IntN(4) == 0 {
			q.Query = append(q.Query, plan.Pair{Name: "s", Value: slot(r.IntN(3))})
		}
		return captures(q, r.IntN(3), expr(status))
	}
	step := func(depth int) plan.Step {
		kind := r.IntN(14)
		if calm && (kind == 7 || kind == 11) {
			kind = 12
		}
		if depth > 3 {
			kind = r.IntN(4)
		}
		switch kind {
		default:
			return request()
		case 2:
			return &plan.Pause{For: expr(func(f *plan.Frame) plan.Value { return plan.FloatValue(f.Rand.Float64() / 20) })}
		case 3:
			return &plan.Set{Values: []plan.SlotInit{{Slot: r.IntN(3), Value: draw(4)}}}
		case 4:
			return b.group("g"+fmt.Sprint(len(b.Rows)), steps(depth+1)...)
		case 5:
			return &plan.When{Condition: coin, Then: steps(depth + 1), Else: steps(depth + 1)}
		case 6:
			return &plan.Repeat{Count: draw(4), Steps: steps(depth + 1), Every: seconds(r.Float64() / 50)}
		case 7:
			return &plan.Repeat{Until: coin, Max: 3, Text: "a coin", Steps: steps(depth + 1)}
		case 8:
			return &plan.Loop{In: constant(words("a", "b", "c")), Value: r.IntN(3), Index: -1, Key: -1, Steps: steps(depth + 1)}
		case 9:
			return &plan.Choose{On: slot(r.IntN(3)), Branches: []plan.Branch{{Name: "1", Steps: steps(depth + 1)}, {Name: "200", Steps: steps(depth + 1)}}, HasElse: r.IntN(2) == 0 || calm}
		case 10:
			return &plan.Retry{Attempts: 3, Backoff: seconds(0.01), Steps: steps(depth + 1)}
		case 11:
			return &plan.Leave{Reach: plan.FailureTask}
		case 12, 13:
			return &plan.Parallel{Limit: r.IntN(3), Steps: steps(depth + 1)}
		}
	}
	steps = func(depth int) (list []plan.Step) {
		for range 1 + r.IntN(4) {
			list = append(list, step(depth))
		}
		return list
	}
	var tasks func(depth int) []plan.Task
	tasks = func(depth int) (list []plan.Task) {
		for range 1 + r.IntN(3) {
			t := task("t", 1+r.Float64(), uniform(0, 0.02))
			switch kind := r.IntN(4); {
			case depth < 2 && kind == 0:
				t.Sequence = tasks(depth + 1)
			case depth < 2 && kind == 1:
				t.Set = &plan.TaskSet{Tasks: tasks(depth + 1), Iterations: draw(3)}
				if r.IntN(2) == 0 {
					t.Set.Next = make([][]float64, len(t.Set.Tasks))
					t.Set.Next[0] = make([]float64, len(t.Set.Tasks))
					t.Set.Next[0][0] = 1
				}
			default:
				t.Steps = steps(0)
			}
			list = append(list, t)
		}
		return list
	}
	b.class("u", 1, tasks(0)...)
	c := &b.Classes[0]
	c.Slots, c.Start, c.Stop = []string{"a", "b", "c"}, steps(2), steps(2)
	for i := range c.Slots {
		if calm {
			c.Initial = append(c.Initial, plan.SlotInit{Slot: i, Value: number(int64(i))})
		}
	}
	c.Pick, c.Lifetime = plan.Pick(r.IntN(2)), plan.Lifetime(r.IntN(2))
	b.Profile.Grace = 200 * ms
	if r.IntN(2) == 0 {
		return b.openLoad(3*sec, 5, plan.Stage{Level: 40})
	}
	return b.closed(3*sec, plan.Stage{Level: 6, Over: sec, Hold: sec}, plan.Stage{Level: 2})
}

// Whatever is nested in what, and whenever the run is interrupted, it ends in
// time, and the books balance.
func TestNestedStepsUnderInterrupts(t *testing.T) {
	r := source(7)
	for seed := range uint64(60) {
		stop := time.Duration(r.Int64N(int64(4 * sec)))
		cut := stop + time.Duration(r.Int64N(int64(300*ms)))
		kind := r.IntN(4)
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			out := doCtx(t, ctx, nested(seed, false), newFake(shaky), func(e *Engine, _ *Options) {
				if e == nil {
					return
				}
				if kind&1 != 0 {
					time.AfterFunc(stop, e.Stop)
				}
				if kind&2 != 0 {
					time.AfterFunc(cut, cancel)
				}
			})
			limit := 3 * sec
			if kind&1 != 0 {
				limit = min(limit, stop)
			}
			if out.Elapsed > limit+200*ms {
				t.Errorf("seed %d: ended at %v, stopped at %v", seed, out.Elapsed, limit)
			}
			for _, n := range out.Notes {
				if strings.Contains(n, "panic") || strings.Contains(n, "defect") {
					t.Errorf("seed %d: %s", seed, n)
				}
			}
			begun := out.Conditions.Books
			if seed == 0 && begun.Intended == 0 {
				t.Error("nothing happened")
			}
		})
	}
}

// With one seed a user asks for the same things, in parallel blocks too,
// however long the answers take.
func TestSeedReplaysAllSteps(t *testing.T) {
	lists := func(seed uint64, answer func(call) reply) map[string]int {
		asked := map[string]int{}
		synctest.Test(t, func(t *testing.T) {
			b := nested(seed, true)
			b.Classes[0].Lifetime = plan.LifetimeRun
			b.closed(1000*sec, plan.Stage{Level: 1})
			b.Profile.Iterations = 6
			f := newFake(answer)
			do(t, b, f)
			for _, c := range f.calls {
				asked[c.Text[:strings.Index(c.Text, "\n")]]++
			}
		})
		return asked
	}
	differ := 0
	for seed := range uint64(16) {
		one := lists(seed, steady(ms))
		uneven := func(c call) reply { return reply{after: time.Duration(len(c.Text)*7919%41) * ms} }
		if two := lists(seed, uneven); !maps.Equal(one, two) {
			t.Errorf("seed %d: other requests when the answers took other times", seed)
		}
		if len(one) > 20 {
			differ++
		}
	}
	if differ < 4 {
		t.Errorf("only %d plans ask for more than 20 things", differ)
	}
}
