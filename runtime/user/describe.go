package user

import (
	"bytes"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/record"
)

const (
	maxExamples = 16      // failures of a series described with their texts
	maxSent     = 2 << 10 // bytes of a request's text
	maxSentBody = 512     // of these from its body
	maxAnswer   = 2 << 10 // bytes of an answer's text
)

// describe tells the books about a failure. Its texts are made only for the
// first few failures of a series, since a target that is down fails fast.
func (u *User) describe(r *plan.Request, v verdict, sent bool) {
	f := record.Failure{
		Series: u.sample.Series, Class: v.class, Status: int(u.sample.Status),
		At: u.sample.End, Detail: u.mask().text(v.detail, false), Site: v.site,
	}
	state := &u.env.series[r.Series]
	if sent && state.examples.Load() < maxExamples && state.examples.Add(1) <= maxExamples {
		mask := u.maskOf(r)
		f.Sent = mask.text(u.sentText(r), true)
		if u.result.Status != 0 {
			f.Answer = mask.text(u.answerText(mask), true)
			if len(u.result.Body) == 0 && u.result.BodySize > 0 {
				state.biggest.Store(0) // the next ones keep their bodies, for an example
			}
		}
	}
	u.writer.Fail(f)
}

// describeLoss tells the books why a connection of a socket or stream ended
// that was not ours to end.
func (u *User) describeLoss(f record.Failure) {
	f.Detail = u.mask().text(f.Detail, false)
	u.writer.Lose(f)
}

// sentText is the request's first lines, without what the plan marks secret.
func (u *User) sentText(r *plan.Request) string {
	m := &u.message
	b := append(append([]byte(m.Method), ' '), u.shownURI(r)...)
	b = append(append(append(b, "\nHost: "...), m.Host...), '\n')
	b = headers(b, m.Header, r.Headers)
	if text := u.bodyText(r, maxSentBody); text != "" {
		b = append(append(b, '\n'), text...)
	}
	return string(b[:min(len(b), maxSent)])
}

// bodyText is the beginning of the body at hand as people are shown it: of
// files their sizes, and nothing that is secret.
func (u *User) bodyText(r *plan.Request, limit int) string {
	m := &u.message
	switch {
	case m.BodySize() == 0:
		return ""
	case r.Body == nil && r.Submit == nil:
		return ""
	case r.Submit != nil && secretPairs(r.Submit.Fields) && isForm(m.Header):
		return u.whole(hideFields(m.Body, r.Submit.Fields), limit)
	case r.Body != nil && r.Body.Kind == plan.BodyForm && secretPairs(r.Body.Form):
		return u.whole(hideFields(m.Body, r.Body.Form), limit)
	case r.Submit != nil && secretPairs(r.Submit.Fields), r.Body != nil && secretBody(r.Body):
		return hidden
	case r.Body != nil && r.Body.Kind == plan.BodyBytes:
		return bytesOf(len(m.Body), r.Body.File)
	case r.Body != nil && r.Body.Kind == plan.BodyMultipart:
		return u.partsText(limit)
	}
	return u.whole(m.Body, limit)
}

// isForm reports whether a body is sent as fields of a form.
func isForm(header []byte) bool {
	kind, _ := line(header, "Content-Type")
	return strings.HasPrefix(kind, "application/x-www-form-urlencoded")
}

// hideFields is a form's body with the values of its secret fields hidden.
func hideFields(body []byte, fields []plan.Pair) []byte {
	var out []byte
	for i, field := range bytes.Split(body, []byte("&")) {
		if i > 0 {
			out = append(out, '&')
		}
		name, _, _ := bytes.Cut(field, []byte("="))
		plain, err := url.QueryUnescape(string(name))
		secret := err != nil || slices.ContainsFunc(fields, func(p plan.Pair) bool { return p.Secret && p.Name == plain })
		if !secret {
			out = append(out, field...)
			continue
		}
		out = append(append(append(out, name...), '='), hidden...)
	}
	return out
}

func bytesOf(n int, file string) string {
	if file == "" {
		return "(" + strconv.Itoa(n) + " bytes)"
	}
	return "(" + strconv.Itoa(n) + " bytes of " + file + ")"
}

