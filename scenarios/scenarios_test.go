// Package scenarios holds the scenarios that throng brings along. Its tests
// run every one of them against the example API.
package scenarios_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"throng/dsl"
	"throng/dsl/diag"
	"throng/dsl/format"
	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/sla"
	"throng/runtime/transport"
	"throng/runtime/transport/dial"
	"throng/runtime/transport/http1"
	"throng/runtime/transport/websocket"
	"throng/scenarios/exampleapi"
)

// shipped are the directories that hold a scenario.
func shipped(t *testing.T) []string {
	t.Helper()
	return append(holding(t, "*/main.hcl", 3), cookbook(t)...)
}

// cookbook are the directories of the cookbook's scenarios.
func cookbook(t *testing.T) []string { return holding(t, "cookbook/*/main.hcl", 14) }

// holding are the directories of the files that match, of which there must be
// so many.
func holding(t *testing.T, pattern string, least int) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.FromSlash(pattern))
	if err != nil || len(found) < least {
		t.Fatalf("%s: %v, %v", pattern, found, err)
	}
	for i := range found {
		found[i] = filepath.Dir(found[i])
	}
	return found
}

func compile(t *testing.T, dir string, o dsl.Options) *plan.Plan {
	t.Helper()
	o.Tool = "0.1.0"
	r := dsl.Compile(dir, o)
	if r.Plan == nil {
		var b bytes.Buffer
		_ = diag.WriteText(&b, r.Diagnostics, r.Sources, diag.Options{})
		t.Fatalf("%s does not compile:\n%s", dir, b.String())
	}
	return r.Plan
}

// hurry makes every wait and pause of a plan short, so that a few seconds
// reach every request.
func hurry(p *plan.Plan) {
	short := plan.Const{Value: plan.FloatValue(0.01)}
	hasten := func(s plan.Step) {
		switch s := s.(type) {
		case *plan.Pause:
			s.For = short
		case *plan.Repeat:
			if s.Every != nil {
				s.Every = short
			}
		case *plan.Retry:
			if s.Backoff != nil {
				s.Backoff = short
			}
		}
	}
	classes := p.Classes
	if p.Once != nil {
		classes = append(slices.Clone(classes), *p.Once.Class())
	}
	for i := range classes {
		c := &classes[i]
		plan.Walk(c.Start, hasten)
		plan.Walk(c.Stop, hasten)
		c.EachTask(func(t *plan.Task) {
			t.Wait = plan.Wait{Kind: plan.WaitFor, For: short}
			plan.Walk(t.Steps, hasten)
		})
	}
}

// example is the example API that a plan names.
func example(t *testing.T, p *plan.Plan, faults ...string) *exampleapi.Service {
	t.Helper()
	o := exampleapi.Options{Seed: 1}
	for _, text := range faults {
		f, err := exampleapi.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, f)
	}
	service, err := exampleapi.New(p.Targets[0].Example, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(service.Close)
	return service
}

// run runs a plan against a handler that stands for all of its targets.
func run(t *testing.T, p *plan.Plan, against http.Handler, wrap func(transport.Factory) transport.Factory) *outcome.Outcome {
	t.Helper()
	server := httptest.NewUnstartedServer(against)
	var accepted atomic.Int64
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, connNumber{}, accepted.Add(1))
	}
	server.Start()
	defer server.Close()
	lead := func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, server.Listener.Addr().String())
	}
	factory := func(clock *transport.Clock) transport.Factory {
		f := transport.Factory(http1.New(http1.Config{Clock: clock, Dial: lead}))
		if wrap != nil {
			f = wrap(f)
		}
		return f
	}
	sockets := func(clock *transport.Clock) transport.SocketFactory {
		return websocket.New(websocket.Config{Clock: clock, Dial: dial.New(dial.Config{Clock: clock, Dial: lead})})
	}
	e := engine.New(p, engine.Options{Factory: factory, Sockets: sockets, Health: calm{}})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	o, err := e.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// connNumber is the key by which a request's context holds the number of its
