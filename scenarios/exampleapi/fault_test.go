package exampleapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParseFault(t *testing.T) {
	tests := map[string]Fault{
		"slow:GET /api/leads:+300ms":                         {Kind: "slow", Route: "GET /api/leads", Delay: 300 * time.Millisecond},
		"slow:+300ms:+3ms/s":                                 {Kind: "slow", Delay: 300 * time.Millisecond, Drift: 3 * time.Millisecond},
		"slow:get /api/leads/:id:+3ms/s":                     {Kind: "slow", Route: "GET /api/leads/:id", Drift: 3 * time.Millisecond},
		"errors:POST /api/workflows/:id/execute:60%:for=5s":  {Kind: "errors", Route: "POST /api/workflows/:id/execute", Percent: 60, Status: 500, For: 5 * time.Second},
		"errors:*:0.5%:status=503:for=5s:every=30s:after=1m": {Kind: "errors", Percent: 0.5, Status: 503, For: 5 * time.Second, Every: 30 * time.Second, After: time.Minute},
		"leak:1MiB":                        {Kind: "leak", Bytes: 1 << 20, Max: 256 << 20},
		"leak:GET /health:64KB:max=1GiB":   {Kind: "leak", Route: "GET /health", Bytes: 64_000, Max: 1 << 30},
		"pool:20":                          {Kind: "pool", Count: 20, Wait: time.Second},
		"pool:20:wait=50ms":                {Kind: "pool", Count: 20, Wait: 50 * time.Millisecond},
		"break:150":                        {Kind: "break", Count: 150},
		"drop:/api/leads/:id:10%":          {Kind: "drop", Route: "/api/leads/:id", Percent: 10},
		"hang":                             {Kind: "hang", Percent: 100},
		"bimodal:GET /a:+1s:20%":           {Kind: "bimodal", Route: "GET /a", Delay: time.Second, Percent: 20},
		"ws-drop:5%":                       {Kind: "ws-drop", Percent: 5},
		"ws-stall:for=2s":                  {Kind: "ws-stall", Percent: 100, For: 2 * time.Second},
		"ws-lose:3":                        {Kind: "ws-lose", Percent: 100, Count: 3},
		"ws-duplicate:10%:5":               {Kind: "ws-duplicate", Percent: 10, Count: 5},
		"ws-reorder":                       {Kind: "ws-reorder", Percent: 100},
		"ws-restart:after=10s:every=30s":   {Kind: "ws-restart", After: 10 * time.Second, Every: 30 * time.Second},
		" slow : GET /api/leads : +300ms ": {Kind: "slow", Route: "GET /api/leads", Delay: 300 * time.Millisecond},
	}
	for text, want := range tests {
		got, err := ParseFault(text)
		if err != nil || got != want {
			t.Errorf("%q: got %+v, %v, want %+v", text, got, err, want)
		}
		if again, err := ParseFault(got.String()); err != nil || again != got {
			t.Errorf("%q: written as %q, it is %+v, %v", text, got, again, err)
		}
	}
}

func TestParseFaultErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "the kinds are",
		"explode":                    "ws-restart",
		"slow":                       "latency is missing",
		"slow:GET /x":                "latency is missing",
		"slow:GET /x:+300":           "a time is like",
		"slow:GET /x:+-3s":           "a time is like",
		"slow:GET /x:300ms":          "neither a route",
		"slow:GET /x:+1s:+2s":        "twice",
		"slow:GET /x:+1s:20%":        "does not take it",
		"slow:FETCH /x:+1s":          "begins with one of",
		"slow:GET x/y:+1s":           "begins with a slash",
		"slow:GET /x?y:+1s":          "pattern only",
		"slow:GET /x/:+1s":           "latency is missing",
		"slow:+1s:/x/":               "end with a slash",
		"errors:GET /x":              "percentage is missing",
		"errors:60%:status=200":      "400 to 599",
		"errors:0%":                  "more than 0%",
		"errors:101%":                "at most 100%",
		"errors:NaN%":                "at most 100%",
		"errors:60%:sometimes=1s":    "the options are",
		"errors:60%:every=30s":       "needs for=",
		"errors:60%:every=3s:for=3s": "shorter",
		"errors:60%:for=1s:for=2s":   "twice",
		"leak":                       "size is missing",
		"leak:1.5MiB":                "a size is",
		"leak:99999999999GiB":        "a size is",
		"leak:1GiB":                  "max= is less",
		"pool":                       "number is missing",
		"pool:0":                     "from 1",
		"break:150::":                "empty",
		"bimodal:GET /x:+1s":         "percentage is missing",
		"ws-restart:5%":              "does not take it",
	} {
		if _, err := ParseFault(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one with %q", text, err, want)
		}
	}
}

