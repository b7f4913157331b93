package engine

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
)

// The children of a block go out together, and its group takes as long as the
// longest of them; what they captured is there afterwards, the last child's
// where two captured the same.
func TestParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		slow, quick := captures(b.get("/slow", 0), 0, word("first")), captures(b.get("/quick", 0), 0, word("second"))
		list := &plan.Loop{In: constant(words("p", "q")), Value: 1, Index: -1, Key: -1, Steps: []plan.Step{b.path("/", 1)}}
		thrice := &plan.Repeat{Count: number(3), Steps: []plan.Step{b.get("/r", 0)}}
		block := b.group("page", &plan.Parallel{Steps: []plan.Step{slow, quick, list, thrice, &plan.Pause{For: seconds(0.4)}}})
		b.Rows[0].Name = "/slow"
		f := newFake(func(c call) reply {
			if contains(c.Text, "/slow") {
				return reply{after: 300 * ms}
			}
			return reply{after: 100 * ms}
		})
		out := do(t, b.once(2, block, b.path("/then-", 0)), f)
		first := f.calls[:7]
		var all []string
		for _, c := range first {
			if c.At != 0 {
				t.Errorf("%s began at %v", c.Text, c.At)
			}
			all = append(all, paths([]call{c}))
		}
		slices.Sort(all)
		if got := strings.Join(all, " "); got != "/p /q /quick /r /r /r /slow" {
			t.Errorf("%s", got)
		}
		if last := f.calls[7]; paths(f.calls[7:]) != "/then-second" || last.At != 400*ms {
			t.Errorf("%s at %v", paths(f.calls[7:]), last.At)
		}
		if g := out.Final.Total[block.Series]; g.OK != 1 || g.Max() != int64(400*ms) { // a pause of a lane is part of the block
			t.Errorf("group: %d ok, %v", g.OK, time.Duration(g.Max()))
		}
	})
}

// Children see the session as it was at the block's start.
func TestParallelViews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		set := func(s string) *plan.Set {
			return &plan.Set{Values: []plan.SlotInit{{Slot: 0, Value: word(s)}}}
		}
		child := func(s string) plan.Step {
			return &plan.Call{Steps: []plan.Step{b.path("/"+s+"-", 0), set(s), &plan.Pause{For: seconds(1)}, b.path("/"+s+"-", 0)}}
		}
		f := newFake(steady(ms))
		do(t, b.once(1, set("0"), &plan.Parallel{Limit: 1, Steps: []plan.Step{child("1"), child("2")}}, b.path("/", 0)), f)
		if got := paths(f.calls); got != "/1-0 /1-1 /2-0 /2-2 /2" {
			t.Errorf("%s", got)
		}
	})
}

// A child that ends the task lets the others finish what they are in, and no
// further one begin.
func TestParallelEnds(t *testing.T) {
	fail := func(b builder, on plan.Failure) plan.Step {
		r := b.get("/bad", 0)
		r.OnFailure = on
		return r
	}
	for name, c := range map[string]struct {
		bad   func(b builder) plan.Step
		count outcome.TaskCount
		halts bool
	}{
		"task":    {func(b builder) plan.Step { return fail(b, plan.FailureTask) }, outcome.TaskCount{Begun: 1, Failed: 1}, false},
		"user":    {func(b builder) plan.Step { return fail(b, plan.FailureUser) }, outcome.TaskCount{Begun: 1, Failed: 1}, true},
		"run":     {func(b builder) plan.Step { return fail(b, plan.FailureRun) }, outcome.TaskCount{Begun: 1, Failed: 1}, true},
		"leave":   {func(b builder) plan.Step { return &plan.Leave{Reach: plan.FailureTask} }, outcome.TaskCount{Begun: 1, Completed: 1}, false},
		"missing": {func(b builder) plan.Step { return b.path("/no", 0) }, outcome.TaskCount{Begun: 1, Abandoned: 1}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			long := &plan.Call{Steps: []plan.Step{b.get("/1", 0), b.get("/2", 0)}}
			late := &plan.Repeat{Count: number(5), Steps: []plan.Step{b.get("/late", 0)}}
			f := newFake(func(c call) reply {
				if contains(c.Text, "/bad") {
					return reply{after: ms, status: 500}
				}
				return reply{after: 10 * ms}
			})
			out := do(t, b.once(1, &plan.Parallel{Limit: 2, Steps: []plan.Step{long, c.bad(b), late}}, b.get("/after", 0)), f)
			got := strings.ReplaceAll(paths(f.calls), "/bad ", "")
			if got != "/1 /2" {
				t.Errorf("%s: %s", name, got)
			}
			if n := out.Classes[0].Tasks[0]; n != c.count || (out.Conditions.Incomplete != "") != c.halts {
				t.Errorf("%s: %+v, %q", name, n, out.Conditions.Incomplete)
			}
		})
	}
}

