package forecast

import (
	"math"
	"strings"
	"testing"

	"throng/dsl/plan"
	"throng/runtime/report"
)

func whole64(n int64) plan.Expr { return plan.Const{Value: plan.IntValue(n)} }

// course is the forecast of a plan of one user whose one task is t; the requests in it are /0,
// /1 and so on.
func course(t *testing.T, make func(m *maker, get func(i int) plan.Step) plan.Task) (*Forecast, map[string]float64, *habit) {
	t.Helper()
	m := newMaker("course", "p")
	m.Classes = []plan.Class{{Name: "u", Weight: 1, Slots: []string{"captured", "first"}, Initial: []plan.SlotInit{{Slot: 1, Value: whole64(4)}}}}
	get := func(i int) plan.Step {
		r := m.request(0, "t", "GET", "/"+string(rune('0'+i)))
		r.Captures = []plan.Capture{{Slot: 0, Name: "captured"}}
		return r
	}
	m.Classes[0].Tasks = []plan.Task{make(m, get)}
	p := m.load(plan.Load{Stages: []plan.Stage{{Level: 1, Hold: minute}}})
	f := New(p)
	b := &builder{plan: p, mask: p.Mask()}
	b.study()
	times := map[string]float64{}
	for i, n := range b.habits[0].iteration {
		times[p.Rows[p.Series[i].Row].Name] += n
	}
	return f, times, b.habits[0]
}

func TestCourses(t *testing.T) {
	unknown := &plan.Slot{Index: 0, Name: "captured"}
	list := plan.Const{Value: plan.ListValue([]plan.Value{plan.IntValue(1), plan.IntValue(2), plan.IntValue(3)})}
	yes := plan.Const{Value: plan.BoolValue(true)}
	coin := plan.Func(func(f *plan.Frame) (plan.Value, error) { return plan.IntValue(2 + 2*f.Rand.Int64N(2)), nil })
	leave := &plan.Leave{Reach: plan.FailureTask}
	half := func(steps ...plan.Step) *plan.Choose {
		return &plan.Choose{Branches: []plan.Branch{{Weight: 1, Steps: steps}, {Weight: 1}}}
	}
	for _, c := range []struct {
		name    string
		steps   func(get func(int) plan.Step) []plan.Step
		times   []float64 // of /0, /1, …
		busy    float64   // seconds, if an answer takes 0.1 s
		assumed string
	}{
		{"count", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Repeat{Count: whole64(3), Steps: []plan.Step{g(0)}}}
		}, []float64{3}, 0.3, ""},
		{"a count that is drawn", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Repeat{Count: coin, Steps: []plan.Step{g(0)}}}
		}, []float64{3}, 0.3, ""},
		{"a first value that nothing changes", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Repeat{Count: &plan.Slot{Index: 1}, Steps: []plan.Step{g(0)}}}
		}, []float64{4}, 0.4, ""},
		{"every", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Repeat{Count: whole64(3), Every: whole64(1), Steps: []plan.Step{g(0)}}}
		}, []float64{3}, 2.1, ""},
		{"until", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Repeat{Until: yes, Max: 9, Steps: []plan.Step{g(0)}}}
		}, []float64{1}, 0.1, "how many rounds"},
		{"a loop over what is known", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Loop{In: list, Value: -1, Index: -1, Key: -1, Steps: []plan.Step{g(0), g(1)}}}
		}, []float64{3, 3}, 0.6, ""},
		{"a loop over what is captured", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{g(1), &plan.Loop{In: unknown, Label: "row", Value: -1, Index: -1, Key: -1, Steps: []plan.Step{g(0)}}}
		}, []float64{1, 1}, 0.2, `how many elements loop "row" has`},
		{"choose", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Choose{Branches: []plan.Branch{{Weight: 1, Steps: []plan.Step{g(0)}}, {Weight: 9, Steps: []plan.Step{g(1), g(1)}}}}}
		}, []float64{0.1, 1.8}, 0.19, ""},
		{"choose by what is captured", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Choose{On: unknown, HasElse: true, Else: []plan.Step{g(2)}, Branches: []plan.Branch{{Steps: []plan.Step{g(0)}}, {Steps: []plan.Step{g(1)}}}}}
		}, []float64{1. / 3, 1. / 3, 1. / 3}, 0.1, "which branch"},
		{"when", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.When{Condition: yes, Then: []plan.Step{g(0)}, Else: []plan.Step{g(1)}}}
		}, []float64{1, 0}, 0.1, ""},
		{"when over what is captured", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.When{Condition: unknown, Then: []plan.Step{g(0)}, Else: []plan.Step{g(1)}}}
		}, []float64{0.5, 0.5}, 0.1, "whether the condition holds"},
		{"parallel", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Parallel{Steps: []plan.Step{g(0), g(1), &plan.Repeat{Count: whole64(4), Steps: []plan.Step{g(2)}}}}}
		}, []float64{1, 1, 4}, 0.1, ""},
		{"parallel with a limit", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Parallel{Limit: 2, Steps: []plan.Step{g(0), g(1), &plan.Repeat{Count: whole64(4), Steps: []plan.Step{g(2)}}}}}
		}, []float64{1, 1, 4}, 0.3, ""},
		{"retry, call and set", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Retry{Attempts: 5, Steps: []plan.Step{g(0)}}, &plan.Set{},
				&plan.Call{Inputs: []plan.SlotInit{{Slot: 1, Value: whole64(2)}}, Steps: []plan.Step{&plan.Repeat{Count: &plan.Slot{Index: 1}, Steps: []plan.Step{g(1)}}}}}
		}, []float64{1, 2}, 0.3, ""},
		{"leave half of the time", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{g(0), half(leave), g(1)}
		}, []float64{1, 0.5}, 0.15, ""},
		{"leave within rounds", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Repeat{Count: whole64(3), Steps: []plan.Step{g(0), half(leave)}}, g(1)}
		}, []float64{1.75, 0.125}, 0.1875, ""},
		{"leave the user", func(g func(int) plan.Step) []plan.Step {
			return []plan.Step{&plan.Leave{Reach: plan.FailureUser}, g(0)}
		}, []float64{0}, 0, "who leaves here"},
	} {
		f, times, h := course(t, func(_ *maker, get func(int) plan.Step) plan.Task {
			return plan.Task{Name: "t", Weight: 1, Wait: pacing(50), Steps: c.steps(get)}
		})
		for i, want := range c.times {
			if got := times["/"+string(rune('0'+i))]; math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: /%d %v times, want %v", c.name, i, got, want)
			}
		}
		if math.Abs(h.busy[assumed]-c.busy) > 1e-9 || math.Abs(h.mean[assumed]-50) > 1e-9 {
			t.Errorf("%s: busy %v, want %v; mean %v", c.name, h.busy[assumed], c.busy, h.mean[assumed])
		}
		said := ""
		for _, s := range f.Surprises {
			if s.Kind == "assumed" {
				said += s.Text
			}
		}
		if (said != "") != (c.assumed != "") || !strings.Contains(said, c.assumed) {
			t.Errorf("%s: assumed %q, want %q", c.name, said, c.assumed)
		}
	}
}

