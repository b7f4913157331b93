package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
)

func TestClosedLaw(t *testing.T) {
	// N = 50 users, Z = 100 ms of thought, R = 20 ms of service: each does
	// one request in 120 ms, so 50 / 0.12 = 416.67 a second.
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0.1), b.get("/", 0)))
		out := do(t, b.closed(60*sec, plan.Stage{Level: 50, Hold: 60 * sec}), newFake(steady(20*ms)))
		// Requests begin at 0, 120 ms, … 59.88 s: 500 for each of 50 users.
		if got := out.Conditions.Books.Succeeded; got != 25_000 {
			t.Errorf("%d requests, want 25,000", got)
		}
		if got := out.Final.Total[0].Quantile(0.99).Ns; got != int64(20*ms) {
			t.Errorf("p99 is %v", time.Duration(got))
		}
		if out.Measured != 60*sec || out.PeakUsers != 50 {
			t.Errorf("measured over %v with %d users at most", out.Measured, out.PeakUsers)
		}
	})
}

func TestUsersFollowTheSchedule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("a", 3, task("t", 1, waitFor(0.01), b.get("/a", 0)))
		b.class("b", 1, task("t", 1, waitFor(0.01), b.get("/b", 1)))
		b.Classes = append(b.Classes, plan.Class{Name: "fixed", FixedCount: 2,
			Tasks: []plan.Task{task("t", 1, waitFor(0.01), b.get("/fixed", 2))}})
		stages := []plan.Stage{{Level: 30, Over: 6 * sec, Hold: 4 * sec}, {Level: 10, Over: 2 * sec, Hold: 8 * sec}}
		seen := map[time.Duration]int{}
		b.closed(20*sec, stages...)
		b.Profile.Loads[0].Classes = []int{0, 1}
		out := do(t, b, newFake(steady(0)), func(_ *Engine, o *Options) {
			o.Tick = 250 * ms // ticks fall between the changes, at odd multiples of 50 ms
			o.OnProgress = func(p *outcome.Progress) { seen[p.Elapsed] = p.Users }
		})
		for at, want := range map[time.Duration]int{
			// one every 200 ms, the first at 0, and two fixed ones
			250 * ms: 2 + 2, 750 * ms: 4 + 2, 5750 * ms: 29 + 2, 8 * sec: 30 + 2,
			// one less every 100 ms: the second goes at 10.2 s
			10250 * ms: 28 + 2, 11750 * ms: 13 + 2, 15 * sec: 10 + 2,
		} {
			if seen[at] != want {
				t.Errorf("%d users at %v, want %d", seen[at], at, want)
			}
		}
		// 30 seats by 3:1, to within one; the fixed users are no part of them.
		if a, bb, c := out.Classes[0].Users, out.Classes[1].Users, out.Classes[2].Users; a+bb != 30 || a < 22 || a > 23 || c != 2 {
			t.Errorf("%d, %d and %d users", a, bb, c)
		}
	})
}

func TestPacing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		slow := false
		wait := plan.Wait{Kind: plan.WaitPacing, For: seconds(1)}
		b.class("u", 1, task("t", 1, wait, b.get("/", 0)))
		f := newFake(nil)
		f.answer = func(c call) reply {
			if c.At > 3500*ms && !slow {
				slow = true
				return reply{after: 2500 * ms} // begun at 4 s, ends at 6.5 s
			}
			return reply{after: 100 * ms}
		}
		do(t, b.closed(10*sec, plan.Stage{Level: 1}), f)
		want := []time.Duration{0, 1 * sec, 2 * sec, 3 * sec, 4 * sec, 6500 * ms, 7500 * ms, 8500 * ms, 9500 * ms}
		checkTimes(t, f, want)
	})
}

func TestThroughput(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, plan.Wait{Kind: plan.WaitThroughput, For: seconds(4)}, b.get("/", 0)))
		f := newFake(steady(30 * ms))
		do(t, b.closed(sec, plan.Stage{Level: 1}), f)
		checkTimes(t, f, []time.Duration{0, 250 * ms, 500 * ms, 750 * ms})
	})
}

func checkTimes(t *testing.T, f *fake, want []time.Duration) {
	t.Helper()
	if len(f.calls) != len(want) {
		t.Fatalf("%d calls, want %d: %v", len(f.calls), len(want), f.calls)
	}
	for i, c := range f.calls {
		if c.At != want[i] {
			t.Errorf("call %d at %v, want %v", i, c.At, want[i])
		}
	}
}

func TestRampDownIsLastInFirstOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0.1), b.get("/", 0)))
		b.Classes[0].Stop = []plan.Step{b.get("/bye", 0)}
		f := newFake(steady(0))
		do(t, b.closed(20*sec, plan.Stage{Level: 4, Hold: 10 * sec}, plan.Stage{Level: 0, Over: 4 * sec}), f)
		var gone []int
		for _, c := range f.calls {
			if c.Text[:8] == "GET 127." && contains(c.Text, "/bye") {
				gone = append(gone, c.Client)
				if want := 10*sec + time.Duration(len(gone))*sec; c.At != want {
					t.Errorf("user %d went at %v, want %v", c.Client, c.At, want)
				}
			}
		}
		if len(gone) != 4 || gone[0] != 3 || gone[1] != 2 || gone[2] != 1 || gone[3] != 0 {
			t.Errorf("they went in the order %v", gone)
		}
	})
}

func TestIterationsBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0.1), b.get("/", 0)))
		b.closed(0, plan.Stage{Level: 7, Over: sec})
		b.Profile.Iterations = 1000
		out := do(t, b, newFake(steady(10*ms)))
		if got := out.Classes[0].Tasks[0]; got != (outcome.TaskCount{Begun: 1000, Completed: 1000}) {
			t.Errorf("tasks: %+v", got)
		}
		if out.Conditions.Incomplete != "" || out.Interrupted {
			t.Errorf("the run counts as broken off: %+v", out.Conditions)
		}
	})
}

// Users whose last iterations take no time leave at the moment the last one
// is given out; that end is the planned one all the same.
func TestInstantIterations(t *testing.T) {
	for range 300 {
		b := newPlan()
		b.class("u", 1, task("t", 1, plan.Wait{}, b.get("/", 0)))
		b.closed(60*sec, plan.Stage{Level: 1})
		b.Profile.Iterations = 1
		out := do(t, b, newFake(steady(0)))
		if why := out.Conditions.Incomplete; why != "" || out.Conditions.Books.Succeeded != 1 {
			t.Fatalf("%q, books %+v", why, out.Conditions.Books)
		}
	}
}

func TestLastIterationsFinish(t *testing.T) {
	// 20 iterations of 5 s each by 10 users: the last ones begin when the
	// last wait ends and still do all their steps, pauses and all.
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(100), b.get("/1", 0), &plan.Pause{For: seconds(5)}, b.get("/2", 0)))
		b.closed(0, plan.Stage{Level: 10})
		b.Profile.Iterations = 20
		out := do(t, b, newFake(steady(0)))
		if got := out.Classes[0].Tasks[0]; got.Completed != 20 || out.Conditions.Books.Succeeded != 40 {
			t.Errorf("tasks: %+v, books %+v", got, out.Conditions.Books)
		}
		if out.Elapsed != 110*sec { // 5 + 100 + 5: nobody waits after the last one
			t.Errorf("it took %v", out.Elapsed)
		}
	})
}

func TestRefusedUserDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, plan.Wait{}, b.get("/", 0)))
		f := newFake(func(call) reply { return reply{class: plan.FailRefused} })
		out := do(t, b.closed(10*sec, plan.Stage{Level: 5}), f)
		if got := out.Conditions.Books.Failed; got != 5*100 { // every 100 ms
			t.Errorf("%d attempts, want 500", got)
		}
	})
}

func TestSequenceAndStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		seq := plan.Task{Name: "s", Weight: 1, Sequence: []plan.Task{
			task("one", 1, waitFor(1), b.get("/1", 0)),
			task("two", 1, waitFor(2), b.get("/2", 0)),
		}}
		b.class("u", 1, seq)
		b.Classes[0].Start = []plan.Step{b.get("/login", 0)}
		f := newFake(steady(0))
		out := do(t, b.closed(5*sec, plan.Stage{Level: 1}), f)
		checkTimes(t, f, []time.Duration{0, 0, 1 * sec, 3 * sec, 4 * sec})
		for i, path := range []string{"/login", "/1", "/2", "/1", "/2"} {
			if !contains(f.calls[i].Text, path+"\n") {
				t.Errorf("call %d is %q, want %s", i, f.calls[i].Text, path)
			}
		}
		if got := out.Classes[0].Tasks[0]; got.Begun != 2 {
			t.Errorf("the sequence began %+v times", got)
		}
	})
}
