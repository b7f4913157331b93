package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/transport"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// call is one exchange as the fake target saw it.
type call struct {
	Client int
	At     time.Duration // since the first exchange's clock
	Text   string        // method, host, URI, header, body
}

// reply is what the fake target does with a call.
type reply struct {
	after  time.Duration
	status int // 0: 200
	class  plan.ErrorClass
	header string
	body   string
}

// fake is a target in memory, on whatever clock the test runs under.
type fake struct {
	answer func(c call) reply

	clock   *transport.Clock
	mu      sync.Mutex
	calls   []call
	clients int
	open    atomic.Int64
	cut     chan struct{}
	once    sync.Once
}

func newFake(answer func(call) reply) *fake {
	return &fake{answer: answer, cut: make(chan struct{})}
}

func steady(latency time.Duration) func(call) reply {
	return func(call) reply { return reply{after: latency} }
}

func (f *fake) factory(c *transport.Clock) transport.Factory { f.clock = c; return f }

func (f *fake) Client() transport.Client {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clients++
	f.open.Add(1)
	return &fakeClient{f: f, id: f.clients - 1}
}
func (f *fake) Cut()   { f.once.Do(func() { close(f.cut) }) }
func (f *fake) Close() {}

type fakeClient struct {
	f  *fake
	id int
}

func (c *fakeClient) Close() { c.f.open.Add(-1) }

func (c *fakeClient) Do(m *transport.Message, r *transport.Result) {
	f := c.f
	now := f.clock.Now()
	this := call{c.id, time.Duration(now), fmt.Sprintf("%s %s%s\n%s\n%s", m.Method, m.Host, m.URI, m.Header, m.Body)}
	f.mu.Lock()
	f.calls = append(f.calls, this)
	f.mu.Unlock()
	re := f.answer(this)
	*r = transport.Result{Start: now, Sent: now, BytesOut: 10}
	if m.Timeout > 0 && re.after > m.Timeout {
		re = reply{after: m.Timeout, class: plan.FailTimeout}
	}
	if !f.wait(re.after) {
		re.class = plan.FailReset
	}
	r.End = f.clock.Now()
	if re.class != plan.OK {
		r.Class, r.Err = re.class, errors.New("the fake says "+re.class.String())
		return
	}
	if r.Status = re.status; r.Status == 0 {
		r.Status = 200
	}
	r.Proto, r.FirstByte, r.BytesIn = "HTTP/1.1", r.End, 20
	r.Header = []byte(re.header)
	r.BodySize = int64(len(re.body))
	if m.KeepBody {
		r.Body = []byte(re.body)
	}
}

// wait reports false when the fake was cut meanwhile.
func (f *fake) wait(d time.Duration) bool {
	if d <= 0 {
		select {
		case <-f.cut:
			return false
		default:
			return true
		}
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-f.cut:
		return false
	}
}

// quiet is a monitor that finds nothing wrong.
type quiet struct{}

func (*quiet) StartLag(due, began int64)          {}
func (*quiet) Report(time.Duration) health.Report { return health.Report{} }
func (*quiet) Stop() health.Report                { return health.Report{} }

// builder makes plans by hand.
type builder struct{ *plan.Plan }

func newPlan() builder {
	return builder{&plan.Plan{
		Scenario: "test", Seed: 42, Sites: make([]plan.Site, 100),
		Targets: []plan.Target{{Name: "api", Scheme: "http", Host: "127.0.0.1", Port: 8080}},
		Profile: plan.Profile{Name: "p", Grace: 10 * sec},
	}}
}

// class adds a class with one task a request list.
func (b builder) class(name string, weight float64, tasks ...plan.Task) int {
	b.Classes = append(b.Classes, plan.Class{Name: name, Weight: weight, Tasks: tasks})
	return len(b.Classes) - 1
}