// connection. The client's address does not tell one: a port is used again.
type connNumber struct{}

// calm is a generator in good health: these tests are about scenarios, and not
// about how busy the machine is that they run on.
type calm struct{}

func (calm) StartLag(int64, int64)              {}
func (calm) Report(time.Duration) health.Report { return health.Report{} }
func (calm) Stop() health.Report                { return health.Report{} }

// Every shipped scenario compiles for every profile it declares.
func TestProfiles(t *testing.T) {
	for _, dir := range shipped(t) {
		r := dsl.Validate(dir, dsl.Options{Tool: "0.1.0"})
		for _, d := range r.Diagnostics {
			t.Errorf("%s: %s: %s", dir, d.Summary, d.Detail)
		}
		if !slices.Contains(r.Profiles, "smoke") {
			t.Errorf("%s has no smoke profile", dir)
		}
	}
}

// Every request of every shipped scenario succeeds against its example API,
// and the books balance. TestCookbook does the same for the cookbook.
func TestShippedScenarios(t *testing.T) {
	for _, dir := range holding(t, "*/main.hcl", 3) {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			users := 60
			soundly(t, dir, "smoke", 25, dsl.Options{Users: &users})
		})
	}
	t.Run("autoarr, websocket", func(t *testing.T) {
		t.Parallel()
		soundly(t, "autoarr", "websocket_smoke", 300, dsl.Options{}) // three seconds at least: notifications come by the clock
	})
}

// soundly runs a profile without its waits; each user does so many tasks.
func soundly(t *testing.T, dir, profile string, tasks int64, o dsl.Options) {
	t.Helper()
	longest := "90s"
	o.Profile, o.Duration, o.Seed = profile, &longest, 7
	p := compile(t, dir, o)
	hurry(p)
	rounds(p, tasks)
	patient(p)
	sound(t, p, run(t, p, example(t, p), nil))
}

// patient lets the messages of sockets take as long as a busy machine needs.
func patient(p *plan.Plan) {
	wait := func(s plan.Step) {
		switch s := s.(type) {
		case *plan.Send:
			s.Timeout = time.Minute
			if s.Reply != nil {
				s.Reply.Timeout = time.Minute
			}
		case *plan.Receive:
			s.Timeout = time.Minute
		}
	}
	for i := range p.Classes {
		plan.Walk(p.Classes[i].Start, wait)
		p.Classes[i].EachTask(func(t *plan.Task) { plan.Walk(t.Steps, wait) })
	}
}

// rounds lets each user of a plan do so many tasks, and ends the run with the
// last of them, however long a busy machine takes.
func rounds(p *plan.Plan, n int64) {
	for i := range p.Profile.Loads {
		p.Profile.Loads[i].IterationsPerUser = n
	}
	p.Profile.Floats = true
}

// sound holds that every request was sent and all of them succeeded, that the
// books balance, and that no share of errors is beyond its limit. It does not
// look at latencies, which belong to the machine.
func sound(t *testing.T, p *plan.Plan, o *outcome.Outcome) {
	t.Helper()
	if b := o.Conditions.Books; b.Balance() != 0 || b.Failed != 0 || b.Succeeded == 0 {
		t.Errorf("books: %+v", b)
	}
	for _, j := range o.Judged {
		s := &p.SLAs[j.SLA]
		if r := s.Groups[j.Group]; j.State == sla.Fail && s.Rules[j.Rule].Metric == plan.ErrorRate {
			t.Errorf("sla %s, %+v: %s", s.Name, r, j.Reason)
		}
	}
	for _, g := range o.Final.Errors {
		t.Errorf("%d × %s: %s %s", g.Count, p.Rows[p.Series[g.Series].Row].Label(), g.Class, g.Detail)
	}
	for row := range p.Rows {
		if n := count(p, o.Final, row); n == 0 && runs(p, row) {
			t.Errorf("%s was never sent", p.Rows[row].Label())
		}
	}
	for i, c := range o.Classes {
		for k, task := range c.Tasks {
			if task.Abandoned+task.Failed > 0 {
				t.Errorf("%s / %s: %+v", p.Classes[i].Name, p.Classes[i].Tasks[k].Name, task)
			}
		}
	}
}

