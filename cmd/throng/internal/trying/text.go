package trying

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"throng/dsl/plan"
	"throng/runtime/report/text"
	"throng/runtime/user"
)

// Text shows a trial to a person.
type Text struct {
	W     io.Writer
	Style text.Style
	Width int
	Body  int // bytes of a body that are shown

	body string     // of the last answer
	said bool       // why the request at hand failed
	part user.Event // begun, and not shown yet: a request by itself needs no title
}

// Begin shows what is tried.
func (t *Text) Begin(p *plan.Plan, class int) {
	t.line(text.Bold, 0, fmt.Sprintf("TRY  %s  user %s  seed %d", p.Scenario, p.Classes[class].Name, p.Seed), "")
}

// End shows what it came to.
func (t *Text) End(r *Result, code int) {
	fmt.Fprintln(t.W)
	word, role := "PASS", text.PassRole
	switch {
	case r.Cut:
		word, role = "CUT", text.WarnRole
	case !r.OK():
		word, role = "FAIL", text.FailRole
	}
	said := []string{count(r.Requests, "request")}
	if r.Failed > 0 {
		said = append(said, fmt.Sprintf("%d failed", r.Failed))
	}
	if r.Abandoned > 0 {
		said = append(said, count(r.Abandoned, "task")+" abandoned")
	}
	if r.Faults > 0 {
		said = append(said, count(r.Faults, "broken expression"))
	}
	fmt.Fprintf(t.W, "%s  exit %d  %s\n", t.Style.Paint(role, word), code, strings.Join(said, ", "))
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Event implements Show.
func (t *Text) Event(p *plan.Plan, e user.Event) {
	site := p.Site(e.Site).String()
	in := e.Depth + 1
	if e.Kind != user.EventPart && t.part.Name != "" {
		fmt.Fprintln(t.W)
		if e.Kind != user.EventStep || title(p, e.Step) != t.part.Name {
			t.line(text.Bold, 0, t.part.Name, p.Site(t.part.Site).String())
		}
		t.part = user.Event{}
	}
	switch e.Kind {
	case user.EventPart:
		t.part = e
	case user.EventStep:
		t.line(text.Bold, in, title(p, e.Step), site)
		t.said = false
	case user.EventSent:
		t.sent(in, e.Sent)
	case user.EventAnswer:
		t.answer(in, e.Answer)
	case user.EventMessage:
		t.message(in, e)
	case user.EventCheck:
		t.check(in, site, e)
	case user.EventCapture:
		t.capture(p, in, site, e)
	case user.EventDone:
		t.done(in, site, e)
	case user.EventSet:
		t.wrap(text.Plain, in, "", e.Name+" = "+value(e.Value))
	case user.EventNote:
		t.wrap(text.Dim, in, "· ", e.Text)
	case user.EventAbandoned:
		t.mark(text.Fail, in, "abandoned: session."+e.Name+" holds no value here ("+site+")")
	case user.EventFault:
		t.mark(text.Fail, in, e.Text+beside(site))
	}
}

func beside(site string) string {
	if site == "" {
		return ""
	}
	return " (" + site + ")"
}

func (t *Text) sent(in int, s *user.Sent) {
	t.wrap(text.Plain, in, "> ", s.Method+" "+s.URL)
	t.lines(in, "> ", s.Header)
	t.shown(in, "> ", s.Body, s.Size)
}

func (t *Text) answer(in int, a *user.Answer) {
	t.body = a.Body
	if a.Status == 0 {
		return // done says why
	}
	t.wrap(text.Plain, in, "< ", fmt.Sprintf("%d %s  %s  %s", a.Status, http.StatusText(a.Status), took(a), text.Bytes(a.Size)))
	t.lines(in, "< ", a.Header)
	t.shown(in, "< ", a.Body, a.Size)
}

// message is one that came over a socket.
func (t *Text) message(in int, e user.Event) {
	t.body = e.Answer.Body
	t.wrap(text.Plain, in, "< ", "MESSAGE "+e.Name+"  "+text.Bytes(e.Answer.Size))
	t.shown(in, "< ", e.Answer.Body, e.Answer.Size)
}

// took is an exchange's time, with the phases of a new connection.
func took(a *user.Answer) string {
	s := text.Duration(float64(a.Elapsed))
	if a.Reused {
		return s
	}
	var phases []string
	add := func(name string, d float64) {
		if d > 0 {
			phases = append(phases, name+" "+text.Duration(d))
		}
	}
	add("name", float64(a.DNS))
	add("connecting", float64(a.Connect))
	add("TLS", float64(a.TLS))
	add("waiting", float64(a.Waiting))
	if phases == nil {
		return s
	}
	return s + " (" + strings.Join(phases, ", ") + ")"
}

// shown writes a body: JSON indented, at most so many bytes, and of what is
// no text only the size.
func (t *Text) shown(in int, mark, body string, size int64) {
	switch {
	case size == 0 || t.Body <= 0:
		return
	case body == "":
		t.wrap(text.Dim, in, mark, "("+text.Bytes(size)+" that are no text)")
		return
	}
	var pretty bytes.Buffer
	if json.Indent(&pretty, []byte(body), "", "  ") == nil {
		body = pretty.String()
	}
	rest := len(body) - t.Body
	if rest > 0 {
		body = strings.ToValidUTF8(body[:t.Body], "")
	}
	t.wrap(text.Plain, in, strings.TrimRight(mark, " "), "")
	t.lines(in, mark, body)
	if rest > 0 {
		t.wrap(text.Dim, in, mark, fmt.Sprintf("… %s more; --body shows them", text.Bytes(int64(rest))))
	}
}

func (t *Text) check(in int, site string, e user.Event) {
	if e.OK {
		t.mark(text.Pass, in, e.Name)
		return
	}
	t.said = true
	t.mark(text.Fail, in, e.Name+differs(e.Name, e.Text)+beside(site))
}

// differs is a failure's text, where it says more than the rule's.
func differs(rule, said string) string {
	if said == "" || said == rule {
		return ""
	}
	return ": " + said
}

func (t *Text) capture(p *plan.Plan, in int, site string, e user.Event) {
	if e.OK {
		t.mark(text.Pass, in, e.Name+" = "+value(e.Value))
		return
	}
	t.said = true
	why := missing(p, e.Expr, t.body)
	if why == "" {
		why = e.Text
	}
	t.mark(text.Fail, in, e.Name+": "+why+beside(site))
}

// value is a value as JSON, if need be only its beginning.
func value(s string) string {
	const most = 400
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "… (" + text.Bytes(int64(len(s))) + ")"
}

// done says how a request ended, if that was not said by a rule already.
func (t *Text) done(in int, site string, e user.Event) {
	switch {
	case e.OK:
	case e.Retried:
		t.wrap(text.Dim, in, "· ", "failed ("+e.Class.String()+"), and is tried again")
	case !t.said:
		t.mark(text.Fail, in, "failed ("+e.Class.String()+"): "+e.Text+beside(site))
	}
}

// mark writes a line with a state's symbol before it.
func (t *Text) mark(s text.State, in int, line string) {
	role := text.Plain
	if s == text.Fail {
		role = s.Role()
	}
	t.wrap(role, in, t.Style.Symbol(s)+" ", line)
}

// line writes a line with a place at its right end.
func (t *Text) line(role text.Role, in int, s, place string) {
	s = t.Style.Text(strings.Repeat("  ", in) + text.Clean(s))
	if place == "" {
		fmt.Fprintln(t.W, t.Style.Paint(role, t.Style.Cut(s, t.Width)))
		return
	}
	place = t.Style.Text(text.Clean(place))
	room := max(20, t.Width-2-text.Width(place))
	fmt.Fprintln(t.W, t.Style.Paint(role, text.Pad(t.Style.Cut(s, room), room, false))+"  "+t.Style.Paint(text.Dim, place))
}

func (t *Text) lines(in int, mark, block string) {
	for l := range strings.Lines(block) {
		t.wrap(text.Plain, in, mark, strings.TrimRight(l, "\r\n"))
	}
}

// wrap writes a line, broken where it is too long, each part after its mark.
func (t *Text) wrap(role text.Role, in int, mark, s string) {
	indent := strings.Repeat("  ", in)
	s, mark = t.Style.Text(strings.ReplaceAll(s, "\t", "    ")), t.Style.Text(mark)
	room := max(20, t.Width-len(indent)-text.Width(mark))
	verbatim := strings.ContainsAny(mark, "<>") // what went over the wire
	for first := true; first || s != ""; first = false {
		part := s
		if text.Width(s) > room {
			part = prefix(s, room)
			if i := strings.LastIndexByte(part, ' '); i > room/2 && !verbatim {
				part = part[:i+1]
			}
		}
		s = s[len(part):]
		fmt.Fprintln(t.W, strings.TrimRight(indent+t.Style.Paint(role, mark+part), " "))
		if !verbatim {
			mark = strings.Repeat(" ", text.Width(mark))
		}
	}
}

// prefix is as much of s as fits into so many cells, at least one rune.
func prefix(s string, width int) string {
	used := 0
	for i, r := range s {
		if used += text.Width(string(r)); used > width && i > 0 {
			return s[:i]
		}
	}
	return s
}
