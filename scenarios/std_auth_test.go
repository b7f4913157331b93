package scenarios_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"throng/dsl"
)

// Everybody signs in once, does its tasks with what it was given, and renews
// what wears out.
func TestStdAuth(t *testing.T) {
	t.Parallel()
	const users, rounds = 2, 6
	m := served(t, exampleOf("auth"), recipe{users: 5 * users, rounds: rounds}, "", func(e *exchange) {
		if strings.HasPrefix(e.path, "/auth/") { // the first token and the second say that they are nearly over
			e.answer = regexp.MustCompile(`"expires_in":\d+`).ReplaceAll(e.answer, []byte(`"expires_in":40`))
		}
	})
	sound(t, m.plan, m.out)

	logins, refreshes := m.all("POST", "/auth/login"), m.all("POST", "/auth/refresh")
	equal(t, "logins", len(logins), users)
	equal(t, "refreshes", len(refreshes), users*rounds)
	equal(t, "members", distinct(logins, func(e *exchange) string { return sent[struct{ Email string }](t, e).Email }), users)
	for _, e := range append(logins, refreshes...) {
		if got := e.header.Get("Authorization"); got != "" {
			t.Errorf("%s was sent with the token %q", e.path, got)
		}
	}
	equal(t, "tokens", distinct(m.all("GET", "/me"), func(e *exchange) string { return e.header.Get("Authorization") }), users*rounds)

	forms := m.all("POST", "/login")
	equal(t, "forms", len(forms), 2*users)
	equal(t, "CSRF tokens", distinct(forms, func(e *exchange) string { return e.form(t).Get("csrf") }), 2*users)
	equal(t, "who sent them", distinct(forms, func(e *exchange) string { return e.form(t).Get("email") }), 2*users)
	equal(t, "accounts", len(having(m.all("GET", "/account"), answered(http.StatusOK))), 2*users*rounds+2*users) // and where the logins lead

	equal(t, "OAuth2 tokens", len(m.all("POST", "/oidc/token")), 1)
	for _, e := range m.all("GET", "/cheap") {
		if !strings.HasPrefix(e.header.Get("Authorization"), "Bearer ") {
			t.Errorf("the service came with %q", e.header.Get("Authorization"))
		}
	}
	equal(t, "keys", len(having(m.all("GET", "/t/oslo/notes"), func(e *exchange) bool { return e.header.Get("X-API-Key") == "tenant-key-oslo" })), users*rounds)
}

// A token that is good for long is not renewed.
func TestStdAuthKeepsTokens(t *testing.T) {
	t.Parallel()
	m := served(t, exampleOf("auth"), recipe{users: 5, rounds: 6}, "", func(e *exchange) {
		if e.path == "/auth/login" { // says nothing of its end, and has no refresh token
			e.answer = regexp.MustCompile(`,"expires_in":\d+,"refresh_token":"[^"]*"`).ReplaceAll(e.answer, nil)
		}
	})
	equal(t, "failures", int(m.out.Conditions.Books.Failed), 0)
	equal(t, "profiles read", len(m.all("GET", "/me")), 6)
	equal(t, "refreshes", len(m.all("POST", "/auth/refresh")), 0)
}

// An API key in the query.
func TestStdAuthKeyInQuery(t *testing.T) {
	t.Parallel()
	dir := scenario(t, `
module "partner" {
  source        = "std/auth"
  key           = "a-key-of-ours"
  key_parameter = "api_key"
}
target "api" { base_url = "example://cookbook" }
user "u" {
  use = module.partner.user.api_key_in_query
  get "/cheap" {
    expect { status = 400 } # it knows no such parameter
  }
}
profile "smoke" {
  users    = 1
  duration = "10s"
}
sla "all" { error_rate = "0%" }
`)
	m := served(t, dir, recipe{users: 1, rounds: 3}, "", nil)
	equal(t, "keys", len(having(m.all("GET", "/cheap"), func(e *exchange) bool { return e.query.Get("api_key") == "a-key-of-ours" })), 3)
}

// Who cannot sign in does nothing else, and is counted as failed to start.
func TestStdAuthFails(t *testing.T) {
	cases := []struct {
		name  string
		users string // whose start fails
		alter func(*exchange)
		tells string
	}{
		{"a token is refused", "member", answerOf("/auth/login", http.StatusUnauthorized, `{}`), "status 401"},
		{"no token in the answer", "member", answerOf("/auth/login", http.StatusOK, `{"expires_in":60}`), "token"},
		{"the CSRF token is wrong", "customer script", replace("/login", `name="csrf" value="`, `name="csrf" value="0`), "status 403"},
		{"no CSRF token", "customer script", replace("/login", `name="csrf"`, `name="crsf"`), "csrf"},
		{"no form", "customer", replace("/login", `type="password"`, `type="text"`), "form"},
		{"back at the form", "customer", answerOf("/login", http.StatusOK, `<form id="login" action="/login" method="post"><input name="csrf" value="1"><input name="email"><input name="password" type="password"></form>`), "the login led back to its form"},
		{"no page", "customer script", answerOf("/login", http.StatusServiceUnavailable, ``), "status 503"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := served(t, exampleOf("auth"), recipe{users: 10, rounds: 2}, "", c.alter)
			for i, count := range m.out.Classes {
				name, want := m.plan.Classes[i].Name, 0
				if strings.Contains(c.users, name) {
					want = 2
				}
				equal(t, name+"s that failed to start", int(count.StartFailed), want)
				for _, task := range count.Tasks {
					if want > 0 && task.Begun > 0 {
						t.Errorf("%s began a task %d times", name, task.Begun)
					}
				}
			}
			m.tells(t, c.tells)
		})
	}
}

// A refused refresh is a failed request, and a wrong password a failed start.
func TestStdAuthRefused(t *testing.T) {
	t.Parallel()
	wrong := dsl.Options{Profile: "smoke", Seed: 7, Inputs: map[string]dsl.Input{"password": {Text: "wrong-password", Origin: "a test"}}}
	p := compile(t, exampleOf("auth"), wrong)
	hurry(p)
	for i := range p.Profile.Loads {
		p.Profile.Loads[i].IterationsPerUser = 1
	}
	p.Profile.Floats = true
	m := &meal{witness: &witness{}, plan: p}
	m.service = example(t, p)
	m.serve(t)
	m.tells(t, "status 401")
	for i, count := range m.out.Classes {
		name := p.Classes[i].Name
		if failed := count.StartFailed > 0; failed != (name == "member" || name == "customer" || name == "script") {
			t.Errorf("%s: %d failed to start", name, count.StartFailed)
		}
	}
}

func answerOf(path string, status int, text string) func(*exchange) {
	return func(e *exchange) {
		if e.path == path {
			e.status, e.answer = status, []byte(text)
			e.reply.Del("Location")
		}
	}
}
