package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
)

// twoLoads is a plan of two classes, a closed one and an open one, with loads
// of their own.
func twoLoads(closed, open plan.Load) builder {
	b := newPlan()
	b.class("closed", 1, task("t", 1, waitFor(1), b.get("/closed", 0)))
	b.class("open", 1, task("t", 1, plan.Wait{}, b.get("/open", 1)))
	closed.Name, closed.Model, closed.Classes = "closed", plan.Closed, []int{0}
	open.Name, open.Model, open.Classes = "open", plan.Open, []int{1}
	if open.MaxUsers == 0 {
		open.MaxUsers = 100
	}
	b.Profile.Loads = []plan.Load{closed, open}
	return b
}

func held(level float64) []plan.Stage { return []plan.Stage{{Level: level, Hold: time.Hour}} }

// times are when the calls came whose text holds path.
func (f *fake) times(path string) (list []time.Duration) {
	for _, c := range f.calls {
		if contains(c.Text, path) {
			list = append(list, c.At)
		}
	}
	return list
}

func TestMixedModelsWithDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := twoLoads(plan.Load{Stages: held(2)}, plan.Load{Stages: held(10), Delay: 3 * sec, Duration: 4 * sec})
		b.Profile.Duration = 10 * sec
		f := newFake(steady(0))
		out := do(t, b, f)
		open, closed := f.times("/open"), f.times("/closed")
		if len(open) != 40 || open[0] != 3*sec || open[39] != 6900*ms {
			t.Errorf("%d arrivals from %v to %v, want 40 from 3s to 6.9s", len(open), open[0], open[len(open)-1])
		}
		if len(closed) != 20 || closed[0] != 0 || closed[19] != 9*sec {
			t.Errorf("%d tasks of the closed load from %v to %v", len(closed), closed[0], closed[len(closed)-1])
		}
		if out.Elapsed != 10*sec || out.Verdict.Reasons == nil {
			t.Errorf("the run took %v", out.Elapsed)
		}
		if l := out.Loads[1]; l.Begin != 3*sec || l.Arrivals != 40 || l.Missed != 0 || l.State != outcome.Ended {
			t.Errorf("the open load: %+v", l)
		}
	})
}

// A load that follows another begins when that one's users have gone, not
// merely when their time is over; the run's end moves with it.
func TestAfterWaitsForTheUsers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := twoLoads(plan.Load{Stages: held(1), Duration: 5 * sec},
			plan.Load{Stages: held(10), After: []int{0}, Delay: sec, Duration: 2 * sec})
		b.Profile.Duration, b.Profile.Floats = 8*sec, true
		// Its last request begins at 4 s and takes 3 s.
		f := newFake(func(c call) reply {
			if contains(c.Text, "/closed") && c.At >= 4*sec {
				return reply{after: 3 * sec}
			}
			return reply{}
		})
		out := do(t, b, f)
		open := f.times("/open")
		if len(open) != 20 || open[0] != 8*sec {
			t.Fatalf("%d arrivals, the first at %v; want 20, the first at 8s", len(open), open[0])
		}
		if out.Elapsed != 10*sec || out.Measured != 10*sec {
			t.Errorf("the run took %v, of which %v are measured", out.Elapsed, out.Measured)
		}
		if out.Conditions.Incomplete != "" {
			t.Errorf("incomplete: %s", out.Conditions.Incomplete)
		}
	})
}

// Users that will not go are waited for as long as the grace, no longer.
func TestAfterWaitsNoLongerThanTheGrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := twoLoads(plan.Load{Stages: held(1), Duration: 2 * sec},
			plan.Load{Stages: held(10), After: []int{0}, Duration: sec})
		b.Profile.Duration, b.Profile.Floats, b.Profile.Grace = 3*sec, true, 4*sec
		f := newFake(func(c call) reply {
			if contains(c.Text, "/closed") {
				return reply{after: 20 * sec}
			}
			return reply{}
		})
		do(t, b, f)
		if open := f.times("/open"); len(open) != 10 || open[0] != 6*sec {
			t.Errorf("%d arrivals at %v", len(open), open)
		}
	})
}

