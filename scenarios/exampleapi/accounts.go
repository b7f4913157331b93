package exampleapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

type loginInput struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

type loginAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds
}

type account struct {
	Email string `json:"email"`
	Name  string `json:"name"`
	Role  string `json:"role"`
	By    string `json:"authenticated_by"`
}

type keyInput struct {
	Name string `json:"name"`
}

type apiKey struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Hint      string    `json:"hint"` // the key's last characters
	CreatedAt time.Time `json:"created_at"`
}

type newAPIKey struct {
	apiKey
	Key string `json:"key"` // shown once
}

// A keyring is the API keys of one account: the latest twenty.
type keyring struct {
	Items []apiKey `json:"items"`
	Total int      `json:"total"`
	Made  int      `json:"-"` // ever
}

const keptKeys = 20

// accountRoutes signs people in under prefix and says who they are.
func (s *Service) accountRoutes(prefix string) []route {
	return []route{
		{method: "POST", pattern: prefix + "/login", summary: "Sign in with any e-mail address and password; the password \"wrong\" is wrong",
			open: true, latency: login, in: loginInput{}, out: loginAnswer{}, also: []int{401}, serve: s.login},
		{method: "GET", pattern: prefix + "/me", summary: "Who the credentials belong to",
			latency: quick, out: account{}, serve: s.me},
		{method: "GET", pattern: prefix + "/keys", summary: "The API keys of this account",
			latency: quick, out: keyring{}, serve: s.listKeys},
		{method: "POST", pattern: prefix + "/keys", summary: "Make an API key, to be sent as X-API-Key",
			latency: write, in: keyInput{}, out: newAPIKey{}, status: 201, serve: s.makeKey},
	}
}

func (s *Service) login(c *call) (reply, error) {
	var in loginInput
	if err := c.decode(&in); err != nil {
		return reply{}, err
	}
	switch {
	case !plausibleEmail(in.Email):
		return reply{}, invalid("email must be an e-mail address")
	case in.Password == "":
		return reply{}, invalid("password can't be empty")
	case in.Password == "wrong":
		return reply{}, unauthorized("e-mail address or password is wrong")
	}
	return asJSON(http.StatusOK, loginAnswer{s.newToken(in.Email), "bearer", int(tokenLife / time.Second)}), nil
}

func plausibleEmail(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= 254 && !strings.ContainsAny(s, " \t\r\n")
}

func (s *Service) me(c *call) (reply, error) {
	name, _, _ := strings.Cut(c.who.email, "@")
	return asJSON(http.StatusOK, account{c.who.email, name, "operator", c.who.by}), nil
}

func (s *Service) listKeys(c *call) (reply, error) {
	if body, ok := s.keyrings.encoded(c.who.email); ok {
		return encoded(http.StatusOK, body), nil
	}
	return asJSON(http.StatusOK, keyring{Items: []apiKey{}}), nil
}

func (s *Service) makeKey(c *call) (reply, error) {
	var in keyInput
	if err := c.decode(&in); err != nil {
		return reply{}, err
	}
	if in.Name == "" || len(in.Name) > 100 {
		return reply{}, invalid("name must have 1 to 100 characters")
	}
	var made newAPIKey
	_, err := s.keyrings.put(c.who.email, func(ring keyring, _ bool) (keyring, error) {
		ring.Made++
		id := "key-" + strconv.Itoa(ring.Made)
		key := s.newKey(id, c.who.email)
		made = newAPIKey{apiKey{id, in.Name, key[len(key)-4:], c.began.UTC()}, key}
		items := append(slices.Clone(ring.Items), made.apiKey)
		ring.Items = items[max(0, len(items)-keptKeys):]
		ring.Total = len(ring.Items)
		return ring, nil
	})
	if err != nil {
		return reply{}, err
	}
	return asJSON(http.StatusCreated, made), nil
}
