package exampleapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	// idTokenKey signs id tokens. With HS256 both sides know it.
	idTokenKey = "cookbook-id-token-key"

	oidcTokenLife   = 5 * time.Minute
	oidcTokenPrefix = "oat_"
	oidcRenewPrefix = "ort_"
)

// An oidcGrant is what a refresh token stands for. It works once.
type oidcGrant struct {
	id    string
	email string
	scope string
	nonce string
}

type oidcTokenForm struct {
	GrantType    string `json:"grant_type"`
	Code         string `json:"code"`
	RedirectURI  string `json:"redirect_uri"`
	CodeVerifier string `json:"code_verifier"`
	RefreshToken string `json:"refresh_token"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	Scope        string `json:"scope"`
}

type oidcTokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	Scope        string `json:"scope"`
	RefreshToken string `json:"refresh_token,omitempty"` // not for client_credentials
	IDToken      string `json:"id_token,omitempty"`      // not for client_credentials
}

type idClaims struct {
	Issuer   string `json:"iss"`
	Subject  string `json:"sub"`
	Audience string `json:"aud"`
	Issued   int64  `json:"iat"` // seconds since 1970
	Expires  int64  `json:"exp"`
	Nonce    string `json:"nonce"`
	Email    string `json:"email"`
}

type userinfo struct {
	Subject  string `json:"sub"`
	Email    string `json:"email"`
	Verified bool   `json:"email_verified"`
	Name     string `json:"name"`
}

func (k *cookbook) oidcTokenRoutes() []route {
	return []route{
		{method: "POST", pattern: "/oidc/token", summary: "Tokens for a code with its verifier, for a refresh token (which works once), or for a client's own secret (" +
			serviceClient + ", " + serviceSecret + ")", headers: []string{"Authorization"},
			accepts: formKind, in: oidcTokenForm{}, out: oidcTokens{}, also: []int{401}, oauth: true, serve: k.oidcToken},
		{method: "GET", pattern: "/oidc/userinfo", summary: "Who the access token is of", guard: k.oidcBearer(), out: userinfo{}, also: []int{403}, serve: k.userinfo},
	}
}

func (k *cookbook) oidcToken(c *call) (reply, error) {
	var in oidcTokenForm
	if err := c.form(&in); err != nil {
		return reply{}, oauthProblem("invalid_request", "%v", err)
	}
	client, err := in.client(c)
	if err != nil {
		return reply{}, err
	}
	var tokens oidcTokens
	switch in.GrantType {
	case "authorization_code":
		tokens, err = k.exchange(c, client, &in)
	case "refresh_token":
		tokens, err = k.renew(c, client, &in)
	case "client_credentials":
		tokens, err = k.ownTokens(c, client, &in)
	default:
		err = oauthProblem("unsupported_grant_type", "grant_type must be authorization_code, refresh_token or client_credentials")
	}
	if err != nil {
		return reply{}, err
	}
	r := asJSON(http.StatusOK, tokens)
	r.header = []string{"Cache-Control", "no-store"}
	return r, nil
}

// client is who asks: in the form or by Basic credentials, with a secret unless
// it is the public client.
func (in *oidcTokenForm) client(c *call) (string, error) {
	id, secret := in.ClientID, in.ClientSecret
	if name, password, ok := c.r.BasicAuth(); ok {
		if id != "" && id != name || secret != "" {
			return "", oauthProblem("invalid_request", "the client says who it is in two ways")
		}
		id, secret = name, password
	}
	if id == webClient && secret == "" || id == serviceClient && sameSecret(secret, serviceSecret) {
		return id, nil
	}
	f := problem(http.StatusUnauthorized, "invalid_client", "the client is unknown, or its secret is wrong")
	f.header = []string{"WWW-Authenticate", `Basic realm="cookbook"`}
	return "", f
}

// exchange burns the code, whether or not all is well.
func (k *cookbook) exchange(c *call, client string, in *oidcTokenForm) (oidcTokens, error) {
	if client != webClient {
		return oidcTokens{}, oauthProblem("unauthorized_client", "codes are for %s", webClient)
	}
	id, _ := k.s.signer.open(codePrefix, in.Code)
	found, ok := k.codes.take(id)
	sum := sha256.Sum256([]byte(in.CodeVerifier))
	switch {
	case !ok:
		return oidcTokens{}, oauthProblem("invalid_grant", "the code is not valid, or has been used")
	case !c.began.Before(found.until):
		return oidcTokens{}, oauthProblem("invalid_grant", "the code has expired")
	case in.RedirectURI != found.begun.redirect:
		return oidcTokens{}, oauthProblem("invalid_grant", "redirect_uri is not the one that the sign-in began with")
	case len(in.CodeVerifier) < 43 || len(in.CodeVerifier) > 128:
		return oidcTokens{}, oauthProblem("invalid_request", "code_verifier must have 43 to 128 characters")
	case !sameSecret(base64.RawURLEncoding.EncodeToString(sum[:]), found.begun.challenge):
		return oidcTokens{}, oauthProblem("invalid_grant", "code_verifier is not the one behind code_challenge")
	}
	return k.oidcTokens(c, oidcGrant{email: found.email, scope: found.begun.scope, nonce: found.begun.nonce}), nil
}

func (k *cookbook) renew(c *call, client string, in *oidcTokenForm) (oidcTokens, error) {
	id, _ := k.s.signer.open(oidcRenewPrefix, in.RefreshToken)
	g, ok := k.refreshes.take(id)
	if !ok || client != webClient {
		return oidcTokens{}, oauthProblem("invalid_grant", "the refresh token is not valid, or has been used")
	}
	return k.oidcTokens(c, g), nil
}

func (k *cookbook) ownTokens(c *call, client string, in *oidcTokenForm) (oidcTokens, error) {
	if client != serviceClient {
		return oidcTokens{}, oauthProblem("unauthorized_client", "%s has no credentials of its own", client)
	}
	const scope = "service"
	if in.Scope != "" && in.Scope != scope {
		return oidcTokens{}, oauthProblem("invalid_scope", "the scope of %s is %s", client, scope)
	}
	return oidcTokens{AccessToken: k.oidcAccess(c, client, scope), TokenType: "Bearer", ExpiresIn: int(oidcTokenLife / time.Second), Scope: scope}, nil
}

// oidcTokens makes all tokens of somebody who has signed in.
func (k *cookbook) oidcTokens(c *call, g oidcGrant) oidcTokens {
	g = k.refreshes.add(func(id string) oidcGrant { g.id = id; return g })
	now := c.began.Unix()
	return oidcTokens{
		AccessToken: k.oidcAccess(c, g.email, g.scope), TokenType: "Bearer", ExpiresIn: int(oidcTokenLife / time.Second), Scope: g.scope,
		RefreshToken: k.s.signer.sign(oidcRenewPrefix, g.id),
		IDToken:      signJWT(idClaims{c.origin(), subjectOf(g.email), webClient, now, now + int64(oidcTokenLife/time.Second), g.nonce, g.email}, idTokenKey),
	}
}

// oidcAccess is an access token; its payload is "expiry subject scope".
func (k *cookbook) oidcAccess(c *call, subject, scope string) string {
	expiry := strconv.FormatInt(c.began.Add(oidcTokenLife).Unix(), 10)
	return k.s.signer.sign(oidcTokenPrefix, expiry+" "+subject+" "+scope)
}

// oidcBearer guards by access tokens with the scope openid.
func (k *cookbook) oidcBearer() *guard {
	return &guard{"oidcToken", "access token of /oidc/token", map[string]any{"type": "http", "scheme": "bearer"}, func(c *call) error {
		token, err := c.bearerOf()
		if err != nil {
			return err
		}
		payload, ok := k.s.signer.open(oidcTokenPrefix, token)
		parts := strings.Fields(payload)
		if !ok || len(parts) < 2 {
			return badToken("the access token is not valid")
		}
		if until, err := strconv.ParseInt(parts[0], 10, 64); err != nil || c.began.Unix() >= until {
			return badToken("the access token has expired")
		}
		if !slices.Contains(parts[2:], "openid") {
			f := problem(http.StatusForbidden, "insufficient_scope", "the access token has no scope openid")
			f.header = []string{"WWW-Authenticate", `Bearer realm="cookbook", error="insufficient_scope", scope="openid"`}
			return f
		}
		c.who = principal{email: parts[1], by: "token"}
		return nil
	}}
}

func (k *cookbook) userinfo(c *call) (reply, error) {
	name, _, _ := strings.Cut(c.who.email, "@")
	return asJSON(http.StatusOK, userinfo{subjectOf(c.who.email), c.who.email, true, name}), nil
}

func subjectOf(email string) string {
	sum := sha256.Sum256([]byte(email))
	return hex.EncodeToString(sum[:8])
}

// signJWT makes a JSON Web Token, signed with HS256 (RFC 7515, section 3.1).
func signJWT(claims any, key string) string {
	body, err := json.Marshal(claims)
	if err != nil {
		panic("exampleapi: " + err.Error()) // claims are our own types
	}
	b64 := base64.RawURLEncoding
	text := b64.EncodeToString([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + b64.EncodeToString(body)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(text))
	return text + "." + b64.EncodeToString(mac.Sum(nil))
}
