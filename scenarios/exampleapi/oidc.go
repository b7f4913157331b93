package exampleapi

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	webClient     = "cookbook-web" // public: it proves itself by PKCE
	serviceClient = "cookbook-service"
	serviceSecret = "cookbook-service-secret"

	callbackPath = "/app/callback"
	danceLife    = 10 * time.Minute
	codeLife     = time.Minute

	danceCookie = "oidc"
	dancePrefix = "dan_"
	codePrefix  = "code_"
)

// A dance is a sign-in between its first redirect and the form.
type dance struct {
	id        string
	redirect  string
	state     string
	nonce     string
	challenge string // BASE64URL(SHA256(code_verifier))
	scope     string
	until     time.Time
}

// A code is what a dance ends with. It can be exchanged once.
type code struct {
	id    string
	email string
	until time.Time
	begun dance
}

type oauthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// oauthReply says an error as RFC 6749, section 5.2 does.
func oauthReply(err error) reply {
	f := failedOf(err)
	name := f.code
	if slices.Contains([]string{"bad_request", "invalid", "unsupported_media_type", "too_large", "unreadable"}, name) {
		name = "invalid_request"
	}
	r := asJSON(f.status, oauthError{name, f.detail})
	r.header = append([]string{"Cache-Control", "no-store"}, f.header...)
	return r
}

func oauthProblem(name, format string, args ...any) *failed {
	return problem(http.StatusBadRequest, name, format, args...)
}

type signinForm struct {
	Transaction string `json:"transaction"`
	Email       string `json:"email"`
	Password    string `json:"password"`
}

type callbackAnswer struct {
	Code  string `json:"code"`
	State string `json:"state"`
}

type oidcConfiguration struct {
	Issuer        string   `json:"issuer"`
	Authorization string   `json:"authorization_endpoint"`
	Token         string   `json:"token_endpoint"`
	Userinfo      string   `json:"userinfo_endpoint"`
	Responses     []string `json:"response_types_supported"`
	Grants        []string `json:"grant_types_supported"`
	Subjects      []string `json:"subject_types_supported"`
	Signing       []string `json:"id_token_signing_alg_values_supported"`
	Scopes        []string `json:"scopes_supported"`
	Methods       []string `json:"code_challenge_methods_supported"`
	Auth          []string `json:"token_endpoint_auth_methods_supported"`
}

func must(name string) param { return param{name: name, required: true} }

// oidcRoutes are a sign-in by redirects, up to the code.
func (k *cookbook) oidcRoutes() []route {
	return []route{
		{method: "GET", pattern: "/.well-known/openid-configuration", summary: "Where everything is", out: oidcConfiguration{}, serve: oidcConfig},
		{method: "GET", pattern: "/oidc/authorize", summary: "Begin a sign-in: redirects to the form and sets a cookie. redirect_uri is " + callbackPath + " of this host, with or without the host",
			query: []param{must("client_id"), must("redirect_uri"), must("response_type"), must("scope"), must("state"), must("nonce"),
				must("code_challenge"), must("code_challenge_method")},
			status: 302, oauth: true, serve: k.authorize},
		{method: "GET", pattern: "/oidc/signin", summary: "The form to sign in (form#signin)", query: []param{must("transaction")}, kind: htmlKind, oauth: true, serve: k.signinPage},
		{method: "POST", pattern: "/oidc/signin", summary: "Sign in, with the cookie of the first redirect: redirects to redirect_uri with code and state. Any e-mail address; the password is open-sesame",
			accepts: formKind, in: signinForm{}, status: 302, also: []int{401, 403}, oauth: true, serve: k.submitSignin},
		{method: "GET", pattern: callbackPath, summary: "Where the sign-in ends: checks that code and state belong together, and leaves the code alone",
			query: []param{must("code"), must("state")}, out: callbackAnswer{}, oauth: true, serve: k.callback},
	}
}

func oidcConfig(c *call) (reply, error) {
	o := c.origin()
	return asJSON(http.StatusOK, oidcConfiguration{
		o, o + "/oidc/authorize", o + "/oidc/token", o + "/oidc/userinfo",
		[]string{"code"}, []string{"authorization_code", "refresh_token", "client_credentials"}, []string{"public"}, []string{"HS256"},
		[]string{"openid", "email", "profile"}, []string{"S256"}, []string{"none", "client_secret_basic", "client_secret_post"},
	}), nil
}

// challengePattern is what S256 makes: 32 bytes in base64url.
var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

