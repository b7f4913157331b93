package scenarios_test

import (
	"crypto/sha256"
	"encoding/base64"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"throng/dsl/plan"
)

// sixTogether lets no asset through before six of them are asked for at the
// same moment.
func sixTogether(t *testing.T) func(*http.Request) {
	var waiting atomic.Int32
	enough := make(chan struct{})
	return func(r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/site/assets/") {
			return
		}
		if waiting.Add(1) == 6 {
			close(enough)
		}
		select {
		case <-enough:
		case <-time.After(time.Minute):
			t.Error("six assets were never asked for at the same moment")
		}
	}
}

func checkPageLoad(t *testing.T, m *meal) {
	assets := m.all("GET", "/site/assets/*")
	equal(t, "assets at the same moment", most(assets), 6)
	equal(t, "connections for assets", distinct(assets, func(e *exchange) string { return e.conn }), 6)
	visits, returns := len(m.all("GET", "/site/index.html")), len(m.all("GET", "/site/manifest.json"))
	equal(t, "visits", visits+returns, 8)
	equal(t, "pages timed", m.row(t, "page"), visits)
	cached := having(assets, answered(http.StatusNotModified))
	fresh := having(assets, answered(http.StatusOK))
	equal(t, "assets of first visits", len(fresh), 12*visits)
	equal(t, "assets of returning ones", len(cached), 12*returns)
	equal(t, "kinds of assets", distinct(fresh, func(e *exchange) string { return e.path }), 12)
	for _, e := range cached {
		if e.header.Get("If-None-Match") != e.reply.Get("ETag") {
			t.Errorf("%s: asked for %q, is %q", e.path, e.header.Get("If-None-Match"), e.reply.Get("ETag"))
		}
	}
	for _, e := range fresh {
		if tag := e.header.Get("If-None-Match"); tag != "" {
			t.Errorf("%s: a first visit has it already: %q", e.path, tag)
		}
	}
}

var productPath = regexp.MustCompile(`^/shop/products/p-\d+$`)

// states are the tasks of one visit, told by its requests.
func states(t *testing.T, visit []*exchange) (names []string) {
	for _, e := range visit {
		switch {
		case e.method == "POST" && e.path == "/shop/cart":
			if names[len(names)-1] != "detail" {
				t.Fatalf("a cart after %q", names)
			}
			names[len(names)-1] = "cart"
		case e.path == "/shop":
			names = append(names, "home")
		case e.path == "/shop/products":
			names = append(names, "list")
		case productPath.MatchString(e.path):
			names = append(names, "detail")
		case e.path != "/shop/cart": // where the redirect leads
			t.Fatalf("nobody should ask for %s", e.path)
		}
	}
	return names
}

// What follows what has the shares that the scenario declares.
func checkMarkov(t *testing.T, m *meal) {
	declared := map[string]map[string]float64{
		"home":   {"list": 0.8, "detail": 0.2},
		"list":   {"list": 0.3, "detail": 0.6, "home": 0.1},
		"detail": {"list": 0.5, "detail": 0.2, "cart": 0.2, "home": 0.1},
		"cart":   {"list": 0.6, "home": 0.4},
	}
	visits := m.connections() // each visit is somebody new
	equal(t, "visits", len(visits), 6*30)
	seen := map[string]map[string]int{"home": {}, "list": {}, "detail": {}, "cart": {}}
	for _, visit := range visits {
		names := states(t, visit)
		if names[0] != "home" || len(names) < 4 || len(names) > 10 {
			t.Errorf("a visit went %q", names)
		}
		if cookie := visit[0].header.Get("Cookie"); cookie != "" {
			t.Errorf("a new visitor has the cookie %q", cookie)
		}
		for i := range len(names) - 1 {
			seen[names[i]][names[i+1]]++
		}
	}
	for from, to := range declared {
		n := 0
		for _, k := range seen[from] {
			n += k
		}
		if n < 30 {
			t.Errorf("%s was left only %d times", from, n)
		}
		for _, next := range []string{"home", "list", "detail", "cart"} {
			p, got := to[next], float64(seen[from][next])
			if sigma := math.Sqrt(float64(n) * p * (1 - p)); math.Abs(got-float64(n)*p) > 4.5*sigma {
				t.Errorf("%s to %s: %v of %d, declared %v", from, next, got, n, p)
			}
		}
	}
}

