package truth

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"throng/dsl/plan"
)

const (
	ms  = time.Millisecond
	sec = time.Second
)

// idHeader carries a request's id, so that both sides can name it.
const idHeader = "X-Id"

// builder makes plans by hand.
type builder struct{ *plan.Plan }

func newPlan(t *testing.T, addr string) builder {
	t.Helper()
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(portText)
	if err != nil {
		t.Fatal(err)
	}
	return builder{&plan.Plan{
		Scenario: t.Name(), Seed: 42, Sites: make([]plan.Site, 1),
		Targets: []plan.Target{{Name: "api", Scheme: "http", Host: host, Port: port}},
		Profile: plan.Profile{Name: "truth", Grace: 5 * time.Minute},
	}}
}

// request makes a request with a row and a series of its own, for the class
// that is added next.
func (b builder) request(method, path string) *plan.Request {
	series := len(b.Series)
	name, _, _ := strings.Cut(path, "?")
	b.Rows = append(b.Rows, plan.Row{Method: method, Name: name, Pattern: name})
	b.Series = append(b.Series, plan.Series{Row: len(b.Rows) - 1, Class: len(b.Classes), Task: name})
	return &plan.Request{
		Series: series, Method: method, Path: plan.Literal(path), Timeout: 20 * sec,
		Headers: []plan.Pair{{Name: idHeader, Value: requestID(series)}},
	}
}

func (b builder) get(path string) *plan.Request { return b.request("GET", path) }

// requestID names a request of a run by run, user, iteration and series.
func requestID(series int) plan.Expr {
	return plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.StringValue(fmt.Sprintf("%s/%s/%d/%d", f.Run.ID, f.User.ID, f.User.Iteration, series)), nil
	})
}

// parseID is the run, the user and the series of a request's id.
func parseID(id string) (run, user string, series int) {
	parts := strings.Split(id, "/")
	if len(parts) != 4 {
		return "", "", -1
	}
	series, err := strconv.Atoi(parts[3])
	if err != nil {
		series = -1
	}
	return parts[0], parts[1], series
}

// accepts declares the statuses that are a success.
func accepts(r *plan.Request, statuses ...int) *plan.Request {
	var x plan.Expect
	for _, s := range statuses {
		x.Status = append(x.Status, plan.StatusRange{Min: s, Max: s})
	}
	r.Expects = append(r.Expects, x)
	return r
}

// expects declares a condition on the answer, which may read the body.
func expects(r *plan.Request, text string, holds func(f *plan.Frame) bool) *plan.Request {
	r.ReadsBody = true
	r.Expects = append(r.Expects, plan.Expect{Text: text, Condition: plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.BoolValue(holds(f)), nil
	})})
	return r
}

func follows(r *plan.Request, redirects int) *plan.Request { r.Redirects = redirects; return r }

func within(r *plan.Request, timeout time.Duration) *plan.Request { r.Timeout = timeout; return r }

func task(weight float64, steps ...plan.Step) plan.Task {
	return plan.Task{Weight: weight, Steps: steps}
}

// class adds a class whose tasks are all followed by the same wait.
func (b builder) class(wait plan.Wait, tasks ...plan.Task) {
	for i := range tasks {
		tasks[i].Name, tasks[i].Wait = strconv.Itoa(i), wait
	}
	b.Classes = append(b.Classes, plan.Class{Name: fmt.Sprintf("u%d", len(b.Classes)), Weight: 1, Tasks: tasks})
}

// uniform draws a wait, in seconds, from the user's own source.
func uniform(from, to float64) plan.Wait {
	return plan.Wait{Kind: plan.WaitFor, For: plan.Func(func(f *plan.Frame) (plan.Value, error) {
		return plan.FloatValue(from + (to-from)*f.Rand.Float64()), nil
	})}
}

func (b builder) closed(users float64, d time.Duration) {
	b.load(plan.Load{Model: plan.Closed, Stages: []plan.Stage{{Level: users, Hold: d}}}, d)
}

// iterations is a load that ends after so many tasks, however long they take.
func (b builder) iterations(users float64, n int64) {
	b.closed(users, time.Minute)
	b.Profile.Iterations = n
}

func (b builder) open(rate float64, maxUsers int, d time.Duration) {
	b.load(plan.Load{Model: plan.Open, Stages: []plan.Stage{{Level: rate, Hold: d}}, MaxUsers: maxUsers}, d)
}

func (b builder) load(l plan.Load, d time.Duration) {
	for c := range b.Classes {
		l.Classes = append(l.Classes, c)
	}
	b.Profile.Duration, b.Profile.Loads = d, []plan.Load{l}
}

// promise is an SLA over all requests: at most this share of them may fail.
func (b builder) promise(errorRate float64) {
	all := plan.Judged{Row: -1}
	for i := range b.Series {
		all.Series = append(all.Series, i)
	}
	b.SLAs = append(b.SLAs, plan.SLA{Name: "errors", Groups: []plan.Judged{all},
		Rules: []plan.Rule{{Name: "error_rate", Metric: plan.ErrorRate, Limit: errorRate}}})
}
