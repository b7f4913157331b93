package scenarios_test

import (
	"bytes"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"throng/dsl"
	"throng/dsl/plan"
	"throng/runtime/outcome"
	"throng/runtime/sla"
)

// A recipe is how a scenario of the cookbook is tested.
type recipe struct {
	users  int   // 0: as the scenario's loads say
	rounds int64 // tasks each user does; 0: for as long as the scenario's loads last
	hold   func(*testing.T) func(*http.Request)
	check  func(*testing.T, *meal)
	spoil  []spoil
}

// A spoil is something wrong with the service that the scenario has to find.
type spoil struct {
	name  string
	fault string          // of the example API
	alter func(*exchange) // or a change of its answers
	says  string          // what a failure has to tell; "" for nothing particular
}

// A meal is what came of a recipe.
type meal struct {
	*witness
	plan  *plan.Plan
	out   *outcome.Outcome
	began time.Time // before the first user
}

var recipes = map[string]recipe{
	"login-refresh": {users: 5, rounds: 23, check: checkLoginRefresh, spoil: []spoil{
		{name: "refreshes fail", fault: "errors:POST /auth/refresh:100%:status=503"},
	}},
	"checkout": {users: 6, rounds: 40, check: checkCheckout, spoil: []spoil{
		{name: "orders fail", fault: "errors:POST /orders:60%"},
		{name: "refused cards are paid", alter: answerInstead(http.StatusPaymentRequired, http.StatusCreated)},
	}},
	"search": {users: 2, rounds: 30, check: checkSearch, spoil: []spoil{
		{name: "another word is answered", alter: replace("/search", `"q":"lamp"`, `"q":"mug"`), says: "asked for lamp, got an answer about mug"},
	}},
	"tenants": {users: 6, rounds: 12, check: checkTenants, spoil: []spoil{
		{name: "a foreign note", alter: replace("/t/*/notes/*", `"tenant":"oslo"`, `"tenant":"lisbon"`), says: "oslo was shown a note of lisbon"},
		{name: "foreign notes", alter: replace("/t/*/notes", `"tenant":"berlin"`, `"tenant":"oslo"`), says: "berlin was shown notes of somebody else"},
	}},
	"upload": {users: 3, rounds: 12, check: checkUpload, spoil: []spoil{
		{name: "other bytes arrive", alter: replace("/uploads*", `"sha256":"`, `"sha256":"0`), says: "the picture arrived changed"},
		{name: "too few bytes arrive", alter: replace("/uploads/raw", `"size":2097152`, `"size":2097151`), says: "2097151 bytes arrived"},
	}},
	"pagination": {users: 3, rounds: 9, check: checkPagination, spoil: []spoil{
		{name: "an item too many", alter: replace("/feed", `{"id":"post-7"`, `null,{"id":"post-7"`), says: "the feed ended after 24 of 23 items"},
		{name: "an item too few", alter: replace("/products", `"total":60`, `"total":61`), says: "an empty page after 60 of 61 products"},
	}},
	"jobs": {users: 3, rounds: 8, check: checkJobs, spoil: []spoil{
		{name: "jobs never end", alter: replace("/jobs/*", `"state":"done"`, `"state":"running"`), says: "after 30 rounds"},
		{name: "exports are empty", alter: replace("/jobs/*/result", `"rows":42`, `"rows":0`), says: "an export without rows"},
	}},
	"page-load": {users: 1, rounds: 8, hold: sixTogether, check: checkPageLoad, spoil: []spoil{
		{name: "caches are ignored", alter: answerInstead(http.StatusNotModified, http.StatusOK)},
		{name: "no title", alter: replace("/site/index.html", "title>", "p>"), says: "the page has no title"},
	}},
	"markov": {users: 6, rounds: 30, check: checkMarkov, spoil: []spoil{
		{name: "products fail", fault: "errors:GET /shop/products/:id:20%"},
		{name: "no form", alter: replace("/shop/products/*", `id="add"`, `id="buy"`)},
	}},
	"form-login": {users: 6, rounds: 12, check: checkFormLogin, spoil: []spoil{
		{name: "the token is of somebody else", alter: replace("/login", `name="csrf" value="`, `name="csrf" value="0`)},
		{name: "the language is lost", alter: replace("/account", `id="language">fr`, `id="language">en`), says: "the form's choice was lost"},
	}},
	"oidc": {users: 4, rounds: 10, check: checkOIDC, spoil: []spoil{
		{name: "the state is changed", alter: replace("/app/callback", `"state":"`, `"state":"x`), says: "the state came back changed"},
		{name: "tokens fail", fault: "errors:POST /oidc/token:30%"},
	}},
	"llm": {users: 3, rounds: 8, check: checkLLM, spoil: []spoil{
		{name: "answers break off", fault: "drop:POST /v1/chat/completions:30%"},
		{name: "no end", alter: replace("/v1/chat/completions", "[DONE]", "[OVER]"), says: `the stream ended before event.data == "[DONE]" held`},
		{name: "a word is missing", alter: replace("/v1/chat/completions", "\"content\":\" small\"},\"finish_reason\":null}]}\n", "\"content\":\" small\"},\"finish_reason\":null}]}"), says: "an answer of 39 words"},
		{name: "in one piece", alter: func(e *exchange) { e.reply.Set("Content-Type", "application/json") }, says: "the answer is application/json, not text/event-stream"},
	}},
	"push": {users: 4, rounds: 60, check: checkPush, spoil: []spoil{
		{name: "messages are lost", fault: "ws-lose:5%"},
		{name: "messages come twice", fault: "ws-duplicate:20%", says: "duplicated"},
		{name: "notifications overtake", fault: "ws-reorder:30%", says: "out of order"},
		{name: "questions stay unanswered", fault: "ws-stall:5%"},
		{name: "connections break", fault: "ws-drop:3:after=300ms", says: "disconnects"},
	}},
	"background-spike": {check: checkBackgroundSpike, spoil: []spoil{
		{name: "reports fail", fault: "errors:GET /report:50%"},
		{name: "the background fails", fault: "errors:GET /cheap:10%"},
	}},
}

