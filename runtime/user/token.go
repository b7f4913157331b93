package user

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"throng/dsl/plan"
)

// token is an access token. It is not changed once it is made.
type token struct {
	value   string
	renew   int64 // when a new one is fetched, on the clock
	expires int64 // when this one ends
}

// tokens is where users get their tokens from: one for all of a run, or one
// of each user.
type tokens struct {
	current atomic.Pointer[token]
	mu      sync.Mutex
	busy    chan struct{} // closed when the fetch under way is over; nil without one
	why     verdict       // of the last fetch
}

// drop forgets a token that the target has rejected, unless there is a newer
// one already.
func (s *tokens) drop(t *token) { s.current.CompareAndSwap(t, nil) }

// renewMargin is how long before its end a token is renewed: a tenth of its
// life, and no more than this.
const renewMargin = 30 * time.Second

// source is where the user gets the tokens of an auth from.
func (u *User) source(a *plan.Auth) *tokens {
	if !a.PerUser {
		return u.env.tokens[a.Number]
	}
	s := u.root.tokens[a]
	if s == nil {
		if u.root.tokens == nil {
			u.root.tokens = map[*plan.Auth]*tokens{}
		}
		s = &tokens{}
		u.root.tokens[a] = s
	}
	return s
}

// sources are those of the tokens that a whole run shares, by number.
func sources(p *plan.Plan) map[int]*tokens {
	all := map[int]*tokens{}
	note := func(a *plan.Auth) {
		if a != nil && a.Kind == plan.AuthOAuth2 && !a.PerUser && all[a.Number] == nil {
			all[a.Number] = &tokens{}
		}
	}
	for i := range p.Classes {
		p.Classes[i].EachStep(func(s plan.Step) {
			switch s := s.(type) {
			case *plan.Request:
				note(s.Auth)
			case *plan.Socket:
				note(s.Auth)
			}
		})
	}
	return all
}

// token is a token that holds. Who finds none, or one that is about to end,
// fetches the next; others wait for it only where they have none. The error
// says why there is none.
func (u *User) token(a *plan.Auth) (*token, flow, error) {
	s := u.source(a)
	for {
		t, now := s.current.Load(), u.env.Clock.Now()
		if t != nil && now < t.renew {
			return t, goOn, nil
		}
		s.mu.Lock()
		if s.current.Load() != t {
			s.mu.Unlock()
			continue
		}
		busy := s.busy
		if busy == nil {
			s.busy = make(chan struct{})
			s.mu.Unlock()
			return u.fetch(a, s, t)
		}
		s.mu.Unlock()
		if t != nil && now < t.expires {
			return t, goOn, nil
		}
		if f, err := u.awaitToken(a, busy); f != goOn || err != nil {
			return nil, f, err
		}
		s.mu.Lock()
		why := s.why
		s.mu.Unlock()
		if t := s.current.Load(); t != nil {
			return t, goOn, nil
		}
		if why.class != plan.OK {
			return nil, goOn, u.tokenless(a, why)
		}
	}
}

// awaitToken waits until a fetch under way is over, for at most as long as
// the request for a token may take.
func (u *User) awaitToken(a *plan.Auth, busy <-chan struct{}) (flow, error) {
	late := time.NewTimer(a.Token.Timeout)
	defer late.Stop()
	u.yield()
	defer u.regain()
	select {
	case <-busy:
		return goOn, nil
	case <-u.env.cut:
		return endCut, nil
	case <-late.C:
		return goOn, defect(a.Site, "no token came within %s: another user is still fetching it", a.Token.Timeout)
	}
}

// tokenless says why there is no token.
func (u *User) tokenless(a *plan.Auth, why verdict) error {
	row := u.env.Plan.Rows[u.env.Plan.Series[a.Token.Series].Row]
	return defect(a.Site, "no token: %s failed: %s", row.Label(), why.detail)
}

// fetch gets a token, as a request of its own with a sample of its own. It
// fails no group and is not retried by the steps around. An old token that
// still holds is used on where there is no new one.
func (u *User) fetch(a *plan.Auth, s *tokens, old *token) (*token, flow, error) {
	g := &grant{}
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if g.token != nil {
			s.current.Store(g.token)
		}
		s.why = g.why
		close(s.busy)
		s.busy = nil
	}()
	retry, group := u.retry, u.group
	u.retry, u.group, u.grant = nil, nil, g
	if u.env.trace != nil {
		u.remark(a.Site, "fetches a token")
	}
	f := u.request(a.Token)
	u.retry, u.group, u.grant = retry, group, nil
	now := u.env.Clock.Now()
	switch {
	case g.token != nil:
		return g.token, goOn, nil
	case f != goOn:
		if g.why.class == plan.OK {
			g.why = verdict{plan.FailInternal, "it was broken off", a.Site}
		}
		return nil, f, nil
	case old != nil && now < old.expires:
		const pause = int64(time.Second) // before it is tried again
		g.token = &token{old.value, min(now+pause, old.expires), old.expires}
		return g.token, goOn, nil
	}
	if old != nil {
		s.drop(old)
	}
	return nil, goOn, u.tokenless(a, g.why)
}

// grant is what a request for a token came to.
type grant struct {
	token *token
	why   verdict // why there is none
}

// take reads the answer to a request for a token (RFC 6749, section 5). v is
// what was found of it so far.
func (g *grant) take(u *User, r *plan.Request, v verdict) verdict {
	var answer struct {
		Token       string          `json:"access_token"`
		Type        string          `json:"token_type"`
		Expires     json.RawMessage `json:"expires_in"`
		Error       string          `json:"error"`
		Description string          `json:"error_description"`
	}
	err := json.Unmarshal(u.result.Body, &answer)
	if v.class != plan.OK {
		if v.class == plan.FailStatus && err == nil && answer.Error != "" {
			v.detail += ", " + begin(answer.Error, 60)
			if answer.Description != "" {
				v.detail += ": " + begin(answer.Description, 120)
			}
		}
		return v
	}
	refuse := func(detail string) verdict { return verdict{plan.FailCapture, detail, r.Site} }
	switch {
	case err != nil:
		return refuse("the answer is no token: it is not a JSON object of the expected form")
	case answer.Token == "":
		return refuse("the answer holds no access_token")
	case answer.Type != "" && !strings.EqualFold(answer.Type, "bearer"):
		return refuse("the token is of type " + begin(answer.Type, 40) + ", not Bearer")
	case strings.ContainsFunc(answer.Token, func(c rune) bool { return c <= ' ' || c >= 0x7f }):
		return refuse("the access_token holds characters that cannot be sent in a header")
	}
	life, ok := lifeOf(answer.Expires)
	if !ok {
		return refuse("expires_in is no number of seconds")
	}
	t := &token{value: answer.Token, renew: math.MaxInt64, expires: math.MaxInt64}
	if life > 0 {
		t.expires = u.result.End + int64(life)
		t.renew = t.expires - int64(min(life/10, renewMargin))
	}
	g.token = t
	return v
}

// lifeOf is how long a token holds; 0 where the answer does not say. Some
// servers write the number as text.
func lifeOf(raw json.RawMessage) (time.Duration, bool) {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return 0, true
	}
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || s < 0 || math.IsNaN(s) {
		return 0, false
	}
	const longest = 10 * 365 * 24 * time.Hour
	return max(1, time.Duration(min(s, longest.Seconds())*float64(time.Second))), true
}