var hiddenCSRF = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func checkFormLogin(t *testing.T, m *meal) {
	logins, codes, outs := m.all("POST", "/login"), m.all("POST", "/login/two_factor"), m.all("POST", "/logout")
	people := m.connections()
	equal(t, "people", len(people), 6*12)
	equal(t, "logins", len(logins), len(people))
	equal(t, "second factors", len(codes), m.row(t, "POST log in, first factor"))
	equal(t, "first or second factor", len(outs)+len(codes), len(people))
	equal(t, "accounts shown", len(having(m.all("GET", "/account"), answered(http.StatusOK))), len(people))
	equal(t, "sessions", distinct(logins, func(e *exchange) string { return e.reply.Get("Set-Cookie") }), len(people))
	for _, e := range codes {
		if code := e.form(t).Get("code"); !regexp.MustCompile(`^\d{6}$`).MatchString(code) {
			t.Errorf("the code is %q", code)
		}
	}
	for _, e := range outs {
		equal(t, "a logout's status", e.status, http.StatusFound)
	}
	for _, list := range people {
		if list[0].path != "/login" || list[0].header.Get("Cookie") != "" {
			t.Errorf("somebody began at %s with the cookie %q", list[0].path, list[0].header.Get("Cookie"))
		}
		token := ""
		for _, e := range list {
			if e.method == "POST" {
				if form := e.form(t); token == "" || form.Get("csrf") != token {
					t.Errorf("%s: sent the token %q; the page's is %q", e.path, form.Get("csrf"), token)
				}
			}
			if found := hiddenCSRF.FindSubmatch(e.answer); found != nil {
				token = string(found[1])
			}
		}
	}
	for _, e := range logins {
		form := e.form(t)
		if otp := strings.Contains(form.Get("email"), "+otp@"); !otp && (form.Get("language") != "fr" || form.Get("remember") != "yes") {
			t.Errorf("filled in %v", form)
		} else if otp && form.Get("language") != "en" { // what the page has selected
			t.Errorf("filled in %v", form)
		}
	}
}

// Every code is exchanged once, by the browser that began, with the verifier
// behind its challenge.
func checkOIDC(t *testing.T, m *meal) {
	granted := func(kind string) []*exchange {
		return having(m.all("POST", "/oidc/token"), func(e *exchange) bool { return e.form(t).Get("grant_type") == kind })
	}
	byCode, byService := granted("authorization_code"), granted("client_credentials")
	equal(t, "sign-ins", len(byCode), 3*10)
	equal(t, "services", len(byService), 10)
	equal(t, "sign-ins timed", m.row(t, "sign in"), len(byCode))
	equal(t, "codes", distinct(byCode, func(e *exchange) string { return e.form(t).Get("code") }), len(byCode))
	equal(t, "tokens given", len(having(byCode, answered(http.StatusOK))), len(byCode))
	equal(t, "states", distinct(m.all("GET", "/oidc/authorize"), func(e *exchange) string { return e.query.Get("state") }), len(byCode))
	for _, e := range byService {
		if user, secret, ok := (&http.Request{Header: e.header}).BasicAuth(); !ok || user != "cookbook-service" || secret != "cookbook-service-secret" {
			t.Errorf("the service is %q", e.header.Get("Authorization"))
		}
	}
	for _, list := range m.connections() {
		if list[0].path != "/oidc/authorize" {
			continue
		}
		checkSignIn(t, list)
	}
}

func checkSignIn(t *testing.T, list []*exchange) {
	t.Helper()
	begun := list[0].query
	var way []string
	var form url.Values
	for _, e := range list {
		way = append(way, e.method+" "+e.path)
		switch e.path {
		case "/app/callback":
			if e.query.Get("state") != begun.Get("state") {
				t.Errorf("the state %q came back as %q", begun.Get("state"), e.query.Get("state"))
			}
		case "/oidc/token":
			form = e.form(t)
		}
	}
	want := "GET /oidc/authorize, GET /oidc/signin, POST /oidc/signin, GET /app/callback, POST /oidc/token, GET /oidc/userinfo"
	if got := strings.Join(way, ", "); got != want {
		t.Errorf("a sign-in went %s", got)
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	if base64.RawURLEncoding.EncodeToString(sum[:]) != begun.Get("code_challenge") {
		t.Errorf("the verifier %q is not behind %q", form.Get("code_verifier"), begun.Get("code_challenge"))
	}
}

// The background comes at its rate from the start, the crowd as so many
// users, and later.
func checkBackgroundSpike(t *testing.T, m *meal) {
	loads, out := m.plan.Profile.Loads, m.out.Loads
	if len(loads) != 2 || loads[0].Model != plan.Open || loads[1].Model != plan.Closed {
		t.Fatalf("loads: %+v", loads)
	}
	arrivals := int(40 * loads[0].Duration.Seconds())
	equal(t, "arrivals", int(out[0].Arrivals), arrivals)
	equal(t, "background", len(m.all("GET", "/cheap")), arrivals-int(out[0].Missed))
	if n := out[1].Launched; n < 1 || n > 8 { // a machine that stalls may sleep through part of the rise
		t.Errorf("the crowd had %d users", n)
	}
	reports := m.all("GET", "/report")
	delay := loads[1].Delay
	if out[1].Begin < delay {
		t.Errorf("the crowd began after %v, want %v", out[1].Begin, delay)
	}
	if first := reports[0].at.Sub(m.began); delay <= 0 || first < delay {
		t.Errorf("the first report was asked for after %v, want %v", first, delay)
	}
	equal(t, "reports", m.row(t, "GET /report"), len(reports))
}
