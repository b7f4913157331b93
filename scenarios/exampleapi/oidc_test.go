package exampleapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The pair of RFC 7636, appendix B.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

func (a *api) authorizeQuery(change map[string]string) string {
	q := map[string]string{
		"client_id": webClient, "redirect_uri": a.base + callbackPath, "response_type": "code", "scope": "openid email",
		"state": "st&te", "nonce": "n-1", "code_challenge": challenge, "code_challenge_method": "S256",
	}
	maps.Copy(q, change)
	values := url.Values{}
	for name, value := range q {
		if value != "-" {
			values.Set(name, value)
		}
	}
	return "/oidc/authorize?" + values.Encode()
}

// dance goes through a sign-in and returns where it ends, and the code.
func (a *api) dance(redirectURI string) (back *url.URL, code string) {
	a.t.Helper()
	first := a.want(302, "GET", a.authorizeQuery(map[string]string{"redirect_uri": redirectURI}), "")
	form := a.want(200, "GET", first.header.Get("Location"), "")
	last := a.submit(302, "/oidc/signin", "transaction", form.find(`name="transaction" value="([^"]+)"`), "email", "ada@example.com", "password", cookbookPassword)
	back, err := url.Parse(last.header.Get("Location"))
	if err != nil {
		a.t.Fatal(err)
	}
	return back, back.Query().Get("code")
}

func (a *api) tokenFields(code string) []string {
	return []string{"grant_type", "authorization_code", "code", code, "redirect_uri", a.base + callbackPath, "client_id", webClient, "code_verifier", verifier}
}

func with(fields []string, name, value string) []string {
	out := append([]string{}, fields...)
	for i := 0; i < len(out); i += 2 {
		if out[i] == name {
			out[i+1] = value
		}
	}
	return out
}

func TestOIDC(t *testing.T) {
	a := browser(t, Options{})
	config := a.want(200, "GET", "/.well-known/openid-configuration", "")
	config.has("issuer", a.base)
	config.has("authorization_endpoint", a.base+"/oidc/authorize")
	config.has("token_endpoint", a.base+"/oidc/token")

	back, code := a.dance(a.base + callbackPath)
	if back.Scheme+"://"+back.Host+back.Path != a.base+callbackPath || back.Query().Get("state") != "st&te" {
		t.Fatalf("the sign-in ends at %s", back)
	}
	a.want(200, "GET", back.RequestURI(), "").has("code", code)
	wrong := a.want(400, "GET", callbackPath+"?state=other&code="+url.QueryEscape(code), "")
	wrong.says("invalid_request")
	if _, ok := wrong.field("error_description").(string); !ok {
		t.Errorf("not OAuth's form: %s", wrong.body)
	}
	a.want(400, "GET", callbackPath+"?state=st%26te&code=code_YQ.YQ", "").says("invalid_grant")

	tokens := a.submit(200, "/oidc/token", a.tokenFields(code)...)
	tokens.has("token_type", "Bearer")
	tokens.has("expires_in", 300.0)
	tokens.has("scope", "openid email")
	if tokens.header.Get("Cache-Control") != "no-store" {
		t.Error("tokens may be cached")
	}
	claims := claimsOf(t, tokens.field("id_token").(string))
	if claims["iss"] != a.base || claims["aud"] != webClient || claims["nonce"] != "n-1" || claims["email"] != "ada@example.com" {
		t.Errorf("claims: %v", claims)
	}
	if claims["exp"].(float64)-claims["iat"].(float64) != 300 {
		t.Errorf("claims: %v", claims)
	}
	a.submit(400, "/oidc/token", a.tokenFields(code)...).says("invalid_grant") // single use
	a.want(400, "GET", back.RequestURI(), "").says("invalid_grant")

	info := a.want(200, "GET", "/oidc/userinfo", "", "Authorization", "Bearer "+tokens.field("access_token").(string))
	info.has("sub", claims["sub"])
	info.has("email", "ada@example.com")

	renewal := []string{"grant_type", "refresh_token", "refresh_token", tokens.field("refresh_token").(string), "client_id", webClient}
	fresh := a.submit(200, "/oidc/token", renewal...)
	if claimsOf(t, fresh.field("id_token").(string))["sub"] != claims["sub"] {
		t.Error("the refreshed token is of somebody else")
	}
	a.submit(400, "/oidc/token", renewal...).says("invalid_grant")
}

// claimsOf checks the signature of a JWT and returns its claims.
func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	mac := hmac.New(sha256.New, []byte(idTokenKey))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	if len(parts) != 3 || parts[2] != base64.RawURLEncoding.EncodeToString(mac.Sum(nil)) {
		t.Fatalf("the signature of %s is wrong", token)
	}
	var claims map[string]any
	for i, want := range []string{`{"alg":"HS256","typ":"JWT"}`, ""} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || want != "" && string(text) != want {
			t.Fatalf("%s, %v", text, err)
		}
		if want == "" {
			if err := json.Unmarshal(text, &claims); err != nil {
				t.Fatal(err)
			}
		}
	}
	return claims
}

func TestAuthorizeRefuses(t *testing.T) {
	a := browser(t, Options{})
	for name, values := range map[string][]string{
		"client_id": {"-", "nobody", serviceClient}, "redirect_uri": {"-", "http://evil.example/app/callback", a.base + "/", "/app/other"},
		"response_type": {"-", "token"}, "scope": {"-", "email"}, "state": {"-", ""}, "nonce": {"-", ""},
		"code_challenge": {"-", "short", challenge + "="}, "code_challenge_method": {"-", "plain"}, "more": {"x"},
	} {
		for _, value := range values {
			r := a.do("GET", a.authorizeQuery(map[string]string{name: value}), "")
			if r.status != 400 && r.status != 422 || r.field("error") == "" || r.field("error_description") == nil {
				t.Errorf("%s=%s: got %d: %s", name, value, r.status, r.body)
			}
		}
	}
}

