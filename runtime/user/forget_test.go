package user

import (
	"testing"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// forgetful is a script that counts how often it forgets.
type forgetful struct {
	script
	forgot int
}

func (f *forgetful) Client() transport.Client { return f }
func (f *forgetful) Forget()                  { f.forgot++ }

// Connections are forgotten at the end of each iteration, those of lanes too,
// where a target keeps them no longer, and nowhere else.
func TestForget(t *testing.T) {
	for keep, want := range map[plan.KeepAlive]int{plan.KeepUser: 0, plan.KeepIteration: 1 + 3, plan.KeepOff: 0} {
		r := &plan.Request{Method: "GET", Path: plan.Literal("/")}
		p := testPlan(r)
		p.Targets[1].HTTP.KeepAlive = keep
		f := &forgetful{script: script{clock: transport.NewClock(), answers: []transport.Result{ok(200)}}}
		env := NewEnv(Config{Plan: p, Clock: f.clock, Factory: f})
		rec := record.New(record.Config{Series: 1, Rows: []int{0}, Shards: 1})
		u := New(env, ID{}, rec.Writer(0))
		u.served = true // without waits
		u.iterate()
		if want > 0 && f.forgot != 1 {
			t.Errorf("%s: %d times after one iteration", keep, f.forgot)
		}
		p.Classes[0].Tasks[0].Steps = []plan.Step{&plan.Parallel{Limit: 2, Steps: []plan.Step{&plan.Pause{For: value(plan.IntValue(0))}, &plan.Pause{For: value(plan.IntValue(0))}}}}
		u.iterate()
		if f.forgot != want {
			t.Errorf("%s: %d times, want %d", keep, f.forgot, want)
		}
	}
}
