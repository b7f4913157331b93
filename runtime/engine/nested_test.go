package engine

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
)

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
			b.closed(200*sec, plan.Stage{Level: 1})
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
	for seed := range uint64(10) {
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
