package user

import (
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"throng/dsl/plan"
)

// A stream over a real socket: the answer's header is known when its first
// event is heard, what is not wanted is not waited for, and a connection that
// broke is made again.
func TestStreamOverTheWire(t *testing.T) {
	var asked atomic.Int64
	serve := func(w http.ResponseWriter, r *http.Request) {
		out := http.NewResponseController(w)
		kind := "text/event-stream"
		if r.URL.Path == "/v1/json" {
			kind = "application/json"
		}
		w.Header().Set("Content-Type", kind)
		fmt.Fprint(w, "id: 1\ndata: a\n\n")
		_ = out.Flush()
		switch r.URL.Path {
		case "/v1/again":
			if asked.Add(1) == 1 || r.Header.Get("Last-Event-ID") != "1" {
				panic(http.ErrAbortHandler)
			}
			fmt.Fprint(w, "data: stop\n\n")
		case "/v1/silent", "/v1/json", "/v1/one":
			_ = out.Flush()
			<-r.Context().Done()
		case "/v1/broken":
			panic(http.ErrAbortHandler)
		case "/v1/whole":
		}
	}
	path := func(p string, s plan.Stream) *plan.Request {
		return &plan.Request{Path: plan.Literal("/v1/" + p), Stream: &s}
	}
	first := plan.Func(func(f *plan.Frame) (plan.Value, error) {
		s := f.Response.Stream
		return plan.BoolValue(s.Events == 1 && s.First > 0 && s.First <= s.Total && string(s.Last.Data) == "a"), nil
	})
	one := path("one", plan.Stream{MaxEvents: 1})
	one.Expects = []plan.Expect{{Condition: first, Text: "one event"}}
	u, s := against(t, serve, one,
		path("again", plan.Stream{Until: lastWord("stop"), Reconnect: &plan.Reconnect{}}),
		path("whole", plan.Stream{}),
		path("silent", plan.Stream{Idle: 50 * time.Millisecond}),
		path("json", plan.Stream{}),
		path("broken", plan.Stream{}),
	)
	if ok := u.Counts.OK.Load(); ok != 3 {
		t.Errorf("%d succeeded", ok)
	}
	if got, want := streamCounts(s), "received 7, bytes_received 10, disconnects 3, reconnects 1"; got != want {
		t.Errorf("counted %q, want %q", got, want)
	}
	if recovery := s.Total[0].Of(plan.MeasureRecovery); recovery.Count() != 1 || recovery.Max() <= 0 {
		t.Errorf("%d recoveries of %d ns", recovery.Count(), recovery.Max())
	}
	failed := failures(s)
	slices.Sort(failed)
	want := []string{
		"expect: the answer is application/json, not text/event-stream",
		"timeout: timeout: no byte for 50ms (reading the answer)",
		"truncated: reading the answer: the server closed the connection",
	}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Error(diff)
	}
}
