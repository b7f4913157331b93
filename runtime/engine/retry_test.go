package engine

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/outcome"
)

func TestRetry(t *testing.T) {
	on503 := []plan.RetryOn{{Status: plan.StatusRange{Min: 503, Max: 503}}}
	onReset := []plan.RetryOn{{Class: plan.FailReset}}
	for _, c := range []struct {
		name     string
		on       []plan.RetryOn
		attempts int64
		answers  []reply // to /r, in order; then 200
		paths    string
		failed   int64
		retried  int64
		end      outcome.TaskCount
		group    plan.ErrorClass // of the group around
	}{
		{"a success", nil, 3, nil, "/r /s /after", 0, 0, outcome.TaskCount{Begun: 1, Completed: 1}, plan.OK},
		{"any failure", nil, 3, []reply{{status: 500}, {class: plan.FailRefused}}, "/r /r /r /s /after", 2, 2, outcome.TaskCount{Begun: 1, Completed: 1}, plan.OK},
		{"the last attempt fails", nil, 2, []reply{{status: 500}, {status: 500}}, "/r /r", 2, 1, outcome.TaskCount{Begun: 1, Failed: 1}, plan.FailStatus},
		{"a status of the list", on503, 3, []reply{{status: 503}}, "/r /r /s /after", 1, 1, outcome.TaskCount{Begun: 1, Completed: 1}, plan.OK},
		{"another status", on503, 3, []reply{{status: 500}}, "/r", 1, 0, outcome.TaskCount{Begun: 1, Failed: 1}, plan.FailStatus},
		{"a class of the list", onReset, 3, []reply{{class: plan.FailReset}}, "/r /r /s /after", 1, 1, outcome.TaskCount{Begun: 1, Completed: 1}, plan.OK},
		{"another class", onReset, 3, []reply{{class: plan.FailRefused}}, "/r", 1, 0, outcome.TaskCount{Begun: 1, Failed: 1}, plan.FailRefused},
		{"one attempt", nil, 1, []reply{{status: 500}}, "/r", 1, 0, outcome.TaskCount{Begun: 1, Failed: 1}, plan.FailStatus},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			r := b.get("/r", 0)
			r.OnFailure = plan.FailureTask
			inner := b.group("inner", r, b.get("/s", 0))
			outer := b.group("outer", &plan.Retry{Attempts: c.attempts, On: c.on, Steps: []plan.Step{inner}})
			n := 0
			f := newFake(func(k call) reply {
				if contains(k.Text, "/r") && n < len(c.answers) {
					n++
					return c.answers[n-1]
				}
				return reply{}
			})
			out := do(t, b.once(0, outer, b.get("/after", 0)), f)
			if got := paths(f.calls); got != c.paths {
				t.Errorf("%s: %s", c.name, got)
			}
			s, g := out.Final.Total[r.Series], out.Final.Total[outer.Series]
			if s.Failed != c.failed || s.Retried != c.retried {
				t.Errorf("%s: %d failed, %d retried", c.name, s.Failed, s.Retried)
			}
			if g.Count() != 1 || g.ByClass[c.group] != 1 {
				t.Errorf("%s: the group: %d ok, %v", c.name, g.OK, g.ByClass)
			}
			if got := out.Classes[0].Tasks[0]; got != c.end {
				t.Errorf("%s: %+v", c.name, got)
			}
		})
	}
}

// The backoff doubles, is felt in the time of groups, and ends at a stop.
func TestRetryBackoff(t *testing.T) {
	for _, stop := range []time.Duration{0, 4 * sec} {
		synctest.Test(t, func(t *testing.T) {
			b := newPlan()
			g := b.group("g", &plan.Retry{Attempts: 4, Backoff: seconds(1), Steps: []plan.Step{b.get("/r", 0)}})
			f := newFake(func(c call) reply { return reply{after: 10 * ms, status: 500} })
			out := do(t, b.once(0, g), f, func(e *Engine, _ *Options) {
				if e != nil && stop > 0 {
					time.AfterFunc(stop, e.Stop)
				}
			})
			var at []time.Duration
			for _, c := range f.calls {
				at = append(at, c.At)
			}
			want := []time.Duration{0, 1010 * ms, 3020 * ms, 7030 * ms}
			if stop > 0 {
				want = want[:3]
				if out.Elapsed != stop {
					t.Errorf("stopped after %v", out.Elapsed)
				}
			} else if k := out.Final.Total[g.Series]; k.Failed != 1 || k.FailedQuantile(1).Ns < int64(7*sec) {
				t.Errorf("the group took %v", k.FailedQuantile(1))
			}
			if !slices.Equal(at, want) {
				t.Errorf("attempts at %v, want %v", at, want)
			}
		})
	}
}

