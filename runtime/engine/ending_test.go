package engine

import (
	"context"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/sla"
)

func TestGraceLetsTasksFinish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0), b.get("/1", 0), b.get("/2", 0)))
		b.Classes[0].Stop = []plan.Step{b.get("/bye", 0)}
		f := newFake(steady(3 * sec))
		out := do(t, b.closed(10*sec, plan.Stage{Level: 1}), f)
		// 0-6 s one task, 6-12 s another, /bye until 15 s; grace is 10 s.
		if out.Elapsed != 15*sec || out.Conditions.Books.Succeeded != 5 || out.Measured != 10*sec {
			t.Errorf("elapsed %v, measured %v, books %+v", out.Elapsed, out.Measured, out.Conditions.Books)
		}
		if out.Interrupted || out.Cut {
			t.Error("the run counts as interrupted")
		}
	})
}

func TestGraceOverCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0), b.get("/", 0)))
		b.Profile.Grace = 2 * sec
		out := do(t, b.closed(10*sec, plan.Stage{Level: 3}), newFake(steady(9*sec)))
		if out.Elapsed != 12*sec {
			t.Errorf("it took %v", out.Elapsed)
		}
		if got := out.Conditions.Books; got != (sla.Books{Intended: 6, Succeeded: 3, InFlight: 3}) {
			t.Errorf("books: %+v", got)
		}
		if out.Cut {
			t.Error("the end of the grace counts as a second interrupt")
		}
	})
}

func TestStoppedBeforeItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		b.class("u", 1, task("t", 1, waitFor(0), b.get("/", 0)))
		f := newFake(steady(sec))
		stop := func(e *Engine, _ *Options) {
			if e != nil {
				e.Stop()
			}
		}
		out := do(t, b.closed(10*sec, plan.Stage{Level: 5}), f, stop)
		if out.Conditions.Books != (sla.Books{}) || !out.Interrupted || out.Verdict.State == sla.Pass {
			t.Errorf("books %+v, interrupted %v, verdict %v", out.Conditions.Books, out.Interrupted, out.Verdict.State)
		}
	})
}

func TestPauseAndWaitEndAtStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		pause := &plan.Pause{For: seconds(3600)}
		b.class("pauses", 1, task("t", 1, plan.Wait{}, b.get("/", 0), pause, b.get("/never", 0)))
		b.class("waits", 1, task("t", 1, waitFor(3600), b.get("/", 1)))
		out := do(t, b.closed(10*sec, plan.Stage{Level: 2}), newFake(steady(0)))
		if out.Elapsed != 10*sec || out.Conditions.Books.Intended != 2 {
			t.Errorf("elapsed %v, books %+v", out.Elapsed, out.Conditions.Books)
		}
	})
}

// busy is a plan in which everything goes on at once.
func busy() builder {
	b := newPlan()
	pause := &plan.Pause{For: seconds(0.02)}
	b.class("a", 2,
		task("t", 3, uniform(0, 0.05), b.get("/1", 0), pause, b.group("g", b.get("/2", 0), pause)),
		task("s", 1, uniform(0, 0.05), b.get("/3", 0)))
	b.class("b", 1, task("t", 1, plan.Wait{}, b.get("/4", 1)))
	b.Classes[0].Start = []plan.Step{b.get("/start", 0)}
	b.Classes[0].Stop = []plan.Step{b.get("/stop", 0)}
	b.Profile.Duration = 4 * sec
	b.Profile.Grace = 100 * ms
	b.Profile.Warmup = 500 * ms
	b.Profile.Loads = []plan.Load{
		{Model: plan.Closed, Classes: []int{0}, Stages: []plan.Stage{{Level: 20, Over: sec, Hold: sec}, {Level: 5, Over: sec}}},
		{Model: plan.Open, Classes: []int{1}, Stages: []plan.Stage{{Level: 300, Over: sec, Hold: 3 * sec}}, MaxUsers: 8},
	}
	return b
}

// shaky answers after a while that depends on the call alone, sometimes not.
func shaky(c call) reply {
	h := uint64(c.At)*2654435761 + uint64(c.Client)*40503
	re := reply{after: time.Duration(h>>7%60) * ms}
	switch h >> 20 % 17 {
	case 0:
		re.status = 500
	case 1:
		re.class = plan.FailReset
	case 2:
		re.after = 3 * sec
	}
	return re
}

