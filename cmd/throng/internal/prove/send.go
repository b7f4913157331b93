package prove

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"

	"throng/cmd/throng/internal/trying"
	"throng/dsl/diag"
	"throng/dsl/plan"
	"throng/dsl/testfile"
	"throng/runtime/engine"
	"throng/runtime/forecast"
	"throng/runtime/mock"
	"throng/runtime/preflight"
	"throng/runtime/report"
	"throng/runtime/report/text"
	"throng/runtime/user"
)

// runID is run.id in a test: always the same, as all else that is sent.
const runID = "test"

// send serves the run's mocks, does what sends, and keeps what they were
// sent. It reports false when there is nothing to be checked.
func (t *trial) send(p *plan.Plan) bool {
	book := mock.NewLog()
	mocks := t.job.run.Mocks()
	served := map[string]netip.AddrPort{}
	for _, m := range mocks {
		s, err := mock.Serve(m.Name, routes(m), book)
		if err != nil {
			t.error(t.job.run.Problem("targets", diag.InvalidRoute, "%s.", capital(err.Error())))
			return false
		}
		defer s.Close()
		served[net.JoinHostPort(hostOf(m.Name), "80")] = s.Addr()
	}
	network, err := t.o.Serve(p, served)
	if err != nil {
		t.error(diag.General(diag.Internal, "%s.", capital(err.Error())))
		return false
	}
	defer network.Close()
	if t.job.run.Wants(testfile.Load) {
		t.load(p, network)
	} else {
		t.render(p, network)
	}
	if t.result.State == Errored {
		return false
	}
	t.sent(p, mocks, book)
	return t.result.State != Errored
}

// routes are a mock's routes as its server takes them.
func routes(m testfile.Mock) []mock.Route {
	var list []mock.Route
	for _, r := range m.Routes {
		made := mock.Route{Method: r.Method, Path: r.Path, Times: r.Times, Share: r.Share, Fault: mock.Fault(r.Fault), Latency: r.Latency}
		if r.Answer != nil {
			made.Answer = func(q mock.Request) (mock.Answer, error) {
				a, err := r.Answer(testfile.Request(q))
				return mock.Answer(a), err
			}
		}
		if r.Socket != nil {
			made.Socket = socket(r.Socket)
		}
		list = append(list, made)
	}
	return list
}

// socket is a route's socket as its server takes it.
func socket(k *testfile.Socket) *mock.Socket {
	made := &mock.Socket{}
	for _, send := range k.Sends {
		made.Sends = append(made.Sends, mock.Send{After: send.After, Every: send.Every, Frame: func(q mock.Request) (mock.Frame, error) {
			f, err := send.Frame(testfile.Request(q))
			return mock.Frame(f), err
		}})
	}
	if k.Reply != nil {
		made.Reply = func(q mock.Request, m mock.Message) (mock.Reply, error) {
			r, err := k.Reply(testfile.Request(q), testfile.Message(m))
			return mock.Reply{Frame: mock.Frame(r.Frame), None: r.None, After: r.After}, err
		}
	}
	return made
}

// render lets a user of each class that the profile has do each of its tasks
// once.
func (t *trial) render(p *plan.Plan, n *Network) {
	var turns []trying.Turn
	for i := range p.Classes {
		tasks, err := trying.Tasks(&p.Classes[i], "")
		if err == nil && p.Runs(i) {
			turns = append(turns, trying.Turn{Class: i, Tasks: tasks})
		}
	}
	heard := &ear{}
	r, err := trying.Run(t.ctx, p, trying.Options{Turns: turns, RunID: runID, Factory: n.Factory, Sockets: n.Sockets, Show: heard})
	if err != nil {
		t.error(diag.General(diag.Internal, "%s.", capital(err.Error())))
		return
	}
	if !r.OK() && !r.Cut {
		t.bad = true
		t.note("%s; first: %s", trouble(r), heard.first)
	}
}

// trouble is what did not go through of a trial.
func trouble(r *trying.Result) string {
	var parts []string
	say := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	if r.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s failed", r.Failed, count(int64(r.Requests), "request")))
	}
	say(r.Abandoned, "tasks abandoned")
	say(r.Faults, "expressions failed")
	return strings.Join(parts, ", ")
}

// ear keeps the first thing that went wrong.
type ear struct{ first string }

// Event implements trying.Show.
func (e *ear) Event(p *plan.Plan, ev user.Event) {
	what := ""
	switch {
	case ev.Kind == user.EventDone && !ev.OK && !ev.Retried:
		what = "failed (" + ev.Class.String() + "): " + ev.Text
	case ev.Kind == user.EventAbandoned:
		what = "session." + ev.Name + " holds no value here"
	case ev.Kind == user.EventFault:
		what = ev.Text
	}
	if e.first == "" && what != "" {
		e.first = strings.TrimPrefix(p.Site(ev.Site).String()+": ", ": ") + what
	}
}

