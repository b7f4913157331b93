package exampleapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// demoKey is an API key that every service knows from the start.
const demoKey = "throng-example-key"

const tokenLife = 24 * time.Hour

// A principal is who sent a request.
type principal struct {
	email   string
	session string // differs for every login and every key
	by      string // "token" or "api_key"
}

// A signer makes credentials that carry their own proof, so that none has to
// be remembered: PREFIX BASE64(payload) "." BASE64(signature).
type signer struct{ key []byte }

func newSigner(seed uint64) signer {
	return signer{binary.LittleEndian.AppendUint64([]byte("exampleapi"), seed)}
}

func (s signer) sum(prefix, payload string) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(prefix))
	mac.Write([]byte(payload))
	return mac.Sum(nil)[:16]
}

func (s signer) sign(prefix, payload string) string {
	b64 := base64.RawURLEncoding
	return prefix + b64.EncodeToString([]byte(payload)) + "." + b64.EncodeToString(s.sum(prefix, payload))
}

// open returns the payload of what sign made with the same prefix.
func (s signer) open(prefix, credential string) (payload string, ok bool) {
	rest, found := strings.CutPrefix(credential, prefix)
	body, proof, dot := strings.Cut(rest, ".")
	if !found || !dot {
		return "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return "", false
	}
	signature, err := base64.RawURLEncoding.DecodeString(proof)
	if err != nil || !hmac.Equal(signature, s.sum(prefix, string(raw))) {
		return "", false
	}
	return string(raw), true
}

const (
	tokenPrefix = "tok_"
	keyPrefix   = "key_"
)

// newToken signs a session of email in; the payload is "number expiry email".
func (s *Service) newToken(email string) string {
	number := strconv.FormatUint(s.logins.Add(1), 10)
	expiry := strconv.FormatInt(s.now().Add(tokenLife).Unix(), 10)
	return s.signer.sign(tokenPrefix, number+" "+expiry+" "+email)
}

func (s *Service) newKey(id, email string) string {
	return s.signer.sign(keyPrefix, id+" "+email)
}

// authenticate finds out who sent r: by "Authorization: Bearer", by X-API-Key,
// or, for browsers' sockets, by the query parameters token and api_key.
func (s *Service) authenticate(r *http.Request) (principal, error) {
	token, key := "", r.Header.Get("X-API-Key")
	if scheme, value, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(scheme, "bearer") {
		token = strings.TrimSpace(value)
	}
	if token == "" && key == "" && r.URL.RawQuery != "" {
		query := r.URL.Query()
		token, key = query.Get("token"), query.Get("api_key")
	}
	switch {
	case token != "":
		if who, ok := s.tokenOwner(token); ok {
			return who, nil
		}
		return principal{}, unauthorized("the token is not valid or has expired")
	case key != "":
		if who, ok := s.keyOwner(key); ok {
			return who, nil
		}
		return principal{}, unauthorized("the API key is not valid")
	}
	return principal{}, unauthorized("a bearer token or an API key is needed")
}

func unauthorized(detail string) *failed {
	f := problem(http.StatusUnauthorized, "unauthorized", "%s", detail)
	f.header = []string{"WWW-Authenticate", "Bearer"}
	return f
}

func (s *Service) tokenOwner(token string) (principal, bool) {
	payload, ok := s.signer.open(tokenPrefix, token)
	if !ok {
		return principal{}, false
	}
	number, rest, _ := strings.Cut(payload, " ")
	expiry, email, _ := strings.Cut(rest, " ")
	until, err := strconv.ParseInt(expiry, 10, 64)
	if err != nil || s.now().Unix() >= until {
		return principal{}, false
	}
	return principal{email: email, session: "session-" + number, by: "token"}, true
}

func (s *Service) keyOwner(key string) (principal, bool) {
	if key == demoKey {
		return principal{email: "demo@example.com", session: "key-demo", by: "api_key"}, true
	}
	payload, ok := s.signer.open(keyPrefix, key)
	if !ok {
		return principal{}, false
	}
	id, email, _ := strings.Cut(payload, " ")
	return principal{email: email, session: id, by: "api_key"}, true
}
