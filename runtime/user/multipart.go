package user

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/pace"
	"throng/runtime/webform"
)

// drawBoundaries draws the boundary of every request of a plan that may have
// parts. It is the same in all its exchanges, and stands in no file.
func drawBoundaries(p *plan.Plan) map[*plan.Request]string {
	all := map[*plan.Request]string{}
	for i := range p.Classes {
		eachRequest(&p.Classes[i], func(r *plan.Request) {
			if r.Submit != nil || r.Body != nil && r.Body.Kind == plan.BodyMultipart {
				all[r] = boundary(p.Seed, uint64(len(all)), r.Body)
			}
		})
	}
	return all
}

func boundary(seed, n uint64, b *plan.Body) string {
	for {
		text := fmt.Sprintf("throng-%016x%016x", pace.Mix(seed, n), pace.Mix(^seed, n))
		if !holds(b, text) {
			return text
		}
		seed++
	}
}

func holds(b *plan.Body, boundary string) bool {
	if b == nil {
		return false
	}
	for i := range b.Parts {
		if bytes.Contains(b.Parts[i].Bytes, []byte(boundary)) {
			return true
		}
	}
	return false
}

// pieces are a body that is not joined: the texts in u.body up to each cut,
// and what is shared by all users between them.
type pieces struct {
	cuts  []cut
	parts []shownPart
	more  [][]byte
}

type cut struct {
	at     int // in u.body
	shared []byte
}

// shownPart is what people are shown of a part: its file's name, and where in
// u.body a field's value stands.
type shownPart struct {
	of       *plan.BodyPart
	name     string
	from, to int
}

func (p *pieces) reset() {
	clear(p.cuts)
	clear(p.more)
	p.cuts, p.parts, p.more = p.cuts[:0], p.parts[:0], p.more[:0]
}

// put makes u.body and what is shared between its cuts the message's body.
func (u *User) put() {
	m, from := &u.message, 0
	for i, c := range u.pieces.cuts {
		text := u.body[from:c.at]
		if i == 0 {
			m.Body = text
		} else {
			u.pieces.more = append(u.pieces.more, text)
		}
		u.pieces.more = append(u.pieces.more, c.shared)
		from = c.at
	}
	if len(u.pieces.cuts) == 0 {
		m.Body = u.body
		return
	}
	m.More = append(u.pieces.more, u.body[from:])
	u.pieces.more = m.More
}

// renderParts writes a multipart body. Files stay where they are.
func (u *User) renderParts(r *plan.Request) error {
	bound := u.env.boundaries[r]
	u.body = u.body[:0]
	for i := range r.Body.Parts {
		p := &r.Body.Parts[i]
		if p.Value == nil {
			if err := u.renderFile(p, bound); err != nil {
				return err
			}
			continue
		}
		one := plan.Pair{Name: p.Name, Value: p.Value, Site: p.Site}
		if err := u.each(&one, func(_ *plan.Pair, v plan.Value) error { return u.renderField(p, v, bound) }); err != nil {
			return err
		}
	}
	u.body = endParts(u.body, bound)
	return nil
}

func (u *User) renderField(p *plan.BodyPart, v plan.Value, bound string) error {
	if v.IsNull() {
		return nil
	}
	filename, err := u.filename(p)
	if err != nil {
		return err
	}
	u.body = beginPart(u.body, bound, p.Name, filename, p.Filename != nil, p.ContentType)
	from := len(u.body)
	var problem string
	if u.body, problem = plan.AppendEncoded(u.body, v, plan.EncText); problem != "" {
		return defect(p.Site, "part %s: %s", p.Name, problem)
	}
	if bytes.Contains(u.body[from:], []byte(bound)) {
		return defect(p.Site, "part %s holds the text that keeps this request's parts apart", p.Name)
	}
	u.pieces.parts = append(u.pieces.parts, shownPart{p, filename, from, len(u.body)})
	u.body = append(u.body, "\r\n"...)
	return nil
}

func (u *User) filename(p *plan.BodyPart) (string, error) {
	if p.Filename == nil {
		return "", nil
	}
	if text, ok := p.Filename.Const(); ok {
		return text, nil
	}
	b, err := p.Filename.Append(&u.frame, nil)
	return string(b), err
}

func (u *User) renderFile(p *plan.BodyPart, bound string) error {
	name, err := u.filename(p)
	if err != nil {
		return err
	}
	u.body = beginPart(u.body, bound, p.Name, name, true, p.ContentType)
	u.pieces.cuts = append(u.pieces.cuts, cut{len(u.body), p.Bytes})
	u.body = append(u.body, "\r\n"...)
	u.pieces.parts = append(u.pieces.parts, shownPart{of: p, name: name})
	return nil
}

// renderEntries writes a form's entries as parts. Its files are empty: nobody
// has chosen one.
func (u *User) renderEntries(r *plan.Request, entries []webform.Entry) error {
	bound := u.env.boundaries[r]
	u.body = u.body[:0]
	for _, e := range entries {
		if strings.Contains(e.Value, bound) {
			return defect(r.Site, "field %s holds the text that keeps this request's parts apart", strconv.Quote(begin(e.Name, 100)))
		}
		kind := ""
		if e.File {
			kind = "application/octet-stream"
		}
		u.body = beginPart(u.body, bound, e.Name, "", e.File, kind)
		u.body = append(append(u.body, e.Value...), "\r\n"...)
	}
	u.body = endParts(u.body, bound)
	return nil
}

// beginPart appends what comes before a part's content, as the HTML Standard
// says under "multipart/form-data encoding algorithm".
func beginPart(b []byte, bound, name, filename string, isFile bool, kind string) []byte {
	b = append(append(append(b, "--"...), bound...), "\r\nContent-Disposition: form-data; name=\""...)
	b = append(append(b, quoted(name)...), '"')
	if isFile {
		b = append(append(append(b, "; filename=\""...), quoted(filename)...), '"')
	}
	if kind != "" {
		b = append(append(b, "\r\nContent-Type: "...), kind...)
	}
	return append(b, "\r\n\r\n"...)
}

func endParts(b []byte, bound string) []byte {
	return append(append(append(b, "--"...), bound...), "--\r\n"...)
}

var quotes = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22")

// quoted is a name as it stands between quotes in a part's header.
func quoted(s string) string {
	if strings.ContainsAny(s, "\r\n\"") {
		return quotes.Replace(s)
	}
	return s
}