// load runs the whole plan.
func (t *trial) load(p *plan.Plan, n *Network) {
	run := t.job.run
	if d := p.Profile.Duration; d >= run.Timeout {
		x := run.Problem("timeout", diag.TimedOut, "The profile %q lasts %s, and the run must end within %s.", p.Profile.Name, d, run.Timeout)
		x.Suggestion = "Give the run a shorter duration, or a longer timeout."
		t.error(x)
		return
	}
	if machine := preflight.ThisMachine(); !preflight.Small(p, machine) {
		for _, f := range preflight.Check(p, forecast.New(p), machine) {
			if f.Error {
				t.error(run.Problem("command", diag.LimitExceeded, "This machine cannot make the load: %s", text.Clean(f.Text)))
				return
			}
		}
	}
	o, err := engine.New(p, engine.Options{Factory: n.Factory, Sockets: n.Sockets, RunID: runID}).Run(t.ctx)
	if err != nil {
		t.error(diag.General(diag.Internal, "%s.", capital(err.Error())))
		return
	}
	r := report.New(p, o, report.Facts{ExitCode: t.o.ExitCode(o)})
	if v := r.Verdict; v.State != text.Pass {
		t.bad = true
		t.note("the verdict is %s: %s", strings.ToUpper(v.State.String()), strings.Join(v.Reasons[:min(len(v.Reasons), maxReasons)], "; "))
	}
	var b bytes.Buffer
	if err := report.WriteJSON(&b, r); err != nil {
		t.error(diag.General(diag.Internal, "%s.", capital(err.Error())))
		return
	}
	t.job.seen.Result = b.Bytes()
}

// maxUnanswered is how many kinds of requests that no route takes are told.
const maxUnanswered = 5

// maxReasons is how many of a verdict's reasons are told.
const maxReasons = 2

// sent keeps what the mocks were sent, and tells what they could not answer.
func (t *trial) sent(p *plan.Plan, mocks []testfile.Mock, book *mock.Log) {
	entries := book.Entries()
	if n := book.Lost(); n > 0 {
		t.note("requests holds the first %s; %s more came than a mock keeps", count(int64(len(entries)), "request"), text.Count(n))
	}
	unanswered := map[string]int64{}
	for _, e := range entries {
		if e.Route < 0 {
			unanswered[fmt.Sprintf("mock.%s has no route for %s", e.Server, e.Key)]++
		}
	}
	for i, what := range slices.Sorted(maps.Keys(unanswered)) {
		if i == maxUnanswered {
			t.note("and %d more that no route takes", len(unanswered)-i)
			break
		}
		t.note("%s (%s)", text.Clean(what), count(unanswered[what], "request"))
	}
	for _, f := range book.Failures() {
		t.unanswerable(mocks, f)
	}
	t.job.seen.Requests = document(entries, func(s string) string { return s })
	if run := t.job.run; run.Command == testfile.Render || run.Snapshot != "" {
		t.result.Requests = testfile.Snapshot(document(entries, p.Mask().Replace), run.Mask...)
	}
}

// unanswerable tells of a route whose answer could not be made.
func (t *trial) unanswerable(mocks []testfile.Mock, f mock.Failure) {
	var failure *diag.Failure
	if errors.As(f.Err, &failure) {
		t.error(failure.Diagnostics...)
		return
	}
	for _, m := range mocks {
		if m.Name == f.Server && f.Route < len(m.Routes) {
			r := m.Routes[f.Route]
			t.error(diag.General(diag.InvalidValue, "The route %q of mock %q (%s:%d) gave no answer: %s.", strings.TrimSpace(r.Method+" "+r.Path), m.Name, r.Site.File, r.Site.Line, f.Err))
		}
	}
}

// document is requests by key, as JSON. Every text of them goes through mask.
func document(entries []mock.Entry, mask func(string) string) json.RawMessage {
	masked := func(m map[string]string) map[string]string {
		out := make(map[string]string, len(m))
		for name, value := range m {
			out[name] = mask(value)
		}
		return out
	}
	byKey := map[string][]mock.Request{}
	for _, e := range entries {
		r := e.Request
		r.Path, r.Body, r.Params, r.Query, r.Headers = mask(r.Path), mask(r.Body), masked(r.Params), masked(r.Query), masked(r.Headers)
		byKey[e.Key] = append(byKey[e.Key], r)
	}
	data, err := json.Marshal(byKey)
	if err != nil {
		panic(err) // it holds nothing but texts and numbers
	}
	return data
}

func count(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return text.Count(n) + " " + what + "s"
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
