package user

import (
	"testing"

	"throng/dsl/plan"
	"throng/runtime/record"
	"throng/runtime/transport"
)

// alone is a user of a plan whose target answers everything with 200.
func alone(p *plan.Plan) *User {
	s := &script{clock: transport.NewClock(), answers: []transport.Result{ok(200)}}
	env := NewEnv(Config{Plan: p, Clock: s.clock, Factory: s})
	return New(env, ID{}, record.New(record.Config{Series: len(p.Series), Shards: 1}).Writer(0))
}

// Users without parallel steps pay nothing for what steps can do.
func TestStepsDoNotAllocate(t *testing.T) {
	r := &plan.Request{Method: "GET", Path: plan.Literal("/x")}
	yes := plan.Const{Value: plan.BoolValue(true)}
	list := plan.Const{Value: plan.ListValue([]plan.Value{plan.IntValue(1), plan.IntValue(2)})}
	all := []plan.Step{
		r, &plan.When{Condition: yes, Then: []plan.Step{r}},
		&plan.Repeat{Count: plan.Const{Value: plan.IntValue(2)}, Steps: []plan.Step{r}},
		&plan.Repeat{Until: yes, Max: 3, Steps: []plan.Step{r}},
		&plan.Loop{In: list, Value: 0, Index: -1, Key: -1, Steps: []plan.Step{r}},
		&plan.Choose{Branches: []plan.Branch{{Weight: 1, Steps: []plan.Step{r}}, {Weight: 2, Steps: []plan.Step{r}}}},
		&plan.Choose{On: text("b"), Branches: []plan.Branch{{Name: "a"}, {Name: "b", Steps: []plan.Step{r}}}},
		&plan.Call{Steps: []plan.Step{r}},
	}
	u := alone(testPlan(r))
	u.steps(all)
	if n := testing.AllocsPerRun(500, func() { u.steps(all) }); n != 0 {
		t.Errorf("%v allocations a round", n)
	}
	if u.Counts.OK.Load() == 0 || u.lanes != nil {
		t.Error("nothing was sent, or there are lanes")
	}
}

// A cookie is that of the target at hand, before those of others; of one name
// the longest path; and none that has expired.
func TestCookieByName(t *testing.T) {
	_, u, _, _ := once(&plan.Request{Path: plan.Literal("/a/b")},
		ok(200, "Set-Cookie: sid=short; Path=/", "Set-Cookie: sid=long; Path=/a", "Set-Cookie: old=1; Max-Age=0"))
	u.jar.list = append(u.jar.list, cookie{name: "sid", value: "other", host: "auth.test", path: "/a/long/path"}, cookie{name: "theirs", value: "x", host: "auth.test", path: "/"})
	for name, want := range map[string]string{"sid": "long", "theirs": "x", "old": "", "none": ""} {
		if v, found := u.frame.Cookie(name); v != want || found != (want != "") {
			t.Errorf("%s: %q, %v", name, v, found)
		}
	}
	u.target = 1
	if v, _ := u.frame.Cookie("sid"); v != "other" {
		t.Errorf("of the other target: %q", v)
	}
}