// get makes a request and its series.
func (b builder) get(path string, class int) *plan.Request {
	b.Rows = append(b.Rows, plan.Row{Method: "GET", Name: path, Pattern: path})
	b.Series = append(b.Series, plan.Series{Row: len(b.Rows) - 1, Class: class, Task: path})
	return &plan.Request{Series: len(b.Series) - 1, Method: "GET", Path: plan.Literal(path), Timeout: 30 * sec, Redirects: 5}
}

func (b builder) group(name string, steps ...plan.Step) *plan.Group {
	b.Rows = append(b.Rows, plan.Row{Kind: plan.GroupSeries, Name: name})
	b.Series = append(b.Series, plan.Series{Kind: plan.GroupSeries, Row: len(b.Rows) - 1})
	return &plan.Group{Series: len(b.Series) - 1, Name: name, Steps: steps}
}

func task(name string, weight float64, wait plan.Wait, steps ...plan.Step) plan.Task {
	return plan.Task{Name: name, Weight: weight, Wait: wait, Steps: steps}
}

func seconds(s float64) plan.Expr { return plan.Const{Value: plan.FloatValue(s)} }

func waitFor(s float64) plan.Wait { return plan.Wait{Kind: plan.WaitFor, For: seconds(s)} }

// uniform draws a wait from the user's own source.
func uniform(from, to float64) plan.Wait {
	return plan.Wait{Kind: plan.WaitFor, For: plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.FloatValue(from + (to-from)*f.Rand.Float64()), nil
	})}
}

func (b builder) closed(d time.Duration, stages ...plan.Stage) builder {
	b.Profile.Duration = d
	b.Profile.Loads = []plan.Load{{Model: plan.Closed, Classes: b.all(), Stages: stages}}
	return b
}

func (b builder) openLoad(d time.Duration, maxUsers int, stages ...plan.Stage) builder {
	b.Profile.Duration = d
	b.Profile.Loads = []plan.Load{{Model: plan.Open, Classes: b.all(), Stages: stages, MaxUsers: maxUsers}}
	return b
}

func (b builder) all() (classes []int) {
	for c := range b.Classes {
		classes = append(classes, c)
	}
	return classes
}

// do runs a plan against a fake and checks what must hold of every run.
func do(t *testing.T, b builder, f *fake, change ...func(*Engine, *Options)) *outcome.Outcome {
	t.Helper()
	return doCtx(t, context.Background(), b, f, change...)
}

// rarely makes snapshots rare, in long runs of which only the end is looked
// at: under the race detector a snapshot costs more than a second's requests.
func rarely(_ *Engine, o *Options) { o.Tick = 30 * sec }

func doCtx(t *testing.T, ctx context.Context, b builder, f *fake, change ...func(*Engine, *Options)) *outcome.Outcome {
	t.Helper()
	o := Options{Factory: f.factory, RunID: "run", Health: &quiet{}}
	for _, c := range change {
		c(nil, &o)
	}
	e := New(b.Plan, o)
	for _, c := range change {
		c(e, &o)
	}
	out, err := e.Run(ctx)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	checkBooks(t, out)
	if n := f.open.Load(); n != 0 {
		t.Errorf("%d clients were not closed", n)
	}
	return out
}

func checkBooks(t *testing.T, out *outcome.Outcome) {
	t.Helper()
	c := out.Conditions
	if n := c.Books.Balance(); n != 0 {
		t.Errorf("the books are out by %d: %+v", n, c.Books)
	}
	if c.Recorded != c.Books.Succeeded+c.Books.Failed {
		t.Errorf("%d samples recorded, %d succeeded and %d failed", c.Recorded, c.Books.Succeeded, c.Books.Failed)
	}
	var ok, failed, missed int64
	for _, m := range out.History {
		ok, failed, missed = ok+m.OK, failed+m.Failed, missed+m.Missed
	}
	if ok != c.Books.Succeeded || failed != c.Books.Failed || missed != c.Books.Missed {
		t.Errorf("the history has %d ok, %d failed, %d missed; the books %+v", ok, failed, missed, c.Books)
	}
}

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }
