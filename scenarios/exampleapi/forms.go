package exampleapi

import (
	"encoding/hex"
	"slices"
	"strings"
)

// A visit is a session of a browser, named by a cookie. It is replaced by a new
// one whenever somebody signs in.
type visit struct {
	id       string
	stage    stage
	email    string
	language string
	remember bool
	misses   int // wrong codes
}

// A stage is how far a visitor has come with signing in.
type stage int

const (
	stageStranger stage = iota
	stageCode           // the password was right; a code is asked for
	stageIn
)

const (
	visitCookie = "session"
	visitPrefix = "vis_"
	rememberFor = 30 * 24 * 60 * 60 // seconds
	maxMisses   = 5
)

type loginForm struct {
	CSRF     string `json:"csrf"`
	Email    string `json:"email"`
	Password string `json:"password"`
	Language string `json:"language"` // en, de or fr
	Remember string `json:"remember"` // yes, or left out
}

type codeForm struct {
	CSRF string `json:"csrf"`
	Code string `json:"code"`
}

type csrfForm struct {
	CSRF string `json:"csrf"`
}

func (k *cookbook) formRoutes() []route {
	forbids := []int{401, 403}
	return []route{
		{method: "GET", pattern: "/login", summary: "A page with a form to sign in (form#login) and another one; sets a cookie", kind: htmlKind, serve: k.loginPage},
		{method: "POST", pattern: "/login", summary: "Sign in with any e-mail address; the password is open-sesame. An address with +otp before the @ is asked for a code",
			accepts: formKind, in: loginForm{}, status: 302, also: forbids, serve: k.submitLogin},
		{method: "GET", pattern: "/login/two_factor", summary: "A page that shows the code and asks for it (form#otp)", kind: htmlKind,
			guard: k.visitor(stageCode), serve: k.codePage},
		{method: "POST", pattern: "/login/two_factor", summary: "Sign in with the code: the one shown, which is the TOTP (SHA-1, 6 digits, 30 s) of " + totpSecret,
			accepts: formKind, in: codeForm{}, status: 302, also: forbids, guard: k.visitor(stageCode), serve: k.submitCode},
		{method: "GET", pattern: "/account", summary: "A page for those who have signed in", kind: htmlKind, guard: k.visitor(stageIn), serve: k.accountPage},
		{method: "POST", pattern: "/logout", summary: "Sign out", accepts: formKind, in: csrfForm{}, status: 302, also: forbids, serve: k.logout},
	}
}

// visitOf is the visit that the cookie names.
func (k *cookbook) visitOf(c *call) (visit, bool) {
	id, _ := k.s.signer.open(visitPrefix, c.cookie(visitCookie))
	return k.visits.get(id)
}

// visitor guards by the cookie of a visit that has come to a stage.
func (k *cookbook) visitor(at stage) *guard {
	scheme := map[string]any{"type": "apiKey", "in": "cookie", "name": visitCookie}
	return &guard{"session", "session cookie", scheme, func(c *call) error {
		v, ok := k.visitOf(c)
		if !ok || v.stage != at {
			return notSignedIn("the session cookie is missing, or of somebody who has not come this far with signing in")
		}
		c.who = principal{email: v.email, session: v.id, by: "cookie"}
		return nil
	}}
}

func notSignedIn(detail string) *failed {
	f := unauthorized(detail)
	f.header = []string{"WWW-Authenticate", `Cookie realm="cookbook", form-action="/login", cookie-name="` + visitCookie + `"`}
	return f
}

// csrf is the token that the forms of a visit have to bring back.
func (k *cookbook) csrf(v visit) string { return hex.EncodeToString(k.s.signer.sum("csrf", v.id)) }

// checkCSRF returns the visit that a form was sent from.
func (k *cookbook) checkCSRF(c *call, token string) (visit, error) {
	v, ok := k.visitOf(c)
	switch {
	case !ok:
		return v, forbidden("there is no session: ask for the page with the form first, and bring its cookie back")
	case !sameSecret(token, k.csrf(v)):
		return v, forbidden("csrf is not the token of this session")
	}
	return v, nil
}