func TestSetsOfTasks(t *testing.T) {
	set := func(m *maker, get func(int) plan.Step, s *plan.TaskSet, steps ...[]plan.Step) plan.Task {
		for i, w := range []float64{3, 1} {
			list := []plan.Step{get(i)}
			if i < len(steps) && steps[i] != nil {
				list = steps[i]
			}
			s.Tasks = append(s.Tasks, plan.Task{Name: string(rune('a' + i)), Weight: w, Wait: plan.Wait{Kind: plan.WaitFor, For: whole64(2)}, Steps: list})
		}
		return plan.Task{Name: "set", Weight: 1, Set: s}
	}
	leave := &plan.Leave{Reach: plan.FailureTask}
	for _, c := range []struct {
		name    string
		make    func(m *maker, get func(int) plan.Step) plan.Task
		a, b    float64
		assumed string
	}{
		{"by weight", func(m *maker, g func(int) plan.Step) plan.Task {
			return set(m, g, &plan.TaskSet{Iterations: whole64(8)})
		}, 6, 2, ""},
		// From a always to b, from b back to a or to b again, evenly: after the
		// first, the chain's own shares are 1/3 and 2/3.
		{"Markov", func(m *maker, g func(int) plan.Step) plan.Task {
			return set(m, g, &plan.TaskSet{Iterations: whole64(4), Next: [][]float64{{0, 1}, {1, 1}}})
		}, .75 + .125 + .4375 + .28125, .25 + .875 + .5625 + .71875, ""},
		{"Markov for long", func(m *maker, g func(int) plan.Step) plan.Task {
			return set(m, g, &plan.TaskSet{Iterations: whole64(30_000), Next: [][]float64{{0, 1}, {1, 1}}})
		}, 10_000.2777, 19_999.7222, ""},
		// b leaves: so many a before it, and one b.
		{"until it is left", func(m *maker, g func(int) plan.Step) plan.Task {
			return set(m, g, &plan.TaskSet{}, nil, []plan.Step{g(1), leave})
		}, 3, 1, ""},
		{"absorbed by a chain", func(m *maker, g func(int) plan.Step) plan.Task {
			return set(m, g, &plan.TaskSet{Next: [][]float64{{9, 1}, nil}}, nil, []plan.Step{g(1), leave})
		}, 7.5, 1, ""},
		{"endless", func(m *maker, g func(int) plan.Step) plan.Task {
			return set(m, g, &plan.TaskSet{})
		}, 750, 250, "nothing that is known before the run ends this set"},
	} {
		f, times, h := course(t, c.make)
		if math.Abs(times["/0"]-c.a) > 1e-3*c.a || math.Abs(times["/1"]-c.b) > 1e-3*c.b {
			t.Errorf("%s: %v and %v, want %v and %v", c.name, times["/0"], times["/1"], c.a, c.b)
		}
		if want := (c.a + c.b) * 2; math.Abs(h.mean[atOnce]-want) > 2e-3*want {
			t.Errorf("%s: %v s from start to start, want %v", c.name, h.mean[atOnce], want)
		}
		said := ""
		for _, s := range f.Surprises {
			if s.Kind == "assumed" {
				said += s.Text
			}
		}
		if (said != "") != (c.assumed != "") || !strings.Contains(said, c.assumed) {
			t.Errorf("%s: assumed %q, want %q", c.name, said, c.assumed)
		}
	}
}

