package forecast

import (
	"fmt"
	"strconv"
	"time"

	"throng/dsl/plan"
)

// maker builds plans by hand.
type maker struct{ plan.Plan }

func newMaker(name, profile string) *maker {
	m := &maker{}
	m.Scenario, m.Dir, m.Tool, m.Seed = name, "scenarios/"+name, "0.1.0", 7
	m.Description = "A shop and the people in it."
	m.Sites = []plan.Site{{}}
	m.Targets = []plan.Target{{Name: "shop", Scheme: "http", Host: "127.0.0.1", Port: 8000}}
	m.Profile = plan.Profile{Name: profile, Grace: 30 * time.Second}
	return m
}

func (m *maker) site(line int) plan.SiteID {
	m.Sites = append(m.Sites, plan.Site{File: "shop/main.hcl", Line: line})
	return plan.SiteID(len(m.Sites) - 1)
}

func (m *maker) series(kind plan.SeriesKind, class int, task, method, name string, tags []string) int {
	row := -1
	for i, r := range m.Rows {
		if r.Kind == kind && r.Method == method && r.Name == name {
			row = i
		}
	}
	if row < 0 {
		row = len(m.Rows)
		m.Rows = append(m.Rows, plan.Row{Kind: kind, Method: method, Name: name, Site: m.site(10 + row)})
	}
	for i, s := range m.Series {
		if s.Row == row && s.Class == class && s.Task == task {
			return i
		}
	}
	m.Series = append(m.Series, plan.Series{Kind: kind, Row: row, Class: class, Task: task, Tags: tags})
	return len(m.Series) - 1
}

func (m *maker) request(class int, task, method, name string, tags ...string) *plan.Request {
	return &plan.Request{Series: m.series(plan.RequestSeries, class, task, method, name, tags), Method: method}
}

func (m *maker) group(class int, task, name string, steps ...plan.Step) *plan.Group {
	return &plan.Group{Series: m.series(plan.GroupSeries, class, task, "", name, nil), Name: name, Steps: steps}
}

// get is a stand-alone request of weight w.
func (m *maker) get(class int, w float64, wait plan.Wait, name string, tags ...string) plan.Task {
	t := "GET " + name
	return plan.Task{Name: t, Weight: w, Wait: wait, Steps: []plan.Step{m.request(class, t, "GET", name, tags...)}}
}

func between(a, b float64) plan.Expr {
	return plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.FloatValue(a + (b-a)*f.Rand.Float64()), nil
	})
}

func waits(a, b float64) plan.Wait {
	return plan.Wait{Kind: plan.WaitFor, For: between(a, b), Text: fmt.Sprintf("between(%q, %q)", inSeconds(a), inSeconds(b))}
}

func inSeconds(seconds float64) string { return strconv.FormatFloat(seconds, 'f', -1, 64) + "s" }

func pacing(s float64) plan.Wait {
	return plan.Wait{Kind: plan.WaitPacing, For: plan.Const{Value: plan.FloatValue(s)}, Text: fmt.Sprintf("pacing(%q)", inSeconds(s))}
}

// sla adds an SLA over the series with a tag, or all.
func (m *maker) sla(name, tag string, each bool, rules ...plan.Rule) {
	s := plan.SLA{Name: name, Rules: rules, Site: m.site(90 + 10*len(m.SLAs))}
	for i := range s.Rules {
		s.Rules[i].Site = m.site(91 + 10*len(m.SLAs) + i)
	}
	if tag != "" {
		s.Match = "tags " + tag
	}
	all := plan.Judged{Row: -1}
	for i, x := range m.Series {
		if x.Kind == plan.GroupSeries || tag != "" && (len(x.Tags) == 0 || x.Tags[0] != tag) {
			continue
		}
		all.Series = append(all.Series, i)
		if each {
			s.Groups = append(s.Groups, plan.Judged{Row: x.Row, Series: []int{i}})
		}
	}
	if !each {
		s.Groups = []plan.Judged{all}
	}
	m.SLAs = append(m.SLAs, s)
}

func quantile(name string, q float64, limit time.Duration) plan.Rule {
	return plan.Rule{Name: name, Metric: plan.Quantile, Quantile: q, Limit: float64(limit)}
}

func atLeast(rate float64) plan.Rule {
	return plan.Rule{Name: "requests_per_second", Metric: plan.Throughput, Limit: rate, AtLeast: true}
}

