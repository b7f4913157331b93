package reporttest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"throng/dsl/plan"
	"throng/runtime/health"
)

// Healthy is a generator that kept up.
func Healthy() health.Report {
	return health.Report{
		CPU: 0.21, CPUPeak: 0.34, Cores: 4, StartLagP50: 40 * time.Microsecond, StartLagP99: 300 * time.Microsecond,
		StartLagMax: 2 * time.Millisecond, TickLagP99: 700 * time.Microsecond, SchedP99: 90 * time.Microsecond,
		GCPauseMax: 800 * time.Microsecond, GCPauseTotal: 4 * time.Millisecond, MemoryPeak: 81 << 20, Goroutines: 140,
	}
}

func routes() []Route {
	const ms = time.Millisecond
	return []Route{
		{Method: "GET", Name: "/api/leads", Task: "read", PerSecond: 6.2, Median: 200 * ms, Spread: 3, Drift: 3 * ms},
		{Method: "GET", Name: "/api/metrics", Task: "read", PerSecond: 6.1, Median: 6 * ms, Spread: 2, Slow: 0.3, SlowAt: 240 * ms},
		{Method: "GET", Name: "/health", Task: "read", PerSecond: 2.6, Median: 940 * time.Microsecond, Spread: 4},
		{Method: "GET", Name: "/api/config", Task: "read", PerSecond: 9.1, Median: 9 * ms, Spread: 4},
		{Method: "GET", Name: "/api/config/audit", Task: "audit", PerSecond: 1, Median: 920 * ms, Spread: 1.6},
		{Method: "GET", Name: "/api/logs", Task: "read", PerSecond: 4.4, Median: 44 * ms, Spread: 2.2, Timeout: 0.03},
		{Method: "GET", Name: "/api/workflows", Task: "read", PerSecond: 8.4, Median: 31 * ms, Spread: 3},
		{Method: "POST", Name: "/api/workflows", Task: "write", PerSecond: 4.2, Median: 81 * ms, Spread: 3},
		{Method: "POST", Name: "/api/workflows/:id/execute", Task: "write", PerSecond: 2.5, Median: 92 * ms, Spread: 2, Burst: [2]int{45, 50}},
		{Method: "DELETE", Name: "/api/workflows/:id", Task: "write", PerSecond: 1.9, Median: 40 * ms, Spread: 3},
		{Method: "GET", Name: "/api/nonexistent", Task: "probe", PerSecond: 0.8, Median: 3 * ms, Spread: 2, Status: 404},
	}
}

func rule(name string, limit float64) plan.Rule {
	r := plan.Rule{Name: name, Limit: limit}
	switch name {
	case "error_rate":
		r.Metric = plan.ErrorRate
	case "throughput":
		r.Metric, r.AtLeast = plan.Throughput, true
	case "max":
		r.Metric = plan.Max
	default:
		r.Metric = plan.Quantile
		fmt.Sscanf(name, "p%f", &r.Quantile)
		r.Quantile /= 100
	}
	return r
}

func each(rows ...int) []plan.Judged {
	var list []plan.Judged
	for _, r := range rows {
		list = append(list, plan.Judged{Row: r, Series: []int{r}})
	}
	return list
}

func joint(rows ...int) []plan.Judged { return []plan.Judged{{Row: -1, Series: rows}} }

const second = 1e9

func slas() []plan.SLA {
	return []plan.SLA{
		{Name: "execute", Match: `name = "execute"`, Site: 2, Groups: each(8), Rules: []plan.Rule{rule("error_rate", 0.005), rule("p50", 0.2*second)}},
		{Name: "read", Match: `method = "GET"`, Site: 3, Groups: each(0, 1, 2, 3, 5, 6), Rules: []plan.Rule{rule("p95", 0.5*second), rule("p99", 4*second)}},
		{Name: "slow", Site: 4, Groups: each(4), Rules: []plan.Rule{rule("p95", 5*second)}},
		{Name: "write", Site: 5, Groups: joint(7, 9), Rules: []plan.Rule{rule("p95", 0.4*second), rule("max", 10*second)}},
		{Name: "all", Site: 6, Groups: joint(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), Rules: []plan.Rule{rule("throughput", 12)}},
	}
}

