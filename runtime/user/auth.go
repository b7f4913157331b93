package user

import (
	"bytes"
	"net/http"

	"throng/dsl/plan"
)

// authenticated makes attempts at a request that needs more than a header to
// say who the user is. With a token that the target rejects although it should still
// hold, the request is made once more with a new one: the first attempt is a
// sample of its own, marked as retried, as every attempt is.
func (u *User) authenticated(r *plan.Request, attempt func() flow) flow {
	for renewed := false; ; renewed = true {
		t, f, err := u.prepare(r.Auth)
		switch {
		case f != goOn:
			return f
		case err != nil:
			u.clear(r)
			return u.unsent(r, err)
		}
		u.mayRenew = t != nil && !renewed
		f = attempt()
		if u.mayRenew = false; !u.rejected {
			return f
		}
		u.rejected = false
		u.source(r.Auth).drop(t)
	}
}

// prepare gets what an auth needs before a request can be rendered: the token
// that appendAuth will write. It is nil, without an error, where none is
// needed. A flow other than goOn says that the run was cut meanwhile.
func (u *User) prepare(a *plan.Auth) (*token, flow, error) {
	if a == nil || a.Kind != plan.AuthOAuth2 {
		return nil, goOn, nil
	}
	t, f, err := u.token(a)
	u.bearer = ""
	if t != nil {
		u.bearer = t.value
	}
	return t, f, err
}

// appendAuth appends the Authorization line of a request that is about to be
// sent, if there is one yet: a digest needs the target's challenge first.
func (u *User) appendAuth(dst []byte, a *plan.Auth, method string, uri []byte) ([]byte, error) {
	switch {
	case a == nil:
	case a.Kind == plan.AuthOAuth2 && u.bearer == "":
		return dst, defect(a.Site, "there is no token to send")
	case a.Kind == plan.AuthOAuth2:
		dst = append(append(append(dst, "Authorization: Bearer "...), u.bearer...), "\r\n"...)
	default:
		c := u.root.challenges[a]
		if c == nil {
			break
		}
		user, err := u.credential(a, a.User, "username")
		if err != nil {
			return dst, err
		}
		password, err := u.credential(a, a.Password, "password")
		if err != nil {
			return dst, err
		}
		dst = append(c.appendAnswer(append(dst, "Authorization: "...), user, password, method, string(uri)), "\r\n"...)
	}
	return dst, nil
}

// credential is the value of a user name or password.
func (u *User) credential(a *plan.Auth, e plan.Expr, what string) (string, error) {
	v, err := e.Eval(&u.frame)
	if err != nil {
		return "", err
	}
	if v.IsNull() {
		return "", defect(a.Site, "the %s of auth is null", what)
	}
	text, problem := plan.AppendEncoded(nil, v, plan.EncHeader)
	if problem != "" {
		return "", defect(a.Site, "the %s of auth cannot be sent: %s", what, problem)
	}
	return string(text), nil
}

// authorize writes the Authorization line into the header at hand, instead of
// one that may stand there. Another host than the request's own is told
// nothing.
func (u *User) authorize(r *plan.Request) (err error) {
	if r.Auth == nil || u.away {
		return nil
	}
	u.header = without(u.header, "Authorization")
	u.header, err = u.appendAuth(u.header, r.Auth, u.message.Method, u.message.URI)
	return err
}

// challenged takes the challenge of an answer of 401 and reports whether the
// request is to be sent again with an answer to it. answered is how many it
// was sent with already: a second one is given only where the first was
// refused for its age alone.
func (u *User) challenged(a *plan.Auth, header []byte, answered int) bool {
	if a == nil || a.Kind != plan.AuthDigest || answered > 1 {
		return false
	}
	c := readChallenge(header)
	if c == nil || answered == 1 && !c.stale {
		return false
	}
	if u.root.challenges == nil {
		u.root.challenges = map[*plan.Auth]*challenge{}
	}
	u.root.challenges[a] = c
	return true
}

// meets reports whether the answer at hand is a challenge that the request
// can be sent again for, and makes it ready for that.
func (u *User) meets(r *plan.Request, answered int) (again bool, err error) {
	if u.result.Status != http.StatusUnauthorized || u.away || !u.challenged(r.Auth, u.result.Header, answered) {
		return false, nil
	}
	if u.env.trace != nil {
		u.remark(r.Auth.Site, "answers the digest challenge")
	}
	if err := u.authorize(r); err != nil {
		return false, err
	}
	u.renewCookies()
	u.message.Header = u.header
	return true, nil
}

// renewCookies brings the Cookie line of the header at hand up to date.
func (u *User) renewCookies() {
	if !u.ownCookie {
		u.header = without(u.header, "Cookie")
	}
	u.addCookies()
}

// renews reports whether a request that failed is made again with a new token.
func (u *User) renews(r *plan.Request, v verdict) bool {
	return u.mayRenew && r.Auth != nil && v.class == plan.FailStatus && u.sample.Status == http.StatusUnauthorized && !u.env.isCut.Load()
}

// discreet is the body of an answer as people may see it. One that holds
// tokens is not shown.
func (u *User) discreet(body []byte) []byte {
	if u.grant != nil && bytes.Contains(body, []byte(`_token"`)) {
		return []byte(hidden)
	}
	return body
}
