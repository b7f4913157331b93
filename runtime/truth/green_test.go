package truth

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/sla"
	"throng/runtime/transport"
)

// TestNoFalseGreen goes through greenCases: each is a run that must not pass,
// from its source to its verdict, and the verdict must say why. A run lasts
// minutes of virtual time.
//
// That the same run without its harm does pass is TestGreenIsPossible: a
// matrix in which nothing can pass would prove nothing.
func TestNoFalseGreen(t *testing.T) {
	if n := len(greenCases); n < 40 {
		t.Errorf("only %d cases", n)
	}
	seen := map[string]bool{}
	for _, c := range greenCases {
		if seen[c.name] {
			t.Errorf("two cases are called %q", c.name)
		}
		seen[c.name] = true
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			state, why := c.run(t)
			if state == pass {
				t.Fatalf("FALSE GREEN: %s", why)
			}
			if state != c.want || !strings.Contains(why, c.says) {
				t.Errorf("%s that says\n%s\nwant %s that says %q", state, why, c.want, c.says)
			}
		})
	}
}

func TestGreenIsPossible(t *testing.T) {
	if state, why := (greenCase{}).run(t); state != pass {
		t.Errorf("%s: %s", state, why)
	}
}

// What a case ends with.
const (
	refused      = "REFUSED" // the source does not compile
	pass         = "PASS"
	failed       = "FAIL"
	inconclusive = "INCONCLUSIVE"
)

// greenCase is a run that must not pass.
type greenCase struct {
	name string
	// Parts of the source; "" for those of a run that passes.
	user, profile, slas, more string
	answer                    func(n int) mockAnswer                // the target's answer to its n-th request; nil: 200 after 20 ms
	report                    health.Report                         // what the generator's monitor finds
	during                    func(e *engine.Engine, cancel func()) // what happens to the run, on a goroutine of its own
	after                     func(o *outcome.Outcome)              // harm done to the outcome before it is decided again
	of                        string                                // the profile that is run, where there are several
	want, says                string
}

const (
	greenUser    = "  wait = \"100ms\"\n  get \"/items\" { tags = [\"read\"] }\n"
	greenProfile = "  users = 10\n  duration = \"1m\"\n"
	greenSLAs    = "sla \"read\" {\n  p95 = \"500ms\"\n  error_rate = \"1%\"\n}\n"
)

func (c greenCase) source() string {
	or := func(s, otherwise string) string {
		if s == "" {
			return otherwise
		}
		return s
	}
	slas := or(c.slas, greenSLAs)
	if slas == nothing {
		slas = ""
	}
	return "target \"api\" { base_url = \"http://127.0.0.1:9\" }\nuser \"visitor\" {\n" + or(c.user, greenUser) +
		"}\nprofile \"p\" {\n" + or(c.profile, greenProfile) + "}\n" + slas + c.more
}

// nothing stands for an empty part of the source.
const nothing = "-"

// run is the case's verdict, and what it says, one reason a line.
func (c greenCase) run(t *testing.T) (state, why string) {
	t.Helper()
	r := compiled(t, c.source(), dsl.Options{Seed: 42, Profile: c.of})
	if r.Plan == nil {
		var b strings.Builder
		for _, d := range r.Diagnostics {
			b.WriteString(d.Summary + ": " + d.Detail + "\n")
		}
		return refused, b.String()
	}
	synctest.Test(t, func(t *testing.T) { state, why = c.judged(t, r.Plan) })
	return state, why
}

func compiled(t *testing.T, source string, o dsl.Options) dsl.Result {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.hcl")
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	return dsl.Compile(file, o)
}

func (c greenCase) judged(t *testing.T, p *plan.Plan) (state, why string) {
	target := &mock{answer: c.answer, cut: make(chan struct{})}
	e := engine.New(p, engine.Options{
		RunID: "run", Health: monitored(c.report),
		Factory: func(clock *transport.Clock) transport.Factory { target.clock = clock; return target },
		Sockets: func(*transport.Clock) transport.SocketFactory { return mockSockets{mockClient{target}} },
	})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if c.during != nil {
		done := make(chan struct{})
		go func() { defer close(done); c.during(e, cancel) }()
		defer func() { <-done }()
	}
	o, err := e.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	v := o.Verdict
	if c.after != nil {
		c.after(o)
		v = sla.Decide(p, o.Judged, o.Conditions)
	}
	return v.State.String(), strings.Join(v.Reasons, "\n")
}

// monitored is a monitor with a finding of its own.
type monitored health.Report

func (monitored) StartLag(due, began int64)            {}
func (m monitored) Report(time.Duration) health.Report { return health.Report(m) }
func (m monitored) Stop() health.Report                { return health.Report(m) }

// mockAnswer is what a target in memory does with a request.
type mockAnswer struct {
	after  time.Duration // 0: 20 ms
	status int           // 0: 200
	class  plan.ErrorClass
	header string
	body   string
	back   time.Duration // the answer is stamped so long before it was begun
}

// mock is a target on whatever clock the test runs under.
type mock struct {
	answer func(n int) mockAnswer
	clock  *transport.Clock
	n      atomic.Int64
	cut    chan struct{}
	once   sync.Once
}

func (m *mock) Client() transport.Client { return mockClient{m} }
func (m *mock) Cut()                     { m.once.Do(func() { close(m.cut) }) }
func (m *mock) Close()                   {}

type mockClient struct{ *mock }

func (mockClient) Close() {}

func (m mockClient) Do(msg *transport.Message, r *transport.Result) {
	var a mockAnswer
	if n := int(m.n.Add(1)); m.answer != nil {
		a = m.answer(n)
	}
	if a.after == 0 {
		a.after = 20 * ms
	}
	now := m.clock.Now()
	*r = transport.Result{Start: now, Sent: now, BytesOut: 10}
	if msg.Timeout > 0 && a.after > msg.Timeout {
		a.after, a.class = msg.Timeout, plan.FailTimeout
	}
	timer := time.NewTimer(a.after)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-m.cut:
		r.Class, r.Err, r.End = plan.FailInternal, transport.ErrCut, m.clock.Now()
		return
	}
	r.End = m.clock.Now() - int64(a.back)
	if a.class != plan.OK {
		r.Class, r.Err = a.class, errors.New("the target in memory says "+a.class.String())
		return
	}
	if r.Status = a.status; r.Status == 0 {
		r.Status = 200
	}
	r.Proto, r.FirstByte, r.BytesIn, r.Header = "HTTP/1.1", r.End, 20, []byte(a.header)
	r.BodySize = int64(len(a.body))
	if msg.KeepBody {
		r.Body = []byte(a.body)
	}
}
