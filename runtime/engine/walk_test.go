package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/sla"
)

func TestOnFailure(t *testing.T) {
	for _, c := range []struct {
		on    plan.Failure
		paths string // of the first 3.5 s of one user that repeats each second
		count outcome.TaskCount
		why   bool
	}{
		{plan.FailureContinue, "/bad /next /bad /next /bad /next /bad /next /bye", outcome.TaskCount{Begun: 4, Completed: 4}, false},
		{plan.FailureTask, "/bad /bad /bad /bad /bye", outcome.TaskCount{Begun: 4, Failed: 4}, false},
		{plan.FailureUser, "/bad /bye", outcome.TaskCount{Begun: 1, Failed: 1}, true}, // nobody is left
		{plan.FailureRun, "/bad /bye", outcome.TaskCount{Begun: 1, Failed: 1}, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			bad := b.get("/bad", 0)
			bad.OnFailure = c.on
			b.class("u", 1, task("t", 1, plan.Wait{Kind: plan.WaitPacing, For: seconds(1)}, bad, b.get("/next", 0)))
			b.Classes[0].Stop = []plan.Step{b.get("/bye", 0)}
			f := newFake(func(c call) reply {
				if contains(c.Text, "/bad") {
					return reply{status: 503}
				}
				return reply{}
			})
			out := do(t, b.closed(3500*ms, plan.Stage{Level: 1}), f)
			if got := paths(f.calls); got != c.paths {
				t.Errorf("%d: %s, want %s", c.on, got, c.paths)
			}
			if got := out.Classes[0].Tasks[0]; got != c.count {
				t.Errorf("%d: %+v, want %+v", c.on, got, c.count)
			}
			if got := out.Conditions.Incomplete; (got != "") != c.why {
				t.Errorf("%d: incomplete: %q", c.on, got)
			}
		})
	}
}

func paths(calls []call) string {
	var list []string
	for _, c := range calls {
		list = append(list, c.Text[strings.Index(c.Text, "8080")+4:strings.Index(c.Text, "\n")])
	}
	return strings.Join(list, " ")
}

func TestStartFailures(t *testing.T) {
	// 200 users, of which the 10th and the 20th may not log in: 1 %.
	for _, failing := range []int{2, 3} {
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			b.class("u", 1, task("t", 1, waitFor(0.1), b.get("/", 0)))
			login := b.get("/login", 0)
			login.OnFailure = plan.FailureUser
			b.Classes[0].Start = []plan.Step{login}
			b.SLAs = []plan.SLA{{Name: "all", Groups: []plan.Judged{{Row: 0, Series: []int{0}}},
				Rules: []plan.Rule{{Name: "p95", Metric: plan.Quantile, Quantile: 0.95, Limit: 1e9}}}}
			out := do(t, b.closed(10*sec, plan.Stage{Level: 200}), newFake(func(c call) reply {
				if contains(c.Text, "/login") && c.Client < failing {
					return reply{after: ms, status: 401}
				}
				return reply{after: ms}
			}))
			if got := out.Classes[0]; got.Users != 200 || got.StartFailed != int64(failing) {
				t.Errorf("class: %+v", got)
			}
			if want := map[int]sla.State{2: sla.Pass, 3: sla.Inconclusive}[failing]; out.Verdict.State != want {
				t.Errorf("%d of 200: %v, want %v", failing, out.Verdict, want)
			}
		})
	}
}

func TestEveryUserFailsToStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0.1), b.get("/", 0)))
		login := b.get("/login", 0)
		login.OnFailure = plan.FailureUser
		b.Classes[0].Start = []plan.Step{login}
		out := do(t, b.closed(time.Hour, plan.Stage{Level: 10, Over: 10 * sec, Hold: time.Hour}),
			newFake(func(call) reply { return reply{class: plan.FailRefused} }))
		if out.Elapsed != 9*sec || out.Conditions.Incomplete == "" {
			t.Errorf("after %v: %+v", out.Elapsed, out.Conditions)
		}
	})
}

func TestAbandonedTask(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		second := b.get("/orders/", 0)
		second.Path = &plan.Template{Parts: []plan.Part{{Lit: "/orders/"},
			{Expr: &plan.Slot{Index: 0, Name: "order", Site: 7}, Enc: plan.EncSegment}}}
		b.class("u", 1, task("t", 1, waitFor(1), b.get("/first", 0), second, b.get("/third", 0)))
		b.Classes[0].Slots = []string{"order"}
		f := newFake(steady(0))
		out := do(t, b.closed(3*sec, plan.Stage{Level: 1}), f)
		if got := paths(f.calls); got != "/first /first /first" {
			t.Errorf("calls: %s", got)
		}
		if got := out.Classes[0].Tasks[0]; got != (outcome.TaskCount{Begun: 3, Abandoned: 3}) {
			t.Errorf("tasks: %+v", got)
		}
		a := out.Final.Abandoned
		if len(a) != 1 || a[0].Count != 3 || a[0].Site != 7 || a[0].Name != "order" || out.Conditions.Books.Failed != 0 {
			t.Errorf("abandoned: %+v, books %+v", a, out.Conditions.Books)
		}
	})
}

