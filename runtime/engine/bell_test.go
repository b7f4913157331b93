package engine

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl/plan"
	"throng/runtime/transport"
)

func TestHasWaits(t *testing.T) {
	pause := []plan.Step{&plan.Group{Steps: []plan.Step{&plan.Pause{}}}}
	waits := plan.Task{Wait: plan.Wait{Kind: plan.WaitFor}}
	for _, test := range []struct {
		name  string
		model plan.Model
		class plan.Class
		want  bool
	}{
		{"answer to answer", plan.Closed, plan.Class{Tasks: []plan.Task{{Steps: []plan.Step{&plan.Request{}}}}}, false},
		{"arrivals", plan.Open, plan.Class{Tasks: []plan.Task{waits}}, false},
		{"arrivals that pause", plan.Open, plan.Class{Tasks: []plan.Task{{Steps: pause}}}, true},
		{"fixed users beside arrivals", plan.Open, plan.Class{FixedCount: 1, Tasks: []plan.Task{waits}}, true},
		{"a wait", plan.Closed, plan.Class{Tasks: []plan.Task{{}, waits}}, true},
		{"a wait in a sequence", plan.Closed, plan.Class{Tasks: []plan.Task{{Sequence: []plan.Task{waits}}}}, true},
		{"a pause in a group", plan.Closed, plan.Class{Tasks: []plan.Task{{Steps: pause}}}, true},
		{"a pause at the start", plan.Closed, plan.Class{Start: pause}, true},
		{"a pause at the stop", plan.Closed, plan.Class{Stop: pause}, true},
	} {
		p := &plan.Plan{Classes: []plan.Class{test.class}, Profile: plan.Profile{Loads: []plan.Load{{Model: test.model}}}}
		if got := hasWaits(p); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
}

// Whatever the order in which times are noted, they are taken soonest first.
func TestBellIsAHeap(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	b := &bell{clock: transport.NewClock()}
	const hour = int64(3600e9)
	var want []int64
	for range 500 {
		at := hour + rng.Int64N(100)
		want = append(want, at)
		b.expect(at)
	}
	slices.Sort(want)
	for _, w := range want {
		if b.times[0] != w {
			t.Fatalf("soonest is %d, want %d", b.times[0], w)
		}
		b.drop()
	}
	if len(b.times) != 0 {
		t.Errorf("%d times are left", len(b.times))
	}
}

// Whoever is the soonest is rung for at its time, or a grain after the alarm
// before at the latest: an alarm that is set for a time before, when nobody is
// due any more, does not stand for it.
func TestBellRingsForTheSoonest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bell{clock: transport.NewClock()}
		us := int64(time.Microsecond)
		sleep := func(until int64) { time.Sleep(time.Duration(until - b.clock.Now())) }
		want := func(at int64) {
			t.Helper()
			if b.set != at {
				t.Errorf("the alarm is set for %d µs, want %d", b.set/us, at/us)
			}
		}
		b.expect(1000 * us)
		want(1000 * us)
		sleep(1001 * us)
		b.expect(1050 * us) // too soon after the alarm
		want(1200 * us)
		sleep(1060 * us) // woken by something else before
		b.expect(1100 * us)
		want(1200 * us)
		sleep(1110 * us)
		b.expect(1500 * us)
		want(1500 * us)
	})
}