// The end of iterations is known only when it has come; what follows, follows.
func TestAfterIterations(t *testing.T) {
	for _, c := range []struct {
		name  string
		load  plan.Load
		tasks int
		begin time.Duration
	}{
		// Three users, a task a second each: the tenth begins at 3 s, and its
		// user does not wait after it.
		{"together", plan.Load{Stages: held(3), Iterations: 10}, 10, 3 * sec},
		{"each user", plan.Load{Stages: held(3), IterationsPerUser: 4}, 12, 3 * sec},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := twoLoads(c.load, plan.Load{Stages: held(10), After: []int{0}, Duration: sec})
			b.Profile.Floats = true
			f := newFake(steady(0))
			out := do(t, b, f)
			if n := len(f.times("/closed")); n != c.tasks {
				t.Errorf("%s: %d tasks, want %d", c.name, n, c.tasks)
			}
			if open := f.times("/open"); len(open) != 10 || open[0] != c.begin {
				t.Errorf("%s: %d arrivals at %v, want 10 from %v", c.name, len(open), open, c.begin)
			}
			if out.Conditions.Incomplete != "" || out.Elapsed != c.begin+sec {
				t.Errorf("%s: after %v, incomplete %q", c.name, out.Elapsed, out.Conditions.Incomplete)
			}
		})
	}
}

// A load's last iteration is finished, waits within it included.
func TestIterationsOfALoadFinishTheirLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := twoLoads(plan.Load{Stages: held(1), Iterations: 2}, plan.Load{Stages: held(1), Duration: 10 * sec})
		b.Classes[0].Tasks[0].Steps = append(b.Classes[0].Tasks[0].Steps, &plan.Pause{For: seconds(2)}, b.get("/late", 0))
		b.Profile.Duration = 10 * sec
		f := newFake(steady(0))
		do(t, b, f)
		if late := f.times("/late"); len(late) != 2 || late[1] != 5*sec {
			t.Errorf("the ends of the iterations came at %v, want 2s and 5s", late)
		}
	})
}

// Each arrival is a user of its own: start, one task, stop. Its first request
// was due when it arrived.
func TestArrivalIsAUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("visitor", 1, task("t", 1, waitFor(60), b.get("/page", 0)))
		b.Classes[0].Start = []plan.Step{b.get("/enter", 0)}
		b.Classes[0].Stop = []plan.Step{b.get("/leave", 0)}
		b.openLoad(10*sec, 100, plan.Stage{Level: 2, Hold: 10 * sec})
		b.Profile.Loads[0].Arrival = plan.ArriveUser
		f := newFake(steady(100 * ms))
		out := do(t, b, f)
		for _, path := range []string{"/enter", "/page", "/leave"} {
			if n := len(f.times(path)); n != 20 {
				t.Errorf("%d times %s, want 20", n, path)
			}
		}
		if f.clients != 20 || out.Loads[0].Launched != 20 || out.PeakUsers != 1 {
			t.Errorf("%d clients, %d users, %d at most at once; want 20, 20, 1", f.clients, out.Loads[0].Launched, out.PeakUsers)
		}
		if at := f.times("/enter"); at[1] != 500*ms {
			t.Errorf("the second user came at %v, want 500ms", at[1])
		}
	})
}

// Users that fail to start do not use the places up: the next arrival is
// another user.
func TestArrivalsOfUsersThatFailToStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("visitor", 1, task("t", 1, plan.Wait{}, b.get("/page", 0)))
		enter := b.get("/enter", 0)
		enter.OnFailure = plan.FailureUser
		b.Classes[0].Start = []plan.Step{enter}
		b.openLoad(10*sec, 2, plan.Stage{Level: 1, Hold: 10 * sec})
		b.Profile.Loads[0].Arrival = plan.ArriveUser
		out := do(t, b, newFake(func(call) reply { return reply{status: 500} }))
		if got := out.Conditions.Books; got.Failed != 10 || got.Missed != 0 || out.Classes[0].StartFailed != 10 {
			t.Errorf("books %+v, %d failed starts", got, out.Classes[0].StartFailed)
		}
	})
}

