package exampleapi

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestWhatIsMadeCanBeFetched(t *testing.T) {
	tests := []struct{ service, path, body, one string }{
		{"orchestrator", "/api/workflows", `{"name":"nightly"}`, "/api/workflows/"},
		{"orchestrator", "/api/leads", `{"email":"x@y.z"}`, "/api/leads/"},
		{"autoarr", "/content/request", `{"query":"whales","kind":"show"}`, "/content/requests/"},
		{"autoarr", "/api/v1/config/audit", `{}`, "/api/v1/config/audit/"},
		{"quickstart", "/orders", `{"product_id":"product-2","quantity":3}`, "/orders/"},
	}
	for _, test := range tests {
		a := signedIn(t, test.service, Options{})
		made := a.want(201, "POST", test.path, test.body)
		where := test.one + made.field("id").(string)
		if got := made.header.Get("Location"); got != where {
			t.Errorf("POST %s: Location is %q, want %q", test.path, got, where)
		}
		if got := a.want(200, "GET", where, ""); got.body != made.body {
			t.Errorf("GET %s: got %s, want %s", where, got.body, made.body)
		}
		a.want(404, "GET", test.one+"nobody", "")
	}
}

func TestReplaceAWorkflow(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{})
	a.want(404, "PUT", "/api/workflows/wf-999", `{"name":"x"}`)
	r := a.want(200, "PUT", "/api/workflows/wf-2", `{"name":"renamed","enabled":false}`)
	if r.field("name") != "renamed" || r.field("version") != 2.0 {
		t.Errorf("got %s", r.body)
	}
	if got := a.want(200, "GET", "/api/workflows/wf-2", ""); got.body != r.body {
		t.Errorf("got %s, want %s", got.body, r.body)
	}
	a.want(409, "POST", "/api/workflows/wf-2/execute", "")
}

