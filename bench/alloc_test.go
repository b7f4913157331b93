//go:build !race

package bench

import (
	"testing"
)

// In the steady state a request allocates nothing but what a capture keeps:
// one string each time the flow creates an order.
func TestRequestsAllocateOnlyCaptures(t *testing.T) {
	const tasks = 100 // the sum of the flow's weights: one pass of its mix
	for _, test := range []struct {
		flow     string
		captures float64 // in a pass
	}{
		{"plain", 0},
		{"real", 20},
	} {
		o := newUser(t, flow(t, test.flow, flowServer(t)))
		pass := func() {
			for range tasks {
				o.iterate()
			}
		}
		for range 20 { // buffers, histograms and the poller's structures are made once
			pass()
		}
		before := o.user.Counts.OK.Load()
		// One more in a pass would be one in a hundred requests: the mix is
		// met to a task, and a task is one capture at most.
		if n := testing.AllocsPerRun(20, pass); n > test.captures+1 {
			t.Errorf("%s: %v allocations in %d tasks, want those of %v captures", test.flow, n, tasks, test.captures)
		}
		if n := o.user.Counts.OK.Load() - before; n < 20*tasks {
			t.Errorf("%s: only %d requests succeeded", test.flow, n)
		}
	}
}

// Rendering a body of random values allocates nothing.
func TestRenderingAllocatesNothing(t *testing.T) {
	body, frame := orderBody(t)
	buf := make([]byte, 0, 1<<10)
	n := testing.AllocsPerRun(1000, func() {
		var err error
		if buf, err = body.Append(frame, buf[:0]); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations to render %s", n, buf)
	}
}