func errorRate(ratio float64) plan.Rule {
	return plan.Rule{Name: "error_rate", Metric: plan.ErrorRate, Limit: ratio}
}

func (m *maker) load(l plan.Load) *plan.Plan {
	for i := range m.Classes {
		if m.Classes[i].Weight > 0 {
			l.Classes = append(l.Classes, i)
		}
	}
	m.Profile.Loads = []plan.Load{l}
	if m.Profile.Duration == 0 && m.Profile.Iterations == 0 {
		for _, s := range l.Stages {
			m.Profile.Duration += s.Over + s.Hold
		}
	}
	return &m.Plan
}

const (
	sec    = time.Second
	minute = time.Minute
)

// day has everything: classes of all kinds, sequences, groups, data, a
// warm-up, SLAs that can and cannot be proven.
func day() *plan.Plan {
	m := newMaker("shop", "day")
	m.Profile.Description = "A day in ten minutes."
	m.Profile.Warmup = 30 * sec
	m.Targets = append(m.Targets, plan.Target{Name: "stock", Scheme: "http", Host: "stock.example", Port: 80, Example: "quickstart"})
	m.Variables = []plan.Variable{
		{Name: "base_url", Value: `"http://127.0.0.1:8000"`, Given: "http://127.0.0.1:8000", Origin: "--var"},
		{Name: "password", Sensitive: true, Origin: "THRONG_VAR_password"},
	}
	m.Secrets = []string{"hunter2"}
	m.Data = []plan.Data{
		{Name: "accounts", File: "accounts.csv", Rows: 40, Order: plan.Unique, OnExhausted: plan.StopUser, Site: m.site(3)},
		{Name: "words", File: "words.csv", Rows: 500, Order: plan.Shuffle, Per: plan.PerIteration},
		{Name: "tours", File: "tours.json", Rows: 12, Per: plan.PerShared},
	}
	shopper := plan.Class{Name: "shopper", Weight: 30, Reads: []int{0, 1}, Site: m.site(20)}
	shopper.Start = []plan.Step{m.request(0, "start", "POST", "/login", "login")}
	shopper.Tasks = []plan.Task{
		m.get(0, 5, waits(1, 3), "/products", "read"), m.get(0, 3, waits(1, 3), "/products/:id", "read"),
		{Name: "buy", Weight: 2, Wait: waits(1, 3), Steps: []plan.Step{m.group(0, "buy", "checkout",
			m.request(0, "buy", "POST", "/orders", "write"), &plan.Pause{For: between(0.5, 1.5)},
			m.request(0, "buy", "GET", "/orders/:id", "read"))}},
		m.get(0, 0, waits(1, 3), "/secret", "read"),
	}
	guest := plan.Class{Name: "guest", Weight: 9, Reads: []int{2}, Site: m.site(40)}
	guest.Tasks = []plan.Task{{Name: "tour", Weight: 1, Wait: waits(1, 2), Sequence: []plan.Task{
		m.get(1, 0, waits(1, 2), "/tour/1", "tour"), m.get(1, 0, waits(1, 2), "/tour/2", "tour"), m.get(1, 0, waits(1, 2), "/tour/3", "tour"),
	}}}
	rare := plan.Class{Name: "auditor", Weight: 1, Reads: []int{}}
	rare.Tasks = []plan.Task{m.get(2, 1, waits(20, 40), "/audit", "read")}
	off := plan.Class{Name: "robot", Reads: []int{}}
	off.Tasks = []plan.Task{m.get(3, 1, waits(1, 1), "/robots.txt", "off")}
	poller := plan.Class{Name: "poller", FixedCount: 2, Reads: []int{}}
	poller.Tasks = []plan.Task{m.get(4, 1, pacing(0.5), "/health")}
	poller.Stop = []plan.Step{m.request(4, "stop", "POST", "/bye")}
	m.Classes = []plan.Class{shopper, guest, rare, off, poller}
	m.sla("read", "read", true, quantile("p95", .95, 500*time.Millisecond), quantile("p99", .99, sec))
	m.sla("write", "write", true, quantile("p95", .95, 2*sec), quantile("p99", .999, 5*sec))
	m.sla("robots", "off", true, errorRate(0.01))
	m.sla("busy", "tour", false, atLeast(50), errorRate(0.005))
	m.SLAs[1].Rules[1].Warn = true
	m.SLAs[3].Abort = &plan.Abort{After: 30 * sec}
	m.Fallbacks = []plan.Fallback{{Site: m.site(33), Reason: "a for expression over session values"}}
	return m.load(plan.Load{Stages: []plan.Stage{
		{Name: "dawn", Level: 10, Over: 30 * sec, Hold: minute}, {Name: "rush", Level: 80, Hold: 3 * minute},
		{Name: "noon", Level: 30, Over: minute, Hold: 2 * minute}, {Name: "x", Level: 30, Hold: 10 * sec}, {Level: 0, Over: 2*minute + 20*sec},
	}})
}