// replace changes what answers of a path say.
func replace(pattern, old, with string) func(*exchange) {
	return func(e *exchange) {
		if ok, _ := filepath.Match(pattern, e.path); ok {
			e.answer = bytes.ReplaceAll(e.answer, []byte(old), []byte(with))
		}
	}
}

// answerInstead gives another status in the place of one.
func answerInstead(status, with int) func(*exchange) {
	return func(e *exchange) {
		if e.status == status {
			e.status, e.answer = with, []byte(`{"state":"paid"}`)
		}
	}
}

// Every scenario of the cookbook goes through without an error, and the
// service has seen what the scenario is about.
func TestCookbook(t *testing.T) {
	for _, dir := range cookbook(t) {
		name := filepath.Base(dir)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, ok := recipes[name]
			if !ok {
				t.Fatal("there is no recipe to test it by")
			}
			m := r.prepare(t, dir)
			patient(m.plan)
			m.service = example(t, m.plan)
			if r.hold != nil {
				m.hold = r.hold(t)
			}
			m.serve(t)
			sound(t, m.plan, m.out)
			r.check(t, m)
		})
	}
}

// A service that does wrong fails the run, and the report says how.
func TestCookbookFinds(t *testing.T) {
	for name, r := range recipes {
		if len(r.spoil) == 0 {
			t.Errorf("%s: nothing shows that it can fail", name)
		}
		for _, s := range r.spoil {
			t.Run(name+"/"+s.name, func(t *testing.T) {
				t.Parallel()
				m := r.prepare(t, filepath.Join("cookbook", name))
				var faults []string
				if s.fault != "" {
					faults = append(faults, s.fault)
				}
				m.service, m.alter = example(t, m.plan, faults...), s.alter
				m.serve(t)
				if m.out.Verdict.State != sla.Fail {
					t.Errorf("verdict %v %q, books %+v", m.out.Verdict.State, m.out.Verdict.Reasons, m.out.Conditions.Books)
				}
				var told []string
				for _, g := range m.out.Final.Errors {
					told = append(told, g.Detail)
				}
				told = append(told, m.out.Notes...)
				for _, j := range m.out.Judged {
					if j.State == sla.Fail {
						told = append(told, j.Reason)
					}
				}
				if !slices.ContainsFunc(told, func(text string) bool { return strings.Contains(text, s.says) }) {
					t.Errorf("the report tells %q, want %q in it", told, s.says)
				}
			})
		}
	}
}

// prepare compiles a scenario's smoke profile for the recipe's users, who
// do the recipe's rounds without much waiting.
func (r *recipe) prepare(t *testing.T, dir string) *meal {
	t.Helper()
	o := dsl.Options{Profile: "smoke", Seed: 7}
	if r.users > 0 {
		longest := "90s"
		o.Users, o.Duration = &r.users, &longest
	}
	p := compile(t, dir, o)
	hurry(p)
	if r.rounds == 0 {
		shrink(p, 2)
	}
	if r.rounds > 0 {
		rounds(p, r.rounds)
	}
	return &meal{witness: &witness{}, plan: p}
}

// shrink makes a profile's times shorter.
func shrink(p *plan.Plan, by time.Duration) {
	p.Profile.Duration /= by
	for i := range p.Profile.Loads {
		l := &p.Profile.Loads[i]
		l.Delay /= by
		l.Duration /= by
		for k := range l.Stages {
			l.Stages[k].Over /= by
			l.Stages[k].Hold /= by
		}
	}
}

func (m *meal) serve(t *testing.T) {
	t.Helper()
	m.began = time.Now()
	m.out = run(t, m.plan, m.witness, nil)
}

// row is how often the request, group or metric of a label was recorded.
func (m *meal) row(t *testing.T, label string) int {
	t.Helper()
	for i, row := range m.plan.Rows {
		if row.Label() == label {
			return int(count(m.plan, m.out.Final, i))
		}
	}
	t.Fatalf("the plan has no %q", label)
	return 0
}

// equal holds one count against another.
func equal(t *testing.T, what string, got, want int) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %d, want %d", what, got, want)
	}
}

// distinct is how many different values there are.
func distinct(list []*exchange, of func(*exchange) string) int {
	set := map[string]bool{}
	for _, e := range list {
		set[of(e)] = true
	}
	return len(set)
}

// having are the exchanges for which something holds.
func having(list []*exchange, holds func(*exchange) bool) (some []*exchange) {
	for _, e := range list {
		if holds(e) {
			some = append(some, e)
		}
	}
	return some
}

func answered(status int) func(*exchange) bool {
	return func(e *exchange) bool { return e.status == status }
}
