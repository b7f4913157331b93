package forecast

import (
	"slices"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/report"
)

// operators are the users of the worked example: two seconds of wait, tasks
// whose weights sum to 61.
func operators() *maker {
	m := newMaker("orchestrator", "baseline")
	m.Classes = []plan.Class{{Name: "operator", Weight: 30}}
	for i, w := range []float64{5, 10, 46} {
		m.Classes[0].Tasks = append(m.Classes[0].Tasks, m.get(0, w, waits(1, 3), string(rune('a'+i)), "read"))
	}
	m.Profile.Duration = 10 * minute
	return m
}

func baseline() plan.Load {
	return plan.Load{Stages: []plan.Stage{{Level: 30, Over: 6 * sec, Hold: 10*minute - 6*sec}}}
}

func TestWorkedExample(t *testing.T) {
	m := operators()
	m.sla("read", "read", true, quantile("p99", .99, sec))
	f := New(m.load(baseline()))
	if len(f.Surprises) != 0 {
		t.Errorf("surprises where there are none: %+v", f.Surprises)
	}
	s := strings.Join(strings.Fields(write(t, f, report.TextOptions{Width: 120})), " ")
	for _, want := range []string{
		"30 users, each pausing 2.00 s on average: 14.3 requests/s if an answer takes 100 ms, at most 15.0/s",
		"GET a 5 8.2 1", "GET b 10 16.4 1", "all 3 requests are covered by an SLA",
		"RUN throng run scenarios/orchestrator --profile baseline --seed 7",
	} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in\n%s", want, s)
		}
	}
	if strings.Contains(s, "WORTH KNOWING") {
		t.Error("a heading over nothing")
	}
}

// Each case changes the plan of the worked example in one way, and hears of
// exactly that.
func TestSurprises(t *testing.T) {
	good := func(m *maker) { m.sla("read", "read", true, quantile("p99", .99, sec)) }
	for _, c := range []struct {
		name   string
		change func(m *maker, l *plan.Load)
		want   []string // kinds
		says   string
	}{
		{"nothing", func(m *maker, _ *plan.Load) { good(m) }, nil, ""},
		{"no SLA", func(*maker, *plan.Load) {}, []string{"no_sla"}, "inconclusive"},
		{"only warnings", func(m *maker, _ *plan.Load) { good(m); m.SLAs[0].Rules[0].Warn = true }, []string{"no_sla"}, "every limit only warns"},
		{"short run", func(m *maker, l *plan.Load) {
			good(m)
			m.Profile.Duration, l.Stages[0].Hold = 4*minute, 4*minute-6*sec
		}, []string{"samples_short"}, "read, p99 of GET a will rest on about 279 samples; 299 are needed to prove it: it would end as inconclusive; this mix needs a run of about 5 min"},
		{"hardly enough", func(m *maker, l *plan.Load) {
			good(m)
			m.Profile.Duration, l.Stages[0].Hold = 270*sec, 264*sec
		}, []string{"samples_scarce"}, "hardly more than the 299"},
		{"warm-up counts", func(m *maker, l *plan.Load) { good(m); m.Profile.Warmup = 6 * minute }, []string{"samples_short"}, "of about 11 min"},
		{"floor beyond reach", func(m *maker, _ *plan.Load) { m.sla("all", "", false, atLeast(15.2)) }, []string{"throughput_out_of_reach"}, "cannot be reached"},
		{"floor at the edge", func(m *maker, _ *plan.Load) { m.sla("all", "", false, atLeast(14.5)) }, []string{"throughput_out_of_reach"}, "only if answers are faster than 100 ms"},
		{"floor", func(m *maker, _ *plan.Load) { m.sla("all", "", false, atLeast(14)) }, nil, ""},
		{"ceiling", func(m *maker, _ *plan.Load) {
			r := atLeast(10)
			r.AtLeast = false
			m.sla("all", "", false, r)
		}, []string{"throughput_out_of_reach"}, "broken by the load itself"},
		{"crowd at once", func(m *maker, l *plan.Load) { good(m); l.Stages = []plan.Stage{{Level: 50, Hold: 10 * minute}} }, []string{"crowd"}, "50 users start at one instant, at 0:00"},
		{"no crowd", func(m *maker, l *plan.Load) {
			good(m)
			l.Stages = []plan.Stage{{Level: 100, Over: 2 * sec, Hold: 10*minute - 2*sec}}
		}, nil, ""},
		{"spike", func(m *maker, l *plan.Load) {
			good(m)
			l.Stages = []plan.Stage{{Level: 10, Hold: 5 * minute}, {Name: "spike", Level: 200, Over: 2 * sec, Hold: 5*minute - 2*sec}}
		}, []string{"crowd"}, "95 users start within a second at 5:00 (stage spike)"},
		{"triangle", func(m *maker, l *plan.Load) { good(m); l.Stages = []plan.Stage{{Level: 60, Over: 10 * minute}} }, []string{"peak_not_held"}, "60 users is reached for a moment only"},
		{"cut", func(m *maker, l *plan.Load) { good(m); l.Stages[0].Hold = 20 * minute }, []string{"schedule_cut"}, "the run lasts 10 min"},
		{"iterations", func(m *maker, _ *plan.Load) {
			m.sla("read", "", false, quantile("p99", .99, sec))
			m.Profile.Iterations = 1000
		}, []string{"iterations"}, "1,000 iterations are used up after about 1 min 1"},
		{"iterations to spare", func(m *maker, _ *plan.Load) { good(m); m.Profile.Iterations = 100_000 }, nil, ""},
		{"task off", func(m *maker, _ *plan.Load) {
			m.Classes[0].Tasks[0].Weight = 0
			m.sla("read", "", false, quantile("p99", .99, sec))
		}, []string{"off"}, "operator / GET a"},
		{"class without users", func(m *maker, _ *plan.Load) {
			m.Classes = append(m.Classes, plan.Class{Name: "rare", Weight: 0.1, Tasks: []plan.Task{m.get(1, 1, waits(1, 1), "/rare")}})
			good(m)
		}, []string{"class_without_users"}, "rare (0.33 %)"},
		{"fallback", func(m *maker, _ *plan.Load) { good(m); m.Fallbacks = []plan.Fallback{{Reason: "why"}} }, []string{"fallback"}, "ten to a hundred times"},
		{"unique rows", func(m *maker, _ *plan.Load) {
			good(m)
			m.Data = []plan.Data{{Name: "accounts", Rows: 29, Order: plan.Unique, OnExhausted: plan.FailRun}}
		}, []string{"rows_short"}, "29 unique rows, and 30 are needed by operator: the run ends there"},
		{"enough rows", func(m *maker, _ *plan.Load) { good(m); m.Data = []plan.Data{{Rows: 30, Order: plan.Unique}} }, nil, ""},
		{"rows not read", func(m *maker, _ *plan.Load) {
			good(m)
			m.Data, m.Classes[0].Reads = []plan.Data{{Rows: 1, Order: plan.Unique}}, []int{}
		}, nil, ""},
		{"max_users", func(m *maker, l *plan.Load) {
			good(m)
			l.Model, l.MaxUsers = plan.Open, 30
			for i := range m.Classes[0].Tasks {
				m.Classes[0].Tasks[i].Wait = plan.Wait{}
			}
			l.Stages[0].Level = 31
		}, []string{"max_users"}, "less than 968 ms"},
		{"max_users at 100 ms", func(m *maker, l *plan.Load) {
			good(m)
			l.Model, l.MaxUsers = plan.Open, 2
		}, []string{"max_users"}, "at 100 ms it takes about 3 users"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := operators()
			l := baseline()
			c.change(m, &l)
			f := New(m.load(l))
			var kinds []string
			said := ""
			for _, s := range f.Surprises {
				if s.Kind != "wait_ignored" {
					kinds = append(kinds, s.Kind)
				}
				said += s.Text + "\n"
			}
			if !slices.Equal(kinds, c.want) || !strings.Contains(said, c.says) {
				t.Errorf("got %v, want %v with %q:\n%s", kinds, c.want, c.says, said)
			}
		})
	}
}

