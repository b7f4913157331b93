package truth

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
	"throng/runtime/engine"
	"throng/runtime/health"
	"throng/runtime/outcome"
	"throng/runtime/record"
	"throng/runtime/transport"
	"throng/runtime/transport/anyhttp"
	"throng/runtime/transport/http1"
)

// quiet is a monitor that finds nothing wrong, for tests of verdicts: what
// else the machine does must not decide them.
type quiet struct{}

func (quiet) StartLag(due, began int64)          {}
func (quiet) Report(time.Duration) health.Report { return health.Report{} }
func (quiet) Stop() health.Report                { return health.Report{} }

// trial is one run of a plan over the real transport, tapped.
type trial struct {
	builder
	engine *engine.Engine
	tap    *tap
}

func newTrial(b builder, config http1.Config, o engine.Options) *trial {
	tr := &trial{builder: b, tap: &tap{}}
	o.Factory = func(clock *transport.Clock) transport.Factory {
		config.Clock = clock
		tr.tap.Factory = anyhttp.New(config)
		return tr.tap
	}
	if o.Tick == 0 {
		o.Tick = 100 * ms // several snapshots, also in a short run
	}
	if o.RunID == "" {
		o.RunID = "run"
	}
	tr.engine = engine.New(b.Plan, o)
	return tr
}

// run does the trial and checks what must hold of every run, however it went.
func (tr *trial) run(t *testing.T, ctx context.Context) *outcome.Outcome {
	t.Helper()
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	out, err := tr.engine.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	checkBooks(t, out)
	tr.checkFigures(t, out)
	eventually(t, "the run's goroutines to be gone", func() bool { return runtime.NumGoroutine() <= before })
	return out
}

// completed does a trial that must reach its planned end with nothing cut.
func (tr *trial) completed(t *testing.T) *outcome.Outcome {
	t.Helper()
	out := tr.run(t, t.Context())
	if c := out.Conditions; c.Incomplete != "" || c.Aborted != "" || c.LocalFailures != 0 || c.Books.InFlight != 0 || out.Cut {
		t.Errorf("the run did not end normally: %+v", c)
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

// figures are a row's exact figures.
type figures struct {
	OK, Failed    int64
	Statuses      map[int]int64 // 0: no answer
	In, Out       int64         // bytes
	Sum, Min, Max int64         // ns, of the response times of successes
	Opened        int64         // successes for which a connection was made
}

// checkFigures holds the snapshot against what crossed the transport. Since
// sums and extremes are exact, no failure can hide among the successes. In
// the open model they count from the intended start, and are left out.
func (tr *trial) checkFigures(t *testing.T, out *outcome.Outcome) {
	t.Helper()
	open := false
	for _, l := range tr.Profile.Loads {
		open = open || l.Model == plan.Open
	}
	want := map[string]*figures{}
	var cut int64
	for _, s := range samples(tr.tap.exchanges()) {
		if s.cut {
			cut++
			continue
		}
		_, _, series := parseID(s.id)
		label := tr.Rows[tr.Series[series].Row].Label()
		f := want[label]
		if f == nil {
			f = &figures{Statuses: map[int]int64{}}
			want[label] = f
		}
		f.add(&s, s.succeeded(tr.requestOf(series)))
		if open {
			f.Sum, f.Min, f.Max = 0, 0, 0
		}
	}
	got := map[string]*figures{}
	for series, s := range out.Final.Total {
		if s == nil {
			continue
		}
		f := &figures{OK: s.OK, Failed: s.Failed, Statuses: statuses(s), In: s.BytesIn, Out: s.BytesOut, Opened: s.Phases().Connections}
		if !open {
			f.Sum, f.Min, f.Max = s.Sum(), s.Min(), s.Max()
		}
		got[tr.Rows[tr.Series[series].Row].Label()] = f
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("figures (- crossed the transport, + reported):\n%s", d)
	}
	if b := out.Conditions.Books; b.InFlight != cut {
		t.Errorf("%d exchanges were cut, the books have %d in flight", cut, b.InFlight)
	}
}

func (f *figures) add(s *sample, ok bool) {
	f.Statuses[s.status]++
	f.In += s.in
	f.Out += s.out
	if !ok {
		f.Failed++
		return
	}
	took := s.end - s.start
	f.Sum += took
	f.Max = max(f.Max, took)
	if f.OK == 0 || took < f.Min {
		f.Min = took
	}
	f.OK++
	if s.opened {
		f.Opened++
	}
}

func statuses(s *record.Stats) map[int]int64 {
	m := map[int]int64{}
	none := s.Count()
	for _, c := range s.Status {
		m[c.Status] = c.Count
		none -= c.Count
	}
	if none != 0 {
		m[0] = none
	}
	return m
}

// requestOf is the request of a series.
func (b builder) requestOf(series int) *plan.Request {
	for _, c := range b.Classes {
		for _, k := range c.Tasks {
			for _, s := range k.Steps {
				if r, ok := s.(*plan.Request); ok && r.Series == series {
					return r
				}
			}
		}
	}
	return nil
}

// stats is what a run recorded of a series.
func stats(out *outcome.Outcome, r *plan.Request) *record.Stats { return out.Final.Total[r.Series] }

// eventually waits, but not for long, until something is so.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(ms / 2) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("waited in vain for %s\n%s", what, buf[:runtime.Stack(buf, true)])
		}
	}
}