// begin makes a visit in the place of old and returns the header that names it.
func (k *cookbook) begin(old, fresh visit) (header []string, err error) {
	if _, ok := k.visits.take(old.id); !ok {
		return nil, forbidden("the form of this session has been sent already")
	}
	v := k.visits.add(func(id string) visit { fresh.id = id; return fresh })
	age := 0
	if v.remember {
		age = rememberFor
	}
	return setCookie(visitCookie, k.s.signer.sign(visitPrefix, v.id), age), nil
}

func (k *cookbook) loginPage(c *call) (reply, error) {
	v, ok := k.visitOf(c)
	if !ok {
		v = k.visits.add(func(id string) visit { return visit{id: id} })
	}
	return page("login", map[string]string{"CSRF": k.csrf(v)}, setCookie(visitCookie, k.s.signer.sign(visitPrefix, v.id), 0)...)
}

func (k *cookbook) submitLogin(c *call) (reply, error) {
	var in loginForm
	if err := c.form(&in); err != nil {
		return reply{}, err
	}
	v, err := k.checkCSRF(c, in.CSRF)
	if err != nil {
		return reply{}, err
	}
	right, err := checkPassword(in.Email, in.Password)
	switch {
	case err != nil:
		return reply{}, err
	case !slices.Contains([]string{"en", "de", "fr"}, in.Language):
		return reply{}, invalid("language must be one of the options of the form: en, de, fr")
	case in.Remember != "" && in.Remember != "yes":
		return reply{}, invalid("remember must be yes or left out")
	case !right:
		return reply{}, notSignedIn("e-mail address or password is wrong")
	}
	next, fresh := "/account", visit{stage: stageIn, email: in.Email, language: in.Language, remember: in.Remember != ""}
	if local, _, _ := strings.Cut(in.Email, "@"); strings.HasSuffix(local, "+otp") {
		next, fresh.stage = "/login/two_factor", stageCode
	}
	header, err := k.begin(v, fresh)
	if err != nil {
		return reply{}, err
	}
	return redirect(next, header...), nil
}

func (k *cookbook) codePage(c *call) (reply, error) {
	v, _ := k.visitOf(c)
	return page("two_factor", map[string]string{"CSRF": k.csrf(v), "Code": totp(c.began)})
}

func (k *cookbook) submitCode(c *call) (reply, error) {
	var in codeForm
	if err := c.form(&in); err != nil {
		return reply{}, err
	}
	v, err := k.checkCSRF(c, in.CSRF)
	if err != nil {
		return reply{}, err
	}
	if !validTOTP(in.Code, c.began) {
		return reply{}, k.miss(v)
	}
	v.stage = stageIn
	header, err := k.begin(v, v)
	if err != nil {
		return reply{}, err
	}
	return redirect("/account", header...), nil
}

// miss counts a wrong code; too many end the visit.
func (k *cookbook) miss(v visit) error {
	v, _, _ = k.visits.change(v.id, func(v *visit) error { v.misses++; return nil })
	if v.misses >= maxMisses {
		k.visits.take(v.id)
		return notSignedIn("the code is wrong once too often; sign in again")
	}
	return notSignedIn("the code is wrong")
}

func (k *cookbook) accountPage(c *call) (reply, error) {
	v, _ := k.visits.get(c.who.session)
	return page("account", map[string]any{"CSRF": k.csrf(v), "Email": v.email, "Language": v.language, "Remember": v.remember})
}

func (k *cookbook) logout(c *call) (reply, error) {
	var in csrfForm
	if err := c.form(&in); err != nil {
		return reply{}, err
	}
	v, err := k.checkCSRF(c, in.CSRF)
	if err != nil {
		return reply{}, err
	}
	k.visits.take(v.id)
	return redirect("/login", setCookie(visitCookie, "", -1)...), nil
}