// Missed arrivals are counted for the load that missed them; one that has its
// own users is not short of them because another is.
func TestMissedByLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("slow", 1, task("t", 1, plan.Wait{}, b.get("/slow", 0)))
		b.class("fast", 1, task("t", 1, plan.Wait{}, b.get("/fast", 1)))
		load := func(name string, class, users int) plan.Load {
			return plan.Load{Name: name, Model: plan.Open, Classes: []int{class}, MaxUsers: users, Stages: held(10)}
		}
		b.Profile.Duration = 10 * sec
		b.Profile.Loads = []plan.Load{load("slow", 0, 2), load("fast", 1, 5)}
		answer := func(c call) reply {
			if contains(c.Text, "/slow") {
				return reply{after: 999 * ms}
			}
			return reply{after: ms}
		}
		out := do(t, b, newFake(answer))
		if s, f := out.Loads[0], out.Loads[1]; s.Missed != 80 || s.Arrivals != 100 || f.Missed != 0 || f.Arrivals != 100 {
			t.Errorf("slow %+v\nfast %+v", s, f)
		}
		// With one pool for both, the slow users take places from the fast.
		for i := range b.Profile.Loads {
			b.Profile.Loads[i].Pooled, b.Profile.Loads[i].MaxUsers = true, 2
		}
		out = do(t, b, newFake(answer))
		if out.PeakUsers != 2 || out.Conditions.Books.Missed != out.Loads[0].Missed+out.Loads[1].Missed {
			t.Errorf("%d users at once, %+v, %+v", out.PeakUsers, out.Loads, out.Conditions.Books)
		}
	})
}

// Poisson arrivals come when the seed says, in every run.
func TestPoissonArrivals(t *testing.T) {
	var first []time.Duration
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			b := arrivals(50, 20*sec, 200)
			b.Profile.Loads[0].Spacing = plan.Poisson
			f := newFake(steady(10 * ms))
			out := do(t, b, f)
			at := f.times("/")
			if len(at) < 800 || len(at) > 1200 || int64(len(at)) != out.Loads[0].Arrivals {
				t.Fatalf("%d arrivals, the load counts %d", len(at), out.Loads[0].Arrivals)
			}
			if first == nil {
				first = at
				return
			}
			for n := range at {
				if at[n] != first[n] {
					t.Fatalf("arrival %d came at %v, in the first run at %v", n, at[n], first[n])
				}
			}
		})
	}
}

// Fixed users run beside the loads, from the start to the end of the run.
func TestFixedUsersBesideLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := twoLoads(plan.Load{Stages: held(1), Delay: 2 * sec, Duration: sec}, plan.Load{Stages: held(1), Delay: 4 * sec, Duration: 2 * sec})
		b.Classes = append(b.Classes, plan.Class{Name: "watch", FixedCount: 1, Tasks: []plan.Task{task("t", 1, waitFor(1), b.get("/watch", 2))}})
		b.Profile.Duration = 6 * sec
		f := newFake(steady(0))
		do(t, b, f)
		if watch := f.times("/watch"); len(watch) != 6 || watch[0] != 0 {
			t.Errorf("the fixed user's tasks came at %v", watch)
		}
	})
}

// An interrupt ends loads that are at work and those that wait.
func TestInterruptWhileLoadsWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := twoLoads(plan.Load{Stages: held(1), Duration: 10 * sec}, plan.Load{Stages: held(10), After: []int{0}, Duration: 10 * sec})
		b.Profile.Duration, b.Profile.Floats = 20*sec, true
		f := newFake(steady(0))
		out := doCtx(t, context.Background(), b, f, func(e *Engine, _ *Options) {
			if e != nil {
				time.AfterFunc(2500*ms, e.Stop)
			}
		})
		if !out.Interrupted || out.Elapsed != 2500*ms || len(f.times("/open")) != 0 {
			t.Errorf("interrupted %v after %v, %d arrivals", out.Interrupted, out.Elapsed, len(f.times("/open")))
		}
		if out.Loads[1].State != outcome.Waiting || out.Loads[1].Begin != plan.Unknown {
			t.Errorf("the load that waits: %+v", out.Loads[1])
		}
	})
}

// Users that all end before they have done one iteration leave the run
// incomplete.
func TestIterationsPerUserNeverDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		r := b.get("/", 0)
		r.OnFailure = plan.FailureUser
		b.class("u", 1, task("t", 1, waitFor(1), r))
		b.closed(0, plan.Stage{Level: 3, Hold: time.Hour})
		b.Profile.Floats = true
		b.Profile.Loads[0].IterationsPerUser = 5
		out := do(t, b, newFake(func(call) reply { return reply{status: 500} }))
		if out.Conditions.Incomplete == "" {
			t.Errorf("it counts as complete after %v", out.Elapsed)
		}
	})
}