// drawing is a plan whose every request and wait depends on the user's draws.
func drawing() builder {
	b := newPlan()
	draw := func(path string, class int) *plan.Request {
		r := b.get(path, class)
		r.Query = []plan.Pair{{Name: "q", Value: plan.Func(func(f *plan.Frame) (plan.Value, error) {
			return plan.IntValue(f.Rand.Int64N(1e9)), nil
		})}}
		return r
	}
	for c, name := range []string{"a", "b"} {
		b.class(name, float64(2-c), task("x", 5, uniform(0.01, 0.2), draw("/x", c)),
			task("y", 3, uniform(0.01, 0.2), draw("/y", c)), task("z", 1, uniform(0.01, 0.2), draw("/z", c)))
	}
	b.Classes[1].Pick = plan.PickRandom
	return b
}

func TestSameSeedSameRequests(t *testing.T) {
	lists := func(seed uint64, latency time.Duration) map[int]string {
		byUser := map[int]string{}
		synctest.Test(t, func(t *testing.T) {
			b := drawing()
			b.Seed = seed
			f := newFake(steady(latency))
			do(t, b.closed(5*sec, plan.Stage{Level: 20, Over: sec, Hold: 4 * sec}), f)
			for _, c := range f.calls {
				byUser[c.Client] += c.Text[:strings.Index(c.Text, "\n")] + "\n"
			}
		})
		return byUser
	}
	one, two, other := lists(1, ms), lists(1, ms), lists(2, ms)
	if len(one) != 20 || !maps.Equal(one, two) {
		t.Error("the same seed gave other requests")
	}
	if maps.Equal(one, other) {
		t.Error("another seed gave the same requests")
	}
	// A slower target is asked less, but by each user for the same things.
	for user, list := range lists(1, 50*ms) {
		if !strings.HasPrefix(one[user], list) && !strings.HasPrefix(list, one[user]) {
			t.Errorf("user %d asked for other things because the target was slower", user)
		}
	}
}

func TestGroupTimeLeavesPausesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		bad := b.get("/bad", 0)
		g := b.group("outer", b.get("/1", 0), &plan.Pause{For: seconds(2)},
			b.group("inner", &plan.Pause{For: seconds(1)}, b.get("/2", 0)), bad)
		b.class("u", 1, task("t", 1, waitFor(10), g))
		f := newFake(func(c call) reply {
			if contains(c.Text, "/bad") && c.At > 10*sec {
				return reply{after: 100 * ms, status: 500}
			}
			return reply{after: 100 * ms}
		})
		out := do(t, b.closed(20*sec, plan.Stage{Level: 1}), f)
		outer, inner := out.Final.Total[g.Series], out.Final.Total[g.Steps[2].(*plan.Group).Series]
		if outer.OK != 1 || outer.Failed != 1 || outer.Max() != int64(300*ms) {
			t.Errorf("outer: %d ok, %d failed, %v", outer.OK, outer.Failed, time.Duration(outer.Max()))
		}
		if inner.OK != 2 || inner.Failed != 0 || inner.Max() != int64(100*ms) {
			t.Errorf("inner: %d ok, %d failed, %v", inner.OK, inner.Failed, time.Duration(inner.Max()))
		}
		if out.Conditions.Books.Intended != 6 {
			t.Errorf("groups are in the books: %+v", out.Conditions.Books)
		}
	})
}

func TestPanics(t *testing.T) {
	boom := plan.Func(func(*plan.Frame) (plan.Value, error) { panic("boom") })
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		inRender, inExpect := b.get("/render", 0), b.get("/expect", 0)
		inRender.Query = []plan.Pair{{Name: "q", Value: boom}}
		inExpect.Expects = []plan.Expect{{Condition: boom, Text: "boom"}}
		b.class("request", 1, task("t", 1, waitFor(1), inRender, inExpect, b.get("/after", 0)))
		b.class("pause", 1, task("t", 1, waitFor(1), &plan.Pause{Site: 9, For: boom}))
		b.class("wait", 1, task("t", 1, plan.Wait{Kind: plan.WaitFor, For: boom}, b.get("/wait", 2)))
		f := newFake(steady(0))
		out := do(t, b.closed(950*ms, plan.Stage{Level: 3}), f)
		got := out.Final.Total
		for i, want := range []int64{1, 1} {
			if got[i].Failed != want || got[i].ByClass[plan.FailInternal] != want {
				t.Errorf("%s: %d failed", b.Rows[i].Name, got[i].Failed)
			}
		}
		if got[2].OK != 1 {
			t.Errorf("the user did not go on: %d", got[2].OK)
		}
		if got[3].OK != 10 { // it takes a breath of 100 ms in place of its wait
			t.Errorf("a broken wait let its user do %d tasks", got[3].OK)
		}
		if out.Verdict.State == sla.Pass || out.Conditions.LocalFailures < 4 || len(out.Notes) == 0 {
			t.Errorf("%+v, notes %q", out.Conditions, out.Notes)
		}
	})
}