func (k *cookbook) authorize(c *call) (reply, error) {
	q := c.query.Get
	target := q("redirect_uri")
	if strings.HasPrefix(target, "/") {
		target = c.origin() + target
	}
	scopes := strings.Fields(q("scope"))
	switch {
	case q("client_id") != webClient:
		return reply{}, oauthProblem("invalid_client", "client_id must be %s", webClient)
	case target != c.origin()+callbackPath:
		return reply{}, oauthProblem("invalid_request", "redirect_uri must be %s", c.origin()+callbackPath)
	case q("response_type") != "code":
		return reply{}, oauthProblem("unsupported_response_type", "response_type must be code")
	case !slices.Contains(scopes, "openid"):
		return reply{}, oauthProblem("invalid_scope", "scope must have openid in it")
	case q("code_challenge_method") != "S256":
		return reply{}, oauthProblem("invalid_request", "code_challenge_method must be S256")
	case !challengePattern.MatchString(q("code_challenge")):
		return reply{}, oauthProblem("invalid_request", "code_challenge must be the SHA-256 of the verifier in base64url without padding: 43 characters")
	case len(q("state")) > 500 || len(q("nonce")) > 500:
		return reply{}, oauthProblem("invalid_request", "state and nonce have at most 500 characters")
	}
	d := k.dances.add(func(id string) dance {
		return dance{id, q("redirect_uri"), q("state"), q("nonce"), q("code_challenge"), strings.Join(scopes, " "), c.began.Add(danceLife)}
	})
	transaction := k.s.signer.sign(dancePrefix, d.id)
	return redirect("/oidc/signin?transaction="+url.QueryEscape(transaction), setCookie(danceCookie, transaction, int(danceLife/time.Second))...), nil
}

// danceOf is the dance called transaction. Only the browser that began it goes on.
func (k *cookbook) danceOf(c *call, transaction string) (dance, error) {
	id, _ := k.s.signer.open(dancePrefix, transaction)
	d, ok := k.dances.get(id)
	switch {
	case !ok || !c.began.Before(d.until):
		return d, oauthProblem("invalid_request", "transaction names no sign-in under way: begin at /oidc/authorize")
	case !sameSecret(c.cookie(danceCookie), transaction):
		return d, problem(http.StatusForbidden, "access_denied", "the cookie of this sign-in is missing, or of another one")
	}
	return d, nil
}

func (k *cookbook) signinPage(c *call) (reply, error) {
	d, err := k.danceOf(c, c.query.Get("transaction"))
	if err != nil {
		return reply{}, err
	}
	return page("signin", map[string]string{"Client": webClient, "Scope": d.scope, "Transaction": c.query.Get("transaction")})
}

func (k *cookbook) submitSignin(c *call) (reply, error) {
	var in signinForm
	if err := c.form(&in); err != nil {
		return reply{}, err
	}
	d, err := k.danceOf(c, in.Transaction)
	if err != nil {
		return reply{}, err
	}
	right, err := checkPassword(in.Email, in.Password)
	switch {
	case err != nil:
		return reply{}, err
	case !right:
		f := problem(http.StatusUnauthorized, "access_denied", "e-mail address or password is wrong")
		f.header = []string{"WWW-Authenticate", `Cookie realm="cookbook", form-action="/oidc/signin", cookie-name="` + danceCookie + `"`}
		return reply{}, f
	}
	if _, ok := k.dances.take(d.id); !ok {
		return reply{}, oauthProblem("invalid_request", "the form of this sign-in has been sent already")
	}
	made := k.codes.add(func(id string) code { return code{id, in.Email, c.began.Add(codeLife), d} })
	back := url.Values{"code": {k.s.signer.sign(codePrefix, made.id)}, "state": {d.state}}
	target := d.redirect
	if strings.HasPrefix(target, "/") {
		target = c.origin() + target
	}
	return redirect(target+"?"+back.Encode(), setCookie(danceCookie, "", -1)...), nil
}

func (k *cookbook) callback(c *call) (reply, error) {
	id, _ := k.s.signer.open(codePrefix, c.query.Get("code"))
	found, ok := k.codes.get(id)
	switch {
	case !ok || !c.began.Before(found.until):
		return reply{}, oauthProblem("invalid_grant", "the code is not valid, has expired or has been used")
	case !sameSecret(c.query.Get("state"), found.begun.state):
		return reply{}, oauthProblem("invalid_request", "state is not the one that the sign-in began with")
	}
	return asJSON(http.StatusOK, callbackAnswer{c.query.Get("code"), found.begun.state}), nil
}