// Failed is the run of the design: a stall, a burst of 503, a drift, a
// bimodal route, timeouts, a route that is not there, and one rule without
// enough samples.
func Failed() *Run {
	return Make(&Script{
		Name: "orchestrator", Profile: "peak", Routes: routes(), SLAs: slas(), Seconds: 75, Stall: [2]int{30, 33}, Health: Healthy(),
	})
}

// calm is the same traffic from a server that behaves.
func calm() []Route {
	list := routes()[:10]
	for i := range list {
		list[i].Drift, list[i].Timeout, list[i].Burst = 0, 0, [2]int{}
		list[i].PerSecond = max(8, 1.4*list[i].PerSecond) // enough to prove a p99
	}
	list[4].PerSecond = 2
	return list
}

// Passed keeps all its promises, after a warm-up.
func Passed() *Run {
	return Make(&Script{
		Name: "orchestrator", Profile: "smoke", Routes: calm(), SLAs: slas(), Seconds: 75, Warmup: 10 * time.Second, Health: Healthy(),
		Notes: []string{"3 connections were retried after the server closed them while idle"},
	})
}

// Inconclusive keeps its promises on a generator that did not keep up, in
// the open model.
func Inconclusive() *Run {
	h := Healthy()
	h.CPU, h.CPUPeak, h.StartLagP99 = 0.93, 0.99, 38*time.Millisecond
	h.Saturated = []string{"CPU was at 93 % of 4 cores, limit 85 %, since 0:21", "start lag p99 was 38 ms, limit 10 ms, since 0:24"}
	return Make(&Script{Name: "orchestrator", Profile: "spike", Routes: calm(), SLAs: slas(), Seconds: 75, Health: h, Open: true})
}

// Interrupted was stopped, twice, at 0:12.
func Interrupted() *Run {
	return Make(&Script{Name: "orchestrator", Profile: "peak", Routes: calm(), SLAs: slas(), Seconds: 75, Cut: 12, Health: Healthy()})
}

// Empty finished nothing.
func Empty() *Run {
	list := calm()
	for i := range list {
		list[i].PerSecond = 0
	}
	return Make(&Script{Name: "orchestrator", Profile: "peak", Routes: list, SLAs: slas(), Seconds: 3, Health: Healthy()})
}

// Unjudged has no SLA.
func Unjudged() *Run {
	return Make(&Script{Name: "orchestrator", Profile: "peak", Routes: calm(), Seconds: 20, Health: Healthy()})
}

// HostileNames are names that try to do something.
func HostileNames() []string {
	return []string{
		"/<script>alert(1)</script>", "/esc\x1b[2J\x1b[31mred", "/nul\x00byte\x07bell", "/new\nline\r\ttab", "/=cmd|'/c calc'!A1",
		"/rtl\u202e/gnp.exe\u202c", "/" + strings.Repeat("long-segment/", 28) + "end", "/日本語/絵文字/👩‍👩‍👧‍👦/完了", "/zero\u200bwidth\ufeffbom",
		"/bad\xff\xfeutf8", "/zalgo" + strings.Repeat("\u0301", 40), "/c1\u009b31m", "/" + strings.Repeat("x", 370), "/line\u2028sep", "/🇩🇪/ß/é",
	}
}