func TestRowOrders(t *testing.T) {
	values := []plan.Value{plan.StringValue("r0"), plan.StringValue("r1"), plan.StringValue("r2"), plan.StringValue("r3")}
	type rows = map[int]string // by user, in the order it sent them
	for _, c := range []struct {
		name  string
		data  plan.Data
		users float64
		want  rows
	}{
		{"a row a user, by its number", plan.Data{Order: plan.Sequential, Per: plan.PerUser}, 6,
			rows{0: "r0 r0", 1: "r1 r1", 2: "r2 r2", 3: "r3 r3", 4: "r0 r0", 5: "r1 r1"}},
		{"a row an iteration, one user", plan.Data{Order: plan.Sequential, Per: plan.PerIteration}, 1, rows{0: "r0 r1"}},
		{"shared: all users the same, position by position", plan.Data{Order: plan.Sequential, Per: plan.PerShared}, 3,
			rows{0: "r0 r1", 1: "r0 r1", 2: "r0 r1"}},
		{"unique rows are not given twice", plan.Data{Order: plan.Unique, Per: plan.PerUser, OnExhausted: plan.StopUser}, 6,
			rows{0: "r0 r0", 1: "r1 r1", 2: "r2 r2", 3: "r3 r3"}},
		{"a user stops after the last row", plan.Data{Order: plan.Sequential, Per: plan.PerUser, OnExhausted: plan.StopUser}, 5,
			rows{0: "r0 r0", 1: "r1 r1", 2: "r2 r2", 3: "r3 r3"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			c.data.Name, c.data.Rows = "d", len(values)
			c.data.Columns = []plan.DataColumn{{Name: "c", Values: values}}
			b.Data = []plan.Data{c.data}
			r := b.get("/", 0)
			r.Query = []plan.Pair{{Name: "c", Value: &plan.Column{}}, {Name: "again", Value: &plan.Column{}}}
			b.class("u", 1, task("t", 1, waitFor(1), r))
			f := newFake(steady(0))
			do(t, b.closed(2*sec, plan.Stage{Level: c.users}), f)
			got := rows{}
			for _, k := range f.calls {
				var one, two string
				fmt.Sscanf(strings.Replace(k.Text[strings.Index(k.Text, "?c=")+3:], "&again=", " ", 1), "%s %s", &one, &two)
				if one != two {
					t.Errorf("%s: two reads of one iteration gave %s and %s", c.name, one, two)
				}
				got[k.Client] = strings.TrimSpace(got[k.Client] + " " + one)
			}
			if !maps.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
		})
	}
}

func TestRowsRunOut(t *testing.T) {
	for _, on := range []plan.Exhausted{plan.StopUser, plan.FailRun} {
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			b.Data = []plan.Data{{Name: "d", Rows: 3, Order: plan.Shuffle, Per: plan.PerIteration, OnExhausted: on,
				Columns: []plan.DataColumn{{Values: []plan.Value{plan.IntValue(0), plan.IntValue(1), plan.IntValue(2)}}}}}
			r := b.get("/", 0)
			r.Query = []plan.Pair{{Name: "c", Value: &plan.Column{}}}
			b.class("u", 1, task("t", 1, waitFor(1), r))
			f := newFake(steady(0))
			out := do(t, b.closed(60*sec, plan.Stage{Level: 2}), f)
			list := strings.Fields(strings.ReplaceAll(paths(f.calls), "/?c=", ""))
			slices.Sort(list)
			if !slices.Equal(list, []string{"0", "1", "2"}) {
				t.Errorf("rows %v", list)
			}
			if (out.Conditions.Incomplete != "") != (on == plan.FailRun) || out.Elapsed > 3*sec || len(out.Notes) == 0 {
				t.Errorf("after %v: %+v, notes %q", out.Elapsed, out.Conditions, out.Notes)
			}
		})
	}
}

func TestAchievedMix(t *testing.T) {
	// 300 users of few tasks each: the mix is met all the same.
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("a", 40, waitFor(1), b.get("/a", 0)), task("b", 30, waitFor(1), b.get("/b", 0)),
			task("c", 20, waitFor(1), b.get("/c", 0)), task("off", 0, waitFor(1), b.get("/off", 0)), task("d", 10, waitFor(1), b.get("/d", 0)))
		out := do(t, b.closed(3*sec, plan.Stage{Level: 300}), newFake(steady(ms)))
		for i, want := range []int64{360, 270, 180, 0, 90} {
			if got := out.Classes[0].Tasks[i].Begun; abs(got-want) > 6 {
				t.Errorf("task %d: %d times, want about %d of 900", i, got, want)
			}
		}
	})
}