func TestInterruptAtAnyInstant(t *testing.T) {
	r := source(1)
	for range 30 {
		first := time.Duration(r.Int64N(int64(4500 * ms)))
		second := first + time.Duration(r.Int64N(int64(300*ms)))
		kind := r.IntN(3)
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var timers []*time.Timer
			out := doCtx(t, ctx, busy(), newFake(shaky), func(e *Engine, o *Options) {
				if e == nil {
					return
				}
				if kind != 1 {
					timers = append(timers, time.AfterFunc(first, e.Stop))
				}
				if kind != 0 {
					timers = append(timers, time.AfterFunc(second, cancel))
				}
			})
			for _, tm := range timers {
				tm.Stop()
			}
			limit := min(first, 4*sec)
			if kind == 1 {
				limit = min(second, 4*sec)
			}
			if out.Elapsed > limit+100*ms {
				t.Errorf("stopped at %v, ended at %v", limit, out.Elapsed)
			}
			if first < 4*sec && kind == 0 && (!out.Interrupted || out.Cut || out.Verdict.State == sla.Pass) {
				t.Errorf("interrupted at %v, and it says %+v", first, out.Verdict)
			}
			if kind == 1 && second < 4*sec && !out.Cut {
				t.Errorf("cut at %v, and it does not say so", second)
			}
		})
	}
}

func TestNoGoroutineStays(t *testing.T) {
	before := runtime.NumGoroutine()
	b := arrivals(500, 200*ms, 50)
	b.Profile.Grace = sec
	do(t, b, newFake(steady(5*ms)), func(_ *Engine, o *Options) {
		o.Tick = 20 * ms
		o.OnProgress = func(*outcome.Progress) {}
	})
	for deadline := time.Now().Add(10 * sec); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines before, %d after", before, runtime.NumGoroutine())
		}
		runtime.Gosched()
	}
}

func TestSlowObserverDoesNotHoldTheLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var heard, last atomic.Int64
		out := do(t, arrivals(100, 20*sec, 10), newFake(steady(ms)), func(_ *Engine, o *Options) {
			o.OnProgress = func(p *outcome.Progress) {
				heard.Add(1)
				last.Store(int64(p.State))
				time.Sleep(7 * sec)
			}
		})
		if out.Conditions.Books.Succeeded != 2000 {
			t.Errorf("books: %+v", out.Conditions.Books)
		}
		if len(out.History) != 21 && len(out.History) != 20 {
			t.Errorf("%d moments", len(out.History))
		}
		time.Sleep(30 * sec) // the observer's own goroutine ends when it returns
		if n := heard.Load(); n < 3 || n > 6 || last.Load() == int64(outcome.Starting) {
			t.Errorf("heard %d times, last %v", n, outcome.State(last.Load()))
		}
	})
}

func TestAbort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := arrivals(100, 600*sec, 10)
		b.SLAs = []plan.SLA{{Name: "errors", Groups: []plan.Judged{{Row: 0, Series: []int{0}}},
			Rules: []plan.Rule{{Name: "error_rate", Metric: plan.ErrorRate, Limit: 0.1}},
			Abort: &plan.Abort{After: 30 * sec}}}
		out := do(t, b, newFake(func(call) reply { return reply{after: ms, status: 500} }))
		if out.Conditions.Aborted != "errors" || out.Elapsed < 30*sec || out.Elapsed > 32*sec {
			t.Errorf("aborted by %q after %v", out.Conditions.Aborted, out.Elapsed)
		}
		if out.Verdict.State != sla.Fail {
			t.Errorf("verdict: %+v", out.Verdict)
		}
	})
}

func TestWarmup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := arrivals(100, 60*sec, 100)
		b.Profile.Warmup = 10 * sec
		out := do(t, b, newFake(func(c call) reply {
			if c.At < 10*sec {
				return reply{after: 500 * ms}
			}
			return reply{after: 5 * ms}
		}))
		s, w := out.Final.Total[0], out.Final.Warmup[0]
		if s.OK != 5000 || w.OK != 1000 || out.Measured != 50*sec {
			t.Errorf("%d figures, %d of the warm-up, over %v", s.OK, w.OK, out.Measured)
		}
		if got := s.MaxLatency().Ns; got != int64(5*ms) {
			t.Errorf("the longest took %v", time.Duration(got))
		}
	})
}

func TestSecondRunIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(steady(0))
		e := New(arrivals(10, sec, 1).Plan, Options{Factory: f.factory, Health: &quiet{}})
		if _, err := e.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Run(t.Context()); err == nil {
			t.Error("the engine ran twice")
		}
	})
}

func TestUsersThatHangAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		f := newFake(func(call) reply { <-release; return reply{} }) // deaf to the cut
		b := newPlan()
		b.class("u", 1, task("t", 1, plan.Wait{}, b.get("/", 0)))
		b.closed(sec, plan.Stage{Level: 2})
		b.Profile.Grace = sec
		out, err := New(b.Plan, Options{Factory: f.factory, Health: &quiet{}}).Run(t.Context())
		if err == nil || out == nil {
			t.Fatalf("outcome %v, error %v", out, err)
		}
		if out.Conditions.Incomplete == "" || out.Verdict.State == sla.Pass || out.Elapsed != 7*sec {
			t.Errorf("after %v: %+v", out.Elapsed, out.Conditions)
		}
		if got := out.Conditions.Books; got.InFlight != 2 || got.Balance() != 0 {
			t.Errorf("books: %+v", got)
		}
		close(release)
	})
}