// Hostile has names, errors and answers from HostileNames everywhere.
func Hostile() *Run {
	names := HostileNames()
	var list []Route
	for i, n := range names {
		list = append(list, Route{Method: "GET", Name: n, Task: "task" + n[:min(8, len(n))], PerSecond: 2, Median: time.Duration(i+1) * time.Millisecond, Spread: 2})
	}
	list[1].Status, list[5].Burst = 500, [2]int{1, 9}
	s := []plan.SLA{{Name: names[1], Match: names[2], Site: 2, Groups: each(0, 1, 2), Rules: []plan.Rule{rule("error_rate", 0.01)}}}
	r := Make(&Script{
		Name: "hostile\x1b]0;owned\x07", Profile: "p\u202eeak", Routes: list, SLAs: s, Seconds: 12, Health: Healthy(),
		Secrets: []string{"hunter2"}, File: "dir with spaces/\x1b[31m.hcl",
	})
	groups := slices.Clone(r.Outcome.Final.Errors)
	for i := range groups {
		groups[i].Detail = "wanted hunter2, " + names[i%len(names)]
		groups[i].Answer = strings.Join(names, " ")
	}
	snap := *r.Outcome.Final
	snap.Errors = groups
	r.Outcome.Final = &snap
	for _, t := range r.Ticks {
		changed := *t.Snapshot
		changed.Errors = slices.Clone(changed.Errors)
		for i := range changed.Errors {
			changed.Errors[i].Answer = strings.Join(names, " ")
		}
		t.Snapshot = &changed
	}
	return r
}

func (s *Script) plan() *plan.Plan {
	file := s.File
	if file == "" {
		file = "orch.hcl"
	}
	p := &plan.Plan{
		Scenario: s.Name, Dir: "scenarios/orchestrator", Tool: "0.1.0", Seed: 7, SLAs: s.SLAs, Secrets: s.Secrets,
		Targets:   []plan.Target{{Name: "api", Scheme: "http", Host: "127.0.0.1", Port: 8000}},
		Variables: []plan.Variable{{Name: "region", Value: `"eu west"`, Given: "eu west", Origin: "--var"}, {Name: "token", Sensitive: true, Origin: "THRONG_VAR_token"}},
		Sites:     []plan.Site{{}},
	}
	for _, line := range []int{12, 88, 71, 79, 93, 101} {
		p.Sites = append(p.Sites, plan.Site{File: file, Line: line, Column: 1})
	}
	model := plan.Closed
	if s.Open {
		model = plan.Open
	}
	p.Profile = plan.Profile{
		Name: s.Profile, Duration: time.Duration(s.Seconds) * time.Second, Grace: 30 * time.Second, Warmup: s.Warmup,
		Loads: []plan.Load{{Model: model, Classes: []int{0, 1, 2}, MaxUsers: 100, Stages: []plan.Stage{
			{Name: "ramp", Level: 20, Hold: 20 * time.Second}, {Name: "hold", Level: 60, Hold: 40 * time.Second}, {Name: "down", Level: 20, Over: 5 * time.Second, Hold: 10 * time.Second},
		}}},
	}
	p.Classes = []plan.Class{{Name: "reader", Weight: 3, Site: 1}, {Name: "writer", Weight: 1, Site: 1}, {Name: "prober", FixedCount: 2, Site: 1}}
	for i, r := range s.Routes {
		class := 0
		switch r.Task {
		case "write":
			class = 1
		case "probe":
			class = 2
		}
		p.Rows = append(p.Rows, plan.Row{Method: r.Method, Name: r.Name, Pattern: r.Name, Site: 1})
		p.Series = append(p.Series, plan.Series{Row: i, Class: class, Task: r.Task, Site: 1})
		c := &p.Classes[class]
		at := slices.IndexFunc(c.Tasks, func(t plan.Task) bool { return t.Name == r.Task })
		if at < 0 {
			at = len(c.Tasks)
			c.Tasks = append(c.Tasks, plan.Task{Name: r.Task, Site: 1})
		}
		c.Tasks[at].Weight += r.PerSecond
	}
	for _, k := range s.Metrics {
		of := &p.Series[k.Of]
		p.Series = append(p.Series, plan.Series{Kind: plan.MetricSeries, Row: len(p.Rows), Class: of.Class, Task: of.Task, Site: 1})
		p.Rows = append(p.Rows, plan.Row{Kind: plan.MetricSeries, Target: -1, Name: k.Name, Unit: k.Unit, Site: 1})
	}
	return p
}
