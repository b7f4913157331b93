package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"throng/dsl/plan"
	"throng/runtime/outcome"
)

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