// Coverage tells apart requests that no SLA covers, and those it covers for
// some users only.
func TestCoverage(t *testing.T) {
	m := operators()
	m.Classes = append(m.Classes, plan.Class{Name: "guest", Weight: 30, Tasks: []plan.Task{m.get(1, 1, waits(1, 1), "a"), m.get(1, 1, waits(1, 1), "z")}})
	m.sla("read", "read", true, errorRate(0.01))
	f := New(m.load(baseline()))
	if !slices.Equal(f.Uncovered, []string{"GET z"}) || !f.Requests[0].Partly || f.Requests[1].Partly {
		t.Errorf("uncovered %q, rows %+v", f.Uncovered, f.Requests)
	}
	if s := write(t, f, report.TextOptions{Width: 120}); !strings.Contains(s, "read (partly)") || !strings.Contains(s, "no SLA covers 1 of 4 requests: GET z") {
		t.Error(s)
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 15 * sec: "15 s", 90 * sec: "1 min 30 s", 5 * minute: "5 min", time.Hour: "1 h", 90 * minute: "1 h 30 min", 1500 * time.Millisecond: "1.50 s",
	} {
		if got := span(d); got != want {
			t.Errorf("span(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestAbout(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 0.01: "< 0.1", 0.26: "0.3", 1: "1", 2.96: "3", 3.44: "3.4", 9.96: "10", 1234.5: "1,235"} {
		if got := about(n); got != want {
			t.Errorf("about(%v) = %q, want %q", n, got, want)
		}
	}
}

// A law that is symmetric has exactly its mean, however few draws.
func TestMeansOfDrawsAreExact(t *testing.T) {
	f := New(operators().load(baseline()))
	if got := f.Classes[0].Wait.Mean; got != report.Ms(2*sec) {
		t.Errorf("between 1 s and 3 s has the mean %v ns", int64(got))
	}
}
