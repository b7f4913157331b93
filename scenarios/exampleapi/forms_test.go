package exampleapi

import (
	"strings"
	"testing"
	"time"
)

const csrfPattern = `name="csrf" value="([0-9a-f]{32})"`

// fields are a login's, with a csrf that fits.
func (a *api) loginFields(email string) []string {
	a.t.Helper()
	csrf := a.want(200, "GET", "/login", "").find(csrfPattern)
	return []string{"csrf", csrf, "email", email, "password", cookbookPassword, "language", "de"}
}

func (r response) leadsTo(where string) {
	r.t.Helper()
	if got := r.header.Get("Location"); got != where {
		r.t.Errorf("Location is %q, want %q", got, where)
	}
}

func TestLoginForm(t *testing.T) {
	a := browser(t, Options{})
	page := a.want(200, "GET", "/login", "")
	for _, want := range []string{`<form id="login" action="/login" method="post">`, `<form id="search"`, `<select name="language">`, `type="checkbox" name="remember"`} {
		if !strings.Contains(page.body, want) {
			t.Errorf("the page has no %s", want)
		}
	}
	set := page.header.Get("Set-Cookie")
	if !strings.HasPrefix(set, "session=") || !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "Path=/;") {
		t.Errorf("Set-Cookie is %q", set)
	}
	if again := a.want(200, "GET", "/login", ""); again.find(csrfPattern) != page.find(csrfPattern) {
		t.Error("a reload of the page has another csrf")
	}
	a.want(401, "GET", "/account", "")
	done := a.submit(302, "/login", append(a.loginFields("ada@example.com"), "remember", "yes")...)
	done.leadsTo("/account")
	if got := done.header.Get("Set-Cookie"); !strings.Contains(got, "Max-Age=2592000") || got == set {
		t.Errorf("Set-Cookie is %q", got)
	}
	account := a.want(200, "GET", "/account", "")
	if account.find(`id="email">([^<]+)<`) != "ada@example.com" || account.find(`id="language">([^<]+)<`) != "de" || account.find(`id="remember">([^<]+)<`) != "true" {
		t.Errorf("got %s", account.body)
	}
	if account.find(csrfPattern) == page.find(csrfPattern) {
		t.Error("the session is the one from before the login")
	}
	a.submit(403, "/logout", "csrf", page.find(csrfPattern))
	out := a.submit(302, "/logout", "csrf", account.find(csrfPattern))
	out.leadsTo("/login")
	if got := out.header.Get("Set-Cookie"); !strings.Contains(got, "Max-Age=0") {
		t.Errorf("Set-Cookie is %q", got)
	}
	a.want(401, "GET", "/account", "")
}

func TestLoginFormRefuses(t *testing.T) {
	a := browser(t, Options{})
	with := func(name, value string) []string {
		fields := a.loginFields("ada@example.com")
		for i := range fields {
			if i%2 == 0 && fields[i] == name {
				fields[i+1] = value
			}
		}
		return fields
	}
	a.submit(403, "/login", with("csrf", "")...)
	a.submit(403, "/login", with("csrf", strings.Repeat("0", 32))...)
	a.submit(401, "/login", with("password", "wrong")...)
	a.submit(422, "/login", with("email", "nobody")...)
	a.submit(422, "/login", with("language", "")...)
	a.submit(422, "/login", with("language", "tlh")...)
	a.submit(422, "/login", append(with("", ""), "remember", "on")...)

	fields := with("", "")
	a.forget()
	a.submit(403, "/login", fields...) // without the cookie
	a.want(200, "GET", "/login", "")
	a.submit(403, "/login", fields...) // with another one
	fields = with("", "")
	a.submit(302, "/login", fields...)
	a.submit(403, "/login", fields...) // the old csrf in the new session
	a.submit(403, "/logout", "csrf", "x")
}

func TestTwoFactor(t *testing.T) {
	clock := newClock()
	a := browser(t, Options{Now: clock.Now})
	begin := func() response {
		a.submit(302, "/login", a.loginFields("ada+otp@example.com")...).leadsTo("/login/two_factor")
		a.want(401, "GET", "/account", "")
		return a.want(200, "GET", "/login/two_factor", "")
	}
	page := begin()
	if !strings.Contains(page.body, `<form id="otp" action="/login/two_factor" method="post">`) {
		t.Errorf("got %s", page.body)
	}
	csrf, shown := page.find(csrfPattern), page.find(`<output id="code">(\d{6})</output>`)
	a.submit(403, "/login/two_factor", "csrf", "x", "code", shown)
	a.submit(401, "/login/two_factor", "csrf", csrf, "code", "12345")
	clock.advance(totpStep * time.Second) // the code of the step before still goes
	a.submit(302, "/login/two_factor", "csrf", csrf, "code", shown).leadsTo("/account")
	a.want(200, "GET", "/account", "")
	a.want(401, "GET", "/login/two_factor", "")

	page = begin()
	csrf, shown = page.find(csrfPattern), page.find(`<output id="code">(\d{6})</output>`)
	clock.advance(2 * totpStep * time.Second)
	for range maxMisses {
		a.submit(401, "/login/two_factor", "csrf", csrf, "code", shown) // too old
	}
	a.submit(401, "/login/two_factor", "csrf", csrf, "code", totp(clock.Now())) // the session is gone

	page = begin()
	a.submit(302, "/logout", "csrf", page.find(csrfPattern))
	a.want(401, "GET", "/login/two_factor", "")
}

// The values of RFC 4226, appendix D, and RFC 6238, appendix B.
func TestCodes(t *testing.T) {
	key := []byte("12345678901234567890")
	for counter, want := range map[uint64]string{0: "755224", 1: "287082", 9: "520489", 37037036: "081804", 41152263: "005924"} {
		if got := hotp(key, counter); got != want {
			t.Errorf("%d: %s, want %s", counter, got, want)
		}
	}
	now := time.Unix(1_900_000_000, 0)
	for shift, want := range map[time.Duration]bool{-61: false, -30: true, 0: true, 30: true, 61: false} {
		if got := validTOTP(totp(now.Add(shift*time.Second)), now); got != want {
			t.Errorf("a code from %d s: %v", shift, got)
		}
	}
}

// A page is shown with what people typed in, and nothing of it is taken for HTML.
func TestPagesEscape(t *testing.T) {
	a := browser(t, Options{})
	a.submit(302, "/login", a.loginFields(`"<b>"@example.com`)...)
	if body := a.want(200, "GET", "/account", "").body; strings.Contains(body, "<b>") {
		t.Errorf("got %s", body)
	}
	if r := a.want(200, "HEAD", "/login", ""); r.body != "" || r.header.Get("Content-Type") != htmlKind {
		t.Errorf("HEAD gave %q, %v", r.body, r.header)
	}
}