func FuzzParseFault(f *testing.F) {
	for _, k := range faultKinds {
		f.Add(k.usage)
		f.Add(strings.TrimSuffix(k.usage, "%") + ":for=1s:every=2s")
	}
	f.Fuzz(func(t *testing.T, text string) {
		fault, err := ParseFault(text)
		if err != nil {
			return
		}
		if again, err := ParseFault(fault.String()); err != nil || again != fault {
			t.Errorf("%q: written as %q, it is %+v, %v; want %+v", text, fault, again, err, fault)
		}
	})
}

func TestFaultsAreControlledOverHTTP(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{Faults: []Fault{{Kind: "errors", Route: "GET /api/leads", Percent: 100, Status: 502}, {Kind: "slow", Delay: 1}}})
	a.want(502, "GET", "/api/leads", "")
	a.want(200, "GET", "/api/leads/lead-1", "")
	a.want(201, "POST", "/api/leads", `{"email":"a@b.c"}`)
	a.fault("errors:/api/campaigns:100%:status=503")
	a.want(503, "GET", "/api/campaigns", "")
	list := a.want(200, "GET", faultsPath, "")
	if got := len(list.field("faults").([]any)); got != 3 || !strings.Contains(list.body, "errors:/api/campaigns:100%:status=503") {
		t.Errorf("got %s", list.body)
	}
	a.want(204, "DELETE", faultsPath, "")
	a.want(200, "GET", "/api/leads", "")
	a.want(422, "POST", faultsPath, `{"fault":"explode"}`)
	a.want(422, "POST", faultsPath, `{"fault":"hang:GET /nowhere"}`)
	a.want(422, "POST", faultsPath, `[]`)
	a.want(405, "PUT", faultsPath, "")
	if text := a.want(200, "GET", "/metrics", "").body; strings.Contains(text, faultsPath) {
		t.Error("control routes are counted")
	}
}

func TestErrorBurstsHaveWindows(t *testing.T) {
	clock := newClock()
	a := signedIn(t, "orchestrator", Options{Now: clock.Now})
	a.fault("errors:GET /api/leads:100%:after=10s:for=5s:every=30s")
	for _, step := range []struct {
		advance time.Duration
		status  int
	}{{0, 200}, {10, 500}, {4, 500}, {1, 200}, {24, 200}, {1, 500}, {5, 200}} {
		clock.advance(step.advance * time.Second)
		a.want(step.status, "GET", "/api/leads", "")
	}
}

func TestErrorSharesAreReproducible(t *testing.T) {
	statuses := func(seed uint64) []int {
		a := signedIn(t, "orchestrator", Options{Seed: seed})
		a.fault("errors:GET /api/leads:30%")
		var out []int
		for range 200 {
			out = append(out, a.do("GET", "/api/leads", "").status)
		}
		return out
	}
	first := statuses(7)
	failed := 0
	for _, status := range first {
		if status == 500 {
			failed++
		}
	}
	if failed < 40 || failed > 80 {
		t.Errorf("%d of 200 failed, want about 60", failed)
	}
	if !slices.Equal(first, statuses(7)) || slices.Equal(first, statuses(8)) {
		t.Error("the draws don't depend on the seed alone")
	}
}

func TestSlowBimodalAndDrift(t *testing.T) {
	clock := newClock()
	a := start(t, "orchestrator", Options{Now: clock.Now})
	s := a.service
	a.fault("slow:GET /api/leads:+300ms:+3ms/s")
	leads, campaigns := s.table.resource("/api/leads").route("GET"), s.table.resource("/api/campaigns").route("GET")
	for _, want := range []time.Duration{300, 330, 360} {
		if got := s.faults.effect(leads, clock.Now()).delay; got != want*time.Millisecond {
			t.Errorf("delay is %s, want %dms", got, want)
		}
		clock.advance(10 * time.Second)
	}
	if got := s.faults.effect(campaigns, clock.Now()).delay; got != 0 {
		t.Errorf("another route is delayed by %s", got)
	}
	a.fault("bimodal:GET /api/campaigns:+800ms:25%")
	slow := 0
	for range 1000 {
		switch got := s.faults.effect(campaigns, clock.Now()).delay; got {
		case 800 * time.Millisecond:
			slow++
		case 0:
		default:
			t.Fatalf("delay is %s", got)
		}
	}
	if slow < 200 || slow > 300 {
		t.Errorf("%d of 1000 are slow, want about 250", slow)
	}
}

func TestSlowReallyWaits(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{})
	a.fault("slow:GET /api/leads:+40ms")
	began := time.Now()
	a.want(200, "GET", "/api/leads", "")
	if took := time.Since(began); took < 40*time.Millisecond {
		t.Errorf("it took %s", took)
	}
}