func TestSigninRefuses(t *testing.T) {
	clock := newClock()
	a := browser(t, Options{Now: clock.Now})
	begin := func() (path string, fields []string) {
		path = a.want(302, "GET", a.authorizeQuery(nil), "").header.Get("Location")
		form := a.want(200, "GET", path, "")
		return path, []string{"transaction", form.find(`name="transaction" value="([^"]+)"`), "email", "ada@example.com", "password", cookbookPassword}
	}
	path, fields := begin()
	a.want(400, "GET", "/oidc/signin?transaction=x", "").says("invalid_request")
	a.submit(401, "/oidc/signin", with(fields, "password", "wrong")...).says("access_denied")
	a.submit(422, "/oidc/signin", with(fields, "email", "nobody")...).says("invalid_request")
	a.submit(400, "/oidc/signin", with(fields, "transaction", "x")...)
	jar := a.client.Jar
	a.forget()
	a.want(403, "GET", path, "").says("access_denied")
	a.submit(403, "/oidc/signin", fields...)
	a.client.Jar = jar
	a.submit(302, "/oidc/signin", fields...)
	a.submit(400, "/oidc/signin", fields...) // sent already

	path, fields = begin()
	clock.advance(danceLife)
	a.want(400, "GET", path, "")
	a.submit(400, "/oidc/signin", fields...)
}

func TestTokenRefuses(t *testing.T) {
	clock := newClock()
	a := browser(t, Options{Now: clock.Now})
	for _, test := range []struct {
		name, value string
		status      int
		says        string
	}{
		{"code_verifier", strings.Repeat("x", 43), 400, "invalid_grant"},
		{"code_verifier", "short", 400, "invalid_request"},
		{"code_verifier", "", 400, "invalid_request"},
		{"redirect_uri", "", 400, "invalid_grant"},
		{"redirect_uri", callbackPath, 400, "invalid_grant"},
		{"client_id", "nobody", 401, "invalid_client"},
		{"client_id", "", 401, "invalid_client"},
		{"client_id", serviceClient, 401, "invalid_client"},
		{"code", "x", 400, "invalid_grant"},
		{"grant_type", "password", 400, "unsupported_grant_type"},
		{"grant_type", "", 400, "unsupported_grant_type"},
		{"grant_type", "client_credentials", 400, "unauthorized_client"},
		{"grant_type", "refresh_token", 400, "invalid_grant"},
	} {
		_, code := a.dance(a.base + callbackPath)
		r := a.do("POST", "/oidc/token", formOf(with(a.tokenFields(code), test.name, test.value)...), "Content-Type", formKind)
		if r.status != test.status || r.field("error") != test.says || r.field("error_description") == nil {
			t.Errorf("%s=%q: got %d: %s", test.name, test.value, r.status, r.body)
		}
		if test.status == 401 && r.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s=%q: 401 without WWW-Authenticate", test.name, test.value)
		}
	}
	a.submit(400, "/oidc/token", "grant_type", "authorization_code", "username", "x").says("invalid_request")
	a.json(415, "POST", "/oidc/token", "{}").says("invalid_request")

	back, code := a.dance(a.base + callbackPath)
	clock.advance(codeLife)
	a.want(400, "GET", back.RequestURI(), "").says("invalid_grant")
	a.submit(400, "/oidc/token", a.tokenFields(code)...).says("invalid_grant")

	_, code = a.dance(callbackPath) // without the host, as it was said at first
	bearer := "Bearer " + a.submit(200, "/oidc/token", with(a.tokenFields(code), "redirect_uri", callbackPath)...).field("access_token").(string)
	clock.advance(oidcTokenLife - time.Second)
	a.want(200, "GET", "/oidc/userinfo", "", "Authorization", bearer)
	clock.advance(time.Second)
	a.want(401, "GET", "/oidc/userinfo", "", "Authorization", bearer).says("invalid_token")
}

func TestClientCredentials(t *testing.T) {
	a := browser(t, Options{})
	own := []string{"grant_type", "client_credentials", "client_id", serviceClient, "client_secret", serviceSecret}
	tokens := a.submit(200, "/oidc/token", own...)
	tokens.has("scope", "service")
	if strings.Contains(tokens.body, "refresh_token") || strings.Contains(tokens.body, "id_token") {
		t.Errorf("got %s", tokens.body)
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(serviceClient+":"+serviceSecret))
	form := []string{"Content-Type", formKind, "Authorization", basic}
	a.want(200, "POST", "/oidc/token", "grant_type=client_credentials", form...)
	a.want(400, "POST", "/oidc/token", formOf(own...), form...).says("invalid_request")
	a.submit(401, "/oidc/token", with(own, "client_secret", "wrong")...).says("invalid_client")
	a.submit(400, "/oidc/token", append(own, "scope", "openid")...).says("invalid_scope")
	a.submit(400, "/oidc/token", with(own, "grant_type", "authorization_code")...).says("unauthorized_client")
	a.want(403, "GET", "/oidc/userinfo", "", "Authorization", "Bearer "+tokens.field("access_token").(string)).says("insufficient_scope")
	a.want(401, "GET", "/me", "", "Authorization", "Bearer "+tokens.field("access_token").(string))
}