func TestAnExecutionGoesOnWithTheClock(t *testing.T) {
	clock := newClock()
	s, err := New("orchestrator", Options{Now: clock.Now, Scale: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	e := execution{ID: "ex-1", StartedAt: clock.Now(), Queue: time.Second, Run: 2 * time.Second}
	for _, want := range []string{stateQueued, stateRunning, stateRunning, stateDone} {
		if got := e.at(clock.Now()); got.State != want {
			t.Errorf("state is %s, want %s", got.State, want)
		}
		clock.advance(time.Second)
	}

	a := signedIn(t, "orchestrator", Options{})
	if r := a.want(200, "GET", "/api/workflows/wf-3/status", ""); r.field("state") != "idle" || r.field("last_execution_id") != nil {
		t.Errorf("before: %s", r.body)
	}
	id := a.want(202, "POST", "/api/workflows/wf-3/execute", "").field("execution_id").(string)
	if r := a.want(200, "GET", "/api/workflows/wf-3/status", ""); r.field("state") != "done" || r.field("last_execution_id") != id || r.field("executions") != 1.0 {
		t.Errorf("after: %s", r.body)
	}
	a.want(200, "GET", "/api/executions/"+id, "")
	a.want(404, "POST", "/api/workflows/nobody/execute", "")
	a.want(404, "GET", "/api/workflows/nobody/status", "")
	a.want(404, "GET", "/api/campaigns/nobody/metrics", "")
}

func TestNonsenseIsRefused(t *testing.T) {
	tests := []struct {
		service string
		endpoint
	}{
		{"orchestrator", endpoint{"GET", "/api/leads?page=0", "", 422}},
		{"orchestrator", endpoint{"GET", "/api/leads?page=x", "", 422}},
		{"orchestrator", endpoint{"GET", "/api/leads?limit=101", "", 422}},
		{"orchestrator", endpoint{"GET", "/api/leads?page=99999999999999999999", "", 422}},
		{"orchestrator", endpoint{"POST", "/api/leads", "", 422}},
		{"orchestrator", endpoint{"POST", "/api/leads", "{", 422}},
		{"orchestrator", endpoint{"POST", "/api/leads", `{"email":"nobody"}`, 422}},
		{"orchestrator", endpoint{"POST", "/api/leads", `{"email":"a@b.c","score":101}`, 422}},
		{"orchestrator", endpoint{"POST", "/api/workflows", `{"name":5}`, 422}},
		{"orchestrator", endpoint{"POST", "/api/workflows", `{"name":"x","steps":[{}]}`, 422}},
		{"orchestrator", endpoint{"POST", "/api/auth/keys", `{}`, 422}},
		{"orchestrator", endpoint{"POST", "/api/auth/login", `{"email":"a@b.c","password":""}`, 422}},
		{"orchestrator", endpoint{"POST", "/api/auth/login", `{"password":"x"}`, 422}},
		{"orchestrator", endpoint{"POST", "/api/auth/login", `{"email":"a@b.c","password":"wrong"}`, 401}},
		{"orchestrator", endpoint{"POST", "/api/leads", strings.Repeat(" ", maxBody+1), 413}},
		{"autoarr", endpoint{"PUT", "/api/v1/settings", `{"log_level":"loud"}`, 422}},
		{"autoarr", endpoint{"PUT", "/api/v1/settings/sonarr", `{"url":"ftp://x"}`, 422}},
		{"autoarr", endpoint{"PUT", "/api/v1/settings/nobody", `{}`, 404}},
		{"autoarr", endpoint{"POST", "/api/v1/settings/test/nobody", ``, 404}},
		{"autoarr", endpoint{"POST", "/api/v1/onboarding/step", `{"step":"dance"}`, 422}},
		{"autoarr", endpoint{"POST", "/api/v1/config/audit", `{"services":["nobody"]}`, 422}},
		{"autoarr", endpoint{"POST", "/content/request", `{"kind":"song","query":"x"}`, 422}},
		{"quickstart", endpoint{"POST", "/orders", `{"product_id":"nobody"}`, 422}},
	}
	apis := map[string]*api{}
	for _, name := range Names() {
		apis[name] = signedIn(t, name, Options{})
	}
	for _, test := range tests {
		r := apis[test.service].want(test.status, test.method, test.path, test.body)
		if r.field("detail") == "" || r.field("error") == "" {
			t.Errorf("%s %s: the error says nothing: %s", test.method, test.path, r.body)
		}
	}
}

func TestAPIKeys(t *testing.T) {
	a := signedIn(t, "orchestrator", Options{})
	for i := range keptKeys + 5 {
		a.want(201, "POST", "/api/auth/keys", fmt.Sprintf(`{"name":"key %d"}`, i))
	}
	made := a.want(201, "POST", "/api/auth/keys", `{"name":"last"}`)
	key := made.field("key").(string)
	list := a.want(200, "GET", "/api/auth/keys", "")
	if list.field("total") != float64(keptKeys) || strings.Contains(list.body, key) {
		t.Errorf("got %s", list.body)
	}
	a.token = ""
	for _, header := range []string{key, demoKey} {
		if r := a.want(200, "GET", "/api/auth/me", "", "X-API-Key", header); r.field("authenticated_by") != "api_key" {
			t.Errorf("got %s", r.body)
		}
	}
	if r := a.want(200, "GET", "/api/auth/me", "", "X-API-Key", key); r.field("email") != "user@example.com" {
		t.Errorf("got %s", r.body)
	}
	a.want(401, "GET", "/api/auth/me", "", "X-API-Key", key+"x")
	a.want(200, "GET", "/api/auth/me?api_key="+key, "")
}

func TestTokensExpire(t *testing.T) {
	clock := newClock()
	a := signedIn(t, "orchestrator", Options{Now: clock.Now})
	clock.advance(tokenLife - time.Second)
	a.want(200, "GET", "/api/auth/me", "")
	clock.advance(time.Second)
	a.want(401, "GET", "/api/auth/me", "")
}

func TestOnboardingGoesInOrder(t *testing.T) {
	a := signedIn(t, "autoarr", Options{})
	step := func(status int, name string) response {
		t.Helper()
		return a.want(status, "POST", "/api/v1/onboarding/step", `{"step":"`+name+`"}`)
	}
	step(409, "library")
	for i, name := range onboardingSteps {
		r := step(200, name)
		if done := i == len(onboardingSteps)-1; r.field("completed_all") != done || (r.field("next_step") == nil) != done {
			t.Errorf("after %s: %s", name, r.body)
		}
	}
	step(409, "finish")
	step(200, "welcome")
	step(409, "finish")
	if r := a.want(200, "GET", "/api/v1/onboarding/status", ""); r.field("next_step") != onboardingSteps[1] {
		t.Errorf("got %s", r.body)
	}
	first := a.token
	a.token = a.login("user@example.com")
	step(409, onboardingSteps[1])
	a.token = first
	step(200, onboardingSteps[1])
	a.want(200, "POST", "/api/v1/onboarding/step", `{"step":"welcome","onboarding_id":"mine"}`)
	if r := a.want(200, "GET", "/api/v1/onboarding/status?onboarding_id=mine", ""); r.field("next_step") != onboardingSteps[1] {
		t.Errorf("got %s", r.body)
	}
}

func TestSettingsChangeWhatTheyName(t *testing.T) {
	a := signedIn(t, "autoarr", Options{})
	before := a.want(200, "GET", "/api/v1/settings/radarr", "")
	a.want(200, "PUT", "/api/v1/settings/radarr", `{"timeout_seconds":77,"enabled":false}`)
	after := a.want(200, "GET", "/api/v1/settings/radarr", "")
	if after.field("timeout_seconds") != 77.0 || after.field("url") != before.field("url") {
		t.Errorf("got %s", after.body)
	}
	if r := a.want(200, "POST", "/api/v1/settings/test/radarr", ""); r.field("success") != false {
		t.Errorf("got %s", r.body)
	}
	a.want(200, "PUT", "/api/v1/settings", `{"log_level":"debug"}`)
	if r := a.want(200, "GET", "/api/v1/settings", ""); r.field("general.log_level") != "debug" || r.field("services.radarr.timeout_seconds") != 77.0 {
		t.Errorf("got %s", r.body)
	}
}

func TestAStoreForgetsTheOldest(t *testing.T) {
	s := newStore[int]("n-", 3)
	s.seed(func(string) int { return 0 })
	for i := 1; i <= 5; i++ {
		s.add(func(string) int { return i })
	}
	if got, want := string(s.page(1, 10)), `{"items":[0,3,4,5],"total":4,"page":1,"limit":10,"pages":1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := string(s.page(2, 3)), `{"items":[5],"total":4,"page":2,"limit":3,"pages":2}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for id, want := range map[string]bool{"n-1": true, "n-2": false, "n-3": false, "n-4": true, "n-6": true} {
		if _, ok := s.get(id); ok != want {
			t.Errorf("%s is there: %v", id, ok)
		}
	}
}

func TestTheLogKeepsTheLatest(t *testing.T) {
	a := start(t, "quickstart", Options{KeepLog: 2})
	for _, path := range []string{"/health", "/products/product-1?x=1", "/nowhere"} {
		a.do("GET", path, "")
	}
	want := []Entry{{"GET", "/products/:id", "/products/product-1?x=1", 200}, {"GET", "unmatched", "/nowhere", 404}}
	if got := a.service.Log(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
}