// steady is an open load with too few users for slow answers.
func steady() *plan.Plan {
	m := newMaker("shop", "steady")
	m.Classes = []plan.Class{{Name: "shopper", Weight: 2}, {Name: "guest", Weight: 1}}
	m.Classes[0].Tasks = []plan.Task{m.get(0, 3, waits(1, 3), "/products", "read"),
		{Name: "buy", Weight: 1, Steps: []plan.Step{m.request(0, "buy", "POST", "/orders", "write"), m.request(0, "buy", "GET", "/orders/:id", "read")}}}
	m.Classes[1].Tasks = []plan.Task{m.get(1, 1, plan.Wait{}, "/products", "read")}
	m.sla("all", "", false, quantile("p99", .99, sec), atLeast(300))
	m.Profile.Duration = 2 * minute
	return m.load(plan.Load{Model: plan.Open, MaxUsers: 100, Stages: []plan.Stage{{Level: 156, Over: 30 * sec, Hold: 90 * sec}}})
}

// bare has nothing but one request, no wait, no SLA and a bound.
func bare() *plan.Plan {
	m := newMaker("bare", "")
	m.Description = ""
	m.Classes = []plan.Class{{Name: "one", Weight: 1}}
	m.Classes[0].Tasks = []plan.Task{m.get(0, 1, plan.Wait{}, "/")}
	m.Profile.Iterations = 1000
	return m.load(plan.Load{Stages: []plan.Stage{{Level: 50, Hold: 1000 * time.Hour}}})
}

// hostile has names and figures that nobody wants to meet.
func hostile() *plan.Plan {
	m := newMaker("sh\x1b[31mop\u202e", "a\nprofile that is called by a name which is longer than any line there could ever be in a terminal")
	m.Description = "the key is hunter2, 日本語の説明がここにあります"
	m.Secrets = []string{"hunter2"}
	m.Dir = "a dir/it's"
	m.Variables = []plan.Variable{{Name: "url", Value: `"http://hunter2@x/` + fmt.Sprintf("%0200d", 1) + `"`, Given: "http://hunter2@x/" + fmt.Sprintf("%0200d", 1), Origin: "--var"}}
	m.Classes = []plan.Class{
		{Name: "a class with quite a long name, longer than its column", Weight: 1e-9},
		{Name: "idle", Weight: 1e9},
		{Name: "lost", Weight: 1},
		{Name: "crowd", FixedCount: 5_000_000},
	}
	for i := range 30 {
		m.Classes[0].Tasks = append(m.Classes[0].Tasks, m.get(0, float64(i%7), waits(0, 0), fmt.Sprintf("/api/v%d/組織/:organisation/projects/:project/hunter2/items", i), "t"))
	}
	failing := plan.Func(func(f *plan.Frame) (plan.Value, error) { return plan.Value{}, &plan.MissingSlot{Name: "pa\tuse"} })
	panics := plan.Func(func(f *plan.Frame) (plan.Value, error) { return plan.IntValue(int64(f.Response.Status)), nil })
	m.Classes[2].Tasks = []plan.Task{m.get(2, 1, plan.Wait{Kind: plan.WaitFor, For: failing, Text: "session.pause"}, "/lost"),
		m.get(2, 1, plan.Wait{Kind: plan.WaitThroughput, For: panics, Text: "throughput(\n  response.status)"}, "/found")}
	m.Classes[3].Tasks = []plan.Task{m.get(3, 1, waits(1e6, 1e9), "/crowd")}
	m.sla("an sla with a name that is long \x07 and rings", "t", true, quantile("p99_9", .999, 1234567), quantile("p95", .95, sec))
	m.Profile.Duration = 7 * sec
	return m.load(plan.Load{Stages: []plan.Stage{
		{Name: "up \x1b[2J", Level: 100_000, Over: 1}, {Level: 3.5, Hold: sec}, {Level: 1e6, Over: 8000 * time.Hour, Hold: 8000 * time.Hour},
	}})
}