// Only the block's first request counts from the arrival.
func TestParallelInAnOpenLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		one, two := b.get("/1", 0), b.get("/2", 0)
		b.class("u", 1, task("t", 1, plan.Wait{}, &plan.Parallel{Steps: []plan.Step{one, two}}))
		b.Classes[0].Start = []plan.Step{b.get("/start", 0)}
		f := newFake(func(c call) reply {
			if contains(c.Text, "/start") {
				return reply{after: 500 * ms}
			}
			return reply{after: 100 * ms}
		})
		out := do(t, b.openLoad(sec, 1, plan.Stage{Level: 1}), f)
		if got := out.Final.Total; got[0].Max() != int64(600*ms) || got[1].Max() != int64(100*ms) {
			t.Errorf("%v and %v", time.Duration(got[0].Max()), time.Duration(got[1].Max()))
		}
	})
}

// A list that the target makes long opens no more than so many connections.
func TestParallelIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		f := newFake(steady(ms))
		do(t, b.once(0, &plan.Parallel{Steps: []plan.Step{&plan.Repeat{Count: number(2500), Steps: []plan.Step{b.get("/", 0)}}}}), f)
		if len(f.calls) != 2500 || f.clients != 1001 {
			t.Errorf("%d calls over %d clients", len(f.calls), f.clients)
		}
	})
}

// Against a real server: never more at once than the limit, by the server's
// own count, and connections are kept from block to block.
func TestParallelLimitHolds(t *testing.T) {
	const limit, users = 3, 4
	var mu sync.Mutex
	now, most, remotes := map[string]int{}, 0, map[string]bool{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.URL.Query().Get("u")
		mu.Lock()
		now[id]++
		most = max(most, now[id])
		remotes[r.RemoteAddr] = true
		mu.Unlock()
		time.Sleep(2 * ms) // work, so that requests meet
		mu.Lock()
		now[id]--
		mu.Unlock()
		http.SetCookie(w, &http.Cookie{Name: "c" + r.URL.Path[1:], Value: "1"})
		fmt.Fprint(w, strings.Repeat("x", 100))
	}))
	defer server.Close()
	b := newPlan()
	var children []plan.Step
	for i := range 10 {
		r := captures(b.get("/"+fmt.Sprint(i), 0), i%2, expr(func(f *plan.Frame) plan.Value { return plan.StringValue(string(f.Response.Body)) }))
		r.Query = []plan.Pair{{Name: "u", Value: expr(func(f *plan.Frame) plan.Value { return plan.StringValue(f.User.ID) })}}
		children = append(children, r)
	}
	b.class("u", 1, task("t", 1, plan.Wait{}, b.group("page", &plan.Parallel{Limit: limit, Steps: children})))
	b.Classes[0].Slots = []string{"a", "b"}
	b.Profile.Iterations = 40
	b.closed(0, plan.Stage{Level: users})
	out, err := New(b.Plan, against(t, b, server)).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkBooks(t, out)
	if out.Conditions.Books.Succeeded != 400 || len(out.Final.Errors) != 0 {
		t.Errorf("books %+v, errors %+v", out.Conditions.Books, out.Final.Errors)
	}
	if most < 2 || most > limit {
		t.Errorf("%d at once, the limit is %d", most, limit)
	}
	if len(remotes) > users*limit {
		t.Errorf("%d connections of %d users with %d lanes", len(remotes), users, limit)
	}
}

// A panic in a lane is a fault of its task, and a source that runs out in
// several lanes ends its user once.
func TestParallelFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		boom := plan.Func(func(*plan.Frame) (plan.Value, error) { panic("boom") })
		bad := b.get("/bad", 0)
		bad.Query = []plan.Pair{{Name: "q", Value: boom}}
		f := newFake(steady(ms))
		out := do(t, b.once(1, b.group("g", &plan.Parallel{Steps: []plan.Step{b.get("/1", 0), bad, &plan.When{Condition: boom}}})), f)
		if got := endOf(out); !strings.HasPrefix(got, "failed: panic: boom") || out.Final.Total[0].ByClass[plan.FailInternal] != 1 && out.Final.Total[1].ByClass[plan.FailInternal] != 1 {
			t.Errorf("%s, %+v", got, out.Final.Errors)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.Data = []plan.Data{{Name: "d", Rows: 1, Order: plan.Unique, Per: plan.PerIteration, OnExhausted: plan.StopUser,
			Columns: []plan.DataColumn{{Values: []plan.Value{plan.IntValue(1)}}}}}
		var children []plan.Step
		for range 3 {
			r := b.get("/", 0)
			r.Query = []plan.Pair{{Name: "c", Value: &plan.Column{}}}
			children = append(children, r)
		}
		b.class("u", 1, task("t", 1, waitFor(1), &plan.Parallel{Steps: children}))
		out := do(t, b.closed(10*sec, plan.Stage{Level: 1}), newFake(steady(ms)))
		if got := out.Classes[0].Tasks[0]; got != (outcome.TaskCount{Begun: 2, Completed: 1}) || out.Conditions.Books.Succeeded != 3 {
			t.Errorf("%+v, %+v", got, out.Conditions.Books)
		}
		if len(out.Notes) != 1 || !contains(out.Notes[0], "1 users of u ended because their data had no row left") {
			t.Errorf("%q", out.Notes)
		}
	})
}
