package user

import (
	"net/url"
	"strconv"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/webform"
)

// renderSubmit fills in a form of the last page and writes where it leads and
// what it sends. The first result is the body's type.
func (u *User) renderSubmit(r *plan.Request) (kind bodyType, err error) {
	f, err := u.form(r)
	if err != nil {
		return kind, err
	}
	if err := u.fill(r, f); err != nil {
		return kind, err
	}
	if f.Method != r.Method {
		return kind, defect(r.Site, "the form is sent with %s, this request says %s", f.Method, r.Method)
	}
	if err := u.leadsTo(r, f.Action); err != nil {
		return kind, err
	}
	entries := f.Entries()
	if f.Method == "GET" {
		to := *f.Action
		to.RawQuery = string(webform.AppendURLEncoded(nil, entries))
		u.uri = appendURI(u.uri[:0], &to)
		return kind, u.appendQuery(r)
	}
	u.uri = appendURI(u.uri[:0], f.Action)
	if err := u.appendQuery(r); err != nil {
		return kind, err
	}
	kind = bodyType{text: f.Encoding, firm: true}
	switch f.Encoding {
	case webform.PlainText:
		return kind, defect(r.Site, "the form is sent as text/plain, which throng does not do")
	case webform.Multipart:
		kind.boundary = u.env.boundaries[r]
		err = u.renderEntries(r, entries)
	default:
		u.body = webform.AppendURLEncoded(u.body[:0], entries)
	}
	return kind, err
}

// form finds the form that a request is about.
func (u *User) form(r *plan.Request) (*webform.Form, error) {
	selector := ""
	if r.Submit.Form != nil {
		v, err := r.Submit.Form.Eval(&u.frame)
		if err != nil {
			return nil, err
		}
		if selector = v.Text(); !v.IsNull() && selector == "" {
			return nil, defect(r.Site, "form is an empty selector")
		}
	}
	if u.trail == nil || u.trail.page == nil {
		return nil, defect(r.Site, "there is no form to submit: this user has been given no HTML page yet")
	}
	p := u.trail.page
	f, err := webform.Read(p.text, p.from, selector)
	switch {
	case err != nil && p.size > p.kept:
		return nil, defect(r.Site, "%v (in its first %d bytes; the rest of a page is not kept)", err, p.kept)
	case err != nil:
		return nil, defect(r.Site, "%v (the page is %s)", err, p.from.Path)
	}
	return f, nil
}

// fill puts the request's fields into the form.
func (u *User) fill(r *plan.Request, f *webform.Form) error {
	for i := range r.Submit.Fields {
		p := &r.Submit.Fields[i]
		v, err := p.Value.Eval(&u.frame)
		if err != nil {
			return err
		}
		switch {
		case !f.Has(p.Name):
			return defect(p.Site, "the form has no field %s; it has %s", strconv.Quote(begin(p.Name, 100)), fieldNames(f))
		case f.IsFile(p.Name) && !v.IsNull():
			return defect(p.Site, "field %s is a file, which submit can only leave empty; send it with post and part", strconv.Quote(begin(p.Name, 100)))
		case v.Kind() == plan.Bool && f.Check(p.Name, v.True()):
			continue
		}
		values, err := texts(p, v)
		if err != nil {
			return err
		}
		f.Set(p.Name, values...)
	}
	return nil
}

// texts are the values of a field: of a list all items, of null none.
func texts(p *plan.Pair, v plan.Value) ([]string, error) {
	items := []plan.Value{v}
	if v.Kind() == plan.List {
		items = v.Items()
	}
	var all []string
	for _, item := range items {
		if item.IsNull() {
			continue
		}
		b, problem := plan.AppendEncoded(nil, item, plan.EncText)
		if problem != "" {
			return nil, defect(p.Site, "field %s: %s", p.Name, problem)
		}
		all = append(all, string(b))
	}
	return all, nil
}

func fieldNames(f *webform.Form) string {
	const most = 12
	names := f.Names(most + 1)
	if len(names) == 0 {
		return "none"
	}
	for i := range names {
		if i == most {
			names[i] = "…"
			break
		}
		names[i] = begin(names[i], 40)
	}
	return strings.Join(names, ", ")
}

// leadsTo holds the form's action against the request's route.
func (u *User) leadsTo(r *plan.Request, to *url.URL) error {
	var err error
	if u.uri, err = r.Path.Append(&u.frame, u.uri[:0]); err != nil {
		return err
	}
	want, err := url.PathUnescape(string(u.uri))
	if err != nil {
		want = string(u.uri)
	}
	if to.User != nil {
		return defect(r.Site, "the form's action has a user name or password in it")
	}
	elsewhere := to.Scheme + "://" + to.Host + to.EscapedPath()
	if away, problem := u.aim(to); problem != "" {
		return &plan.EvalError{Site: r.Site, Class: plan.FailRedirect, Message: "the form leads to " + problem}
	} else if away {
		return defect(r.Site, "the form leads to %s, which is not on the target of this request", strconv.Quote(begin(elsewhere, 100)))
	}
	path := to.Path
	if path == "" {
		path = "/"
	}
	if path != want && path != "/"+strings.TrimPrefix(want, "/") {
		return defect(r.Site, "the form leads to %s, not to %s", strconv.Quote(begin(to.EscapedPath(), 100)), begin(string(u.uri), 100))
	}
	return nil
}
