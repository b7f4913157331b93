package engine

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/sla"
	"throng/runtime/transport"
)

// onceRun is a run with a setup and a teardown, and every exchange of all
// three in one list.
type onceRun struct {
	builder
	once  builder
	mu    sync.Mutex
	calls []string
}

func newOnce() *onceRun {
	r := &onceRun{builder: newPlan(), once: newPlan()}
	made := captures(r.once.get("/make", 0), 0, word("org-7"))
	made.OnFailure = plan.FailureRun
	gone := r.once.get("/gone/", 0)
	gone.Path = &plan.Template{Parts: []plan.Part{{Lit: "/gone/"}, {Expr: &plan.SetupValue{Name: "org"}, Enc: plan.EncSegment}}}
	r.once.Plan.Classes = []plan.Class{{Name: "setup", Slots: []string{"org"}, Start: []plan.Step{made}, Stop: []plan.Step{gone}}}
	r.builder.Once = &plan.Once{Plan: r.once.Plan}
	use := r.get("/use/", 0)
	use.Path = &plan.Template{Parts: []plan.Part{{Lit: "/use/"}, {Expr: &plan.SetupValue{Name: "org"}, Enc: plan.EncSegment}}}
	r.class("u", 1, task("t", 1, waitFor(1), use))
	r.closed(2500*ms, plan.Stage{Level: 1})
	return r
}

// run runs it, with a fake of its own for each part.
func (r *onceRun) run(t *testing.T, ctx context.Context, answer func(call) reply, change func(*Engine, *Options)) *outcome.Outcome {
	t.Helper()
	o := Options{RunID: "run", Health: &quiet{}, Factory: func(c *transport.Clock) transport.Factory {
		f := newFake(func(k call) reply {
			r.mu.Lock()
			r.calls = append(r.calls, paths([]call{k}))
			r.mu.Unlock()
			return answer(k)
		})
		return f.factory(c)
	}}
	if change != nil {
		change(nil, &o)
	}
	e := New(r.Plan, o)
	if change != nil {
		change(e, &o)
	}
	out, err := e.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	checkBooks(t, out)
	return out
}

func (r *onceRun) seen() string { return strings.Join(r.calls, " ") }

func TestSetupAndTeardown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newOnce()
		var states []outcome.State
		out := r.run(t, t.Context(), steady(3*sec/2), func(_ *Engine, o *Options) {
			o.OnProgress = func(p *outcome.Progress) { states = append(states, p.State) }
		})
		if got := r.seen(); got != "/make /use/org-7 /gone/org-7" {
			t.Errorf("%s", got)
		}
		// The setup is before the run's clock, and in none of its figures.
		if out.Conditions.Books.Intended != 1 || out.Elapsed > 3*sec || out.Setup.Elapsed != 3*sec/2 || out.Teardown.Elapsed != 3*sec/2 {
			t.Errorf("%+v, elapsed %v, setup %+v, teardown %+v", out.Conditions.Books, out.Elapsed, out.Setup, out.Teardown)
		}
		if out.Setup.Problem+out.Teardown.Problem != "" || out.NotRun() || out.Setup.Final.Total[0].OK != 1 {
			t.Errorf("setup %+v, teardown %+v", out.Setup, out.Teardown)
		}
		if states[0] != outcome.SettingUp || states[len(states)-1] != outcome.Done {
			t.Errorf("states %v", states)
		}
	})
}

func TestSetupFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newOnce()
		out := r.run(t, t.Context(), func(c call) reply {
			if contains(c.Text, "/make") {
				return reply{status: 500, body: "no room"}
			}
			return reply{}
		}, nil)
		// What the teardown needs was never made: it says so, and sends nothing.
		if got := r.seen(); got != "/make" {
			t.Errorf("%s", got)
		}
		if !out.NotRun() || out.Interrupted || out.Verdict.State != sla.Inconclusive || !contains(out.Verdict.Reasons[0], "GET /make failed (status)") {
			t.Errorf("%+v, %+v", out.Setup, out.Verdict)
		}
		if e := out.Setup.Final.Errors; len(e) != 1 || !contains(e[0].Answer, "no room") {
			t.Errorf("errors %+v", e)
		}
		if out.Teardown == nil || out.Teardown.Problem == "" {
			t.Errorf("teardown %+v", out.Teardown)
		}
	})
}

func TestTeardownAlwaysRuns(t *testing.T) {
	for _, c := range []struct {
		name      string
		stop, cut time.Duration // 0: never
		calls     string
		problem   string
		notRun    bool
	}{
		{"after an interrupt", 2 * sec, 0, "/make /use/org-7 /use/org-7 /gone/org-7", "", false},
		{"not after a cut", 0, 2 * sec, "/make /use/org-7 /use/org-7", "it was skipped, since the run was cut", false},
		{"after an interrupt in the setup", 50 * ms, 0, "/make /gone/org-7", "", true},
		{"neither, interrupted before it began", -1, 0, "", "", false},
		{"not after a cut in the setup", 0, 50 * ms, "/make", "it was skipped, since the run was cut", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			r := newOnce()
			k := &r.once.Plan.Classes[0]
			k.Start = append(k.Start, &plan.Pause{For: seconds(0.1)}, &plan.Pause{For: seconds(0.1)})
			out := r.run(t, ctx, steady(10*ms), func(e *Engine, _ *Options) {
				if e == nil {
					return
				}
				if c.stop < 0 {
					e.Stop()
				}
				if c.stop > 0 {
					time.AfterFunc(c.stop, e.Stop)
				}
				if c.cut > 0 {
					time.AfterFunc(c.cut, cancel)
				}
			})
			if got := r.seen(); got != c.calls {
				t.Errorf("%s: %s", c.name, got)
			}
			if c.stop < 0 {
				if !out.Interrupted || out.Setup != nil || out.Teardown != nil {
					t.Errorf("%s: %+v, %+v", c.name, out.Setup, out.Teardown)
				}
				return
			}
			if !out.Interrupted || out.NotRun() != c.notRun || out.Teardown.Problem != c.problem {
				t.Errorf("%s: %+v, teardown %+v", c.name, out.Setup, out.Teardown)
			}
		})
	}
}

// A teardown that hangs is cut, and one that fails changes no verdict.
func TestTeardownFails(t *testing.T) {
	for name, re := range map[string]reply{"hangs": {after: time.Hour}, "fails": {status: 500}} {
		synctest.Test(t, func(t *testing.T) {
			r := newOnce()
			k := &r.once.Plan.Classes[0]
			k.Stop[0].(*plan.Request).Timeout = 0
			run := func(answer reply) *outcome.Outcome {
				return r.run(t, t.Context(), func(c call) reply {
					if contains(c.Text, "/gone") {
						return answer
					}
					return reply{}
				}, nil)
			}
			out := run(re)
			if out.Teardown.Problem == "" || out.Teardown.Elapsed > teardownDeadline {
				t.Errorf("%s: %+v", name, out.Teardown)
			}
			if well := run(reply{}); well.Verdict.State != out.Verdict.State || well.Teardown.Problem != "" {
				t.Errorf("%s: the verdict is %v, without it %v", name, out.Verdict, well.Verdict)
			}
		})
	}
}