// partsText is a multipart body, a line a part.
func (u *User) partsText(limit int) string {
	var b strings.Builder
	for _, p := range u.pieces.parts {
		b.WriteString("part " + p.of.Name + ": ")
		switch {
		case p.of.Value == nil && p.of.Secret:
			b.WriteString(bytesOf(len(p.of.Bytes), hidden))
		case p.of.Value == nil:
			b.WriteString(bytesOf(len(p.of.Bytes), p.name))
		case p.of.Secret:
			b.WriteString(hidden)
		default:
			b.WriteString(u.whole(u.body[p.from:p.to], limit))
		}
		if b.WriteByte('\n'); b.Len() > limit {
			break
		}
	}
	text := b.String()
	return text[:min(len(text), limit)]
}

// shownURI is the request's path and query; a path that holds something
// secret is shown as its pattern, a query as hidden.
func (u *User) shownURI(r *plan.Request) string {
	uri := string(u.message.URI)
	if r.Path.Secret {
		uri = u.env.Plan.Targets[r.Target].BasePath + u.env.Plan.Rows[u.env.Plan.Series[r.Series].Row].Pattern
	}
	if secretPairs(r.Query) || r.Submit != nil && r.Method == "GET" && secretPairs(r.Submit.Fields) {
		path, _, _ := strings.Cut(uri, "?")
		return path + "?" + hidden
	}
	return uri
}

func secretBody(b *plan.Body) bool {
	if b.Text != nil && b.Text.Secret {
		return true
	}
	return secretPairs(b.Form)
}

func secretPairs(pairs []plan.Pair) bool {
	for i := range pairs {
		if pairs[i].Secret {
			return true
		}
	}
	return false
}

// answerText is the answer's first lines.
func (u *User) answerText(mask *mask) string {
	b := append(append([]byte(u.result.Proto), ' '), strconv.Itoa(u.result.Status)...)
	b = headers(append(b, '\n'), u.result.Header, nil)
	if body := u.discreet(u.readable()); len(body) > 0 {
		b = append(append(b, '\n'), mask.whole(body, maxAnswer)...)
	}
	return string(b[:min(len(b), maxAnswer)])
}

// whole is the beginning of a text. Secrets are hidden before it is cut, so
// that none is left in half at the edge.
func (m *mask) whole(text []byte, limit int) string {
	const slack = 4 << 10
	s := m.secrets.Replace(string(text[:min(len(text), limit+slack)]))
	return s[:min(len(s), limit)]
}

func (u *User) whole(text []byte, limit int) string { return u.mask().whole(text, limit) }

// expectDetail is the rule's message, or one made from its condition.
func (u *User) expectDetail(e *plan.Expect, v plan.Value) string {
	if e.Message != nil {
		if m, err := e.Message.Eval(&u.frame); err == nil && !m.IsNull() {
			return m.Text()
		}
	}
	text := e.Text
	if text == "" {
		text = "the condition"
	}
	if v.Kind() == plan.Bool {
		return text + " does not hold"
	}
	return text + " is " + v.TypeName() + ", not true"
}

func statusDetail(status int, want []plan.StatusRange) string {
	b := append([]byte("status "), strconv.Itoa(status)...)
	for i, r := range want {
		if i == 0 {
			b = append(b, ", expected "...)
		} else {
			b = append(b, " or "...)
		}
		b = strconv.AppendInt(b, int64(r.Min), 10)
		if r.Max != r.Min {
			b = append(b, " to "...)
			b = strconv.AppendInt(b, int64(r.Max), 10)
		}
	}
	return string(b)
}

// networkDetail is why the exchange at hand got no answer, in the transport's
// words. A redirect's own timeout is what the hops before it left over, which
// differs each time and would keep equal failures apart.
func (u *User) networkDetail(hop int) string {
	switch {
	case hop > 0 && u.result.Class.Censored():
		return u.late
	case u.result.Err == nil:
		return u.result.Class.String()
	}
	return u.result.Err.Error()
}

// line is the value of a header in a raw block, without copying the block.
func line(block []byte, name string) (string, bool) {
	for len(block) > 0 {
		var l []byte
		l, block, _ = bytes.Cut(block, []byte("\r\n"))
		n, v, ok := bytes.Cut(l, []byte(":"))
		if ok && strings.EqualFold(string(bytes.TrimSpace(n)), name) {
			return string(bytes.Trim(v, " \t")), true
		}
	}
	return "", false
}