func TestLeakIsVisible(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{})
	a.fault("leak:GET /api/leads:1MiB:max=3MiB")
	for range 5 {
		a.want(200, "GET", "/api/leads", "")
	}
	if text := a.want(200, "GET", "/metrics", "").body; !strings.Contains(text, "\napp_leaked_bytes 3.145728e+06\n") {
		t.Error("/metrics does not tell of the leak")
	}
	if r := a.want(200, "GET", "/health/detailed", ""); r.field("memory.leaked_bytes") != float64(3<<20) || r.field("memory.resident_bytes").(float64) < 3<<20 {
		t.Errorf("got %s", r.body)
	}
	a.want(204, "DELETE", faultsPath, "")
	if r := a.want(200, "GET", "/health/detailed", ""); r.field("memory.leaked_bytes") != 0.0 {
		t.Errorf("got %s", r.body)
	}
}

func TestPoolExhaustion(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{})
	a.fault("pool:1:wait=1ms")
	a.fault("hang:GET /api/leads")
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan struct{})
	go func() {
		defer close(left)
		req, _ := http.NewRequestWithContext(ctx, "GET", a.base+"/api/leads", nil)
		req.Header.Set("Authorization", "Bearer "+a.token)
		if resp, err := a.client.Do(req); err == nil {
			resp.Body.Close()
		}
	}()
	a.until("the connection is taken", func() bool { return a.service.pool.state(1).inUse == 1 })
	r := a.want(503, "GET", "/api/campaigns", "")
	if r.field("error") != "pool_exhausted" || !strings.Contains(r.body, "pool exhausted") {
		t.Errorf("got %s", r.body)
	}
	a.want(200, "GET", "/health", "")
	if r := a.want(200, "GET", "/health/detailed", ""); r.field("database.in_use") != 1.0 || r.field("database.timeouts") != 1.0 || r.field("status") != "degraded" {
		t.Errorf("got %s", r.body)
	}
	leave()
	<-left
	a.until("the connection is free", func() bool { return a.service.pool.state(1).inUse == 0 })
	a.want(200, "GET", "/api/campaigns", "")
}

func TestPoolServesWaitersInOrder(t *testing.T) {
	var p pool
	acquire := func() error { return p.acquire(t.Context(), nil, 1, time.Minute) }
	if err := acquire(); err != nil {
		t.Fatal(err)
	}
	order := make(chan int, 2)
	for i := range 2 {
		go func() {
			if err := acquire(); err != nil {
				t.Error(err)
			}
			order <- i
			p.release()
		}()
		for p.state(1).waiting != i+1 {
			runtime.Gosched()
		}
	}
	p.release()
	if first, second := <-order, <-order; first != 0 || second != 1 {
		t.Errorf("served %d, then %d", first, second)
	}
}

func TestBreakingPoint(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{})
	a.fault("break:2")
	a.fault("hang:GET /api/leads")
	ctx, leave := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	for range 2 {
		go func() {
			req, _ := http.NewRequestWithContext(ctx, "GET", a.base+"/api/leads", nil)
			req.Header.Set("Authorization", "Bearer "+a.token)
			if resp, err := a.client.Do(req); err == nil {
				resp.Body.Close()
			}
			done <- struct{}{}
		}()
	}
	a.inFlight(2)
	if r := a.want(503, "GET", "/health", ""); r.field("error") != "overloaded" {
		t.Errorf("got %s", r.body)
	}
	leave()
	<-done
	<-done
	a.inFlight(0)
	a.want(200, "GET", "/health", "")

	var last overload
	for nth := int64(1); nth <= 4; nth++ {
		o, tooMany := a.service.faults.load(nth, time.Now())
		if o < last || tooMany != (nth > 2) {
			t.Errorf("request %d: overload %v after %v, too many is %v", nth, o, last, tooMany)
		}
		last = o
	}
}

func TestDropCutsTheAnswer(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{})
	a.fault("drop:GET /api/leads")
	r, err := a.send("GET", "/api/leads", "")
	if !errors.Is(err, io.ErrUnexpectedEOF) || len(r.body) == 0 {
		t.Errorf("got %d bytes and error %v, want half an answer", len(r.body), err)
	}
	a.want(200, "GET", "/api/campaigns", "")
	if text := a.want(200, "GET", "/metrics", "").body; !strings.Contains(text, "\nhttp_answers_dropped_total 1\n") {
		t.Error("/metrics does not count the drop")
	}
}

func TestHangLastsUntilTheClientLeaves(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{KeepLog: 10})
	a.fault("hang:POST /api/leads")
	ctx, leave := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		req, _ := http.NewRequestWithContext(ctx, "POST", a.base+"/api/leads", strings.NewReader(`{"email":"a@b.c"}`))
		req.Header.Set("Authorization", "Bearer "+a.token)
		resp, err := a.client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		result <- err
	}()
	a.inFlight(1)
	leave()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("got error %v", err)
	}
	want := Entry{"POST", "/api/leads", "/api/leads", statusClientLeft}
	a.until("the leaving is noticed", func() bool { return slices.Contains(a.service.Log(), want) })
}
