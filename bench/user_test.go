package bench

import (
	"testing"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/sla"
	"throng/runtime/transport"
	"throng/runtime/transport/http1"
	"throng/runtime/user"
)

// flow compiles a scenario of the suite for a target.
func flow(tb testing.TB, name, url string) *plan.Plan {
	tb.Helper()
	r := dsl.Compile("suite/flow/"+name, dsl.Options{
		Seed:   1,
		Inputs: map[string]dsl.Input{"base_url": {Text: url, Origin: "--var"}},
	})
	if r.Plan == nil {
		tb.Fatal(r.Diagnostics.Err())
	}
	return r.Plan
}

// oneUser is one virtual user of a plan and everything below it: transport,
// books, a loopback server. Each call of iterate is one task.
type oneUser struct {
	user *user.User
	idle chan struct{}
}

func newUser(tb testing.TB, p *plan.Plan) *oneUser {
	tb.Helper()
	clock := transport.NewClock()
	factory := http1.New(http1.Config{Clock: clock})
	books := record.New(record.Config{Series: len(p.Series), Thresholds: sla.Thresholds(p), Open: true})
	env := user.NewEnv(user.Config{Plan: p, Clock: clock, Factory: factory})
	o := &oneUser{user.New(env, user.ID{}, books.Writer(0)), make(chan struct{})}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		o.user.RunOpen(user.Arrival{Due: clock.Now()}, func() { o.idle <- struct{}{} })
	}()
	<-o.idle
	tb.Cleanup(func() {
		o.user.Stop()
		<-ended
		factory.Close()
		if n := o.user.Counts.Failed.Load(); n > 0 {
			tb.Errorf("%d requests failed: %+v", n, books.Snapshot(1, true).Errors)
		}
		if faults := env.Faults(); len(faults) > 0 {
			tb.Errorf("faults: %+v", faults)
		}
	})
	return o
}

func (o *oneUser) iterate() {
	o.user.Offer(user.Arrival{})
	<-o.idle
}
