package user

import (
	"net/url"
	"strings"

	"throng/dsl/plan"
)

// renderAddress points the message to the address that a request's url says,
// and reports whether that is away from the request's own target.
//
// What is relative is so to the address of the user's last answer if that is
// on the target, as it would be on a page (RFC 3986), else to the target's
// base address.
func (u *User) renderAddress(r *plan.Request) (away bool, err error) {
	v, err := r.URL.Eval(&u.frame)
	if err != nil {
		return false, err
	}
	text := strings.TrimSpace(v.Text())
	switch {
	case v.IsNull():
		return false, defect(r.Site, "url is %s", v.TypeName())
	case text == "":
		return false, defect(r.Site, "url is empty")
	}
	ref, err := url.Parse(text)
	if err != nil {
		return false, defect(r.Site, "url is no address")
	}
	to := u.relativeTo(r).ResolveReference(ref)
	if to.User != nil {
		return false, defect(r.Site, "url has a user name or password in it, which is not sent; an Authorization header can say it")
	}
	away, problem := u.aim(to)
	if problem != "" {
		return false, &plan.EvalError{Site: r.Site, Class: plan.FailRedirect, Message: "url leads to " + problem}
	}
	u.uri = appendURI(u.uri[:0], to)
	return away, u.appendQuery(r)
}

// relativeTo is what a relative url is relative to.
func (u *User) relativeTo(r *plan.Request) *url.URL {
	to := &u.env.routes[r.Target]
	if t := u.trail; t != nil && t.scheme == to.Scheme && t.addr == to.Addr {
		return address(t.scheme, t.addr, t.uri)
	}
	return address(to.Scheme, to.Addr, u.env.Plan.Targets[r.Target].BasePath+"/")
}

// aim points the message at the host of an address: where it goes already, or
// another declared target, which is away. The problem is the address of
// something else, in words.
func (u *User) aim(to *url.URL) (away bool, problem string) {
	m := &u.message
	if strings.EqualFold(to.Scheme, m.Route.Scheme) && (strings.EqualFold(to.Host, m.Route.Addr) || strings.EqualFold(to.Host, m.Host)) {
		return false, "" // a Host header of the request's own stays
	}
	known := u.env.routeTo(to)
	switch {
	case known == nil && to.Host == "":
		return false, to.Scheme + ":, which is no web address"
	case known == nil:
		return false, to.Scheme + "://" + to.Host + ", which is no declared target"
	case known.Addr == m.Route.Addr && known.Scheme == m.Route.Scheme:
		return false, ""
	}
	m.Route, m.Host = known, known.Host
	return true, ""
}

// withoutCredentials takes from the header what is meant for another target:
// what is always a credential, and what is made of something secret.
func (u *User) withoutCredentials(r *plan.Request) {
	names := []string{"Authorization", "Cookie", "Proxy-Authorization"}
	for i := range r.Headers {
		if p := &r.Headers[i]; p.Secret {
			names = append(names, p.Name)
		}
	}
	u.header = without(u.header, names...)
}
