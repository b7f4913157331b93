package exampleapi

import (
	"net/http"
	"strings"
	"time"
)

const (
	accessPrefix  = "cat_"
	refreshPrefix = "crt_"
)

// terms say how long an access token lives.
type terms struct {
	uses int // requests it is good for; 0 for any number
	ttl  time.Duration
}

// A grant is what an access token stands for.
type grant struct {
	id    string
	email string
	terms
	left  int // uses
	until time.Time
}

// A renewal is what a refresh token stands for. It works once.
type renewal struct {
	id    string
	email string
	terms
}

type refreshInput struct {
	RefreshToken string `json:"refresh_token"`
}

type tokenPair struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token"`
}

type me struct {
	Email     string `json:"email"`
	Name      string `json:"name"`
	Role      string `json:"role"`
	ExpiresIn int    `json:"expires_in"` // seconds
	UsesLeft  *int   `json:"uses_left"`  // null: any number
}

func (k *cookbook) tokenRoutes() []route {
	return []route{
		{method: "POST", pattern: "/auth/login", summary: "Sign in with any e-mail address; the password is open-sesame. An access token lives ttl seconds and uses requests (0: any number)",
			query: []param{whole("ttl", 1, 86_400, 60), whole("uses", 0, 1_000_000, 0)},
			in:    loginInput{}, out: tokenPair{}, also: []int{401}, serve: k.signIn},
		{method: "POST", pattern: "/auth/refresh", summary: "New tokens, on the terms of the login, for a refresh token, which works once",
			in: refreshInput{}, out: tokenPair{}, also: []int{401}, serve: k.refresh},
		{method: "GET", pattern: "/me", summary: "Who the access token belongs to; counts as a use", guard: k.bearer(), out: me{}, serve: k.whoami},
	}
}

func (k *cookbook) signIn(c *call) (reply, error) {
	var in loginInput
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	ok, err := checkPassword(in.Email, in.Password)
	switch {
	case err != nil:
		return reply{}, err
	case !ok:
		return reply{}, unauthorized("e-mail address or password is wrong")
	}
	t := terms{c.number("uses"), time.Duration(c.number("ttl")) * time.Second}
	return asJSON(http.StatusOK, k.issue(c, in.Email, t)), nil
}

// issue makes a new pair of tokens.
func (k *cookbook) issue(c *call, email string, t terms) tokenPair {
	g := k.grants.add(func(id string) grant { return grant{id, email, t, t.uses, c.began.Add(t.ttl)} })
	r := k.renewals.add(func(id string) renewal { return renewal{id, email, t} })
	return tokenPair{k.s.signer.sign(accessPrefix, g.id), "bearer", int(t.ttl / time.Second), k.s.signer.sign(refreshPrefix, r.id)}
}

func (k *cookbook) refresh(c *call) (reply, error) {
	var in refreshInput
	if err := c.object(&in); err != nil {
		return reply{}, err
	}
	if in.RefreshToken == "" {
		return reply{}, invalid("refresh_token can't be empty")
	}
	id, _ := k.s.signer.open(refreshPrefix, in.RefreshToken)
	r, ok := k.renewals.take(id)
	if !ok {
		return reply{}, badToken("the refresh token is not valid, or has been used")
	}
	return asJSON(http.StatusOK, k.issue(c, r.email, r.terms)), nil
}

func (k *cookbook) whoami(c *call) (reply, error) {
	g, ok := k.grants.get(c.who.session)
	if !ok {
		return reply{}, badToken("the access token is not valid")
	}
	name, _, _ := strings.Cut(g.email, "@")
	m := me{g.email, name, "customer", int(g.until.Sub(c.began) / time.Second), nil}
	if g.uses > 0 {
		m.UsesLeft = &g.left
	}
	return asJSON(http.StatusOK, m), nil
}

// badToken is an answer after RFC 6750, section 3.
func badToken(detail string) *failed {
	f := problem(http.StatusUnauthorized, "invalid_token", "%s", detail)
	f.header = []string{"WWW-Authenticate", `Bearer realm="cookbook", error="invalid_token", error_description="` + detail + `"`}
	return f
}

// bearerOf returns the token of an Authorization header.
func (c *call) bearerOf() (token string, err error) {
	scheme, value, _ := strings.Cut(c.r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") || value == "" {
		f := unauthorized("a bearer token is needed")
		f.header = []string{"WWW-Authenticate", `Bearer realm="cookbook"`}
		return "", f
	}
	return strings.TrimSpace(value), nil
}

// bearer guards by access tokens, and takes one use of them.
func (k *cookbook) bearer() *guard {
	return &guard{"accessToken", "access token", map[string]any{"type": "http", "scheme": "bearer"}, func(c *call) error {
		token, err := c.bearerOf()
		if err != nil {
			return err
		}
		id, _ := k.s.signer.open(accessPrefix, token)
		g, ok, err := k.grants.change(id, func(g *grant) error {
			switch {
			case !c.began.Before(g.until):
				return badToken("the access token has expired")
			case g.uses > 0 && g.left == 0:
				return badToken("the access token has expired: it has been used up")
			}
			g.left--
			return nil
		})
		switch {
		case !ok:
			return badToken("the access token is not valid")
		case err != nil:
			return err
		}
		c.who = principal{email: g.email, session: id, by: "token"}
		return nil
	}}
}
