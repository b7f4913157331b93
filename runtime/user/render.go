package user

import (
	"bytes"
	"strings"

	"throng/dsl/plan"
)

func newRoute(t *plan.Target) route {
	return route{
		scheme: t.Scheme,
		addr:   t.Address(),
		server: t.Host,
		host:   t.Authority(),
	}
}

// render writes a request into the user's buffers and message. It allocates
// only where an expression does.
func (u *User) render(r *plan.Request) error {
	to := &u.env.routes[r.Target]
	m := &u.message
	m.Scheme, m.Addr, m.Server, m.Host = to.scheme, to.addr, to.server, to.host
	m.Method, m.Timeout = r.Method, r.Timeout
	m.KeepBody = u.keepsBody(r)
	var err error
	if r.Host != nil {
		if m.Host, err = u.hostHeader(r); err != nil {
			return err
		}
	}
	if err = u.renderURI(r); err != nil {
		return err
	}
	if err = u.renderHeader(r); err != nil {
		return err
	}
	m.URI = u.uri
	u.addCookies()
	m.Header = u.header
	m.Body = nil
	if r.Body != nil {
		if err = u.renderBody(r.Body); err != nil {
			return err
		}
		m.Body = u.body
	}
	return nil
}

func (u *User) hostHeader(r *plan.Request) (string, error) {
	v, err := r.Host.Eval(&u.frame)
	if err != nil {
		return "", err
	}
	if v.IsNull() {
		return u.env.routes[r.Target].host, nil
	}
	text := v.Text()
	if text == "" || strings.ContainsAny(text, "\r\n\x00 ") {
		return "", &plan.EvalError{Site: r.Site, Class: plan.FailExpression, Message: "a Host header must be a host name"}
	}
	return text, nil
}

func (u *User) renderURI(r *plan.Request) error {
	var err error
	if u.uri, err = r.Path.Append(&u.frame, u.uri[:0]); err != nil {
		return err
	}
	if len(u.uri) == 0 || u.uri[0] != '/' {
		u.uri = append(u.uri, 0)
		copy(u.uri[1:], u.uri)
		u.uri[0] = '/'
	}
	if len(r.Query) == 0 {
		return nil
	}
	separator := byte('?')
	if bytes.IndexByte(u.uri, '?') >= 0 {
		separator = '&'
	}
	u.uri, err = u.appendPairs(u.uri, r.Query, separator)
	return err
}

// appendPairs appends name=value pairs, percent-encoded: a null leaves its
// pair out, a list repeats it. The first one follows the separator, 0 for
// none.
func (u *User) appendPairs(dst []byte, pairs []plan.Pair, separator byte) ([]byte, error) {
	add := func(p *plan.Pair, v plan.Value) error {
		if v.IsNull() {
			return nil
		}
		if separator != 0 {
			dst = append(dst, separator)
		}
		separator = '&'
		dst, _ = plan.AppendEncoded(dst, plan.StringValue(p.Name), plan.EncQuery)
		dst = append(dst, '=')
		var problem string
		if dst, problem = plan.AppendEncoded(dst, v, plan.EncQuery); problem != "" {
			return &plan.EvalError{Site: p.Site, Class: plan.FailExpression, Message: p.Name + ": " + problem}
		}
		return nil
	}
	for i := range pairs {
		if err := u.each(&pairs[i], add); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// each evaluates a pair and calls add with its value, or with every item of
// a list.
func (u *User) each(p *plan.Pair, add func(*plan.Pair, plan.Value) error) error {
	v, err := p.Value.Eval(&u.frame)
	if err != nil {
		return err
	}
	if v.Kind() != plan.List {
		return add(p, v)
	}
	for _, item := range v.Items() {
		if err := add(p, item); err != nil {
			return err
		}
	}
	return nil
}

func (u *User) renderHeader(r *plan.Request) error {
	fixed := &u.env.series[r.Series].header
	h := fixed.Load()
	if h != nil && h.of == r {
		u.header, u.ownCookie = append(u.header[:0], h.block...), h.cookie
		return nil
	}
	err := u.writeHeader(r)
	if err == nil && h == nil && constant(r.Headers) {
		fixed.Store(&fixedHeader{r, bytes.Clone(u.header), u.ownCookie})
	}
	return err
}

// constant reports whether all values are known before the run.
func constant(pairs []plan.Pair) bool {
	for i := range pairs {
		if _, ok := pairs[i].Value.(plan.Const); !ok {
			return false
		}
	}
	return true
}

func (u *User) writeHeader(r *plan.Request) error {
	u.header, u.ownCookie = u.header[:0], false
	typed := r.Body == nil || r.Body.ContentType == ""
	add := func(p *plan.Pair, v plan.Value) error {
		if v.IsNull() {
			return nil
		}
		if !typed && strings.EqualFold(p.Name, "Content-Type") {
			typed = true
		}
		if strings.EqualFold(p.Name, "Cookie") {
			u.ownCookie = true
		}
		u.header = append(append(u.header, p.Name...), ": "...)
		var problem string
		if u.header, problem = plan.AppendEncoded(u.header, v, plan.EncHeader); problem != "" {
			return &plan.EvalError{Site: p.Site, Class: plan.FailExpression, Message: p.Name + ": " + problem}
		}
		u.header = append(u.header, "\r\n"...)
		return nil
	}
	for i := range r.Headers {
		if err := u.each(&r.Headers[i], add); err != nil {
			return err
		}
	}
	if !typed {
		u.header = append(append(append(u.header, "Content-Type: "...), r.Body.ContentType...), "\r\n"...)
	}
	return nil
}

func (u *User) renderBody(b *plan.Body) (err error) {
	if u.body == nil {
		u.body = make([]byte, 0, 256) // an empty body is not the same as none
	}
	if b.Kind == plan.BodyForm {
		u.body, err = u.appendPairs(u.body[:0], b.Form, 0)
		return err
	}
	if b.Text == nil {
		u.body = u.body[:0]
		return nil
	}
	u.body, err = b.Text.Append(&u.frame, u.body[:0])
	return err
}

// smallBody is the size up to which bodies are kept although nobody reads
// them: a failing answer's text is worth more than the copy.
const smallBody = 16 << 10

// keepsBody reports whether the exchange should keep its answer's body: when
// an expression reads it, or when it is likely to be small, as an example in
// case it fails.
func (u *User) keepsBody(r *plan.Request) bool {
	return r.ReadsBody || u.env.series[r.Series].biggest.Load() <= smallBody
}