// runs reports whether somebody records into a row under the plan's profile.
func runs(p *plan.Plan, row int) bool {
	return slices.ContainsFunc(p.Series, func(s plan.Series) bool {
		return s.Row == row && (s.Class < 0 || s.Class >= len(p.Classes) || p.Runs(s.Class))
	})
}

// count is how much was recorded into a row's series: requests, groups, or
// values of a metric.
func count(p *plan.Plan, s *record.Snapshot, row int) (n int64) {
	for i := range p.Series {
		if p.Series[i].Row == row {
			n += s.Total[i].Count() + s.Metrics[i].Count()
		}
	}
	return n
}

// With one seed each user makes the same requests in the same order, however
// the machine schedules them.
func TestSeedReplays(t *testing.T) {
	first, second := requestsOf(t, 11), requestsOf(t, 11)
	other := requestsOf(t, 12)
	differs := false
	for user := range first {
		n := len(first[user])
		if n < 10 || len(second[user]) != n {
			t.Fatalf("user %d made %d requests, and then %d", user, n, len(second[user]))
		}
		for i := range n {
			if first[user][i] != second[user][i] {
				t.Fatalf("user %d, request %d:\n%s\n%s", user, i, first[user][i], second[user][i])
			}
			differs = differs || i < len(other[user]) && first[user][i] != other[user][i]
		}
	}
	if !differs {
		t.Error("another seed made the same requests")
	}
}

// requestsOf runs the orchestrator with a seed and gives what each user sent.
// Ids that the server assigned are left out of the comparison.
func requestsOf(t *testing.T, seed uint64) [][]string {
	users, longest := 10, "90s"
	p := compile(t, "orchestrator", dsl.Options{Profile: "smoke", Users: &users, Duration: &longest, Seed: seed})
	hurry(p)
	rounds(p, 15)
	w := &tap{}
	run(t, p, example(t, p), func(f transport.Factory) transport.Factory { w.Factory = f; return w })
	w.mu.Lock()
	defer w.mu.Unlock()
	var all [][]string
	for _, c := range w.clients {
		all = append(all, c.sent)
	}
	return all
}

// tap notes what every client is asked to send.
type tap struct {
	transport.Factory
	mu      sync.Mutex
	clients []*tapped
}

type tapped struct {
	transport.Client
	sent []string
}

func (w *tap) Client() transport.Client {
	c := &tapped{Client: w.Factory.Client()}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clients = append(w.clients, c)
	return c
}

var assigned = regexp.MustCompile(`\b(wf|lead|camp)-\d+`)

func (c *tapped) Do(m *transport.Message, r *transport.Result) {
	text := fmt.Sprintf("%s %s %s", m.Method, m.URI, m.Body)
	if !strings.Contains(string(m.URI), "/api/auth") { // bodies of logins name the user, not an id
		text = assigned.ReplaceAllString(text, "$1")
	}
	c.sent = append(c.sent, text)
	c.Client.Do(m, r)
}

// The scenarios read as they would after `throng fmt`.
func TestCanonical(t *testing.T) {
	for _, dir := range shipped(t) {
		files, _ := filepath.Glob(filepath.Join(dir, "*.hcl"))
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if out := canonical(t, src, file); !bytes.Equal(src, out) {
				t.Errorf("%s is not in canonical form; run throng fmt", file)
			}
		}
	}
}

func canonical(t *testing.T, src []byte, name string) []byte {
	t.Helper()
	out, diags := format.Source(src, name)
	if diags.HasErrors() {
		t.Fatal(diags.Err())
	}
	return out
}
