package forecast

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
	"throng/runtime/pace"
	"throng/runtime/report"
)

// loadsPlan has three classes that send one request a task and wait a second
// after it, with loads of their own.
func loadsPlan(loads ...plan.Load) *plan.Plan {
	p := &plan.Plan{
		Scenario: "loads", Seed: 3, Sites: make([]plan.Site, 1),
		Targets: []plan.Target{{Name: "api", Scheme: "http", Host: "127.0.0.1", Port: 80}},
	}
	second := plan.Wait{Kind: plan.WaitFor, For: plan.Const{Value: plan.FloatValue(1)}, Text: "1s"}
	for i, name := range []string{"a", "b", "c"} {
		p.Rows = append(p.Rows, plan.Row{Method: "GET", Name: "/" + name, Pattern: "/" + name})
		p.Series = append(p.Series, plan.Series{Row: i, Class: i, Task: name})
		r := &plan.Request{Series: i, Method: "GET", Path: plan.Literal("/" + name), Timeout: 30 * time.Second}
		p.Classes = append(p.Classes, plan.Class{Name: name, Weight: 1, Tasks: []plan.Task{{Name: name, Weight: 1, Wait: second, Steps: []plan.Step{r}}}})
	}
	for i := range loads {
		loads[i].Name, loads[i].Classes = p.Classes[i].Name, []int{i}
		if d := loads[i].Duration; d > 0 && len(loads[i].Stages) == 1 {
			loads[i].Stages[0].Hold = d
		}
	}
	p.Profile = plan.Profile{Name: "p", Grace: 30 * time.Second, Loads: loads}
	return p
}

func users(n float64) []plan.Stage { return []plan.Stage{{Level: n, Hold: time.Hour}} }

func TestTurns(t *testing.T) {
	const s = time.Second
	p := loadsPlan(
		plan.Load{Stages: users(11), Iterations: 100}, // 11 tasks each 1.1 s: 100 take about 10 s
		plan.Load{Stages: users(5), After: []int{0}, Delay: 5 * s, Duration: 20 * s},
		plan.Load{Model: plan.Open, Stages: users(10), MaxUsers: 20, Delay: 12 * s},
	)
	p.Profile.Floats = true
	f := New(p)
	begin, end := func(i int) time.Duration { return time.Duration(*f.Loads[i].Begin) }, func(i int) time.Duration { return time.Duration(*f.Loads[i].End) }
	if e := end(0); e < 9*s || e > 11*s {
		t.Errorf("100 iterations are expected to take %v", e)
	}
	if begin(1) != end(0)+5*s || end(1) != begin(1)+20*s || time.Duration(f.Ends) != end(1) {
		t.Errorf("the second is at work %v–%v, the run ends at %v", begin(1), end(1), time.Duration(f.Ends))
	}
	if begin(2) != 12*s || end(2) != end(1) {
		t.Errorf("the third is at work %v–%v", begin(2), end(2))
	}
	if n := f.Classes[0].Iterations; n < 99.9 || n > 100.1 {
		t.Errorf("%v iterations of the first, want its bound", n)
	}
	if want := int64(10 * (end(2) - begin(2)).Seconds()); f.Arrivals != want {
		t.Errorf("%d arrivals, want %d", f.Arrivals, want)
	}
	// The first has ended when the second begins: 11 users at most, not 16.
	if f.PeakUsers != 11 {
		t.Errorf("%d users at the peak, want 11", f.PeakUsers)
	}
	if f.PeakArrivals != 10 || f.Model != "mixed" {
		t.Errorf("%v arrivals a second, %s model", f.PeakArrivals, f.Model)
	}
}

func TestIterationsPerUserAreExpected(t *testing.T) {
	p := loadsPlan(plan.Load{Stages: users(7), IterationsPerUser: 10})
	p.Profile.Duration = time.Hour
	f := New(p)
	if n := f.Classes[0].Iterations; n != 70 {
		t.Errorf("%v iterations of 7 users with 10 each", n)
	}
	if e := time.Duration(f.Ends); e < 10*time.Second || e > 13*time.Second {
		t.Errorf("the run is expected to end after %v", e)
	}
}

// What the seed draws is what the plan says.
func TestPoissonArrivalsAreCounted(t *testing.T) {
	p := loadsPlan(plan.Load{Model: plan.Open, Stages: users(100), MaxUsers: 50, Spacing: plan.Poisson})
	p.Profile.Duration = time.Minute
	if got, want := New(p).Arrivals, pace.Of(p, 0).Count(); got != want || want == 6000 {
		t.Errorf("%d arrivals, the schedule has %d", got, want)
	}
}

func TestLoadsInWords(t *testing.T) {
	p := loadsPlan(
		plan.Load{Stages: users(5), Duration: time.Minute},
		plan.Load{Model: plan.Open, Stages: []plan.Stage{{Name: "climb", Level: 50, Over: time.Minute}, {Name: "top", Level: 50, Hold: time.Minute}},
			Duration: 2 * time.Minute, Delay: 30 * time.Second, MaxUsers: 90, Pooled: true, Spacing: plan.Poisson, Arrival: plan.ArriveUser},
		plan.Load{Stages: users(2), After: []int{0}, Duration: time.Minute},
	)
	p.Profile.Floats, p.Profile.Duration = true, 150*time.Second
	limit := 0.005
	p.SLAs = []plan.SLA{{Name: "read", Groups: []plan.Judged{{Row: -1, Series: []int{0, 1, 2}}}, Rules: []plan.Rule{
		{Name: "error_rate", Metric: plan.ErrorRate, Limit: 0.02, Override: &plan.Override{Profile: "p", Otherwise: &limit}},
		{Name: "p95", Metric: plan.Quantile, Quantile: 0.95, Limit: 1e9, Override: &plan.Override{Profile: "p"}},
	}}}
	var b bytes.Buffer
	if err := WriteText(&b, New(p), report.TextOptions{Width: 80}); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{
		"about 2 min 30 s (mixed model)",
		"LOADS a: 5 users, 0:00–1:00",
		"b: up to 50 arrivals/s in 2 stages, 0:30–2:30, spaced at random (Poisson), each arrival a new user, at most 90 users of all loads together",
		"c: 2 users, 1:00–2:00 (after a)",
		"STAGE of b", "climb 0 → 50 1 min – 0:30 1:30", "top 50 – 1 min 1:30 2:30",
		"read: error_rate ≤ 2 % (profile p; otherwise 0.5 %)", "read: p95 ≤ 1.00 s (profile p; no other profile has it)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}

// Classes without a load are off, and the plan says so.
func TestClassesWithoutALoad(t *testing.T) {
	p := loadsPlan(plan.Load{Stages: users(5), Duration: time.Minute})
	p.Profile.Duration = time.Minute
	f := New(p)
	if f.Classes[0].Off || !f.Classes[1].Off || !f.Classes[2].Off {
		t.Errorf("off: %v, %v, %v", f.Classes[0].Off, f.Classes[1].Off, f.Classes[2].Off)
	}
	for _, s := range f.Surprises {
		if s.Kind == "not_in_profile" && strings.Contains(s.Text, "b, c") {
			return
		}
	}
	t.Errorf("nothing is said of it: %v", f.Surprises)
}