// A fresh user for every iteration does start and stop each time.
func TestFreshUsersStartEachTime(t *testing.T) {
	m := newMaker("fresh", "p")
	m.Classes = []plan.Class{{Name: "u", Weight: 1, Lifetime: plan.LifetimeIteration,
		Start: []plan.Step{m.request(0, "start", "POST", "/in")}, Stop: []plan.Step{m.request(0, "stop", "POST", "/out")}}}
	m.Classes[0].Tasks = []plan.Task{m.get(0, 1, pacing(1), "/x")}
	f := New(m.load(plan.Load{Stages: []plan.Stage{{Level: 10, Hold: minute}}}))
	for _, r := range f.Requests {
		if r.Expected < 590 || r.Expected > 610 {
			t.Errorf("%s: %v", r.Name, r.Expected)
		}
	}
	var b strings.Builder
	if err := WriteText(&b, f, report.TextOptions{Width: 100}); err != nil {
		t.Fatal(err)
	}
	words := strings.Join(strings.Fields(b.String()), " ")
	if !strings.Contains(words, "start, once an iteration 1 605") || strings.Contains(words, "once a user") {
		t.Errorf("%s", b.String())
	}
	if f.Classes[0].Extra != 0 || math.Abs(float64(f.Classes[0].PerIteration)-3) > 1e-9 {
		t.Errorf("%+v", f.Classes[0])
	}
}

// All steps are shown, those within others below them.
func TestStepsAreShown(t *testing.T) {
	f, _, _ := course(t, func(m *maker, get func(int) plan.Step) plan.Task {
		steps := []plan.Step{
			&plan.Repeat{Until: plan.Const{Value: plan.BoolValue(true)}, Text: "session.done", Max: 9, Steps: []plan.Step{get(0)}},
			&plan.When{Condition: plan.Const{Value: plan.BoolValue(true)}, Then: []plan.Step{get(1)}, Else: []plan.Step{&plan.Leave{Reach: plan.FailureTask}}},
			&plan.Choose{Branches: []plan.Branch{{Name: "buy", Weight: 1, Steps: []plan.Step{get(2)}}}},
			&plan.Parallel{Limit: 6, Steps: []plan.Step{&plan.Loop{In: &plan.Slot{}, Label: "image", Value: -1, Index: -1, Key: -1, Steps: []plan.Step{get(3)}}}},
			&plan.Retry{Attempts: 3, Steps: []plan.Step{&plan.Call{Name: "sign_in", Steps: []plan.Step{&plan.Set{}}}}},
		}
		inner := plan.Task{Name: "inner", Weight: 1, Wait: waits(1, 1), Steps: steps}
		return plan.Task{Name: "t", Weight: 1, Set: &plan.TaskSet{Tasks: []plan.Task{inner, {Name: "other", Weight: 3, Wait: waits(1, 1)}}, Iterations: whole64(4)}}
	})
	var b strings.Builder
	if err := WriteText(&b, f, report.TextOptions{All: true}); err != nil {
		t.Fatal(err)
	}
	s := strings.Join(strings.Fields(b.String()), " ")
	for _, want := range []string{"t, 2 tasks, 4 picks", "25.0 % inner repeat until session.done, at most 9 times GET /0 when GET /1 else leave task choose branch buy GET /2 " +
		"parallel at most 6 at once loop image GET /3 retry up to 3 attempts call sign_in set 75.0 % other",
		"in u: how many elements loop \"image\" has is not known before the run; it counts as one"} {
		if !strings.Contains(s, want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
