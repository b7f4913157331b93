package truth

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"throng/dsl"
	"throng/runtime/engine"
	"throng/runtime/report"
	"throng/runtime/transport"
)

// In the closed model a stall of the target hides the requests that were not
// made meanwhile. The report says how many, about, and the open model, which
// misses none of them, shows what that hides: of 48,000 arrivals in a minute
// those of 1.5 s wait, so that their p99 is 1.5 s − 1 % of a minute.
func TestWhatTheClosedModelDidNotMake(t *testing.T) {
	stall := func(clock *time.Time) func(int) mockAnswer {
		return func(int) mockAnswer {
			if since := time.Since(*clock); since >= 30*sec && since < 31500*ms {
				return mockAnswer{after: 31500*ms - since + 5*ms}
			}
			return mockAnswer{after: 5 * ms}
		}
	}
	run := func(c greenCase, stalls bool) (r *report.Report) {
		compiled := compiled(t, c.source(), dsl.Options{Seed: 7})
		if compiled.Plan == nil {
			t.Fatalf("%+v", compiled.Diagnostics)
		}
		synctest.Test(t, func(t *testing.T) {
			begun := time.Now()
			target := &mock{cut: make(chan struct{}), answer: func(int) mockAnswer { return mockAnswer{after: 5 * ms} }}
			if stalls {
				target.answer = stall(&begun)
			}
			o, err := engine.New(compiled.Plan, engine.Options{Health: quiet{},
				Factory: func(clock *transport.Clock) transport.Factory { target.clock = clock; return target }}).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			r = report.New(compiled.Plan, o, report.Facts{})
		})
		return r
	}
	text := func(r *report.Report) string {
		var b bytes.Buffer
		if err := report.WriteText(&b, r, report.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		return strings.Join(strings.Fields(b.String()), " ")
	}
	for _, c := range []struct {
		wait string
		want int64 // what a user that is not held up makes in 1.5 s
	}{{"", 299}, {"  wait = \"95ms\"\n", 15}, {"  wait = \"495ms\"\n", 3}} {
		profile := "  users = 4\n  duration = \"1m\"\n"
		r := run(greenCase{user: c.wait + "  get \"/items\" {}\n", profile: profile}, true)
		k := r.Stalls[0]
		if k.Slow != 4 || k.NotMade == nil || *k.NotMade < 4*c.want-6 || *k.NotMade > 4*c.want+6 {
			t.Errorf("wait %q: %d slow, not made %v, want about %d", c.wait, k.Slow, k.NotMade, 4*c.want)
		}
		if p99 := time.Duration(*r.Total.Latency.P99); p99 > 6*ms && c.wait == "" {
			t.Errorf("p99 of the closed model: %v; it is to hide the stall", p99)
		}
		if s := text(r); !strings.Contains(s, "so stalls are under-sampled: about ") || !strings.Contains(s, "(4 requests took more than 10 × the median") {
			t.Errorf("the text does not say it: %s", s)
		}
	}
	r := run(greenCase{user: "  get \"/items\" {}\n"}, false)
	if k := r.Stalls[0]; k.Slow != 0 || k.NotMade == nil || *k.NotMade != 0 {
		t.Errorf("without a stall: %+v", k)
	}
	if s := text(r); !strings.Contains(s, "no request took more than 10 × the median") {
		t.Errorf("the text does not say it: %s", s)
	}
	// Arrivals at the pace of the four users without a wait, 800/s: those due
	// in the stall were all made, and measured from when they were due.
	r = run(greenCase{user: "  get \"/items\" {}\n", profile: "  rate = \"800/s\"\n  duration = \"1m\"\n  max_users = 2000\n"}, true)
	if len(r.Stalls) != 0 || r.Total.Service == nil {
		t.Errorf("%+v", r.Stalls)
	}
	if p99 := time.Duration(*r.Total.Latency.P99); p99 < 890*ms || p99 > 920*ms {
		t.Errorf("p99 of the open model: %v", p99)
	}
	if s := text(r); !strings.Contains(s, "open model: 0 missed arrivals · p95 and p99 of response time") {
		t.Errorf("the two times are not side by side: %s", s)
	}
}

// Users with parallel steps wait for several answers at once, so no estimate
// is made of them; a stall in the warm-up is in no figure.
func TestStallsThatAreNotReckoned(t *testing.T) {
	for name, c := range map[string]greenCase{
		"parallel": {user: "  task \"page\" {\n    parallel {\n      get \"/a\" {}\n      get \"/b\" {}\n    }\n  }\n"},
		"warm-up":  {profile: greenProfile + "  warmup = \"10s\"\n"},
	} {
		r := compiled(t, c.source(), dsl.Options{Seed: 7})
		synctest.Test(t, func(t *testing.T) {
			target := &mock{cut: make(chan struct{}), answer: func(n int) mockAnswer {
				if n == 100 {
					return mockAnswer{after: 5 * sec}
				}
				return mockAnswer{}
			}}
			o, err := engine.New(r.Plan, engine.Options{Health: quiet{},
				Factory: func(clock *transport.Clock) transport.Factory { target.clock = clock; return target }}).Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			rep := report.New(r.Plan, o, report.Facts{})
			switch name {
			case "parallel":
				if len(rep.Stalls) != 0 {
					t.Errorf("parallel: %+v", rep.Stalls)
				}
			case "warm-up":
				if k := rep.Stalls[0]; k.Slow != 0 || time.Duration(k.UserTime) < 10*49*sec || time.Duration(k.UserTime) > 10*51*sec {
					t.Errorf("warm-up: %+v", k)
				}
			}
		})
	}
}
