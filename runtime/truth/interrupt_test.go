package truth

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/outcome"
	"throng/runtime/sla"
	"throng/runtime/transport/http1"
)

const serviceTime = 60 * ms // of /slow

// interrupt is a way to end a run before its time.
type interrupt struct {
	name  string
	at    int64 // exchange before which it comes; 0: before the run
	grace bool  // what is under way may finish
	open  bool
	act   func(e *engine.Engine, cancel func())
}

func stop(e *engine.Engine, _ func()) { e.Stop() }
func cut(_ *engine.Engine, f func())  { f() }
func twice(e *engine.Engine, f func()) {
	e.Stop()
	f()
}

func interrupts() (list []interrupt) {
	for _, at := range []int64{0, 1, 20, 90} {
		list = append(list,
			interrupt{name: "stop", at: at, grace: true, act: stop},
			interrupt{name: "stop without grace", at: at, act: stop},
			interrupt{name: "cut", at: at, act: cut},
			interrupt{name: "stop and cut", at: at, act: twice},
		)
	}
	return append(list,
		interrupt{name: "stop arrivals", at: 60, open: true, grace: true, act: stop},
		interrupt{name: "cut arrivals", at: 60, open: true, act: cut},
	)
}

// account is a server that says at its end what it has seen.
type account interface {
	addr() string
	stop(t *testing.T) []line
}

func TestInterruptsGo(t *testing.T) {
	checkInterrupts(t, newWitness(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			serve(r, serviceTime)
		}
	})))
}

// checkInterrupts does one run for each interrupt against one server, and
// then reads its account.
func checkInterrupts(t *testing.T, server account) {
	t.Helper()
	trials, outs := map[string]*trial{}, map[string]*outcome.Outcome{}
	list := interrupts()
	for i, in := range list {
		run := fmt.Sprintf("run%d", i)
		b := newPlan(t, server.addr())
		b.class(uniform(0, 0.01), task(5, b.get("/ok")), task(2, b.get("/slow")))
		if in.open {
			b.open(400, 50, 10*sec)
		} else {
			b.closed(8, 10*sec)
		}
		if !in.grace {
			b.Profile.Grace = ms
		}
		b.promise(0.1)
		trials[run] = newTrial(b, http1.Config{}, engine.Options{RunID: run, Health: quiet{}})
		outs[run] = interrupted(t, trials[run], in)
	}
	seen := map[string][]line{}
	for _, l := range server.stop(t) {
		run, _, _ := parseID(l.id)
		seen[run] = append(seen[run], l)
	}
	for i, in := range list {
		run := fmt.Sprintf("run%d", i)
		t.Run(fmt.Sprintf("%s at %d", in.name, in.at), func(t *testing.T) {
			checkInterrupted(t, in, trials[run], outs[run], seen[run])
		})
	}
}

func interrupted(t *testing.T, tr *trial, in interrupt) *outcome.Outcome {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	tr.tap.before = func(n int64) {
		if n == in.at {
			in.act(tr.engine, cancel)
		}
	}
	if in.at == 0 {
		in.act(tr.engine, cancel)
	}
	return tr.run(t, ctx) // which checks the books, and that what was cut is in flight
}

// checkInterrupted: whatever the client calls finished the server has seen;
// what else the server has seen was cut, and nothing else.
func checkInterrupted(t *testing.T, in interrupt, tr *trial, out *outcome.Outcome, lines []line) {
	t.Helper()
	b := out.Conditions.Books
	if !out.Interrupted || out.Verdict.State != sla.Inconclusive {
		t.Errorf("interrupted %v, verdict %v: %q", out.Interrupted, out.Verdict.State, out.Verdict.Reasons)
	}
	if in.grace && (b.InFlight != 0 || out.Cut) {
		t.Errorf("with grace %d requests were cut", b.InFlight)
	}
	if b.Failed != 0 {
		t.Errorf("the interrupt is taken for failures: %+v", b)
	}
	if out.Elapsed >= tr.Profile.Duration {
		t.Errorf("the run took its planned time, %v", out.Elapsed)
	}
	theirs := map[string]bool{}
	for _, l := range lines {
		theirs[l.id] = true
	}
	var finished, cut int64
	for _, e := range tr.tap.exchanges() {
		switch {
		case e.cut:
			cut++
		case !theirs[e.id]:
			t.Errorf("%s finished, but the server has not seen it", e.id)
		default:
			finished++
		}
		delete(theirs, e.id)
	}
	for id := range theirs {
		t.Errorf("the server has seen %s, which the client knows nothing of", id)
	}
	if b.Succeeded != finished || b.InFlight != cut {
		t.Errorf("%d finished and %d were cut: %+v", finished, cut, b)
	}
	if n := int64(len(lines)); n < b.Succeeded || n > b.Succeeded+b.InFlight {
		t.Errorf("the server has seen %d requests: %+v", n, b)
	}
	if in.at > 0 && b.Intended < in.at {
		t.Errorf("interrupted at request %d: %+v", in.at, b)
	}
	t.Logf("the server has seen %d: %+v", len(lines), b)
}

// A run that an SLA aborts is as well accounted for as one that a person
// ends.
func TestAbort(t *testing.T) {
	w := newWitness(t, http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			rw.WriteHeader(http.StatusInternalServerError)
		}
	}))
	b := newPlan(t, w.addr())
	b.class(uniform(0, 0.01), task(1, b.get("/ok")), task(1, b.get("/bad")))
	b.closed(4, 10*sec)
	b.promise(0.1)
	b.SLAs[0].Abort = &plan.Abort{}
	tr := newTrial(b, http1.Config{}, engine.Options{Health: quiet{}})
	out := tr.run(t, t.Context())
	if out.Verdict.State != sla.Fail || out.Conditions.Aborted != "errors" || out.Elapsed >= 10*sec {
		t.Errorf("after %v: %+v, verdict %v", out.Elapsed, out.Conditions, out.Verdict.State)
	}
	tr.reconcile(t, out, w.stop(t))
}