// What the inner retry gives up, the outer one may begin anew; a block of
// parallel steps within is done as a whole.
func TestRetryNested(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		inner := &plan.Retry{Attempts: 2, Steps: []plan.Step{b.get("/b", 0)}}
		outer := &plan.Retry{Attempts: 2, Steps: []plan.Step{b.get("/a", 0), inner}}
		f := newFake(func(c call) reply {
			if contains(c.Text, "/b") {
				return reply{status: 500}
			}
			return reply{}
		})
		out := do(t, b.once(0, outer, b.get("/c", 0)), f)
		if got := paths(f.calls); got != "/a /b /b /a /b /b /c" || out.Final.Total[0].Retried != 3 {
			t.Errorf("%s, %d retried", got, out.Final.Total[0].Retried)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		b := newPlan()
		block := &plan.Parallel{Steps: []plan.Step{b.get("/1", 0), b.get("/bad", 0), b.get("/3", 0)}}
		n := 0
		f := newFake(func(c call) reply {
			if contains(c.Text, "/bad") {
				if n++; n == 1 {
					return reply{status: 500}
				}
			}
			return reply{after: 10 * ms}
		})
		out := do(t, b.once(0, &plan.Retry{Attempts: 2, Steps: []plan.Step{block}}, b.get("/c", 0)), f)
		if len(f.calls) < 6 || paths(f.calls[len(f.calls)-1:]) != "/c" || out.Final.Total[1].Retried != 1 || out.Final.Total[1].OK != 1 {
			t.Errorf("%s", paths(f.calls))
		}
	})
}

// The log of a real server has every attempt, and the books count each.
func TestRetryAgainstAServer(t *testing.T) {
	var mu sync.Mutex
	attempts := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		attempts[r.URL.Path]++
		n := attempts[r.URL.Path]
		mu.Unlock()
		switch {
		case r.URL.Path == "/never" || n%3 == 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case n%3 == 2:
			panic(http.ErrAbortHandler) // the connection is cut
		}
	}))
	defer server.Close()
	b := newPlan()
	some, never := b.get("/some", 0), b.get("/never", 0)
	b.class("u", 1, task("t", 1, plan.Wait{}, &plan.Retry{Attempts: 3, Backoff: seconds(0.001), Steps: []plan.Step{some}},
		&plan.Retry{Attempts: 2, On: []plan.RetryOn{{Status: plan.StatusRange{Min: 500, Max: 599}}}, Steps: []plan.Step{never}}))
	b.Profile.Iterations = 5
	b.closed(0, plan.Stage{Level: 1})
	out, err := New(b.Plan, against(t, b, server)).Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	checkBooks(t, out)
	s, n := out.Final.Total[some.Series], out.Final.Total[never.Series]
	if attempts["/some"] != 15 || s.OK != 5 || s.Failed != 10 || s.Retried != 10 {
		t.Errorf("/some: %d attempts, %d ok, %d failed, %d retried", attempts["/some"], s.OK, s.Failed, s.Retried)
	}
	if attempts["/never"] != 10 || n.Failed != 10 || n.Retried != 5 {
		t.Errorf("/never: %d attempts, %d failed, %d retried", attempts["/never"], n.Failed, n.Retried)
	}
	if got := out.Classes[0].Tasks[0]; got != (outcome.TaskCount{Begun: 5, Completed: 5}) {
		t.Errorf("%+v", got)
	}
}
