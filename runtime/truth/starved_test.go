package truth

import (
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl"
	"throng/runtime/engine"
	"throng/runtime/health"
	"throng/runtime/sla"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
)

// delayed is the real monitor on a machine that begins every step late by a
// time that is drawn.
type delayed struct {
	*health.Monitor
	mu   sync.Mutex
	draw func() time.Duration
}

func (d *delayed) StartLag(due, began int64) {
	d.mu.Lock()
	late := d.draw()
	d.mu.Unlock()
	d.Monitor.StartLag(due, began+int64(late))
}

// Of eight runs on a starved machine all are found out, and say since when;
// of eight on an idle one none is. Lateness is drawn, since in virtual time
// a machine has none of its own.
func TestStarvedRunsAreFlagged(t *testing.T) {
	r := compiled(t, greenCase{}.source(), dsl.Options{Seed: 7})
	run := func(seed uint64, draw func(*rand.Rand) time.Duration) (v sla.Verdict) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 19))
			monitor := &delayed{Monitor: health.Start(), draw: func() time.Duration { return draw(rng) }}
			target := &mock{cut: make(chan struct{})}
			o, err := engine.New(r.Plan, engine.Options{Health: monitor, Factory: func(c *transport.Clock) transport.Factory { target.clock = c; return target }}).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			v = o.Verdict
		})
		return v
	}
	flagged := func(v sla.Verdict) bool {
		all := strings.Join(v.Reasons, "\n")
		return v.State == sla.Inconclusive && strings.Contains(all, "saturated: Steps began late") && strings.Contains(all, "since ")
	}
	const runs = 8
	starved, idle := 0, 0
	for seed := range uint64(runs) {
		// 3 % of all steps wait for tens of milliseconds, behind whatever has the processor.
		if flagged(run(seed, func(r *rand.Rand) time.Duration {
			if r.IntN(100) < 3 {
				return 30*ms + time.Duration(50e6*r.ExpFloat64())
			}
			return time.Duration(2e5 * r.ExpFloat64())
		})) {
			starved++
		}
		// The lateness of timers on an idle Linux machine, and a hiccup in a thousand.
		if v := run(seed, func(r *rand.Rand) time.Duration {
			if r.IntN(1000) == 0 {
				return 40 * ms
			}
			return time.Duration(r.Int64N(1_100_000))
		}); v.State != sla.Pass {
			idle++
			t.Logf("seed %d: %q", seed, v.Reasons)
		}
	}
	if starved != runs || idle != 0 {
		t.Errorf("%d of %d starved runs were flagged, and %d idle ones", starved, runs, idle)
	}
}

// A whole run, in real time, in a process whose processors are taken: more
// goroutines spin than there are cores, so users and timers wait for theirs.
// How busy the machine is besides makes it only worse. That an idle machine
// is not flagged cannot be tested where other tests run; bench/truth does.
func TestASpinningProcessIsFlagged(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 7 s")
	}
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	b := newPlan(t, server.Listener.Addr().String())
	b.class(uniform(0.005, 0.015), task(1, b.get("/")))
	b.closed(4, 7*sec)
	b.promise(1)

	var stop atomic.Bool
	var spinning sync.WaitGroup
	for range 16 * runtime.GOMAXPROCS(0) {
		spinning.Go(func() {
			for !stop.Load() {
			}
		})
	}
	o, err := engine.New(b.Plan, engine.Options{
		Factory: func(c *transport.Clock) transport.Factory { return http1.New(http1.Config{Clock: c}) },
	}).Run(t.Context())
	stop.Store(true)
	spinning.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if o.Health.OK() || o.Verdict.State == sla.Pass {
		t.Errorf("%v: %q, %+v", o.Verdict.State, o.Verdict.Reasons, o.Health)
	}
	for _, s := range o.Health.Saturated {
		if !strings.Contains(s, "since ") {
			t.Errorf("it is not said since when: %s", s)
		}
	}
	t.Logf("%q", o.Health.Saturated)
}
