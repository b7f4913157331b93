package user

import (
	"bytes"
	"strings"

	"throng/dsl/plan"
)

// render writes a request into the user's buffers and message. It allocates
// only where an expression does.
func (u *User) render(r *plan.Request) error {
	to := &u.env.routes[r.Target]
	m := &u.message
	m.Route, m.Host = to, to.Host
	m.Method, m.Timeout = r.Method, r.Timeout
	m.KeepBody = u.keepsBody(r)
	u.listen(r)
	m.Body, m.More = nil, nil
	u.pieces.reset()
	var err error
	if r.Host != nil {
		if m.Host, err = u.hostHeader(r); err != nil {
			return err
		}
	}
	kind, away := bodyType{}, false
	switch {
	case r.Submit != nil:
		if kind, err = u.renderSubmit(r); err == nil && kind.text != "" {
			m.Body = u.body
		}
	case r.URL != nil:
		away, err = u.renderAddress(r)
	default:
		err = u.renderURI(r)
	}
	if err != nil {
		return err
	}
	if r.Body != nil {
		kind = u.bodyType(r)
	}
	if err = u.renderHeader(r, kind); err != nil {
		return err
	}
	if u.away = away; away {
		u.withoutCredentials(r)
	}
	m.URI = u.uri
	if err = u.authorize(r); err != nil {
		return err
	}
	u.addCookies()
	m.Header = u.header
	if r.Body == nil {
		return nil
	}
	return u.renderBody(r)
}

func (u *User) hostHeader(r *plan.Request) (string, error) {
	v, err := r.Host.Eval(&u.frame)
	if err != nil {
		return "", err
	}
	if v.IsNull() {
		return u.env.routes[r.Target].Host, nil
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
	return u.appendQuery(r)
}

// appendQuery appends to u.uri what of the query is not constant.
func (u *User) appendQuery(r *plan.Request) (err error) {
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

// bodyType is what a request's Content-Type says.
type bodyType struct {
	text     string // "" for none
	boundary string // of a body of parts
	firm     bool   // it follows from the body: a header of the request's own cannot say otherwise
}

func (u *User) bodyType(r *plan.Request) bodyType {
	kind := bodyType{text: r.Body.ContentType}
	if r.Body.Kind == plan.BodyMultipart {
		kind.boundary, kind.firm = u.env.boundaries[r], true
	}
	return kind
}

// replace takes the type that a header of the request's own says, and reports
// whether the header is sent as it is. Of a body of parts it may say another
// kind of multipart; the boundary is always the body's.
func (k *bodyType) replace(own string) bool {
	if !k.firm {
		k.text = ""
		return true
	}
	own, _, _ = strings.Cut(own, ";")
	own = strings.TrimSpace(own)
	isParts := len(own) > 10 && strings.EqualFold(own[:10], "multipart/") && !strings.ContainsAny(own, " \t\r\n\x00\"")
	if k.boundary != "" && isParts {
		k.text = own
	}
	return false
}

func (u *User) renderHeader(r *plan.Request, kind bodyType) error {
	fixed := &u.env.series[r.Series].header
	h := fixed.Load()
	if h != nil && h.of == r {
		u.header, u.ownCookie = append(u.header[:0], h.block...), h.cookie
		return nil
	}
	err := u.writeHeader(r, kind)
	if err == nil && h == nil && r.Submit == nil && constant(r.Headers) {
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

func (u *User) writeHeader(r *plan.Request, kind bodyType) error {
	u.header, u.ownCookie = u.header[:0], false
	add := func(p *plan.Pair, v plan.Value) error {
		if v.IsNull() {
			return nil
		}
		if len(p.Name) == len("Content-Type") && strings.EqualFold(p.Name, "Content-Type") && !kind.replace(v.Text()) {
			return nil
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
	if kind.text == "" {
		return nil
	}
	u.header = append(append(u.header, "Content-Type: "...), kind.text...)
	if kind.boundary != "" {
		u.header = append(append(u.header, "; boundary="...), kind.boundary...)
	}
	u.header = append(u.header, "\r\n"...)
	return nil
}

// renderBody writes the body into the message. Bytes that all users share are
// not copied.
func (u *User) renderBody(r *plan.Request) (err error) {
	if u.body == nil {
		u.body = make([]byte, 0, 256) // an empty body is not the same as none
	}
	switch b := r.Body; {
	case b.Kind == plan.BodyBytes:
		u.message.Body = b.Bytes
		if b.Bytes == nil {
			u.message.Body = u.body[:0]
		}
		return nil
	case b.Kind == plan.BodyMultipart:
		if err = u.renderParts(r); err == nil {
			u.put()
		}
		return err
	case b.Kind == plan.BodyForm:
		u.body, err = u.appendPairs(u.body[:0], b.Form, 0)
	case b.Text == nil:
		u.body = u.body[:0]
	default:
		u.body, err = b.Text.Append(&u.frame, u.body[:0])
	}
	u.message.Body = u.body
	return err
}

// smallBody is the size up to which bodies are kept although nobody reads
// them: a failing answer's text is worth more than the copy.
const smallBody = 16 << 10

// keepsBody reports whether the exchange should keep its answer's body: when
// an expression reads it, or when it is likely to be small, as an example in
// case it fails.
func (u *User) keepsBody(r *plan.Request) bool {
	return r.ReadsBody || r.KeepsPage || u.env.trace != nil || u.env.series[r.Series].biggest.Load() <= smallBody
}
